//! `/support-requests`, and what a team promises, is asked and hands over.

mod bodies;
mod requests;
mod teams;

use utoipa_axum::router::OpenApiRouter;

use crate::Shared;

/// The slice's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().merge(requests::routes()).merge(teams::routes())
}
