//! `/wins-feeds`: secret addresses at which a feed reader finds what is published. The feed itself is at `/feeds/wins/{secret}`.

use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use portolan_domain::{
    WinsFeedId,
    wins::{self, Feed},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List},
    people::bodies::TeamLink,
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(revoke))
}

/// A secret address of a feed.
#[derive(Debug, Serialize, ToSchema)]
struct WinsFeedBody {
    /// Key.
    id: uuid::Uuid,
    /// Of which team's publications; null: of all that you may read.
    team: Option<TeamLink>,
    /// When it was made.
    created_at: Timestamp,
    /// When a reader last asked for it.
    last_used_at: Option<Timestamp>,
    /// What to subscribe to; only in the answer to its making.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

impl WinsFeedBody {
    fn of(feed: Feed, url: Option<String>) -> Self {
        Self {
            id: feed.id.0,
            team: feed.team.map(TeamLink::from),
            created_at: feed.created_at,
            last_used_at: feed.last_used_at,
            url,
        }
    }
}

/// Your addresses.
#[utoipa::path(get, path = "/wins-feeds", tag = "wins and challenges", responses((status = 200, body = List<WinsFeedBody>)))]
async fn list(mut caller: Caller) -> Result<Json<List<WinsFeedBody>>, ApiError> {
    let feeds = wins::feeds(&mut caller.cx().await?).await?;
    Ok(List::whole(feeds.into_iter().map(|feed| WinsFeedBody::of(feed, None)).collect()))
}

/// An address to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewWinsFeedBody {
    /// Slug of a team; of all that you may read, if absent.
    team: Option<String>,
}

/// Makes an address; it is shown this once. Its secret is the credential: whoever has it reads as you may.
#[utoipa::path(post, path = "/wins-feeds", tag = "wins and challenges", request_body = NewWinsFeedBody, responses((status = 201, body = WinsFeedBody)))]
async fn create(
    State(portal): State<Shared>,
    mut caller: Caller,
    Body(body): Body<NewWinsFeedBody>,
) -> Result<Response, ApiError> {
    let (feed, secret) = wins::create_feed(&mut caller.cx().await?, body.team.as_deref()).await?;
    let url = format!("{}/feeds/wins/{secret}", portal.base_url);
    let body = Json(WinsFeedBody::of(feed, Some(url)));
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], body).into_response())
}

/// Takes one of your addresses back (its key, not its secret).
#[utoipa::path(delete, path = "/wins-feeds/{id}", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)), responses((status = 204)))]
async fn revoke(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<StatusCode, ApiError> {
    wins::revoke_feed(&mut caller.cx().await?, WinsFeedId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
