//! Someone else takes this: an override.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use jiff::Timestamp;
use portolan_domain::{
    CoverId, Error, Result as Outcome,
    people::{self, PersonName},
    rota::{self, NewCover, Schedule},
};

use super::{choices, my_handle, time_typed, typed};
use crate::{
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
};

/// What a link may fill in.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Given {
    #[serde(default)]
    pub(super) out: String,
    #[serde(default)]
    pub(super) start: String,
    #[serde(default)]
    pub(super) end: String,
}

#[derive(Template)]
#[template(path = "rota/take.html")]
struct TakePage {
    shell: Shell,
    schedule: Schedule,
    form: Form,
    people: Vec<PersonName>,
}

pub(super) async fn blank(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    Query(given): Query<Given>,
) -> Result<Response, PageError> {
    let schedule = rota::schedule(&mut viewer.cx(), &slug).await?;
    let shell = viewer.shell(Nav::OnCall);
    let now = rota::on_schedule(&mut viewer.cx(), &schedule, shell.now).await?;
    let me = my_handle(&mut viewer).await?;
    // without anything given: whoever is on call now, until their turn ends
    let current = now.now.iter().find(|duty| duty.on_call().is_some());
    let out = match (given.out.as_str(), current.and_then(|d| d.person.as_ref())) {
        ("", Some(person)) if given.start.is_empty() => person.handle.clone(),
        (out, _) => out.to_owned(),
    };
    if out != me {
        let what = format!("who is on call on {}", schedule.name);
        people::require_team(&mut viewer.cx(), Some(schedule.team.id), &what).await?;
    }
    let zone = shell.time_zone();
    let at = |text: &str| text.parse::<Timestamp>().ok();
    let start = at(&given.start).unwrap_or(shell.now);
    let end = at(&given.end).or_else(|| current.map(|duty| duty.end));
    let form = Form::blank()
        .with("kind", if out.is_empty() { "add" } else { "replace" })
        .with("by", if me == out { String::new() } else { me })
        .with("out", out)
        .with("start", typed(start, zone))
        .with_optional("end", end.map(|end| typed(end, zone)));
    let people = choices(&mut viewer).await?;
    page::html(&TakePage { shell, schedule, form, people })
}

pub(super) async fn take(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let shell = viewer.shell(Nav::OnCall);
    let done = match read(&form, &shell) {
        Ok(new) => rota::add_cover(&mut viewer.cx(), &slug, &new).await,
        Err(error) => Err(error),
    };
    match done {
        Ok((cover, _)) => {
            let who = cover.by.as_ref().map_or("Nobody", |p| p.name.as_str());
            let when = shell.span(cover.start, cover.end);
            let said = format!("{when}. Those whom it concerns are told.");
            Ok(Flash::ok(format!("{who} has it."), said).on(&super::address(&slug)))
        }
        Err(error) => {
            let status = form.refuse(error)?;
            again(viewer, shell, &slug, form, status).await
        }
    }
}

async fn again(
    mut viewer: Viewer,
    shell: Shell,
    slug: &str,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let schedule = rota::schedule(&mut viewer.cx(), slug).await?;
    let people = choices(&mut viewer).await?;
    page::html_as(status, &TakePage { shell, schedule, form, people })
}

fn read(form: &Form, shell: &Shell) -> Outcome<NewCover> {
    let mut problems = Vec::new();
    let zone = shell.time_zone();
    let start = time_typed(&mut problems, "start", &form.text("start"), zone);
    let end = time_typed(&mut problems, "end", &form.text("end"), zone);
    let kind = form.text("kind");
    let mut person = |field: &str, wanted: bool| {
        let given = form.optional(field).filter(|_| wanted);
        if wanted && given.is_none() {
            problems.push(portolan_domain::Problem { field: field.into(), message: "is needed".into() });
        }
        given
    };
    let out = person("out", kind == "replace");
    let by = person("by", kind != "nobody");
    match (start, end) {
        (Some(start), Some(end)) if problems.is_empty() => {
            Ok(NewCover { out, by, start: Some(start), end, reason: form.text("reason") })
        }
        _ => Err(Error::Invalid(problems)),
    }
}

pub(super) async fn withdraw(
    mut viewer: Viewer,
    Path((slug, id)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let id: CoverId = id.parse().map_err(|_| Error::not_found("override", &id))?;
    rota::withdraw_cover(&mut viewer.cx(), &slug, id).await?;
    Ok(Flash::ok("Taken back.", "The schedule is as it was before. Those whom it concerns are told.")
        .on(&super::address(&slug)))
}
