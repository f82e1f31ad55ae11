//! Webhooks that a team is told through.

use axum::{
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use jiff::Timestamp;
use portolan_domain::{
    WebhookEndpointId,
    notify::{self, Endpoint, EndpointFormat},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, created},
};

/// The slice's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(revoke)).routes(routes!(test))
}

/// A webhook. Its address is not told again: with a chat it is the secret.
#[derive(Debug, Serialize, ToSchema)]
struct WebhookBody {
    /// Key.
    id: uuid::Uuid,
    /// Slug of the team that is told through it.
    team: String,
    /// What it is called here.
    name: String,
    /// `standard`: JSON, signed as Standard Webhooks says; `slack`: a text, as chats take it.
    format: &'static str,
    /// Host of its address.
    host: String,
    /// Handle of who made it.
    created_by: String,
    /// When.
    created_at: Timestamp,
    /// When it was closed.
    revoked_at: Option<Timestamp>,
    /// When it last took something.
    last_success_at: Option<Timestamp>,
    /// When it last did not.
    last_failure_at: Option<Timestamp>,
    /// Why not.
    last_error: Option<String>,
    /// What signatures are checked with (`whsec_…`); only in the answer to the making of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl WebhookBody {
    fn of(endpoint: Endpoint, secret: Option<String>) -> Self {
        Self {
            id: endpoint.id.0,
            team: endpoint.team,
            name: endpoint.name,
            format: endpoint.format.as_str(),
            host: endpoint.host,
            created_by: endpoint.created_by,
            created_at: endpoint.created_at,
            revoked_at: endpoint.revoked_at,
            last_success_at: endpoint.last_success_at,
            last_failure_at: endpoint.last_failure_at,
            last_error: endpoint.last_error,
            secret,
        }
    }
}

/// Whose webhooks.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Slug of the team.
    team: String,
}

/// The webhooks of a team, open ones first; for those who may edit the team. At most 200.
#[utoipa::path(get, path = "/webhooks", tag = "notices", params(Query), responses((status = 200, body = List<WebhookBody>)))]
async fn list(mut caller: Caller, Params(query): Params<Query>) -> Result<Json<List<WebhookBody>>, ApiError> {
    let endpoints = notify::endpoints(&mut caller.cx().await?, &query.team).await?;
    Ok(List::whole(endpoints.into_iter().map(|e| WebhookBody::of(e, None)).collect()))
}

/// Which webhook to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewWebhook {
    /// Slug of the team that is told through it.
    team: String,
    /// What it is called here.
    name: String,
    /// Its address: `https://…`. Internal ones only if the operator let them through.
    url: String,
    /// `standard` (the default) or `slack`.
    #[serde(default = "standard")]
    #[schema(value_type = String)]
    format: EndpointFormat,
}

fn standard() -> EndpointFormat {
    EndpointFormat::Standard
}

/// Makes a webhook; for those who may edit the team. The secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/webhooks", tag = "notices", request_body = NewWebhook, responses((status = 201, body = WebhookBody)))]
async fn create(
    State(portal): State<Shared>,
    mut caller: Caller,
    Body(body): Body<NewWebhook>,
) -> Result<Response, ApiError> {
    let key = portal.sealing_key.as_ref();
    let cx = &mut caller.cx().await?;
    let made = notify::create_endpoint(cx, &body.team, &body.name, &body.url, body.format, key).await?;
    let path = format!("/webhooks/{}", made.endpoint.id);
    let mut response = created(path, Json(WebhookBody::of(made.endpoint, made.secret)));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Closes a webhook: nothing is told through it any more, and its address and secret are forgotten.
#[utoipa::path(delete, path = "/webhooks/{id}", tag = "notices", params(("id" = uuid::Uuid, Path)), responses((status = 204)))]
async fn revoke(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<StatusCode, ApiError> {
    notify::revoke_endpoint(&mut caller.cx().await?, WebhookEndpointId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a word to a webhook, to see whether it gets there: `last_success_at` or `last_error` of it tells, a moment later.
#[utoipa::path(post, path = "/webhooks/{id}/test", tag = "notices", params(("id" = uuid::Uuid, Path)), responses((status = 202, body = WebhookBody)))]
async fn test(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
) -> Result<(StatusCode, Json<WebhookBody>), ApiError> {
    let (endpoint, _) = notify::test_endpoint(&mut caller.cx().await?, WebhookEndpointId(id)).await?;
    Ok((StatusCode::ACCEPTED, Json(WebhookBody::of(endpoint, None))))
}
