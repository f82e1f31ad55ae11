//! Wins and challenges: `/wins-plans`, `/cycles`, `/updates`, `/entries`, `/challenges`, `/publications`, `/archive`, `/wins-feeds`,
//! and what a team says of its own below `/teams/{slug}`.

mod archive;
mod bodies;
mod challenges;
mod entries;
mod feeds;
mod lists;
mod plans;
mod publications;
mod publishing;
mod selection;
mod shapes;
mod teams;
mod updates;

use utoipa_axum::router::OpenApiRouter;

use crate::Shared;

/// The slice's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    let parts = [
        archive::routes(),
        challenges::routes(),
        entries::routes(),
        feeds::routes(),
        lists::routes(),
        plans::routes(),
        publications::routes(),
        publishing::routes(),
        selection::routes(),
        teams::routes(),
        updates::routes(),
    ];
    parts.into_iter().fold(OpenApiRouter::new(), OpenApiRouter::merge)
}
