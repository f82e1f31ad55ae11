//! `/resources/{id}/states`: what Terraform remembers of what was made; `/resources/{id}/takeover`: what whoever takes it over needs.

use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use portolan_domain::{
    ResourceId,
    provisioning::{self, Module, StateOf, Takeover},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(restore))
        .routes(routes!(export))
        .routes(routes!(takeover))
}

/// A state of Terraform.
#[derive(Debug, Serialize, ToSchema)]
struct StateBody {
    /// Key.
    id: Uuid,
    /// What its steps call it.
    name: String,
    /// Since when a run works on it; null if none does.
    held_since: Option<Timestamp>,
    /// The versions that are kept, newest first.
    versions: Vec<StateVersionBody>,
}

/// A version of a state.
#[derive(Debug, Serialize, ToSchema)]
struct StateVersionBody {
    /// Which, from 1.
    number: i64,
    /// When it was written.
    written_at: Timestamp,
}

impl From<StateOf> for StateBody {
    fn from(s: StateOf) -> Self {
        let version =
            |v: provisioning::StateVersion| StateVersionBody { number: v.serial, written_at: v.written_at };
        Self {
            id: s.id,
            name: s.name,
            held_since: s.held_since,
            versions: s.versions.into_iter().map(version).collect(),
        }
    }
}

/// Its Terraform states with their versions, without what is in them.
#[utoipa::path(get, path = "/resources/{id}/states", tag = "provisioning", params(("id" = Uuid, Path)), responses((status = 200, body = List<StateBody>)))]
async fn list(mut caller: Caller, Path(id): Path<Uuid>) -> Result<Json<List<StateBody>>, ApiError> {
    let all = provisioning::states_of(&mut caller.cx().await?, ResourceId(id)).await?;
    Ok(List::whole(all.into_iter().map(StateBody::from).collect()))
}

/// Which version.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RestorationBody {
    /// Its number.
    version: i64,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
struct RestoredBody {
    /// Number of the version that it was written as.
    version: i64,
}

/// Puts a state back to a version that is still kept, as a new version. The offering's team and admins may.
#[utoipa::path(post, path = "/resources/{id}/states/{state}/restoration", tag = "provisioning", params(("id" = Uuid, Path), ("state" = Uuid, Path)),
    request_body = RestorationBody, responses((status = 200, body = RestoredBody)))]
async fn restore(
    mut caller: Caller,
    State(portal): State<Shared>,
    Path((id, state)): Path<(Uuid, Uuid)>,
    Body(body): Body<RestorationBody>,
) -> Result<Json<RestoredBody>, ApiError> {
    let key = portal.sealing_key.as_ref();
    let mut cx = caller.cx().await?;
    let version = provisioning::restore_state(&mut cx, key, ResourceId(id), state, body.version).await?;
    Ok(Json(RestoredBody { version }))
}

/// The newest version of a state, for the team that took over what it is of; before that for the offering's team and admins. It holds secrets; it is written down who had it.
#[utoipa::path(post, path = "/resources/{id}/states/{state}/export", tag = "provisioning", params(("id" = Uuid, Path), ("state" = Uuid, Path)),
    responses((status = 200, content_type = "application/json", body = Object)))]
async fn export(
    mut caller: Caller,
    State(portal): State<Shared>,
    Path((id, state)): Path<(Uuid, Uuid)>,
) -> Result<Response, ApiError> {
    let mut cx = caller.cx().await?;
    let body =
        provisioning::export_state(&mut cx, portal.sealing_key.as_ref(), ResourceId(id), state).await?;
    Ok(([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], body)
        .into_response())
}

/// What something was made with.
#[derive(Debug, Serialize, ToSchema)]
struct TakeoverBody {
    /// Name of the offering.
    offering: String,
    /// Its version.
    version: i32,
    /// The modules that it was made of.
    modules: Vec<ModuleBody>,
}

/// A module of Terraform.
#[derive(Debug, Serialize, ToSchema)]
struct ModuleBody {
    /// What the step is called.
    title: String,
    /// Where it is.
    source: String,
    /// Which revision of it; null for a folder.
    revision: Option<String>,
    /// What it was applied with.
    #[schema(value_type = Object)]
    variables: Map<String, Value>,
}

impl From<Takeover> for TakeoverBody {
    fn from(t: Takeover) -> Self {
        let module = |m: Module| ModuleBody {
            title: m.title,
            source: m.source,
            revision: m.revision,
            variables: m.variables,
        };
        Self {
            offering: t.offering.name,
            version: t.offering.version,
            modules: t.modules.into_iter().map(module).collect(),
        }
    }
}

/// What it was made with: for those who may do something with it, before they take it over or after.
#[utoipa::path(get, path = "/resources/{id}/takeover", tag = "provisioning", params(("id" = Uuid, Path)), responses((status = 200, body = TakeoverBody)))]
async fn takeover(mut caller: Caller, Path(id): Path<Uuid>) -> Result<Json<TakeoverBody>, ApiError> {
    Ok(Json(provisioning::takeover(&mut caller.cx().await?, ResourceId(id)).await?.into()))
}
