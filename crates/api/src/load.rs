//! `/teams/{slug}/load`, `/me/load`: how much is asked of whom, for the team and those it reports to.

use axum::extract::Path;
use jiff::{Timestamp, civil::Date};
use portolan_domain::{
    load::{self, Calls, RuleLoad, WeekPages},
    rota::load::{Asked, Bearing, Hours},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{ApiError, Caller, Shared, body::Json, rota::NameBody};

/// The slice's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(of_team)).routes(routes!(mine))
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
    /// IANA name of the zone in which weeks begin.
    time_zone: String,
    /// Everybody with a shift or a page, by name.
    people: Vec<PersonLoadBody>,
    /// Pages by ISO week, the oldest first; the last one is still running.
    weeks: Vec<WeekBody>,
    /// What is to be said of the pages.
    pages: PagesBody,
    /// The alert rules that cost most, the worst first, and those that somebody mends.
    rules: Vec<RuleBody>,
    /// The share of the members' working hours that support and on-call take this week, between 0 and 1; null: nothing is
    /// known of it.
    essential_share: Option<f64>,
    /// `ok`, `high` (it crowds out improvement) or `alarm`, as the settings have it.
    essential: Option<&'static str>,
    /// There were more pages than are counted here: the oldest are left out.
    is_cut: bool,
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
    /// Pages of the team that reached them in the 26 weeks that are past; what comes within a minute of the one before is one.
    pages: usize,
    /// Of them outside of Monday to Friday, 08:00 to 18:00, where they live, or on a holiday.
    out_of_hours_pages: usize,
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
    /// One in so many: the time that the schedules they take part in cover, from when they first did, divided by theirs.
    one_in: Option<f64>,
    /// `good`, `tolerable` or `too-often`, as the settings have it; null too for whoever joined less than four weeks ago.
    bearing: Option<&'static str>,
    /// From when on it is counted, if they first took part within the 26 weeks.
    since: Option<Timestamp>,
}

impl From<Asked> for AskedBody {
    fn from(a: Asked) -> Self {
        Self {
            shifts: a.shifts,
            hours: Hours::whole(a.hours.seconds),
            night_hours: Hours::whole(a.hours.night_seconds),
            weekend_hours: Hours::whole(a.hours.weekend_seconds),
            holiday_hours: Hours::whole(a.hours.holiday_seconds),
            one_in: a.one_in.map(tenth),
            bearing: a.bearing.map(Bearing::as_str),
            since: a.since,
        }
    }
}

/// The pages of a week.
#[derive(Debug, Serialize, ToSchema)]
struct WeekBody {
    /// Like `2026-W47`.
    week: String,
    /// All of them.
    pages: usize,
    /// Judged as business-impacting.
    real_impact: usize,
    /// Judged as felt by nobody.
    no_impact: usize,
    /// Judged as false alarms.
    false_alarms: usize,
    /// Judged as told by another page already.
    duplicates: usize,
    /// Not judged yet.
    unjudged: usize,
    /// Out of hours where the first whom it reached lives.
    out_of_hours: usize,
}

impl From<WeekPages> for WeekBody {
    fn from(w: WeekPages) -> Self {
        Self {
            week: w.week.to_string(),
            pages: w.pages(),
            real_impact: w.real_impact,
            no_impact: w.no_impact,
            false_alarms: w.false_alarms,
            duplicates: w.duplicates,
            unjudged: w.unjudged,
            out_of_hours: w.out_of_hours,
        }
    }
}

/// What is to be said of the pages of the 26 weeks.
#[derive(Debug, Serialize, ToSchema)]
struct PagesBody {
    /// Business-impacting pages a week in the last four whole weeks.
    impacting_a_week: f64,
    /// `good`, `tolerable` or `too-often`, as the settings have it.
    bearing: &'static str,
    /// Whole weeks with more of them than are bearable.
    weeks_over: usize,
    /// The share of false alarms among the judged ones, between 0 and 1; null: none is judged.
    false_alarm_share: Option<f64>,
    /// Pages that somebody judged.
    judged: usize,
    /// Pages that are over and that nobody judged.
    unjudged: usize,
}

/// An alert rule.
#[derive(Debug, Serialize, ToSchema)]
struct RuleBody {
    /// What monitoring calls it.
    rule: String,
    /// Pages that it opened.
    pages: usize,
    /// Of them out of hours.
    out_of_hours: usize,
    /// Of them judged.
    judged: usize,
    /// Of those, false alarms.
    false_alarms: usize,
    /// When it last opened one.
    last_at: Option<Timestamp>,
    /// The action by which somebody mends it; null: nobody does. Promise one with `POST /actions` and `alert_rule`.
    action: Option<uuid::Uuid>,
    /// Handle of whoever mends it.
    owner: Option<String>,
    /// By when, a day.
    #[schema(value_type = Option<String>, format = Date)]
    due_on: Option<Date>,
}

impl From<RuleLoad> for RuleBody {
    fn from(r: RuleLoad) -> Self {
        let (action, owner, due_on) =
            r.action.map_or((None, None, None), |a| (Some(a.id.0), a.owner, Some(a.due_on)));
        Self {
            rule: r.rule,
            pages: r.pages,
            out_of_hours: r.out_of_hours,
            judged: r.judged,
            false_alarms: r.false_alarms,
            last_at: r.last_at,
            action,
            owner,
            due_on,
        }
    }
}

/// How much on-call is asked of whom in a team: what was worked in the last 26 weeks and what is planned for the next, from
/// the shifts themselves; its pages by week and person, and the alert rules that cost most. For the team and those it
/// reports to; it ranks nobody.
#[utoipa::path(get, path = "/teams/{slug}/load", tag = "on-call", params(("slug" = String, Path)), responses((status = 200, body = LoadBody)))]
async fn of_team(mut caller: Caller, Path(slug): Path<String>) -> Result<Json<LoadBody>, ApiError> {
    let found = load::of_team(&mut caller.cx().await?, &slug).await?;
    let (from, now, to) = found.span;
    let essential = found.essential.map(|e| match (e.is_alarm(), e.is_high()) {
        (true, _) => "alarm",
        (_, true) => "high",
        _ => "ok",
    });
    Ok(Json(LoadBody {
        team: found.team.slug,
        from,
        now,
        to,
        time_zone: found.zone.iana_name().unwrap_or("UTC").to_owned(),
        people: found
            .people
            .into_iter()
            .map(|p| PersonLoadBody {
                person: NameBody::from(&p.person),
                last: p.last.into(),
                next: p.next.into(),
                pages: p.calls.pages,
                out_of_hours_pages: p.calls.out_of_hours,
            })
            .collect(),
        weeks: found.weeks.into_iter().map(WeekBody::from).collect(),
        pages: PagesBody {
            impacting_a_week: tenth(found.lately),
            bearing: found.bearing.as_str(),
            weeks_over: found.weeks_over,
            false_alarm_share: found.noise.share(),
            judged: found.noise.judged,
            unjudged: found.noise.unjudged,
        },
        rules: found.rules.into_iter().map(RuleBody::from).collect(),
        essential_share: found.essential.map(|e| e.share()),
        essential,
        is_cut: found.is_cut,
    }))
}

/// One's own load.
#[derive(Debug, Serialize, ToSchema)]
struct OwnLoadBody {
    /// What was worked.
    last: AskedBody,
    /// What is planned.
    next: AskedBody,
    /// Pages that reached you in the 26 weeks that are past; what comes within a minute of the one before is one.
    pages: usize,
    /// Of them out of hours.
    out_of_hours_pages: usize,
}

impl OwnLoadBody {
    fn new(last: Asked, next: Asked, calls: Calls) -> Self {
        Self {
            last: last.into(),
            next: next.into(),
            pages: calls.pages,
            out_of_hours_pages: calls.out_of_hours,
        }
    }
}

/// How much on-call is asked of you, on all schedules: 26 weeks back and ahead.
#[utoipa::path(get, path = "/me/load", tag = "on-call", responses((status = 200, body = OwnLoadBody)))]
async fn mine(mut caller: Caller) -> Result<Json<OwnLoadBody>, ApiError> {
    let found = load::mine(&mut caller.cx().await?).await?;
    Ok(Json(OwnLoadBody::new(found.last, found.next, found.calls)))
}

/// As it is shown.
fn tenth(n: f64) -> f64 {
    (n * 10.0).round() / 10.0
}
