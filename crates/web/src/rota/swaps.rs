//! Swaps: asked for, taken, given back.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use jiff::{SignedDuration, Timestamp};
use portolan_domain::{
    Error, Result as Outcome, SwapId,
    people::{self, PersonName},
    rota::{self, Held, NewSwap, Schedule},
};

use super::{choices, my_handle, take::Given, time_typed, typed};
use crate::{
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
};

const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 120);

#[derive(Template)]
#[template(path = "rota/swap.html")]
struct SwapPage {
    shell: Shell,
    schedule: Schedule,
    form: Form,
    people: Vec<PersonName>,
    /// Whether the viewer may ask for others.
    may_arrange: bool,
}

pub(super) async fn blank(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    Query(given): Query<Given>,
) -> Result<Response, PageError> {
    let schedule = rota::schedule(&mut viewer.cx(), &slug).await?;
    let shell = viewer.shell(Nav::OnCall);
    let asker = if given.out.is_empty() { my_handle(&mut viewer).await? } else { given.out };
    // without anything given: one's own next shift
    let (from, until) = (given.start.parse::<Timestamp>().ok(), given.end.parse::<Timestamp>().ok());
    let next = match viewer.person() {
        Some(me) if from.is_none() => {
            let mine = rota::shifts_of_person(&mut viewer.cx(), me, shell.now, shell.now + AHEAD).await?;
            mine.into_iter().find(|d| d.schedule.id == schedule.id && d.held == Held::Person)
        }
        _ => None,
    };
    let zone = shell.time_zone();
    let start = from.or_else(|| next.as_ref().map(|duty| duty.start.max(shell.now)));
    let end = until.or_else(|| next.as_ref().map(|duty| duty.end));
    let form = Form::blank()
        .with("asker", asker)
        .with_optional("start", start.map(|at| typed(at, zone)))
        .with_optional("end", end.map(|at| typed(at, zone)));
    show(viewer, shell, schedule, form, StatusCode::OK).await
}

async fn show(
    mut viewer: Viewer,
    shell: Shell,
    schedule: Schedule,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let may_arrange = people::team_rights(&mut viewer.cx(), schedule.team.id).await?.edit;
    let people = choices(&mut viewer).await?;
    page::html_as(status, &SwapPage { shell, schedule, form, people, may_arrange })
}

pub(super) async fn ask(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let shell = viewer.shell(Nav::OnCall);
    let asked = match read(&form, &shell) {
        Ok(new) => rota::ask_swap(&mut viewer.cx(), &slug, &new).await,
        Err(error) => Err(error),
    };
    match asked {
        Ok(swap) => {
            let whom = swap.asked.as_ref().map_or("Whoever is on the schedule", |p| p.name.as_str());
            let text =
                format!("{whom} can take it now. Until somebody does, {} is on call.", swap.asker.name);
            Ok(Flash::ok("Asked.", text).on(&super::address(&slug)))
        }
        Err(error) => {
            let status = form.refuse(error)?;
            let schedule = rota::schedule(&mut viewer.cx(), &slug).await?;
            show(viewer, shell, schedule, form, status).await
        }
    }
}

fn read(form: &Form, shell: &Shell) -> Outcome<NewSwap> {
    let mut problems = Vec::new();
    let zone = shell.time_zone();
    let start = time_typed(&mut problems, "start", &form.text("start"), zone);
    let end = time_typed(&mut problems, "end", &form.text("end"), zone);
    let back = ["return_from", "return_until"].map(|field| form.optional(field));
    let in_return = match back {
        [None, None] => None,
        [from, until] => {
            let from = time_typed(&mut problems, "return_from", &from.unwrap_or_default(), zone);
            from.zip(time_typed(&mut problems, "return_until", &until.unwrap_or_default(), zone))
        }
    };
    match (start, end) {
        (Some(start), Some(end)) if problems.is_empty() => Ok(NewSwap {
            asker: form.optional("asker"),
            start,
            end,
            asked: form.optional("asked"),
            in_return,
            note: form.text("note"),
        }),
        _ => Err(Error::Invalid(problems)),
    }
}

fn id_of(text: &str) -> Outcome<SwapId> {
    text.parse().map_err(|_| Error::not_found("swap", text))
}

pub(super) async fn take(mut viewer: Viewer, Path(id): Path<String>) -> Result<Response, PageError> {
    let (swap, _) = rota::take_swap(&mut viewer.cx(), id_of(&id)?, None).await?;
    let when = viewer.shell(Nav::OnCall).span(swap.start, swap.end);
    Ok(Flash::ok("It is yours.", format!("{when}, for {}, who is told.", swap.asker.name))
        .on(&super::address(&swap.schedule.slug)))
}

pub(super) async fn give_back(mut viewer: Viewer, Path(id): Path<String>) -> Result<Response, PageError> {
    let (swap, _) = rota::give_swap_back(&mut viewer.cx(), id_of(&id)?).await?;
    let text = format!("{} is on call again, and the swap is open to others.", swap.asker.name);
    Ok(Flash::ok("Given back.", text).on(&super::address(&swap.schedule.slug)))
}

pub(super) async fn withdraw(mut viewer: Viewer, Path(id): Path<String>) -> Result<Response, PageError> {
    let swap = rota::withdraw_swap(&mut viewer.cx(), id_of(&id)?).await?;
    Ok(Flash::ok("Withdrawn.", format!("{} stays on call.", swap.asker.name))
        .on(&super::address(&swap.schedule.slug)))
}
