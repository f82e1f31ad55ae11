//! Statements of runs: steps and their log.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::super::{Blame, Failure, LogLine, Step, StepOf, StepState};
use super::text;
use crate::{Cx, ProvisioningRequestId, ResourceId, Result, StepId};

/// Lines of a log that are kept.
pub(in super::super) const KEPT: i64 = 2_000;

/// A step as the run sees it.
#[derive(Debug, Clone)]
pub(in super::super) struct StepRow {
    pub(in super::super) id: StepId,
    pub(in super::super) request: ProvisioningRequestId,
    pub(in super::super) position: i32,
    pub(in super::super) value: Option<Value>,
    pub(in super::super) step: String,
    pub(in super::super) uses: String,
    pub(in super::super) state: StepState,
    pub(in super::super) attempts: i32,
    /// Whether it was ever begun; what it made may be there.
    pub(in super::super) began: bool,
    pub(in super::super) outputs: Map<String, Value>,
    pub(in super::super) sealed: Option<Vec<u8>>,
    pub(in super::super) effect: Option<Value>,
    /// Sealed for the step.
    pub(in super::super) called_back: Option<Vec<u8>>,
    pub(in super::super) due_at: Option<Timestamp>,
}

fn read(text: Option<String>) -> Option<Value> {
    text.and_then(|text| serde_json::from_str(&text).ok())
}

pub(in super::super) async fn insert_steps(
    cx: &mut Cx<'_>,
    request: ProvisioningRequestId,
    steps: &[Step],
) -> Result<()> {
    let ids: Vec<_> = steps.iter().map(|_| StepId::new().0).collect();
    let names: Vec<_> = steps.iter().map(|s| s.id.clone()).collect();
    let titles: Vec<_> = steps.iter().map(|s| s.title.clone().unwrap_or_else(|| s.id.clone())).collect();
    let uses: Vec<_> = steps.iter().map(|s| s.uses.clone()).collect();
    sqlx::query!(
        "INSERT INTO provisioning_step (id, request_id, position, step, title, uses, state)
         SELECT s.id, $1, s.n - 1, s.step, s.title, s.uses, 'waiting'
         FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS s (id, step, title, uses, n)",
        request as ProvisioningRequestId,
        &ids,
        &names,
        &titles,
        &uses,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn rows(cx: &mut Cx<'_>, request: ProvisioningRequestId) -> Result<Vec<StepRow>> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id: StepId", position, value, step, uses, state AS "state: StepState", attempts,
                  started_at IS NOT NULL AS "began!", outputs, secrets_sealed, effect, called_back, due_at
           FROM provisioning_step WHERE request_id = $1 ORDER BY position, item"#,
        request as ProvisioningRequestId
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| StepRow {
            id: r.id,
            request,
            position: r.position,
            value: read(r.value),
            step: r.step,
            uses: r.uses,
            state: r.state,
            attempts: r.attempts,
            began: r.began,
            outputs: serde_json::from_str(&r.outputs).unwrap_or_default(),
            sealed: r.secrets_sealed,
            effect: read(r.effect),
            called_back: r.called_back,
            due_at: r.due_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
        .collect())
}

pub(in super::super) async fn steps(cx: &mut Cx<'_>, request: ProvisioningRequestId) -> Result<Vec<StepOf>> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id: StepId", step, title, uses, state AS "state: StepState", attempts, due_at, fault AS "fault: Blame", why, next,
                  started_at, ended_at
           FROM provisioning_step WHERE request_id = $1 ORDER BY position, item LIMIT 500"#,
        request as ProvisioningRequestId
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| StepOf {
            id: r.id,
            step: r.step,
            title: r.title,
            uses: r.uses,
            state: r.state,
            attempts: r.attempts,
            due_at: r.due_at.map(jiff_sqlx::Timestamp::to_jiff),
            failure: r.fault.map(|blame| Failure { blame, why: r.why, next: r.next }),
            started_at: r.started_at.map(jiff_sqlx::Timestamp::to_jiff),
            ended_at: r.ended_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
        .collect())
}

/// Somebody is at it: which turn at it that is, counted from 1 and never again the same.
pub(in super::super) async fn begin(
    cx: &mut Cx<'_>,
    id: StepId,
    state: StepState,
    attempt: i32,
) -> Result<i64> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        "UPDATE provisioning_step SET turns = turns + 1, state = $2, attempts = $3, started_at = coalesce(started_at, $4), due_at = NULL, ended_at = NULL
         WHERE id = $1 RETURNING turns",
        id as StepId,
        state as StepState,
        attempt,
        now as _,
    )
    .fetch_one(cx.conn())
    .await?)
}

pub(in super::super) async fn done(
    cx: &mut Cx<'_>,
    id: StepId,
    outputs: &Map<String, Value>,
    sealed: Option<&[u8]>,
    effect: &Value,
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE provisioning_step SET state = 'done', outputs = $2, secrets_sealed = $3, effect = $4, started_at = coalesce(started_at, $5),
                ended_at = $5, due_at = NULL, called_back = NULL, fault = NULL, why = '', next = '' WHERE id = $1",
        id as StepId,
        text(outputs)?,
        sealed,
        text(effect)?,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn skip(cx: &mut Cx<'_>, id: StepId) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE provisioning_step SET state = 'skipped', ended_at = $2 WHERE id = $1",
        id as StepId,
        now as _
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// One row for each of several: the one that is there is the first.
pub(in super::super) async fn spread(cx: &mut Cx<'_>, row: &StepRow, items: &[Value]) -> Result<()> {
    let ids: Vec<_> = items.iter().map(|_| StepId::new().0).collect();
    let values: Vec<_> = items.iter().map(ToString::to_string).collect();
    sqlx::query!(
        "INSERT INTO provisioning_step (id, request_id, position, item, value, step, title, uses, state)
         SELECT v.id, s.request_id, s.position, v.n - 1, v.value, s.step, s.title || ' ' || v.n, s.uses, 'waiting'
         FROM provisioning_step s, unnest($2::uuid[], $3::text[]) WITH ORDINALITY AS v (id, value, n) WHERE s.id = $1 AND v.n > 1",
        row.id as StepId,
        &ids,
        &values,
    )
    .execute(cx.conn())
    .await?;
    sqlx::query!(
        "UPDATE provisioning_step SET value = $2, title = title || ' 1' WHERE id = $1",
        row.id as StepId,
        values.first(),
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// It is on its way outside.
pub(in super::super) async fn later(
    cx: &mut Cx<'_>,
    id: StepId,
    due: Timestamp,
    effect: &Value,
) -> Result<()> {
    sqlx::query!(
        "UPDATE provisioning_step SET state = 'later', due_at = $2, effect = $3 WHERE id = $1",
        id as StepId,
        jiff_sqlx::Timestamp::from(due) as _,
        text(effect)?,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// An attempt left something behind.
pub(in super::super) async fn left(cx: &mut Cx<'_>, id: StepId, effect: Option<&Value>) -> Result<()> {
    let Some(effect) = effect else { return Ok(()) };
    sqlx::query!("UPDATE provisioning_step SET effect = $2 WHERE id = $1", id as StepId, text(effect)?)
        .execute(cx.conn())
        .await?;
    Ok(())
}

/// It is tried again then.
pub(in super::super) async fn again(
    cx: &mut Cx<'_>,
    id: StepId,
    state: StepState,
    due: Timestamp,
    failure: &Failure,
) -> Result<()> {
    sqlx::query!(
        "UPDATE provisioning_step SET state = $2, due_at = $3, fault = $4, why = $5, next = $6 WHERE id = $1",
        id as StepId,
        state as StepState,
        jiff_sqlx::Timestamp::from(due) as _,
        failure.blame.as_str(),
        failure.why,
        failure.next,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn failed(cx: &mut Cx<'_>, id: StepId, failure: &Failure) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE provisioning_step SET state = 'failed', due_at = NULL, ended_at = $2, fault = $3, why = $4, next = $5 WHERE id = $1",
        id as StepId,
        now as _,
        failure.blame.as_str(),
        failure.why,
        failure.next,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// What failed waits again. Whether the run was begun at all: it has steps.
pub(in super::super) async fn reset_failed(cx: &mut Cx<'_>, request: ProvisioningRequestId) -> Result<bool> {
    sqlx::query!(
        "UPDATE provisioning_step SET state = 'waiting', attempts = 0, due_at = NULL, ended_at = NULL, called_back = NULL
         WHERE request_id = $1 AND state = 'failed'",
        request as ProvisioningRequestId
    )
    .execute(cx.conn())
    .await?;
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM provisioning_step WHERE request_id = $1) AS "is!""#,
        request as ProvisioningRequestId
    )
    .fetch_one(cx.conn())
    .await?)
}

/// What could not be undone is tried again.
pub(in super::super) async fn reset_left(cx: &mut Cx<'_>, request: ProvisioningRequestId) -> Result<()> {
    sqlx::query!(
        "UPDATE provisioning_step SET state = 'undoing', attempts = 0, due_at = NULL WHERE request_id = $1 AND state = 'left'",
        request as ProvisioningRequestId
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Undoing it goes on then; so many attempts of it count.
pub(in super::super) async fn undo_later(
    cx: &mut Cx<'_>,
    id: StepId,
    due: Timestamp,
    attempts: i32,
) -> Result<()> {
    sqlx::query!(
        "UPDATE provisioning_step SET state = 'undoing', due_at = $2, attempts = $3 WHERE id = $1",
        id as StepId,
        jiff_sqlx::Timestamp::from(due) as _,
        attempts,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// It is undone, or left.
pub(in super::super) async fn settle_undo(
    cx: &mut Cx<'_>,
    id: StepId,
    state: StepState,
    failure: Option<&Failure>,
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE provisioning_step SET state = $2, ended_at = $3, due_at = NULL, fault = coalesce($4, fault), why = coalesce($5, why),
                next = coalesce($6, next) WHERE id = $1",
        id as StepId,
        state as StepState,
        now as _,
        failure.map(|f| f.blame.as_str()),
        failure.map(|f| f.why.as_str()),
        failure.map(|f| f.next.as_str()),
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn is_left(cx: &mut Cx<'_>, request: ProvisioningRequestId) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM provisioning_step WHERE request_id = $1 AND state = 'left') AS "is!""#,
        request as ProvisioningRequestId
    )
    .fetch_one(cx.conn())
    .await?)
}

/// The step that was the last to apply a state of something, in another request that succeeded: that request's number, and it.
pub(in super::super) async fn last_applied(
    cx: &mut Cx<'_>,
    resource: ResourceId,
    but: ProvisioningRequestId,
    state: &str,
) -> Result<Option<(i64, StepId)>> {
    let found = sqlx::query!(
        r#"SELECT q.number, s.id AS "id: StepId"
           FROM provisioning_step s JOIN provisioning_request q ON q.id = s.request_id
           WHERE q.resource_id = $1 AND q.id <> $2 AND q.state = 'succeeded' AND s.state = 'done'
             AND CASE WHEN s.uses = 'terraform' THEN s.effect::jsonb ->> 'state' = $3 AND s.effect::jsonb ->> 'applies' = 'true' END
           ORDER BY q.ended_at DESC, s.position DESC LIMIT 1"#,
        resource as ResourceId,
        but as ProvisioningRequestId,
        state,
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(found.map(|row| (row.number, row.id)))
}

/// What is being undone is left, and why: nobody can go on with it.
pub(in super::super) async fn leave_undoing(
    cx: &mut Cx<'_>,
    request: ProvisioningRequestId,
    failure: &Failure,
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE provisioning_step SET state = 'left', ended_at = $2, due_at = NULL, fault = $3, why = $4, next = $5
         WHERE request_id = $1 AND state = 'undoing'",
        request as ProvisioningRequestId,
        now as _,
        failure.blame.as_str(),
        failure.why,
        failure.next,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Of these references those that steps of other things of the same offering brought in too, and that exist still.
pub(in super::super) async fn named_by_others(
    cx: &mut Cx<'_>,
    row: &StepRow,
    references: &[String],
) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT DISTINCT named.reference AS "reference!"
           FROM provisioning_request own JOIN provisioned_resource x ON x.offering_id = own.offering_id AND x.state = 'active'
                JOIN provisioning_step s ON s.request_id = x.request_id AND s.uses = $3 AND s.effect IS NOT NULL
                CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(s.effect::jsonb -> 'entities', '[]')) AS named (reference)
           WHERE own.id = $1 AND s.request_id <> $1 AND named.reference = ANY($2)"#,
        row.request as ProvisioningRequestId,
        references,
        row.uses,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// The number of the request that a step belongs to.
pub(in super::super) async fn request_of(cx: &mut Cx<'_>, id: StepId) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar!(
        "SELECT r.number FROM provisioning_step s JOIN provisioning_request r ON r.id = s.request_id WHERE s.id = $1",
        id as StepId
    )
    .fetch_optional(cx.conn())
    .await?)
}

/// Keeps what somebody outside told, once, of a step that waits for it or is just asking; also while it is undone, which has
/// to wait until the other side is done with it.
pub(in super::super) async fn called_back(cx: &mut Cx<'_>, id: StepId, told: &[u8]) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE provisioning_step SET called_back = $2 WHERE id = $1 AND called_back IS NULL AND state IN ('running', 'later', 'undoing')",
        id as StepId,
        told,
    )
    .execute(cx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

pub(in super::super) async fn add_lines(
    cx: &mut Cx<'_>,
    request: ProvisioningRequestId,
    step: &str,
    lines: &[String],
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO provisioning_log (request_id, step, at, text) SELECT $1, $2, $3, l FROM unnest($4::text[]) WITH ORDINALITY AS l (l, n) ORDER BY n",
        request as ProvisioningRequestId,
        step,
        now as _,
        lines,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Forgets all but the last lines.
pub(in super::super) async fn trim_log(cx: &mut Cx<'_>, request: ProvisioningRequestId) -> Result<()> {
    sqlx::query!(
        "DELETE FROM provisioning_log WHERE request_id = $1 AND line <=
             (SELECT line FROM provisioning_log WHERE request_id = $1 ORDER BY line DESC OFFSET $2 LIMIT 1)",
        request as ProvisioningRequestId,
        KEPT,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// A line as it is kept.
struct LineRow {
    line: i64,
    step: String,
    at: jiff_sqlx::Timestamp,
    text: String,
}

impl From<LineRow> for LogLine {
    fn from(r: LineRow) -> Self {
        Self { line: r.line, step: r.step, at: r.at.to_jiff(), text: r.text }
    }
}

pub(in super::super) async fn log(
    cx: &mut Cx<'_>,
    request: ProvisioningRequestId,
    after: i64,
    rows: i64,
) -> Result<Vec<LogLine>> {
    let rows = sqlx::query_as!(
        LineRow,
        "SELECT line, step, at, text FROM provisioning_log WHERE request_id = $1 AND line > $2 ORDER BY line LIMIT $3",
        request as ProvisioningRequestId,
        after,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(LogLine::from).collect())
}

pub(in super::super) async fn last_lines(
    cx: &mut Cx<'_>,
    request: ProvisioningRequestId,
    rows: i64,
) -> Result<Vec<LogLine>> {
    let rows = sqlx::query_as!(
        LineRow,
        "SELECT line, step, at, text FROM provisioning_log WHERE request_id = $1 ORDER BY line DESC LIMIT $2",
        request as ProvisioningRequestId,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().rev().map(LogLine::from).collect())
}
