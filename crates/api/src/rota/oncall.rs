//! `/oncall`: who is it, and why.

use jiff::Timestamp;
use portolan_domain::{
    Error,
    rota::{self, Purpose, ScheduleFilter},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::{ContactBody, ScheduleNameBody, ShiftBody};
use crate::{
    ApiError, Caller, Shared,
    body::{Json, List, Params, paging},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(on_call)).routes(routes!(now))
}

/// Of what: exactly one of `entity` and `team`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Reference, or a bare name of any kind: `checkout-api`.
    entity: Option<String>,
    /// Slug of a team.
    team: Option<String>,
    /// The instant; now if absent.
    at: Option<Timestamp>,
    /// `on-call` (if absent) or `support`.
    #[param(value_type = Option<String>)]
    purpose: Option<Purpose>,
}

/// Who is on call.
#[derive(Debug, Serialize, ToSchema)]
struct OnCallBody {
    /// The instant that is answered for.
    at: Timestamp,
    /// Slug of the team that answers: whoever operates what is asked about, else its owner.
    team: Option<String>,
    /// Name of the owner, where another team operates it.
    owner: Option<String>,
    /// The schedule that was asked.
    schedule: Option<ScheduleNameBody>,
    /// The schedule's zone.
    time_zone: Option<String>,
    /// Who is on call; several where layers stand side by side.
    people: Vec<ContactBody>,
    /// Until when that is so.
    until: Option<Timestamp>,
    /// What lasts at that instant: also a gap or a vacant turn.
    shifts: Vec<ShiftBody>,
    /// The next shift of somebody.
    next: Option<ShiftBody>,
    /// Nobody is on call: the nearest lead, who is asked instead and may not expect it.
    fallback: Option<ContactBody>,
    /// How this was found, step by step.
    why: Vec<String>,
}

impl From<rota::OnCall> for OnCallBody {
    fn from(o: rota::OnCall) -> Self {
        Self {
            at: o.at,
            team: o.team.as_ref().map(|t| t.slug.clone()),
            owner: o.owner.clone(),
            schedule: o.schedule.as_ref().map(ScheduleNameBody::from),
            people: o.people().into_iter().map(ContactBody::from).collect(),
            until: o.until(),
            shifts: o.now.iter().map(ShiftBody::from).collect(),
            next: o.next.as_ref().map(ShiftBody::from),
            fallback: o.fallback.as_ref().map(ContactBody::from),
            time_zone: o.time_zone,
            why: o.why,
        }
    }
}

/// Who is on call for a service, for anything else of the catalog or for a team, now or at an instant: until when, who is next, and why.
#[utoipa::path(get, path = "/oncall", tag = "on-call", params(Query), responses((status = 200, body = OnCallBody)))]
async fn on_call(mut caller: Caller, Params(query): Params<Query>) -> Result<Json<OnCallBody>, ApiError> {
    let purpose = query.purpose.unwrap_or(Purpose::OnCall);
    let cx = &mut caller.cx().await?;
    let found = match (&query.entity, &query.team) {
        (Some(entity), None) => rota::on_call_of_entity(cx, entity, purpose, query.at).await?,
        (None, Some(team)) => rota::on_call_of_team(cx, team, purpose, query.at).await?,
        _ => return Err(Error::invalid("entity", "or team is needed, and not both").into()),
    };
    Ok(Json(found.into()))
}

/// Which schedules.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct NowQuery {
    /// Part of the schedule's or its team's name.
    q: Option<String>,
    /// Slug of a team.
    team: Option<String>,
    /// `on-call` or `support`; both if absent.
    #[param(value_type = Option<String>)]
    purpose: Option<Purpose>,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A schedule now.
#[derive(Debug, Serialize, ToSchema)]
struct NowBody {
    /// The schedule.
    schedule: ScheduleNameBody,
    /// Slug of its team.
    team: String,
    /// `on-call` or `support`.
    purpose: &'static str,
    /// Its zone.
    time_zone: String,
    /// What lasts now; empty outside of what it covers.
    now: Vec<ShiftBody>,
    /// The next shift of somebody.
    next: Option<ShiftBody>,
    /// The next time within eight weeks that nobody covers.
    gap: Option<ShiftBody>,
}

/// The whole company now: every open schedule with who is there, who is next, and what is missing within eight weeks.
#[utoipa::path(get, path = "/oncall/now", tag = "on-call", params(NowQuery), responses((status = 200, body = List<NowBody>)))]
async fn now(mut caller: Caller, Params(query): Params<NowQuery>) -> Result<Json<List<NowBody>>, ApiError> {
    let (limit, after) = paging(query.limit, query.after)?;
    let filter = ScheduleFilter { q: query.q, team: query.team, purpose: query.purpose, closed: false };
    let page = rota::company_now(&mut caller.cx().await?, &filter, after, limit).await?;
    Ok(List::of(page, |s| NowBody {
        schedule: ScheduleNameBody::from(&s.schedule),
        team: s.team.slug,
        purpose: s.purpose.as_str(),
        time_zone: s.time_zone,
        now: s.now.iter().map(ShiftBody::from).collect(),
        next: s.next.as_ref().map(ShiftBody::from),
        gap: s.gap.as_ref().map(ShiftBody::from),
    }))
}
