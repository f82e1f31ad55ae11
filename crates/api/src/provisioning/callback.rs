//! Where somebody outside tells how a step went. Nobody is signed in: the secret in the address is the credential, good for
//! one step and once.

use axum::{
    extract::{DefaultBodyLimit, Path, State},
    http::StatusCode,
};
use portolan_domain::{Actor, StepId, Via, provisioning};
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{ApiError, Shared, body::Body};

/// Largest thing that is told.
const MOST: usize = 64 << 10;

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(call_back)).layer(DefaultBodyLimit::max(MOST))
}

/// How a step went that waits for somebody outside: `{"outcome": "succeeded" | "failed", "message": …, "outputs": {…}}`.
/// Taken once, and while it is waited for.
#[utoipa::path(post, path = "/provisioning-callbacks/{step}/{secret}", tag = "provisioning", security(()),
    params(("step" = Uuid, Path), ("secret" = String, Path)), request_body(content = Object, content_type = "application/json"), responses((status = 204)))]
async fn call_back(
    State(portal): State<Shared>,
    Path((step, secret)): Path<(Uuid, String)>,
    Body(told): Body<Value>,
) -> Result<StatusCode, ApiError> {
    let mut call = portal.call(Actor::stranger(Via::Api)).await?;
    let key = portal.sealing_key.as_ref();
    provisioning::callback(&mut call.cx(), key, StepId(step), &secret, told).await?;
    Ok(StatusCode::NO_CONTENT)
}
