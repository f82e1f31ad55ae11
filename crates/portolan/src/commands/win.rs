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
    let body = body(kind, &flags)?;
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

fn body(kind: &str, flags: &Jot) -> Result<Value> {
    let numbers = flags.numbers.iter().map(|text| number(text)).collect::<Result<Vec<_>>>()?;
    let sensitivity = match (flags.stays, flags.up) {
        (true, _) => Some("team"),
        (_, true) => Some("up"),
        _ => None,
    };
    Ok(json!({
        "kind": kind,
        "team": flags.team,
        "summary": flags.summary,
        "situation": flags.situation,
        "action": flags.action,
        "result": flags.result,
        "numbers": numbers,
        "topic": flags.topic.map(JotTopic::word),
        "sensitivity": sensitivity,
        "about": flags.about,
        "teams": flags.names,
        "credits": flags.credits,
    }))
}

/// A figure: `what: before -> after unit`. What, before and unit may be absent: `37 %`.
fn number(text: &str) -> Result<Value> {
    let text = text.trim();
    // what was measured may have a colon of its own, as a reference does; a figure has none with a blank behind it
    let (what, figure) = text.rsplit_once(": ").unwrap_or(("", text));
    let arrow = figure.split_once("->").or_else(|| figure.split_once('→'));
    let (before, after) = arrow.map_or((None, figure), |(before, after)| (Some(before.trim()), after));
    let after = after.trim();
    let (value, unit) = match after.split_once(char::is_whitespace) {
        Some((value, unit)) => (value, unit.trim()),
        None => (after.trim_end_matches('%'), if after.ends_with('%') { "%" } else { "" }),
    };
    if value.is_empty() || value.ends_with(':') || before == Some("") {
        bail!("--number takes \"what: before -> after unit\", not {text:?}");
    }
    Ok(json!({ "what": what.trim(), "before": before, "value": value, "unit": unit }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_as_people_write_them() {
        let read = |text| number(text).expect("a figure");
        let figure = |what, before: Option<&str>, value, unit| json!({ "what": what, "before": before, "value": value, "unit": unit });
        for (text, expected) in [
            (
                "p95 of the payment step: 3.8 -> 1.9 s",
                figure("p95 of the payment step", Some("3.8"), "1.9", "s"),
            ),
            ("pages: 21 → 9 a week", figure("pages", Some("21"), "9", "a week")),
            ("37 %", figure("", None, "37", "%")),
            ("false alarms: 40% -> 12%", figure("false alarms", Some("40%"), "12", "%")),
            ("component:default/checkout-api: 4", figure("component:default/checkout-api", None, "4", "")),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        for wrong in ["", "pages: ", "pages: -> 9", "pages: 9 ->", "%"] {
            assert!(number(wrong).is_err(), "{wrong:?}");
        }
    }
}
