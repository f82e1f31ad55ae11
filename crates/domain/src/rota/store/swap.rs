//! Swaps.

use jiff::Timestamp;

use super::{
    super::{ScheduleName, Swap, SwapFilter, swap::Asked},
    cover::person_name,
};
use crate::{Cx, Error, PersonId, Result, ScheduleId, SwapId, people::PersonName};

struct Row {
    id: SwapId,
    schedule_id: ScheduleId,
    slug: String,
    schedule_name: String,
    asker_id: PersonId,
    asker_handle: String,
    asker_name: String,
    asker_active: bool,
    starts_at: jiff_sqlx::Timestamp,
    ends_at: jiff_sqlx::Timestamp,
    asked_id: Option<PersonId>,
    asked_handle: Option<String>,
    asked_name: Option<String>,
    asked_active: Option<bool>,
    return_from: Option<jiff_sqlx::Timestamp>,
    return_until: Option<jiff_sqlx::Timestamp>,
    note: String,
    created_at: jiff_sqlx::Timestamp,
    taker_id: Option<PersonId>,
    taker_handle: Option<String>,
    taker_name: Option<String>,
    taker_active: Option<bool>,
    taken_at: Option<jiff_sqlx::Timestamp>,
    withdrawn_at: Option<jiff_sqlx::Timestamp>,
}

impl From<Row> for Swap {
    fn from(r: Row) -> Self {
        let instant = jiff_sqlx::Timestamp::to_jiff;
        Self {
            id: r.id,
            schedule: ScheduleName { id: r.schedule_id, slug: r.slug, name: r.schedule_name },
            asker: PersonName {
                id: r.asker_id,
                handle: r.asker_handle,
                name: r.asker_name,
                active: r.asker_active,
            },
            start: r.starts_at.to_jiff(),
            end: r.ends_at.to_jiff(),
            asked: person_name(r.asked_id, r.asked_handle, r.asked_name, r.asked_active),
            in_return: r.return_from.map(instant).zip(r.return_until.map(instant)),
            note: r.note,
            created_at: r.created_at.to_jiff(),
            taker: person_name(r.taker_id, r.taker_handle, r.taker_name, r.taker_active),
            taken_at: r.taken_at.map(instant),
            withdrawn_at: r.withdrawn_at.map(instant),
        }
    }
}

/// `swaps!(rest, arguments…)`: the columns of a swap `w` with its schedule and people, then `rest`.
macro_rules! swaps {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT w.id AS "id: SwapId", s.id AS "schedule_id: ScheduleId", s.slug, s.name AS schedule_name,
                a.id AS "asker_id: PersonId", a.handle AS asker_handle, a.name AS asker_name, a.active AS asker_active, w.starts_at, w.ends_at,
                k.id AS "asked_id?: PersonId", k.handle AS "asked_handle?", k.name AS "asked_name?", k.active AS "asked_active?",
                w.return_from, w.return_until, w.note, w.created_at,
                t.id AS "taker_id?: PersonId", t.handle AS "taker_handle?", t.name AS "taker_name?", t.active AS "taker_active?", w.taken_at, w.withdrawn_at
               FROM swap w JOIN schedule s ON s.id = w.schedule_id JOIN person a ON a.id = w.asker_id
                LEFT JOIN person k ON k.id = w.asked_id LEFT JOIN person t ON t.id = w.taken_by "#
                + $rest
            $(, $argument)*
        )
    };
}

pub(crate) async fn swap(cx: &mut Cx<'_>, id: SwapId) -> Result<Option<Swap>> {
    Ok(swaps!("WHERE w.id = $1", id as SwapId).fetch_optional(cx.conn()).await?.map(Swap::from))
}

pub(crate) async fn swaps(
    cx: &mut Cx<'_>,
    f: &SwapFilter,
    after: Option<(Timestamp, SwapId)>,
    probe: i64,
) -> Result<Vec<Swap>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let (after_at, after_id) =
        after.map_or((None, None), |(at, id)| (Some(jiff_sqlx::Timestamp::from(at)), Some(id)));
    let rows = swaps!(
        "WHERE w.withdrawn_at IS NULL AND w.ends_at > $1 AND ($2::uuid IS NULL OR w.schedule_id = $2)
           AND ($3::uuid IS NULL OR $3 IN (w.asker_id, w.asked_id, w.taken_by)) AND (NOT $4 OR w.taken_by IS NULL)
           AND ($5::timestamptz IS NULL OR (w.starts_at, w.id) > ($5, $6::uuid))
         ORDER BY w.starts_at, w.id LIMIT $7",
        now as _,
        f.schedule as Option<ScheduleId>,
        f.person as Option<PersonId>,
        f.open,
        after_at as _,
        after_id as Option<SwapId>,
        probe,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Swap::from).collect())
}

/// Swaps that nobody has taken and that a person may: those that ask for them by name first, then those that ask anybody on
/// a schedule on which they take turns; by their time.
pub(crate) async fn swaps_asked_of(cx: &mut Cx<'_>, person: PersonId, probe: i64) -> Result<Vec<Swap>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = swaps!(
        "WHERE w.withdrawn_at IS NULL AND w.taken_by IS NULL AND w.ends_at > $2 AND s.closed_at IS NULL AND w.asker_id <> $1
           AND (w.asked_id = $1 OR (w.asked_id IS NULL AND EXISTS (
               SELECT FROM schedule_layer l JOIN rotation r ON r.layer_id = l.id
               WHERE l.schedule_id = w.schedule_id AND r.participants @> ARRAY[$1]::uuid[] AND (r.valid_until IS NULL OR r.valid_until > $2))))
         ORDER BY w.asked_id IS NULL, w.starts_at, w.id LIMIT $3",
        person as PersonId,
        now as _,
        probe,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Swap::from).collect())
}

pub(crate) async fn count_swaps(cx: &mut Cx<'_>, f: &SwapFilter) -> Result<i64> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM swap w
           WHERE w.withdrawn_at IS NULL AND w.ends_at > $1 AND ($2::uuid IS NULL OR w.schedule_id = $2)
             AND ($3::uuid IS NULL OR $3 IN (w.asker_id, w.asked_id, w.taken_by)) AND (NOT $4 OR w.taken_by IS NULL)"#,
        now as _,
        f.schedule as Option<ScheduleId>,
        f.person as Option<PersonId>,
        f.open,
    )
    .fetch_one(cx.conn())
    .await?)
}

pub(crate) async fn insert_swap(cx: &mut Cx<'_>, schedule: ScheduleId, asked: &Asked) -> Result<()> {
    let (now, by) = (jiff_sqlx::Timestamp::from(cx.now()), cx.actor().person);
    sqlx::query!(
        "INSERT INTO swap (id, schedule_id, asker_id, starts_at, ends_at, asked_id, return_from, return_until, note, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        asked.id as SwapId,
        schedule as ScheduleId,
        asked.asker as PersonId,
        jiff_sqlx::Timestamp::from(asked.start) as _,
        jiff_sqlx::Timestamp::from(asked.end) as _,
        asked.asked as Option<PersonId>,
        asked.in_return.map(|(from, _)| jiff_sqlx::Timestamp::from(from)) as _,
        asked.in_return.map(|(_, until)| jiff_sqlx::Timestamp::from(until)) as _,
        &asked.note,
        by as Option<PersonId>,
        now as _,
    )
    .execute(cx.conn())
    .await
    .map_err(|error| match Error::constraint(&error) {
        Some("swap_once") => Error::Conflict(
            "a swap is asked for already in that time; withdraw it first, or choose another time".into(),
        ),
        _ => error.into(),
    })?;
    Ok(())
}

pub(crate) async fn take_swap(cx: &mut Cx<'_>, id: SwapId, taker: PersonId) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE swap SET taken_by = $2, taken_at = $3, version = version + 1 WHERE id = $1",
        id as SwapId,
        taker as PersonId,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(crate) async fn give_swap_back(cx: &mut Cx<'_>, id: SwapId) -> Result<()> {
    sqlx::query!(
        "UPDATE swap SET taken_by = NULL, taken_at = NULL, version = version + 1 WHERE id = $1",
        id as SwapId
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(crate) async fn withdraw_swap(cx: &mut Cx<'_>, id: SwapId) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE swap SET withdrawn_at = $2, version = version + 1 WHERE id = $1",
        id as SwapId,
        now as _
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Names another person in taken swaps to come. Of those that nobody has taken, withdraws what a person asks, and asks
/// anybody what they are asked.
pub(crate) async fn rename_swaps(
    cx: &mut Cx<'_>,
    schedule: ScheduleId,
    gone: PersonId,
    by: PersonId,
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE swap SET version = version + 1,
             withdrawn_at = CASE WHEN taken_by IS NULL AND asker_id = $2 THEN $4::timestamptz
                                 WHEN $2 IN (asker_id, taken_by) AND $3 IN (asker_id, taken_by) THEN $4 END,
             asker_id = CASE WHEN taken_by IS NOT NULL AND asker_id = $2 THEN $3 ELSE asker_id END,
             taken_by = CASE WHEN taken_by = $2 THEN $3 ELSE taken_by END,
             asked_id = CASE WHEN asked_id <> $2 THEN asked_id END
         WHERE schedule_id = $1 AND $2 IN (asker_id, asked_id, taken_by) AND withdrawn_at IS NULL AND ends_at > $4",
        schedule as ScheduleId,
        gone as PersonId,
        by as PersonId,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Whether a person has a shift in that time.
pub(crate) async fn is_on_schedule(
    cx: &mut Cx<'_>,
    schedule: ScheduleId,
    person: PersonId,
    start: Timestamp,
    end: Timestamp,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM shift WHERE schedule_id = $1 AND person_id = $2 AND cancelled_at IS NULL
             AND ends_at > $3 AND starts_at < $4) AS "is!""#,
        schedule as ScheduleId,
        person as PersonId,
        jiff_sqlx::Timestamp::from(start) as _,
        jiff_sqlx::Timestamp::from(end) as _,
    )
    .fetch_one(cx.conn())
    .await?)
}

/// Whether a person takes turns on a schedule, now or to come.
pub(crate) async fn is_participant(cx: &mut Cx<'_>, schedule: ScheduleId, person: PersonId) -> Result<bool> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM rotation r JOIN schedule_layer l ON l.id = r.layer_id
             WHERE l.schedule_id = $1 AND r.participants @> ARRAY[$2]::uuid[] AND (r.valid_until IS NULL OR r.valid_until > $3)) AS "is!""#,
        schedule as ScheduleId,
        person as PersonId,
        now as _,
    )
    .fetch_one(cx.conn())
    .await?)
}
