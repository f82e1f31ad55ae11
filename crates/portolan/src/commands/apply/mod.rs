//! `portolan apply`: descriptor files to a running portal, over its API.
//!
//! What only this side can see is done here: files are found, `$text`, `$json` and `$yaml` are replaced by what they
//! name, `Location` targets are followed; all of it below the folder that was given, never outside. What a descriptor
//! may say is judged by the portal alone. Offerings of self-service among them are written one by one.

mod collect;
mod offerings;
mod progress;
mod resolve;
mod send;

use std::process::ExitCode;

use anyhow::Result;

use crate::cli::Apply;
use collect::Found;
use progress::Tally;
use send::{Answer, Portal};

/// A descriptor file, ready to send.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
struct File {
    /// Its path, as messages and pages show it.
    location: String,
    /// What it says.
    text: String,
}

/// Sends what was named; fails if anything was rejected.
pub(super) async fn run(flags: Apply) -> Result<ExitCode> {
    let portal = Portal::new(&flags)?;
    let Found { files, problems, skipped } = collect::all(&flags.paths)?;
    let (files, offerings) = offerings::apart(files);
    for path in &skipped {
        eprintln!("skipped {path}: it has no apiVersion and kind");
    }
    let mut tally = Tally::new(&flags);
    tally.local(&problems);
    let whole = flags.atomic || flags.prune;
    if whole && !problems.is_empty() {
        eprintln!(
            "nothing was sent: these files cannot be read, and with --atomic or --prune it is all or nothing"
        );
    } else if whole && !offerings.is_empty() {
        anyhow::bail!(
            "offerings are written one by one: apply {} without --atomic and --prune",
            offerings[0].location
        );
    } else if !files.is_empty() {
        let batches = if whole { vec![files.as_slice()] } else { send::batches(&files) };
        let bar = progress::bar(files.len());
        for batch in batches {
            let answer = portal.apply(batch).await?;
            bar.suspend(|| tally.add(&answer));
            bar.inc(batch.len() as u64);
        }
        bar.finish_and_clear();
    } else if problems.is_empty() && offerings.is_empty() {
        anyhow::bail!("there are no descriptors in what was named");
    }
    for offering in &offerings {
        let item = portal.write_offering(offering, flags.dry_run).await?;
        tally.add(&Answer { items: vec![item], refused: None });
    }
    println!("{}", tally.summary());
    Ok(if tally.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
