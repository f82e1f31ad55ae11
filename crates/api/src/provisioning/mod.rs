//! Self-service: `/offerings`, `/provisioning-requests`, `/provisioning-drafts`, `/resources`, `/waivers`, `/executors/terraform/state`.

mod bodies;
mod callback;
mod drafts;
mod events;
mod offerings;
mod requests;
mod resources;
mod state;
mod states;
mod waivers;

use portolan_domain::{Cx, OfferingId, Result, TeamId, people, provisioning};
use utoipa_axum::router::OpenApiRouter;

use crate::Shared;

/// The slice's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(offerings::routes())
        .merge(requests::routes())
        .merge(drafts::routes())
        .merge(events::routes())
        .merge(resources::routes())
        .merge(waivers::routes())
        .merge(callback::routes())
        .merge(state::routes())
        .merge(states::routes())
}

/// The team and the offering that a list is narrowed to, by their names.
async fn narrowed(
    cx: &mut Cx<'_>,
    team: Option<String>,
    offering: Option<String>,
) -> Result<(Option<TeamId>, Option<OfferingId>)> {
    let team = match team {
        Some(slug) => Some(people::team(cx, &slug).await?.id),
        None => None,
    };
    let offering = match offering {
        Some(name) => Some(provisioning::offering(cx, &name).await?.id),
        None => None,
    };
    Ok((team, offering))
}
