//! `/executors/terraform/state`: where Terraform keeps its states (its backend `http`). Nobody is signed in: each state has
//! a password of its own, which the runs of its thing are given.

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequestParts, Path, Query},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use portolan_domain::{
    Actor, Call, Error, Via,
    provisioning::{self, Locked, Locker, MOST_STATE, OpenState},
    sealing::SealingKey,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{ApiError, Shared};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(read, write, forget))
        .layer(DefaultBodyLimit::max(MOST_STATE))
        .merge(OpenApiRouter::new().routes(routes!(lock, unlock)).layer(DefaultBodyLimit::max(64 << 10)))
}

/// Somebody who showed the password of the state they ask for. The connection is taken when it is needed: whoever sends a body
/// slowly keeps none from others.
struct Runner {
    portal: Shared,
    state: OpenState,
}

impl Runner {
    async fn call(&self) -> Result<Call, Error> {
        self.portal.call(Actor { handle: "terraform".into(), ..Actor::stranger(Via::Api) }).await
    }

    fn key(&self) -> Option<&SealingKey> {
        self.portal.sealing_key.as_ref()
    }
}

impl FromRequestParts<Shared> for Runner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, portal: &Shared) -> Result<Self, ApiError> {
        let stranger = || {
            ApiError::plain(
                StatusCode::UNAUTHORIZED,
                "a state of Terraform opens with its own user and password",
            )
        };
        let Path(id) = Path::<Uuid>::from_request_parts(parts, portal).await.map_err(|_| stranger())?;
        let (user, password) = basic(parts).ok_or_else(stranger)?;
        let opened = provisioning::open_state(portal.sealing_key.as_ref(), id, &user, &password);
        let state = opened.map_err(|error| match error {
            Error::Unauthenticated => stranger(),
            other => other.into(),
        })?;
        Ok(Self { portal: Shared::clone(portal), state })
    }
}

/// User and password of `Authorization: Basic …` (RFC 7617).
fn basic(parts: &Parts) -> Option<(String, String)> {
    let (scheme, rest) = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let plain = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    let (user, password) = plain.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// The lock that is held, as Terraform names it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Holding {
    /// Id of the lock.
    #[serde(rename = "ID")]
    lock: Option<String>,
}

/// Who locks.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Locking {
    /// Key of the step: what it locked before it died it may lock again.
    by: Uuid,
    /// Which turn of the step: one that is over may not lock any more.
    turn: i64,
}

/// Done, or 423 with what Terraform said of the lock that is in the way.
fn answer<T>(locked: Locked<T>) -> Response {
    match locked {
        Locked::Done(_) => StatusCode::OK.into_response(),
        Locked::By(info) => {
            (StatusCode::LOCKED, [(header::CONTENT_TYPE, "application/json")], info).into_response()
        }
    }
}

/// The last version of a state; 204 if there is none yet. User `portolan`, with the state's own password.
#[utoipa::path(get, path = "/executors/terraform/state/{id}", tag = "self-service", security(("state" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/json"), (status = 204)))]
async fn read(runner: Runner) -> Result<Response, ApiError> {
    let body = provisioning::read_state(&mut runner.call().await?.cx(), runner.key(), runner.state).await?;
    let no_store = (header::CACHE_CONTROL, "no-store");
    Ok(match body {
        Some(body) => ([no_store, (header::CONTENT_TYPE, "application/json")], body).into_response(),
        None => (StatusCode::NO_CONTENT, [no_store]).into_response(),
    })
}

/// Writes a new version, under the lock that is held. The last 50 are kept, sealed. 423 with the description of the lock that is
/// in the way.
#[utoipa::path(post, path = "/executors/terraform/state/{id}", tag = "self-service", security(("state" = [])), params(("id" = Uuid, Path), Holding),
    request_body(content = Vec<u8>, content_type = "application/json"), responses((status = 200), (status = 423)))]
async fn write(runner: Runner, Query(holding): Query<Holding>, body: Bytes) -> Result<Response, ApiError> {
    let (key, lock) = (runner.key(), holding.lock.as_deref());
    Ok(answer(
        provisioning::write_state(&mut runner.call().await?.cx(), key, runner.state, lock, &body).await?,
    ))
}

/// Forgets a state with all its versions, under the lock that is held.
#[utoipa::path(delete, path = "/executors/terraform/state/{id}", tag = "self-service", security(("state" = [])), params(("id" = Uuid, Path), Holding),
    responses((status = 200), (status = 423)))]
async fn forget(runner: Runner, Query(holding): Query<Holding>) -> Result<Response, ApiError> {
    let lock = holding.lock.as_deref();
    Ok(answer(provisioning::forget_state(&mut runner.call().await?.cx(), runner.state, lock).await?))
}

/// Locks a state, with Terraform's description of the lock. 423 with the description of the one that is in the way.
#[utoipa::path(post, path = "/executors/terraform/state/{id}/lock", tag = "self-service", security(("state" = [])), params(("id" = Uuid, Path), Locking),
    request_body(content = Vec<u8>, content_type = "application/json"), responses((status = 200), (status = 423)))]
async fn lock(runner: Runner, Query(locking): Query<Locking>, body: Bytes) -> Result<Response, ApiError> {
    let by = Locker { step: locking.by, turn: locking.turn };
    Ok(answer(provisioning::lock_state(&mut runner.call().await?.cx(), runner.state, by, &body).await?))
}

/// Lets a state go, with the description of the lock that is held.
#[utoipa::path(delete, path = "/executors/terraform/state/{id}/lock", tag = "self-service", security(("state" = [])), params(("id" = Uuid, Path)),
    request_body(content = Vec<u8>, content_type = "application/json"), responses((status = 200), (status = 423)))]
async fn unlock(runner: Runner, body: Bytes) -> Result<Response, ApiError> {
    let lock = provisioning::lock_id(&body)?;
    Ok(answer(provisioning::unlock_state(&mut runner.call().await?.cx(), runner.state, &lock).await?))
}
