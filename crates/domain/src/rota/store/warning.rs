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
           FROM schedule s CROSS JOIN LATERAL (
                    SELECT m.uid, m.starts_at, m.ends_at, m.holder, m.person_id FROM shift m LEFT JOIN person h ON h.id = m.person_id
                    WHERE m.schedule_id = s.id AND m.cancelled_at IS NULL AND m.ends_at > $2 AND m.starts_at < $3
                      AND (m.holder IN ('gap', 'vacant') OR (m.holder = 'person' AND NOT h.active))
                    ORDER BY m.starts_at, m.uid LIMIT $4) f
                LEFT JOIN person p ON p.id = f.person_id
           WHERE s.id = ANY($1) ORDER BY f.starts_at, f.uid"#,
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
                  f.starts_at AS "start!"
           FROM schedule s CROSS JOIN LATERAL (
                    SELECT h.id, min(m.starts_at) AS starts_at FROM shift m JOIN person h ON h.id = m.person_id
                    WHERE m.schedule_id = s.id AND m.cancelled_at IS NULL AND m.ends_at > $2 AND m.starts_at < $3 AND m.holder = 'person'
                      AND h.active AND h.email IS NULL AND h.phone IS NULL
                    GROUP BY h.id ORDER BY min(m.starts_at), h.id LIMIT $4) f
                JOIN person p ON p.id = f.id
           WHERE s.id = ANY($1) ORDER BY f.starts_at, p.id"#,
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
                  f.starts_at AS "start!", f.ends_at AS "end!"
           FROM schedule s CROSS JOIN LATERAL (
                    SELECT m.person_id, b.id AS other_id, greatest(m.starts_at, g.starts_at, $2) AS starts_at, least(m.ends_at, g.ends_at) AS ends_at
                    FROM shift m JOIN person h ON h.id = m.person_id AND h.active
                         JOIN shift g ON g.person_id = m.person_id AND g.cancelled_at IS NULL AND g.holder = 'person' AND g.schedule_id <> m.schedule_id
                              AND g.ends_at > $2 AND g.ends_at > m.starts_at AND g.starts_at < $3 AND g.starts_at < m.ends_at
                         JOIN schedule b ON b.id = g.schedule_id AND b.purpose = 'on-call' AND b.closed_at IS NULL
                    WHERE m.schedule_id = s.id AND m.cancelled_at IS NULL AND m.ends_at > $2 AND m.starts_at < $3 AND m.holder = 'person'
                    ORDER BY 3, m.uid, g.uid LIMIT $4) f
                JOIN schedule o ON o.id = f.other_id JOIN person p ON p.id = f.person_id
           WHERE s.id = ANY($1) AND s.purpose = 'on-call' ORDER BY f.starts_at, s.id, o.id"#,
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
                  f.starts_at AS "start!", f.ends_at AS "end!"
           FROM schedule s CROSS JOIN LATERAL (
                    SELECT m.person_id, greatest(m.starts_at, a.starts_at, $2) AS starts_at, least(m.ends_at, a.ends_at) AS ends_at
                    FROM shift m JOIN person h ON h.id = m.person_id AND h.active
                         JOIN away_span a ON a.person_id = m.person_id AND a.ends_at > $2 AND a.ends_at > m.starts_at AND a.starts_at < m.ends_at
                    WHERE m.schedule_id = s.id AND m.cancelled_at IS NULL AND m.ends_at > $2 AND m.starts_at < $3 AND m.holder = 'person'
                    ORDER BY 2, m.uid LIMIT $4) f
                JOIN person p ON p.id = f.person_id
           WHERE s.id = ANY($1) ORDER BY f.starts_at, s.id"#,
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
