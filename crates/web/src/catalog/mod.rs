//! Pages of the catalog.

mod about;
mod entity;

use axum::{
    Router,
    extract::Path,
    response::Response,
    routing::get,
};
use portolan_domain::catalog::{self, EntityRef};

use crate::{Shared, caller::Viewer, error::PageError};

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/catalog/{kind}/{namespace}/{name}", get(show))
}

async fn show(mut viewer: Viewer, Path((kind, namespace, name)): Path<(String, String, String)>) -> Result<Response, PageError> {
    let reference = EntityRef::new(&kind, &namespace, &name);
    let entity = catalog::get(&mut viewer.cx(), &reference).await?;
    entity::show(viewer, entity).await
}
