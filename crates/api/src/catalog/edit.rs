//! Registering, editing and deleting in the portal, and facts where the descriptor is silent.

use axum::{
    extract::Path,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use portolan_domain::{
    Error,
    catalog::{self, EntityEdit, EntityRef, Field, Kind, Link, NewEntity},
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    bodies::EntityBody,
    entities::{Address, reference, tag_of},
};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, created},
    tag::{IfMatch, tagged},
};

/// The routes.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(edit, delete))
        .routes(routes!(set_fact, clear_fact))
}

/// What an entity says of itself. In an edit, what is absent stays and what is empty is taken away.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditBody {
    /// Title.
    title: Option<String>,
    /// Description, Markdown.
    description: Option<String>,
    /// `spec.type`: service, library, …
    r#type: Option<String>,
    /// `spec.lifecycle`: experimental, production, deprecated, …
    lifecycle: Option<String>,
    /// Tags.
    tags: Option<Vec<String>>,
    /// Links.
    links: Option<Vec<LinkBody>>,
    /// The system it is part of.
    system: Option<String>,
    /// The domain it is part of (systems).
    domain: Option<String>,
    /// What it needs, with its kind: `component:ledger`, `resource:orders-db`.
    depends_on: Option<Vec<String>>,
    /// APIs it offers.
    provides_apis: Option<Vec<String>>,
    /// APIs it uses.
    consumes_apis: Option<Vec<String>>,
    /// The definition of an API.
    definition: Option<String>,
}

/// A link worth having at hand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LinkBody {
    /// Address.
    url: String,
    /// What it leads to.
    #[serde(default)]
    title: String,
}

impl From<EditBody> for EntityEdit {
    fn from(b: EditBody) -> Self {
        let links =
            b.links.map(|links| links.into_iter().map(|l| Link { url: l.url, title: l.title }).collect());
        Self {
            title: b.title,
            description: b.description,
            type_name: b.r#type,
            lifecycle: b.lifecycle,
            tags: b.tags,
            links,
            system: b.system,
            domain: b.domain,
            depends_on: b.depends_on,
            provides_apis: b.provides_apis,
            consumes_apis: b.consumes_apis,
            definition: b.definition,
            operated_by: None,
        }
    }
}

/// An entity to be registered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewBody {
    /// `component`, `api`, `resource`, `system` or `domain`.
    kind: String,
    /// `default` if absent.
    #[serde(default)]
    namespace: String,
    /// Name.
    name: String,
    /// Its owner: a team's slug or a reference.
    owner: String,
    /// The rest.
    #[serde(default)]
    about: EditBody,
    /// Facts by field, as in `PUT …/facts/{field}`.
    #[serde(default)]
    #[schema(value_type = Object)]
    facts: serde_json::Map<String, serde_json::Value>,
}

/// Registers an entity that no descriptor describes. It is edited here from then on.
#[utoipa::path(post, path = "/entities", tag = "catalog", request_body = NewBody,
    responses((status = 201, body = EntityBody, headers(("Location" = String, description = "Its address.")))))]
async fn register(mut caller: Caller, Body(body): Body<NewBody>) -> Result<Response, ApiError> {
    let facts = body
        .facts
        .into_iter()
        .map(|(field, value)| Ok((field.parse()?, value)))
        .collect::<Result<_, Error>>()?;
    let kind: Kind = body.kind.parse()?;
    let new = NewEntity {
        kind,
        namespace: body.namespace,
        name: body.name,
        owner: body.owner,
        edit: body.about.into(),
        facts,
    };
    let entity = catalog::register(&mut caller.cx().await?, new).await?;
    let tag = tag_of(&entity);
    let path = format!("/entities/{}", entity.reference.as_str().replacen(':', "/", 1));
    Ok(created(path, tagged(&HeaderMap::new(), &tag, Json(EntityBody::from(entity)))))
}

/// Edits an entity that is managed in the portal.
#[utoipa::path(patch, path = "/entities/{kind}/{namespace}/{name}", tag = "catalog", request_body = EditBody,
    params(("kind", description = "component, api, …"), ("namespace", description = "`default` for most"), ("name", description = "its name")),
    responses((status = 200, body = EntityBody), (status = 409, description = "a descriptor describes it; the message says which", body = crate::error::ProblemBody),
        (status = 412, description = "changed since the tag in If-Match", body = crate::error::ProblemBody)))]
async fn edit(
    mut caller: Caller,
    address: Address,
    IfMatch(version): IfMatch,
    Body(body): Body<EditBody>,
) -> Result<Response, ApiError> {
    let entity = catalog::edit(&mut caller.cx().await?, &reference(address)?, version, body.into()).await?;
    let tag = tag_of(&entity);
    Ok(tagged(&HeaderMap::new(), &tag, Json(EntityBody::from(entity))))
}

/// Deletes an entity that is managed in the portal, or that its source no longer names.
#[utoipa::path(delete, path = "/entities/{kind}/{namespace}/{name}", tag = "catalog",
    params(("kind", description = "component, api, …"), ("namespace", description = "`default` for most"), ("name", description = "its name")),
    responses((status = 204, description = "gone; relations of others dangle, its history stays"),
        (status = 409, description = "a descriptor describes it; the message says which", body = crate::error::ProblemBody)))]
async fn delete(
    mut caller: Caller,
    address: Address,
    IfMatch(version): IfMatch,
) -> Result<Response, ApiError> {
    catalog::delete(&mut caller.cx().await?, &reference(address)?, version).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The value of a fact.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FactBody {
    /// tier: 0 to 3; `recovery_point` and `recovery_time`: `15m` or seconds; runbook: an address; contact: words, an
    /// address, `mailto:` or `tel:`; slos: a list of name, objective, window, audience, description.
    #[schema(value_type = Object)]
    value: serde_json::Value,
}

type FactAddress = Path<(String, String, String, String)>;

fn fact(Path((kind, namespace, name, field)): FactAddress) -> Result<(EntityRef, Field), Error> {
    Ok((reference(Path((kind, namespace, name)))?, field.parse()?))
}

/// Sets a fact that the descriptor does not state.
#[utoipa::path(put, path = "/entities/{kind}/{namespace}/{name}/facts/{field}", tag = "catalog", request_body = FactBody,
    params(("kind", description = "component, api, …"), ("namespace", description = "`default` for most"), ("name", description = "its name"),
        ("field", description = "tier, recovery_point, recovery_time, runbook, contact or slos")),
    responses((status = 200, body = EntityBody), (status = 409, description = "the descriptor states it; the message says where", body = crate::error::ProblemBody)))]
async fn set_fact(
    mut caller: Caller,
    address: FactAddress,
    IfMatch(version): IfMatch,
    Body(body): Body<FactBody>,
) -> Result<Response, ApiError> {
    let (reference, field) = fact(address)?;
    let entity = catalog::set_fact(&mut caller.cx().await?, &reference, field, &body.value, version).await?;
    let tag = tag_of(&entity);
    Ok(tagged(&HeaderMap::new(), &tag, Json(EntityBody::from(entity))))
}

/// Takes back a fact that was set in the portal.
#[utoipa::path(delete, path = "/entities/{kind}/{namespace}/{name}/facts/{field}", tag = "catalog",
    params(("kind", description = "component, api, …"), ("namespace", description = "`default` for most"), ("name", description = "its name"),
        ("field", description = "tier, recovery_point, recovery_time, runbook, contact or slos")),
    responses((status = 200, body = EntityBody)))]
async fn clear_fact(
    mut caller: Caller,
    address: FactAddress,
    IfMatch(version): IfMatch,
) -> Result<Response, ApiError> {
    let (reference, field) = fact(address)?;
    let entity = catalog::clear_fact(&mut caller.cx().await?, &reference, field, version).await?;
    let tag = tag_of(&entity);
    Ok(tagged(&HeaderMap::new(), &tag, Json(EntityBody::from(entity))))
}
