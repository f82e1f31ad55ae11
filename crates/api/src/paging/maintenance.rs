//! `/maintenance-windows`: planned work, during which pages of a service are kept quiet.

use axum::{extract::Path, response::Response};
use jiff::Timestamp;
use portolan_domain::{
    MaintenanceId,
    paging::{self, NewWindow, Window, WindowFilter},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::pages::reference;
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, created, paging},
};

/// The routes.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list, plan)).routes(routes!(show)).routes(routes!(end))
}

/// A window.
#[derive(Debug, Serialize, ToSchema)]
struct WindowBody {
    /// Key.
    id: uuid::Uuid,
    /// Reference of what is worked on.
    entity: String,
    /// First instant.
    starts_at: Timestamp,
    /// First instant after it.
    ends_at: Timestamp,
    /// Why.
    reason: String,
    /// Handle of who planned it.
    created_by: Option<String>,
    /// When it was ended early.
    ended_at: Option<Timestamp>,
    /// Handle of who did.
    ended_by: Option<String>,
    /// Pages it keeps, or kept, quiet.
    kept_quiet: i64,
    /// Other windows of the entity that overlap it; only in the answer to the planning of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    overlaps: Vec<uuid::Uuid>,
}

fn body_of(w: Window, overlaps: &[Window]) -> WindowBody {
    WindowBody {
        id: w.id.0,
        entity: w.entity_ref,
        starts_at: w.starts_at,
        ends_at: w.ends_at,
        reason: w.reason,
        created_by: w.created_by,
        ended_at: w.ended_at,
        ended_by: w.ended_by,
        kept_quiet: w.kept_quiet,
        overlaps: overlaps.iter().map(|o| o.id.0).collect(),
    }
}

/// Which windows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Only of this entity, by its full reference.
    entity: Option<String>,
    /// Only of what this team owns (slug).
    team: Option<String>,
    /// Only those that are not over.
    #[serde(default)]
    to_come: bool,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Windows, the last to end first.
#[utoipa::path(get, path = "/maintenance-windows", tag = "paging", params(Query), responses((status = 200, body = List<WindowBody>)))]
async fn list(mut caller: Caller, Params(query): Params<Query>) -> Result<Json<List<WindowBody>>, ApiError> {
    let (limit, after) = paging(query.limit, query.after)?;
    let filter = WindowFilter { entity: query.entity, team: query.team, to_come: query.to_come };
    let page = paging::windows(&mut caller.cx().await?, &filter, after, limit).await?;
    Ok(List::of(page, |w| body_of(w, &[])))
}

/// A window to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewWindowBody {
    /// What is worked on: `checkout-api`, or a full reference for what is not a component.
    entity: String,
    /// From when; now if absent.
    from: Option<Timestamp>,
    /// Until when.
    until: Timestamp,
    /// Why.
    reason: String,
}

/// Plans maintenance. Whoever may edit the entity may, and whoever operates it.
#[utoipa::path(post, path = "/maintenance-windows", tag = "paging", request_body = NewWindowBody,
    responses((status = 201, body = WindowBody, headers(("Location" = String, description = "Its address.")))))]
async fn plan(mut caller: Caller, Body(body): Body<NewWindowBody>) -> Result<Response, ApiError> {
    let new = NewWindow {
        entity: reference(&body.entity)?,
        from: body.from,
        until: body.until,
        reason: body.reason,
    };
    let (window, overlaps) = paging::plan_maintenance(&mut caller.cx().await?, new).await?;
    Ok(created(format!("/maintenance-windows/{}", window.id), Json(body_of(window, &overlaps))))
}

/// One window.
#[utoipa::path(get, path = "/maintenance-windows/{id}", tag = "paging", params(("id" = uuid::Uuid, Path)), responses((status = 200, body = WindowBody)))]
async fn show(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<Json<WindowBody>, ApiError> {
    Ok(Json(body_of(paging::window(&mut caller.cx().await?, MaintenanceId(id)).await?, &[])))
}

/// Ends a window before its time, or calls it off. What still fires goes on as a page at once.
#[utoipa::path(post, path = "/maintenance-windows/{id}/end", tag = "paging", params(("id" = uuid::Uuid, Path)), responses((status = 200, body = WindowBody)))]
async fn end(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<Json<WindowBody>, ApiError> {
    Ok(Json(body_of(paging::end_maintenance(&mut caller.cx().await?, MaintenanceId(id)).await?, &[])))
}
