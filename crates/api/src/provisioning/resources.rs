//! `/resources`: what was made, and what can be done with it.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use portolan_domain::{
    ResourceId,
    provisioning::{self, ResourceFilter},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    bodies::{CheckBody, CredentialBody, ResourceBody},
    narrowed,
    requests::{idempotency_key, made},
};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, paging},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(act))
        .routes(routes!(check))
        .routes(routes!(renew))
        .routes(routes!(credentials, reveal))
}

/// Which resources.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each narrows or widens the list by itself")]
struct Query {
    /// Of this team (slug).
    team: Option<String>,
    /// Made with this offering (name).
    offering: Option<String>,
    /// Only those made with an older version than the newest.
    #[serde(default)]
    behind: bool,
    /// Only those whose end or review has come.
    #[serde(default)]
    due: bool,
    /// Also those that are gone.
    #[serde(default)]
    gone: bool,
    /// Also those that their teams took over.
    #[serde(default)]
    taken_over: bool,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// What was made, by name: who uses which offering in which version, and which parameters are not the defaults.
#[utoipa::path(get, path = "/resources", tag = "provisioning", params(Query), responses((status = 200, body = List<ResourceBody>)))]
async fn list(
    mut caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<List<ResourceBody>>, ApiError> {
    let (limit, after) = paging(query.limit, query.after)?;
    let mut cx = caller.cx().await?;
    let (team, offering) = narrowed(&mut cx, query.team, query.offering).await?;
    let due_before = query.due.then(|| cx.now());
    let (behind, gone, taken_over) = (query.behind, query.gone, query.taken_over);
    let filter = ResourceFilter { team, offering, behind, gone, taken_over, due_before };
    let page = provisioning::resources(&mut cx, &filter, after, limit).await?;
    Ok(List::of(page, ResourceBody::from))
}

/// One of them.
#[utoipa::path(get, path = "/resources/{id}", tag = "provisioning", params(("id" = Uuid, Path)), responses((status = 200, body = ResourceBody)))]
async fn show(mut caller: Caller, Path(id): Path<Uuid>) -> Result<Json<ResourceBody>, ApiError> {
    Ok(Json(provisioning::resource(&mut caller.cx().await?, ResourceId(id)).await?.into()))
}

/// What is to be done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ActionBody {
    /// The action's parameters by name; what is absent has its default.
    #[serde(default)]
    #[schema(value_type = Object)]
    params: Map<String, Value>,
    /// Why, for those who have to agree.
    #[serde(default)]
    reason: String,
}

/// Asks for an action on it, as its offering names them. It is a provisioning request like any other.
#[utoipa::path(post, path = "/resources/{id}/actions/{name}", tag = "provisioning", request_body = ActionBody,
    params(("id" = Uuid, Path), ("name" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "Up to 255 characters of your own.")),
    responses((status = 201, body = super::bodies::RequestBody, headers(("Location" = String, description = "The request's address.")))))]
async fn act(
    mut caller: Caller,
    State(portal): State<Shared>,
    Path((id, name)): Path<(Uuid, String)>,
    headers: HeaderMap,
    Body(body): Body<ActionBody>,
) -> Result<Response, ApiError> {
    let once = idempotency_key(&headers)?;
    let (key, id) = (portal.sealing_key.as_ref(), ResourceId(id));
    let mut cx = caller.cx().await?;
    Ok(made(provisioning::act(&mut cx, key, id, &name, body.params, &body.reason, once).await?))
}

/// What policy says to an action; asks for nothing.
#[utoipa::path(post, path = "/resources/{id}/actions/{name}/check", tag = "provisioning", request_body = ActionBody,
    params(("id" = Uuid, Path), ("name" = String, Path)), responses((status = 200, body = CheckBody)))]
async fn check(
    mut caller: Caller,
    Path((id, name)): Path<(Uuid, String)>,
    Body(body): Body<ActionBody>,
) -> Result<Json<CheckBody>, ApiError> {
    let mut cx = caller.cx().await?;
    Ok(Json(provisioning::check_action(&mut cx, ResourceId(id), &name, &body.params).await?.into()))
}

/// Keeps it for as long again as it had at first, from now on; or says that it was looked at.
#[utoipa::path(post, path = "/resources/{id}/renewal", tag = "provisioning", params(("id" = Uuid, Path)), responses((status = 200, body = ResourceBody)))]
async fn renew(mut caller: Caller, Path(id): Path<Uuid>) -> Result<Json<ResourceBody>, ApiError> {
    Ok(Json(provisioning::renew(&mut caller.cx().await?, ResourceId(id)).await?.into()))
}

/// Its credentials, and whether somebody saw them.
#[utoipa::path(get, path = "/resources/{id}/credentials", tag = "provisioning", params(("id" = Uuid, Path)), responses((status = 200, body = List<CredentialBody>)))]
async fn credentials(
    mut caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<List<CredentialBody>>, ApiError> {
    let all = provisioning::credentials(&mut caller.cx().await?, ResourceId(id)).await?;
    Ok(List::whole(all.into_iter().map(CredentialBody::from).collect()))
}

/// A credential.
#[derive(Debug, Serialize, ToSchema)]
struct ShownBody {
    /// What people call it.
    title: String,
    /// It.
    value: String,
}

/// Shows the credentials that nobody saw yet: once, to whoever asked for it or its team.
#[utoipa::path(post, path = "/resources/{id}/credentials", tag = "provisioning", params(("id" = Uuid, Path)), responses((status = 200, body = List<ShownBody>)))]
async fn reveal(
    mut caller: Caller,
    State(portal): State<Shared>,
    Path(id): Path<Uuid>,
) -> Result<Response, ApiError> {
    let mut cx = caller.cx().await?;
    let shown = provisioning::reveal(&mut cx, portal.sealing_key.as_ref(), ResourceId(id)).await?;
    let body = List::whole(shown.into_iter().map(|(title, value)| ShownBody { title, value }).collect());
    let mut response = body.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
