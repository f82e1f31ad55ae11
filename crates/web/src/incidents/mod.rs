//! Incidents: the list, opening one, the page of one, actions, and how things are known to fail.

pub(crate) mod actions;
mod list;
mod modes;
mod open;
pub(crate) mod show;

use axum::{
    Router,
    routing::{get, post},
};
use jiff::Timestamp;
use portolan_domain::{
    Actor, Error, Result,
    incidents::{Incident, State},
    rota,
};

use crate::{Shared, words};

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/incidents", get(list::show))
        .route("/incidents/new", get(open::form).post(open::save))
        .route("/incidents/{number}", get(show::show))
        .route("/incidents/{number}/edit", get(open::edit).post(open::save_edit))
        .route("/incidents/{number}/moves", post(show::go))
        .route("/incidents/{number}/notes", post(show::note))
        .route("/incidents/{number}/roles", post(show::give_role))
        .route("/incidents/{number}/roles/{id}/end", post(show::end_role))
        .route("/incidents/{number}/review", post(show::review))
        .route("/incidents/{number}/seen-before", post(show::link))
        .route("/incidents/{number}/actions", post(actions::add))
        .route("/actions", get(actions::list))
        .route("/actions/{id}", post(actions::save))
        .route("/catalog/{kind}/{namespace}/{name}/failure-modes", post(modes::add))
        .route("/catalog/{kind}/{namespace}/{name}/failure-modes/{id}/retirement", post(modes::retire))
}

/// Tone of how an incident stands.
pub(crate) fn tone(state: &State) -> &'static str {
    match state {
        State::Open => "danger",
        State::Mitigated => "warn",
        State::Ended => "info",
        State::Reviewed => "ok",
    }
}

/// Where an incident lives.
pub(crate) fn address(incident: &Incident) -> String {
    format!("/incidents/{}", incident.number)
}

/// How long it hurt: `47 min`, `3 h`, `2 days`.
pub(crate) fn hurt_for(incident: &Incident, now: &Timestamp) -> String {
    let minutes = incident.hurt_for(*now).as_mins().max(0);
    match minutes {
        0..120 => format!("{minutes} min"),
        120..2880 => format!("{} h", minutes / 60),
        _ => words::counted(minutes / 1440, "day", "days"),
    }
}

/// An instant as somebody typed it, in their zone; none: nothing was typed.
fn typed(field: &str, text: &str, actor: &Actor) -> Result<Option<Timestamp>> {
    if text.is_empty() {
        return Ok(None);
    }
    let zone = jiff::tz::TimeZone::get(&actor.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    rota::typed_time(text, &zone).map(Some).map_err(|why| Error::invalid(field, why.to_string()))
}

/// The same instant as a field of a form takes it.
fn as_typed(at: Timestamp, actor: &Actor) -> String {
    let zone = jiff::tz::TimeZone::get(&actor.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M").to_string()
}
