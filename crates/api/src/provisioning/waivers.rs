//! `/waivers` of guardrails.

use axum::{extract::Path, response::Response};
use jiff::civil::Date;
use portolan_domain::{
    WaiverId,
    provisioning::{self, NewWaiver},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{bodies::WaiverBody, narrowed};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, created},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, ask))
        .routes(routes!(grant))
        .routes(routes!(refuse))
        .routes(routes!(end))
}

/// Which waivers.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Of this team (slug).
    team: Option<String>,
    /// Of this offering (name).
    offering: Option<String>,
}

/// Waivers, what is asked for and in force first; at most 200.
#[utoipa::path(get, path = "/waivers", tag = "provisioning", params(Query), responses((status = 200, body = List<WaiverBody>)))]
async fn list(mut caller: Caller, Params(query): Params<Query>) -> Result<Json<List<WaiverBody>>, ApiError> {
    let mut cx = caller.cx().await?;
    let (team, offering) = narrowed(&mut cx, query.team, query.offering).await?;
    let all = provisioning::waivers(&mut cx, offering, team).await?;
    Ok(List::whole(all.into_iter().map(WaiverBody::from).collect()))
}

/// A guardrail that a team asks to be spared for a while.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewWaiverBody {
    /// Name of the offering.
    offering: String,
    /// Name of the guardrail.
    guardrail: String,
    /// Slug of the team.
    team: String,
    /// Why.
    reason: String,
    /// The last day on which it need not be kept (UTC), within a year.
    #[schema(value_type = String, format = Date)]
    ends_on: Date,
}

/// Asks for a waiver; the offering's team decides.
#[utoipa::path(post, path = "/waivers", tag = "provisioning", request_body = NewWaiverBody,
    responses((status = 201, body = WaiverBody, headers(("Location" = String, description = "Where the list is.")))))]
async fn ask(mut caller: Caller, Body(body): Body<NewWaiverBody>) -> Result<Response, ApiError> {
    let new = NewWaiver {
        offering: body.offering,
        guardrail: body.guardrail,
        team: body.team,
        reason: body.reason,
        ends_on: body.ends_on,
    };
    let waiver = provisioning::ask_waiver(&mut caller.cx().await?, new).await?;
    Ok(created("/waivers", Json(WaiverBody::from(waiver))))
}

/// A word with the decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NoteBody {
    /// In words; a no needs them.
    #[serde(default)]
    note: String,
}

/// Grants it until its end.
#[utoipa::path(post, path = "/waivers/{id}/approval", tag = "provisioning", params(("id" = Uuid, Path)), request_body = NoteBody, responses((status = 200, body = WaiverBody)))]
async fn grant(
    mut caller: Caller,
    Path(id): Path<Uuid>,
    Body(body): Body<NoteBody>,
) -> Result<Json<WaiverBody>, ApiError> {
    Ok(Json(
        provisioning::decide_waiver(&mut caller.cx().await?, WaiverId(id), true, &body.note).await?.into(),
    ))
}

/// Says no, with the reason.
#[utoipa::path(post, path = "/waivers/{id}/refusal", tag = "provisioning", params(("id" = Uuid, Path)), request_body = NoteBody, responses((status = 200, body = WaiverBody)))]
async fn refuse(
    mut caller: Caller,
    Path(id): Path<Uuid>,
    Body(body): Body<NoteBody>,
) -> Result<Json<WaiverBody>, ApiError> {
    Ok(Json(
        provisioning::decide_waiver(&mut caller.cx().await?, WaiverId(id), false, &body.note).await?.into(),
    ))
}

/// Ends it before its time, or takes the question back.
#[utoipa::path(delete, path = "/waivers/{id}", tag = "provisioning", params(("id" = Uuid, Path)), responses((status = 200, body = WaiverBody)))]
async fn end(mut caller: Caller, Path(id): Path<Uuid>) -> Result<Json<WaiverBody>, ApiError> {
    Ok(Json(provisioning::end_waiver(&mut caller.cx().await?, WaiverId(id)).await?.into()))
}
