//! `/changes`: what was deployed where. One line tells it, from any pipeline:
//!
//! ```text
//! curl -fsS -H "Authorization: Bearer $PORTOLAN_TOKEN" --json '{"entity":"checkout-api","environment":"production","version":"4.2.0"}' $PORTOLAN_URL/api/v1/changes
//! ```

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use portolan_domain::{
    ChangeId,
    changes::{self, NewChange, Status},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, created, paging},
};

/// The slice's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list, record)).routes(routes!(show)).routes(routes!(running))
}

/// Which changes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Only of this entity, by its full reference.
    entity: Option<String>,
    /// Only in this environment.
    environment: Option<String>,
    /// Only of what this team owns now (slug).
    team: Option<String>,
    /// Only `running`, `succeeded`, `failed` or `rolled-back` ones.
    #[param(value_type = Option<String>)]
    status: Option<Status>,
    /// Only of what your own teams own.
    #[serde(default)]
    mine: bool,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A change as a pipeline tells it. Only the first three are needed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewChangeBody {
    /// What was changed: `checkout-api`, or a full reference for what is not a component.
    entity: String,
    /// Where: `production`, `staging`, …
    environment: String,
    /// What it went to.
    version: String,
    /// The commit it was built from.
    commit: Option<String>,
    /// Handle or e-mail of the person, or what the pipeline calls itself. Whoever's token it is, if absent.
    deployed_by: Option<String>,
    /// Who looked at it beforehand.
    reviewed_by: Option<String>,
    /// When it began; now if absent.
    started_at: Option<Timestamp>,
    /// When it ended.
    finished_at: Option<Timestamp>,
    /// `running`, `succeeded` (if absent), `failed` or `rolled-back`.
    #[schema(value_type = Option<String>)]
    status: Option<Status>,
    /// How it went, in words.
    #[serde(default)]
    outcome: String,
    /// Where to read on.
    link: Option<String>,
    /// The same key is the same change told again, such as the number of the pipeline run. Without one, telling the
    /// version again that is the last one in the environment already changes nothing.
    key: Option<String>,
}

/// A change.
#[derive(Debug, Serialize, ToSchema)]
struct ChangeBody {
    /// Key.
    id: uuid::Uuid,
    /// What was changed.
    entity: String,
    /// Where.
    environment: String,
    /// What it went to.
    version: String,
    /// The commit it was built from.
    commit: Option<String>,
    /// By whom, as told.
    deployed_by: String,
    /// Handle, if it is one of ours.
    person: Option<String>,
    /// Who looked at it beforehand.
    reviewed_by: Option<String>,
    /// When it began.
    started_at: Timestamp,
    /// When it ended.
    finished_at: Option<Timestamp>,
    /// How it stands.
    status: &'static str,
    /// How it went, in words.
    outcome: String,
    /// Where to read on.
    link: Option<String>,
    /// `api`, `github` or `gitlab`.
    told_by: String,
}

impl From<changes::Change> for ChangeBody {
    fn from(c: changes::Change) -> Self {
        Self {
            id: c.id.0,
            entity: c.entity_ref,
            environment: c.environment,
            version: c.version,
            commit: c.commit,
            deployed_by: c.deployed_by,
            person: c.person_handle,
            reviewed_by: c.reviewed_by,
            started_at: c.started_at,
            finished_at: c.finished_at,
            status: c.status.as_str(),
            outcome: c.outcome,
            link: c.link,
            told_by: c.told_by,
        }
    }
}

/// Changes, newest first.
#[utoipa::path(get, path = "/changes", tag = "changes", params(Query), responses((status = 200, body = List<ChangeBody>)))]
async fn list(mut caller: Caller, Params(query): Params<Query>) -> Result<Json<List<ChangeBody>>, ApiError> {
    let (limit, after) = paging(query.limit, query.after)?;
    let filter = changes::Filter {
        entity: query.entity,
        environment: query.environment,
        team: query.team,
        status: query.status,
        mine: query.mine,
        ..changes::Filter::default()
    };
    let page = changes::list(&mut caller.cx().await?, &filter, after, limit).await?;
    Ok(List::of(page, ChangeBody::from))
}

/// One change.
#[utoipa::path(get, path = "/changes/{id}", tag = "changes", params(("id" = uuid::Uuid, Path)), responses((status = 200, body = ChangeBody)))]
async fn show(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<Json<ChangeBody>, ApiError> {
    Ok(Json(changes::get(&mut caller.cx().await?, ChangeId(id)).await?.into()))
}

/// Tells a change: 201 if it is new, 200 if it was known. Needs a token with the scope `write` of somebody who may edit
/// what the owner's team owns; one line of a pipeline is enough:
/// `curl -fsS -H "Authorization: Bearer $PORTOLAN_TOKEN" --json '{"entity":"checkout-api","environment":"production","version":"4.2.0"}' $PORTOLAN_URL/api/v1/changes`
#[utoipa::path(post, path = "/changes", tag = "changes", request_body = NewChangeBody,
    responses((status = 201, body = ChangeBody, headers(("Location" = String, description = "Its address."))),
        (status = 200, body = ChangeBody)))]
async fn record(mut caller: Caller, Body(body): Body<NewChangeBody>) -> Result<Response, ApiError> {
    let new = NewChange {
        entity_ref: body.entity,
        environment: body.environment,
        version: body.version,
        commit: body.commit,
        deployed_by: body.deployed_by.unwrap_or_else(|| caller.actor().handle.to_string()),
        reviewed_by: body.reviewed_by,
        started_at: body.started_at,
        finished_at: body.finished_at,
        status: body.status,
        outcome: body.outcome,
        link: body.link,
        key: body.key,
    };
    let recorded = changes::record(&mut caller.cx().await?, new).await?;
    let path = format!("/changes/{}", recorded.change.id);
    let body = Json(ChangeBody::from(recorded.change));
    Ok(if recorded.created { created(path, body) } else { body.into_response() })
}

/// Which running things.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct RunningQuery {
    /// Only in this environment.
    environment: Option<String>,
    /// Only what this team owns (slug).
    team: Option<String>,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// What runs in an environment.
#[derive(Debug, Serialize, ToSchema)]
struct RunningBody {
    /// What.
    entity: String,
    /// Where.
    environment: String,
    /// Which version.
    version: String,
    /// From which commit.
    commit: Option<String>,
    /// Since when.
    since: Timestamp,
    /// A later version that did not succeed (yet).
    later_version: Option<String>,
    /// How that one stands.
    later_status: Option<&'static str>,
}

/// What runs where: of each entity and environment the last change that succeeded.
#[utoipa::path(get, path = "/running", tag = "changes", params(RunningQuery), responses((status = 200, body = List<RunningBody>)))]
async fn running(
    mut caller: Caller,
    Params(query): Params<RunningQuery>,
) -> Result<Json<List<RunningBody>>, ApiError> {
    let (limit, after) = paging(query.limit, query.after)?;
    let (environment, team) = (query.environment.as_deref(), query.team.as_deref());
    let page = changes::running(&mut caller.cx().await?, environment, team, after, limit).await?;
    Ok(List::of(page, |r| {
        let (later_version, later_status) = r.later.map(|(v, s)| (v, s.as_str())).unzip();
        RunningBody {
            entity: r.entity_ref,
            environment: r.environment,
            version: r.version,
            commit: r.commit,
            since: r.since,
            later_version,
            later_status,
        }
    }))
}
