//! `portolan win "…"` and `portolan challenge "…"`: jots an entry from a terminal, where the work is done.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::remote::{Remote, refused};
use crate::cli::{Jot, JotTopic};

/// An entry as the API tells it; what is not needed here is not read.
#[derive(Debug, Deserialize)]
struct Entry {
    id: String,
    summary: String,
    team: Team,
    #[serde(default)]
    namings: Vec<Naming>,
}

#[derive(Debug, Deserialize)]
struct Team {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Naming {
    team: Team,
}

/// Jots it, and says where it is.
pub(super) async fn run(kind: &str, flags: Jot) -> Result<()> {
    let remote = Remote::new(&flags.access, "write", Duration::from_secs(30))?;
    let body = body(kind, &flags);
    let request = remote.post(remote.address("entries", &[])?).json(&body);
    let (status, text) = remote.answer(request).await?;
    if status != StatusCode::CREATED {
        bail!("{}", refused(status, &text));
    }
    let entry: Entry = serde_json::from_str(&text).context("the portal's answer cannot be read")?;
    println!("{kind} of {}: {}", entry.team.name, entry.summary);
    for naming in &entry.namings {
        println!("it names {}", naming.team.name);
    }
    println!("{}", remote.page(&format!("wins/entries/{}", entry.id))?);
    Ok(())
}

fn body(kind: &str, flags: &Jot) -> Value {
    let sensitivity = match (flags.stays, flags.up) {
        (true, _) => Some("team"),
        (_, true) => Some("up"),
        _ => None,
    };
    json!({
        "kind": kind,
        "team": flags.team,
        "summary": flags.summary,
        "situation": flags.situation,
        "action": flags.action,
        "result": flags.result,
        "numbers": flags.numbers,
        "topic": flags.topic.map(JotTopic::word),
        "sensitivity": sensitivity,
        "about": flags.about,
        "teams": flags.names,
        "credits": flags.credits,
    })
}
