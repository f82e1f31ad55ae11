//! Where alerts come in. Nobody is signed in: the key in the address is the credential. What cannot be read is answered
//! 400, which senders do not repeat; what fails here 5xx, which they do. 2xx only when it is written.

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use portolan_connect::{BadPayload, alertmanager, generic_alert, pagerduty};
use portolan_domain::{
    Actor, AlertId, Error, Via,
    paging::{self, Incoming, IntegrationKind},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{ApiError, Shared, body::Json};

/// The largest body of Alertmanager: a large group without `max_alerts`. What is larger would be lost, for no sender
/// repeats what is answered 413.
const MOST_OF_ALERTMANAGER: usize = 8 << 20;
/// The largest event of the others, which is `PagerDuty`'s own limit.
const MOST: usize = 512 << 10;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    let large = OpenApiRouter::new().routes(routes!(from_alertmanager));
    let small = OpenApiRouter::new().routes(routes!(from_anything)).routes(routes!(from_pagerduty_tool));
    large.layer(DefaultBodyLimit::max(MOST_OF_ALERTMANAGER)).merge(small.layer(DefaultBodyLimit::max(MOST)))
}

/// What came of a delivery.
#[derive(Debug, Serialize, ToSchema)]
struct TakenBody {
    /// Numbers of the pages it opened.
    opened: Vec<i64>,
    /// Alerts that fire now and did not before.
    fired: usize,
    /// Alerts that were told again.
    repeated: usize,
    /// Alerts that are over.
    resolved: usize,
    /// Alerts that were called over, or acknowledged, without firing: dropped.
    dropped: usize,
    /// Pages that are over with them.
    closed: usize,
}

/// Prometheus Alertmanager's webhook, version 4. Alerts are known by group key and fingerprint, so a repeat is counted and
/// changes nothing; a delivery that was cut (`truncatedAlerts`) closes nothing.
#[utoipa::path(post, path = "/integrations/{key}/alertmanager", tag = "paging", security(()), params(("key" = String, Path)),
    request_body(content = Vec<u8>, content_type = "application/json"), responses((status = 200, body = TakenBody)))]
async fn from_alertmanager(
    State(portal): State<Shared>,
    Path(key): Path<String>,
    body: Bytes,
) -> Result<Json<TakenBody>, ApiError> {
    Ok(Json(take(&portal, &key, IntegrationKind::Alertmanager, || alertmanager::incoming(&body)).await?.1))
}

/// An alert in plain JSON: `dedup_key`, `status` (`firing`, `acknowledged`, `resolved`), `summary`, `service`, `severity`,
/// `link`, `labels`. One line does it:
/// `curl -fsS --json '{"dedup_key":"disk-7","status":"firing","summary":"Disk 7 is full","service":"orders-db"}' $ADDRESS`
#[utoipa::path(post, path = "/integrations/{key}/alerts", tag = "paging", security(()), params(("key" = String, Path)),
    request_body(content = Vec<u8>, content_type = "application/json"), responses((status = 200, body = TakenBody)))]
async fn from_anything(
    State(portal): State<Shared>,
    Path(key): Path<String>,
    body: Bytes,
) -> Result<Json<TakenBody>, ApiError> {
    Ok(Json(take(&portal, &key, IntegrationKind::Generic, || generic_alert::incoming(&body)).await?.1))
}

/// What that API answers.
#[derive(Debug, Serialize, ToSchema)]
struct EventBody {
    /// `success`.
    status: &'static str,
    /// In words.
    message: &'static str,
    /// The key of the alert, made here if the event had none.
    dedup_key: String,
}

/// `PagerDuty`'s Events API v2: `trigger`, `acknowledge`, `resolve`. The key in the address counts; `routing_key` must be
/// there and says nothing.
#[utoipa::path(post, path = "/integrations/{key}/pagerduty", tag = "paging", security(()), params(("key" = String, Path)),
    request_body(content = Vec<u8>, content_type = "application/json"), responses((status = 202, body = EventBody)))]
async fn from_pagerduty_tool(
    State(portal): State<Shared>,
    Path(key): Path<String>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let fresh = AlertId::new().0.simple().to_string();
    let parse = || pagerduty::incoming(&body, &fresh);
    let (dedup_key, _) = take(&portal, &key, IntegrationKind::Pagerduty, parse).await?;
    let body = EventBody { status: "success", message: "Event processed", dedup_key };
    Ok((StatusCode::ACCEPTED, Json(body)).into_response())
}

/// Opens the integration, reads the body, and takes it in; the key of the group with what came of it.
async fn take(
    portal: &Shared,
    key: &str,
    kind: IntegrationKind,
    parse: impl FnOnce() -> Result<Incoming, BadPayload>,
) -> Result<(String, TakenBody), ApiError> {
    let actor = Actor { handle: kind.as_str().into(), ..Actor::stranger(Via::Api) };
    let mut call = portal.call(actor).await?;
    let keyed = paging::open_integration(&mut call.cx(), key, kind).await.map_err(|e| limited(kind, e))?;
    let incoming = match parse() {
        Ok(incoming) => incoming,
        Err(bad) => {
            let why = format!("the body {bad}");
            paging::note_refusal(&mut call.cx(), &keyed, &why).await?;
            return Err(ApiError::plain(StatusCode::BAD_REQUEST, why));
        }
    };
    let taken = paging::take_in(&mut call.cx(), &keyed, &incoming).await.map_err(again)?;
    let body = TakenBody {
        opened: taken.opened,
        fired: taken.fired,
        repeated: taken.repeated,
        resolved: taken.resolved,
        dropped: taken.dropped,
        closed: taken.closed,
    };
    Ok((incoming.group_key, body))
}

/// Too much in a minute is 429; but Alertmanager gives up on that, and comes again after a 503.
fn limited(kind: IntegrationKind, error: Error) -> Error {
    match error {
        Error::Throttled(wait) if kind == IntegrationKind::Alertmanager => Error::Unavailable(format!(
            "too many deliveries in a minute; deliver again in {} s",
            wait.as_secs().max(1)
        )),
        other => other,
    }
}

/// Two deliveries in each other's way are nobody's mistake: a 4xx would not be repeated.
fn again(error: Error) -> Error {
    match error {
        Error::Conflict(why) | Error::Forbidden(why) => Error::Unavailable(why),
        Error::NotFound { what, key } => Error::Unavailable(format!("the {what} {key} went away meanwhile")),
        other => other,
    }
}
