//! `/offerings`.

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    response::{IntoResponse, Response},
};
use portolan_domain::{
    Error,
    provisioning::{self, NewRequest, Written},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::{CheckBody, ListedBody, NewRequestBody, OfferingBody};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, created},
};

/// Largest document of an offering.
const MOST: usize = 1 << 20;

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, write))
        .routes(routes!(show))
        .routes(routes!(check))
        .layer(DefaultBodyLimit::max(MOST + 1024))
}

/// All offerings; at most 200.
#[utoipa::path(get, path = "/offerings", tag = "provisioning", responses((status = 200, body = List<ListedBody>)))]
async fn list(mut caller: Caller) -> Result<Json<List<ListedBody>>, ApiError> {
    let all = provisioning::offerings(&mut caller.cx().await?).await?;
    Ok(List::whole(all.into_iter().map(ListedBody::from).collect()))
}

/// What came of writing an offering.
#[derive(Debug, Serialize, ToSchema)]
struct WrittenBody {
    /// Its name.
    name: String,
    /// The newest version by now.
    version: i32,
    /// False if it says what it said before.
    changed: bool,
}

/// How it is written.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct WriteQuery {
    /// Say what would come of it; write nothing.
    #[serde(default)]
    dry_run: bool,
}

/// Writes an offering, or its next version: the document as the body, YAML or JSON. Its team and admins may. The same again
/// changes nothing.
#[utoipa::path(post, path = "/offerings", tag = "provisioning", params(WriteQuery), request_body(content = String, content_type = "application/yaml"),
    responses((status = 201, body = WrittenBody, headers(("Location" = String, description = "Its address."))), (status = 200, description = "What would come of it.", body = WrittenBody)))]
async fn write(
    mut caller: Caller,
    State(portal): State<Shared>,
    Params(query): Params<WriteQuery>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let source = std::str::from_utf8(&body)
        .map_err(|_| Error::invalid("document", "is not UTF-8; save it as UTF-8"))?;
    let cx = &mut caller.cx().await?;
    if query.dry_run {
        let would = provisioning::try_offering(cx, source, &portal.executors).await?;
        return Ok(Json(WrittenBody::from(would)).into_response());
    }
    let written = provisioning::write_offering(cx, source, &portal.executors).await?;
    let path = format!("/offerings/{}", written.name);
    Ok(created(path, Json(WrittenBody::from(written))))
}

impl From<Written> for WrittenBody {
    fn from(w: Written) -> Self {
        Self { name: w.name, version: w.version, changed: w.changed }
    }
}

/// Which version.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct VersionQuery {
    /// The newest if absent.
    version: Option<i32>,
}

/// One offering: what it asks for, what it says, how it went.
#[utoipa::path(get, path = "/offerings/{name}", tag = "provisioning", params(("name" = String, Path), VersionQuery), responses((status = 200, body = OfferingBody)))]
async fn show(
    mut caller: Caller,
    Path(name): Path<String>,
    Params(query): Params<VersionQuery>,
) -> Result<Json<OfferingBody>, ApiError> {
    let mut cx = caller.cx().await?;
    let offering = match query.version {
        Some(version) => provisioning::offering_at(&mut cx, &name, version).await?,
        None => provisioning::offering(&mut cx, &name).await?,
    };
    let figures = provisioning::figures(&mut cx, offering.id).await?;
    let versions = provisioning::versions(&mut cx, offering.id).await?;
    Ok(Json(OfferingBody::new(offering, figures, versions)))
}

/// What policy says to a request; asks for nothing.
#[utoipa::path(post, path = "/offerings/{name}/check", tag = "provisioning", params(("name" = String, Path)),
    request_body = NewRequestBody, responses((status = 200, body = CheckBody)))]
async fn check(
    mut caller: Caller,
    Path(name): Path<String>,
    Body(body): Body<NewRequestBody>,
) -> Result<Json<CheckBody>, ApiError> {
    let new = NewRequest { offering: name, ..body.into() };
    Ok(Json(provisioning::check(&mut caller.cx().await?, &new).await?.into()))
}
