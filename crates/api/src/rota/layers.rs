//! `/schedules/{slug}/layers`: who takes turns.

use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use portolan_domain::{
    Cx, Error, LayerId, PersonId,
    rota::{self, Edit, Effective, LayerEdit, NewLayer, Unit},
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::{LayerBody, Looking, PreviewBody, instant, wall, windows};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, given},
    tag::IfMatch,
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(edit, remove))
}

/// A layer to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewLayerBody {
    /// Name.
    name: String,
    /// Where layers overlap, the one with the higher priority is on call; equal ones are both. 0 if absent.
    #[serde(default)]
    priority: i32,
    /// IANA name of the zone of its hand-offs and restrictions; absent: the schedule's.
    time_zone: Option<String>,
    /// A hand-off as a wall time of that zone, usually the first: `2026-11-23T09:00`. Its weekday is the weekday
    /// of weekly ones, its day of the month that of monthly ones. If it is past, the turn that lasts is a partial one.
    hand_off: String,
    /// The hand-off is every so many …
    every: u32,
    /// … `hours`, `days`, `weeks` or `months`.
    #[schema(value_type = String)]
    unit: Unit,
    /// Turns count only days on which the layer has a window and that are no holiday.
    #[serde(default)]
    only_active_days: bool,
    /// Weekly windows in which the layer counts; absent: always.
    #[schema(value_type = Option<Vec<Object>>)]
    restrictions: Option<Value>,
    /// Handles in order, the first one begins; `nobody` is a turn of nobody.
    participants: Vec<String>,
    /// Wall time at which it ends.
    ends: Option<String>,
    /// Why somebody has to be on call more often than the settings bear; needed only then, and kept. Of the layers of a new
    /// schedule the first reason counts, if the schedule itself has none.
    #[serde(default)]
    pub(super) reason: String,
}

impl NewLayerBody {
    pub(super) fn read(self) -> Result<NewLayer, Error> {
        Ok(NewLayer {
            hand_off: wall("hand_off", &self.hand_off)?,
            restrictions: self
                .restrictions
                .as_ref()
                .map_or(Ok(Vec::new()), |w| windows("restrictions", w))?,
            ends: self.ends.as_deref().map(|at| wall("ends", at)).transpose()?,
            name: self.name,
            priority: self.priority,
            time_zone: self.time_zone,
            every: self.every,
            unit: self.unit,
            only_active_days: self.only_active_days,
            participants: self.participants,
        })
    }
}

/// What to change of a layer. Absent: stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LayerEditBody {
    /// Name.
    name: Option<String>,
    /// Where layers overlap, the one with the higher priority is on call.
    priority: Option<i32>,
    /// IANA name of the zone of its hand-offs and restrictions; null: the schedule's.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    time_zone: Option<Option<String>>,
    /// A hand-off as a wall time of that zone.
    hand_off: Option<String>,
    /// The hand-off is every so many …
    every: Option<u32>,
    /// … `hours`, `days`, `weeks` or `months`.
    #[schema(value_type = Option<String>)]
    unit: Option<Unit>,
    /// Turns count only days on which the layer has a window and that are no holiday.
    only_active_days: Option<bool>,
    /// Weekly windows in which the layer counts; `[]`: always.
    #[schema(value_type = Option<Vec<Object>>)]
    restrictions: Option<Value>,
    /// Handles in order; `nobody` is a turn of nobody.
    participants: Option<Vec<String>>,
    /// Who has the first turn of the new version; else the order goes on.
    first: Option<String>,
    /// Wall time at which it ends; null: never.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    ends: Option<Option<String>>,
    /// From when on it counts: `next-hand-off` (if absent: whoever is on call stays until then), `now`, or a time.
    effective: Option<String>,
    /// Why somebody has to be on call more often than the settings bear; needed only then, and kept.
    #[serde(default)]
    reason: String,
}

/// How a layer is ended.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Removal {
    /// `true`: nothing is saved; the answer is what would change and for whom.
    #[serde(default)]
    preview: bool,
    /// Why somebody has to be on call more often than the settings bear; needed only then, and kept.
    #[serde(default)]
    reason: String,
}

/// The layers of a schedule, the highest first.
#[utoipa::path(get, path = "/schedules/{slug}/layers", tag = "on-call", params(("slug" = String, Path)), responses((status = 200, body = List<LayerBody>)))]
async fn list(mut caller: Caller, Path(slug): Path<String>) -> Result<Json<List<LayerBody>>, ApiError> {
    Ok(layers(&mut caller.cx().await?, &slug).await?)
}

async fn layers(cx: &mut Cx<'_>, slug: &str) -> Result<Json<List<LayerBody>>, Error> {
    let schedule = rota::schedule(cx, slug).await?;
    let layers = rota::layers(cx, schedule.id).await?;
    let people: Vec<PersonId> = layers
        .iter()
        .flat_map(|l| &l.rotations)
        .flat_map(|(_, r)| r.participants.iter().copied().flatten())
        .collect();
    let people = rota::contacts(cx, &people).await?;
    Ok(List::whole(layers.iter().map(|l| LayerBody::of(l, &people)).collect()))
}

/// Adds a layer; answers with all layers, or with `preview` with what would change.
#[utoipa::path(post, path = "/schedules/{slug}/layers", tag = "on-call", params(("slug" = String, Path), Looking), request_body = NewLayerBody,
    responses((status = 201, body = List<LayerBody>), (status = 200, body = PreviewBody, description = "With `preview`.")))]
async fn add(
    mut caller: Caller,
    Path(slug): Path<String>,
    Params(looking): Params<Looking>,
    Body(body): Body<NewLayerBody>,
) -> Result<Response, ApiError> {
    let reason = body.reason.clone();
    let edit = Edit::AddLayer(body.read()?);
    let cx = &mut caller.cx().await?;
    if looking.preview {
        return Ok(Json(PreviewBody::from(rota::preview(cx, &slug, &edit).await?)).into_response());
    }
    rota::change(cx, &slug, &edit, None, &reason).await?;
    Ok((StatusCode::CREATED, layers(cx, &slug).await?).into_response())
}

/// Changes a layer by a new version of its rotation: what is past stays, and nobody's dates move but those that are meant.
#[utoipa::path(patch, path = "/schedules/{slug}/layers/{layer}", tag = "on-call",
    params(("slug" = String, Path), ("layer" = uuid::Uuid, Path), Looking, ("If-Match" = Option<String>, Header)), request_body = LayerEditBody,
    responses((status = 200, body = List<LayerBody>, description = "All layers; with `preview`, what would change.")))]
async fn edit(
    mut caller: Caller,
    Path((slug, layer)): Path<(String, uuid::Uuid)>,
    Params(looking): Params<Looking>,
    IfMatch(version): IfMatch,
    Body(body): Body<LayerEditBody>,
) -> Result<Response, ApiError> {
    let cx = &mut caller.cx().await?;
    let zone = rota::schedule(cx, &slug).await?.zone();
    let effective = match body.effective.as_deref().map(str::trim) {
        None | Some("next-hand-off") => Effective::NextHandOff,
        Some("now") => Effective::Now,
        Some(at) => Effective::At(instant("effective", at, &zone)?),
    };
    let edit = LayerEdit {
        hand_off: body.hand_off.as_deref().map(|at| wall("hand_off", at)).transpose()?,
        restrictions: body.restrictions.as_ref().map(|w| windows("restrictions", w)).transpose()?,
        ends: body.ends.map(|at| at.as_deref().map(|at| wall("ends", at)).transpose()).transpose()?,
        name: body.name,
        priority: body.priority,
        time_zone: body.time_zone,
        every: body.every,
        unit: body.unit,
        only_active_days: body.only_active_days,
        participants: body.participants,
        first: body.first,
        effective,
    };
    let edit = Edit::Layer(LayerId(layer), edit);
    if looking.preview {
        return Ok(Json(PreviewBody::from(rota::preview(cx, &slug, &edit).await?)).into_response());
    }
    rota::change(cx, &slug, &edit, version, &body.reason).await?;
    Ok(layers(cx, &slug).await?.into_response())
}

/// Ends a layer from now on; what is past stays.
#[utoipa::path(delete, path = "/schedules/{slug}/layers/{layer}", tag = "on-call", params(("slug" = String, Path), ("layer" = uuid::Uuid, Path), Removal),
    responses((status = 204), (status = 200, body = PreviewBody, description = "With `preview`.")))]
async fn remove(
    mut caller: Caller,
    Path((slug, layer)): Path<(String, uuid::Uuid)>,
    Params(removal): Params<Removal>,
) -> Result<Response, ApiError> {
    let edit = Edit::RemoveLayer(LayerId(layer));
    let cx = &mut caller.cx().await?;
    if removal.preview {
        return Ok(Json(PreviewBody::from(rota::preview(cx, &slug, &edit).await?)).into_response());
    }
    rota::change(cx, &slug, &edit, None, &removal.reason).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
