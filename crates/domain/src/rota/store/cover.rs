//! Overrides, and the halves of taken swaps.

use jiff::Timestamp;

use super::super::{CoverRecord, cover::Decided};
use crate::{CoverId, Cx, PersonId, Result, ScheduleId, SwapId, people::PersonName};

struct Row {
    id: CoverId,
    out_id: Option<PersonId>,
    out_handle: Option<String>,
    out_name: Option<String>,
    out_active: Option<bool>,
    by_id: Option<PersonId>,
    by_handle: Option<String>,
    by_name: Option<String>,
    by_active: Option<bool>,
    starts_at: jiff_sqlx::Timestamp,
    ends_at: jiff_sqlx::Timestamp,
    reason: String,
    swap_id: Option<SwapId>,
    decided_at: jiff_sqlx::Timestamp,
    decided_by: Option<String>,
    withdrawn_at: Option<jiff_sqlx::Timestamp>,
}

/// A person of a joined row, if there is one.
pub(super) fn person_name(
    id: Option<PersonId>,
    handle: Option<String>,
    name: Option<String>,
    active: Option<bool>,
) -> Option<PersonName> {
    Some(PersonName { id: id?, handle: handle?, name: name?, active: active? })
}

impl From<Row> for CoverRecord {
    fn from(r: Row) -> Self {
        Self {
            id: r.id,
            out: person_name(r.out_id, r.out_handle, r.out_name, r.out_active),
            by: person_name(r.by_id, r.by_handle, r.by_name, r.by_active),
            start: r.starts_at.to_jiff(),
            end: r.ends_at.to_jiff(),
            reason: r.reason,
            swap: r.swap_id,
            decided_at: r.decided_at.to_jiff(),
            decided_by: r.decided_by,
            withdrawn_at: r.withdrawn_at.map(jiff_sqlx::Timestamp::to_jiff),
        }
    }
}

/// `covers!(rest, arguments…)`: the columns of a cover `c` with its people, then `rest`.
macro_rules! covers {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT c.id AS "id: CoverId", o.id AS "out_id?: PersonId", o.handle AS "out_handle?", o.name AS "out_name?", o.active AS "out_active?",
                b.id AS "by_id?: PersonId", b.handle AS "by_handle?", b.name AS "by_name?", b.active AS "by_active?", c.starts_at, c.ends_at,
                c.reason, c.swap_id AS "swap_id: SwapId", c.decided_at, d.handle AS "decided_by?", c.withdrawn_at
               FROM cover c LEFT JOIN person o ON o.id = c.out_person_id LEFT JOIN person b ON b.id = c.by_person_id
                LEFT JOIN person d ON d.id = c.decided_by "#
                + $rest
            $(, $argument)*
        )
    };
}

pub(crate) async fn cover(cx: &mut Cx<'_>, id: CoverId) -> Result<Option<CoverRecord>> {
    Ok(covers!("WHERE c.id = $1", id as CoverId).fetch_optional(cx.conn()).await?.map(CoverRecord::from))
}

pub(crate) async fn cover_of(
    cx: &mut Cx<'_>,
    schedule: ScheduleId,
    id: CoverId,
) -> Result<Option<CoverRecord>> {
    Ok(covers!("WHERE c.id = $1 AND c.schedule_id = $2", id as CoverId, schedule as ScheduleId)
        .fetch_optional(cx.conn())
        .await?
        .map(CoverRecord::from))
}

pub(crate) async fn covers_to_come(
    cx: &mut Cx<'_>,
    schedule: ScheduleId,
    after: Option<(Timestamp, CoverId)>,
    probe: i64,
) -> Result<Vec<CoverRecord>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let (after_at, after_id) =
        after.map_or((None, None), |(at, id)| (Some(jiff_sqlx::Timestamp::from(at)), Some(id)));
    let rows = covers!(
        "WHERE c.schedule_id = $1 AND c.ends_at > $2 AND c.withdrawn_at IS NULL
           AND ($3::timestamptz IS NULL OR (c.starts_at, c.id) > ($3, $4::uuid))
         ORDER BY c.starts_at, c.id LIMIT $5",
        schedule as ScheduleId,
        now as _,
        after_at as _,
        after_id as Option<CoverId>,
        probe,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(CoverRecord::from).collect())
}

pub(crate) async fn count_covers_to_come(cx: &mut Cx<'_>, schedule: ScheduleId) -> Result<i64> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM cover WHERE schedule_id = $1 AND ends_at > $2 AND withdrawn_at IS NULL"#,
        schedule as ScheduleId,
        now as _,
    )
    .fetch_one(cx.conn())
    .await?)
}

pub(crate) async fn insert_cover(
    cx: &mut Cx<'_>,
    id: CoverId,
    schedule: ScheduleId,
    d: &Decided,
) -> Result<()> {
    let (now, by) = (jiff_sqlx::Timestamp::from(cx.now()), cx.actor().person);
    let kind = match (d.out, d.by) {
        (Some(_), _) => "replace",
        (None, Some(_)) => "add",
        (None, None) => "nobody",
    };
    sqlx::query!(
        "INSERT INTO cover (id, schedule_id, kind, out_person_id, by_person_id, starts_at, ends_at, reason, swap_id, decided_at, decided_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        id as CoverId,
        schedule as ScheduleId,
        kind,
        d.out as Option<PersonId>,
        d.by as Option<PersonId>,
        jiff_sqlx::Timestamp::from(d.start) as _,
        jiff_sqlx::Timestamp::from(d.end) as _,
        &d.reason,
        d.swap as Option<SwapId>,
        now as _,
        by as Option<PersonId>,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(crate) async fn withdraw_cover(cx: &mut Cx<'_>, id: CoverId) -> Result<()> {
    let (now, by) = (jiff_sqlx::Timestamp::from(cx.now()), cx.actor().person);
    // what of it is past stays: it happened
    sqlx::query!(
        "UPDATE cover SET withdrawn_at = $2, withdrawn_by = $3 WHERE id = $1",
        id as CoverId,
        now as _,
        by as Option<PersonId>,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Names another person in what is to come. What would put somebody in their own place is withdrawn.
pub(crate) async fn rename_covers(
    cx: &mut Cx<'_>,
    schedule: ScheduleId,
    gone: PersonId,
    by: PersonId,
) -> Result<()> {
    let (now, me) = (jiff_sqlx::Timestamp::from(cx.now()), cx.actor().person);
    sqlx::query!(
        "UPDATE cover SET withdrawn_at = $4, withdrawn_by = $5
         WHERE schedule_id = $1 AND withdrawn_at IS NULL AND ends_at > $4
           AND ((out_person_id = $2 AND by_person_id = $3) OR (out_person_id = $3 AND by_person_id = $2))",
        schedule as ScheduleId,
        gone as PersonId,
        by as PersonId,
        now as _,
        me as Option<PersonId>,
    )
    .execute(cx.conn())
    .await?;
    sqlx::query!(
        "UPDATE cover SET out_person_id = CASE WHEN out_person_id = $2 THEN $3 ELSE out_person_id END,
             by_person_id = CASE WHEN by_person_id = $2 THEN $3 ELSE by_person_id END
         WHERE schedule_id = $1 AND withdrawn_at IS NULL AND ends_at > $4 AND $2 IN (out_person_id, by_person_id)",
        schedule as ScheduleId,
        gone as PersonId,
        by as PersonId,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(crate) async fn withdraw_covers_of_swap(cx: &mut Cx<'_>, swap: SwapId) -> Result<()> {
    let (now, by) = (jiff_sqlx::Timestamp::from(cx.now()), cx.actor().person);
    sqlx::query!(
        "UPDATE cover SET withdrawn_at = $2, withdrawn_by = $3 WHERE swap_id = $1 AND withdrawn_at IS NULL",
        swap as SwapId,
        now as _,
        by as Option<PersonId>,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}
