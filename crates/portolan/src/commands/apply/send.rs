//! Requests to the portal, and what it answers.

use std::time::Duration;

use anyhow::{Result, bail};
use serde::Deserialize;
use url::Url;

use super::{
    super::remote::{Problem, Remote, refused},
    File, offerings,
};
use crate::cli::Apply;

/// What one request carries at most, unless one file alone is larger.
const BATCH: usize = 4 << 20;

/// A portal that takes descriptors.
pub(super) struct Portal {
    remote: Remote,
    address: Url,
}

/// What an apply did.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Answer {
    /// One per document.
    #[serde(default)]
    pub(super) items: Vec<Item>,
    /// Why nothing was written at all, if so.
    pub(super) refused: Option<String>,
}

/// What became of one document.
#[derive(Debug, Deserialize)]
pub(super) struct Item {
    /// The entity, as far as it could be read.
    #[serde(rename = "ref")]
    pub(super) reference: Option<String>,
    /// What became of it.
    pub(super) outcome: String,
    /// Why it was rejected.
    #[serde(default)]
    pub(super) problems: Vec<Problem>,
    /// What was taken in otherwise than it was said.
    #[serde(default)]
    pub(super) remarks: Vec<String>,
    /// Its file.
    pub(super) location: Option<String>,
    /// The line it begins on.
    pub(super) line: Option<usize>,
}

impl Portal {
    /// The portal that the flags name.
    pub(super) fn new(flags: &Apply) -> Result<Self> {
        let remote = Remote::new(&flags.access, "write", Duration::from_mins(11))?;
        let switches = [("dry_run", flags.dry_run), ("atomic", flags.atomic), ("prune", flags.prune)];
        let set = switches.into_iter().filter(|(_, set)| *set).map(|(key, _)| (key, "true"));
        let parameters: Vec<_> = std::iter::once(("source", flags.source.as_str())).chain(set).collect();
        let address = remote.address("catalog/apply", &parameters)?;
        Ok(Self { remote, address })
    }

    /// Writes an offering.
    pub(super) async fn write_offering(&self, file: &File, dry_run: bool) -> Result<Item> {
        offerings::write(&self.remote, file, dry_run).await
    }

    /// Sends files and tells what became of them.
    pub(super) async fn apply(&self, files: &[File]) -> Result<Answer> {
        let body = serde_json::json!({ "files": files });
        let (status, text) = self.remote.answer(self.remote.post(self.address.clone()).json(&body)).await?;
        if let Ok(answer) = serde_json::from_str::<Answer>(&text)
            && (status.is_success() || answer.refused.is_some())
        {
            return Ok(answer);
        }
        bail!("{}", refused(status, &text))
    }
}

/// Files in runs that each fit a request.
pub(super) fn batches(files: &[File]) -> Vec<&[File]> {
    let (mut batches, mut start, mut size) = (Vec::new(), 0, 0);
    for (end, file) in files.iter().enumerate() {
        if end > start && size + file.text.len() > BATCH {
            batches.push(&files[start..end]);
            (start, size) = (end, 0);
        }
        size += file.text.len();
    }
    batches.push(&files[start..]);
    batches
}

#[cfg(test)]
mod tests {
    use super::{BATCH, File, batches};

    #[test]
    fn a_batch_holds_what_fits_and_a_large_file_goes_alone() {
        let file = |size: usize| File { location: String::new(), text: "x".repeat(size) };
        let files = [file(BATCH / 2), file(BATCH / 2), file(1), file(BATCH * 2), file(1)];
        let sizes: Vec<_> = batches(&files).iter().map(|batch| batch.len()).collect();
        assert_eq!(sizes, [2, 1, 1, 1]);
    }
}
