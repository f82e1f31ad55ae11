//! `/holiday-calendars`: typed, or taken from an iCalendar file.

use axum::{extract::Path, http::StatusCode, response::Response};
use jiff::{Timestamp, civil::Date};
use portolan_domain::{
    Error, HolidayCalendarId,
    rota::{self, Holiday, HolidayCalendar},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, created},
    tag::IfMatch,
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, edit, remove))
}

/// Which calendars.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Slug of the team they belong to.
    team: Option<String>,
}

/// A holiday.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HolidayBody {
    /// The day.
    #[schema(value_type = String, format = Date)]
    day: Date,
    /// What is celebrated.
    #[serde(default)]
    name: String,
}

/// A calendar to be made, or what it is to say. Exactly one of `days` and `ics` is needed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCalendarBody {
    /// Slug of the team it belongs to; not needed for a change.
    team: Option<String>,
    /// Name.
    name: String,
    /// Its days.
    days: Option<Vec<HolidayBody>>,
    /// The text of an iCalendar file: its whole-day events are the holidays.
    ics: Option<String>,
}

impl NewCalendarBody {
    async fn days(&self, now: Timestamp) -> Result<Vec<Holiday>, Error> {
        match (&self.days, &self.ics) {
            (Some(days), None) => {
                Ok(days.iter().map(|h| Holiday { day: h.day, name: h.name.clone() }).collect())
            }
            (None, Some(text)) => {
                let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
                rota::holidays_of_file(text.clone(), today).await
            }
            _ => Err(Error::invalid("days", "or ics is needed, and not both")),
        }
    }
}

/// A calendar of holidays.
#[derive(Debug, Serialize, ToSchema)]
struct CalendarBody {
    /// Key.
    id: uuid::Uuid,
    /// Slug of the team it belongs to.
    team: String,
    /// Name.
    name: String,
    /// Its days in order.
    days: Vec<HolidayBody>,
    /// Raised at each change.
    version: i64,
}

impl From<&HolidayCalendar> for CalendarBody {
    fn from(c: &HolidayCalendar) -> Self {
        Self {
            id: c.id.0,
            team: c.team.slug.clone(),
            name: c.name.clone(),
            days: c.days.iter().map(|h| HolidayBody { day: h.day, name: h.name.clone() }).collect(),
            version: c.version,
        }
    }
}

/// Calendars of holidays; at most 500.
#[utoipa::path(get, path = "/holiday-calendars", tag = "on-call", params(Query), responses((status = 200, body = List<CalendarBody>)))]
async fn list(
    mut caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<List<CalendarBody>>, ApiError> {
    let found = rota::holiday_calendars(&mut caller.cx().await?, query.team.as_deref()).await?;
    Ok(List::whole(found.iter().map(CalendarBody::from).collect()))
}

/// Makes a calendar; for whoever may edit the team.
#[utoipa::path(post, path = "/holiday-calendars", tag = "on-call", request_body = NewCalendarBody,
    responses((status = 201, body = CalendarBody, headers(("Location" = String, description = "Its address.")))))]
async fn create(mut caller: Caller, Body(body): Body<NewCalendarBody>) -> Result<Response, ApiError> {
    let team =
        body.team.as_deref().ok_or_else(|| Error::invalid("team", "is needed: whose calendar it is"))?;
    let cx = &mut caller.cx().await?;
    let days = body.days(cx.now()).await?;
    let made = rota::create_holiday_calendar(cx, team, &body.name, &days).await?;
    Ok(created(format_args!("/holiday-calendars/{}", made.id), Json(CalendarBody::from(&made))))
}

/// One calendar.
#[utoipa::path(get, path = "/holiday-calendars/{id}", tag = "on-call", params(("id" = uuid::Uuid, Path)), responses((status = 200, body = CalendarBody)))]
async fn show(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<Json<CalendarBody>, ApiError> {
    let found = rota::holiday_calendar(&mut caller.cx().await?, HolidayCalendarId(id)).await?;
    Ok(Json(CalendarBody::from(&found)))
}

/// Replaces a calendar's name and days; the schedules that follow it are renewed.
#[utoipa::path(put, path = "/holiday-calendars/{id}", tag = "on-call", params(("id" = uuid::Uuid, Path), ("If-Match" = Option<String>, Header)),
    request_body = NewCalendarBody, responses((status = 200, body = CalendarBody)))]
async fn edit(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    IfMatch(version): IfMatch,
    Body(body): Body<NewCalendarBody>,
) -> Result<Json<CalendarBody>, ApiError> {
    let cx = &mut caller.cx().await?;
    let days = body.days(cx.now()).await?;
    let saved = rota::edit_holiday_calendar(cx, HolidayCalendarId(id), &body.name, &days, version).await?;
    Ok(Json(CalendarBody::from(&saved)))
}

/// Deletes a calendar that no schedule follows.
#[utoipa::path(delete, path = "/holiday-calendars/{id}", tag = "on-call", params(("id" = uuid::Uuid, Path)), responses((status = 204)))]
async fn remove(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<StatusCode, ApiError> {
    rota::delete_holiday_calendar(&mut caller.cx().await?, HolidayCalendarId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
