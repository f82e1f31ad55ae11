//! What is wrong with schedules to come.

use jiff::Timestamp;
use uuid::Uuid;

use super::super::{Held, ScheduleName, Warning, warning::MOST};
use crate::{Cx, PersonId, Result, ScheduleId, people::PersonName};

fn keys(schedules: &[ScheduleId]) -> Vec<Uuid> {
    schedules.iter().map(|s| s.0).collect()
}

/// Gaps and vacant turns. Neighbours (the shifts of a turn are cut by windows and midnights) stay apart.
pub(crate) async fn empty_and_missing(
    cx: &mut Cx<'_>,
    schedules: &[ScheduleId],
    until: Timestamp,
) -> Result<Vec<Warning>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = sqlx::query!(
        r#"SELECT s.id AS "id: ScheduleId", s.slug, s.name, greatest(f.starts_at, $2) AS "start!", f.ends_at, f.holder AS "held: Held",
                  p.id AS "person?: PersonId", p.handle AS "handle?", p.name AS "person_name?", p.active AS "active?"
           FROM shift f JOIN schedule s ON s.id = f.schedule_id LEFT JOIN person p ON p.id = f.person_id
           WHERE f.schedule_id = ANY($1) AND f.cancelled_at IS NULL AND f.ends_at > $2 AND f.starts_at < $3
             AND (f.holder IN ('gap', 'vacant') OR (f.holder = 'person' AND NOT p.active))
           ORDER BY f.starts_at, f.uid LIMIT $4"#,
        &keys(schedules),
        now as _,
        jiff_sqlx::Timestamp::from(until) as _,
        MOST,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| {
            let schedule = ScheduleName { id: r.id, slug: r.slug, name: r.name };
            let (start, end) = (r.start.to_jiff(), r.ends_at.to_jiff());
            match super::cover::person_name(r.person, r.handle, r.person_name, r.active) {
                Some(person) if r.held != Held::Gap => Warning::Vacant { schedule, start, end, person },
                _ => Warning::Gap { schedule, start, end },
            }
        })
        .collect())
}

/// People with shifts to come whom nothing could reach.
pub(crate) async fn unreachable(
    cx: &mut Cx<'_>,
    schedules: &[ScheduleId],
    until: Timestamp,
) -> Result<Vec<Warning>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = sqlx::query!(
        r#"SELECT s.id AS "id: ScheduleId", s.slug, s.name, p.id AS "person: PersonId", p.handle, p.name AS person_name, p.active,
                  min(f.starts_at) AS "start!"
           FROM shift f JOIN schedule s ON s.id = f.schedule_id JOIN person p ON p.id = f.person_id
           WHERE f.schedule_id = ANY($1) AND f.cancelled_at IS NULL AND f.ends_at > $2 AND f.starts_at < $3 AND f.holder = 'person'
             AND p.active AND p.email IS NULL AND p.phone IS NULL
           GROUP BY s.id, p.id ORDER BY min(f.starts_at), p.id LIMIT $4"#,
        &keys(schedules),
        now as _,
        jiff_sqlx::Timestamp::from(until) as _,
        MOST,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Warning::Unreachable {
            schedule: ScheduleName { id: r.id, slug: r.slug, name: r.name },
            start: r.start.to_jiff(),
            person: PersonName { id: r.person, handle: r.handle, name: r.person_name, active: r.active },
        })
        .collect())
}

/// People who are on call on two schedules at once.
pub(crate) async fn double_bookings(
    cx: &mut Cx<'_>,
    schedules: &[ScheduleId],
    until: Timestamp,
) -> Result<Vec<Warning>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = sqlx::query!(
        r#"SELECT s.id AS "id: ScheduleId", s.slug, s.name, o.id AS "other: ScheduleId", o.slug AS other_slug, o.name AS other_name,
                  p.id AS "person: PersonId", p.handle, p.name AS person_name, p.active,
                  greatest(f.starts_at, g.starts_at, $2) AS "start!", least(f.ends_at, g.ends_at) AS "end!"
           FROM shift f JOIN schedule s ON s.id = f.schedule_id AND s.purpose = 'on-call'
                JOIN shift g ON g.person_id = f.person_id AND g.cancelled_at IS NULL AND g.holder = 'person' AND g.schedule_id <> f.schedule_id
                     AND g.ends_at > greatest(f.starts_at, $2) AND g.starts_at < f.ends_at
                JOIN schedule o ON o.id = g.schedule_id AND o.purpose = 'on-call' AND o.closed_at IS NULL
                JOIN person p ON p.id = f.person_id AND p.active
           WHERE f.schedule_id = ANY($1) AND f.cancelled_at IS NULL AND f.ends_at > $2 AND f.starts_at < $3 AND f.holder = 'person'
           ORDER BY 11, f.uid, g.uid LIMIT $4"#,
        &keys(schedules),
        now as _,
        jiff_sqlx::Timestamp::from(until) as _,
        MOST,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Warning::DoubleBooked {
            schedule: ScheduleName { id: r.id, slug: r.slug, name: r.name },
            other: ScheduleName { id: r.other, slug: r.other_slug, name: r.other_name },
            start: r.start.to_jiff(),
            end: r.end.to_jiff(),
            person: PersonName { id: r.person, handle: r.handle, name: r.person_name, active: r.active },
        })
        .collect())
}

/// People who have a shift while they are away.
pub(crate) async fn away_on_call(
    cx: &mut Cx<'_>,
    schedules: &[ScheduleId],
    until: Timestamp,
) -> Result<Vec<Warning>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = sqlx::query!(
        r#"SELECT s.id AS "id: ScheduleId", s.slug, s.name, p.id AS "person: PersonId", p.handle, p.name AS person_name, p.active,
                  greatest(f.starts_at, a.starts_at, $2) AS "start!", least(f.ends_at, a.ends_at) AS "end!"
           FROM shift f JOIN schedule s ON s.id = f.schedule_id JOIN person p ON p.id = f.person_id AND p.active
                JOIN away_span a ON a.person_id = f.person_id AND a.ends_at > greatest(f.starts_at, $2) AND a.starts_at < f.ends_at
           WHERE f.schedule_id = ANY($1) AND f.cancelled_at IS NULL AND f.ends_at > $2 AND f.starts_at < $3 AND f.holder = 'person'
           ORDER BY 8, f.uid LIMIT $4"#,
        &keys(schedules),
        now as _,
        jiff_sqlx::Timestamp::from(until) as _,
        MOST,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Warning::Away {
            schedule: ScheduleName { id: r.id, slug: r.slug, name: r.name },
            start: r.start.to_jiff(),
            end: r.end.to_jiff(),
            person: PersonName { id: r.person, handle: r.handle, name: r.person_name, active: r.active },
        })
        .collect())
}
