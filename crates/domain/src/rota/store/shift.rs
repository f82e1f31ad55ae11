//! Shifts: read with the names of their people, and renewed.

use jiff::Timestamp;
use uuid::Uuid;

use super::super::{
    Contact, Duty, Held, LOOK_AHEAD, Purpose, ScheduleName, Shift,
    duty::Via,
    renew::{Kept, Renewal},
};
use crate::{CoverId, Cx, LayerId, PersonId, Result, ScheduleId, ShiftId, TeamId, people::PersonName};

struct Row {
    schedule_id: ScheduleId,
    slug: String,
    schedule_name: String,
    purpose: Purpose,
    uid: String,
    starts_at: jiff_sqlx::Timestamp,
    ends_at: jiff_sqlx::Timestamp,
    holder: Held,
    person_id: Option<PersonId>,
    handle: Option<String>,
    name: Option<String>,
    active: Option<bool>,
    email: Option<String>,
    phone: Option<String>,
    time_zone: Option<String>,
    via: Via,
    layer_id: Option<LayerId>,
    cover_id: Option<CoverId>,
    reason: Option<String>,
    instead_id: Option<PersonId>,
    instead_handle: Option<String>,
    instead_name: Option<String>,
    instead_active: Option<bool>,
    sequence: i32,
    changed_at: jiff_sqlx::Timestamp,
    cancelled_at: Option<jiff_sqlx::Timestamp>,
}

impl From<Row> for Duty {
    fn from(r: Row) -> Self {
        let person = r.person_id.zip(r.handle).map(|(id, handle)| Contact {
            id,
            handle,
            name: r.name.unwrap_or_default(),
            active: r.active.unwrap_or_default(),
            email: r.email,
            phone: r.phone,
            time_zone: r.time_zone.unwrap_or_default(),
        });
        // whoever left a moment ago is not on call, though the row was not renewed yet
        let gone = r.holder == Held::Person && person.as_ref().is_some_and(|p| !p.active);
        Self {
            schedule: ScheduleName { id: r.schedule_id, slug: r.slug, name: r.schedule_name },
            purpose: r.purpose,
            uid: r.uid,
            start: r.starts_at.to_jiff(),
            end: r.ends_at.to_jiff(),
            held: if gone { Held::Vacant } else { r.holder },
            person,
            via: r.via,
            layer: r.layer_id,
            cover: r.cover_id,
            reason: r.reason.unwrap_or_default(),
            instead_of: r.instead_id.zip(r.instead_handle).map(|(id, handle)| PersonName {
                id,
                handle,
                name: r.instead_name.unwrap_or_default(),
                active: r.instead_active.unwrap_or_default(),
            }),
            sequence: r.sequence,
            changed_at: r.changed_at.to_jiff(),
            cancelled_at: r.cancelled_at.map(jiff_sqlx::Timestamp::to_jiff),
        }
    }
}

/// `duties!(from, rest, arguments…)`: the columns of a shift `f` with its people, of what `from` adds, then `rest`.
macro_rules! duties {
    ($from:literal, $rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT f.schedule_id AS "schedule_id!: ScheduleId", s.slug AS "slug!", s.name AS "schedule_name!", s.purpose AS "purpose!: Purpose",
                f.uid AS "uid!", f.starts_at AS "starts_at!", f.ends_at AS "ends_at!", f.holder AS "holder!: Held",
                p.id AS "person_id?: PersonId", p.handle AS "handle?", p.name AS "name?", p.active AS "active?", p.email AS "email?",
                p.phone AS "phone?", p.time_zone AS "time_zone?", f.via AS "via!: Via", f.layer_id AS "layer_id?: LayerId",
                f.cover_id AS "cover_id?: CoverId", c.reason AS "reason?", i.id AS "instead_id?: PersonId", i.handle AS "instead_handle?",
                i.name AS "instead_name?", i.active AS "instead_active?", f.sequence AS "sequence!", f.changed_at AS "changed_at!", f.cancelled_at AS "cancelled_at?"
               FROM "#
                + $from
                + r#" JOIN schedule s ON s.id = f.schedule_id LEFT JOIN person p ON p.id = f.person_id
                 LEFT JOIN cover c ON c.id = f.cover_id LEFT JOIN person i ON i.id = f.instead_of_id "#
                + $rest
            $(, $argument)*
        )
    };
}

/// Rows of one list at most: half a year of hourly shifts is 4,400.
const MOST: i64 = 10_000;

pub(crate) async fn duties_of_schedule(
    cx: &mut Cx<'_>,
    schedule: ScheduleId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Duty>> {
    let rows = duties!(
        "shift f",
        "WHERE f.schedule_id = $1 AND f.ends_at > $2 AND f.starts_at < $3 AND f.cancelled_at IS NULL ORDER BY f.starts_at, f.uid LIMIT $4",
        schedule as ScheduleId,
        jiff_sqlx::Timestamp::from(from) as _,
        jiff_sqlx::Timestamp::from(to) as _,
        MOST,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Duty::from).collect())
}

/// Shifts of several schedules at once, for figures.
pub(crate) async fn duties_of_schedules(
    cx: &mut Cx<'_>,
    schedules: &[ScheduleId],
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Duty>> {
    let keys: Vec<Uuid> = schedules.iter().map(|s| s.0).collect();
    let rows = duties!(
        "shift f",
        "WHERE f.schedule_id = ANY($1) AND f.ends_at > $2 AND f.starts_at < $3 AND f.cancelled_at IS NULL ORDER BY f.starts_at, f.uid LIMIT $4",
        &keys,
        jiff_sqlx::Timestamp::from(from) as _,
        jiff_sqlx::Timestamp::from(to) as _,
        5 * MOST,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Duty::from).collect())
}

pub(crate) async fn duties_of_person(
    cx: &mut Cx<'_>,
    person: PersonId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Duty>> {
    let rows = duties!(
        "shift f",
        "WHERE f.person_id = $1 AND f.ends_at > $2 AND f.starts_at < $3 AND f.cancelled_at IS NULL ORDER BY f.starts_at, f.uid LIMIT $4",
        person as PersonId,
        jiff_sqlx::Timestamp::from(from) as _,
        jiff_sqlx::Timestamp::from(to) as _,
        MOST,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Duty::from).collect())
}

/// The first shifts of a person that are not over.
pub(crate) async fn first_duties_of_person(
    cx: &mut Cx<'_>,
    person: PersonId,
    most: i64,
) -> Result<Vec<Duty>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = duties!(
        "shift f",
        "WHERE f.person_id = $1 AND f.ends_at > $2 AND f.cancelled_at IS NULL AND f.holder = 'person' ORDER BY f.ends_at, f.uid LIMIT $3",
        person as PersonId,
        now as _,
        most,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Duty::from).collect())
}

/// What the calendar of a schedule shows: with what was cancelled, and without gaps, which are in nobody's calendar.
pub(crate) async fn feed_of_schedule(
    cx: &mut Cx<'_>,
    schedule: ScheduleId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Duty>> {
    let rows = duties!(
        "shift f",
        "WHERE f.schedule_id = $1 AND f.ends_at > $2 AND f.starts_at < $3 AND f.holder <> 'gap' ORDER BY f.starts_at, f.uid LIMIT $4",
        schedule as ScheduleId,
        jiff_sqlx::Timestamp::from(from) as _,
        jiff_sqlx::Timestamp::from(to) as _,
        MOST,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Duty::from).collect())
}

/// What the calendar of a person shows: their own shifts and what others took over from them, with what was cancelled. Each
/// half has its index.
pub(crate) async fn feed_of_person(
    cx: &mut Cx<'_>,
    person: PersonId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Duty>> {
    let rows = duties!(
        "(SELECT * FROM shift WHERE person_id = $1 AND ends_at > $2 AND starts_at < $3
          UNION ALL
          SELECT * FROM shift WHERE instead_of_id = $1 AND person_id IS DISTINCT FROM $1 AND ends_at > $2 AND starts_at < $3) f",
        "ORDER BY f.starts_at, f.uid LIMIT $4",
        person as PersonId,
        jiff_sqlx::Timestamp::from(from) as _,
        jiff_sqlx::Timestamp::from(to) as _,
        MOST,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Duty::from).collect())
}

/// For each schedule what lasts at an instant, the next shift of somebody, and the next one of nobody.
pub(crate) async fn duties_around(
    cx: &mut Cx<'_>,
    schedules: &[ScheduleId],
    at: Timestamp,
) -> Result<Vec<Duty>> {
    let keys: Vec<Uuid> = schedules.iter().map(|s| s.0).collect();
    let now = jiff_sqlx::Timestamp::from(at);
    let rows = duties!(
        "unnest($1::uuid[]) one (id) CROSS JOIN LATERAL (
            (SELECT * FROM shift WHERE schedule_id = one.id AND cancelled_at IS NULL AND ends_at > $2 AND starts_at <= $2 LIMIT 20)
            UNION ALL
            (SELECT * FROM shift WHERE schedule_id = one.id AND cancelled_at IS NULL AND ends_at > $2 AND starts_at > $2 AND holder = 'person'
             ORDER BY ends_at LIMIT 1)
            UNION ALL
            (SELECT * FROM shift WHERE schedule_id = one.id AND cancelled_at IS NULL AND ends_at > $2 AND starts_at > $2
                AND starts_at < $3 AND holder IN ('gap', 'vacant') ORDER BY ends_at LIMIT 1)) f",
        "ORDER BY f.starts_at, f.uid",
        &keys,
        now as _,
        jiff_sqlx::Timestamp::from(at.saturating_add(LOOK_AHEAD).unwrap_or(at)) as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Duty::from).collect())
}

/// For each team who is on duty now on its oldest open schedule of the purpose.
pub(crate) async fn on_call_of_teams(
    cx: &mut Cx<'_>,
    teams: &[TeamId],
    purpose: Purpose,
) -> Result<Vec<(TeamId, Duty)>> {
    let keys: Vec<Uuid> = teams.iter().map(|t| t.0).collect();
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = duties!(
        "unnest($1::uuid[]) team (id)
         CROSS JOIN LATERAL (SELECT id FROM schedule WHERE team_id = team.id AND purpose = $2 AND closed_at IS NULL ORDER BY created_at, id LIMIT 1) first
         CROSS JOIN LATERAL (SELECT * FROM shift WHERE schedule_id = first.id AND cancelled_at IS NULL AND ends_at > $3 AND starts_at <= $3
            ORDER BY (holder = 'person') DESC, uid LIMIT 1) f",
        "",
        &keys,
        purpose.as_str(),
        now as _,
    )
    .fetch_all(cx.conn())
    .await?;
    let owners = sqlx::query!(
        r#"SELECT id AS "id: ScheduleId", team_id AS "team: TeamId" FROM schedule WHERE id = ANY($1)"#,
        &rows.iter().map(|r| r.schedule_id.0).collect::<Vec<_>>()
    )
    .fetch_all(cx.conn())
    .await?;
    let team_of = |schedule| owners.iter().find(|o| o.id == schedule).map(|o| o.team);
    Ok(rows.into_iter().filter_map(|r| Some((team_of(r.schedule_id)?, Duty::from(r)))).collect())
}

pub(crate) async fn contacts(cx: &mut Cx<'_>, people: &[PersonId]) -> Result<Vec<Contact>> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<Uuid> = people.iter().map(|p| p.0).collect();
    Ok(sqlx::query_as!(
        Contact,
        r#"SELECT id AS "id: PersonId", handle, name, active, email, phone, time_zone FROM person WHERE id = ANY($1)"#,
        &keys
    )
    .fetch_all(cx.conn())
    .await?)
}

/// What is kept of a schedule from an instant on, the cancelled ones too.
pub(crate) async fn kept_from(cx: &mut Cx<'_>, schedule: ScheduleId, from: Timestamp) -> Result<Vec<Kept>> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id: ShiftId", uid, starts_at, ends_at, holder AS "holder: Held", person_id AS "person: PersonId", via AS "via: Via",
                  layer_id AS "layer: LayerId", cover_id AS "cover: CoverId", instead_of_id AS "instead_of: PersonId", cancelled_at IS NOT NULL AS "cancelled!"
           FROM shift WHERE schedule_id = $1 AND ends_at > $2"#,
        schedule as ScheduleId,
        jiff_sqlx::Timestamp::from(from) as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Kept {
            id: r.id,
            uid: r.uid,
            start: r.starts_at.to_jiff(),
            end: r.ends_at.to_jiff(),
            held: r.holder,
            person: r.person,
            via: r.via,
            layer: r.layer,
            cover: r.cover,
            instead_of: r.instead_of,
            cancelled: r.cancelled,
        })
        .collect())
}

/// Which of these names are taken by shifts that are over.
pub(crate) async fn taken_uids(
    cx: &mut Cx<'_>,
    schedule: ScheduleId,
    uids: &[String],
    before: Timestamp,
) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        "SELECT uid FROM shift WHERE schedule_id = $1 AND uid = ANY($2) AND ends_at <= $3",
        schedule as ScheduleId,
        uids,
        jiff_sqlx::Timestamp::from(before) as _,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Writes what a renewal found: three statements, however many shifts.
pub(crate) async fn write_renewal(
    cx: &mut Cx<'_>,
    schedule: ScheduleId,
    renewal: &Renewal,
    until: Timestamp,
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    if !renewal.ended.is_empty() {
        let (ids, ends): (Vec<Uuid>, Vec<jiff_sqlx::Timestamp>) =
            renewal.ended.iter().map(|(id, end)| (id.0, jiff_sqlx::Timestamp::from(*end))).unzip();
        sqlx::query!(
            "UPDATE shift f SET ends_at = n.ends_at, sequence = f.sequence + 1, changed_at = $3
             FROM unnest($1::uuid[], $2::timestamptz[]) AS n (id, ends_at) WHERE f.id = n.id",
            &ids,
            &ends as _,
            now as _,
        )
        .execute(cx.conn())
        .await?;
    }
    if !renewal.cancelled.is_empty() {
        let ids: Vec<Uuid> = renewal.cancelled.iter().map(|id| id.0).collect();
        // a gap that is filled was never in anybody's calendar
        sqlx::query!("DELETE FROM shift WHERE id = ANY($1) AND holder = 'gap'", &ids)
            .execute(cx.conn())
            .await?;
        sqlx::query!(
            "UPDATE shift SET cancelled_at = $2, sequence = sequence + 1, changed_at = $2 WHERE id = ANY($1)",
            &ids,
            now as _,
        )
        .execute(cx.conn())
        .await?;
    }
    if !renewal.written.is_empty() {
        upsert(cx, schedule, &renewal.written, now).await?;
    }
    sqlx::query!(
        "UPDATE schedule SET projected_until = $2 WHERE id = $1",
        schedule as ScheduleId,
        jiff_sqlx::Timestamp::from(until) as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

async fn upsert(
    cx: &mut Cx<'_>,
    schedule: ScheduleId,
    shifts: &[Shift],
    now: jiff_sqlx::Timestamp,
) -> Result<()> {
    let instant = |of: fn(&Shift) -> Timestamp| -> Vec<jiff_sqlx::Timestamp> {
        shifts.iter().map(|s| jiff_sqlx::Timestamp::from(of(s))).collect()
    };
    let ids: Vec<Uuid> = shifts.iter().map(|_| ShiftId::new().0).collect();
    let uids: Vec<String> = shifts.iter().map(|s| s.key.clone()).collect();
    let holders: Vec<String> = shifts.iter().map(|s| s.holder.as_str().to_owned()).collect();
    let people: Vec<Option<Uuid>> =
        shifts.iter().map(|s| super::super::duty::holder(s.holder).map(|p| p.0)).collect();
    let via: Vec<String> = shifts.iter().map(|s| s.via.as_str().to_owned()).collect();
    let layers: Vec<Option<Uuid>> = shifts.iter().map(|s| s.layer.map(|l| l.0)).collect();
    let covers: Vec<Option<Uuid>> = shifts.iter().map(|s| s.via.cover().map(|c| c.0)).collect();
    let instead: Vec<Option<Uuid>> = shifts.iter().map(|s| s.instead_of.map(|p| p.0)).collect();
    sqlx::query!(
        "INSERT INTO shift AS f (id, schedule_id, uid, starts_at, ends_at, holder, person_id, via, layer_id, cover_id, instead_of_id, changed_at)
         SELECT n.id, $1, n.uid, n.starts_at, n.ends_at, n.holder, n.person_id, n.via, n.layer_id, n.cover_id, n.instead_of_id, $2
         FROM unnest($3::uuid[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[], $8::uuid[], $9::text[], $10::uuid[], $11::uuid[], $12::uuid[])
              AS n (id, uid, starts_at, ends_at, holder, person_id, via, layer_id, cover_id, instead_of_id)
         ON CONFLICT (schedule_id, uid) DO UPDATE SET starts_at = excluded.starts_at, ends_at = excluded.ends_at, holder = excluded.holder,
              person_id = excluded.person_id, via = excluded.via, layer_id = excluded.layer_id, cover_id = excluded.cover_id,
              instead_of_id = excluded.instead_of_id, sequence = f.sequence + 1, changed_at = excluded.changed_at, cancelled_at = NULL",
        schedule as ScheduleId,
        now as _,
        &ids,
        &uids,
        &instant(|s| s.start) as _,
        &instant(|s| s.end) as _,
        &holders,
        &people as _,
        &via,
        &layers as _,
        &covers as _,
        &instead as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Who has a shift of a team, when: of all its schedules.
pub(in crate::rota) async fn held_by_people(
    cx: &mut Cx<'_>,
    team: TeamId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(PersonId, Timestamp, Timestamp)>> {
    let (from, to) = (jiff_sqlx::Timestamp::from(from), jiff_sqlx::Timestamp::from(to));
    let rows = sqlx::query!(
        r#"SELECT h.person_id AS "person!: PersonId", h.starts_at, h.ends_at
           FROM shift h JOIN schedule s ON s.id = h.schedule_id
           WHERE s.team_id = $1 AND h.holder = 'person' AND h.cancelled_at IS NULL AND h.starts_at < $3 AND h.ends_at > $2
           ORDER BY h.starts_at, h.id LIMIT 2000"#,
        team as TeamId,
        from as _,
        to as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.person, r.starts_at.to_jiff(), r.ends_at.to_jiff())).collect())
}
