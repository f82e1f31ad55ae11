//! Schedules.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::Value;

use super::super::{Purpose, Schedule, ScheduleFilter, Window, schedule::coverage_of};
use crate::{Cx, Error, HolidayCalendarId, Result, ScheduleId, TeamId, check::anywhere, people::TeamName};

struct Row {
    id: ScheduleId,
    team_id: TeamId,
    team_slug: String,
    team_name: String,
    slug: String,
    name: String,
    description: String,
    purpose: Purpose,
    time_zone: String,
    coverage: Option<Value>,
    holiday_calendar_id: Option<HolidayCalendarId>,
    holidays: Vec<jiff_sqlx::Date>,
    projected_until: jiff_sqlx::Timestamp,
    version: i64,
    created_at: jiff_sqlx::Timestamp,
    updated_at: jiff_sqlx::Timestamp,
    closed_at: Option<jiff_sqlx::Timestamp>,
}

/// Windows as they are kept; the application wrote them, so what cannot be read is damage.
pub(super) fn windows_of(value: Value) -> Vec<Window> {
    serde_json::from_value(value).unwrap_or_else(|error| {
        tracing::error!(%error, "the windows of a schedule cannot be read");
        Vec::new()
    })
}

impl From<Row> for Schedule {
    fn from(r: Row) -> Self {
        let holidays: BTreeSet<Date> = r.holidays.into_iter().map(jiff_sqlx::Date::to_jiff).collect();
        Self {
            id: r.id,
            team: TeamName { id: r.team_id, slug: r.team_slug, name: r.team_name },
            slug: r.slug,
            name: r.name,
            description: r.description,
            purpose: r.purpose,
            time_zone: r.time_zone,
            coverage: coverage_of(r.coverage.map(windows_of), holidays),
            holiday_calendar: r.holiday_calendar_id,
            projected_until: r.projected_until.to_jiff(),
            version: r.version,
            created_at: r.created_at.to_jiff(),
            updated_at: r.updated_at.to_jiff(),
            closed_at: r.closed_at.map(jiff_sqlx::Timestamp::to_jiff),
        }
    }
}

/// `schedules!(rest, arguments…)`: the columns of a schedule `s` with its team `t`, then `rest`.
macro_rules! schedules {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT s.id AS "id: ScheduleId", s.team_id AS "team_id: TeamId", t.slug AS team_slug, t.name AS team_name, s.slug, s.name,
                s.description, s.purpose AS "purpose: Purpose", s.time_zone, s.coverage,
                s.holiday_calendar_id AS "holiday_calendar_id: HolidayCalendarId",
                ARRAY(SELECT h.day FROM holiday h WHERE h.calendar_id = s.holiday_calendar_id ORDER BY h.day) AS "holidays!: Vec<jiff_sqlx::Date>",
                s.projected_until, s.version, s.created_at, s.updated_at, s.closed_at
               FROM schedule s JOIN team t ON t.id = s.team_id "#
                + $rest
            $(, $argument)*
        )
    };
}

pub(crate) async fn schedule_by_slug(cx: &mut Cx<'_>, slug: &str) -> Result<Option<Schedule>> {
    Ok(schedules!("WHERE s.slug = lower($1)", slug).fetch_optional(cx.conn()).await?.map(Schedule::from))
}

pub(crate) async fn schedule_by_id(cx: &mut Cx<'_>, id: ScheduleId) -> Result<Option<Schedule>> {
    Ok(schedules!("WHERE s.id = $1", id as ScheduleId).fetch_optional(cx.conn()).await?.map(Schedule::from))
}

pub(crate) async fn schedules_by_ids(cx: &mut Cx<'_>, ids: &[ScheduleId]) -> Result<Vec<Schedule>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = schedules!("WHERE s.id = ANY($1)", &ids).fetch_all(cx.conn()).await?;
    Ok(rows.into_iter().map(Schedule::from).collect())
}

/// The schedule, its writers kept waiting: its shifts are renewed by one at a time.
pub(crate) async fn lock_schedule(cx: &mut Cx<'_>, id: ScheduleId) -> Result<Option<Schedule>> {
    Ok(schedules!("WHERE s.id = $1 FOR NO KEY UPDATE OF s", id as ScheduleId)
        .fetch_optional(cx.conn())
        .await?
        .map(Schedule::from))
}

pub(crate) async fn schedules_of_team(
    cx: &mut Cx<'_>,
    team: TeamId,
    purpose: Purpose,
) -> Result<Vec<Schedule>> {
    let rows = schedules!(
        "WHERE s.team_id = $1 AND s.purpose = $2 AND s.closed_at IS NULL ORDER BY s.created_at, s.id LIMIT 50",
        team as TeamId,
        purpose.as_str(),
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Schedule::from).collect())
}

pub(crate) async fn schedules(
    cx: &mut Cx<'_>,
    f: &ScheduleFilter,
    after: Option<(String, ScheduleId)>,
    probe: i64,
) -> Result<Vec<Schedule>> {
    let (after_name, after_id) = after.unzip();
    let rows = schedules!(
        "WHERE ($1::text IS NULL OR lower(s.name) LIKE $1 OR lower(t.name) LIKE $1 OR s.slug LIKE $1)
           AND ($2::text IS NULL OR lower(t.slug) = lower($2)) AND ($3::text IS NULL OR s.purpose = $3)
           AND ($4 OR s.closed_at IS NULL)
           AND ($5::text IS NULL OR (lower(s.name), s.id) > (lower($5), $6::uuid))
         ORDER BY lower(s.name), s.id LIMIT $7",
        f.q.as_deref().map(anywhere),
        f.team.as_deref(),
        f.purpose.map(Purpose::as_str),
        f.closed,
        after_name,
        after_id as Option<ScheduleId>,
        probe,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Schedule::from).collect())
}

/// The same by the names of their teams.
pub(crate) async fn schedules_by_team(
    cx: &mut Cx<'_>,
    f: &ScheduleFilter,
    after: Option<(String, String, ScheduleId)>,
    probe: i64,
) -> Result<Vec<Schedule>> {
    let (after_team, after_name, after_id) = match after {
        Some((team, name, id)) => (Some(team), Some(name), Some(id)),
        None => (None, None, None),
    };
    let rows = schedules!(
        "WHERE ($1::text IS NULL OR lower(s.name) LIKE $1 OR lower(t.name) LIKE $1 OR s.slug LIKE $1)
           AND ($2::text IS NULL OR lower(t.slug) = lower($2)) AND ($3::text IS NULL OR s.purpose = $3)
           AND ($4 OR s.closed_at IS NULL)
           AND ($5::text IS NULL OR (lower(t.name), lower(s.name), s.id) > (lower($5), lower($6::text), $7::uuid))
         ORDER BY lower(t.name), lower(s.name), s.id LIMIT $8",
        f.q.as_deref().map(anywhere),
        f.team.as_deref(),
        f.purpose.map(Purpose::as_str),
        f.closed,
        after_team,
        after_name,
        after_id as Option<ScheduleId>,
        probe,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Schedule::from).collect())
}

pub(crate) async fn count_schedules(cx: &mut Cx<'_>, f: &ScheduleFilter) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM schedule s JOIN team t ON t.id = s.team_id
           WHERE ($1::text IS NULL OR lower(s.name) LIKE $1 OR lower(t.name) LIKE $1 OR s.slug LIKE $1)
             AND ($2::text IS NULL OR lower(t.slug) = lower($2)) AND ($3::text IS NULL OR s.purpose = $3)
             AND ($4 OR s.closed_at IS NULL)"#,
        f.q.as_deref().map(anywhere),
        f.team.as_deref(),
        f.purpose.map(Purpose::as_str),
        f.closed,
    )
    .fetch_one(cx.conn())
    .await?)
}

fn kept_windows(schedule: &Schedule) -> Option<Value> {
    schedule.windows().map(|windows| serde_json::to_value(windows).unwrap_or_default())
}

pub(crate) async fn insert_schedule(cx: &mut Cx<'_>, s: &Schedule) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO schedule (id, team_id, slug, name, description, purpose, time_zone, coverage, holiday_calendar_id, projected_until, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $10)",
        s.id as ScheduleId,
        s.team.id as TeamId,
        &s.slug,
        &s.name,
        &s.description,
        s.purpose.as_str(),
        &s.time_zone,
        kept_windows(s),
        s.holiday_calendar as Option<HolidayCalendarId>,
        now as _,
    )
    .execute(cx.conn())
    .await
    .map_err(|error| match Error::constraint(&error) {
        Some("schedule_slug_key") => {
            Error::invalid("slug", format!("is taken: there is a schedule {}; choose another", s.slug))
        }
        _ => error.into(),
    })?;
    Ok(())
}

pub(crate) async fn update_schedule(cx: &mut Cx<'_>, s: &Schedule) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE schedule SET name = $2, description = $3, time_zone = $4, coverage = $5, holiday_calendar_id = $6,
                closed_at = $7, version = version + 1, updated_at = $8 WHERE id = $1",
        s.id as ScheduleId,
        &s.name,
        &s.description,
        &s.time_zone,
        kept_windows(s),
        s.holiday_calendar as Option<HolidayCalendarId>,
        s.closed_at.map(jiff_sqlx::Timestamp::from) as _,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Notes that something of the schedule was decided: its version goes up.
pub(crate) async fn touch_schedule(cx: &mut Cx<'_>, id: ScheduleId) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE schedule SET version = version + 1, updated_at = $2 WHERE id = $1",
        id as ScheduleId,
        now as _
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Open schedules whose shifts are known for less time than that, or that name somebody whose standing changed since. Asked
/// every minute, so it begins with those who left and with what is vacant, and not with all that is to come.
pub(crate) async fn schedules_to_renew(
    cx: &mut Cx<'_>,
    known_until: jiff::Timestamp,
    most: i64,
) -> Result<Vec<ScheduleId>> {
    let (now, until) = (jiff_sqlx::Timestamp::from(cx.now()), jiff_sqlx::Timestamp::from(known_until));
    Ok(sqlx::query_scalar!(
        r#"SELECT s.id AS "id: ScheduleId" FROM schedule s
           WHERE s.closed_at IS NULL AND (s.projected_until < $2 OR s.id IN (
               -- OFFSET 0 keeps the index of the person: the planner does not know that nearly all shifts are past
               SELECT f.schedule_id FROM person p CROSS JOIN LATERAL (
                   SELECT schedule_id FROM shift
                   WHERE person_id = p.id AND holder = 'person' AND cancelled_at IS NULL AND ends_at > $1 OFFSET 0) f
               WHERE NOT p.active
               UNION ALL
               SELECT f.schedule_id FROM shift f JOIN person p ON p.id = f.person_id
               WHERE p.active AND f.holder = 'vacant' AND f.cancelled_at IS NULL AND f.ends_at > $1))
           ORDER BY s.projected_until LIMIT $3"#,
        now as _,
        until as _,
        most,
    )
    .fetch_all(cx.conn())
    .await?)
}
