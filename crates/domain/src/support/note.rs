//! Hand-over notes of support: what whoever had it this week leaves for the next.

use jiff::Timestamp;
use serde::Serialize;

use super::{Week, new::said, store};
use crate::{
    Cx, Error, Result,
    activity::{self, Act},
    people::{self, PersonName},
};

/// The note of a week.
#[derive(Debug, Clone, Serialize)]
pub struct Note {
    /// The week.
    pub week: Week,
    /// What it says, in Markdown.
    pub text: String,
    /// Raised at each edit.
    pub version: i64,
    /// Who wrote last.
    pub written_by: Option<PersonName>,
    /// When.
    pub written_at: Timestamp,
}

/// The note of a week; none: nobody wrote one.
pub async fn note(cx: &mut Cx<'_>, slug: &str, week: Week) -> Result<Option<Note>> {
    cx.reader()?;
    let team = people::team(cx, slug).await?;
    store::note(cx, team.id, week).await
}

/// The notes before a week, newest first; at most `most`.
pub async fn notes(cx: &mut Cx<'_>, slug: &str, before: Week, most: i64) -> Result<Vec<Note>> {
    cx.reader()?;
    let team = people::team(cx, slug).await?;
    store::notes_before(cx, team.id, before, most.clamp(1, 60)).await
}

/// Writes the note of a week. `version` is the one the writer saw, 0 if there was none; another one is refused.
pub async fn write_note(
    cx: &mut Cx<'_>,
    slug: &str,
    week: Week,
    text: &str,
    version: Option<i64>,
) -> Result<Note> {
    cx.writer()?;
    let text = said(text, true)?;
    let team = people::team(cx, slug).await?;
    people::require_team(cx, Some(team.id), &format!("the hand-over notes of {}", team.name)).await?;
    cx.atomically(async |cx| {
        store::lock_team(cx, team.id).await?;
        let before = store::note(cx, team.id, week).await?;
        if version.is_some_and(|seen| seen != before.as_ref().map_or(0, |n| n.version)) {
            return Err(Error::Stale);
        }
        if before.is_none_or(|n| n.text != text) {
            store::put_note(cx, team.id, week, &text).await?;
            let act = Act {
                note: week.to_string(),
                ..Act::new("support.note-written", format!("team:{}", team.slug))
            };
            activity::record(cx, act).await?;
        }
        store::note(cx, team.id, week)
            .await?
            .ok_or_else(|| Error::not_found("note of the week", week.to_string()))
    })
    .await
}
