//! Whose it is: hand it over, say that it is still ours, and look back at who had it.
//!
//! A hand-over is in force until the descriptor *changes* its word; meanwhile the difference is a finding with the
//! place to mend. Nothing is overwritten: every owner keeps the span in which it was theirs.

mod bulk;
mod confirm;
mod hand_over;
mod rights;
mod word;

use jiff::Timestamp;
use serde::Serialize;

use super::{EntityRef, store::ownership as store};
use crate::{Cx, EntityId, Error, Limit, OwnershipId, PersonId, Result, TeamId, people};

pub use bulk::{Bulk, hand_over_all, preview};
pub use confirm::{confirm, confirm_all};
pub use hand_over::{HandedOver, hand_over};
pub use rights::{may_hand_back, may_hand_over};
pub use word::owner;

/// An owner that exists: a team, or one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Owner {
    /// Reference as the catalog keeps it.
    pub owner_ref: String,
    /// Name for people.
    pub name: String,
    /// The team, if it is one.
    pub team: Option<TeamId>,
    /// Its slug.
    pub slug: Option<String>,
    /// The person, if it is one.
    pub person: Option<PersonId>,
    /// Whether somebody active answers for it.
    pub staffed: bool,
}

/// An entity as far as its ownership goes.
#[derive(Debug, Clone, Serialize)]
pub struct Owned {
    /// Key.
    pub id: EntityId,
    /// Reference.
    pub entity_ref: String,
    /// Kind.
    pub kind: String,
    /// Title, else name.
    pub title: String,
    /// Tier.
    pub tier: Option<i16>,
    /// Owner in force.
    pub owner_ref: Option<String>,
    /// The team it resolves to.
    pub team: Option<TeamId>,
    /// That team's name.
    pub team_name: Option<String>,
    /// The person it resolves to.
    pub person: Option<PersonId>,
    /// Whether somebody active answers for the owner.
    pub staffed: bool,
    /// What the descriptor says.
    pub declared: Option<String>,
    /// Where the descriptor lives, as `source: file`.
    pub declared_in: Option<String>,
    /// When the owner last said "still ours".
    pub confirmed_at: Option<Timestamp>,
    /// Raised at each edit.
    pub version: i64,
}

/// One span of ownership.
#[derive(Debug, Clone, Serialize)]
pub struct Span {
    /// Key.
    pub id: OwnershipId,
    /// Whose it was; none: nobody's.
    pub owner_ref: Option<String>,
    /// Name for people, if the owner is known today.
    pub name: Option<String>,
    /// Slug of the team, if it is one.
    pub slug: Option<String>,
    /// From when.
    pub from: Timestamp,
    /// Until when; none: still.
    pub until: Option<Timestamp>,
    /// `descriptor` or `portal`.
    pub origin: String,
    /// Handle of whoever said so.
    pub changed_by: Option<String>,
    /// Why.
    pub reason: String,
}

/// A service of one's own, with what happened to it last.
#[derive(Debug, Clone, Serialize)]
pub struct Mine {
    /// Reference.
    pub entity_ref: String,
    /// Title, else name.
    pub title: String,
    /// Kind.
    pub kind: String,
    /// Tier.
    pub tier: Option<i16>,
    /// Version, environment and instant of the last change.
    pub last: Option<(String, String, Timestamp)>,
}

/// What the actor's own teams own, services first, by tier; and how many there are.
pub async fn mine(cx: &mut Cx<'_>, limit: Limit) -> Result<(Vec<Mine>, i64)> {
    let me = cx.reader()?;
    let teams = people::teams_answered_for(cx, me).await?;
    store::mine(cx, &teams, limit.rows()).await
}

/// Whether there is anything in the catalog at all.
pub async fn is_catalog_empty(cx: &mut Cx<'_>) -> Result<bool> {
    cx.reader()?;
    store::is_empty(cx).await
}

/// An entity as far as its ownership goes.
pub async fn owned(cx: &mut Cx<'_>, entity_ref: &str) -> Result<Owned> {
    cx.reader()?;
    store::owned(cx, &canonical(entity_ref)).await?.ok_or_else(|| Error::not_found("entity", entity_ref))
}

/// A bare name is a component of the default namespace; what is no reference at all is found nowhere.
fn canonical(entity_ref: &str) -> String {
    EntityRef::parse(entity_ref, Some("component"), "default")
        .map_or_else(|_| entity_ref.to_lowercase(), |r| r.to_string())
}

/// Who had it, newest first; at most 200 spans.
pub async fn history(cx: &mut Cx<'_>, entity: EntityId) -> Result<Vec<Span>> {
    cx.reader()?;
    store::spans(cx, entity).await
}
