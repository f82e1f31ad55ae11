//! What a person has to do with schedules: their shifts, and what is left of somebody who is gone.

use axum::extract::Path;
use jiff::Timestamp;
use portolan_domain::{people, rota};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    bodies::{ScheduleNameBody, ShiftBody},
    schedules::Range,
};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(shifts)).routes(routes!(mentions, replace))
}

/// The shifts of a person that touch a time, on all schedules, as far as they are planned (half a year ahead).
#[utoipa::path(get, path = "/people/{handle}/shifts", tag = "on-call", params(("handle" = String, Path), Range), responses((status = 200, body = List<ShiftBody>)))]
async fn shifts(
    mut caller: Caller,
    Path(handle): Path<String>,
    Params(range): Params<Range>,
) -> Result<Json<List<ShiftBody>>, ApiError> {
    let cx = &mut caller.cx().await?;
    let (from, to) = range.read(cx.now());
    let person = people::person(cx, &handle).await?;
    let found = rota::shifts_of_person(cx, person.id, from, to).await?;
    Ok(List::whole(found.iter().map(ShiftBody::from).collect()))
}

/// A schedule that names a person in what is to come.
#[derive(Debug, Serialize, ToSchema)]
struct MentionBody {
    /// The schedule.
    schedule: ScheduleNameBody,
    /// Slug of its team.
    team: String,
    /// Layers in which they take turns.
    layers: Vec<String>,
    /// Their shifts to come.
    shifts: i64,
    /// The first of them.
    first_shift: Option<Timestamp>,
    /// Overrides to come that put them on call.
    overrides: i64,
    /// Swaps to come that they asked for, are asked for, or took.
    swaps: i64,
}

/// Where a person is named in what is to come.
#[utoipa::path(get, path = "/people/{handle}/rota", tag = "on-call", params(("handle" = String, Path)), responses((status = 200, body = List<MentionBody>)))]
async fn mentions(
    mut caller: Caller,
    Path(handle): Path<String>,
) -> Result<Json<List<MentionBody>>, ApiError> {
    let found = rota::named_in(&mut caller.cx().await?, &handle).await?;
    Ok(List::whole(
        found
            .into_iter()
            .map(|n| MentionBody {
                schedule: ScheduleNameBody::from(&n.schedule),
                team: n.team.slug,
                layers: n.layers,
                shifts: n.shifts,
                first_shift: n.first_shift,
                overrides: n.overrides,
                swaps: n.swaps,
            })
            .collect(),
    ))
}

/// Who takes the turns of a person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplacementBody {
    /// Handle of who takes them.
    by: String,
    /// Slugs of the schedules; all that name the person if absent.
    #[serde(default)]
    schedules: Vec<String>,
}

/// Gives all turns to come of a person to another, from now on; nobody else's dates move. Answers with the schedules in
/// which it was done.
#[utoipa::path(put, path = "/people/{handle}/rota", tag = "on-call", params(("handle" = String, Path)), request_body = ReplacementBody,
    responses((status = 200, body = List<ScheduleNameBody>)))]
async fn replace(
    mut caller: Caller,
    Path(handle): Path<String>,
    Body(body): Body<ReplacementBody>,
) -> Result<Json<List<ScheduleNameBody>>, ApiError> {
    let done = rota::replace_person(&mut caller.cx().await?, &handle, &body.by, &body.schedules).await?;
    Ok(List::whole(done.iter().map(|(schedule, _)| ScheduleNameBody::from(schedule)).collect()))
}
