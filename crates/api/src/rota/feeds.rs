//! `/calendars`: secret addresses that calendar programs subscribe to.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use portolan_domain::{
    Actor, CalendarFeedId, Via,
    rota::{self, CalendarFeed, ical},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::ScheduleNameBody;
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List},
    tag::tagged,
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(read, revoke))
}

/// An address to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewFeedBody {
    /// Slug of the schedule it is of; your own shifts on all schedules if absent.
    schedule: Option<String>,
}

/// An address.
#[derive(Debug, Serialize, ToSchema)]
struct FeedBody {
    /// Key.
    id: uuid::Uuid,
    /// The schedule it is of; null: your own shifts.
    schedule: Option<ScheduleNameBody>,
    /// When it was made.
    created_at: Timestamp,
    /// When a calendar last asked for it.
    last_used_at: Option<Timestamp>,
    /// What to subscribe to; only in the answer to its making.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

impl FeedBody {
    fn of(feed: &CalendarFeed, url: Option<String>) -> Self {
        Self {
            id: feed.id.0,
            schedule: feed.schedule.as_ref().map(ScheduleNameBody::from),
            created_at: feed.created_at,
            last_used_at: feed.last_used_at,
            url,
        }
    }
}

/// Your addresses.
#[utoipa::path(get, path = "/calendars", tag = "on-call", responses((status = 200, body = List<FeedBody>)))]
async fn list(mut caller: Caller) -> Result<Json<List<FeedBody>>, ApiError> {
    let feeds = rota::feeds(&mut caller.cx().await?).await?;
    Ok(List::whole(feeds.iter().map(|f| FeedBody::of(f, None)).collect()))
}

/// Makes an address; it is shown this once. Whoever has it reads the calendar without signing in.
#[utoipa::path(post, path = "/calendars", tag = "on-call", request_body = NewFeedBody, responses((status = 201, body = FeedBody)))]
async fn create(
    State(portal): State<Shared>,
    mut caller: Caller,
    Body(body): Body<NewFeedBody>,
) -> Result<Response, ApiError> {
    let (feed, secret) = rota::create_feed(&mut caller.cx().await?, body.schedule.as_deref()).await?;
    let url = portal.base_url.clone() + &rota::feed_path(&secret);
    let body = Json(FeedBody::of(&feed, Some(url)));
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], body).into_response())
}

/// The calendar itself (`text/calendar`): the secret in the address is the credential. With `ETag`; programs ask again
/// when they like (Google every 8 to 24 hours, Outlook on the web about every 3, Apple as its owner chose).
#[utoipa::path(get, path = "/calendars/{calendar}", tag = "on-call", security(()), params(("calendar" = String, Path)),
    responses((status = 200, body = String, content_type = "text/calendar"), (status = 304)))]
async fn read(
    State(portal): State<Shared>,
    Path(secret): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let secret = secret.strip_suffix(".ics").unwrap_or(&secret);
    let mut call = portal.call(Actor::stranger(Via::Api)).await?;
    let feed = rota::read_feed(&mut call.cx(), secret, &portal.base_url).await?;
    let text = ical::write(&feed);
    let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    let tag = format!("\"{:032x}\"", digest.first_chunk().map_or(0, |first| u128::from_be_bytes(*first)));
    let body = ([(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], text);
    Ok(tagged(&headers, &tag, body))
}

/// Takes one of your addresses back (its key, not its secret).
#[utoipa::path(delete, path = "/calendars/{calendar}", tag = "on-call", params(("calendar" = uuid::Uuid, Path)), responses((status = 204)))]
async fn revoke(mut caller: Caller, Path(calendar): Path<uuid::Uuid>) -> Result<StatusCode, ApiError> {
    rota::revoke_feed(&mut caller.cx().await?, CalendarFeedId(calendar)).await?;
    Ok(StatusCode::NO_CONTENT)
}
