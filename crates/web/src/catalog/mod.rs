//! The catalog's pages: the index, and a view per kind.

mod about;
mod edit;
mod entity;
mod fields;
mod index;
mod register;
mod service;
mod touches;

use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::{get, post},
};
use portolan_domain::{
    Error,
    catalog::{self, Entity, EntityRef, Kind},
    people,
    usage::Event,
};

use crate::{Shared, address, caller::Viewer, error::PageError, page};

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/catalog", get(index::show))
        .route("/catalog/register", get(register::show).post(register::save))
        .route("/catalog/{kind}/{namespace}/{name}", get(view))
        .route("/catalog/{kind}/{namespace}/{name}/edit", get(edit::show).post(edit::save))
        .route("/catalog/{kind}/{namespace}/{name}/delete", post(edit::delete))
}

/// The view of one entity, by its kind. A group is its team's page, a user their person's.
async fn view(
    mut viewer: Viewer,
    State(portal): State<Shared>,
    Path((kind, namespace, name)): Path<(String, String, String)>,
) -> Result<Response, PageError> {
    let reference = EntityRef::new(&kind, &namespace, &name);
    if reference.known_kind().is_none() {
        return Err(Error::not_found("kind", kind).into());
    }
    let entity = catalog::get(&mut viewer.cx(), &reference).await?;
    portal.usage.note(Event {
        kind: "opened-entity",
        person: viewer.person(),
        subject: reference.to_string(),
        results: None,
    });
    match (entity.kind, entity.team_id, entity.person_id) {
        (Kind::Component, ..) => service::show(viewer, entity).await,
        (Kind::Group, Some(team), _) => {
            let team = people::team_by_id(&mut viewer.cx(), team).await?;
            Ok(page::see(&format!("/teams/{}", address::segment(&team.slug))))
        }
        (Kind::User, _, Some(person)) => {
            let person = people::person_by_id(&mut viewer.cx(), person).await?;
            Ok(page::see(&format!("/people/{}", address::segment(&person.handle))))
        }
        _ => entity::show(viewer, entity).await,
    }
}

/// Where an entity stands: the index of its kind, its domain, its system.
pub(crate) fn crumbs(entity: &Entity) -> Vec<(String, String)> {
    let index = match entity.kind {
        Kind::Component => "/catalog".to_owned(), // the index begins with these
        kind => format!("/catalog?kind={}", kind.as_str()),
    };
    let above = [&entity.domain, &entity.system].into_iter().flatten();
    let above = above.map(|r| (address::entity(r), r.name().to_owned()));
    std::iter::once((index, "Catalog".to_owned())).chain(above).collect()
}

/// What people call entities of a kind, many of them.
pub(crate) fn many(kind: &Kind) -> &'static str {
    match kind {
        Kind::Component => "Services",
        Kind::Api => "APIs",
        Kind::Resource => "Resources",
        Kind::System => "Systems",
        Kind::Domain => "Domains",
        Kind::Group => "Groups",
        Kind::User => "Users",
        Kind::Location => "Locations",
    }
}

/// What people call one of them.
pub(crate) fn one(kind: &Kind) -> &'static str {
    match kind {
        Kind::Component => "service",
        Kind::Api => "API",
        Kind::Resource => "resource",
        Kind::System => "system",
        Kind::Domain => "domain",
        Kind::Group => "group",
        Kind::User => "user",
        Kind::Location => "location",
    }
}

/// The icon of a kind, where a tier would stand if it had one.
pub(crate) fn icon(kind: &Kind) -> &'static str {
    match kind {
        Kind::Component => "make",
        Kind::Api => "swap",
        Kind::Resource => "db",
        Kind::Group => "team",
        Kind::User => "person",
        Kind::System | Kind::Domain | Kind::Location => "catalog",
    }
}
