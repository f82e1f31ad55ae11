//! Who is looking: a session cookie becomes an actor and a connection.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use axum::{extract::FromRequestParts, http::request::Parts};
use jiff::Timestamp;
use portolan_domain::{Actor, Call, Cx, Error, PersonId, Via};

use crate::{
    Shared,
    error::PageError,
    page::{Nav, Shell},
    visit::Visit,
};

/// Somebody, signed in or not. For the pages that strangers may see; every other handler takes a [`Viewer`].
#[derive(Debug)]
pub(crate) struct MaybeViewer {
    call: Call,
    portal: Shared,
    visit: Arc<Visit>,
}

impl MaybeViewer {
    /// The context for the operation.
    pub(crate) fn cx(&mut self) -> Cx<'_> {
        self.call.cx()
    }

    /// Who acts.
    pub(crate) fn actor(&self) -> &Actor {
        self.call.actor()
    }

    /// The instant of the request.
    pub(crate) fn now(&self) -> Timestamp {
        self.call.now()
    }

    /// The running portal.
    pub(crate) fn portal(&self) -> &Shared {
        &self.portal
    }

    /// What the request says about itself.
    pub(crate) fn visit(&self) -> &Visit {
        &self.visit
    }

    /// What the layout needs to know; `nav` is where the page belongs.
    pub(crate) fn shell(&self, nav: Nav) -> Shell {
        Shell::new(&self.portal, self.call.actor(), &self.visit, self.call.now(), nav)
    }

    pub(crate) async fn of(portal: &Shared, visit: Arc<Visit>) -> Result<Self, Error> {
        let now = portal.clock.now();
        let known = match &visit.session {
            Some(secret) => portal.callers.by_session(&portal.db, secret, now).await?,
            None => None,
        };
        let mut actor = known.unwrap_or_else(|| Actor::stranger(Via::Page));
        actor.via = Via::Page;
        Ok(Self { call: portal.db.call(actor, now).await?, portal: portal.clone(), visit })
    }
}

impl FromRequestParts<Shared> for MaybeViewer {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, portal: &Shared) -> Result<Self, PageError> {
        let visit = parts.extensions.get::<Arc<Visit>>().cloned().unwrap_or_default();
        Ok(Self::of(portal, visit).await?)
    }
}

/// Somebody signed in. A stranger is led to sign-in, and from there back to where they wanted to go.
#[derive(Debug)]
pub(crate) struct Viewer(MaybeViewer);

impl Viewer {
    /// The person.
    pub(crate) fn person(&self) -> Option<PersonId> {
        self.actor().person
    }
}

impl Deref for Viewer {
    type Target = MaybeViewer;

    fn deref(&self) -> &MaybeViewer {
        &self.0
    }
}

impl DerefMut for Viewer {
    fn deref_mut(&mut self) -> &mut MaybeViewer {
        &mut self.0
    }
}

impl FromRequestParts<Shared> for Viewer {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, portal: &Shared) -> Result<Self, PageError> {
        let visit = parts.extensions.get::<Arc<Visit>>().cloned().unwrap_or_default();
        if visit.session.is_none() {
            return Err(Error::Unauthenticated.into()); // spares the connection
        }
        let viewer = MaybeViewer::of(portal, visit).await?;
        if viewer.actor().person.is_none() {
            return Err(Error::Unauthenticated.into());
        }
        Ok(Self(viewer))
    }
}
