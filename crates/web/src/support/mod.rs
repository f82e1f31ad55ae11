//! Support: asking for help, the queue of whoever is on duty, the thread of a request, and what comes back every week.

pub(crate) mod ask;
mod home;
pub(crate) mod levels;
mod notes;
pub(crate) mod queue;
pub(crate) mod thread;
mod weeks;

use axum::{
    Router,
    routing::{get, post},
};
use jiff::Timestamp;
use portolan_domain::support::{Counts, Request, State, Urgency};

use crate::{Shared, words};

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/support", get(home::show))
        .route("/support/new", get(ask::form).post(ask::save))
        .route("/support/requests/{number}", get(thread::show))
        .route("/support/requests/{number}/messages", post(thread::speak))
        .route("/support/requests/{number}/assignment", post(thread::assign))
        .route("/support/requests/{number}/category", post(thread::recategorise))
        .route("/support/requests/{number}/closing", post(thread::close))
        .route("/support/requests/{number}/reopening", post(thread::reopen))
        .route("/support/teams/{slug}", get(queue::show))
        .route("/support/teams/{slug}/levels", get(levels::show).post(levels::save))
        .route("/support/teams/{slug}/levels/reset", post(levels::reset))
        .route("/support/teams/{slug}/notes", get(notes::show).post(notes::save))
        .route("/support/teams/{slug}/weeks", get(weeks::show))
}

/// Tone of how a request stands.
pub(crate) fn tone(state: &State) -> &'static str {
    match state {
        State::Waiting => "info",
        State::WithSomeone => "ok",
        State::WaitingForRequester | State::Closed => "unknown",
        State::Reopened => "warn",
    }
}

/// Tone of how urgent it is.
pub(crate) fn urgency_tone(urgency: &Urgency) -> &'static str {
    match urgency {
        Urgency::AtOnce => "danger",
        Urgency::Critical => "warn",
        Urgency::Important | Urgency::Usual => "unknown",
    }
}

/// The way to what stands below a team's queue.
pub(crate) fn crumbs(slug: &str, name: &str) -> [(String, String); 2] {
    [("/support".to_owned(), "Support".to_owned()), (format!("/support/teams/{slug}"), name.to_owned())]
}

/// Where a request lives.
pub(crate) fn address(request: &Request) -> String {
    format!("/support/requests/{}", request.number)
}

/// Whether a word is owed for longer than was promised; templates hand over references.
pub(crate) fn is_overdue(request: &Request, now: &Timestamp) -> bool {
    request.is_overdue(*now)
}

/// `3 wait, 1 of them overdue`, `nobody waits`.
pub(crate) fn in_words(counts: &Counts) -> String {
    let waiting = match counts.waiting {
        0 => "nobody waits".to_owned(),
        n => words::counted(n, "waits", "wait"),
    };
    match counts.overdue {
        0 => waiting,
        n => format!("{waiting}, {} overdue", words::count(n)),
    }
}
