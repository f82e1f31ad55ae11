//! `/cycles` and `/updates`: what a team hands up, chosen, ordered, checked, submitted.

use axum::{extract::Path, http::HeaderMap, response::Response};
use portolan_domain::{
    CycleId, Error, UpdateId, WinsEntryId,
    wins::{self, Audience, NewEntry, Sheet, SheetEdit, Words},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    bodies::{CheckedEntryBody, EntryKeys, HintBody, NewEntryBody, WinsEntryBody, WinsEntryEditBody},
    shapes::{CycleBody, UpdateBody, UpdateRightsBody, UpdateViewBody},
};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Paging, Params, paging},
    tag::{IfMatch, digest, etag, tagged},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(cycles))
        .routes(routes!(cycle))
        .routes(routes!(updates_of))
        .routes(routes!(of_team))
        .routes(routes!(show))
        .routes(routes!(sheet, choose, save))
        .routes(routes!(submit, recall))
        .routes(routes!(quiet))
        .routes(routes!(delegate))
        .routes(routes!(limits))
        .routes(routes!(audience))
}

/// The cycles of all plans, newest first.
#[utoipa::path(get, path = "/cycles", tag = "wins and challenges", params(Paging), responses((status = 200, body = List<CycleBody>)))]
async fn cycles(mut caller: Caller, Params(page): Params<Paging>) -> Result<Json<List<CycleBody>>, ApiError> {
    let (limit, after) = paging(page.limit, page.after)?;
    let page = wins::cycles(&mut caller.cx().await?, after, limit).await?;
    Ok(List::of(page, CycleBody::from))
}

/// One cycle.
#[utoipa::path(get, path = "/cycles/{id}", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = CycleBody)))]
async fn cycle(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<Json<CycleBody>, ApiError> {
    Ok(Json(wins::cycle(&mut caller.cx().await?, CycleId(id)).await?.into()))
}

/// The updates of a cycle that you may read or write, the top first.
#[utoipa::path(get, path = "/cycles/{id}/updates", tag = "wins and challenges", params(("id" = uuid::Uuid, Path), Paging),
    responses((status = 200, body = List<UpdateBody>)))]
async fn updates_of(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    Params(page): Params<Paging>,
) -> Result<Json<List<UpdateBody>>, ApiError> {
    let (limit, after) = paging(page.limit, page.after)?;
    let page = wins::updates_of(&mut caller.cx().await?, CycleId(id), after, limit).await?;
    Ok(List::of(page, UpdateBody::from))
}

/// Which update of a team.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct OfTeam {
    /// Slug of the cycle, like `2026-w46`; if absent, the one that the team writes now.
    cycle: Option<String>,
}

/// A team's update of a cycle, or the one that it writes now.
#[utoipa::path(get, path = "/teams/{slug}/update", tag = "wins and challenges", params(("slug" = String, Path), OfTeam),
    responses((status = 200, body = UpdateViewBody)))]
async fn of_team(
    mut caller: Caller,
    headers: HeaderMap,
    Path(slug): Path<String>,
    Params(asked): Params<OfTeam>,
) -> Result<Response, ApiError> {
    let cx = &mut caller.cx().await?;
    let found = if let Some(cycle) = asked.cycle {
        wins::update(cx, &slug, &cycle).await?
    } else {
        let now = wins::current_update(cx, &slug).await?;
        let now = now.ok_or_else(|| Error::not_found("update of the team", slug.clone()))?;
        wins::update_by_id(cx, now.id).await?
    };
    Ok(seen(&headers, found))
}

fn seen(headers: &HeaderMap, found: (wins::Update, wins::UpdateRights)) -> Response {
    let version = found.0.version;
    let body = UpdateViewBody::from(found);
    tagged(headers, &etag(version, digest(&body)), Json(body))
}

/// One update, without its entries.
#[utoipa::path(get, path = "/updates/{id}", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = UpdateViewBody)))]
async fn show(
    mut caller: Caller,
    headers: HeaderMap,
    Path(id): Path<uuid::Uuid>,
) -> Result<Response, ApiError> {
    let found = wins::update_by_id(&mut caller.cx().await?, UpdateId(id)).await?;
    Ok(seen(&headers, found))
}

/// An update with its entries and what a reader would miss.
#[derive(Debug, Serialize, ToSchema)]
struct SheetBody {
    /// Its head.
    update: UpdateBody,
    /// What you may do.
    rights: UpdateRightsBody,
    /// Its wins, in order.
    wins: Vec<CheckedEntryBody>,
    /// Its challenges, in order.
    challenges: Vec<CheckedEntryBody>,
    /// What waits in the team, newest first; for those in it.
    waiting: Vec<WinsEntryBody>,
    /// Challenges of cycles before that are not closed and not told of here, oldest first.
    still_open: Vec<WinsEntryBody>,
    /// What a reader would miss in the whole.
    hints: Vec<HintBody>,
}

impl From<Sheet> for SheetBody {
    fn from(s: Sheet) -> Self {
        Self {
            update: s.update.into(),
            rights: s.rights.into(),
            wins: s.wins.into_iter().map(CheckedEntryBody::from).collect(),
            challenges: s.challenges.into_iter().map(CheckedEntryBody::from).collect(),
            waiting: s.waiting.into_iter().map(WinsEntryBody::from).collect(),
            still_open: s.still_open.into_iter().map(WinsEntryBody::from).collect(),
            hints: s.hints.into_iter().map(HintBody::from).collect(),
        }
    }
}

/// An update's entries, what waits for it, and what a reader would miss. Before it is handed up, those outside of the team
/// see nothing in it.
#[utoipa::path(get, path = "/updates/{id}/entries", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = SheetBody)))]
async fn sheet(
    mut caller: Caller,
    headers: HeaderMap,
    Path(id): Path<uuid::Uuid>,
) -> Result<Response, ApiError> {
    let sheet = wins::sheet(&mut caller.cx().await?, UpdateId(id)).await?;
    let version = sheet.update.version;
    let body = SheetBody::from(sheet);
    Ok(tagged(&headers, &etag(version, digest(&body)), Json(body)))
}

/// Takes entries that wait in the team into its update, at the end. Past the limits it is refused.
#[utoipa::path(post, path = "/updates/{id}/entries", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    request_body = EntryKeys, responses((status = 200, body = UpdateBody)))]
async fn choose(
    mut caller: Caller,
    IfMatch(version): IfMatch,
    Path(id): Path<uuid::Uuid>,
    Body(body): Body<EntryKeys>,
) -> Result<Json<UpdateBody>, ApiError> {
    let keys = body.keys()?;
    Ok(Json(wins::choose(&mut caller.cx().await?, UpdateId(id), &keys, version).await?.into()))
}

/// What to change of one entry of a sheet.
#[derive(Debug, Deserialize, ToSchema)]
struct SheetEntryBody {
    /// Key of the entry.
    id: uuid::Uuid,
    /// The version that was read; if absent, whatever is there is written over.
    version: Option<i64>,
    /// What to change of it.
    edit: WinsEntryEditBody,
}

/// What to change of an update.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SheetEditBody {
    /// What stands above its entries, in Markdown. Absent: stays.
    intro: Option<String>,
    /// What to change of its entries.
    #[serde(default)]
    entries: Vec<SheetEntryBody>,
    /// New entries, in order.
    #[serde(default)]
    new: Vec<NewEntryBody>,
    /// Keys of its entries in their new order. Empty: as it was.
    #[serde(default)]
    order: Vec<uuid::Uuid>,
}

/// Writes an update's words: edits, new entries, the order. All of it, or none. A new entry in the words in which you wrote one a minute
/// ago is that one.
#[utoipa::path(patch, path = "/updates/{id}/entries", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    request_body = SheetEditBody, responses((status = 200, body = UpdateBody)))]
async fn save(
    mut caller: Caller,
    IfMatch(version): IfMatch,
    Path(id): Path<uuid::Uuid>,
    Body(body): Body<SheetEditBody>,
) -> Result<Json<UpdateBody>, ApiError> {
    let cx = &mut caller.cx().await?;
    let id = UpdateId(id);
    let now = if body.entries.iter().any(|one| one.edit.rewords()) {
        Some(wins::sheet(cx, id).await?)
    } else {
        None
    };
    let mut edit = SheetEdit {
        intro: body.intro,
        entries: Vec::with_capacity(body.entries.len()),
        new: body.new.into_iter().map(NewEntry::from).collect(),
        order: body.order.into_iter().map(WinsEntryId).collect(),
        version,
    };
    for one in body.entries {
        let key = WinsEntryId(one.id);
        let there = now.as_ref().and_then(|sheet| words_in(sheet, key));
        if one.edit.rewords() && there.is_none() {
            return Err(Error::not_found("entry of the update", key.to_string()).into());
        }
        // words that were laid over those of a moment ago must not undo what came between
        let read = there.as_ref().map(|(_, version)| *version);
        edit.entries.push((key, one.edit.over(there.map(|(words, _)| words)), one.version.or(read)));
    }
    Ok(Json(wins::save(cx, id, edit).await?.into()))
}

fn words_in(sheet: &Sheet, key: WinsEntryId) -> Option<(Words, i64)> {
    let chosen = sheet.wins.iter().chain(&sheet.challenges).map(|checked| &checked.entry);
    let found = chosen.chain(&sheet.waiting).find(|entry| entry.id == key)?;
    Some((found.words.clone(), found.version))
}

/// Hands an update up. Refused are entries above the limits, and an update with nothing in it: choose something first, or say with
/// `/updates/{id}/quiet` that nothing major happened.
#[utoipa::path(post, path = "/updates/{id}/submission", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = UpdateBody)))]
async fn submit(
    mut caller: Caller,
    IfMatch(version): IfMatch,
    Path(id): Path<uuid::Uuid>,
) -> Result<Json<UpdateBody>, ApiError> {
    Ok(Json(wins::submit(&mut caller.cx().await?, UpdateId(id), version).await?.into()))
}

/// Takes back what was handed up, while the level above has made nothing of it.
#[utoipa::path(delete, path = "/updates/{id}/submission", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = UpdateBody)))]
async fn recall(
    mut caller: Caller,
    IfMatch(version): IfMatch,
    Path(id): Path<uuid::Uuid>,
) -> Result<Json<UpdateBody>, ApiError> {
    Ok(Json(wins::recall(&mut caller.cx().await?, UpdateId(id), version).await?.into()))
}

/// What becomes of the entries of an update that is to be a quiet one.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct QuietParams {
    /// Whether what is in it is put back, to wait in the team for the next cycle. Unless it is, an update with something in it is refused.
    #[serde(default)]
    put_back: bool,
}

/// Says that nothing major happened, and hands that up.
#[utoipa::path(post, path = "/updates/{id}/quiet", tag = "wins and challenges", params(("id" = uuid::Uuid, Path), QuietParams),
    responses((status = 200, body = UpdateBody)))]
async fn quiet(
    mut caller: Caller,
    IfMatch(version): IfMatch,
    Path(id): Path<uuid::Uuid>,
    Params(asked): Params<QuietParams>,
) -> Result<Json<UpdateBody>, ApiError> {
    let (cx, id) = (&mut caller.cx().await?, UpdateId(id));
    Ok(Json(wins::quiet(cx, id, version, asked.put_back).await?.into()))
}

/// Whom to ask.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DelegateBody {
    /// Handle or e-mail address; null: nobody any more.
    person: Option<String>,
}

/// Asks somebody to write this one; they are told.
#[utoipa::path(put, path = "/updates/{id}/delegate", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    request_body = DelegateBody, responses((status = 200, body = UpdateBody)))]
async fn delegate(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    Body(body): Body<DelegateBody>,
) -> Result<Json<UpdateBody>, ApiError> {
    let person = body.person.as_deref();
    Ok(Json(wins::delegate(&mut caller.cx().await?, UpdateId(id), person).await?.into()))
}

/// How much an update may hand up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LimitsBody {
    /// Wins, 1 to 20.
    wins: i16,
    /// Challenges, 0 to 20.
    challenges: i16,
}

/// Raises or lowers how much an update may hand up. The lead, and those above.
#[utoipa::path(put, path = "/updates/{id}/limits", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    request_body = LimitsBody, responses((status = 200, body = UpdateBody)))]
async fn limits(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    Body(body): Body<LimitsBody>,
) -> Result<Json<UpdateBody>, ApiError> {
    let (id, wins, challenges) = (UpdateId(id), body.wins, body.challenges);
    Ok(Json(wins::raise_limits(&mut caller.cx().await?, id, wins, challenges).await?.into()))
}

/// Who reads it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AudienceBody {
    /// `circle`: the team, those above and beside it, and its lists; or `everyone`.
    #[schema(value_type = String)]
    audience: Audience,
}

/// Says who reads what this update publishes.
#[utoipa::path(put, path = "/updates/{id}/audience", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    request_body = AudienceBody, responses((status = 200, body = UpdateBody)))]
async fn audience(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    Body(body): Body<AudienceBody>,
) -> Result<Json<UpdateBody>, ApiError> {
    Ok(Json(wins::set_audience(&mut caller.cx().await?, UpdateId(id), body.audience).await?.into()))
}
