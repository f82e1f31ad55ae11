//! Holidays.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::super::{Holiday, HolidayCalendar};
use crate::{Cx, Error, HolidayCalendarId, Result, ScheduleId, TeamId, people::TeamName};

/// The days of a calendar; none if there is no such calendar.
pub(crate) async fn holidays(cx: &mut Cx<'_>, calendar: HolidayCalendarId) -> Result<Option<BTreeSet<Date>>> {
    let days = sqlx::query_scalar!(
        r#"SELECT ARRAY(SELECT day FROM holiday h WHERE h.calendar_id = c.id) AS "days!: Vec<jiff_sqlx::Date>" FROM holiday_calendar c WHERE c.id = $1"#,
        calendar as HolidayCalendarId
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(days.map(|days| days.into_iter().map(jiff_sqlx::Date::to_jiff).collect()))
}

/// The days of the calendars that these schedules follow.
pub(crate) async fn holidays_of_schedules(
    cx: &mut Cx<'_>,
    schedules: &[ScheduleId],
) -> Result<BTreeSet<Date>> {
    let keys: Vec<uuid::Uuid> = schedules.iter().map(|s| s.0).collect();
    let days = sqlx::query_scalar!(
        r#"SELECT DISTINCT h.day AS "day: jiff_sqlx::Date" FROM holiday h JOIN schedule s ON s.holiday_calendar_id = h.calendar_id WHERE s.id = ANY($1)"#,
        &keys
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(days.into_iter().map(jiff_sqlx::Date::to_jiff).collect())
}

/// The calendars of all teams or of one, with their days; at most 500 calendars.
pub(crate) async fn holiday_calendars(
    cx: &mut Cx<'_>,
    team: Option<TeamId>,
    id: Option<HolidayCalendarId>,
) -> Result<Vec<HolidayCalendar>> {
    let rows = sqlx::query!(
        r#"SELECT c.id AS "id: HolidayCalendarId", c.name, c.version, c.updated_at, t.id AS "team_id: TeamId", t.slug, t.name AS team_name,
                  ARRAY(SELECT day FROM holiday h WHERE h.calendar_id = c.id ORDER BY day) AS "days!: Vec<jiff_sqlx::Date>",
                  ARRAY(SELECT h.name FROM holiday h WHERE h.calendar_id = c.id ORDER BY day) AS "names!: Vec<String>"
           FROM holiday_calendar c JOIN team t ON t.id = c.team_id
           WHERE ($1::uuid IS NULL OR c.team_id = $1) AND ($2::uuid IS NULL OR c.id = $2)
           ORDER BY lower(t.name), lower(c.name), c.id LIMIT 500"#,
        team as Option<TeamId>,
        id as Option<HolidayCalendarId>,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| HolidayCalendar {
            id: r.id,
            team: TeamName { id: r.team_id, slug: r.slug, name: r.team_name },
            name: r.name,
            days: r
                .days
                .into_iter()
                .zip(r.names)
                .map(|(day, name)| Holiday { day: day.to_jiff(), name })
                .collect(),
            version: r.version,
            updated_at: r.updated_at.to_jiff(),
        })
        .collect())
}

pub(crate) async fn insert_calendar(
    cx: &mut Cx<'_>,
    id: HolidayCalendarId,
    team: TeamId,
    name: &str,
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO holiday_calendar (id, team_id, name, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)",
        id as HolidayCalendarId,
        team as TeamId,
        name,
        now as _
    )
    .execute(cx.conn())
    .await
    .map_err(|error| taken(error, name))?;
    Ok(())
}

fn taken(error: sqlx::Error, name: &str) -> Error {
    match Error::constraint(&error) {
        Some("holiday_calendar_name_key") => {
            Error::invalid("name", format!("is taken: the team has a calendar {name:?} already"))
        }
        _ => error.into(),
    }
}

/// The version of a calendar, its writers kept waiting.
pub(crate) async fn lock_calendar(cx: &mut Cx<'_>, id: HolidayCalendarId) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar!(
        "SELECT version FROM holiday_calendar WHERE id = $1 FOR UPDATE",
        id as HolidayCalendarId
    )
    .fetch_optional(cx.conn())
    .await?)
}

pub(crate) async fn rename_calendar(cx: &mut Cx<'_>, id: HolidayCalendarId, name: &str) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE holiday_calendar SET name = $2, version = version + 1, updated_at = $3 WHERE id = $1",
        id as HolidayCalendarId,
        name,
        now as _
    )
    .execute(cx.conn())
    .await
    .map_err(|error| taken(error, name))?;
    Ok(())
}

/// Makes these the days of a calendar.
pub(crate) async fn put_holidays(cx: &mut Cx<'_>, id: HolidayCalendarId, days: &[Holiday]) -> Result<()> {
    sqlx::query!("DELETE FROM holiday WHERE calendar_id = $1", id as HolidayCalendarId)
        .execute(cx.conn())
        .await?;
    let (dates, names): (Vec<jiff_sqlx::Date>, Vec<String>) =
        days.iter().map(|h| (jiff_sqlx::Date::from(h.day), h.name.clone())).unzip();
    sqlx::query!(
        "INSERT INTO holiday (calendar_id, day, name) SELECT $1, day, name FROM unnest($2::date[], $3::text[]) AS n (day, name)",
        id as HolidayCalendarId,
        &dates as _,
        &names,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(crate) async fn delete_calendar(cx: &mut Cx<'_>, id: HolidayCalendarId) -> Result<()> {
    sqlx::query!("DELETE FROM holiday_calendar WHERE id = $1", id as HolidayCalendarId)
        .execute(cx.conn())
        .await
        .map_err(|error| match Error::constraint(&error) {
            Some("schedule_holiday_calendar_fkey") => {
                Error::Conflict("schedules use this calendar; give them another one first".into())
            }
            _ => error.into(),
        })?;
    Ok(())
}

/// Schedules that follow a calendar.
pub(crate) async fn schedules_with_calendar(
    cx: &mut Cx<'_>,
    id: HolidayCalendarId,
) -> Result<Vec<ScheduleId>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT id AS "id: ScheduleId" FROM schedule WHERE holiday_calendar_id = $1 AND closed_at IS NULL ORDER BY id LIMIT 500"#,
        id as HolidayCalendarId
    )
    .fetch_all(cx.conn())
    .await?)
}
