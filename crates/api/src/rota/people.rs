//! What a person has to do with schedules: their shifts, and what is left of somebody who is gone.

use axum::extract::Path;
use jiff::Timestamp;
use portolan_domain::{
    paging::{self, Given, Leaving, NamedStep},
    people,
    rota::{self, NamedIn},
};
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

/// A policy of which a step names a person.
#[derive(Debug, Serialize, ToSchema)]
struct NamedStepBody {
    /// Its slug.
    slug: String,
    /// Its name.
    name: String,
    /// Slug of its team.
    team: String,
    /// Which of its steps, counted from one.
    steps: Vec<i32>,
}

/// Where a person is named in what is to come.
#[derive(Debug, Serialize, ToSchema)]
struct LeavingBody {
    /// Schedules; at most 200.
    schedules: Vec<MentionBody>,
    /// Escalation policies; at most 200.
    policies: Vec<NamedStepBody>,
    /// Slugs of the teams they lead: their leads are asked when nobody is on call, and approve.
    leads: Vec<String>,
}

impl From<Leaving> for LeavingBody {
    fn from(leaving: Leaving) -> Self {
        let mention = |n: NamedIn| MentionBody {
            schedule: ScheduleNameBody::from(&n.schedule),
            team: n.team.slug,
            layers: n.layers,
            shifts: n.shifts,
            first_shift: n.first_shift,
            overrides: n.overrides,
            swaps: n.swaps,
        };
        let step =
            |p: NamedStep| NamedStepBody { slug: p.slug, name: p.name, team: p.team.slug, steps: p.steps };
        Self {
            schedules: leaving.schedules.into_iter().map(mention).collect(),
            policies: leaving.policies.into_iter().map(step).collect(),
            leads: leaving.leads.into_iter().map(|team| team.slug).collect(),
        }
    }
}

/// Where a person is named in what is to come.
#[utoipa::path(get, path = "/people/{handle}/rota", tag = "on-call", params(("handle" = String, Path)), responses((status = 200, body = LeavingBody)))]
async fn mentions(mut caller: Caller, Path(handle): Path<String>) -> Result<Json<LeavingBody>, ApiError> {
    Ok(Json(paging::leaving(&mut caller.cx().await?, &handle).await?.into()))
}

/// Who takes what is to come of a person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplacementBody {
    /// Handle of who takes it.
    by: String,
    /// Slugs of the schedules; absent with `policies` absent too: all that name the person; else none.
    schedules: Option<Vec<String>>,
    /// Slugs of the escalation policies; likewise.
    policies: Option<Vec<String>>,
}

/// Gives what is to come of a person to another, from now on: turns, overrides and escalation steps; nobody else's dates
/// move. Answers with what still names the person.
#[utoipa::path(put, path = "/people/{handle}/rota", tag = "on-call", params(("handle" = String, Path)), request_body = ReplacementBody,
    responses((status = 200, body = LeavingBody)))]
async fn replace(
    mut caller: Caller,
    Path(handle): Path<String>,
    Body(body): Body<ReplacementBody>,
) -> Result<Json<LeavingBody>, ApiError> {
    let cx = &mut caller.cx().await?;
    let given = Given { schedules: body.schedules, policies: body.policies };
    let left = paging::replace_person(cx, &handle, &body.by, given).await?;
    Ok(Json(left.into()))
}
