//! The ways in, the account, teams and people.

mod account;
mod person_edit;
mod persons;
mod sign_in;
mod team_edit;
mod teams;

use axum::Router;
use portolan_domain::{
    Limit,
    people::{self, PeopleFilter, PersonName, Stay},
};

use crate::{Shared, caller::Viewer, error::PageError};

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

/// People to choose from in a form that works without script: all of them where a list can hold them, else those whom
/// the word that was typed may mean.
pub(crate) async fn choices(viewer: &mut Viewer, typed: &str) -> Result<Vec<PersonName>, PageError> {
    let cx = &mut viewer.cx();
    let active = PeopleFilter { active: Some(true), ..PeopleFilter::default() };
    let all = people::people(cx, &active, None, Limit::new(Limit::MAX)?).await?;
    if all.next.is_none() {
        return Ok(all.items.into_iter().map(PersonName::from).collect());
    }
    Ok(people::find_people(cx, typed, Limit::default()).await?)
}

/// Stays that last, and those that are over.
fn now_and_before(stays: Vec<Stay>, now: jiff::Timestamp) -> (Vec<Stay>, Vec<Stay>) {
    stays.into_iter().partition(|s| s.until.is_none_or(|u| u > now))
}
