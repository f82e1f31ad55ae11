//! Statements that write incidents.

use jiff::Timestamp;

use super::super::{State, open::Checked};
use crate::{Cx, IncidentId, PageId, PersonId, Result, TeamId};

/// Writes a new incident; returns its number.
pub(in super::super) async fn insert(
    cx: &mut Cx<'_>,
    id: IncidentId,
    team: TeamId,
    new: &Checked,
) -> Result<i64> {
    let (by, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    let began = jiff_sqlx::Timestamp::from(new.began_at);
    Ok(sqlx::query_scalar!(
        "INSERT INTO incident (id, team_id, title, severity, state, noticed_by, slo_saw, page_id, link, began_at, opened_by, opened_at, updated_at)
         VALUES ($1, $2, $3, $4, 'open', $5, $6, $7, $8, $9, $10, $11, $11) RETURNING number",
        id as IncidentId,
        team as TeamId,
        &new.title,
        new.severity,
        new.noticed_by.as_str(),
        new.slo_saw.as_str(),
        new.page_id as Option<PageId>,
        new.link.as_deref(),
        began as _,
        by as Option<PersonId>,
        now as _,
    )
    .fetch_one(cx.conn())
    .await?)
}

pub(in super::super) async fn update(cx: &mut Cx<'_>, id: IncidentId, new: &Checked) -> Result<()> {
    let (began, now) = (jiff_sqlx::Timestamp::from(new.began_at), jiff_sqlx::Timestamp::from(cx.now()));
    sqlx::query!(
        "UPDATE incident SET title = $2, severity = $3, noticed_by = $4, slo_saw = $5, link = $6, began_at = $7,
                version = version + 1, updated_at = $8 WHERE id = $1",
        id as IncidentId,
        &new.title,
        new.severity,
        new.noticed_by.as_str(),
        new.slo_saw.as_str(),
        new.link.as_deref(),
        began as _,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// What is done to one incident is done one after the other.
pub(in super::super) async fn lock(cx: &mut Cx<'_>, number: i64) -> Result<()> {
    sqlx::query!("SELECT FROM incident WHERE number = $1 FOR UPDATE", number).execute(cx.conn()).await?;
    Ok(())
}

/// How it stands since `at`. What was over is not over any more when it is open again.
pub(in super::super) async fn set_state(
    cx: &mut Cx<'_>,
    id: IncidentId,
    state: State,
    at: Timestamp,
) -> Result<()> {
    let (at, now) = (jiff_sqlx::Timestamp::from(at), jiff_sqlx::Timestamp::from(cx.now()));
    let by = cx.actor().person;
    sqlx::query!(
        "UPDATE incident SET state = $2, version = version + 1, updated_at = $4,
                mitigated_at = CASE $2 WHEN 'open' THEN NULL WHEN 'mitigated' THEN $3 ELSE mitigated_at END,
                ended_at = CASE $2 WHEN 'ended' THEN coalesce(ended_at, $3) WHEN 'reviewed' THEN ended_at END,
                reviewed_at = CASE $2 WHEN 'reviewed' THEN $3 END,
                reviewed_by = CASE $2 WHEN 'reviewed' THEN $5::uuid END
         WHERE id = $1",
        id as IncidentId,
        state.as_str(),
        at as _,
        now as _,
        by as Option<PersonId>,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn set_status(cx: &mut Cx<'_>, id: IncidentId, text: &str) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE incident SET status_text = $2, status_at = $3, version = version + 1, updated_at = $3 WHERE id = $1",
        id as IncidentId,
        text,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn set_review(
    cx: &mut Cx<'_>,
    id: IncidentId,
    happened: &str,
    helped: &str,
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE incident SET happened = $2, helped = $3, version = version + 1, updated_at = $4 WHERE id = $1",
        id as IncidentId,
        happened,
        helped,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}
