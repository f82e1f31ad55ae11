//! `/alert-integrations`: the addresses that alerts come in by.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::IntoResponse,
};
use jiff::Timestamp;
use portolan_domain::{
    AlertIntegrationId,
    paging::{self, Integration, IntegrationKind, NewIntegration, Route},
    people,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params},
    people::bodies::TeamLink,
};

/// The routes.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, replace, revoke))
}

/// An integration.
#[derive(Debug, Serialize, ToSchema)]
struct IntegrationBody {
    /// Key.
    id: uuid::Uuid,
    /// `alertmanager`, `generic` or `pagerduty`.
    kind: &'static str,
    /// What it is called here.
    name: String,
    /// Who gets what its labels lead to nobody else.
    team: TeamLink,
    /// Which labels name the service, tried in this order.
    routes: Vec<RouteBody>,
    /// When something last came in.
    last_used_at: Option<Timestamp>,
    /// How often something came in.
    deliveries: i64,
    /// When something came in last that could not be read.
    last_refused_at: Option<Timestamp>,
    /// Why it could not.
    last_refusal: Option<String>,
    /// When it was closed.
    revoked_at: Option<Timestamp>,
    /// The address to deliver to. It holds the key: only in the answer to the making of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// A label that names the service.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RouteBody {
    /// Name of the label.
    label: String,
    /// Kind of what it names, if the value does not say; component if absent.
    #[serde(default = "component")]
    kind: String,
    /// Namespace, if the value does not say; default if absent.
    #[serde(default = "default_namespace")]
    namespace: String,
}

fn component() -> String {
    "component".into()
}

fn default_namespace() -> String {
    "default".into()
}

fn read(routes: Vec<RouteBody>) -> Vec<Route> {
    routes.into_iter().map(|r| Route { label: r.label, kind: r.kind, namespace: r.namespace }).collect()
}

fn body_of(i: Integration, url: Option<String>) -> IntegrationBody {
    let (last_refused_at, last_refusal) = i.last_refusal.unzip();
    let route = |r: Route| RouteBody { label: r.label, kind: r.kind, namespace: r.namespace };
    IntegrationBody {
        id: i.id.0,
        kind: i.kind.as_str(),
        name: i.name,
        team: i.team.into(),
        routes: i.routes.into_iter().map(route).collect(),
        last_used_at: i.last_used_at,
        deliveries: i.deliveries,
        last_refused_at,
        last_refusal,
        revoked_at: i.revoked_at,
        url,
    }
}

/// Of which team.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Slug of the team.
    team: String,
}

/// The integrations of a team, open ones first.
#[utoipa::path(get, path = "/alert-integrations", tag = "paging", params(Query), responses((status = 200, body = List<IntegrationBody>)))]
async fn list(
    mut caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<List<IntegrationBody>>, ApiError> {
    let team = people::team(&mut caller.cx().await?, &query.team).await?;
    let all = paging::integrations(&mut caller.cx().await?, team.id).await?;
    Ok(List::whole(all.into_iter().map(|i| body_of(i, None)).collect()))
}

/// An integration to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewIntegrationBody {
    /// Slug of the team.
    team: String,
    /// `alertmanager`, `generic` or `pagerduty`.
    #[schema(value_type = String)]
    kind: IntegrationKind,
    /// What it is called.
    name: String,
    /// Which labels name the service; the label `service` names a component, if absent.
    routes: Option<Vec<RouteBody>>,
}

/// Makes an integration. Its address is in this answer and nowhere else.
#[utoipa::path(post, path = "/alert-integrations", tag = "paging", request_body = NewIntegrationBody, responses((status = 201, body = IntegrationBody)))]
async fn create(
    State(portal): State<Shared>,
    mut caller: Caller,
    Body(body): Body<NewIntegrationBody>,
) -> Result<impl IntoResponse, ApiError> {
    let new =
        NewIntegration { team: body.team, kind: body.kind, name: body.name, routes: body.routes.map(read) };
    let made = paging::create_integration(&mut caller.cx().await?, new).await?;
    let url = format!("{}{}", portal.base_url, made.path());
    let body = body_of(made.integration, Some(url));
    Ok((StatusCode::CREATED, [("cache-control", "no-store")], Json(body)))
}

/// One integration.
#[utoipa::path(get, path = "/alert-integrations/{id}", tag = "paging", params(("id" = uuid::Uuid, Path)), responses((status = 200, body = IntegrationBody)))]
async fn show(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<Json<IntegrationBody>, ApiError> {
    let found = paging::integration(&mut caller.cx().await?, AlertIntegrationId(id)).await?;
    Ok(Json(body_of(found, None)))
}

/// What may be written anew.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct IntegrationFields {
    /// What it is called.
    name: String,
    /// Which labels name the service.
    routes: Vec<RouteBody>,
}

/// Names an integration anew, or says which labels name the service.
#[utoipa::path(put, path = "/alert-integrations/{id}", tag = "paging", params(("id" = uuid::Uuid, Path)), request_body = IntegrationFields,
    responses((status = 200, body = IntegrationBody)))]
async fn replace(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    Body(body): Body<IntegrationFields>,
) -> Result<Json<IntegrationBody>, ApiError> {
    let (id, routes) = (AlertIntegrationId(id), read(body.routes));
    let edited = paging::edit_integration(&mut caller.cx().await?, id, &body.name, &routes).await?;
    Ok(Json(body_of(edited, None)))
}

/// Closes an integration: what it tells from now on is refused.
#[utoipa::path(delete, path = "/alert-integrations/{id}", tag = "paging", params(("id" = uuid::Uuid, Path)), responses((status = 204)))]
async fn revoke(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<StatusCode, ApiError> {
    paging::revoke_integration(&mut caller.cx().await?, AlertIntegrationId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
