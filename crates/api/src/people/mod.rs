//! Persons, teams, and the caller's own tokens and sessions.

pub(crate) mod bodies;
mod me;
mod persons;
mod teams;

use utoipa_axum::router::OpenApiRouter;

use crate::Shared;

/// The slice's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().merge(me::routes()).merge(persons::routes()).merge(teams::routes())
}
