//! Ownership as resources: the owner of an entity, a confirmation of it, and the hand-over of a whole team.

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use jiff::Timestamp;
use portolan_domain::{
    catalog::{likely, ownership},
    usage::Event,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::body::Json;
use crate::{ApiError, Caller, Shared, body::Body, tag::IfMatch};

/// The slice's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(show, hand_over))
        .routes(routes!(confirm))
        .routes(routes!(candidates))
        .routes(routes!(preview, hand_over_all))
        .routes(routes!(confirm_all))
}

type EntityPath = Path<(String, String, String)>;

fn reference((kind, namespace, name): (String, String, String)) -> String {
    format!("{kind}:{namespace}/{name}")
}

/// Whose it is, and whose it was.
#[derive(Debug, Serialize, ToSchema)]
struct OwnershipBody {
    /// The entity.
    entity: String,
    /// The owner in force; null: nobody's.
    owner: Option<String>,
    /// What the descriptor says, if there is one.
    declared: Option<String>,
    /// Where the descriptor lives.
    declared_in: Option<String>,
    /// When the owner last confirmed it.
    confirmed_at: Option<Timestamp>,
    /// The entity's version, for `If-Match`.
    version: i64,
    /// Every span, newest first.
    history: Vec<SpanBody>,
}

/// One span of ownership.
#[derive(Debug, Serialize, ToSchema)]
struct SpanBody {
    /// Whose it was; null: nobody's.
    owner: Option<String>,
    /// From when.
    from: Timestamp,
    /// Until when; null: still.
    until: Option<Timestamp>,
    /// `descriptor` or `portal`.
    origin: String,
    /// Handle of whoever said so.
    changed_by: Option<String>,
    /// Why.
    reason: String,
}

impl From<ownership::Span> for SpanBody {
    fn from(s: ownership::Span) -> Self {
        Self {
            owner: s.owner_ref,
            from: s.from,
            until: s.until,
            origin: s.origin,
            changed_by: s.changed_by,
            reason: s.reason,
        }
    }
}

/// To whom, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HandOver {
    /// Slug of a team, or a reference: `group:basket`, `user:imke`.
    owner: String,
    /// Why, for the history.
    #[serde(default)]
    reason: String,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
struct HandedOver {
    /// The entity.
    entity: String,
    /// The owner before.
    from: Option<String>,
    /// The owner now.
    owner: String,
    /// The entity's version now.
    version: i64,
    /// Set if the descriptor says something else: what it says.
    descriptor_says: Option<String>,
    /// Where to change the descriptor.
    descriptor_in: Option<String>,
}

/// Whose it is, and whose it was.
#[utoipa::path(get, path = "/entities/{kind}/{namespace}/{name}/ownership", tag = "ownership",
    params(("kind" = String, Path), ("namespace" = String, Path), ("name" = String, Path)),
    responses((status = 200, body = OwnershipBody)))]
async fn show(mut caller: Caller, Path(path): EntityPath) -> Result<Json<OwnershipBody>, ApiError> {
    let thing = ownership::owned(&mut caller.cx().await?, &reference(path)).await?;
    let history = ownership::history(&mut caller.cx().await?, thing.id).await?;
    Ok(Json(body_of(thing, history)))
}

fn body_of(thing: ownership::Owned, history: Vec<ownership::Span>) -> OwnershipBody {
    OwnershipBody {
        entity: thing.entity_ref,
        owner: thing.owner_ref,
        declared: thing.declared,
        declared_in: thing.declared_in,
        confirmed_at: thing.confirmed_at,
        version: thing.version,
        history: history.into_iter().map(SpanBody::from).collect(),
    }
}

/// Hands it over. With `If-Match`, only if nobody changed the entity meanwhile (412 otherwise).
#[utoipa::path(put, path = "/entities/{kind}/{namespace}/{name}/ownership", tag = "ownership", request_body = HandOver,
    params(("kind" = String, Path), ("namespace" = String, Path), ("name" = String, Path)),
    responses((status = 200, body = HandedOver)))]
async fn hand_over(
    State(portal): State<Shared>,
    mut caller: Caller,
    Path(path): EntityPath,
    IfMatch(version): IfMatch,
    Body(body): Body<HandOver>,
) -> Result<Json<HandedOver>, ApiError> {
    let done =
        ownership::hand_over(&mut caller.cx().await?, &reference(path), &body.owner, &body.reason, version)
            .await?;
    note(&portal, &caller, "handed-over", &done.entity_ref);
    let (descriptor_says, descriptor_in) = done.descriptor_says.unzip();
    Ok(Json(HandedOver {
        entity: done.entity_ref,
        from: done.from,
        owner: done.to.owner_ref,
        version: done.version,
        descriptor_says,
        descriptor_in,
    }))
}

/// "Still ours."
#[utoipa::path(post, path = "/entities/{kind}/{namespace}/{name}/ownership/confirmation", tag = "ownership",
    params(("kind" = String, Path), ("namespace" = String, Path), ("name" = String, Path)),
    responses((status = 201, body = OwnershipBody)))]
async fn confirm(
    State(portal): State<Shared>,
    mut caller: Caller,
    Path(path): EntityPath,
) -> Result<(StatusCode, Json<OwnershipBody>), ApiError> {
    let thing = ownership::confirm(&mut caller.cx().await?, &reference(path)).await?;
    note(&portal, &caller, "confirmed", &thing.entity_ref);
    let history = ownership::history(&mut caller.cx().await?, thing.id).await?;
    Ok((StatusCode::CREATED, Json(body_of(thing, history))))
}

/// A team that may be the owner, with what speaks for it.
#[derive(Debug, Serialize, ToSchema)]
struct CandidateBody {
    /// Slug of the team.
    team: String,
    /// Its name.
    name: String,
    /// `very likely`, `likely` or `possible`.
    confidence: &'static str,
    /// What speaks for it, the strongest first.
    reasons: Vec<String>,
}

/// Teams that may be the owner, the likeliest first.
#[utoipa::path(get, path = "/entities/{kind}/{namespace}/{name}/ownership/candidates", tag = "ownership",
    params(("kind" = String, Path), ("namespace" = String, Path), ("name" = String, Path)),
    responses((status = 200, body = Vec<CandidateBody>)))]
async fn candidates(
    mut caller: Caller,
    Path(path): EntityPath,
) -> Result<Json<Vec<CandidateBody>>, ApiError> {
    let thing = ownership::owned(&mut caller.cx().await?, &reference(path)).await?;
    let found = likely::owners(&mut caller.cx().await?, &thing).await?;
    let body = |c: likely::Candidate| CandidateBody {
        confidence: c.confidence(),
        team: c.slug,
        name: c.name,
        reasons: c.reasons,
    };
    Ok(Json(found.into_iter().map(body).collect()))
}

/// What a hand-over of the whole team would move.
#[derive(Debug, Serialize, ToSchema)]
struct PreviewBody {
    /// How many things.
    total: i64,
    /// How many of each kind.
    by_kind: std::collections::BTreeMap<String, i64>,
    /// The first twenty, services first.
    first: Vec<String>,
}

/// What a hand-over of the whole team would move.
#[utoipa::path(get, path = "/teams/{slug}/hand-over", tag = "ownership", params(("slug" = String, Path)),
    responses((status = 200, body = PreviewBody)))]
async fn preview(mut caller: Caller, Path(slug): Path<String>) -> Result<Json<PreviewBody>, ApiError> {
    let bulk = ownership::preview(&mut caller.cx().await?, &slug).await?;
    let first = bulk.first.into_iter().map(|t| t.entity_ref).collect();
    Ok(Json(PreviewBody { total: bulk.total, by_kind: bulk.by_kind.into_iter().collect(), first }))
}

/// To which team, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HandOverAll {
    /// Slug of the receiving team.
    owner: String,
    /// Why, for the history.
    #[serde(default)]
    reason: String,
    /// The `total` of the preview; 409 if it is another number now.
    expected: Option<i64>,
}

/// How many were touched.
#[derive(Debug, Serialize, ToSchema)]
struct CountBody {
    /// How many.
    count: i64,
}

/// Hands all that a team owns over to another.
#[utoipa::path(post, path = "/teams/{slug}/hand-over", tag = "ownership", request_body = HandOverAll,
    params(("slug" = String, Path)), responses((status = 200, body = CountBody)))]
async fn hand_over_all(
    State(portal): State<Shared>,
    mut caller: Caller,
    Path(slug): Path<String>,
    Body(body): Body<HandOverAll>,
) -> Result<Json<CountBody>, ApiError> {
    let (count, _) =
        ownership::hand_over_all(&mut caller.cx().await?, &slug, &body.owner, &body.reason, body.expected)
            .await?;
    note(&portal, &caller, "handed-over", &format!("team:{slug}"));
    Ok(Json(CountBody { count }))
}

/// "All still ours."
#[utoipa::path(post, path = "/teams/{slug}/confirmation", tag = "ownership", params(("slug" = String, Path)),
    responses((status = 201, body = CountBody)))]
async fn confirm_all(
    mut caller: Caller,
    Path(slug): Path<String>,
) -> Result<(StatusCode, Json<CountBody>), ApiError> {
    let count = ownership::confirm_all(&mut caller.cx().await?, &slug).await?;
    Ok((StatusCode::CREATED, Json(CountBody { count })))
}

fn note(portal: &Shared, caller: &Caller, kind: &'static str, subject: &str) {
    portal.usage.note(Event {
        kind,
        person: caller.actor().person,
        subject: subject.to_owned(),
        results: None,
    });
}
