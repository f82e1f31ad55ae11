//! Self-service: the ladder of offerings, the form that an offering makes, requests on their way, and what exists since.

mod about;
mod actions;
mod acts;
mod ask;
mod card;
mod edit;
mod fields;
mod gone;
mod list;
mod offers;
mod request;
mod resource;
mod resources;
pub(crate) mod said;
mod states;
mod waivers;
mod way;

use axum::{
    Router,
    routing::{get, post},
};
use portolan_domain::{
    Error, Limit, Problem,
    people::{self, TeamName},
    provisioning::{Checked, Offering},
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
        .route("/provision/resources/{id}/states/{state}/restoration", post(states::restore))
        .route("/provision/resources/{id}/states/{state}/export", post(states::export))
        .route("/provision/waivers", get(waivers::show).post(waivers::save))
        .route("/provision/waivers/{id}/decision", post(waivers::decide))
        .route("/provision/waivers/{id}/end", post(waivers::end))
}

/// The teams that the viewer may ask for, their own first; an admin may for all of them.
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
    if cx.admin().is_ok() {
        let all = people::teams(cx, None, None, Limit::new(Limit::MAX)?).await?.items;
        let more = all.into_iter().filter(|team| !ids.contains(&team.id));
        names.extend(more.map(|team| TeamName { id: team.id, slug: team.slug, name: team.name }));
    }
    Ok(names)
}

/// Slug and name of a team.
type Called = (String, String);

/// Whoever stands behind what an offering makes.
struct Behind {
    operates: Called,
    upgrades: Called,
    answers: Called,
}

impl Behind {
    async fn of(viewer: &mut Viewer, offering: &Offering) -> Result<Self, PageError> {
        let d = &offering.definition;
        Ok(Self {
            operates: called(viewer, d.operated_by.as_deref(), &offering.team).await?,
            upgrades: called(viewer, d.upgraded_by.as_deref(), &offering.team).await?,
            answers: called(viewer, d.supported_by.as_deref(), &offering.team).await?,
        })
    }
}

/// A team that an offering names, else its owner. One that is gone since is called by its slug.
async fn called(viewer: &mut Viewer, slug: Option<&str>, owner: &TeamName) -> Result<Called, PageError> {
    let Some(slug) = slug.filter(|slug| *slug != owner.slug) else {
        return Ok((owner.slug.clone(), owner.name.clone()));
    };
    match people::team(&mut viewer.cx(), slug).await {
        Ok(team) => Ok((team.slug, team.name)),
        Err(Error::NotFound { .. }) => Ok((slug.to_owned(), slug.to_owned())),
        Err(other) => Err(other.into()),
    }
}

/// All that is wrong with what stands in a form, at the fields: what policy stops for a parameter as well. What speaks of no
/// field stands in the card.
fn wrong(checked: &Checked, unread: Vec<Problem>) -> Error {
    let told = checked.hindrances().into_iter().filter(|problem| !problem.field.starts_with("guardrail."));
    Error::Invalid(told.chain(unread).collect())
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
