//! What needs the viewer, on every page that is open: badges in the masthead, sent again whenever something changed for
//! them. Pages work without: a badge leads to where the same stands.
//!
//! A slice that wants a badge adds it in [`badges`], and says [`portolan_domain::live::tell`] when it changes.

mod listening;

use askama::Template;
use axum::{
    Router,
    extract::Query,
    http::header,
    response::{IntoResponse, Response, sse::Sse},
    routing::get,
};
use futures_util::StreamExt;
use portolan_domain::{Cx, Error, Result as Outcome, notify, paging, people};
use serde::Deserialize;

use crate::{Shared, caller::Viewer, error::PageError, words};
use listening::Listening;

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/live", get(live))
}

/// One thing that needs the viewer.
struct Badge {
    /// Where it stands.
    address: &'static str,
    /// How many.
    number: i64,
    /// What, for who cannot see where the badge is.
    words: String,
}

#[derive(Template)]
#[template(path = "live/badges.html")]
struct Badges {
    badges: Vec<Badge>,
}

/// What needs this viewer now.
async fn badges(cx: &mut Cx<'_>) -> Outcome<Badges> {
    let waiting = paging::waiting(cx).await?;
    let words = words::counted(waiting, "page waits", "pages wait") + " for you";
    let mut badges = vec![Badge { address: "/pages?mine=yes", number: waiting, words }];
    if cx.admin().is_ok() {
        let failed = notify::trouble(cx).await?.failed;
        let words = words::counted(failed, "notice failed", "notices failed") + " in the last 24 hours";
        badges.push(Badge { address: "/settings#reach", number: failed, words });
    }
    badges.retain(|badge| badge.number > 0);
    Ok(Badges { badges })
}

/// How to listen.
#[derive(Debug, Deserialize)]
struct Asked {
    /// Tells the badges of now and ends, for what does not listen.
    once: Option<String>,
}

/// The badges as events, for as long as the page is looked at.
async fn live(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let Some(me) = viewer.person() else { return Err(Error::Unauthenticated.into()) };
    let teams = people::team_ids_of(&mut viewer.cx(), me).await?;
    let (portal, actor) = (viewer.portal().clone(), viewer.actor().clone());
    let session = viewer.visit().session.clone().unwrap_or_default();
    drop(viewer); // and with it its connection: this lasts
    let ear = portal.live.listen(me)?;
    let most = if asked.once.is_some() { 1 } else { usize::MAX };
    let events = Listening::new(portal, actor, session, teams, ear).events().take(most);
    // a proxy that gathers answers would keep the news to itself
    Ok(([(header::HeaderName::from_static("x-accel-buffering"), "no")], Sse::new(events)).into_response())
}
