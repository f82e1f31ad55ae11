//! Statements that write requests and their events.

use jiff::Timestamp;

use super::super::{Category, EventKind, Promise, State, Urgency, new::Checked};
use crate::{Cx, EntityId, PageId, PersonId, Result, SupportEventId, SupportRequestId, TeamId};

/// What a new request is written with, beside what was typed.
pub(in super::super) struct NewRow<'r> {
    pub(in super::super) id: SupportRequestId,
    pub(in super::super) team: TeamId,
    pub(in super::super) entity: Option<(EntityId, &'r str)>,
    pub(in super::super) urgency: Urgency,
    pub(in super::super) promise: Promise,
    pub(in super::super) assignee: Option<PersonId>,
    pub(in super::super) due_at: Option<Timestamp>,
}

/// Writes a request; returns its number.
pub(in super::super) async fn insert(cx: &mut Cx<'_>, row: &NewRow<'_>, new: &Checked) -> Result<i64> {
    let by = cx.writer()?;
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let (entity, entity_ref) = row.entity.unzip();
    Ok(sqlx::query_scalar!(
        r#"INSERT INTO support_request (id, team_id, entity_id, entity_ref, title, environment, impact, tried, wanted, links, category,
                  level, first_answer_minutes, next_answer_minutes, page_id, state, assignee_id, asked_by, asked_at, due_at, updated_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'waiting', $16, $17, $18, $19, $18)
           RETURNING number"#,
        row.id as SupportRequestId,
        row.team as TeamId,
        entity as Option<EntityId>,
        entity_ref,
        &new.title,
        &new.environment,
        new.impact.as_str(),
        &new.tried,
        &new.wanted,
        &new.links,
        new.category.as_str(),
        row.urgency.rank(),
        row.promise.first_answer_minutes,
        row.promise.next_answer_minutes,
        new.page_id as Option<PageId>,
        row.assignee as Option<PersonId>,
        by as PersonId,
        now as _,
        row.due_at.map(jiff_sqlx::Timestamp::from) as _,
    )
    .fetch_one(cx.conn())
    .await?)
}

pub(in super::super) async fn add_event(
    cx: &mut Cx<'_>,
    request: SupportRequestId,
    kind: EventKind,
    to: Option<PersonId>,
    text: &str,
) -> Result<()> {
    let (by, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    sqlx::query!(
        "INSERT INTO support_event (id, request_id, at, kind, author_id, to_id, text) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        SupportEventId::new() as SupportEventId,
        request as SupportRequestId,
        now as _,
        kind.as_str(),
        by as Option<PersonId>,
        to as Option<PersonId>,
        text,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Steps of one request are taken one after the other.
pub(in super::super) async fn lock(cx: &mut Cx<'_>, number: i64) -> Result<()> {
    sqlx::query!("SELECT FROM support_request WHERE number = $1 FOR UPDATE", number)
        .execute(cx.conn())
        .await?;
    Ok(())
}

/// How a request stands after a step.
pub(in super::super) struct Stepped {
    pub(in super::super) state: State,
    pub(in super::super) assignee: Option<PersonId>,
    pub(in super::super) due_at: Option<Timestamp>,
    /// Whether the team said something.
    pub(in super::super) answered: bool,
    /// Whether that was before it was due.
    pub(in super::super) in_time: bool,
}

/// What was answered first stays the first answer.
pub(in super::super) async fn write_step(
    cx: &mut Cx<'_>,
    request: SupportRequestId,
    step: &Stepped,
) -> Result<()> {
    let (by, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    sqlx::query!(
        "UPDATE support_request SET state = $2, assignee_id = $3, due_at = $4, updated_at = $5,
                closed_at = CASE WHEN $2 = 'closed' THEN coalesce(closed_at, $5) END,
                first_answered_by = CASE WHEN first_answered_at IS NULL AND $6 THEN $7::uuid ELSE first_answered_by END,
                first_answer_in_time = CASE WHEN first_answered_at IS NULL AND $6 THEN $8 ELSE first_answer_in_time END,
                first_answered_at = CASE WHEN first_answered_at IS NULL AND $6 THEN $5 ELSE first_answered_at END
         WHERE id = $1",
        request as SupportRequestId,
        step.state.as_str(),
        step.assignee as Option<PersonId>,
        step.due_at.map(jiff_sqlx::Timestamp::from) as _,
        now as _,
        step.answered,
        by as Option<PersonId>,
        step.in_time,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn set_category(
    cx: &mut Cx<'_>,
    request: SupportRequestId,
    category: Category,
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE support_request SET category = $2, updated_at = $3 WHERE id = $1",
        request as SupportRequestId,
        category.as_str(),
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Sets by when a word is owed, unless something happened to the request since it was read.
pub(in super::super) async fn set_due(
    cx: &mut Cx<'_>,
    request: SupportRequestId,
    due_at: Option<Timestamp>,
    seen: Timestamp,
) -> Result<u64> {
    let seen = jiff_sqlx::Timestamp::from(seen);
    let set = sqlx::query!(
        "UPDATE support_request SET due_at = $2 WHERE id = $1 AND updated_at = $3",
        request as SupportRequestId,
        due_at.map(jiff_sqlx::Timestamp::from) as _,
        seen as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(set.rows_affected())
}
