//! `/schedules/{slug}/overrides`: somebody takes over.

use axum::{extract::Path, http::StatusCode, response::Response};
use jiff::Timestamp;
use portolan_domain::{
    CoverId,
    rota::{self, CoverRecord, NewCover},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::{NameBody, instant};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Paging, Params, created, paging},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(withdraw))
}

/// An override to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewOverrideBody {
    /// Who is replaced (handle). Absent: nobody is, `by` is on call beside the others.
    out: Option<String>,
    /// Who is on call instead (handle). Absent, with `out` absent too: nobody is on call, on purpose.
    by: Option<String>,
    /// From when on: an instant, or a wall time of the schedule's zone that exists once. Now if absent.
    start: Option<String>,
    /// Until when, likewise.
    end: String,
    /// Why.
    #[serde(default)]
    reason: String,
}

/// An override, or one half of a taken swap.
#[derive(Debug, Serialize, ToSchema)]
struct OverrideBody {
    /// Key.
    id: uuid::Uuid,
    /// `replace`, `add` or `nobody`.
    kind: &'static str,
    /// Who is replaced.
    out: Option<NameBody>,
    /// Who is on call.
    by: Option<NameBody>,
    /// First instant.
    start: Timestamp,
    /// First instant after it.
    end: Timestamp,
    /// Why.
    reason: String,
    /// The swap it comes from; give that back to end it.
    swap: Option<uuid::Uuid>,
    /// When it was decided.
    decided_at: Timestamp,
    /// Handle of who decided it.
    decided_by: Option<String>,
}

impl From<&CoverRecord> for OverrideBody {
    fn from(c: &CoverRecord) -> Self {
        Self {
            id: c.id.0,
            kind: c.kind(),
            out: c.out.as_ref().map(NameBody::from),
            by: c.by.as_ref().map(NameBody::from),
            start: c.start,
            end: c.end,
            reason: c.reason.clone(),
            swap: c.swap.map(|s| s.0),
            decided_at: c.decided_at,
            decided_by: c.decided_by.clone(),
        }
    }
}

/// Overrides that are not over.
#[utoipa::path(get, path = "/schedules/{slug}/overrides", tag = "on-call", params(("slug" = String, Path), Paging), responses((status = 200, body = List<OverrideBody>)))]
async fn list(
    mut caller: Caller,
    Path(slug): Path<String>,
    Params(page): Params<Paging>,
) -> Result<Json<List<OverrideBody>>, ApiError> {
    let (limit, after) = paging(page.limit, page.after)?;
    let cx = &mut caller.cx().await?;
    let schedule = rota::schedule(cx, &slug).await?;
    Ok(List::of(rota::covers(cx, schedule.id, after, limit).await?, |c| OverrideBody::from(&c)))
}

/// Somebody takes over for a while: members of the team and its chain arrange it, and everybody for their own time. 409
/// if somebody has decided about the same person and time already; 422 if it would change nothing, because whoever is
/// replaced is not on call then: with when they are next.
#[utoipa::path(post, path = "/schedules/{slug}/overrides", tag = "on-call", params(("slug" = String, Path)), request_body = NewOverrideBody,
    responses((status = 201, body = OverrideBody, headers(("Location" = String, description = "Its address.")))))]
async fn add(
    mut caller: Caller,
    Path(slug): Path<String>,
    Body(body): Body<NewOverrideBody>,
) -> Result<Response, ApiError> {
    let cx = &mut caller.cx().await?;
    let zone = rota::schedule(cx, &slug).await?.zone();
    let new = NewCover {
        out: body.out,
        by: body.by,
        start: body.start.as_deref().map(|at| instant("start", at, &zone)).transpose()?,
        end: instant("end", &body.end, &zone)?,
        reason: body.reason,
    };
    let (cover, _) = rota::add_cover(cx, &slug, &new).await?;
    Ok(created(format_args!("/schedules/{slug}/overrides/{}", cover.id), Json(OverrideBody::from(&cover))))
}

/// Takes an override back: what it replaced is in force again, from now on.
#[utoipa::path(delete, path = "/schedules/{slug}/overrides/{id}", tag = "on-call", params(("slug" = String, Path), ("id" = uuid::Uuid, Path)), responses((status = 204)))]
async fn withdraw(
    mut caller: Caller,
    Path((slug, id)): Path<(String, uuid::Uuid)>,
) -> Result<StatusCode, ApiError> {
    rota::withdraw_cover(&mut caller.cx().await?, &slug, CoverId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
