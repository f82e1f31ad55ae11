//! What happened in an incident, in order: what people wrote, and the changes of what it hurts, which nobody had to copy.

use jiff::{SignedDuration, Timestamp};

use super::{Entry, Incident, store};
use crate::{
    Cx, Result,
    changes::{self, Change},
};

/// How long before it began changes are looked at: most incidents start with one.
const BEFORE: SignedDuration = SignedDuration::from_hours(6);
/// Entries and changes of one timeline at most, each.
const MOST: i64 = 500;

/// One line of a timeline.
#[derive(Debug, Clone)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// What a line tells.
#[derive(Debug, Clone)]
pub enum What {
    /// Somebody wrote or decided something.
    Entry(Entry),
    /// Something it hurts was changed.
    Change(Box<Change>),
}

/// The timeline, oldest first.
pub async fn timeline(cx: &mut Cx<'_>, incident: &Incident) -> Result<Vec<Line>> {
    cx.reader()?;
    let entries = store::entries(cx, incident.id, MOST).await?;
    let affected = store::affected_ids(cx, incident.id).await?;
    let from = incident.began_at.saturating_sub(BEFORE).unwrap_or(incident.began_at);
    let until = incident.ended_at.unwrap_or_else(|| cx.now());
    let changed = changes::between(cx, &affected, from, until, MOST).await?;
    let mut lines: Vec<Line> = entries.into_iter().map(|e| Line { at: e.at, what: What::Entry(e) }).collect();
    lines.extend(changed.into_iter().map(|c| Line { at: c.started_at, what: What::Change(Box::new(c)) }));
    lines.sort_by_key(|line| line.at);
    Ok(lines)
}
