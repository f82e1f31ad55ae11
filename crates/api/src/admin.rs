//! For admins: what usage says, and the settings.

use jiff::Timestamp;
use portolan_domain::{
    Error, Problem,
    settings::{self, Settings},
    usage,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, given},
};

/// The slice's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(report)).routes(routes!(read, change))
}

/// What people did with the portal; nobody is named.
#[derive(Debug, Serialize, ToSchema)]
struct UsageBody {
    /// The weeks, newest first.
    weeks: Vec<WeekBody>,
    /// Searches of the last 28 days.
    searches: i64,
    /// How many of them found something.
    searches_with_result: i64,
    /// Searches that found nothing, the most frequent first.
    empty_searches: Vec<TimesBody>,
    /// What was opened, the most frequent first.
    opened: Vec<TimesBody>,
}

/// One week.
#[derive(Debug, Serialize, ToSchema)]
struct WeekBody {
    /// Its Monday.
    from: Timestamp,
    /// Different people: a number from 5 on, else in words.
    people: String,
    /// Different teams.
    teams: i64,
    /// Events.
    events: i64,
}

/// How often something was searched for or opened.
#[derive(Debug, Serialize, ToSchema)]
struct TimesBody {
    /// What.
    subject: String,
    /// How often.
    times: i64,
}

/// What people searched for and opened; for admins.
#[utoipa::path(get, path = "/usage", tag = "admin", responses((status = 200, body = UsageBody)))]
async fn report(mut caller: Caller) -> Result<Json<UsageBody>, ApiError> {
    let report = usage::report(&mut caller.cx().await?).await?;
    let week = |w: usage::Week| WeekBody {
        from: w.from,
        people: usage::few(w.people),
        teams: w.teams,
        events: w.events,
    };
    Ok(Json(UsageBody {
        weeks: report.weeks.into_iter().map(week).collect(),
        searches: report.searches.0,
        searches_with_result: report.searches.1,
        empty_searches: report
            .empty_searches
            .into_iter()
            .map(|s| TimesBody { subject: s.text, times: s.times })
            .collect(),
        opened: report.opened.into_iter().map(|o| TimesBody { subject: o.subject, times: o.times }).collect(),
    }))
}

/// The settings.
#[derive(Debug, Serialize, ToSchema)]
struct SettingsBody {
    /// Days until a person's name is dropped from usage events. Default 90.
    usage_names_days: i64,
    /// Days after which a team is asked whether a service is still theirs; null (the default): never.
    confirm_after_days: Option<i64>,
    /// How many times a month one person is asked, at most. Default 4.
    confirm_asks_a_month: i64,
    /// On call one in so many, or less often, is good. Default 6.
    load_good_one_in: i64,
    /// On call more often than one in so many needs a reason. Default 4.
    load_least_one_in: i64,
    /// Business-impacting pages a week up to which a team is well. Default 2.
    load_pages_good: i64,
    /// Business-impacting pages a week beyond which it is not sustainable. Default 5.
    load_pages_most: i64,
    /// Percent of judged pages that are false alarms, from which on they hide the truth. Default 30.
    load_false_alarms_most: i64,
    /// Percent of a team's time in on-call and support above which improvement is crowded out. Default 40.
    load_essential_warn: i64,
    /// Percent above which it is an alarm. Default 50.
    load_essential_alarm: i64,
    /// The annotation of a team's descriptor that says who pays for what it gets. Default `portolan.dev/cost-centre`.
    cost_centre_annotation: String,
}

impl From<Settings> for SettingsBody {
    fn from(s: Settings) -> Self {
        Self {
            usage_names_days: s.usage_names_days,
            confirm_after_days: s.confirm_after_days,
            confirm_asks_a_month: s.confirm_asks_a_month,
            load_good_one_in: s.load_good_one_in,
            load_least_one_in: s.load_least_one_in,
            load_pages_good: s.load_pages_good,
            load_pages_most: s.load_pages_most,
            load_false_alarms_most: s.load_false_alarms_most,
            load_essential_warn: s.load_essential_warn,
            load_essential_alarm: s.load_essential_alarm,
            cost_centre_annotation: s.cost_centre_annotation,
        }
    }
}

/// The settings to be. All of them: one that is left out would be turned back without a word.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSettings {
    /// Days until a person's name is dropped from usage events, 1 to 3650.
    #[schema(required = true, value_type = i64)]
    usage_names_days: Option<i64>,
    /// Days after which a team is asked whether a service is still theirs, 30 to 3650; null: never.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = true, value_type = Option<i64>)]
    confirm_after_days: Option<Option<i64>>,
    /// How many times a month one person is asked, 1 to 30.
    #[schema(required = true, value_type = i64)]
    confirm_asks_a_month: Option<i64>,
    /// On call one in so many, or less often, is good. Default 6.
    #[schema(required = true, value_type = i64)]
    load_good_one_in: Option<i64>,
    /// On call more often than one in so many needs a reason. Default 4.
    #[schema(required = true, value_type = i64)]
    load_least_one_in: Option<i64>,
    /// Business-impacting pages a week up to which a team is well. Default 2.
    #[schema(required = true, value_type = i64)]
    load_pages_good: Option<i64>,
    /// Business-impacting pages a week beyond which it is not sustainable. Default 5.
    #[schema(required = true, value_type = i64)]
    load_pages_most: Option<i64>,
    /// Percent of judged pages that are false alarms, from which on they hide the truth. Default 30.
    #[schema(required = true, value_type = i64)]
    load_false_alarms_most: Option<i64>,
    /// Percent of a team's time in on-call and support above which improvement is crowded out. Default 40.
    #[schema(required = true, value_type = i64)]
    load_essential_warn: Option<i64>,
    /// Percent above which it is an alarm. Default 50.
    #[schema(required = true, value_type = i64)]
    load_essential_alarm: Option<i64>,
    /// The annotation of a team's descriptor that says who pays for what it gets. Default `portolan.dev/cost-centre`.
    #[schema(required = true, value_type = String)]
    cost_centre_annotation: Option<String>,
}

impl NewSettings {
    fn read(self) -> Result<Settings, Error> {
        let mut missing = Vec::new();
        let mut needed = |field: &str, value: Option<i64>, default: i64| {
            value.unwrap_or_else(|| {
                missing.push(left_out(field, &default.to_string()));
                default
            })
        };
        let default = Settings::default();
        let new = Settings {
            usage_names_days: needed("usage_names_days", self.usage_names_days, default.usage_names_days),
            confirm_after_days: self.confirm_after_days.flatten(),
            confirm_asks_a_month: needed(
                "confirm_asks_a_month",
                self.confirm_asks_a_month,
                default.confirm_asks_a_month,
            ),
            load_good_one_in: needed("load_good_one_in", self.load_good_one_in, default.load_good_one_in),
            load_least_one_in: needed("load_least_one_in", self.load_least_one_in, default.load_least_one_in),
            load_pages_good: needed("load_pages_good", self.load_pages_good, default.load_pages_good),
            load_pages_most: needed("load_pages_most", self.load_pages_most, default.load_pages_most),
            load_false_alarms_most: needed(
                "load_false_alarms_most",
                self.load_false_alarms_most,
                default.load_false_alarms_most,
            ),
            load_essential_warn: needed(
                "load_essential_warn",
                self.load_essential_warn,
                default.load_essential_warn,
            ),
            load_essential_alarm: needed(
                "load_essential_alarm",
                self.load_essential_alarm,
                default.load_essential_alarm,
            ),
            cost_centre_annotation: self.cost_centre_annotation.clone().unwrap_or_default().trim().to_owned(),
        };
        if self.cost_centre_annotation.is_none() {
            missing.push(left_out("cost_centre_annotation", &default.cost_centre_annotation));
        }
        if self.confirm_after_days.is_none() {
            missing.insert(missing.len().min(1), left_out("confirm_after_days", "null, which is never"));
        }
        if missing.is_empty() { Ok(new) } else { Err(Error::Invalid(missing)) }
    }
}

fn left_out(field: &str, default: &str) -> Problem {
    Problem {
        field: field.into(),
        message: format!("is needed: PUT replaces all settings; its default is {default}"),
    }
}

/// The settings in force; for admins.
#[utoipa::path(get, path = "/settings", tag = "admin", responses((status = 200, body = SettingsBody)))]
async fn read(mut caller: Caller) -> Result<Json<SettingsBody>, ApiError> {
    Ok(Json(settings::show(&mut caller.cx().await?).await?.into()))
}

/// Turns the settings; for admins.
#[utoipa::path(put, path = "/settings", tag = "admin", request_body = NewSettings, responses((status = 200, body = SettingsBody)))]
async fn change(mut caller: Caller, Body(body): Body<NewSettings>) -> Result<Json<SettingsBody>, ApiError> {
    Ok(Json(settings::change(&mut caller.cx().await?, body.read()?).await?.into()))
}
