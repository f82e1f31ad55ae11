//! `/provisioning-requests/{number}/events`: what happens to a request, as it happens (server-sent events).

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use axum::{
    extract::{Path, State},
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use portolan_domain::{
    Actor, Limit,
    provisioning::{self, State as RequestState},
};
use tokio::sync::broadcast::error::RecvError;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::LineBody;
use crate::{ApiError, Caller, Shared};

/// Between two looks when nobody says that something changed.
const LOOK: Duration = Duration::from_secs(1);
/// The longest that one stream lasts; whoever still listens connects again with the last line.
const LONGEST: u32 = 15 * 60;

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(events))
}

/// What has been told so far.
struct Told {
    portal: Shared,
    actor: Actor,
    number: i64,
    line: i64,
    state: Option<RequestState>,
    looks: u32,
    waiting: VecDeque<Event>,
    over: bool,
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
    let actor = {
        let mut cx = caller.cx().await?;
        provisioning::request(&mut cx, number).await?;
        cx.actor().clone()
    };
    let line =
        headers.get("last-event-id").and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok()).unwrap_or(0);
    let person = actor.person.ok_or(portolan_domain::Error::Unauthenticated)?;
    let ear = portal.live.listen(person)?;
    let told =
        Told { portal, actor, number, line, state: None, looks: 0, waiting: VecDeque::new(), over: false };
    let stream = stream::unfold((told, ear), async |(mut told, mut ear)| {
        loop {
            if let Some(event) = told.waiting.pop_front() {
                return Some((Ok(event), (told, ear)));
            }
            if told.over || told.looks > LONGEST {
                return None;
            }
            if told.looks > 0 {
                // a word or a second, whichever is first; a closed ear is a portal that stops
                if let Ok(Err(RecvError::Closed)) = tokio::time::timeout(LOOK, ear.recv()).await {
                    return None;
                }
            }
            told.looks += 1;
            if told.look().await.is_err() {
                return None;
            }
        }
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}

impl Told {
    /// Looks what is new, with the rights of whoever listens.
    async fn look(&mut self) -> portolan_domain::Result<()> {
        let mut call = self.portal.call(self.actor.clone()).await?;
        let mut cx = call.cx();
        let request = provisioning::request(&mut cx, self.number).await?;
        let lines = provisioning::log(&mut cx, &request, self.line, Limit::new(Limit::MAX)?).await?;
        for line in lines {
            self.line = line.line;
            let event = Event::default().event("line").id(line.line.to_string());
            self.waiting.extend(event.json_data(LineBody::from(line)).ok());
        }
        if self.state != Some(request.state) {
            self.state = Some(request.state);
            self.over = request.state.is_over();
            let event = Event::default()
                .event("state")
                .json_data(serde_json::json!({ "state": request.state.as_str() }));
            self.waiting.extend(event.ok());
        }
        Ok(())
    }
}
