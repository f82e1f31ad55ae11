//! `/search`: from anywhere to anything.

use axum::extract::State;
use portolan_domain::{catalog, usage};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::SummaryBody;
use crate::{
    ApiError, Caller, Shared,
    body::{Json, Params, paging},
};

/// The routes.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(search))
}

/// What to search for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// What was typed so far.
    q: String,
    /// At most so many of each group, 1 to 200; 20 if absent.
    limit: Option<i64>,
}

/// What was found, best first in each group.
#[derive(Debug, Serialize, ToSchema)]
struct FoundBody {
    /// Components.
    services: Vec<SummaryBody>,
    /// APIs, resources, systems and domains.
    others: Vec<SummaryBody>,
    /// Teams.
    teams: Vec<TeamHit>,
    /// People.
    people: Vec<PersonHit>,
    /// What the words were taken for, if no name had them as typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    mended: Option<String>,
}

/// A team that was found.
#[derive(Debug, Serialize, ToSchema)]
struct TeamHit {
    /// Slug.
    slug: String,
    /// Name.
    name: String,
}

/// A person who was found.
#[derive(Debug, Serialize, ToSchema)]
struct PersonHit {
    /// Handle.
    handle: String,
    /// Name.
    name: String,
}

/// Services, other entities, teams and people, also by mistyped names.
#[utoipa::path(get, path = "/search", tag = "catalog", params(Query), responses((status = 200, body = FoundBody)))]
async fn search(
    State(portal): State<Shared>,
    mut caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<FoundBody>, ApiError> {
    let (limit, _) = paging(query.limit, None)?;
    let found = catalog::search(&mut caller.cx().await?, &query.q, limit).await?;
    let results = i32::try_from(found.len()).ok();
    portal.usage.note(usage::Event {
        kind: "searched",
        person: caller.actor().person,
        subject: query.q,
        results,
    });
    Ok(Json(FoundBody {
        services: found.services.into_iter().map(SummaryBody::from).collect(),
        others: found.others.into_iter().map(SummaryBody::from).collect(),
        teams: found.teams.into_iter().map(|t| TeamHit { slug: t.slug, name: t.name }).collect(),
        people: found.people.into_iter().map(|p| PersonHit { handle: p.handle, name: p.name }).collect(),
        mended: found.mended,
    }))
}
