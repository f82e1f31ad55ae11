//! `/challenges`: they stay open across cycles until somebody closes them, and whom they name is heard first.

use axum::{extract::Path, http::StatusCode};
use jiff::Timestamp;
use portolan_domain::{
    UpdateId, WinsEntryId,
    wins::{self, Challenge, ChallengeFilter, Closing, Entry, Owed, Question, Stands},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    bodies::{NamingBody, WinsEntryBody},
    shapes::UpdateBody,
};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, paging},
    people::bodies::{PersonLink, TeamLink},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(close, reopen))
        .routes(routes!(tell_again))
        .routes(routes!(waiting))
        .routes(routes!(answer))
        .routes(routes!(attach))
        .routes(routes!(owed))
}

/// How they stand.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StandsBody {
    #[default]
    Open,
    Closed,
    All,
}

impl From<StandsBody> for Stands {
    fn from(stands: StandsBody) -> Self {
        match stands {
            StandsBody::Open => Self::Open,
            StandsBody::Closed => Self::Closed,
            StandsBody::All => Self::All,
        }
    }
}

/// Which challenges.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Slug of a team; with those below it.
    team: Option<String>,
    /// `open`, which they are if absent, `closed` or `all`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    state: StandsBody,
    /// The same as `state=open`, for short: `?open`.
    open: Option<String>,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A challenge, once however often it was told again.
#[derive(Debug, Serialize, ToSchema)]
struct ChallengeBody {
    /// As it was told last.
    entry: WinsEntryBody,
    /// In how many cycles it was told.
    told: i64,
    /// Days since it was told first, until it was closed or now.
    days: i64,
    /// Whether you may close it.
    may_close: bool,
}

impl From<Challenge> for ChallengeBody {
    fn from(c: Challenge) -> Self {
        Self { entry: c.entry.into(), told: c.told, days: c.days, may_close: c.may_close }
    }
}

/// Challenges that you may see, the oldest first. Lines of levels above are left out: they are the same challenges.
#[utoipa::path(get, path = "/challenges", tag = "wins and challenges", params(Which), responses((status = 200, body = List<ChallengeBody>)))]
async fn list(
    mut caller: Caller,
    Params(which): Params<Which>,
) -> Result<Json<List<ChallengeBody>>, ApiError> {
    let (limit, after) = paging(which.limit, which.after)?;
    let stands = if which.open.is_some() { Stands::Open } else { which.state.into() };
    let filter = ChallengeFilter { team: which.team, stands };
    let page = wins::challenges(&mut caller.cx().await?, &filter, after, limit).await?;
    Ok(List::of(page, ChallengeBody::from))
}

/// How it ends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClosingBody {
    /// `solved`, `accepted` or `dropped`.
    #[schema(value_type = String)]
    how: Closing,
    /// Why, in a word or two.
    #[serde(default)]
    note: String,
}

/// What came of closing it.
#[derive(Debug, Serialize, ToSchema)]
struct ClosedAnswer {
    /// Key of the win that is offered, if it was solved: a draft that waits in the team.
    win: Option<uuid::Uuid>,
}

/// Closes a challenge. For who wrote it and whoever writes the team's update.
#[utoipa::path(post, path = "/challenges/{id}/closing", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    request_body = ClosingBody, responses((status = 200, body = ClosedAnswer)))]
async fn close(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    Body(body): Body<ClosingBody>,
) -> Result<Json<ClosedAnswer>, ApiError> {
    let win = wins::close_challenge(&mut caller.cx().await?, WinsEntryId(id), body.how, &body.note).await?;
    Ok(Json(ClosedAnswer { win: win.map(|id| id.0) }))
}

/// Opens a closed challenge again; a draft win that nobody edited is gone.
#[utoipa::path(delete, path = "/challenges/{id}/closing", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    responses((status = 204)))]
async fn reopen(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<StatusCode, ApiError> {
    wins::reopen_challenge(&mut caller.cx().await?, WinsEntryId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where to tell it again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TellingBody {
    /// Key of the update.
    update: uuid::Uuid,
}

/// Tells an open challenge again in an update, in its last words; told already it is the same entry.
#[utoipa::path(post, path = "/challenges/{id}/telling", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    request_body = TellingBody, responses((status = 200, body = WinsEntryBody)))]
async fn tell_again(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    Body(body): Body<TellingBody>,
) -> Result<Json<WinsEntryBody>, ApiError> {
    let (id, update) = (WinsEntryId(id), UpdateId(body.update));
    Ok(Json(wins::tell_again(&mut caller.cx().await?, id, update).await?.into()))
}

/// A challenge that waits for a team's word.
#[derive(Debug, Serialize, ToSchema)]
struct WaitingAnswerBody {
    /// The challenge.
    entry: WinsEntryBody,
    /// The team that it names, which you lead or stand in for.
    team: TeamLink,
}

impl From<(Entry, portolan_domain::people::TeamName)> for WaitingAnswerBody {
    fn from((entry, team): (Entry, portolan_domain::people::TeamName)) -> Self {
        Self { entry: entry.into(), team: team.into() }
    }
}

/// The challenges that name a team of yours and wait for its word, oldest first; fifty at most.
#[utoipa::path(get, path = "/challenges/namings", tag = "wins and challenges", responses((status = 200, body = List<WaitingAnswerBody>)))]
async fn waiting(mut caller: Caller) -> Result<Json<List<WaitingAnswerBody>>, ApiError> {
    let waiting = wins::waiting_for_answer(&mut caller.cx().await?).await?;
    Ok(List::whole(waiting.into_iter().map(WaitingAnswerBody::from).collect()))
}

/// What a team says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NamingAnswerBody {
    /// What, in plain text; empty: it was seen.
    #[serde(default)]
    text: String,
}

/// Answers for a team that a challenge names. Its lead, deputy and those above.
#[utoipa::path(put, path = "/challenges/{id}/namings/{team}", tag = "wins and challenges",
    params(("id" = uuid::Uuid, Path), ("team" = String, Path, description = "Slug of the team.")),
    request_body = NamingAnswerBody, responses((status = 200, body = NamingBody)))]
async fn answer(
    mut caller: Caller,
    Path((id, team)): Path<(uuid::Uuid, String)>,
    Body(body): Body<NamingAnswerBody>,
) -> Result<Json<NamingBody>, ApiError> {
    let cx = &mut caller.cx().await?;
    Ok(Json(wins::answer_naming(cx, WinsEntryId(id), &team, &body.text).await?.into()))
}

/// Whether it goes along.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AttachmentBody {
    /// Whether the answer is published with the challenge.
    attached: bool,
}

/// Says whether a team's answer is published with the challenge, and with lines above that have the same answer and are not published;
/// their writers are told. For whoever writes the update.
#[utoipa::path(put, path = "/challenges/{id}/namings/{team}/attachment", tag = "wins and challenges",
    params(("id" = uuid::Uuid, Path), ("team" = String, Path, description = "Slug of the team.")),
    request_body = AttachmentBody, responses((status = 200, body = NamingBody)))]
async fn attach(
    mut caller: Caller,
    Path((id, team)): Path<(uuid::Uuid, String)>,
    Body(body): Body<AttachmentBody>,
) -> Result<Json<NamingBody>, ApiError> {
    let cx = &mut caller.cx().await?;
    Ok(Json(wins::attach_answer(cx, WinsEntryId(id), &team, body.attached).await?.into()))
}

/// What waits for you.
#[derive(Debug, Serialize, ToSchema)]
struct OwedBody {
    /// An update to be handed up.
    #[serde(skip_serializing_if = "Option::is_none")]
    update: Option<UpdateBody>,
    /// Or a challenge that names a team of yours.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<WaitingAnswerBody>,
    /// Or a question of a reader about a line of yours.
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<QuestionBody>,
}

/// What a reader asked about a published line, and nobody answered.
#[derive(Debug, Serialize, ToSchema)]
struct QuestionBody {
    /// Key of the line.
    line: uuid::Uuid,
    /// What it says, in a line.
    summary: String,
    /// What was asked.
    text: String,
    /// By whom.
    by: Option<PersonLink>,
    /// When.
    at: Timestamp,
    /// Path of the line in the portal.
    path: String,
}

impl From<Question> for QuestionBody {
    fn from(q: Question) -> Self {
        let by = q.by.map(PersonLink::from);
        Self { line: q.line.0, summary: q.summary, text: q.text, by, at: q.at, path: q.path }
    }
}

impl From<Owed> for OwedBody {
    fn from(owed: Owed) -> Self {
        let mut body = Self { update: None, answer: None, question: None };
        match owed {
            Owed::Update(update) => body.update = Some((*update).into()),
            Owed::Answer(entry, team) => body.answer = Some((*entry, team).into()),
            Owed::Question(question) => body.question = Some((*question).into()),
        }
        body
    }
}

/// What you owe: updates that are due within three days or late, challenges that wait for your word, and what readers asked about lines of
/// yours in the last thirty days.
#[utoipa::path(get, path = "/me/owed-updates", tag = "wins and challenges", responses((status = 200, body = List<OwedBody>)))]
async fn owed(mut caller: Caller) -> Result<Json<List<OwedBody>>, ApiError> {
    let owed = wins::owed(&mut caller.cx().await?).await?;
    Ok(List::whole(owed.into_iter().map(OwedBody::from).collect()))
}
