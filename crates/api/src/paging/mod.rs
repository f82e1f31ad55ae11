//! Pages and what leads to them: alerts coming in, policies, integrations, maintenance, hand-overs.

mod bodies;
mod hand_overs;
mod intake;
mod integrations;
mod maintenance;
mod pages;
mod policies;

use utoipa_axum::router::OpenApiRouter;

use crate::Shared;

/// The slice's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(hand_overs::routes())
        .merge(intake::routes())
        .merge(integrations::routes())
        .merge(maintenance::routes())
        .merge(pages::routes())
        .merge(policies::routes())
}
