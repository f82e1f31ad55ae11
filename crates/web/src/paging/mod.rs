//! Pages: the list with what waits for somebody first, the page with its timeline, paging a team, and what a team decides
//! about being paged. Made for one thumb at ten past three.

mod hand_over;
mod integrations;
mod list;
mod maintenance;
mod policy;
mod raise;
pub(crate) mod service;
mod team;
mod view;

use axum::{
    Router,
    routing::{get, post},
};
use portolan_domain::{
    notify,
    paging::{EventKind, Judgement, Paged, Severity, State, Window},
};

use crate::{Shared, page::Shell, words};

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/pages", get(list::show))
        .route("/pages/new", get(raise::form).post(raise::raise))
        .route("/pages/{id}", get(view::show))
        .route("/pages/{id}/acknowledgement", post(view::acknowledge))
        .route("/pages/{id}/resolution", post(view::resolve))
        .route("/pages/{id}/judgement", post(view::judge))
        .route("/pages/{id}/reassignment", post(view::reassign))
        .route("/pages/{id}/notes", post(view::note))
        .route("/pages/{id}/responders", post(view::add_responder))
        .route("/teams/{slug}/paging", get(team::show))
        .route("/teams/{slug}/paging/related", post(team::relate))
        .route("/teams/{slug}/policies/new", get(policy::blank).post(policy::create))
        .route("/escalation-policies/{slug}", get(policy::form).post(policy::save))
        .route("/escalation-policies/{slug}/closing", post(policy::close))
        .route("/teams/{slug}/integrations", get(integrations::show).post(integrations::create))
        .route("/alert-integrations/{id}", get(integrations::form).post(integrations::save))
        .route("/alert-integrations/{id}/closing", post(integrations::close))
        .route("/catalog/{kind}/{namespace}/{name}/paging", get(service::show))
        .route("/catalog/{kind}/{namespace}/{name}/paging/policy", post(service::assign))
        .route("/catalog/{kind}/{namespace}/{name}/paging/maintenance", post(service::plan))
        .route("/maintenance", get(maintenance::list))
        .route("/maintenance/{id}/end", post(maintenance::end))
        .route("/hand-overs", get(hand_over::list))
        .route("/hand-overs/{id}", get(hand_over::form).post(hand_over::write))
}

/// Tone of a page's state.
pub(crate) fn tone(page: &Paged) -> &'static str {
    match page.state {
        State::Open => "danger",
        State::Acknowledged => "warn",
        State::Resolved => "ok",
        State::Suppressed => "unknown",
    }
}

/// Its word.
pub(crate) fn word(page: &Paged) -> &'static str {
    match page.state {
        State::Open => "Nobody is on it",
        State::Acknowledged => "Somebody is on it",
        State::Resolved => "Over",
        State::Suppressed => "Kept quiet",
    }
}

/// The word for how bad the sender thinks it is; empty if it does not say.
pub(crate) fn severity(severity: &Severity) -> &'static str {
    match severity {
        Severity::Unknown => "",
        other => other.as_str(),
    }
}

/// What a page may turn out to be: value and word.
pub(crate) fn judgements() -> [(&'static str, &'static str); 4] {
    Judgement::ALL.map(|one| (one.as_str(), one.title()))
}

/// Whether a page stands so; macros of templates know the word alone.
pub(crate) fn stands(page: &Paged, word: &str) -> bool {
    page.state.as_str() == word
}

/// Whether it was judged so.
pub(crate) fn is_judged(page: &Paged, word: &str) -> bool {
    page.judgement.is_some_and(|judged| judged.as_str() == word)
}

/// Whether a window of maintenance is in force while the page is looked at.
pub(crate) fn in_force(window: &Window, shell: &Shell) -> bool {
    window.is_at(shell.now)
}

/// A step of a way, as it is shown.
#[derive(Debug)]
pub(crate) struct Leg {
    who: String,
    wait: String,
    /// Whether it was the last to be told.
    told: bool,
}

/// A way step by step: who is told, in words, and how long they have.
pub(crate) fn way(who: &[String], minutes: &[u32], told: Option<usize>) -> Vec<Leg> {
    let leg = |(at, (who, minutes)): (usize, (&String, &u32))| Leg {
        who: words::sentence(who),
        wait: match minutes {
            0 => "together with the next".into(),
            n => format!("{n} min to answer"),
        },
        told: told == Some(at),
    };
    who.iter().zip(minutes).enumerate().map(leg).collect()
}

/// Icon and tone of something that happened to a page.
pub(crate) fn look(kind: &EventKind) -> (&'static str, &'static str) {
    match kind {
        EventKind::Opened | EventKind::Released => ("bell", "danger"),
        EventKind::Suppressed => ("unknown", ""),
        EventKind::Alerts | EventKind::Escalated => ("warn", "warn"),
        EventKind::Told => ("mail", "info"),
        EventKind::Unmanned | EventKind::Exhausted => ("danger", "danger"),
        EventKind::Acknowledged => ("person", "info"),
        EventKind::Reassigned => ("swap", ""),
        EventKind::Responder => ("plus", "info"),
        EventKind::Note => ("edit", ""),
        EventKind::Resolved => ("ok", "ok"),
        EventKind::Judged => ("report", ""),
    }
}

/// How telling somebody went, for a status: tone and word.
pub(crate) fn delivery(state: &notify::State) -> (&'static str, &'static str) {
    match state {
        notify::State::Pending => ("unknown", "on its way"),
        notify::State::Delivered => ("ok", "delivered"),
        notify::State::Failed => ("danger", "not delivered"),
    }
}

/// A text that says something.
fn some(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|t| !t.is_empty())
}

#[cfg(test)]
mod tests {
    use portolan_domain::paging::EventKind;

    use super::look;

    #[test]
    fn loud_things_look_loud() {
        for kind in [EventKind::Unmanned, EventKind::Exhausted] {
            assert_eq!(look(&kind), ("danger", "danger"), "{kind:?}");
        }
        assert_ne!(look(&EventKind::Resolved).1, "danger");
    }
}
