//! `/teams/{slug}/load`: how much is asked of whom, for the team and those it reports to.

use axum::extract::Path;
use jiff::Timestamp;
use portolan_domain::rota::load::{self, Asked, Hours};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::NameBody;
use crate::{ApiError, Caller, Shared, body::Json};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(of_team))
}

/// The load of a team.
#[derive(Debug, Serialize, ToSchema)]
struct LoadBody {
    /// Slug of the team.
    team: String,
    /// 26 weeks ago.
    from: Timestamp,
    /// Where what was worked ends and what is planned begins.
    now: Timestamp,
    /// 26 weeks ahead.
    to: Timestamp,
    /// Everybody with a shift, by name.
    people: Vec<PersonLoadBody>,
}

/// The load of a person.
#[derive(Debug, Serialize, ToSchema)]
struct PersonLoadBody {
    /// Who.
    person: NameBody,
    /// What was worked.
    last: AskedBody,
    /// What is planned.
    next: AskedBody,
}

/// What is asked of a person. Hours are counted where they live.
#[derive(Debug, Serialize, ToSchema)]
struct AskedBody {
    /// Shifts.
    shifts: usize,
    /// Hours, overlaps counted once.
    hours: i64,
    /// Of them between 22:00 and 08:00.
    night_hours: i64,
    /// Of them on Saturdays and Sundays.
    weekend_hours: i64,
    /// Of them on holidays.
    holiday_hours: i64,
    /// One in so many: covered time of the team's schedules divided by theirs.
    one_in: Option<f64>,
    /// `good`, `tolerable` or `too-often`, as the settings have it.
    bearing: Option<&'static str>,
}

impl From<Asked> for AskedBody {
    fn from(a: Asked) -> Self {
        Self {
            shifts: a.shifts,
            hours: Hours::whole(a.hours.seconds),
            night_hours: Hours::whole(a.hours.night_seconds),
            weekend_hours: Hours::whole(a.hours.weekend_seconds),
            holiday_hours: Hours::whole(a.hours.holiday_seconds),
            one_in: a.one_in.map(|n| (n * 10.0).round() / 10.0),
            bearing: a.bearing.map(load::Bearing::as_str),
        }
    }
}

/// How much on-call is asked of whom in a team: what was worked in the last 26 weeks and what is planned for the next, from
/// the shifts themselves. For the team and those it reports to; it ranks nobody.
#[utoipa::path(get, path = "/teams/{slug}/load", tag = "on-call", params(("slug" = String, Path)), responses((status = 200, body = LoadBody)))]
async fn of_team(mut caller: Caller, Path(slug): Path<String>) -> Result<Json<LoadBody>, ApiError> {
    let found = load::of_team(&mut caller.cx().await?, &slug).await?;
    let (from, now, to) = found.span;
    Ok(Json(LoadBody {
        team: found.team.slug,
        from,
        now,
        to,
        people: found
            .people
            .into_iter()
            .map(|p| PersonLoadBody {
                person: NameBody::from(&p.person),
                last: p.last.into(),
                next: p.next.into(),
            })
            .collect(),
    }))
}
