//! Who calls: a bearer token becomes an actor and a connection.

use axum::{
    extract::FromRequestParts,
    http::{header::AUTHORIZATION, request::Parts},
};
use jiff::Timestamp;
use portolan_domain::{Actor, Call, Cx, Error, Via};

use crate::{ApiError, Shared};

/// The call of somebody with a valid token. Without one the request ends here with 401. The connection is taken when the
/// first operation needs it: whoever sends a body slowly keeps none from others.
#[derive(Debug)]
pub struct Caller {
    portal: Shared,
    actor: Actor,
    now: Timestamp,
    call: Option<Call>,
}

impl Caller {
    /// The context for the operation.
    pub async fn cx(&mut self) -> Result<Cx<'_>, Error> {
        let call = match self.call.take() {
            Some(call) => call,
            None => self.portal.db.call(self.actor.clone(), self.now).await?,
        };
        Ok(self.call.insert(call).cx())
    }

    /// Who calls.
    pub fn actor(&self) -> &Actor {
        &self.actor
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
        Ok(Self { portal: Shared::clone(portal), actor, now, call: None })
    }
}

/// The call of somebody whose token may write: asked before a large body is taken in.
#[derive(Debug)]
pub(crate) struct Writer(pub(crate) Caller);

impl FromRequestParts<Shared> for Writer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, portal: &Shared) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, portal).await?;
        caller.actor.writer()?;
        Ok(Self(caller))
    }
}

/// The token of an `Authorization: Bearer …` header (RFC 6750; the scheme's name ignores case).
fn bearer(parts: &Parts) -> Option<&str> {
    let (scheme, token) = parts.headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
