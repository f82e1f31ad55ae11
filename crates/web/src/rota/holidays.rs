//! Holiday calendars: days on which a schedule expects nobody to work, typed a line each or taken from an iCalendar file.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use jiff::civil::Date;
use portolan_domain::{
    Error, HolidayCalendarId, Problem, Result as Outcome, people,
    rota::{self, Holiday, HolidayCalendar},
};

use crate::{
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    ownership::team_choices,
    page::{self, Nav, Shell},
};

#[derive(Template)]
#[template(path = "rota/holidays.html")]
struct ListPage {
    shell: Shell,
    calendars: Vec<HolidayCalendar>,
}

impl ListPage {
    /// The next day of a calendar, and what it is.
    fn next<'c>(&self, calendar: &'c HolidayCalendar) -> Option<&'c Holiday> {
        let today = self.shell.today();
        calendar.days.iter().find(|h| h.day >= today)
    }
}

#[derive(Template)]
#[template(path = "rota/holiday.html")]
struct EditPage {
    shell: Shell,
    /// What is edited; none: a new one.
    calendar: Option<HolidayCalendar>,
    teams: Vec<(String, String)>,
    may_edit: bool,
    form: Form,
}

impl EditPage {
    /// Where the form goes.
    fn address(&self) -> String {
        self.calendar.as_ref().map_or_else(|| "/holiday-calendars/new".into(), |c| address(c.id))
    }
}

/// What a link may fill in.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Given {
    #[serde(default)]
    team: String,
}

fn address(id: HolidayCalendarId) -> String {
    format!("/holiday-calendars/{id}")
}

pub(super) async fn list(mut viewer: Viewer) -> Result<Response, PageError> {
    let calendars = rota::holiday_calendars(&mut viewer.cx(), None).await?;
    page::html(&ListPage { shell: viewer.shell(Nav::OnCall), calendars })
}

pub(super) async fn blank(mut viewer: Viewer, Query(given): Query<Given>) -> Result<Response, PageError> {
    let form = Form::blank().with("team", given.team);
    render(&mut viewer, None, form, StatusCode::OK).await
}

pub(super) async fn form(mut viewer: Viewer, Path(id): Path<String>) -> Result<Response, PageError> {
    let calendar = found(&mut viewer, &id).await?;
    let form = filled(&calendar);
    render(&mut viewer, Some(calendar), form, StatusCode::OK).await
}

/// The form as it stands before anything is typed.
fn filled(calendar: &HolidayCalendar) -> Form {
    Form::blank()
        .with("name", &calendar.name)
        .with("days", written(&calendar.days))
        .with("version", calendar.version.to_string())
}

async fn found(viewer: &mut Viewer, id: &str) -> Outcome<HolidayCalendar> {
    let id = id.parse().map_err(|_| Error::not_found("holiday calendar", id))?;
    rota::holiday_calendar(&mut viewer.cx(), id).await
}

async fn render(
    viewer: &mut Viewer,
    calendar: Option<HolidayCalendar>,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let teams = if calendar.is_none() { team_choices(viewer).await? } else { Vec::new() };
    let may_edit = match &calendar {
        Some(calendar) => people::team_rights(&mut viewer.cx(), calendar.team.id).await?.edit,
        None => true,
    };
    page::html_as(status, &EditPage { shell: viewer.shell(Nav::OnCall), calendar, teams, may_edit, form })
}

pub(super) async fn create(mut viewer: Viewer, mut form: Form) -> Result<Response, PageError> {
    let made = match days(&form, viewer.shell(Nav::OnCall).today()).await {
        Ok(days) => {
            let (team, name) = (form.text("team"), form.text("name"));
            rota::create_holiday_calendar(&mut viewer.cx(), &team, &name, &days).await
        }
        Err(error) => Err(error),
    };
    match made {
        Ok(calendar) => {
            let text = "Choose it where you edit a schedule.";
            Ok(Flash::ok(format!("{} is made.", calendar.name), text).on("/holiday-calendars"))
        }
        Err(error) => {
            let status = form.refuse(error)?;
            render(&mut viewer, None, form, status).await
        }
    }
}

pub(super) async fn save(
    mut viewer: Viewer,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let mut calendar = found(&mut viewer, &id).await?;
    let saved = match days(&form, viewer.shell(Nav::OnCall).today()).await {
        Ok(days) => {
            let (name, version) = (form.text("name"), form.version());
            rota::edit_holiday_calendar(&mut viewer.cx(), calendar.id, &name, &days, version).await
        }
        Err(error) => Err(error),
    };
    match saved {
        Ok(_) => {
            Ok(Flash::ok("Saved.", "Schedules that follow it are worked out anew.").on("/holiday-calendars"))
        }
        Err(error) => {
            let overtaken = matches!(error, Error::Stale);
            let status = form.refuse(error)?;
            if overtaken {
                calendar = found(&mut viewer, &id).await?;
                form.overtaken(&filled(&calendar));
            }
            render(&mut viewer, Some(calendar), form, status).await
        }
    }
}

pub(super) async fn delete(mut viewer: Viewer, Path(id): Path<String>) -> Result<Response, PageError> {
    let calendar = found(&mut viewer, &id).await?;
    rota::delete_holiday_calendar(&mut viewer.cx(), calendar.id).await?;
    Ok(Flash::ok("Deleted.", format!("{} is gone.", calendar.name)).on("/holiday-calendars"))
}

/// Days as lines: `2026-12-25 Christmas Day`.
fn written(days: &[Holiday]) -> String {
    let lines: Vec<_> = days.iter().map(|h| format!("{} {}", h.day, h.name).trim_end().to_owned()).collect();
    lines.join("\n")
}

/// What was typed and pasted, together: the days of the lines, and those of the file from a year ago to five years ahead.
async fn days(form: &Form, today: Date) -> Outcome<Vec<Holiday>> {
    let mut days = typed(&form.text("days"))?;
    let pasted = form.text("ics");
    if !pasted.is_empty() {
        days.extend(rota::holidays_of_file(pasted, today).await?);
    }
    Ok(days)
}

fn typed(text: &str) -> Outcome<Vec<Holiday>> {
    let mut days = Vec::new();
    let mut problems = Vec::new();
    for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let (day, name) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
        match day.parse() {
            Ok(day) => days.push(Holiday { day, name: name.trim().to_owned() }),
            Err(_) => problems.push(Problem {
                field: "days".into(),
                message: format!("line {}: {day:?} is no day; write it as 2026-12-25, then the name", n + 1),
            }),
        }
    }
    if problems.is_empty() { Ok(days) } else { Err(Error::Invalid(problems)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_lines_and_what_is_no_day_is_said_by_its_line() {
        let days = typed("2026-12-25 Christmas Day\n\n 2027-01-01\n").unwrap();
        assert_eq!(written(&days), "2026-12-25 Christmas Day\n2027-01-01");
        let Err(Error::Invalid(problems)) = typed("2026-12-25 x\n25.12.2026 y") else {
            panic!("no such day")
        };
        assert!(problems[0].message.starts_with("line 2: \"25.12.2026\""), "{problems:?}");
    }
}
