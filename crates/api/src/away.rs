//! `/me/away-calendar`: the calendar that says when the caller is away.

use axum::{extract::State, http::StatusCode};
use jiff::Timestamp;
use portolan_domain::{
    Error,
    rota::{self, AwayCalendar},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json},
};

/// The slice's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(get, put, remove))
}

/// A calendar. Its address is not told again, for it opens the calendar.
#[derive(Debug, Serialize, ToSchema)]
struct AwayCalendarBody {
    /// Host of the address.
    host: String,
    /// When the address was given.
    set_at: Timestamp,
    /// When it was last asked for.
    asked_at: Option<Timestamp>,
    /// When it was last read.
    read_at: Option<Timestamp>,
    /// Why it could not be read, the last time.
    error: Option<String>,
    /// Absences to come.
    absences: i64,
}

impl From<AwayCalendar> for AwayCalendarBody {
    fn from(c: AwayCalendar) -> Self {
        let AwayCalendar { host, set_at, asked_at, read_at, error, absences } = c;
        Self { host, set_at, asked_at, read_at, error, absences }
    }
}

/// The address to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAwayCalendar {
    /// Address of an iCalendar file: `https://…`, `http://…` or `webcal://…`.
    address: String,
}

/// The caller's calendar; 404 if they gave none.
#[utoipa::path(get, path = "/me/away-calendar", tag = "rota", responses((status = 200, body = AwayCalendarBody)))]
async fn get(mut caller: Caller) -> Result<Json<AwayCalendarBody>, ApiError> {
    let calendar = rota::away_calendar(&mut caller.cx().await?).await?;
    Ok(Json(calendar.ok_or_else(|| Error::not_found("calendar", "of yours"))?.into()))
}

/// Gives the address of the caller's calendar. It is read at once and then every hour; only times of absence are kept.
#[utoipa::path(put, path = "/me/away-calendar", tag = "rota", request_body = NewAwayCalendar, responses((status = 200, body = AwayCalendarBody)))]
async fn put(
    State(portal): State<Shared>,
    mut caller: Caller,
    Body(body): Body<NewAwayCalendar>,
) -> Result<Json<AwayCalendarBody>, ApiError> {
    let key = portal.sealing_key.as_ref();
    Ok(Json(rota::set_away_calendar(&mut caller.cx().await?, &body.address, key).await?.into()))
}

/// Takes the caller's calendar away, and all that was read of it.
#[utoipa::path(delete, path = "/me/away-calendar", tag = "rota", responses((status = 204)))]
async fn remove(mut caller: Caller) -> Result<StatusCode, ApiError> {
    rota::remove_away_calendar(&mut caller.cx().await?).await?;
    Ok(StatusCode::NO_CONTENT)
}
