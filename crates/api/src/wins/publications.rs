//! `/publications`: what was published, in each of its forms, and what was said of it.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use portolan_domain::{
    PublicationId, WinsEntryId,
    wins::{self, Publication, PublicationFilter, Word, WordKind},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::shapes::{AddendumBody, PublicationBody};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, paging},
    people::bodies::PersonLink,
    tag::{digest, tagged},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(of_team))
        .routes(routes!(add))
        .routes(routes!(words, say))
        .routes(routes!(unsay))
}

/// Which publications.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Slug of a team; of this very one.
    team: Option<String>,
    /// Only from this height of the tree on: 0 is a team with nobody below.
    level: Option<i16>,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Publications that you may read, newest first.
#[utoipa::path(get, path = "/publications", tag = "wins and challenges", params(Which), responses((status = 200, body = List<PublicationBody>)))]
async fn list(
    mut caller: Caller,
    Params(which): Params<Which>,
) -> Result<Json<List<PublicationBody>>, ApiError> {
    let (limit, after) = paging(which.limit, which.after)?;
    let filter = PublicationFilter { team: which.team, level: which.level };
    let page = wins::publications(&mut caller.cx().await?, &filter, after, limit).await?;
    Ok(List::of(page, PublicationBody::from))
}

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Form {
    /// As the API tells it.
    Json,
    /// Markdown.
    Markdown,
    /// Plain text.
    Text,
    /// The very bytes that were kept.
    Document,
}

/// In which form.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct FormQuery {
    /// `json`, `markdown`, `text`, or `document`: the very bytes that were kept when it was published. If absent, what the
    /// header `Accept` asks for, of `text/markdown` and `text/plain`; else JSON.
    #[param(value_type = Option<String>)]
    format: Option<Form>,
}

/// The form that was asked for: by its name, else by what the caller takes.
pub(super) fn form(named: Option<Form>, headers: &HeaderMap) -> Form {
    let accepts = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    named.unwrap_or_else(|| match accepts.split([',', ';']).next().unwrap_or_default().trim() {
        "text/markdown" => Form::Markdown,
        "text/plain" => Form::Text,
        _ => Form::Json,
    })
}

/// A text of a kind, with a tag of what it says.
pub(super) fn text(headers: &HeaderMap, kind: &'static str, text: String) -> Response {
    let tag = format!("\"{}\"", digest(&text));
    let mut response = tagged(headers, &tag, ([(header::CONTENT_TYPE, kind)], text));
    // what people wrote is read by programs that may guess what it is
    let keep = HeaderValue::from_static("nosniff");
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, keep);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    response
}

fn told(found: Publication, form: Form, headers: &HeaderMap, base_url: &str) -> Response {
    match form {
        Form::Markdown => text(headers, "text/markdown; charset=utf-8", found.markdown(base_url)),
        Form::Text => text(headers, "text/plain; charset=utf-8", found.text(base_url)),
        Form::Document => {
            let tag = format!("\"{}\"", found.hash);
            let bytes = ([(header::CONTENT_TYPE, "application/json")], found.bytes);
            tagged(headers, &tag, bytes)
        }
        Form::Json => {
            let body = PublicationBody::from(found);
            let mut response = tagged(headers, &format!("\"{}\"", digest(&body)), Json(body));
            response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
            response
        }
    }
}

/// A publication, with what was said afterwards. With `format=document` the very bytes that were kept, which never change; their `ETag` is their hash.
#[utoipa::path(get, path = "/publications/{id}", tag = "wins and challenges", params(("id" = uuid::Uuid, Path), FormQuery),
    responses((status = 200, content((PublicationBody = "application/json"), (String = "text/markdown"), (String = "text/plain"))), (status = 304)))]
async fn show(
    State(portal): State<Shared>,
    mut caller: Caller,
    headers: HeaderMap,
    Path(id): Path<uuid::Uuid>,
    Params(query): Params<FormQuery>,
) -> Result<Response, ApiError> {
    let found = wins::publication_by_id(&mut caller.cx().await?, PublicationId(id)).await?;
    Ok(told(found, form(query.format, &headers), &headers, &portal.base_url))
}

/// The publication of a team in a cycle.
#[utoipa::path(get, path = "/teams/{slug}/publications/{cycle}", tag = "wins and challenges",
    params(("slug" = String, Path), ("cycle" = String, Path, description = "Slug of the cycle, like 2026-w46."), FormQuery),
    responses((status = 200, content((PublicationBody = "application/json"), (String = "text/markdown"), (String = "text/plain"))), (status = 304)))]
async fn of_team(
    State(portal): State<Shared>,
    mut caller: Caller,
    headers: HeaderMap,
    Path((slug, cycle)): Path<(String, String)>,
    Params(query): Params<FormQuery>,
) -> Result<Response, ApiError> {
    let found = wins::publication(&mut caller.cx().await?, &slug, &cycle).await?;
    Ok(told(found, form(query.format, &headers), &headers, &portal.base_url))
}

/// What is said afterwards.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAddendumBody {
    /// What, in Markdown.
    text: String,
}

/// Says something of a publication afterwards; it stands beside it, and its readers by letter are told.
#[utoipa::path(post, path = "/publications/{id}/addenda", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    request_body = NewAddendumBody, responses((status = 201, body = AddendumBody)))]
async fn add(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    Body(body): Body<NewAddendumBody>,
) -> Result<Response, ApiError> {
    let added = wins::add_addendum(&mut caller.cx().await?, PublicationId(id), &body.text).await?;
    Ok((StatusCode::CREATED, Json(AddendumBody::from(added))).into_response())
}

/// Something a reader said.
#[derive(Debug, Serialize, ToSchema)]
struct WinsWordBody {
    /// Key.
    id: uuid::Uuid,
    /// Key of the line that it is about.
    line: uuid::Uuid,
    /// `thanks`, `question` or `answer`.
    #[schema(value_type = String)]
    kind: WordKind,
    /// What they say; may be empty for thanks.
    text: String,
    /// Who.
    by: Option<PersonLink>,
    /// When.
    at: Timestamp,
    /// Whether it is your own, so that you may take it away.
    mine: bool,
}

impl From<Word> for WinsWordBody {
    fn from(w: Word) -> Self {
        Self {
            id: w.id,
            line: w.line.0,
            kind: w.kind,
            text: w.text,
            by: w.by.map(PersonLink::from),
            at: w.at,
            mine: w.mine,
        }
    }
}

/// What was said under the lines of a publication, oldest first; five hundred at most.
#[utoipa::path(get, path = "/publications/{id}/words", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = List<WinsWordBody>)))]
async fn words(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<Json<List<WinsWordBody>>, ApiError> {
    let words = wins::words(&mut caller.cx().await?, PublicationId(id)).await?;
    Ok(List::whole(words.into_iter().map(WinsWordBody::from).collect()))
}

/// A word to whoever did it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewWinsWordBody {
    /// Key of the line.
    line: uuid::Uuid,
    /// `thanks`, `question` or `answer`.
    #[schema(value_type = String)]
    kind: WordKind,
    /// What to say, in plain text; may be empty for thanks.
    #[serde(default)]
    text: String,
}

/// Thanks, asks or answers under a line. Whoever wrote it, or asked, is told. Thanks are said once; said again they change.
#[utoipa::path(post, path = "/publications/{id}/words", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    request_body = NewWinsWordBody, responses((status = 201, body = WinsWordBody)))]
async fn say(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    Body(body): Body<NewWinsWordBody>,
) -> Result<Response, ApiError> {
    let cx = &mut caller.cx().await?;
    let (id, line) = (PublicationId(id), WinsEntryId(body.line));
    let word = match body.kind {
        WordKind::Thanks => wins::thank(cx, id, line, &body.text).await?,
        WordKind::Question => wins::ask(cx, id, line, &body.text).await?,
        WordKind::Answer => wins::answer_question(cx, id, line, &body.text).await?,
    };
    Ok((StatusCode::CREATED, Json(WinsWordBody::from(word))).into_response())
}

/// Takes your own word away.
#[utoipa::path(delete, path = "/wins-words/{id}", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)), responses((status = 204)))]
async fn unsay(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<StatusCode, ApiError> {
    wins::remove_word(&mut caller.cx().await?, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_named_or_what_the_caller_takes() {
        let taking = |accept| HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
        assert_eq!(form(None, &HeaderMap::new()), Form::Json);
        assert_eq!(form(None, &taking("*/*")), Form::Json);
        assert_eq!(form(None, &taking("text/markdown, */*;q=0.5")), Form::Markdown);
        assert_eq!(form(None, &taking("text/plain;charset=utf-8")), Form::Text);
        assert_eq!(form(Some(Form::Document), &taking("text/plain")), Form::Document);
    }
}
