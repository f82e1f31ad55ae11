//! Making a schedule, changing what is said of it, closing it.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use jiff::ToSpan;
use portolan_domain::{
    Error, HolidayCalendarId, Result as Outcome, TeamId,
    people::{self, PersonName},
    rota::{self, Edit, NewLayer, NewSchedule, Schedule, ScheduleEdit},
};

use super::{choices, layer, my_handle, preview, windows};
use crate::{
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
};

#[derive(Template)]
#[template(path = "rota/new.html")]
struct NewPage {
    shell: Shell,
    form: Form,
    teams: Vec<(String, String)>,
    calendars: Vec<(String, String)>,
    participants: Vec<String>,
    people: Vec<PersonName>,
}

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Of {
    #[serde(default)]
    team: String,
}

pub(super) async fn blank(mut viewer: Viewer, Query(of): Query<Of>) -> Result<Response, PageError> {
    let shell = viewer.shell(Nav::OnCall);
    // hand-offs on Monday mornings, when people are at work
    let today = shell.now.to_zoned(shell.time_zone().clone()).date();
    let ahead = 7 - i64::from(today.weekday().to_monday_zero_offset());
    let monday = today.saturating_add(ahead.days()).at(9, 0, 0, 0);
    let form = Form::blank()
        .with("team", of.team)
        .with("purpose", "on-call")
        .with("time_zone", shell.zone_name())
        .with("hand_off", monday.strftime("%Y-%m-%dT%H:%M"))
        .with("every", 1)
        .with("unit", "weeks")
        .with("participants", my_handle(&mut viewer).await?);
    show_new(viewer, shell, form, StatusCode::OK).await
}

async fn show_new(
    mut viewer: Viewer,
    shell: Shell,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let org = people::org(&mut viewer.cx()).await?;
    let ids: Vec<TeamId> = org.iter().map(|team| team.id).collect();
    let mine = people::editable_teams(&mut viewer.cx(), &ids).await?;
    if mine.is_empty() {
        return Err(Error::Forbidden(
            "only members of a team make schedules for it; ask its lead to add you".into(),
        )
        .into());
    }
    let teams = org.into_iter().filter(|t| mine.contains(&t.id)).map(|t| (t.slug, t.name)).collect();
    let calendars = calendars(&mut viewer).await?;
    let people = choices(&mut viewer).await?;
    let participants = layer::rows(&form);
    page::html_as(status, &NewPage { shell, form, teams, calendars, participants, people })
}

async fn calendars(viewer: &mut Viewer) -> Outcome<Vec<(String, String)>> {
    let found = rota::holiday_calendars(&mut viewer.cx(), None).await?;
    Ok(found.into_iter().map(|c| (c.id.to_string(), format!("{} ({})", c.name, c.team.name))).collect())
}

pub(super) async fn create(mut viewer: Viewer, mut form: Form) -> Result<Response, PageError> {
    let shell = viewer.shell(Nav::OnCall);
    if let Some(moved) = layer::rearranged(&form) {
        return show_new(viewer, shell, moved, StatusCode::OK).await;
    }
    let made = match read_new(&form) {
        Ok(new) => rota::create_schedule(&mut viewer.cx(), new, &form.text("reason")).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(schedule) => Ok(Flash::ok("Schedule made.", "Those who take turns see it among their shifts.")
            .on(&super::address(&schedule.slug))),
        Err(error) => {
            let status = form.refuse(error)?;
            show_new(viewer, shell, form, status).await
        }
    }
}

fn read_new(form: &Form) -> Outcome<NewSchedule> {
    let about = layer::both(read_coverage(form), layer::read_turns(form));
    let ((coverage, holiday_calendar), turns) = about?;
    let participants = layer::participants(form);
    Ok(NewSchedule {
        team: form.text("team"),
        slug: form.text("slug"),
        name: form.text("name"),
        description: form.text("description"),
        purpose: form.text("purpose").parse()?,
        time_zone: form.text("time_zone"),
        coverage,
        holiday_calendar,
        layers: vec![NewLayer {
            name: "Everybody".into(),
            priority: 1,
            time_zone: None,
            hand_off: turns.hand_off,
            every: turns.every,
            unit: turns.unit,
            only_active_days: turns.only_active_days,
            restrictions: Vec::new(),
            participants,
            ends: None,
        }],
    })
}

type Covered = (Option<Vec<rota::Window>>, Option<HolidayCalendarId>);

fn read_coverage(form: &Form) -> Outcome<Covered> {
    let windows = windows::read("coverage", form.value("coverage"))?;
    let calendar = form.optional("holiday_calendar").map(|id| id.parse());
    let calendar = calendar.transpose().map_err(|_| Error::invalid("holiday_calendar", "is not there"))?;
    Ok((Some(windows).filter(|w| !w.is_empty()), calendar))
}

#[derive(Template)]
#[template(path = "rota/edit.html")]
struct EditPage {
    shell: Shell,
    schedule: Schedule,
    form: Form,
    calendars: Vec<(String, String)>,
    preview: Option<preview::Told>,
}

pub(super) async fn form(mut viewer: Viewer, Path(slug): Path<String>) -> Result<Response, PageError> {
    let schedule = editable(&mut viewer, &slug).await?;
    let form = filled(&schedule);
    show(viewer, schedule, form, None, StatusCode::OK).await
}

/// The schedule, if the viewer may edit it.
pub(super) async fn editable(viewer: &mut Viewer, slug: &str) -> Outcome<Schedule> {
    let schedule = rota::schedule(&mut viewer.cx(), slug).await?;
    let what = format!("the schedule {}", schedule.name);
    people::require_team(&mut viewer.cx(), Some(schedule.team.id), &what).await?;
    Ok(schedule)
}

fn filled(schedule: &Schedule) -> Form {
    Form::blank()
        .with("version", schedule.version)
        .with("name", &schedule.name)
        .with("description", &schedule.description)
        .with("time_zone", &schedule.time_zone)
        .with("coverage", schedule.windows().map(|w| windows::written(w).join("\n")).unwrap_or_default())
        .with_optional("holiday_calendar", schedule.holiday_calendar)
}

async fn show(
    mut viewer: Viewer,
    schedule: Schedule,
    form: Form,
    preview: Option<preview::Told>,
    status: StatusCode,
) -> Result<Response, PageError> {
    let calendars = calendars(&mut viewer).await?;
    let shell = viewer.shell(Nav::OnCall);
    page::html_as(status, &EditPage { shell, schedule, form, calendars, preview })
}

pub(super) async fn save(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let schedule = editable(&mut viewer, &slug).await?;
    let shell = viewer.shell(Nav::OnCall);
    let edit = read_coverage(&form).map(|(coverage, holiday_calendar)| {
        Edit::About(ScheduleEdit {
            name: Some(form.text("name")),
            description: Some(form.text("description")),
            time_zone: Some(form.text("time_zone")),
            coverage: Some(coverage),
            holiday_calendar: Some(holiday_calendar),
            close: false,
        })
    });
    match act(&mut viewer, &shell, &slug, edit, &form).await {
        Ok(Done::Saved) => {
            Ok(Flash::ok("Schedule saved.", "Those whose time changes are told.").on(&super::address(&slug)))
        }
        Ok(Done::Looked(told)) => show(viewer, schedule, form, Some(told), StatusCode::OK).await,
        Err(Error::Stale) => {
            let status = form.refuse(Error::Stale)?;
            form.overtaken(&filled(&schedule));
            show(viewer, schedule, form, None, status).await
        }
        Err(error) => {
            let status = form.refuse(error)?;
            show(viewer, schedule, form, None, status).await
        }
    }
}

/// What came of pressing a button of an edit.
pub(super) enum Done {
    Saved,
    Looked(preview::Told),
}

/// Saves an edit, or looks at what it would do, as the pressed button says.
pub(super) async fn act(
    viewer: &mut Viewer,
    shell: &Shell,
    slug: &str,
    edit: Outcome<Edit>,
    form: &Form,
) -> Outcome<Done> {
    let edit = edit?;
    if form.is("act", "save") {
        rota::change(&mut viewer.cx(), slug, &edit, form.version(), &form.text("reason")).await?;
        return Ok(Done::Saved);
    }
    preview::of(viewer, shell, slug, &edit).await.map(Done::Looked)
}

/// What a refused edit would change, if a reason is all that it lacks: it is asked for where the change is seen.
pub(super) async fn without_reason(
    viewer: &mut Viewer,
    shell: &Shell,
    slug: &str,
    edit: Outcome<Edit>,
    form: &Form,
) -> Option<preview::Told> {
    form.problem("reason")?;
    preview::of(viewer, shell, slug, &edit.ok()?).await.ok()
}

pub(super) async fn close(mut viewer: Viewer, Path(slug): Path<String>) -> Result<Response, PageError> {
    let edit = Edit::About(ScheduleEdit { close: true, ..ScheduleEdit::default() });
    rota::change(&mut viewer.cx(), &slug, &edit, None, "").await?;
    Ok(Flash::ok("Closed.", "Nobody is on call here any more; what was stays to be read.")
        .on(&super::address(&slug)))
}
