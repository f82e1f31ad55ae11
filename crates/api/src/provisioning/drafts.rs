//! `/provisioning-drafts`: requests that are written and not handed in. Only whoever writes one sees it; it is looked at under
//! `/provisioning-requests/{number}` and listed there with `mine` and `state=draft`.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use portolan_domain::provisioning::{self, NewRequest, Request};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    bodies::{NewRequestBody, RequestBody},
    requests::made,
};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(create)).routes(routes!(change, discard)).routes(routes!(submit))
}

/// Keeps a request without asking for it. What policy stops is kept too: it may be mended before it is handed in. What is
/// secret is not kept: it is given when it is handed in.
#[utoipa::path(post, path = "/provisioning-drafts", tag = "provisioning", request_body = NewRequestBody,
    responses((status = 201, body = RequestBody, headers(("Location" = String, description = "The request's address.")))))]
async fn create(mut caller: Caller, Body(body): Body<NewRequestBody>) -> Result<Response, ApiError> {
    Ok(made(provisioning::save_draft(&mut caller.cx().await?, body.into(), None).await?))
}

/// Writes a draft anew, as a whole.
#[utoipa::path(put, path = "/provisioning-drafts/{number}", tag = "provisioning", params(("number" = i64, Path)),
    request_body = NewRequestBody, responses((status = 200, body = RequestBody)))]
async fn change(
    mut caller: Caller,
    Path(number): Path<i64>,
    Body(body): Body<NewRequestBody>,
) -> Result<Json<RequestBody>, ApiError> {
    let mut cx = caller.cx().await?;
    Ok(Json(provisioning::save_draft(&mut cx, body.into(), Some(number)).await?.into()))
}

/// What is said when a draft is handed in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SubmissionBody {
    /// Parameters to put over those of the draft; secret ones are given again here.
    #[serde(default)]
    #[schema(value_type = Object)]
    params: Map<String, Value>,
}

/// Hands a draft in as it stands. What policy stops is answered 422, and it stays a draft.
#[utoipa::path(post, path = "/provisioning-drafts/{number}/submission", tag = "provisioning", params(("number" = i64, Path)),
    request_body = SubmissionBody, responses((status = 200, body = RequestBody)))]
async fn submit(
    mut caller: Caller,
    State(portal): State<Shared>,
    Path(number): Path<i64>,
    Body(body): Body<SubmissionBody>,
) -> Result<Json<RequestBody>, ApiError> {
    let key = portal.sealing_key.as_ref();
    let mut cx = caller.cx().await?;
    let draft = provisioning::request(&mut cx, number).await?;
    let new = as_it_stands(draft, body.params);
    Ok(Json(provisioning::submit_draft(&mut cx, key, number, new).await?.into()))
}

fn as_it_stands(draft: Request, over: Map<String, Value>) -> NewRequest {
    let mut params = draft.params;
    params.extend(over);
    NewRequest {
        offering: draft.offering,
        team: draft.team.slug,
        service: draft.service.map(|service| service.reference).unwrap_or_default(),
        environment: draft.environment,
        cost_centre: draft.cost_centre,
        reason: draft.reason,
        params,
    }
}

/// Throws a draft away.
#[utoipa::path(delete, path = "/provisioning-drafts/{number}", tag = "provisioning", params(("number" = i64, Path)), responses((status = 204)))]
async fn discard(mut caller: Caller, Path(number): Path<i64>) -> Result<StatusCode, ApiError> {
    provisioning::discard(&mut caller.cx().await?, number).await?;
    Ok(StatusCode::NO_CONTENT)
}
