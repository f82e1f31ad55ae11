//! `…/relations` and `…/history` of an entity.

use portolan_domain::catalog;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    bodies::SummaryBody,
    entities::{Address, reference},
};
use crate::{
    ApiError, Caller, Shared,
    activity::ActivityBody,
    body::{Json, List, Paging, Params, paging},
};

/// The routes.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(relations)).routes(routes!(history))
}

/// How an entity stands to others.
#[derive(Debug, Serialize, ToSchema)]
struct RelationsBody {
    /// By kind, and in a kind what most rests on first.
    items: Vec<RelationBody>,
    /// Whether there are more than these.
    cut: bool,
}

/// One relation.
#[derive(Debug, Serialize, ToSchema)]
struct RelationBody {
    /// `dependsOn`, `dependencyOf`, `partOf`, `ownedBy`, … read from the entity asked for.
    r#type: &'static str,
    /// Reference of the other.
    target: String,
    /// The other; null if there is no such entity: the relation dangles.
    entity: Option<SummaryBody>,
}

/// What it says about others and others say about it, both directions, dangling ones too.
#[utoipa::path(get, path = "/entities/{kind}/{namespace}/{name}/relations", tag = "catalog",
    params(("kind", description = "component, api, …"), ("namespace", description = "`default` for most"), ("name", description = "its name")),
    responses((status = 200, body = RelationsBody)))]
async fn relations(mut caller: Caller, address: Address) -> Result<Json<RelationsBody>, ApiError> {
    let found = catalog::relations(&mut caller.cx().await?, &reference(address)?).await?;
    let items = found.items.into_iter().map(|r| RelationBody {
        r#type: r.kind.as_str(),
        target: r.other.into(),
        entity: r.entity.map(SummaryBody::from),
    });
    Ok(Json(RelationsBody { items: items.collect(), cut: found.cut }))
}

/// What happened to it, newest first. The history of a deleted entity stays.
#[utoipa::path(get, path = "/entities/{kind}/{namespace}/{name}/history", tag = "catalog",
    params(("kind", description = "component, api, …"), ("namespace", description = "`default` for most"), ("name", description = "its name"), Paging),
    responses((status = 200, body = List<ActivityBody>), (status = 404, description = "There is no such entity, and never was.")))]
async fn history(
    mut caller: Caller,
    address: Address,
    Params(query): Params<Paging>,
) -> Result<Json<List<ActivityBody>>, ApiError> {
    let (limit, after) = paging(query.limit, query.after)?;
    let page = catalog::history(&mut caller.cx().await?, &reference(address)?, after, limit).await?;
    Ok(List::of(page, ActivityBody::from))
}
