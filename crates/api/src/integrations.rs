//! Deployment webhooks of code hosts. Nobody is signed in here: the signature is the credential, and nothing of the
//! body is looked at before it is checked.

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
};
use portolan_connect::{BadPayload, github, gitlab};
use portolan_domain::{
    Actor, Call, ChangeHookId, Error, Via,
    changes::{self, Deployment, HookKind, HookSecret},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json},
};

/// The largest delivery taken.
const MOST: usize = 1024 * 1024;

/// The slice's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(from_github))
        .routes(routes!(from_gitlab))
        .layer(DefaultBodyLimit::max(MOST))
        .routes(routes!(list, create))
        .routes(routes!(revoke))
}

/// What was made of a delivery; shown in the code host's log of deliveries.
#[derive(Debug, Serialize, ToSchema)]
struct Taken {
    /// What happened, in words.
    outcome: String,
    /// The services it was recorded for.
    entities: Vec<String>,
}

impl Taken {
    fn nothing(outcome: impl Into<String>) -> Json<Self> {
        Json(Self { outcome: outcome.into(), entities: Vec::new() })
    }
}

/// GitHub's events `ping` and `deployment_status`; others are answered and left alone.
#[utoipa::path(post, path = "/integrations/{key}/github", tag = "changes", security(()),
    params(("key" = uuid::Uuid, Path), ("X-GitHub-Event" = String, Header), ("X-Hub-Signature-256" = String, Header)),
    request_body(content = Vec<u8>, content_type = "application/json"), responses((status = 200, body = Taken)))]
async fn from_github(
    State(portal): State<Shared>,
    Path(hook): Path<uuid::Uuid>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Taken>, ApiError> {
    let (mut call, secret) = open(&portal, hook, HookKind::Github).await?;
    if !github::is_signed(&secret.0, header(&headers, github::SIGNATURE), &body) {
        return Err(not_signed());
    }
    changes::hook_used(&mut call.cx(), ChangeHookId(hook)).await?;
    match header(&headers, github::EVENT).unwrap_or_default() {
        "ping" => Ok(Taken::nothing("the signature is right; deployments will be recorded")),
        "deployment_status" => tell(&mut call, HookKind::Github, github::deployment(&body)).await,
        event => {
            Ok(Taken::nothing(format!("nothing: only deployment_status is recorded, and this is {event:?}")))
        }
    }
}

/// GitLab's `Deployment Hook`; other events are answered and left alone.
#[utoipa::path(post, path = "/integrations/{key}/gitlab", tag = "changes", security(()),
    params(("key" = uuid::Uuid, Path), ("X-Gitlab-Event" = String, Header), ("X-Gitlab-Token" = String, Header)),
    request_body(content = Vec<u8>, content_type = "application/json"), responses((status = 200, body = Taken)))]
async fn from_gitlab(
    State(portal): State<Shared>,
    Path(hook): Path<uuid::Uuid>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Taken>, ApiError> {
    let (mut call, secret) = open(&portal, hook, HookKind::Gitlab).await?;
    if !gitlab::is_token(&secret.0, header(&headers, gitlab::TOKEN)) {
        return Err(not_signed());
    }
    changes::hook_used(&mut call.cx(), ChangeHookId(hook)).await?;
    match header(&headers, gitlab::EVENT).unwrap_or_default() {
        "Deployment Hook" => tell(&mut call, HookKind::Gitlab, gitlab::deployment(&body)).await,
        event => {
            Ok(Taken::nothing(format!("nothing: only Deployment Hook is recorded, and this is {event:?}")))
        }
    }
}

async fn open(portal: &Shared, hook: uuid::Uuid, kind: HookKind) -> Result<(Call, HookSecret), ApiError> {
    let actor = Actor { handle: kind.as_str().into(), ..Actor::stranger(Via::Api) };
    let mut call = portal.call(actor).await?;
    let secret =
        changes::secret_of_hook(&mut call.cx(), ChangeHookId(hook), kind, portal.sealing_key.as_ref())
            .await?;
    Ok((call, secret))
}

async fn tell(
    call: &mut Call,
    kind: HookKind,
    parsed: Result<Option<Deployment>, BadPayload>,
) -> Result<Json<Taken>, ApiError> {
    let Some(deployment) = parsed.map_err(|e| Error::invalid("body", e.to_string()))? else {
        return Ok(Taken::nothing("nothing: the deployment has not begun, or a later one took its place"));
    };
    let entities: Vec<_> = changes::tell(&mut call.cx(), kind, &deployment)
        .await?
        .into_iter()
        .map(|r| r.change.entity_ref)
        .collect();
    let outcome = if entities.is_empty() {
        format!(
            "nothing: no service names {} in its annotation {}.com/project-slug",
            deployment.repository,
            kind.as_str()
        )
    } else {
        format!("recorded {} in {}", deployment.version, deployment.environment)
    };
    Ok(Json(Taken { outcome, entities }))
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

fn not_signed() -> ApiError {
    ApiError::plain(
        StatusCode::UNAUTHORIZED,
        "the signature is not that of this hook's secret; enter the secret anew, or make a new hook",
    )
}

/// A hook.
#[derive(Debug, Serialize, ToSchema)]
struct HookBody {
    /// Key.
    id: uuid::Uuid,
    /// `github` or `gitlab`.
    kind: &'static str,
    /// What it is called here.
    name: String,
    /// Where the code host delivers to.
    url: String,
    /// When it last delivered something.
    last_used_at: Option<jiff::Timestamp>,
    /// When it was closed.
    revoked_at: Option<jiff::Timestamp>,
    /// What to enter at the code host; only in the answer to the making of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

fn body_of(portal: &Shared, hook: changes::Hook, secret: Option<String>) -> HookBody {
    HookBody {
        url: format!("{}{}", portal.base_url, hook.path()),
        id: hook.id.0,
        kind: hook.kind.as_str(),
        name: hook.name,
        last_used_at: hook.last_used_at,
        revoked_at: hook.revoked_at,
        secret,
    }
}

/// All hooks; for admins.
#[utoipa::path(get, path = "/integrations", tag = "changes", responses((status = 200, body = Vec<HookBody>)))]
async fn list(State(portal): State<Shared>, mut caller: Caller) -> Result<Json<Vec<HookBody>>, ApiError> {
    let hooks = changes::hooks(&mut caller.cx().await?).await?;
    Ok(Json(hooks.into_iter().map(|h| body_of(&portal, h, None)).collect()))
}

/// Which hook to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewHookBody {
    /// `github` or `gitlab`.
    #[schema(value_type = String)]
    kind: HookKind,
    /// Which organisation or project it is for.
    name: String,
}

/// Makes a hook; for admins. The secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/integrations", tag = "changes", request_body = NewHookBody, responses((status = 201, body = HookBody)))]
async fn create(
    State(portal): State<Shared>,
    mut caller: Caller,
    Body(body): Body<NewHookBody>,
) -> Result<impl IntoResponse, ApiError> {
    let made =
        changes::create_hook(&mut caller.cx().await?, body.kind, &body.name, portal.sealing_key.as_ref())
            .await?;
    let body = body_of(&portal, made.hook, Some(made.secret));
    Ok((StatusCode::CREATED, [("cache-control", "no-store")], Json(body)))
}

/// Closes a hook; for admins.
#[utoipa::path(delete, path = "/integrations/{key}", tag = "changes", params(("key" = uuid::Uuid, Path)), responses((status = 204)))]
async fn revoke(mut caller: Caller, Path(hook): Path<uuid::Uuid>) -> Result<StatusCode, ApiError> {
    changes::revoke_hook(&mut caller.cx().await?, ChangeHookId(hook)).await?;
    Ok(StatusCode::NO_CONTENT)
}
