//! `/support-requests`.

use axum::{extract::Path, response::Response};
use portolan_domain::{
    PageId,
    levels::Impact,
    support::{self, Category, NewRequest, State, Then},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::{EngagementBody, EventBody, NewRequestBody, RequestBody, ThreadBody};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, created, paging},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, ask))
        .routes(routes!(show))
        .routes(routes!(speak))
        .routes(routes!(assign))
        .routes(routes!(recategorise))
        .routes(routes!(close))
        .routes(routes!(reopen))
        .routes(routes!(engagement))
}

/// Which requests.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Asked of this team (slug).
    team: Option<String>,
    /// About this entity, by its full reference.
    entity: Option<String>,
    /// Only `waiting`, `with-someone`, `waiting-for-requester`, `closed` or `reopened` ones.
    #[param(value_type = Option<String>)]
    state: Option<State>,
    /// Only of this category.
    #[param(value_type = Option<String>)]
    category: Option<Category>,
    /// Only those that you asked.
    #[serde(default)]
    asked_by_me: bool,
    /// Only those that were given to you.
    #[serde(default)]
    given_to_me: bool,
    /// Only those that are not closed.
    #[serde(default)]
    open: bool,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Requests for help, newest first.
#[utoipa::path(get, path = "/support-requests", tag = "support", params(Query), responses((status = 200, body = List<RequestBody>)))]
async fn list(mut caller: Caller, Params(query): Params<Query>) -> Result<Json<List<RequestBody>>, ApiError> {
    let (limit, after) = paging(query.limit, query.after)?;
    let filter = support::Filter {
        team: query.team,
        entity: query.entity,
        state: query.state,
        category: query.category,
        asked_by_me: query.asked_by_me,
        given_to_me: query.given_to_me,
        open: query.open,
    };
    let page = support::list(&mut caller.cx().await?, &filter, after, limit).await?;
    Ok(List::of(page, RequestBody::from))
}

/// Asks for help. Anybody may whose token has the scope `write`.
#[utoipa::path(post, path = "/support-requests", tag = "support", request_body = NewRequestBody,
    responses((status = 201, body = RequestBody, headers(("Location" = String, description = "Its address.")))))]
async fn ask(mut caller: Caller, Body(body): Body<NewRequestBody>) -> Result<Response, ApiError> {
    let new = NewRequest {
        entity: body.entity,
        team: body.team,
        title: body.title,
        environment: body.environment,
        impact: Some(body.impact),
        tried: body.tried,
        wanted: body.wanted,
        links: body.links,
        category: Some(body.category),
        page_id: body.page.map(PageId),
    };
    let asked = support::ask(&mut caller.cx().await?, new).await?;
    let path = format!("/support-requests/{}", asked.request.number);
    Ok(created(path, Json(RequestBody::from(asked.request))))
}

/// One request, with its thread.
#[utoipa::path(get, path = "/support-requests/{number}", tag = "support", params(("number" = i64, Path)), responses((status = 200, body = ThreadBody)))]
async fn show(mut caller: Caller, Path(number): Path<i64>) -> Result<Json<ThreadBody>, ApiError> {
    let thread = support::thread(&mut caller.cx().await?, number).await?;
    Ok(Json(ThreadBody {
        request: thread.request.into(),
        events: thread.events.into_iter().map(EventBody::from).collect(),
    }))
}

/// What the team's answer waits for.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum ThenBody {
    /// The team goes on: its next word is owed.
    GoOn,
    /// The next word is the requester's.
    Wait,
    /// It is done.
    Close,
}

impl From<ThenBody> for Then {
    fn from(then: ThenBody) -> Self {
        match then {
            ThenBody::GoOn => Self::GoOn,
            ThenBody::Wait => Self::WaitForRequester,
            ThenBody::Close => Self::Close,
        }
    }
}

/// Something said in a thread.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MessageBody {
    /// What, in Markdown. May be empty if the team only waits or closes.
    #[serde(default)]
    text: String,
    /// For the team: what its answer waits for. Without it whoever asked adds to their request, and the team waits.
    then: Option<ThenBody>,
}

/// Says something: the team answers, whoever asked adds.
#[utoipa::path(post, path = "/support-requests/{number}/messages", tag = "support", params(("number" = i64, Path)),
    request_body = MessageBody, responses((status = 200, body = RequestBody)))]
async fn speak(
    mut caller: Caller,
    Path(number): Path<i64>,
    Body(body): Body<MessageBody>,
) -> Result<Json<RequestBody>, ApiError> {
    let then = body.then.map(Then::from);
    Ok(Json(support::speak(&mut caller.cx().await?, number, &body.text, then).await?.into()))
}

/// Whom to give it to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AssignmentBody {
    /// Handle of somebody active; null: it waits for whoever comes next.
    person: Option<String>,
}

/// Gives it to somebody, or puts it back.
#[utoipa::path(put, path = "/support-requests/{number}/assignment", tag = "support", params(("number" = i64, Path)),
    request_body = AssignmentBody, responses((status = 200, body = RequestBody)))]
async fn assign(
    mut caller: Caller,
    Path(number): Path<i64>,
    Body(body): Body<AssignmentBody>,
) -> Result<Json<RequestBody>, ApiError> {
    Ok(Json(support::assign(&mut caller.cx().await?, number, body.person.as_deref()).await?.into()))
}

/// What kind of help it really is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CategoryBody {
    /// `production-problem`, `bug`, `platform-use`, `feature`, `contribution` or `design`.
    #[schema(value_type = String)]
    category: Category,
}

/// Says what kind of help it really is.
#[utoipa::path(put, path = "/support-requests/{number}/category", tag = "support", params(("number" = i64, Path)),
    request_body = CategoryBody, responses((status = 200, body = RequestBody)))]
async fn recategorise(
    mut caller: Caller,
    Path(number): Path<i64>,
    Body(body): Body<CategoryBody>,
) -> Result<Json<RequestBody>, ApiError> {
    Ok(Json(support::recategorise(&mut caller.cx().await?, number, body.category).await?.into()))
}

/// A last word, or the first of a new round.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WordBody {
    /// What is said, in Markdown.
    #[serde(default)]
    text: String,
}

/// Closes it: the team, or whoever asked.
#[utoipa::path(post, path = "/support-requests/{number}/closing", tag = "support", params(("number" = i64, Path)),
    request_body = WordBody, responses((status = 200, body = RequestBody)))]
async fn close(
    mut caller: Caller,
    Path(number): Path<i64>,
    Body(body): Body<WordBody>,
) -> Result<Json<RequestBody>, ApiError> {
    Ok(Json(support::close(&mut caller.cx().await?, number, &body.text).await?.into()))
}

/// Opens it again, with what is still missing.
#[utoipa::path(post, path = "/support-requests/{number}/reopening", tag = "support", params(("number" = i64, Path)),
    request_body = WordBody, responses((status = 200, body = RequestBody)))]
async fn reopen(
    mut caller: Caller,
    Path(number): Path<i64>,
    Body(body): Body<WordBody>,
) -> Result<Json<RequestBody>, ApiError> {
    Ok(Json(support::reopen(&mut caller.cx().await?, number, &body.text).await?.into()))
}

/// What would be asked.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct EngagementQuery {
    /// What it is about: `checkout-api`, or a full reference.
    entity: Option<String>,
    /// Slug of the team; the owner's if absent.
    team: Option<String>,
    /// `question`, `slowed`, `blocked` or `outage`.
    #[param(value_type = String)]
    impact: Impact,
    /// Where it happens.
    #[serde(default)]
    environment: String,
}

/// Whether you would get an engineer at once, and why; asks nothing.
#[utoipa::path(get, path = "/engagement", tag = "support", params(EngagementQuery), responses((status = 200, body = EngagementBody)))]
async fn engagement(
    mut caller: Caller,
    Params(query): Params<EngagementQuery>,
) -> Result<Json<EngagementBody>, ApiError> {
    let (entity, team) = (query.entity.as_deref(), query.team.as_deref());
    let foreseen =
        support::foresee(&mut caller.cx().await?, entity, team, query.impact, &query.environment).await?;
    Ok(Json(foreseen.into()))
}
