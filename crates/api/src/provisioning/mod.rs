//! Self-service: `/offerings`, `/provisioning-requests`, `/resources`, `/waivers`, `/executors/terraform/state`.

mod bodies;
mod callback;
mod events;
mod offerings;
mod requests;
mod resources;
mod state;
mod waivers;

use utoipa_axum::router::OpenApiRouter;

use crate::Shared;

/// The slice's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(offerings::routes())
        .merge(requests::routes())
        .merge(events::routes())
        .merge(resources::routes())
        .merge(waivers::routes())
        .merge(callback::routes())
        .merge(state::routes())
}
