//! Freezing a week: the whole view under the team's next number. What was frozen never changes; a second look at the same
//! week is a second snapshot.

use jiff::Timestamp;
use serde::Serialize;

use super::{
    Review,
    gather::{begun, gather},
    store,
};
use crate::{
    Cursor, Cx, Error, Limit, Page, Result,
    activity::{self, Act},
    check::Checks,
    levels::Hours,
    people::{self, PersonName, TeamName},
    support::Week,
};

/// A frozen review, as a list shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Frozen {
    /// Its number in the team.
    pub number: i32,
    /// The week.
    pub week: Week,
    /// What the team says of the week, or why it did not wait for its end.
    pub note: String,
    /// Whether the week was not over.
    pub is_early: bool,
    /// Who froze it.
    pub frozen_by: PersonName,
    /// When.
    pub frozen_at: Timestamp,
}

/// A frozen review, whole.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Its number and who froze it.
    pub frozen: Frozen,
    /// The team, as it is called now.
    pub team: TeamName,
    /// What was frozen, as it was.
    pub review: Review,
    /// The number of the last snapshot of the same week, if that is another one.
    pub later: Option<i32>,
}

/// Freezes a week. Members of the team, its lead and those above may; a week that is not over needs a word on why.
pub async fn freeze(cx: &mut Cx<'_>, slug: &str, week: Week, note: &str) -> Result<Snapshot> {
    cx.writer()?;
    let team = people::team(cx, slug).await?;
    people::require_team(cx, Some(team.id), &format!("the operational review of {}", team.name)).await?;
    let zone = Hours::of_team(cx, team.id).await?.zone;
    let is_early = begun(cx, week, &zone)?.until > cx.now();
    let mut checks = Checks::default();
    let note = checks.text("note", note, 2_000);
    if is_early && note.is_empty() {
        checks.problem("note", format!("is needed: {week} is not over, so say why it is frozen now"));
    }
    checks.done()?;
    let number = cx
        .atomically(async |cx| {
            store::lock_team(cx, team.id).await?;
            let review = gather(cx, &team, week, &zone).await?;
            let number = store::insert(cx, team.id, &review, &note).await?;
            let act = Act {
                note: format!("Number {number}, week {week}"),
                ..Act::new("review.frozen", format!("team:{}", team.slug))
            };
            activity::record(cx, act).await?;
            Ok(number)
        })
        .await?;
    snapshot(cx, slug, number).await
}

/// A frozen review by its number. For the team and those it reports to.
pub async fn snapshot(cx: &mut Cx<'_>, slug: &str, number: i32) -> Result<Snapshot> {
    let team = people::team(cx, slug).await?;
    people::require_insider(cx, team.id, &format!("the operational review of {}", team.name)).await?;
    let (frozen, review, last) = store::snapshot(cx, team.id, number)
        .await?
        .ok_or_else(|| Error::not_found("frozen review", format!("{} {number}", team.slug)))?;
    let team = TeamName { id: team.id, slug: team.slug, name: team.name };
    Ok(Snapshot { later: Some(last).filter(|last| *last != number), frozen, team, review })
}

/// The frozen reviews of a team, or of one of its weeks, the last one first.
pub async fn snapshots(
    cx: &mut Cx<'_>,
    slug: &str,
    week: Option<Week>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Frozen>> {
    let team = people::team(cx, slug).await?;
    people::require_insider(cx, team.id, &format!("the operational reviews of {}", team.name)).await?;
    let key = after.as_ref().map(Cursor::key::<i32>).transpose()?;
    let rows = store::snapshots(cx, team.id, week, key, limit.probe()).await?;
    let total = store::count_snapshots(cx, team.id, week).await?;
    Ok(Page::cut(rows, limit, total, after.as_ref(), |f| f.number))
}
