//! `/findings`: what drifted, what follows from it, and which page mends it.

use axum::extract::State;
use jiff::Timestamp;
use portolan_domain::catalog::findings;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    ApiError, Caller, Shared,
    body::{Json, List, Params, paging},
};

/// The slice's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(counts))
}

/// Which findings.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Only of this kind: `no-owner`, `owner-unknown`, `team-empty`, `owner-inactive`, `no-24x7`, `no-runbook`,
    /// `orphaned`, `dangling`, `descriptor-drift`, `not-confirmed`; of schedules `schedule-gap`, `schedule-unreachable`,
    /// `schedule-twice`, `schedule-away`.
    #[param(value_type = Option<String>)]
    kind: Option<findings::Kind>,
    /// Only what this team owns (slug).
    team: Option<String>,
    /// Only what your own teams own.
    #[serde(default)]
    mine: bool,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

impl Query {
    fn filter(&self) -> findings::Filter {
        findings::Filter {
            kind: self.kind,
            team: self.team.clone(),
            mine: self.mine,
            ..findings::Filter::default()
        }
    }
}

/// One thing to mend.
#[derive(Debug, Serialize, ToSchema)]
struct FindingBody {
    /// What kind.
    kind: &'static str,
    /// Where: the reference of an entity, or `schedule:slug`.
    entity: String,
    /// Its tier.
    tier: Option<i16>,
    /// Slug of the team that owns it.
    team: Option<String>,
    /// Since when; of what is to come, from when on.
    since: Timestamp,
    /// What follows from it.
    consequence: String,
    /// What it speaks of: an unknown owner, missing references, a source.
    detail: Vec<String>,
    /// What to do.
    repair: &'static str,
    /// The page that does it.
    repair_url: String,
}

/// Findings, what hurts most first.
#[utoipa::path(get, path = "/findings", tag = "findings", params(Query), responses((status = 200, body = List<FindingBody>)))]
async fn list(
    State(portal): State<Shared>,
    mut caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<List<FindingBody>>, ApiError> {
    let (limit, after) = paging(query.limit, query.after.clone())?;
    let page = findings::list(&mut caller.cx().await?, &query.filter(), after, limit).await?;
    Ok(List::of(page, |f| {
        let (repair, consequence) = (f.repair(), f.consequence());
        FindingBody {
            kind: f.kind.as_str(),
            entity: f.entity_ref,
            tier: f.tier,
            team: f.team,
            since: f.since,
            consequence,
            detail: f.detail,
            repair: repair.label,
            repair_url: format!("{}{}", portal.base_url, repair.href),
        }
    }))
}

/// How many there are of one kind.
#[derive(Debug, Serialize, ToSchema)]
struct KindCount {
    /// What kind.
    kind: &'static str,
    /// Its name for people.
    title: &'static str,
    /// How many.
    count: i64,
}

/// How many there are of each kind.
#[utoipa::path(get, path = "/findings/counts", tag = "findings", params(Query), responses((status = 200, body = Vec<KindCount>)))]
async fn counts(mut caller: Caller, Params(query): Params<Query>) -> Result<Json<Vec<KindCount>>, ApiError> {
    let counted = findings::counts(&mut caller.cx().await?, &query.filter()).await?;
    let body =
        |(kind, count): (findings::Kind, i64)| KindCount { kind: kind.as_str(), title: kind.title(), count };
    Ok(Json(counted.into_iter().map(body).collect()))
}
