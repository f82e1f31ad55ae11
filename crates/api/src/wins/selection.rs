//! `/updates/{id}/selection`: what the level above makes of what it is handed. And what the portal's own records would say.

use axum::{extract::Path, http::StatusCode, response::Response};
use portolan_domain::{
    Error, UpdateId, WinsEntryId,
    wins::{self, Below, Kind, Offered, Proposal, Topic},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    bodies::{EntryKeys, NumberBody, WinsEntryBody},
    shapes::UpdateBody,
};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, created},
    tag::IfMatch,
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(below, lift, order))
        .routes(routes!(drop_entry))
        .routes(routes!(merge))
        .routes(routes!(split))
        .routes(routes!(proposals, take))
        .routes(routes!(dismiss, restore))
}

/// An entry from below, and what became of it here.
#[derive(Debug, Serialize, ToSchema)]
struct OfferedBody {
    /// The entry.
    #[serde(flatten)]
    entry: WinsEntryBody,
    /// Key of the line that was made of it in this update.
    line: Option<uuid::Uuid>,
}

impl From<Offered> for OfferedBody {
    fn from(o: Offered) -> Self {
        Self { entry: o.entry.into(), line: o.line.map(|id| id.0) }
    }
}

/// One update from below.
#[derive(Debug, Serialize, ToSchema)]
struct BelowBody {
    /// Its head.
    update: UpdateBody,
    /// Whether it is late.
    late: bool,
    /// Its entries that may go up; none unless it was handed up.
    entries: Vec<OfferedBody>,
}

impl From<Below> for BelowBody {
    fn from(b: Below) -> Self {
        let entries = b.entries.into_iter().map(OfferedBody::from).collect();
        Self { update: b.update.into(), late: b.late, entries }
    }
}

/// The updates handed to this one, with their entries that may go up. In place of one that was not handed up stand those
/// handed to it.
#[utoipa::path(get, path = "/updates/{id}/selection", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = List<BelowBody>)))]
async fn below(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<Json<List<BelowBody>>, ApiError> {
    let below = wins::below(&mut caller.cx().await?, UpdateId(id)).await?;
    Ok(List::whole(below.into_iter().map(BelowBody::from).collect()))
}

/// Makes a line of each of these entries from below, in their words. What was chosen already is the same line; past the
/// limits it is refused.
#[utoipa::path(post, path = "/updates/{id}/selection", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    request_body = EntryKeys, responses((status = 200, body = List<WinsEntryBody>)))]
async fn lift(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    Body(body): Body<EntryKeys>,
) -> Result<Json<List<WinsEntryBody>>, ApiError> {
    let keys = body.keys()?;
    let lines = wins::lift(&mut caller.cx().await?, UpdateId(id), &keys).await?;
    Ok(List::whole(lines.into_iter().map(WinsEntryBody::from).collect()))
}

/// Puts the entries of an update in order: all of one kind, or all of both.
#[utoipa::path(put, path = "/updates/{id}/selection", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    request_body = EntryKeys, responses((status = 200, body = UpdateBody)))]
async fn order(
    mut caller: Caller,
    IfMatch(version): IfMatch,
    Path(id): Path<uuid::Uuid>,
    Body(body): Body<EntryKeys>,
) -> Result<Json<UpdateBody>, ApiError> {
    let keys = body.keys()?;
    Ok(Json(wins::order(&mut caller.cx().await?, UpdateId(id), &keys, version).await?.into()))
}

/// Takes an entry out of an update: one of the team's own waits in the team again, a line is dropped, and what it was made
/// of is untouched.
#[utoipa::path(delete, path = "/updates/{id}/selection/{entry}", tag = "wins and challenges",
    params(("id" = uuid::Uuid, Path), ("entry" = uuid::Uuid, Path)), responses((status = 204)))]
async fn drop_entry(
    mut caller: Caller,
    Path((id, entry)): Path<(uuid::Uuid, uuid::Uuid)>,
) -> Result<StatusCode, ApiError> {
    let cx = &mut caller.cx().await?;
    let found = wins::entry(cx, WinsEntryId(entry)).await?;
    if found.update != Some(UpdateId(id)) {
        return Err(Error::not_found("entry of the update", entry.to_string()).into());
    }
    wins::put_back(cx, found.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Two lines to be made one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MergingBody {
    /// Key of the line that stays.
    into: uuid::Uuid,
    /// Key of the line that goes into it.
    from: uuid::Uuid,
}

/// Merges one line into another of the same kind: it takes over origins, credits, links, figures and texts.
#[utoipa::path(post, path = "/updates/{id}/selection/merging", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    request_body = MergingBody, responses((status = 200, body = WinsEntryBody)))]
async fn merge(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    Body(body): Body<MergingBody>,
) -> Result<Json<WinsEntryBody>, ApiError> {
    let cx = &mut caller.cx().await?;
    let (into, from) = (WinsEntryId(body.into), WinsEntryId(body.from));
    if wins::entry(cx, into).await?.update != Some(UpdateId(id)) {
        return Err(Error::not_found("entry of the update", into.to_string()).into());
    }
    Ok(Json(wins::merge(cx, into, from).await?.into()))
}

/// A line to be taken apart.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SplittingBody {
    /// Key of the line.
    line: uuid::Uuid,
}

/// Takes a line that was made of several entries apart: in its place stands a line of each, in the words of those who handed it up. Past
/// the limits it is refused.
#[utoipa::path(post, path = "/updates/{id}/selection/splitting", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    request_body = SplittingBody, responses((status = 200, body = List<WinsEntryBody>)))]
async fn split(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    Body(body): Body<SplittingBody>,
) -> Result<Json<List<WinsEntryBody>>, ApiError> {
    let cx = &mut caller.cx().await?;
    let line = WinsEntryId(body.line);
    if wins::entry(cx, line).await?.update != Some(UpdateId(id)) {
        return Err(Error::not_found("entry of the update", line.to_string()).into());
    }
    let lines = wins::split(cx, line).await?;
    Ok(List::whole(lines.into_iter().map(WinsEntryBody::from).collect()))
}

/// What the portal's own records say of a team and a cycle.
#[derive(Debug, Serialize, ToSchema)]
struct ProposalBody {
    /// What makes it one and the same.
    key: String,
    /// As what it is proposed: `win` or `challenge`.
    #[schema(value_type = String)]
    kind: Kind,
    /// What it would say, in a line.
    summary: String,
    /// How it was.
    situation: String,
    /// What was done.
    action: String,
    /// What came of it.
    result: String,
    /// Figures.
    numbers: Vec<NumberBody>,
    /// `initiative`, `people`, `operations` or `metric`.
    #[schema(value_type = String)]
    topic: Topic,
    /// How it compares, in words; may be empty.
    compared: String,
    /// Path in the portal of the records.
    source_link: String,
    /// References of what it is about.
    about: Vec<String>,
    /// Whether the team wanted nothing of it.
    dismissed: bool,
    /// Key of the entry that was made of it.
    taken: Option<uuid::Uuid>,
}

impl From<Proposal> for ProposalBody {
    fn from(p: Proposal) -> Self {
        Self {
            key: p.key,
            kind: p.kind,
            summary: p.words.summary,
            situation: p.words.situation,
            action: p.words.action,
            result: p.words.result,
            numbers: p.words.numbers.into_iter().map(NumberBody::from).collect(),
            topic: p.topic,
            compared: p.compared,
            source_link: p.source_link,
            about: p.about,
            dismissed: p.dismissed,
            taken: p.taken.map(|id| id.0),
        }
    }
}

/// What the portal's own records say of the team and the cycle; thirty at most.
#[utoipa::path(get, path = "/updates/{id}/proposals", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = List<ProposalBody>)))]
async fn proposals(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
) -> Result<Json<List<ProposalBody>>, ApiError> {
    let proposals = wins::proposals(&mut caller.cx().await?, UpdateId(id)).await?;
    Ok(List::whole(proposals.into_iter().map(ProposalBody::from).collect()))
}

/// Which proposal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProposalKey {
    /// Its key.
    key: String,
}

/// Takes a proposal as an entry of the update. Taken again it is the same entry.
#[utoipa::path(post, path = "/updates/{id}/proposals", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    request_body = ProposalKey,
    responses((status = 201, body = WinsEntryBody, headers(("Location" = String, description = "The entry's address.")))))]
async fn take(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    Body(body): Body<ProposalKey>,
) -> Result<Response, ApiError> {
    let entry = wins::take_proposal(&mut caller.cx().await?, UpdateId(id), &body.key).await?;
    Ok(created(format!("/entries/{}", entry.id), Json(WinsEntryBody::from(entry))))
}

/// Wants nothing of a proposal.
#[utoipa::path(post, path = "/updates/{id}/dismissals", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    request_body = ProposalKey, responses((status = 204)))]
async fn dismiss(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    Body(body): Body<ProposalKey>,
) -> Result<StatusCode, ApiError> {
    wins::dismiss_proposal(&mut caller.cx().await?, UpdateId(id), &body.key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which proposal.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Dismissed {
    /// Its key.
    key: String,
}

/// Takes a dismissal back.
#[utoipa::path(delete, path = "/updates/{id}/dismissals", tag = "wins and challenges", params(("id" = uuid::Uuid, Path), Dismissed),
    responses((status = 204)))]
async fn restore(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    Params(asked): Params<Dismissed>,
) -> Result<StatusCode, ApiError> {
    wins::restore_proposal(&mut caller.cx().await?, UpdateId(id), &asked.key).await?;
    Ok(StatusCode::NO_CONTENT)
}
