//! What a person has to do with schedules: their shifts, and what is left of somebody who is gone.

use axum::extract::Path;
use jiff::Timestamp;
use portolan_domain::{
    paging::{self, Given, Leaving, NamedStep, Replacement},
    people,
    rota::{self, NamedIn},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    bodies::{Looking, PreviewBody, ScheduleNameBody, ShiftBody},
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
        Self {
            schedules: leaving.schedules.into_iter().map(mention).collect(),
            policies: leaving.policies.into_iter().map(NamedStepBody::from).collect(),
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
    /// Slugs of the teams they are to lead; only those that are named here.
    #[serde(default)]
    leads: Vec<String>,
    /// Why somebody has to be on call more often than the settings bear; needed only then, and kept.
    #[serde(default)]
    reason: String,
}

/// What giving it to another would change.
#[derive(Debug, Serialize, ToSchema)]
struct ReplacementPreviewBody {
    /// For each schedule.
    schedules: Vec<SchedulePreviewBody>,
    /// The policies of which steps would name the other one.
    policies: Vec<NamedStepBody>,
    /// Slugs of the teams that the other one would lead.
    leads: Vec<String>,
}

/// What it would change on one schedule.
#[derive(Debug, Serialize, ToSchema)]
struct SchedulePreviewBody {
    /// The schedule.
    schedule: ScheduleNameBody,
    /// What would change, and for whom.
    #[serde(flatten)]
    preview: PreviewBody,
}

/// What came of it, or with `preview` would.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum ReplacedBody {
    /// What still names the person.
    Left(LeavingBody),
    /// What would change.
    Would(ReplacementPreviewBody),
}

impl From<NamedStep> for NamedStepBody {
    fn from(p: NamedStep) -> Self {
        Self { slug: p.slug, name: p.name, team: p.team.slug, steps: p.steps }
    }
}

impl From<Replacement> for ReplacementPreviewBody {
    fn from(replacement: Replacement) -> Self {
        let of_schedule = |(schedule, preview)| SchedulePreviewBody {
            schedule: ScheduleNameBody::from(&schedule),
            preview: PreviewBody::from(preview),
        };
        Self {
            schedules: replacement.schedules.into_iter().map(of_schedule).collect(),
            policies: replacement.policies.into_iter().map(NamedStepBody::from).collect(),
            leads: replacement.leads.into_iter().map(|team| team.slug).collect(),
        }
    }
}

/// Gives what is to come of a person to another, from now on: turns, overrides, escalation steps and the lead of teams; nobody else's dates
/// move. Answers with what still names the person, or with `preview` with what would change.
#[utoipa::path(put, path = "/people/{handle}/rota", tag = "on-call", params(("handle" = String, Path), Looking), request_body = ReplacementBody,
    responses((status = 200, body = ReplacedBody)))]
async fn replace(
    mut caller: Caller,
    Path(handle): Path<String>,
    Params(looking): Params<Looking>,
    Body(body): Body<ReplacementBody>,
) -> Result<Json<ReplacedBody>, ApiError> {
    let cx = &mut caller.cx().await?;
    let given = Given { schedules: body.schedules, policies: body.policies, leads: body.leads };
    if looking.preview {
        let would = paging::preview_replacement(cx, &handle, &body.by, given).await?;
        return Ok(Json(ReplacedBody::Would(would.into())));
    }
    let left = paging::replace_person(cx, &handle, &body.by, given, &body.reason).await?;
    Ok(Json(ReplacedBody::Left(left.into())))
}
