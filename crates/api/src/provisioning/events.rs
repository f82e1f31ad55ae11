//! `/provisioning-requests/{number}/events`: what happens to a request, as it happens (server-sent events).

use std::{
    collections::VecDeque,
    convert::Infallible,
    time::{Duration, Instant},
};

use axum::{
    extract::{Path, State},
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use portolan_domain::{
    Actor, Limit,
    live::{Ear, News},
    provisioning::{self, Request, State as RequestState},
};
use tokio::sync::broadcast::error::RecvError;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::LineBody;
use crate::{ApiError, Caller, Shared};

/// Between two looks while it runs: moves are told by the portal, lines of the log are not.
const RUNNING: Duration = Duration::from_secs(1);
/// The same while it waits: only for a word that was lost.
const WAITING: Duration = Duration::from_secs(15);
/// The longest that one stream lasts; whoever still listens connects again with the last line.
const LONGEST: Duration = Duration::from_mins(15);

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(events))
}

/// What has been told so far.
struct Told {
    portal: Shared,
    actor: Actor,
    ear: Ear,
    /// As it was looked at last.
    request: Request,
    line: i64,
    state: Option<RequestState>,
    began: Instant,
    waiting: VecDeque<Event>,
    /// When to look.
    next: Next,
}

/// When a request is looked at the next time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// At once: there is more than one look sees.
    Now,
    /// When something is told of it, or a while later.
    Later,
    /// Not at all: it is over, and all of it is told.
    Never,
}

/// What happens to a request: an event `state` at each change, an event `line` for each line of its log (its id is its
/// place), the last one `state` when it is over. A stream lasts a quarter of an hour at most; connect again with
/// `Last-Event-ID`.
#[utoipa::path(get, path = "/provisioning-requests/{number}/events", tag = "provisioning", params(("number" = i64, Path),
    ("Last-Event-ID" = Option<i64>, Header, description = "The last line that you have.")),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
async fn events(
    mut caller: Caller,
    State(portal): State<Shared>,
    Path(number): Path<i64>,
    headers: axum::http::HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let (actor, request) = {
        let mut cx = caller.cx().await?;
        let request = provisioning::request(&mut cx, number).await?;
        (cx.actor().clone(), request)
    };
    let line =
        headers.get("last-event-id").and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok()).unwrap_or(0);
    let person = actor.person.ok_or(portolan_domain::Error::Unauthenticated)?;
    let ear = portal.live.listen(person)?;
    let told = Told {
        portal,
        actor,
        ear,
        request,
        line,
        state: None,
        began: Instant::now(),
        waiting: VecDeque::new(),
        next: Next::Now,
    };
    let stream = stream::unfold(told, async |mut told| {
        loop {
            if let Some(event) = told.waiting.pop_front() {
                return Some((Ok(event), told));
            }
            let is_over = told.next == Next::Never || told.began.elapsed() > LONGEST;
            if is_over || !told.waits().await || told.look().await.is_err() {
                return None;
            }
        }
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}

impl Told {
    /// Waits until it is worth another look; false if the portal stops.
    async fn waits(&mut self) -> bool {
        if self.next == Next::Now {
            return true;
        }
        let runs = matches!(self.request.state, RequestState::Approved | RequestState::Running);
        let until = tokio::time::Instant::now() + if runs { RUNNING } else { WAITING };
        let (team, asker) = (self.request.team.id, self.request.requested_by.as_ref().map(|p| p.id));
        loop {
            match tokio::time::timeout_at(until, self.ear.recv()).await {
                Ok(Err(RecvError::Closed)) => return false,
                Ok(Ok(News::Team(id))) if id != team => {}
                Ok(Ok(News::Person(id))) if Some(id) != asker => {}
                // what was missed may have been about it
                Ok(_) | Err(_) => return true,
            }
        }
    }

    /// Looks what is new, with the rights of whoever listens.
    async fn look(&mut self) -> portolan_domain::Result<()> {
        let mut call = self.portal.call(self.actor.clone()).await?;
        let mut cx = call.cx();
        self.request = provisioning::request(&mut cx, self.request.number).await?;
        let lines = provisioning::log(&mut cx, &self.request, self.line, Limit::new(Limit::MAX)?).await?;
        let is_full = i64::try_from(lines.len()).is_ok_and(|n| n >= Limit::MAX);
        for line in lines {
            self.line = line.line;
            let event = Event::default().event("line").id(line.line.to_string());
            self.waiting.extend(event.json_data(LineBody::from(line)).ok());
        }
        if is_full {
            // how it stands is told after all that led to it
            self.next = Next::Now;
            return Ok(());
        }
        let state = self.request.state;
        self.next = if state.is_over() { Next::Never } else { Next::Later };
        if self.state != Some(state) {
            self.state = Some(state);
            let told = serde_json::json!({ "state": state.as_str() });
            self.waiting.extend(Event::default().event("state").json_data(told).ok());
        }
        Ok(())
    }
}
