//! `/activity`: what happened in the portal.

use jiff::Timestamp;
use portolan_domain::{Via, activity};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    ApiError, Caller, Shared,
    body::{Json, List, Params, paging},
};

/// The slice's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Which acts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Only about this: an entity reference, `team:<slug>` or `person:<handle>`.
    subject: Option<String>,
    /// Only verbs that begin so: `entity.` or `ownership.handed-over`.
    verb: Option<String>,
    /// Only through this face.
    #[param(value_type = Option<String>)]
    via: Option<Via>,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// One act.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActivityBody {
    /// Key; sorts by time.
    id: uuid::Uuid,
    /// When (UTC).
    at: Timestamp,
    /// Handle of the person, or `system`, `operator`.
    actor: String,
    /// `page`, `api`, `apply`, `cli` or `system`.
    via: &'static str,
    /// What was done: `entity.created`, `ownership.handed-over`, …
    verb: String,
    /// The same in words: "Owner changed from basket to pricing".
    words: String,
    /// What it was done to.
    subject: String,
    /// What changed.
    changes: Vec<ChangedBody>,
    /// The reason given.
    note: String,
}

/// One field that changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangedBody {
    /// Its name.
    field: String,
    /// Before.
    from: serde_json::Value,
    /// After.
    to: serde_json::Value,
}

impl From<activity::Activity> for ActivityBody {
    fn from(a: activity::Activity) -> Self {
        let words = a.words();
        let changes = a.changes.into_iter().map(|c| ChangedBody { field: c.field, from: c.from, to: c.to });
        Self {
            id: a.id.0,
            at: a.at,
            actor: a.actor,
            via: a.via.as_str(),
            verb: a.verb,
            words,
            subject: a.subject,
            changes: changes.collect(),
            note: a.note,
        }
    }
}

/// What happened, newest first.
#[utoipa::path(get, path = "/activity", tag = "activity", params(Query), responses((status = 200, body = List<ActivityBody>)))]
async fn list(
    mut caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<List<ActivityBody>>, ApiError> {
    let (limit, after) = paging(query.limit, query.after)?;
    let filter = activity::Filter { subject: query.subject, actor: None, verb: query.verb, via: query.via };
    let page = activity::list(&mut caller.cx().await?, &filter, after, limit).await?;
    Ok(List::of(page, ActivityBody::from))
}
