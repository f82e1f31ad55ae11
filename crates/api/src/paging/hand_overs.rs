//! `/hand-overs`: what the one who goes tells the one who comes.

use axum::{extract::Path, http::HeaderMap, response::Response};
use jiff::Timestamp;
use portolan_domain::{
    HandOverId,
    paging::{self, HandOver, HandOverFilter},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::PageBody;
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, paging},
    people::bodies::{PersonLink, TeamLink},
    tag::{IfMatch, digest, etag, tagged},
};

/// The routes.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show, write))
}

/// A note at the change of a shift.
#[derive(Debug, Serialize, ToSchema)]
struct HandOverBody {
    /// Key.
    id: uuid::Uuid,
    /// Slug of the schedule.
    schedule: String,
    /// Its zone.
    time_zone: String,
    /// Its team.
    team: TeamLink,
    /// The change.
    at: Timestamp,
    /// When the shift of the one who goes began.
    since: Timestamp,
    /// Who goes.
    from: PersonLink,
    /// Who comes; absent: nobody does.
    to: Option<PersonLink>,
    /// When it was published.
    published_at: Option<Timestamp>,
}

impl From<HandOver> for HandOverBody {
    fn from(h: HandOver) -> Self {
        Self {
            id: h.id.0,
            schedule: h.schedule.slug,
            time_zone: h.time_zone,
            team: h.team.into(),
            at: h.at,
            since: h.since,
            from: h.from.into(),
            to: h.to.map(PersonLink::from),
            published_at: h.published_at,
        }
    }
}

/// Which notes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Only of this team's schedules (slug).
    team: Option<String>,
    /// Only those that you write or are written to.
    #[serde(default)]
    mine: bool,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Notes, the last change first.
#[utoipa::path(get, path = "/hand-overs", tag = "paging", params(Query), responses((status = 200, body = List<HandOverBody>)))]
async fn list(
    mut caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<List<HandOverBody>>, ApiError> {
    let (limit, after) = paging(query.limit, query.after)?;
    let filter = HandOverFilter { team: query.team, mine: query.mine };
    let page = paging::hand_overs(&mut caller.cx().await?, &filter, after, limit).await?;
    Ok(List::of(page, HandOverBody::from))
}

/// A note with what is known of its shift.
#[derive(Debug, Serialize, ToSchema)]
struct HandOverViewBody {
    /// The note.
    #[serde(flatten)]
    note: HandOverBody,
    /// What it says: what was written, else what follows from the facts.
    text: String,
    /// Pages of the shift, and those that are still open, newest first; 100 at most.
    pages: Vec<PageBody>,
}

/// One note.
#[utoipa::path(get, path = "/hand-overs/{id}", tag = "paging", params(("id" = uuid::Uuid, Path)), responses((status = 200, body = HandOverViewBody)))]
async fn show(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let view = paging::hand_over(&mut caller.cx().await?, HandOverId(id)).await?;
    let version = view.note.version;
    let body = HandOverViewBody {
        note: view.note.into(),
        text: view.text,
        pages: view.pages.into_iter().map(PageBody::from).collect(),
    };
    Ok(tagged(&headers, &etag(version, digest(&body)), Json(body)))
}

/// What is written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WrittenBody {
    /// What whoever comes should know.
    text: String,
    /// Whether to publish it: whoever comes is told.
    #[serde(default)]
    publish: bool,
}

/// Writes a note, and publishes it if asked. Whoever goes, members of the team and admins may.
#[utoipa::path(put, path = "/hand-overs/{id}", tag = "paging", params(("id" = uuid::Uuid, Path)), request_body = WrittenBody,
    responses((status = 200, body = HandOverBody)))]
async fn write(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    IfMatch(version): IfMatch,
    Body(body): Body<WrittenBody>,
) -> Result<Json<HandOverBody>, ApiError> {
    let id = HandOverId(id);
    let note =
        paging::write_hand_over(&mut caller.cx().await?, id, &body.text, body.publish, version).await?;
    Ok(Json(note.into()))
}
