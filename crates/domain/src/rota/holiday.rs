//! Holiday calendars: days on which nobody is expected to work, typed or taken from an iCalendar file.

use jiff::{Timestamp, ToSpan, civil::Date};
use serde::Serialize;

use super::{ical, renew::renew, schedule::may_read, store, tell};
use crate::{
    Cx, Error, HolidayCalendarId, Result,
    activity::{self, Act},
    check::Checks,
    people::{self, TeamName, require_team},
};

/// Days a calendar may hold: twenty years of thirty.
const MOST_DAYS: usize = 600;

/// A day nobody is expected to work on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Holiday {
    /// The day.
    pub day: Date,
    /// What is celebrated.
    pub name: String,
}

/// A calendar of holidays.
#[derive(Debug, Clone, Serialize)]
pub struct HolidayCalendar {
    /// Key.
    pub id: HolidayCalendarId,
    /// Whose it is; schedules of other teams may follow it too.
    pub team: TeamName,
    /// Name.
    pub name: String,
    /// Its days in order.
    pub days: Vec<Holiday>,
    /// Raised at each edit; the `ETag`.
    pub version: i64,
    /// When it was last edited.
    pub updated_at: Timestamp,
}

/// The calendars of all teams, or of one (slug).
pub async fn holiday_calendars(cx: &mut Cx<'_>, team: Option<&str>) -> Result<Vec<HolidayCalendar>> {
    may_read(cx)?;
    let team = match team {
        Some(slug) => Some(people::team(cx, slug).await?.id),
        None => None,
    };
    store::holiday_calendars(cx, team, None).await
}

/// One calendar.
pub async fn holiday_calendar(cx: &mut Cx<'_>, id: HolidayCalendarId) -> Result<HolidayCalendar> {
    may_read(cx)?;
    let found = store::holiday_calendars(cx, None, Some(id)).await?;
    found.into_iter().next().ok_or_else(|| Error::not_found("holiday calendar", id.to_string()))
}

/// The holidays of an iCalendar file: its whole-day events from a year before `today` to five years after it.
pub async fn holidays_of_file(text: String, today: Date) -> Result<Vec<Holiday>> {
    let (from, to) = (today.saturating_sub(1.year()), today.saturating_add(5.years()));
    let read = ical::apart(move || ical::holidays(&text, from, to)).await?;
    Ok(read.found.into_iter().map(|(day, name)| Holiday { day, name }).collect())
}

/// Makes a calendar. For whoever may edit the team.
pub async fn create_holiday_calendar(
    cx: &mut Cx<'_>,
    team: &str,
    name: &str,
    days: &[Holiday],
) -> Result<HolidayCalendar> {
    let team = people::team(cx, team).await?;
    require_team(cx, Some(team.id), &format!("the holidays of {}", team.name)).await?;
    let (name, days) = checked(name, days)?;
    let id = HolidayCalendarId::new();
    cx.atomically(async |cx| {
        store::insert_calendar(cx, id, team.id, &name).await?;
        store::put_holidays(cx, id, &days).await?;
        record(cx, "holidays.created", &team.slug, &name).await?;
        holiday_calendar(cx, id).await
    })
    .await
}

/// Changes a calendar; the schedules that follow it are renewed.
pub async fn edit_holiday_calendar(
    cx: &mut Cx<'_>,
    id: HolidayCalendarId,
    name: &str,
    days: &[Holiday],
    version: Option<i64>,
) -> Result<HolidayCalendar> {
    let before = holiday_calendar(cx, id).await?;
    require_team(cx, Some(before.team.id), &format!("the holidays of {}", before.team.name)).await?;
    let (name, days) = checked(name, days)?;
    cx.atomically(async |cx| {
        let at = store::lock_calendar(cx, id).await?;
        if version.is_some() && version != at {
            return Err(Error::Stale);
        }
        store::rename_calendar(cx, id, &name).await?;
        store::put_holidays(cx, id, &days).await?;
        for schedule in store::schedules_with_calendar(cx, id).await? {
            let differences = renew(cx, schedule).await?;
            let schedule = super::schedule_by_id(cx, schedule).await?.name();
            tell::of_change(cx, &schedule, &differences, "the holidays are edited", &name).await?;
        }
        record(cx, "holidays.edited", &before.team.slug, &name).await?;
        holiday_calendar(cx, id).await
    })
    .await
}

/// Deletes a calendar that no schedule follows.
pub async fn delete_holiday_calendar(cx: &mut Cx<'_>, id: HolidayCalendarId) -> Result<()> {
    let calendar = holiday_calendar(cx, id).await?;
    require_team(cx, Some(calendar.team.id), &format!("the holidays of {}", calendar.team.name)).await?;
    cx.atomically(async |cx| {
        store::delete_calendar(cx, id).await?;
        record(cx, "holidays.deleted", &calendar.team.slug, &calendar.name).await
    })
    .await
}

async fn record(cx: &mut Cx<'_>, verb: &'static str, team: &str, name: &str) -> Result<()> {
    activity::record(cx, Act { note: name.into(), ..Act::new(verb, format!("team:{team}")) }).await
}

fn checked(name: &str, days: &[Holiday]) -> Result<(String, Vec<Holiday>)> {
    let mut checks = Checks::default();
    let name = checks.line("name", name, 100);
    if days.len() > MOST_DAYS {
        checks.problem("days", format!("may be {MOST_DAYS} at most; leave out the years that are past"));
    }
    let mut days: Vec<Holiday> = days
        .iter()
        .take(MOST_DAYS)
        .map(|h| Holiday {
            day: h.day,
            name: checks.optional_line("days", Some(&h.name), 200).unwrap_or_default(),
        })
        .collect();
    days.sort_by_key(|h| h.day);
    days.dedup_by_key(|h| h.day);
    checks.done()?;
    Ok((name, days))
}
