//! `/schedules`.

use axum::{
    extract::Path,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp};
use portolan_domain::{
    HolidayCalendarId,
    paging::{ToldTwice, told_twice},
    rota::{self, Edit, NewSchedule, Purpose, ScheduleEdit, ScheduleFilter, Warning},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    bodies::{Looking, NameBody, PreviewBody, ScheduleBody, ScheduleNameBody, ShiftBody, windows},
    layers::NewLayerBody,
};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, created, given, paging},
    tag::{IfMatch, etag, tagged},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, edit))
        .routes(routes!(shifts))
        .routes(routes!(warnings))
}

/// Which schedules.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Part of the schedule's or its team's name.
    q: Option<String>,
    /// Slug of a team.
    team: Option<String>,
    /// `on-call` or `support`.
    #[param(value_type = Option<String>)]
    purpose: Option<Purpose>,
    /// Closed ones too.
    #[serde(default)]
    closed: bool,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A schedule to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewScheduleBody {
    /// Slug of the team it belongs to.
    team: String,
    /// Short unique name: small letters, digits, hyphens.
    slug: String,
    /// Name.
    name: String,
    /// What it is about.
    #[serde(default)]
    description: String,
    /// `on-call` or `support`.
    #[schema(value_type = String)]
    purpose: Purpose,
    /// IANA name of its zone.
    time_zone: String,
    /// Weekly windows in which somebody should be there: `[{"days":["mon","tue"],"from":"09:00","to":"17:00"}]`, or over
    /// days `[{"from_day":"fri","from":"20:00","to_day":"mon","to":"08:00"}]`. Absent or null: always.
    #[schema(value_type = Option<Vec<Object>>)]
    coverage: Option<Value>,
    /// The calendar of its holidays.
    holiday_calendar: Option<uuid::Uuid>,
    /// Who takes turns.
    #[serde(default)]
    layers: Vec<NewLayerBody>,
    /// Why somebody has to be on call more often than the settings bear; needed only then, and kept.
    #[serde(default)]
    reason: String,
}

/// What to change of a schedule. Absent: stays; null: emptied.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ScheduleEditBody {
    /// Name.
    name: Option<String>,
    /// What it is about.
    description: Option<String>,
    /// IANA name of its zone.
    time_zone: Option<String>,
    /// Weekly windows; null: always.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<Object>>)]
    coverage: Option<Option<Value>>,
    /// The calendar of its holidays.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<uuid::Uuid>)]
    holiday_calendar: Option<Option<uuid::Uuid>>,
    /// `true` closes it: no shifts from now on, and no way back.
    #[serde(default)]
    close: bool,
    /// Why somebody has to be on call more often than the settings bear; needed only then, and kept.
    #[serde(default)]
    reason: String,
}

/// Schedules by name.
#[utoipa::path(get, path = "/schedules", tag = "on-call", params(Query), responses((status = 200, body = List<ScheduleBody>)))]
async fn list(
    mut caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<List<ScheduleBody>>, ApiError> {
    let (limit, after) = paging(query.limit, query.after)?;
    let filter =
        ScheduleFilter { q: query.q, team: query.team, purpose: query.purpose, closed: query.closed };
    let page = rota::schedules(&mut caller.cx().await?, &filter, after, limit).await?;
    Ok(List::of(page, |s| ScheduleBody::from(&s)))
}

/// Makes a schedule; for whoever may edit the team.
#[utoipa::path(post, path = "/schedules", tag = "on-call", request_body = NewScheduleBody,
    responses((status = 201, body = ScheduleBody, headers(("Location" = String, description = "Its address.")))))]
async fn create(mut caller: Caller, Body(body): Body<NewScheduleBody>) -> Result<Response, ApiError> {
    let reasons = [&body.reason].into_iter().chain(body.layers.iter().map(|layer| &layer.reason));
    let reason = reasons.map(|reason| reason.trim()).find(|reason| !reason.is_empty()).unwrap_or_default();
    let reason = reason.to_owned();
    let new = NewSchedule {
        team: body.team,
        slug: body.slug,
        name: body.name,
        description: body.description,
        purpose: body.purpose,
        time_zone: body.time_zone,
        coverage: body.coverage.as_ref().map(|w| windows("coverage", w)).transpose()?,
        holiday_calendar: body.holiday_calendar.map(HolidayCalendarId),
        layers: body.layers.into_iter().map(NewLayerBody::read).collect::<Result<_, _>>()?,
    };
    let made = rota::create_schedule(&mut caller.cx().await?, new, &reason).await?;
    Ok(created(format_args!("/schedules/{}", made.slug), Json(ScheduleBody::from(&made))))
}

/// One schedule.
#[utoipa::path(get, path = "/schedules/{slug}", tag = "on-call", params(("slug" = String, Path)), responses((status = 200, body = ScheduleBody)))]
async fn show(
    mut caller: Caller,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let found = rota::schedule(&mut caller.cx().await?, &slug).await?;
    Ok(tagged(&headers, &etag(found.version, found.team.slug.as_str()), Json(ScheduleBody::from(&found))))
}

/// Changes a schedule; for whoever may edit the team. What counts from now on is told by `?preview=true` without saving.
#[utoipa::path(patch, path = "/schedules/{slug}", tag = "on-call", params(("slug" = String, Path), Looking, ("If-Match" = Option<String>, Header)),
    request_body = ScheduleEditBody, responses((status = 200, body = ScheduleBody, description = "The schedule; with `preview`, what would change.")))]
async fn edit(
    mut caller: Caller,
    Path(slug): Path<String>,
    Params(looking): Params<Looking>,
    IfMatch(version): IfMatch,
    Body(body): Body<ScheduleEditBody>,
) -> Result<Response, ApiError> {
    let coverage = match &body.coverage {
        Some(Some(written)) => Some(Some(windows("coverage", written)?)),
        Some(None) => Some(None),
        None => None,
    };
    let edit = Edit::About(ScheduleEdit {
        name: body.name,
        description: body.description,
        time_zone: body.time_zone,
        coverage,
        holiday_calendar: body.holiday_calendar.map(|c| c.map(HolidayCalendarId)),
        close: body.close,
    });
    let cx = &mut caller.cx().await?;
    if looking.preview {
        return Ok(Json(PreviewBody::from(rota::preview(cx, &slug, &edit).await?)).into_response());
    }
    let (saved, _) = rota::change(cx, &slug, &edit, version, &body.reason).await?;
    Ok(Json(ScheduleBody::from(&saved)).into_response())
}

/// Which time.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Range {
    /// First instant; now if absent.
    pub(super) from: Option<Timestamp>,
    /// First instant after it, at most 400 days later; four weeks later if absent.
    pub(super) to: Option<Timestamp>,
}

impl Range {
    /// As instants.
    pub(super) fn read(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        let from = self.from.unwrap_or(now);
        (
            from,
            self.to
                .unwrap_or_else(|| from.saturating_add(SignedDuration::from_hours(24 * 28)).unwrap_or(from)),
        )
    }
}

/// The shifts that touch a time, whole: facts, what is planned, and far ahead what would follow.
#[utoipa::path(get, path = "/schedules/{slug}/shifts", tag = "on-call", params(("slug" = String, Path), Range), responses((status = 200, body = List<ShiftBody>)))]
async fn shifts(
    mut caller: Caller,
    Path(slug): Path<String>,
    Params(range): Params<Range>,
) -> Result<Json<List<ShiftBody>>, ApiError> {
    let cx = &mut caller.cx().await?;
    let (from, to) = range.read(cx.now());
    let schedule = rota::schedule(cx, &slug).await?;
    let found = rota::shifts_of_schedule(cx, &schedule, from, to).await?;
    Ok(List::whole(found.iter().map(ShiftBody::from).collect()))
}

/// Something wrong in what is to come.
#[derive(Debug, Serialize, ToSchema)]
struct WarningBody {
    /// `gap`, `vacant`, `unreachable`, `double-booked`, `away`, or `told-twice`: the same person would be told at a step and again at the next.
    kind: &'static str,
    /// First instant.
    start: Timestamp,
    /// First instant after it; none for who cannot be reached at all.
    end: Option<Timestamp>,
    /// Who.
    person: Option<NameBody>,
    /// The other schedule of somebody in two places.
    other: Option<ScheduleNameBody>,
    /// Slug of the policy that would tell somebody twice; absent: the usual steps of `team`, which wrote none.
    policy: Option<String>,
    /// Slug of the team whose steps tell somebody twice.
    team: Option<String>,
    /// The first of those two steps, counted from 1.
    step: Option<i32>,
}

impl From<&Warning> for WarningBody {
    fn from(w: &Warning) -> Self {
        let start = w.start();
        let plain = Self {
            kind: "gap",
            start,
            end: None,
            person: None,
            other: None,
            policy: None,
            team: None,
            step: None,
        };
        match w {
            Warning::Gap { end, .. } => Self { end: Some(*end), ..plain },
            Warning::Vacant { end, person, .. } => {
                Self { kind: "vacant", end: Some(*end), person: Some(person.into()), ..plain }
            }
            Warning::Unreachable { person, .. } => {
                Self { kind: "unreachable", person: Some(person.into()), ..plain }
            }
            Warning::DoubleBooked { end, person, other, .. } => Self {
                kind: "double-booked",
                end: Some(*end),
                person: Some(person.into()),
                other: Some(other.into()),
                ..plain
            },
            Warning::Away { end, person, .. } => {
                Self { kind: "away", end: Some(*end), person: Some(person.into()), ..plain }
            }
        }
    }
}

impl From<&ToldTwice> for WarningBody {
    fn from(t: &ToldTwice) -> Self {
        Self {
            kind: "told-twice",
            start: t.start,
            end: Some(t.end),
            person: Some((&t.person).into()),
            other: None,
            policy: t.policy.as_ref().map(|p| p.slug.clone()),
            team: Some(t.team.slug.clone()),
            step: Some(t.step),
        }
    }
}

/// What is wrong in the next eight weeks: gaps, vacant turns, people nothing would reach, people in two places at once, people
/// who are away, and steps that would tell the same person twice.
#[utoipa::path(get, path = "/schedules/{slug}/warnings", tag = "on-call", params(("slug" = String, Path)), responses((status = 200, body = List<WarningBody>)))]
async fn warnings(mut caller: Caller, Path(slug): Path<String>) -> Result<Json<List<WarningBody>>, ApiError> {
    let cx = &mut caller.cx().await?;
    let schedule = rota::schedule(cx, &slug).await?;
    let found = rota::warnings(cx, &[schedule.id]).await?;
    let twice = told_twice(cx, &[schedule.id]).await?;
    let mut all: Vec<_> =
        found.iter().map(WarningBody::from).chain(twice.iter().map(WarningBody::from)).collect();
    all.sort_by_key(|w| w.start);
    Ok(List::whole(all))
}
