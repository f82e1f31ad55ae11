//! Self-service: the ladder of offerings, the form that an offering makes, requests on their way, and what exists since.

mod about;
mod actions;
mod acts;
mod ask;
mod card;
mod edit;
mod fields;
mod list;
mod offers;
mod request;
mod resource;
mod resources;
pub(crate) mod said;
mod waivers;

use axum::{
    Router,
    routing::{get, post},
};
use portolan_domain::{
    Error, Problem,
    people::{self, TeamName},
};

use crate::{Shared, caller::Viewer, error::PageError};

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/provision", get(offers::show))
        .route("/provision/new", get(edit::blank).post(edit::save_new))
        .route("/provision/preview", post(edit::preview))
        .route("/provision/{name}", get(ask::show).post(ask::save))
        .route("/provision/{name}/check", post(ask::check))
        .route("/provision/{name}/about", get(about::show))
        .route("/provision/{name}/edit", get(edit::show).post(edit::save))
        .route("/provision/requests", get(list::show))
        .route("/provision/requests/{number}", get(request::show))
        .route("/provision/requests/{number}/parts", get(request::parts))
        .route("/provision/requests/{number}/log", get(request::log))
        .route("/provision/requests/{number}/decision", post(acts::decide))
        .route("/provision/requests/{number}/delegation", post(acts::delegate))
        .route("/provision/requests/{number}/cancellation", post(acts::cancel))
        .route("/provision/requests/{number}/retry", post(acts::retry))
        .route("/provision/requests/{number}/undoing", post(acts::undo))
        .route("/provision/requests/{number}/rating", post(acts::rate))
        .route("/provision/requests/{number}/support", post(acts::ask_support))
        .route("/provision/requests/{number}/discarding", post(acts::discard))
        .route("/provision/resources", get(resources::show))
        .route("/provision/resources/{id}", get(resource::show))
        .route("/provision/resources/{id}/credentials", post(resource::reveal))
        .route("/provision/resources/{id}/renewal", post(resource::renew))
        .route("/provision/resources/{id}/actions/{name}", get(actions::show).post(actions::save))
        .route("/provision/resources/{id}/actions/{name}/check", post(actions::check))
        .route("/provision/waivers", get(waivers::show).post(waivers::save))
        .route("/provision/waivers/{id}/decision", post(waivers::decide))
        .route("/provision/waivers/{id}/end", post(waivers::end))
}

/// The teams that the viewer may ask for, their own first: slug and name.
async fn my_teams(viewer: &mut Viewer) -> Result<Vec<TeamName>, PageError> {
    let Some(me) = viewer.person() else { return Err(Error::Unauthenticated.into()) };
    let cx = &mut viewer.cx();
    let own = people::team_ids_of(cx, me).await?;
    let mut ids = own.clone();
    let answered = people::teams_answered_for(cx, me).await?;
    ids.extend(answered.into_iter().filter(|id| !own.contains(id)));
    ids.truncate(200);
    let mut names = people::team_names(cx, &ids).await?;
    names.sort_by_key(|team| ids.iter().position(|id| *id == team.id));
    Ok(names)
}

/// Problems of a request in the names of its form: a parameter's is `p-NAME`.
fn in_fields(error: Error) -> Error {
    let Error::Invalid(problems) = error else { return error };
    let field = |field: String| match field.strip_prefix("params.") {
        Some(parameter) => format!("p-{parameter}"),
        None if field == "costCentre" => "cost_centre".to_owned(),
        None if field == "endsOn" => "ends_on".to_owned(),
        None => field,
    };
    Error::Invalid(problems.into_iter().map(|p| Problem { field: field(p.field), ..p }).collect())
}
