//! Who calls: a bearer token becomes an actor and a connection.

use axum::{
    extract::FromRequestParts,
    http::{header::AUTHORIZATION, request::Parts},
};
use portolan_domain::{Actor, Call, Cx, Error, Via};

use crate::{ApiError, Shared};

/// The call of somebody with a valid token. Without one the request ends here with 401.
#[derive(Debug)]
pub struct Caller(Call);

impl Caller {
    /// The context for the operation.
    pub fn cx(&mut self) -> Cx<'_> {
        self.0.cx()
    }

    /// Who calls.
    pub fn actor(&self) -> &Actor {
        self.0.actor()
    }
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, portal: &Shared) -> Result<Self, ApiError> {
        let token = bearer(parts).ok_or(Error::Unauthenticated)?;
        let now = portal.clock.now();
        let mut actor =
            portal.callers.by_token(&portal.db, token, now).await?.ok_or(Error::Unauthenticated)?;
        actor.via = Via::Api;
        Ok(Self(portal.db.call(actor, now).await?))
    }
}

/// The token of an `Authorization: Bearer …` header (RFC 6750; the scheme's name ignores case).
fn bearer(parts: &Parts) -> Option<&str> {
    let (scheme, token) = parts.headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
