//! All that a team owns goes to another at once.

use serde::Serialize;

use super::{
    Owned, Owner,
    hand_over::{act, check_staffed, checked_reason},
    store,
    word::{resolve, team_of},
};
use crate::{Cx, Error, Limit, Result, activity, catalog::store::apply::lock, people};

/// What a bulk hand-over would move, or has moved.
#[derive(Debug, Clone, Serialize)]
pub struct Bulk {
    /// The team that has it now.
    pub from: Owner,
    /// How many.
    pub total: i64,
    /// How many of each kind.
    pub by_kind: Vec<(String, i64)>,
    /// The first of them, services first.
    pub first: Vec<Owned>,
}

/// What a bulk hand-over of a team would move.
pub async fn preview(cx: &mut Cx<'_>, from: &str) -> Result<Bulk> {
    cx.reader()?;
    let (from, team) = team_of(cx, from).await?;
    let by_kind = store::kinds_of(cx, team).await?;
    let first = store::things_of(cx, team, Limit::default().rows()).await?;
    Ok(Bulk { from, total: by_kind.iter().map(|(_, n)| n).sum(), by_kind, first })
}

/// Gives all that a team owns to another: one statement to move it, one to close the spans, one to open the new ones,
/// one for the log, however much it is. `expected` is the count the caller saw in the preview.
pub async fn hand_over_all(
    cx: &mut Cx<'_>,
    from: &str,
    to: &str,
    reason: &str,
    expected: Option<i64>,
) -> Result<(i64, Owner)> {
    cx.writer()?;
    let reason = checked_reason(reason)?;
    let (from, team) = team_of(cx, from).await?;
    let to = resolve(cx, "owner", to).await?;
    people::require_team(cx, Some(team), &format!("what {} owns", from.name)).await?;
    if to.team.is_none() {
        return Err(Error::invalid("owner", "must be a team: one person should not inherit everything"));
    }
    if to.team == Some(team) {
        return Err(Error::invalid("owner", format!("must be another team; {} has it already", from.name)));
    }
    check_staffed(&to)?;
    cx.atomically(async |cx| {
        lock(cx).await?;
        let moved = store::give_all(cx, team, &to).await?;
        let count = i64::try_from(moved.len()).unwrap_or(i64::MAX);
        if expected.is_some_and(|n| n != count) {
            return Err(Error::Conflict(format!(
                "{} owns {count} things now and not {}; look at the list again and repeat",
                from.name,
                expected.unwrap_or_default()
            )));
        }
        let ids: Vec<_> = moved.iter().map(|m| m.id).collect();
        store::close_spans(cx, &ids).await?;
        store::open_spans(cx, &ids, &to.owner_ref, &reason).await?;
        activity::record_all(cx, moved.iter().map(|thing| act(thing, &to, &reason)).collect()).await?;
        Ok((count, to))
    })
    .await
}
