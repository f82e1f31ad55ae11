//! `/entities` and `/search`: the catalog.

mod bodies;
mod edit;
mod entities;
mod relations;
mod search;

use utoipa_axum::router::OpenApiRouter;

use crate::Shared;

/// The slice's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(entities::routes())
        .merge(edit::routes())
        .merge(relations::routes())
        .merge(search::routes())
}
