//! What publishing an update would do, and publishing it.

use axum::{extract::Path, response::Response};
use jiff::Timestamp;
use portolan_domain::{
    UpdateId,
    wins::{self, Audience, Below, Held, Preview, PreviewAs, Publishing},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::shapes::{DocumentBody, PublicationBody};
use crate::{
    ApiError, Caller, Shared,
    body::{Json, Params, created},
    people::bodies::TeamLink,
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(preview)).routes(routes!(publishing, publish))
}

/// A challenge that waits for the word of a team that it names.
#[derive(Debug, Serialize, ToSchema)]
struct HeldBody {
    /// Key of the challenge.
    entry: uuid::Uuid,
    /// It in a line.
    summary: String,
    /// Who may still answer to it.
    team: TeamLink,
    /// Until when; null: they were not shown it yet.
    until: Option<Timestamp>,
    /// The same in words, with what to do.
    why: String,
}

impl From<Held> for HeldBody {
    fn from(h: Held) -> Self {
        Self {
            entry: h.entry.id.0,
            summary: h.entry.words.summary,
            team: h.team.into(),
            until: h.until,
            why: h.why,
        }
    }
}

/// What would be published now, and what of the update would not.
#[derive(Debug, Serialize, ToSchema)]
struct PreviewBody {
    /// What would be read.
    #[serde(flatten)]
    document: DocumentBody,
    /// Challenges that wait for the word of a team that they name.
    held: Vec<HeldBody>,
    /// Keys of entries that may not go so far.
    inside: Vec<uuid::Uuid>,
}

impl From<Preview> for PreviewBody {
    fn from(p: Preview) -> Self {
        Self {
            document: p.document.into(),
            held: p.held.into_iter().map(HeldBody::from).collect(),
            inside: p.inside.into_iter().map(|entry| entry.id.0).collect(),
        }
    }
}

/// An update below that is late, or that was not handed up yet.
#[derive(Debug, Serialize, ToSchema)]
struct LateBody {
    /// Key of the update.
    update: uuid::Uuid,
    /// Whose it is.
    team: TeamLink,
    /// Whether it is late, as of now or of when it was handed up.
    late: bool,
    /// When it was handed up; null: it is not, and nothing of it is published above.
    submitted_at: Option<Timestamp>,
}

impl From<Below> for LateBody {
    fn from(b: Below) -> Self {
        let (update, submitted_at) = (b.update.id.0, b.update.submitted_at);
        Self { update, team: b.update.team.into(), late: b.late, submitted_at }
    }
}

/// What publishing an update by hand would do now.
#[derive(Debug, Serialize, ToSchema)]
struct PublishingBody {
    /// What would be read, held back and left out.
    preview: PreviewBody,
    /// Who reads it: `circle` or `everyone`.
    #[schema(value_type = String)]
    audience: Audience,
    /// How many people may read it in the portal.
    readers: i64,
    /// The lists that it is sent to, by name.
    lists: Vec<String>,
    /// How many people of the portal are sent a letter.
    letters: usize,
    /// How many addresses outside are sent a letter.
    outside: usize,
    /// Updates below that were not handed up, and those that came late.
    late: Vec<LateBody>,
    /// Why it cannot be published by hand as it stands; null: it can.
    refused: Option<String>,
}

impl From<Publishing> for PublishingBody {
    fn from(p: Publishing) -> Self {
        Self {
            preview: p.preview.into(),
            audience: p.update.audience,
            readers: p.readers,
            lists: p.lists,
            letters: p.letters,
            outside: p.outside,
            late: p.late.into_iter().map(LateBody::from).collect(),
            refused: p.refused,
        }
    }
}

/// As whom to read.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ReaderBody {
    #[default]
    Reader,
    Outside,
    Above,
}

/// As whom to read.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PreviewQuery {
    /// `reader`, whoever reads it in the portal; `outside`, by letter; or `above`, the level above before it is published.
    #[serde(default, rename = "as")]
    #[param(value_type = Option<String>)]
    reads: ReaderBody,
}

/// What would be published now, as it would read for them. For whoever writes the update.
#[utoipa::path(get, path = "/updates/{id}/preview", tag = "wins and challenges", params(("id" = uuid::Uuid, Path), PreviewQuery),
    responses((status = 200, body = PreviewBody)))]
async fn preview(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    Params(query): Params<PreviewQuery>,
) -> Result<Json<PreviewBody>, ApiError> {
    let reads = match query.reads {
        ReaderBody::Reader => PreviewAs::Reader,
        ReaderBody::Outside => PreviewAs::Outside,
        ReaderBody::Above => PreviewAs::Above,
    };
    Ok(Json(wins::preview(&mut caller.cx().await?, UpdateId(id), reads).await?.into()))
}

/// What publishing it by hand would do now: who would read it, who of those below is late, what waits. For whoever writes the update.
#[utoipa::path(get, path = "/updates/{id}/publication", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = PublishingBody)))]
async fn publishing(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
) -> Result<Json<PublishingBody>, ApiError> {
    Ok(Json(wins::publishing(&mut caller.cx().await?, UpdateId(id)).await?.into()))
}

/// Publishes what was handed up, now. For whoever writes the top update; what is below it is published when its cycle ends.
#[utoipa::path(post, path = "/updates/{id}/publication", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    responses((status = 201, body = PublicationBody, headers(("Location" = String, description = "Its address.")))))]
async fn publish(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<Response, ApiError> {
    let made = wins::publish(&mut caller.cx().await?, UpdateId(id)).await?;
    Ok(created(format!("/publications/{}", made.id), Json(PublicationBody::from(made))))
}
