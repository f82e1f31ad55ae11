//! `/operational-reviews`: a team's week as it stands, frozen ones, and what stands out of an organisation's month.

mod bodies;
mod parts;

use axum::{
    extract::Path,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use portolan_domain::{
    review::{self, Month},
    support::Week,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, created, paging},
    tag::{etag, tagged},
};
use bodies::{FrozenBody, OperationalReviewBody, OrganisationBody, SnapshotBody};

/// The slice's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(of_team, freeze))
        .routes(routes!(frozen))
        .routes(routes!(snapshot))
        .routes(routes!(organisation))
}

/// Which week of which team.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct OfTeam {
    /// Slug of the team.
    team: String,
    /// ISO week, like `2026-W47`; the last one that is over, if absent.
    week: Option<String>,
}

/// A team's week as it stands now. For members, leads, those above and admins.
#[utoipa::path(get, path = "/operational-reviews", tag = "operational reviews", params(OfTeam), responses((status = 200, body = OperationalReviewBody)))]
async fn of_team(
    mut caller: Caller,
    Params(asked): Params<OfTeam>,
) -> Result<Json<OperationalReviewBody>, ApiError> {
    let cx = &mut caller.cx().await?;
    let week: Week = match asked.week {
        Some(week) => week.parse()?,
        None => review::last_week(cx, &asked.team).await?,
    };
    Ok(Json(review::of_team(cx, &asked.team, week).await?.into()))
}

/// A week to be frozen.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSnapshot {
    /// Slug of the team.
    team: String,
    /// ISO week, like `2026-W47`.
    week: String,
    /// What the team says of the week; needed, as the reason, while the week is not over.
    #[serde(default)]
    note: String,
}

/// Freezes a week under the team's next number; what was frozen before stays. Members, leads and admins.
#[utoipa::path(post, path = "/operational-reviews", tag = "operational reviews", request_body = NewSnapshot, responses((status = 201, body = SnapshotBody)))]
async fn freeze(mut caller: Caller, Body(new): Body<NewSnapshot>) -> Result<Response, ApiError> {
    let week: Week = new.week.parse()?;
    let made = review::freeze(&mut caller.cx().await?, &new.team, week, &new.note).await?;
    let path = format!("/operational-reviews/{}/{}", made.team.slug, made.frozen.number);
    Ok(created(path, Json(SnapshotBody::from(made))))
}

/// Which frozen ones.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Only of this ISO week, like `2026-W47`.
    week: Option<String>,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// The frozen reviews of a team, the last one first, without what they hold.
#[utoipa::path(get, path = "/operational-reviews/{team}", tag = "operational reviews", params(("team" = String, Path), Which),
    responses((status = 200, body = List<FrozenBody>)))]
async fn frozen(
    mut caller: Caller,
    Path(team): Path<String>,
    Params(which): Params<Which>,
) -> Result<Json<List<FrozenBody>>, ApiError> {
    let (limit, after) = paging(which.limit, which.after)?;
    let week = which.week.map(|week| week.parse::<Week>()).transpose()?;
    let page = review::snapshots(&mut caller.cx().await?, &team, week, after, limit).await?;
    Ok(List::of(page, FrozenBody::from))
}

/// A frozen review, as it was frozen. It never changes.
#[utoipa::path(get, path = "/operational-reviews/{team}/{number}", tag = "operational reviews", params(("team" = String, Path), ("number" = i32, Path)),
    responses((status = 200, body = SnapshotBody)))]
async fn snapshot(
    mut caller: Caller,
    headers: HeaderMap,
    Path((team, number)): Path<(String, i32)>,
) -> Result<Response, ApiError> {
    let found = review::snapshot(&mut caller.cx().await?, &team, number).await?;
    // of what is told, only the number of a later one ever changes
    let tag = etag(i64::from(number), found.later.unwrap_or(number));
    Ok(tagged(&headers, &tag, (StatusCode::OK, Json(SnapshotBody::from(found)))))
}

/// Which month.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct WhichMonth {
    /// Like `2026-11`: the weeks whose Monday lies in it. That of the running week, if absent.
    month: Option<String>,
    /// Teams per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// What stands out of a month of the teams that you answer for, by name: never a ranking, and never of one person. And
/// what hurt most in the whole company.
#[utoipa::path(get, path = "/organisation-review", tag = "operational reviews", params(WhichMonth), responses((status = 200, body = OrganisationBody)))]
async fn organisation(
    mut caller: Caller,
    Params(which): Params<WhichMonth>,
) -> Result<Json<OrganisationBody>, ApiError> {
    let (limit, after) = paging(which.limit, which.after)?;
    let cx = &mut caller.cx().await?;
    let month: Month = match which.month {
        Some(month) => month.parse()?,
        None => Month::running(cx.now()),
    };
    Ok(Json(review::organisation(cx, month, after, limit).await?.into()))
}
