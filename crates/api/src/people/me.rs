//! `/me`: the caller, and the caller's own tokens and sessions.

use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use portolan_domain::{
    Scope, SessionId, TokenId,
    people::{self, NewToken, Session, Token},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::{self, MembershipBody, PersonBody};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(me))
        .routes(routes!(tokens, create_token))
        .routes(routes!(revoke_token))
        .routes(routes!(sessions))
        .routes(routes!(end_session))
}

/// The caller.
#[derive(Debug, Serialize, ToSchema)]
struct MeBody {
    /// The person.
    person: PersonBody,
    /// What this token allows: `read`, `write` or `admin`.
    scope: &'static str,
    /// The teams the person is in now.
    teams: Vec<MembershipBody>,
}

/// A personal token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
struct TokenBody {
    /// Key.
    id: uuid::Uuid,
    /// What it is for.
    name: String,
    /// `read`, `write` or `admin`.
    scope: &'static str,
    /// When it was made.
    created_at: Timestamp,
    /// When it stops working; never, if absent.
    expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    last_used_at: Option<Timestamp>,
}

impl From<Token> for TokenBody {
    fn from(t: Token) -> Self {
        Self {
            id: t.id.0,
            name: t.name,
            scope: t.scope.as_str(),
            created_at: t.created_at,
            expires_at: t.expires_at,
            last_used_at: t.last_used_at,
        }
    }
}

/// A token that was just made.
#[derive(Debug, Serialize, ToSchema)]
struct NewTokenAnswer {
    /// The token itself: shown now and never again.
    secret: String,
    /// What is known of it.
    token: TokenBody,
}

/// A token to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTokenBody {
    /// What it is for.
    name: String,
    /// `read`, `write` or `admin`; not more than the token that asks.
    #[schema(value_type = String)]
    scope: Scope,
    /// When it stops working; never, if absent.
    expires_at: Option<Timestamp>,
}

/// A browser that is signed in.
#[derive(Debug, Serialize, ToSchema)]
struct SessionBody {
    /// Key.
    id: uuid::Uuid,
    /// What the browser says it is.
    user_agent: String,
    /// Where it signed in from.
    address: String,
    /// When it signed in.
    created_at: Timestamp,
    /// When it was last used, to the minute.
    last_seen_at: Timestamp,
    /// When it ends if it is not used.
    expires_at: Timestamp,
}

impl From<Session> for SessionBody {
    fn from(s: Session) -> Self {
        Self {
            id: s.id.0,
            user_agent: s.user_agent,
            address: s.address,
            created_at: s.created_at,
            last_seen_at: s.last_seen_at,
            expires_at: s.expires_at,
        }
    }
}

/// Who the token speaks for.
#[utoipa::path(get, path = "/me", tag = "me", responses((status = 200, body = MeBody)))]
async fn me(mut caller: Caller) -> Result<Json<MeBody>, ApiError> {
    let scope = caller.actor().scope.as_str();
    let cx = &mut caller.cx().await?;
    let me = people::me(cx).await?;
    let stays = people::stays(cx, me.id).await?;
    let now = cx.now();
    let teams = stays.into_iter().filter(|s| s.is_current(now)).map(Into::into).collect();
    let person = bodies::persons(cx, vec![me]).await?.remove(0);
    Ok(Json(MeBody { person, scope, teams }))
}

/// The caller's tokens, the newest first.
#[utoipa::path(get, path = "/me/tokens", tag = "me", responses((status = 200, body = List<TokenBody>)))]
async fn tokens(mut caller: Caller) -> Result<Json<List<TokenBody>>, ApiError> {
    Ok(whole(people::tokens(&mut caller.cx().await?).await?))
}

/// Makes a token for the caller.
#[utoipa::path(post, path = "/me/tokens", tag = "me", request_body = NewTokenBody, responses((status = 201, body = NewTokenAnswer)))]
async fn create_token(mut caller: Caller, Body(new): Body<NewTokenBody>) -> Result<Response, ApiError> {
    let new = NewToken { name: new.name, scope: new.scope, expires_at: new.expires_at };
    let (token, secret) = people::create_token(&mut caller.cx().await?, &new).await?;
    let body = NewTokenAnswer { secret, token: token.into() };
    Ok((StatusCode::CREATED, [("cache-control", "no-store")], Json(body)).into_response())
}

/// Revokes one of the caller's tokens at once; it may be the one that asks.
#[utoipa::path(delete, path = "/me/tokens/{id}", tag = "me", params(("id" = uuid::Uuid, Path, description = "Key of the token.")),
    responses((status = 204, description = "It works no more.")))]
async fn revoke_token(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<StatusCode, ApiError> {
    people::revoke_token(&mut caller.cx().await?, TokenId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The browsers the caller is signed in with, the last used first.
#[utoipa::path(get, path = "/me/sessions", tag = "me", responses((status = 200, body = List<SessionBody>)))]
async fn sessions(mut caller: Caller) -> Result<Json<List<SessionBody>>, ApiError> {
    Ok(whole(people::sessions(&mut caller.cx().await?, None).await?))
}

/// Signs one of them out.
#[utoipa::path(delete, path = "/me/sessions/{id}", tag = "me", params(("id" = uuid::Uuid, Path, description = "Key of the session.")),
    responses((status = 204, description = "It is signed out.")))]
async fn end_session(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<StatusCode, ApiError> {
    people::end_session(&mut caller.cx().await?, SessionId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A list that is bounded by nature, in one page.
fn whole<D, T: From<D>>(rows: Vec<D>) -> Json<List<T>> {
    List::whole(rows.into_iter().map(Into::into).collect())
}
