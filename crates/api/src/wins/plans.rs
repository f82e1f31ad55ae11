//! `/wins-plans`: who takes part, how often, by when.

use axum::{extract::Path, http::HeaderMap, response::Response};
use jiff::{Timestamp, civil::Date};
use portolan_domain::{
    HolidayCalendarId, WinsPlanId,
    wins::{self, Audience, Level, NewPlan, Plan},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, created},
    people::bodies::TeamLink,
    tag::{IfMatch, etag, tagged},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, edit))
}

/// What holds for one height of the tree.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WinsLevelBody {
    /// Day and time of the week after a cycle's last day by which it hands up: `tue 15:00`.
    due: String,
    /// Wins it may hand up.
    most_wins: i16,
    /// Challenges it may hand up.
    most_challenges: i16,
    /// Words an entry should have at most.
    most_words: i16,
    /// Who reads what it publishes: `circle` or `everyone`.
    #[schema(value_type = String)]
    audience: Audience,
}

impl From<Level> for WinsLevelBody {
    fn from(l: Level) -> Self {
        Self {
            due: l.due,
            most_wins: l.most_wins,
            most_challenges: l.most_challenges,
            most_words: l.most_words,
            audience: l.audience,
        }
    }
}

impl From<WinsLevelBody> for Level {
    fn from(l: WinsLevelBody) -> Self {
        Self {
            due: l.due,
            most_wins: l.most_wins,
            most_challenges: l.most_challenges,
            most_words: l.most_words,
            audience: l.audience,
        }
    }
}

/// A team that takes no part.
#[derive(Debug, Serialize, ToSchema)]
struct LeftOutBody {
    /// The team.
    team: TeamLink,
    /// Whether neither do those below it.
    below: bool,
}

/// A plan of cycles.
#[derive(Debug, Serialize, ToSchema)]
struct WinsPlanBody {
    /// Key.
    id: uuid::Uuid,
    /// Name.
    name: String,
    /// The top of the tree that takes part.
    root: TeamLink,
    /// Weeks of a cycle.
    weeks: i16,
    /// The first day of one cycle.
    #[schema(value_type = String)]
    anchor: Date,
    /// IANA zone of its days.
    time_zone: String,
    /// Day and time of the week on which it is published.
    publish_at: String,
    /// Key of the calendar of holidays on which no deadline falls.
    calendar: Option<uuid::Uuid>,
    /// Whether no new cycles are opened.
    paused: bool,
    /// By height, from 0: a team with nobody below.
    levels: Vec<WinsLevelBody>,
    /// Teams that take no part.
    left_out: Vec<LeftOutBody>,
    /// Raised at each edit.
    version: i64,
    /// When it was last edited.
    updated_at: Timestamp,
}

impl From<Plan> for WinsPlanBody {
    fn from(p: Plan) -> Self {
        let left_out = p.left_out.into_iter().map(|(team, below)| LeftOutBody { team: team.into(), below });
        Self {
            id: p.id.0,
            name: p.name,
            root: p.root.into(),
            weeks: p.weeks,
            anchor: p.anchor,
            time_zone: p.time_zone,
            publish_at: p.publish_at,
            calendar: p.calendar.map(|id| id.0),
            paused: p.paused,
            levels: p.levels.into_iter().map(WinsLevelBody::from).collect(),
            left_out: left_out.collect(),
            version: p.version,
            updated_at: p.updated_at,
        }
    }
}

/// A team to be left out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewLeftOutBody {
    /// Slug of the team.
    team: String,
    /// Whether those below it are left out too; else they hand up to the next one above.
    #[serde(default)]
    below: bool,
}

/// A plan, as a whole. What is absent is as usual: two weeks, Tuesday, Wednesday and Thursday 15:00, published on Friday
/// 09:00, four wins and two challenges.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewWinsPlanBody {
    /// Name.
    name: String,
    /// Slug of the top of the tree that takes part.
    root: String,
    /// Weeks of a cycle, 1 to 13.
    weeks: Option<i16>,
    /// The first day of one cycle.
    #[schema(value_type = String)]
    anchor: Date,
    /// IANA zone of its days.
    time_zone: String,
    /// Day and time of the week on which it is published: `fri 09:00`.
    publish_at: Option<String>,
    /// Key of the calendar of holidays on which no deadline falls.
    calendar: Option<uuid::Uuid>,
    /// Whether no new cycles are opened.
    #[serde(default)]
    paused: bool,
    /// By height, from 0: a team with nobody below. Above the last, the last holds.
    levels: Option<Vec<WinsLevelBody>>,
    /// Teams that take no part.
    #[serde(default)]
    left_out: Vec<NewLeftOutBody>,
}

impl From<NewWinsPlanBody> for NewPlan {
    fn from(b: NewWinsPlanBody) -> Self {
        let usual = Self::usual(&b.name, &b.root, b.anchor, &b.time_zone);
        Self {
            weeks: b.weeks.unwrap_or(usual.weeks),
            publish_at: b.publish_at.unwrap_or(usual.publish_at),
            calendar: b.calendar.map(HolidayCalendarId),
            paused: b.paused,
            levels: b.levels.map_or(usual.levels, |all| all.into_iter().map(Level::from).collect()),
            left_out: b.left_out.into_iter().map(|one| (one.team, one.below)).collect(),
            name: usual.name,
            root: usual.root,
            anchor: usual.anchor,
            time_zone: usual.time_zone,
        }
    }
}

/// All plans, by name.
#[utoipa::path(get, path = "/wins-plans", tag = "wins and challenges", responses((status = 200, body = List<WinsPlanBody>)))]
async fn list(mut caller: Caller) -> Result<Json<List<WinsPlanBody>>, ApiError> {
    let plans = wins::plans(&mut caller.cx().await?).await?;
    Ok(List::whole(plans.into_iter().map(WinsPlanBody::from).collect()))
}

/// Makes a plan. Admins.
#[utoipa::path(post, path = "/wins-plans", tag = "wins and challenges", request_body = NewWinsPlanBody,
    responses((status = 201, body = WinsPlanBody, headers(("Location" = String, description = "Its address.")))))]
async fn create(mut caller: Caller, Body(body): Body<NewWinsPlanBody>) -> Result<Response, ApiError> {
    let plan = wins::create_plan(&mut caller.cx().await?, &body.into()).await?;
    Ok(created(format!("/wins-plans/{}", plan.id), Json(WinsPlanBody::from(plan))))
}

/// One plan.
#[utoipa::path(get, path = "/wins-plans/{id}", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = WinsPlanBody)))]
async fn show(
    mut caller: Caller,
    headers: HeaderMap,
    Path(id): Path<uuid::Uuid>,
) -> Result<Response, ApiError> {
    let plan = wins::plan(&mut caller.cx().await?, WinsPlanId(id)).await?;
    // the names of teams in it may change without it
    let tag = etag(plan.version, crate::tag::digest(&plan));
    Ok(tagged(&headers, &tag, Json(WinsPlanBody::from(plan))))
}

/// Writes a plan anew, as a whole, from its next cycle on. Admins.
#[utoipa::path(put, path = "/wins-plans/{id}", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    request_body = NewWinsPlanBody, responses((status = 200, body = WinsPlanBody)))]
async fn edit(
    mut caller: Caller,
    IfMatch(version): IfMatch,
    Path(id): Path<uuid::Uuid>,
    Body(body): Body<NewWinsPlanBody>,
) -> Result<Json<WinsPlanBody>, ApiError> {
    let new = body.into();
    Ok(Json(wins::edit_plan(&mut caller.cx().await?, WinsPlanId(id), &new, version).await?.into()))
}
