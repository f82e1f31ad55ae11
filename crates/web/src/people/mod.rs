//! The ways in, the account, teams and people.

mod account;
mod person_edit;
mod persons;
mod sign_in;
mod team_edit;
mod teams;

use axum::Router;
use portolan_domain::people::Stay;

use crate::Shared;

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .merge(sign_in::routes())
        .merge(account::routes())
        .merge(teams::routes())
        .merge(team_edit::routes())
        .merge(persons::routes())
        .merge(person_edit::routes())
}

/// Stays that last, and those that are over.
fn now_and_before(stays: Vec<Stay>, now: jiff::Timestamp) -> (Vec<Stay>, Vec<Stay>) {
    stays.into_iter().partition(|s| s.until.is_none_or(|u| u > now))
}
