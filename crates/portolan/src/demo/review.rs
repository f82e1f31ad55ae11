//! What teams of Fairhaven looked back on: notes at the changes of their shifts, and the weeks that were frozen.

use anyhow::{Context as _, Result};
use jiff::{SignedDuration, Timestamp};
use portolan_domain::{
    Actor, Cx, Limit,
    paging::{self, HandOverFilter},
    review,
};
use serde::Deserialize;

use super::{actor, list, story::Ago};

/// Notes were prepared since so long ago,
const SINCE: SignedDuration = SignedDuration::from_hours(24 * 14);
/// by a portal that looks around at least so often.
const EVERY: SignedDuration = SignedDuration::from_hours(12);

/// Teams meet on Monday morning, so long after the week.
const MEETING: SignedDuration = SignedDuration::from_hours(10);

/// A team that looks back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LookBack {
    team: String,
    /// What those who went off call wrote.
    #[serde(default)]
    notes: Vec<Note>,
    /// Who froze how many weeks ago, and what they said of it.
    #[serde(default)]
    frozen: Vec<Frozen>,
}

/// The note of the last change of a shift before a moment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    before: Ago,
    text: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Frozen {
    weeks_ago: i64,
    by: String,
    note: String,
}

/// Prepares the notes as the worker would have, lets people write them, and freezes weeks.
pub(super) async fn look_back(cx: &mut Cx<'_>, now: Timestamp) -> Result<()> {
    let system = Actor::system();
    let mut at = now - SINCE;
    while at <= now {
        paging::prepare_hand_overs(&mut cx.acting_at(&system, at)).await?;
        at += EVERY;
    }
    for team in list::<LookBack>("reviews.yaml")? {
        write(cx, &team, now).await?;
        for frozen in &team.frozen {
            let person = actor(cx, &frozen.by, now).await?;
            let cx = &mut cx.acting_at(&person, now);
            let week = review::last_week(cx, &team.team).await?.before(frozen.weeks_ago - 1);
            let over = review::of_team(cx, &team.team, week).await?.until;
            let at = now.min(over + MEETING);
            review::freeze(&mut cx.acting_at(&person, at), &team.team, week, &frozen.note).await?;
        }
    }
    Ok(())
}

/// Whoever went off call writes what they left for the next.
async fn write(cx: &mut Cx<'_>, team: &LookBack, now: Timestamp) -> Result<()> {
    let of_team = HandOverFilter { team: Some(team.team.clone()), mine: false };
    let reader = actor(cx, "noor.vandenberg", now).await?;
    let all =
        paging::hand_overs(&mut cx.acting_at(&reader, now), &of_team, None, Limit::new(Limit::MAX)?).await?;
    for Note { before, text } in &team.notes {
        let last = all.items.iter().find(|note| note.at < before.before(now) && note.from.active);
        let note = last.with_context(|| format!("{} had no change of shift then", team.team))?;
        let writer = actor(cx, &note.from.handle, note.at).await.context("who wrote it")?;
        paging::write_hand_over(&mut cx.acting_at(&writer, note.at), note.id, text, true, None).await?;
    }
    Ok(())
}
