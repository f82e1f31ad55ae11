//! `/provisioning-requests`.

use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use portolan_domain::{
    ApprovalId, Error, Limit,
    provisioning::{self, Request, RequestFilter, State as RequestState},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    bodies::{ApprovalBody, FullRequestBody, LineBody, NewRequestBody, RequestBody, StepBody, WeighingBody},
    narrowed,
};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, created, paging},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, submit))
        .routes(routes!(show))
        .routes(routes!(approve))
        .routes(routes!(refuse))
        .routes(routes!(delegate))
        .routes(routes!(cancel))
        .routes(routes!(retry))
        .routes(routes!(undo))
        .routes(routes!(rate))
        .routes(routes!(ask_support))
        .routes(routes!(log))
}

/// Which requests.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// For this team (slug).
    team: Option<String>,
    /// Of this offering (name).
    offering: Option<String>,
    /// Only in this state.
    #[param(value_type = Option<String>)]
    state: Option<RequestState>,
    /// Only those that you made, your drafts among them.
    #[serde(default)]
    mine: bool,
    /// Only those that wait for your word.
    #[serde(default)]
    awaiting_me: bool,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Requests, newest first.
#[utoipa::path(get, path = "/provisioning-requests", tag = "provisioning", params(Query), responses((status = 200, body = List<RequestBody>)))]
async fn list(mut caller: Caller, Params(query): Params<Query>) -> Result<Json<List<RequestBody>>, ApiError> {
    let (limit, after) = paging(query.limit, query.after)?;
    let mut cx = caller.cx().await?;
    let (team, offering) = narrowed(&mut cx, query.team, query.offering).await?;
    let me = cx.reader()?;
    let filter = RequestFilter {
        team,
        offering,
        by: query.mine.then_some(me),
        awaiting: query.awaiting_me.then_some(me),
        states: query.state.into_iter().collect(),
        ..RequestFilter::default()
    };
    let page = provisioning::requests(&mut cx, &filter, after, limit).await?;
    Ok(List::of(page, RequestBody::from))
}

/// The `Idempotency-Key` of a call.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Error> {
    headers
        .get("idempotency-key")
        .map(|v| v.to_str().map_err(|_| Error::invalid("Idempotency-Key", "must be plain text")))
        .transpose()
}

/// Asks for something. What policy stops is answered 422 with what to change, and nothing is written. With an
/// `Idempotency-Key` the same call again is the same request.
#[utoipa::path(post, path = "/provisioning-requests", tag = "provisioning", request_body = NewRequestBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "Up to 255 characters of your own.")),
    responses((status = 201, body = RequestBody, headers(("Location" = String, description = "Its address.")))))]
async fn submit(
    mut caller: Caller,
    State(portal): State<Shared>,
    headers: HeaderMap,
    Body(body): Body<NewRequestBody>,
) -> Result<Response, ApiError> {
    let once = idempotency_key(&headers)?;
    let key = portal.sealing_key.as_ref();
    Ok(made(provisioning::submit(&mut caller.cx().await?, key, body.into(), once).await?))
}

/// 201 with its address.
pub(super) fn made(request: Request) -> Response {
    created(format!("/provisioning-requests/{}", request.number), Json(RequestBody::from(request)))
}

/// One request, with its approvals and steps. For whoever decides also what there is to weigh.
#[utoipa::path(get, path = "/provisioning-requests/{number}", tag = "provisioning", params(("number" = i64, Path)), responses((status = 200, body = FullRequestBody)))]
async fn show(mut caller: Caller, Path(number): Path<i64>) -> Result<Json<FullRequestBody>, ApiError> {
    let mut cx = caller.cx().await?;
    let request = provisioning::request(&mut cx, number).await?;
    let approvals = provisioning::approvals(&mut cx, &request).await?;
    let steps = provisioning::steps(&mut cx, &request).await?;
    let weighing = if approvals.iter().any(|a| a.mine) {
        Some(WeighingBody::from(provisioning::weigh(&mut cx, &request).await?))
    } else {
        None
    };
    Ok(Json(FullRequestBody {
        request: request.into(),
        weighing,
        approvals: approvals.into_iter().map(ApprovalBody::from).collect(),
        steps: steps.into_iter().map(StepBody::from).collect(),
    }))
}

/// A word of somebody who may decide.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WordBody {
    /// Key of the approval; the only one that waits for you, if absent.
    approval: Option<Uuid>,
    /// In words; a no needs them.
    #[serde(default)]
    note: String,
}

/// Agrees. When all that is needed is there, it runs.
#[utoipa::path(post, path = "/provisioning-requests/{number}/approval", tag = "provisioning", params(("number" = i64, Path)),
    request_body = WordBody, responses((status = 200, body = RequestBody)))]
async fn approve(
    mut caller: Caller,
    Path(number): Path<i64>,
    Body(body): Body<WordBody>,
) -> Result<Json<RequestBody>, ApiError> {
    decide(&mut caller, number, body, true).await
}

/// Says no, with the reason.
#[utoipa::path(post, path = "/provisioning-requests/{number}/refusal", tag = "provisioning", params(("number" = i64, Path)),
    request_body = WordBody, responses((status = 200, body = RequestBody)))]
async fn refuse(
    mut caller: Caller,
    Path(number): Path<i64>,
    Body(body): Body<WordBody>,
) -> Result<Json<RequestBody>, ApiError> {
    decide(&mut caller, number, body, false).await
}

async fn decide(
    caller: &mut Caller,
    number: i64,
    body: WordBody,
    agreed: bool,
) -> Result<Json<RequestBody>, ApiError> {
    let mut cx = caller.cx().await?;
    let approval = provisioning::approval_of(&mut cx, number, body.approval.map(ApprovalId)).await?;
    Ok(Json(provisioning::decide(&mut cx, number, approval, agreed, &body.note).await?.into()))
}

/// To whom a word is handed on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DelegationBody {
    /// Key of the approval; the only one that waits for you, if absent.
    approval: Option<Uuid>,
    /// Handle.
    to: String,
}

/// Hands your word on to somebody else.
#[utoipa::path(post, path = "/provisioning-requests/{number}/delegation", tag = "provisioning", params(("number" = i64, Path)),
    request_body = DelegationBody, responses((status = 200, body = RequestBody)))]
async fn delegate(
    mut caller: Caller,
    Path(number): Path<i64>,
    Body(body): Body<DelegationBody>,
) -> Result<Json<RequestBody>, ApiError> {
    let mut cx = caller.cx().await?;
    let approval = provisioning::approval_of(&mut cx, number, body.approval.map(ApprovalId)).await?;
    Ok(Json(provisioning::delegate(&mut cx, number, approval, &body.to).await?.into()))
}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReasonBody {
    /// In words; may be empty.
    #[serde(default)]
    reason: String,
}

/// Takes it back. What runs is undone, after the step that is at work.
#[utoipa::path(post, path = "/provisioning-requests/{number}/cancellation", tag = "provisioning", params(("number" = i64, Path)),
    request_body = ReasonBody, responses((status = 200, body = RequestBody)))]
async fn cancel(
    mut caller: Caller,
    Path(number): Path<i64>,
    Body(body): Body<ReasonBody>,
) -> Result<Json<RequestBody>, ApiError> {
    Ok(Json(provisioning::cancel(&mut caller.cx().await?, number, &body.reason).await?.into()))
}

/// Tries the failed step again.
#[utoipa::path(post, path = "/provisioning-requests/{number}/retry", tag = "provisioning", params(("number" = i64, Path)), responses((status = 200, body = RequestBody)))]
async fn retry(mut caller: Caller, Path(number): Path<i64>) -> Result<Json<RequestBody>, ApiError> {
    Ok(Json(provisioning::retry(&mut caller.cx().await?, number).await?.into()))
}

/// Gives it up and has undone what was made; also once more, where something could not be.
#[utoipa::path(post, path = "/provisioning-requests/{number}/undoing", tag = "provisioning", params(("number" = i64, Path)), responses((status = 200, body = RequestBody)))]
async fn undo(mut caller: Caller, Path(number): Path<i64>) -> Result<Json<RequestBody>, ApiError> {
    Ok(Json(provisioning::undo(&mut caller.cx().await?, number).await?.into()))
}

/// How it was.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RatingBody {
    /// 1 to 5.
    satisfaction: i16,
    /// In words; may be empty.
    #[serde(default)]
    note: String,
}

/// Says how it was.
#[utoipa::path(put, path = "/provisioning-requests/{number}/satisfaction", tag = "provisioning", params(("number" = i64, Path)),
    request_body = RatingBody, responses((status = 200, body = RequestBody)))]
async fn rate(
    mut caller: Caller,
    Path(number): Path<i64>,
    Body(body): Body<RatingBody>,
) -> Result<Json<RequestBody>, ApiError> {
    Ok(Json(provisioning::rate(&mut caller.cx().await?, number, body.satisfaction, &body.note).await?.into()))
}

/// The support request about it.
#[derive(Debug, Serialize, ToSchema)]
struct SupportBody {
    /// Its number.
    support_request: i64,
}

/// Opens a support request with the log attached, or names the one that is open.
#[utoipa::path(post, path = "/provisioning-requests/{number}/support-request", tag = "provisioning", params(("number" = i64, Path)), responses((status = 200, body = SupportBody)))]
async fn ask_support(mut caller: Caller, Path(number): Path<i64>) -> Result<Json<SupportBody>, ApiError> {
    let asked = provisioning::ask_support(&mut caller.cx().await?, number).await?;
    Ok(Json(SupportBody { support_request: asked.number }))
}

/// From which line on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct LogQuery {
    /// Lines behind this one; from the first that is kept if absent.
    #[serde(default)]
    after: i64,
    /// Lines, 1 to 200; 200 if absent.
    limit: Option<i64>,
}

/// Its log; the last 2,000 lines are kept, secrets masked.
#[utoipa::path(get, path = "/provisioning-requests/{number}/log", tag = "provisioning", params(("number" = i64, Path), LogQuery), responses((status = 200, body = List<LineBody>)))]
async fn log(
    mut caller: Caller,
    Path(number): Path<i64>,
    Params(query): Params<LogQuery>,
) -> Result<Json<List<LineBody>>, ApiError> {
    let limit = Limit::new(query.limit.unwrap_or(Limit::MAX))?;
    let mut cx = caller.cx().await?;
    let request = provisioning::request(&mut cx, number).await?;
    let lines = provisioning::log(&mut cx, &request, query.after, limit).await?;
    Ok(List::whole(lines.into_iter().map(LineBody::from).collect()))
}
