//! Requests to the portal, and what it answers.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use url::Url;

use super::File;
use crate::cli::Apply;

/// What one request carries at most, unless one file alone is larger.
const BATCH: usize = 4 << 20;

/// A portal that takes descriptors.
pub(super) struct Portal {
    client: Client,
    address: Url,
    token: String,
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

/// One field that is wrong.
#[derive(Debug, Deserialize)]
pub(super) struct Problem {
    /// Its path.
    pub(super) field: String,
    /// What is wrong with it.
    pub(super) message: String,
}

/// An error of the API.
#[derive(Debug, Deserialize)]
struct Refusal {
    detail: Option<String>,
    #[serde(default)]
    problems: Vec<Problem>,
    request_id: Option<String>,
}

impl Portal {
    /// The portal that the flags name.
    pub(super) fn new(flags: &Apply, token: &str) -> Result<Self> {
        let base = flags.url.trim_end_matches('/');
        let wrong = || {
            format!(
                "PORTOLAN_URL (or --url) must be the portal's address like https://portal.example.org, not {base:?}"
            )
        };
        let mut address = Url::parse(&format!("{base}/api/v1/catalog/apply"))
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .with_context(wrong)?;
        address.query_pairs_mut().append_pair("source", &flags.source);
        for (key, set) in [("dry_run", flags.dry_run), ("atomic", flags.atomic), ("prune", flags.prune)] {
            if set {
                address.query_pairs_mut().append_pair(key, "true");
            }
        }
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_mins(11))
            .build()?;
        Ok(Self { client, address, token: token.trim().to_owned() })
    }

    /// Sends files and tells what became of them.
    pub(super) async fn apply(&self, files: &[File]) -> Result<Answer> {
        let body = serde_json::json!({ "files": files });
        let sent = self.client.post(self.address.clone()).bearer_auth(&self.token).json(&body).send().await;
        let origin = self.address.origin().ascii_serialization();
        let response = sent.map_err(reqwest::Error::without_url).with_context(|| {
            format!("cannot reach the portal at {origin}; is PORTOLAN_URL right, and does it run?")
        })?;
        let status = response.status();
        let text = response
            .text()
            .await
            .with_context(|| format!("the portal at {origin} did not finish its answer"))?;
        if let Ok(answer) = serde_json::from_str::<Answer>(&text)
            && (status.is_success() || answer.refused.is_some())
        {
            return Ok(answer);
        }
        bail!("{}", refused(status, &text))
    }
}

fn refused(status: StatusCode, text: &str) -> String {
    let Ok(Refusal { detail, problems, request_id }) = serde_json::from_str::<Refusal>(text) else {
        return format!("the address answers {status}, but not as a portal does; is PORTOLAN_URL right?");
    };
    if status == StatusCode::UNAUTHORIZED {
        return "the portal does not accept the token: PORTOLAN_TOKEN must be a personal API token that is not expired or revoked".to_owned();
    }
    let problems: Vec<_> = problems.into_iter().map(|p| format!("{} {}", p.field, p.message)).collect();
    let what =
        if problems.is_empty() { detail.unwrap_or_else(|| status.to_string()) } else { problems.join("; ") };
    let id = request_id
        .filter(|_| status.is_server_error())
        .map_or_else(String::new, |id| format!(" (request {id})"));
    format!("the portal refused: {what}{id}")
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
    use super::{BATCH, File, StatusCode, batches, refused};

    #[test]
    fn a_batch_holds_what_fits_and_a_large_file_goes_alone() {
        let file = |size: usize| File { location: String::new(), text: "x".repeat(size) };
        let files = [file(BATCH / 2), file(BATCH / 2), file(1), file(BATCH * 2), file(1)];
        let sizes: Vec<_> = batches(&files).iter().map(|batch| batch.len()).collect();
        assert_eq!(sizes, [2, 1, 1, 1]);
    }

    #[test]
    fn refusals_are_one_sentence() {
        let problem = r#"{"detail": "x", "problems": [{"field": "source", "message": "must be a name"}], "request_id": "r"}"#;
        assert_eq!(
            refused(StatusCode::UNPROCESSABLE_ENTITY, problem),
            "the portal refused: source must be a name"
        );
        assert_eq!(
            refused(StatusCode::INTERNAL_SERVER_ERROR, r#"{"detail": "oh", "request_id": "r"}"#),
            "the portal refused: oh (request r)"
        );
        assert!(refused(StatusCode::OK, "<html>").contains("not as a portal does"));
        assert!(refused(StatusCode::UNAUTHORIZED, "{}").contains("PORTOLAN_TOKEN"));
    }
}
