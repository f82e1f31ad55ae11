//! `/pages`: what woke somebody, and what people do with it. `{id}` is the key or the number.

use axum::{extract::Path, response::Response};
use portolan_domain::{
    Error, PageId,
    catalog::EntityRef,
    levels::Impact,
    paging::{self, Judgement, NewPage, Responder, State, Urgency, Whom},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::{PageBody, PageViewBody};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, created, paging},
};

/// The routes.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, raise))
        .routes(routes!(show))
        .routes(routes!(acknowledge))
        .routes(routes!(resolve))
        .routes(routes!(judge))
        .routes(routes!(reassign))
        .routes(routes!(note))
        .routes(routes!(add_responder))
}

/// Which pages.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Only `open`, `acknowledged`, `resolved` or `suppressed` ones; several: any of them.
    #[serde(default)]
    #[param(value_type = Vec<String>)]
    state: Vec<State>,
    /// Only of this team (slug).
    team: Option<String>,
    /// Only of this entity, by its full reference.
    entity: Option<String>,
    /// Only of the teams you answer for, those you were told of, and those you are on.
    #[serde(default)]
    mine: bool,
    /// Only those that are over and that nobody has judged.
    #[serde(default)]
    unjudged: bool,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Pages, newest first.
#[utoipa::path(get, path = "/pages", tag = "paging", params(Query), responses((status = 200, body = List<PageBody>)))]
async fn list(mut caller: Caller, Params(query): Params<Query>) -> Result<Json<List<PageBody>>, ApiError> {
    let (limit, after) = paging(query.limit, query.after)?;
    let filter = paging::Filter {
        states: query.state,
        team: query.team,
        entity: query.entity,
        mine: query.mine,
        unjudged: query.unjudged,
    };
    let page = paging::list(&mut caller.cx().await?, &filter, after, limit).await?;
    Ok(List::of(page, PageBody::from))
}

/// A page that a person raises: of a team, or of whoever is on call for an entity.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPageBody {
    /// Slug of the team; or give `entity`.
    team: Option<String>,
    /// What it is about: `checkout-api`, or a full reference for what is not a component.
    entity: Option<String>,
    /// What is wrong, in a line.
    summary: String,
    /// What it does, and to whom.
    impact: String,
    /// `outage`, `blocked`, `slowed` or `question`: by it the team's support level decides whether whoever is on call is
    /// told at once or in support hours; `urgency` of the answer says which, and its timeline why.
    #[schema(value_type = String)]
    how_bad: Impact,
    /// `now` or `working-hours`; only who answers for the team may say, and for them it is `now` if absent.
    #[schema(value_type = Option<String>)]
    urgency: Option<Urgency>,
    /// Where it happens; `production` if absent.
    environment: Option<String>,
    /// Where to look on.
    link: Option<String>,
}

/// Pages a team. Everyone whose token has the scope `write` may.
#[utoipa::path(post, path = "/pages", tag = "paging", request_body = NewPageBody,
    responses((status = 201, body = PageBody, headers(("Location" = String, description = "Its address.")))))]
async fn raise(mut caller: Caller, Body(body): Body<NewPageBody>) -> Result<Response, ApiError> {
    let whom = match (body.team, body.entity) {
        (Some(team), None) => Whom::Team(team),
        (None, Some(entity)) => Whom::Entity(reference(&entity)?),
        _ => return Err(Error::invalid("team", "or entity is needed, and not both: whom to page").into()),
    };
    let new = NewPage {
        whom,
        summary: body.summary,
        impact: body.impact,
        how_bad: body.how_bad,
        urgency: body.urgency,
        environment: body.environment.unwrap_or_else(|| "production".into()),
        link: body.link,
    };
    let page = paging::raise(&mut caller.cx().await?, new).await?;
    Ok(created(format!("/pages/{}", page.id), Json(PageBody::from(page))))
}

pub(super) fn reference(text: &str) -> Result<EntityRef, Error> {
    EntityRef::parse(text, Some("component"), "default").map_err(|e| Error::invalid("entity", e.to_string()))
}

async fn id(caller: &mut Caller, text: &str) -> Result<PageId, ApiError> {
    Ok(paging::find(&mut caller.cx().await?, text).await?)
}

/// One page, with its alerts and its timeline.
#[utoipa::path(get, path = "/pages/{id}", tag = "paging", params(("id" = String, Path)), responses((status = 200, body = PageViewBody)))]
async fn show(mut caller: Caller, Path(text): Path<String>) -> Result<Json<PageViewBody>, ApiError> {
    let id = id(&mut caller, &text).await?;
    Ok(Json(paging::view(&mut caller.cx().await?, id).await?.into()))
}

/// Says that you are on it. 409, with their name, if somebody else is.
#[utoipa::path(post, path = "/pages/{id}/acknowledgement", tag = "paging", params(("id" = String, Path)), responses((status = 200, body = PageBody)))]
async fn acknowledge(mut caller: Caller, Path(text): Path<String>) -> Result<Json<PageBody>, ApiError> {
    let id = id(&mut caller, &text).await?;
    Ok(Json(paging::acknowledge(&mut caller.cx().await?, id).await?.into()))
}

/// What is said when it is over.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ResolutionBody {
    /// What it was, in words.
    #[serde(default)]
    note: String,
    /// `real-impact`, `no-impact`, `false-alarm` or `duplicate`.
    #[schema(value_type = Option<String>)]
    judgement: Option<Judgement>,
}

/// Says that it is over. An alert that still fires opens a new page when it is told again.
#[utoipa::path(post, path = "/pages/{id}/resolution", tag = "paging", params(("id" = String, Path)), request_body = ResolutionBody,
    responses((status = 200, body = PageBody)))]
async fn resolve(
    mut caller: Caller,
    Path(text): Path<String>,
    Body(body): Body<ResolutionBody>,
) -> Result<Json<PageBody>, ApiError> {
    let id = id(&mut caller, &text).await?;
    Ok(Json(paging::resolve(&mut caller.cx().await?, id, &body.note, body.judgement).await?.into()))
}

/// What a page turned out to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct JudgementBody {
    /// `real-impact`, `no-impact`, `false-alarm` or `duplicate`.
    #[schema(value_type = String)]
    judgement: Judgement,
    /// Why.
    #[serde(default)]
    note: String,
}

/// Says what a page that is over turned out to be. It may be said anew; the timeline keeps what was said before.
#[utoipa::path(put, path = "/pages/{id}/judgement", tag = "paging", params(("id" = String, Path)), request_body = JudgementBody,
    responses((status = 200, body = PageBody)))]
async fn judge(
    mut caller: Caller,
    Path(text): Path<String>,
    Body(body): Body<JudgementBody>,
) -> Result<Json<PageBody>, ApiError> {
    let id = id(&mut caller, &text).await?;
    Ok(Json(paging::judge(&mut caller.cx().await?, id, body.judgement, &body.note).await?.into()))
}

/// Who is asked to be on it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReassignmentBody {
    /// Handle.
    person: String,
    /// Why.
    #[serde(default)]
    note: String,
}

/// Asks somebody else to be on it. If they do not answer in five minutes, or cannot be reached, the steps begin anew.
#[utoipa::path(post, path = "/pages/{id}/reassignment", tag = "paging", params(("id" = String, Path)), request_body = ReassignmentBody,
    responses((status = 200, body = PageBody)))]
async fn reassign(
    mut caller: Caller,
    Path(text): Path<String>,
    Body(body): Body<ReassignmentBody>,
) -> Result<Json<PageBody>, ApiError> {
    let id = id(&mut caller, &text).await?;
    Ok(Json(paging::reassign(&mut caller.cx().await?, id, &body.person, &body.note).await?.into()))
}

/// Something to be noted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NoteBody {
    /// What.
    text: String,
}

/// Notes something on the timeline. Everyone whose token has the scope `write` may.
#[utoipa::path(post, path = "/pages/{id}/notes", tag = "paging", params(("id" = String, Path)), request_body = NoteBody,
    responses((status = 201, body = PageViewBody)))]
async fn note(
    mut caller: Caller,
    Path(text): Path<String>,
    Body(body): Body<NoteBody>,
) -> Result<Response, ApiError> {
    let id = id(&mut caller, &text).await?;
    paging::note(&mut caller.cx().await?, id, &body.text).await?;
    let view = paging::view(&mut caller.cx().await?, id).await?;
    Ok(created(format!("/pages/{id}"), Json(PageViewBody::from(view))))
}

/// Who is brought in: one of these.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ResponderBody {
    /// This person, by handle.
    person: Option<String>,
    /// Whoever is on call for this team.
    team: Option<String>,
    /// Whoever is on call for this: a dependency.
    entity: Option<String>,
}

/// Brings somebody in: they are told, and may do with the page what its team may.
#[utoipa::path(post, path = "/pages/{id}/responders", tag = "paging", params(("id" = String, Path)), request_body = ResponderBody,
    responses((status = 201, body = PageViewBody)))]
async fn add_responder(
    mut caller: Caller,
    Path(text): Path<String>,
    Body(body): Body<ResponderBody>,
) -> Result<Response, ApiError> {
    let responder = match (body.person, body.team, body.entity) {
        (Some(handle), None, None) => Responder::Person(handle),
        (None, Some(slug), None) => Responder::Team(slug),
        (None, None, Some(entity)) => Responder::Entity(reference(&entity)?),
        _ => return Err(Error::invalid("person", "or team or entity is needed, and only one of them").into()),
    };
    let id = id(&mut caller, &text).await?;
    paging::add_responder(&mut caller.cx().await?, id, &responder).await?;
    let view = paging::view(&mut caller.cx().await?, id).await?;
    Ok(created(format!("/pages/{id}"), Json(PageViewBody::from(view))))
}
