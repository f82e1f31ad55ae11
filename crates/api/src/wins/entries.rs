//! `/entries`: jotted by anyone in a team, any day; and what became of them.

use axum::{
    extract::Path,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use jiff::Timestamp;
use portolan_domain::{
    WinsEntryId,
    wins::{self, Kind, Lifted, Provenance, UpdateState},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    bodies::{NewEntryBody, WinsEntryBody, WinsEntryEditBody},
    shapes::CycleBody,
};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, created, paging},
    people::bodies::TeamLink,
    tag::{IfMatch, digest, etag, tagged},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(mine, jot))
        .routes(routes!(show, edit, remove))
        .routes(routes!(provenance))
        .routes(routes!(lifted))
}

/// Which of your entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Mine {
    /// Only `win` or `challenge`.
    #[param(value_type = Option<String>)]
    kind: Option<Kind>,
    /// Written at or after this instant.
    from: Option<Timestamp>,
    /// Written before this instant.
    until: Option<Timestamp>,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// What you wrote or are credited in, in any team, newest first.
#[utoipa::path(get, path = "/entries", tag = "wins and challenges", params(Mine), responses((status = 200, body = List<WinsEntryBody>)))]
async fn mine(
    mut caller: Caller,
    Params(asked): Params<Mine>,
) -> Result<Json<List<WinsEntryBody>>, ApiError> {
    let (limit, after) = paging(asked.limit, asked.after)?;
    let cx = &mut caller.cx().await?;
    let page = wins::mine(cx, asked.kind, asked.from, asked.until, after, limit).await?;
    Ok(List::of(page, WinsEntryBody::from))
}

/// Jots an entry; it waits in the team until whoever writes its update chooses it. For whoever is in the team or leads one
/// above. The same in the same words within a minute is the entry that is there.
#[utoipa::path(post, path = "/entries", tag = "wins and challenges", request_body = NewEntryBody,
    responses((status = 201, body = WinsEntryBody, headers(("Location" = String, description = "Its address.")))))]
async fn jot(mut caller: Caller, Body(body): Body<NewEntryBody>) -> Result<Response, ApiError> {
    let entry = wins::jot(&mut caller.cx().await?, body.into()).await?;
    Ok(created(format!("/entries/{}", entry.id), Json(WinsEntryBody::from(entry))))
}

/// One entry.
#[utoipa::path(get, path = "/entries/{id}", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = WinsEntryBody)))]
async fn show(
    mut caller: Caller,
    headers: HeaderMap,
    Path(id): Path<uuid::Uuid>,
) -> Result<Response, ApiError> {
    let entry = wins::entry(&mut caller.cx().await?, WinsEntryId(id)).await?;
    let version = entry.version;
    let body = WinsEntryBody::from(entry);
    Ok(tagged(&headers, &etag(version, digest(&body)), Json(body)))
}

/// Edits an entry that was not handed up. For who wrote it while it waits, and for whoever writes the team's update.
#[utoipa::path(patch, path = "/entries/{id}", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    request_body = WinsEntryEditBody, responses((status = 200, body = WinsEntryBody)))]
async fn edit(
    mut caller: Caller,
    IfMatch(version): IfMatch,
    Path(id): Path<uuid::Uuid>,
    Body(body): Body<WinsEntryEditBody>,
) -> Result<Json<WinsEntryBody>, ApiError> {
    let (cx, id) = (&mut caller.cx().await?, WinsEntryId(id));
    let now = if body.rewords() { Some(wins::entry(cx, id).await?) } else { None };
    // words that are laid over those of a moment ago must not undo what came between
    let version = version.or(now.as_ref().map(|entry| entry.version));
    let edit = body.over(now.map(|entry| entry.words));
    Ok(Json(wins::edit_entry(cx, id, edit, version).await?.into()))
}

/// Removes an entry that was not handed up.
#[utoipa::path(delete, path = "/entries/{id}", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)), responses((status = 204)))]
async fn remove(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<StatusCode, ApiError> {
    wins::remove_entry(&mut caller.cx().await?, WinsEntryId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where a line came from.
#[derive(Debug, Serialize, ToSchema)]
struct ProvenanceBody {
    /// The entry.
    entry: WinsEntryBody,
    /// The cycle of its update.
    cycle: Option<CycleBody>,
    /// What it was made of.
    #[schema(no_recursion)]
    origins: Vec<ProvenanceBody>,
}

impl From<Provenance> for ProvenanceBody {
    fn from(p: Provenance) -> Self {
        Self {
            entry: p.entry.into(),
            cycle: p.cycle.map(CycleBody::from),
            origins: p.origins.into_iter().map(Self::from).collect(),
        }
    }
}

/// A line down to what was submitted first. What you may not see is left out.
#[utoipa::path(get, path = "/entries/{id}/provenance", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = ProvenanceBody)))]
async fn provenance(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
) -> Result<Json<ProvenanceBody>, ApiError> {
    Ok(Json(wins::provenance(&mut caller.cx().await?, WinsEntryId(id)).await?.into()))
}

/// What became of an entry at one level.
#[derive(Debug, Serialize, ToSchema)]
struct LiftedBody {
    /// The level whose update it is in.
    team: TeamLink,
    /// How that update stands: `submitted` or `published`.
    #[schema(value_type = String)]
    state: UpdateState,
    /// The line, in the words it has there.
    line: WinsEntryBody,
}

impl From<Lifted> for LiftedBody {
    fn from(l: Lifted) -> Self {
        Self { team: l.team.into(), state: l.state, line: l.line.into() }
    }
}

/// What became of an entry further up, nearest level first. For its author, those credited and its team.
#[utoipa::path(get, path = "/entries/{id}/lifted", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = List<LiftedBody>)))]
async fn lifted(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<Json<List<LiftedBody>>, ApiError> {
    let lifted = wins::lifted(&mut caller.cx().await?, WinsEntryId(id)).await?;
    Ok(List::whole(lifted.into_iter().map(LiftedBody::from).collect()))
}
