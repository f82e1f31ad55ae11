//! The catalog's pages: the index, and a view per kind.

mod about;
pub(crate) mod contacts;
mod edit;
mod entity;
mod fields;
mod index;
mod register;
mod service;
mod touches;

use std::collections::HashMap;

use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::{get, post},
};
use portolan_domain::{
    Error,
    catalog::{self, EntityRef, Kind},
    people,
    usage::Event,
};

use crate::{Shared, address, caller::Viewer, error::PageError, page, words};

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

/// What people call these entities, in one statement; the unknown are left out.
pub(crate) async fn names(
    viewer: &mut Viewer,
    refs: Vec<EntityRef>,
) -> Result<HashMap<EntityRef, String>, PageError> {
    let known = catalog::by_refs(&mut viewer.cx(), &refs).await?;
    Ok(refs.into_iter().zip(known).filter_map(|(r, known)| Some((r, known?.label().to_owned()))).collect())
}

/// `14 services`, `1 API`.
pub(crate) fn counted(kind: &Kind, n: impl words::Number) -> String {
    words::counted(n, one(kind), &plural(kind))
}

/// What people call entities of a kind, in the middle of a sentence.
pub(crate) fn plural(kind: &Kind) -> String {
    if *kind == Kind::Api { many(kind).to_owned() } else { many(kind).to_lowercase() }
}

/// What people call an entity of the kind that this word of a reference names.
pub(crate) fn named(kind: &str) -> &str {
    kind.parse::<Kind>().map_or(kind, |kind| one(&kind))
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
