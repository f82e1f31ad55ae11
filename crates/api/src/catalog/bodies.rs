//! What the catalog looks like on the wire.

use jiff::Timestamp;
use portolan_domain::catalog::{self, Entity, EntityRef, Origin, Owner, Party, Summary};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// Whoever answers for an entity.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnerBody {
    /// Reference: `group:default/basket`.
    #[serde(rename = "ref")]
    #[schema(value_type = String)]
    reference: EntityRef,
    /// Name; that of the reference if the portal knows nobody of this reference.
    name: String,
    /// Slug of the team, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<String>,
    /// Handle of the person, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    /// Whether the portal knows this team or person.
    known: bool,
}

impl From<Owner> for OwnerBody {
    fn from(owner: Owner) -> Self {
        let reference = owner.reference;
        match owner.party {
            Some(Party::Team { slug, name, .. }) => {
                Self { reference, name, team: Some(slug), person: None, known: true }
            }
            Some(Party::Person { handle, name, .. }) => {
                Self { reference, name, team: None, person: Some(handle), known: true }
            }
            None => {
                Self { name: reference.name().to_owned(), reference, team: None, person: None, known: false }
            }
        }
    }
}

/// An entity in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SummaryBody {
    /// Reference in lower case: `component:default/checkout-api`.
    #[serde(rename = "ref")]
    #[schema(value_type = String)]
    reference: EntityRef,
    /// `component`, `api`, `resource`, `system`, `domain`, `group`, `user` or `location`.
    kind: &'static str,
    /// Name.
    name: String,
    /// Title.
    title: Option<String>,
    /// The first 300 characters of the description.
    description: Option<String>,
    /// `spec.type`.
    r#type: Option<String>,
    /// `spec.lifecycle`.
    lifecycle: Option<String>,
    /// 0 (most rests on it) to 3.
    tier: Option<i16>,
    /// Tags.
    tags: Vec<String>,
    /// The owner in force.
    owner: Option<OwnerBody>,
    /// Reference of its system.
    #[schema(value_type = Option<String>)]
    system: Option<EntityRef>,
    /// Reference of its domain.
    #[schema(value_type = Option<String>)]
    domain: Option<EntityRef>,
    /// Since when its source no longer names it.
    orphaned_at: Option<Timestamp>,
    /// Its newest production change.
    last_change_at: Option<Timestamp>,
    /// When anything about it changed.
    updated_at: Timestamp,
}

impl From<Summary> for SummaryBody {
    fn from(s: Summary) -> Self {
        Self {
            reference: s.reference,
            kind: s.kind.as_str(),
            name: s.name,
            title: s.title,
            description: s.description,
            r#type: s.type_name,
            lifecycle: s.lifecycle,
            tier: s.tier,
            tags: s.tags,
            owner: s.owner.map(OwnerBody::from),
            system: s.system,
            domain: s.domain,
            orphaned_at: s.orphaned_at,
            last_change_at: s.last_change_at,
            updated_at: s.updated_at,
        }
    }
}

/// Where a descriptor came from.
#[derive(Debug, Serialize, ToSchema)]
struct OriginBody {
    /// Name of the source.
    name: String,
    /// File within the source.
    location: Option<String>,
    /// When the source was last applied.
    applied_at: Timestamp,
}

impl From<Origin> for OriginBody {
    fn from(o: Origin) -> Self {
        Self { name: o.source, location: o.location, applied_at: o.applied_at }
    }
}

/// An entity.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EntityBody {
    /// Reference in lower case: `component:default/checkout-api`.
    #[serde(rename = "ref")]
    #[schema(value_type = String)]
    reference: EntityRef,
    /// `component`, `api`, `resource`, `system`, `domain`, `group`, `user` or `location`.
    kind: &'static str,
    /// Name.
    name: String,
    /// Title.
    title: Option<String>,
    /// Description, Markdown.
    description: Option<String>,
    /// `spec.type`.
    r#type: Option<String>,
    /// `spec.lifecycle`.
    lifecycle: Option<String>,
    /// Tags.
    tags: Vec<String>,
    /// The owner in force.
    owner: Option<OwnerBody>,
    /// The owner that the descriptor names; another one after a hand-over.
    #[schema(value_type = Option<String>)]
    owner_declared: Option<EntityRef>,
    /// When the owner last said "still ours".
    owner_confirmed_at: Option<Timestamp>,
    /// Slug of the team that is on call for it, where self-service made it; absent: its owner's.
    #[serde(skip_serializing_if = "Option::is_none")]
    operated_by: Option<String>,
    /// Reference of its system.
    #[schema(value_type = Option<String>)]
    system: Option<EntityRef>,
    /// Reference of its domain.
    #[schema(value_type = Option<String>)]
    domain: Option<EntityRef>,
    /// 0 (most rests on it) to 3.
    tier: Option<i16>,
    /// How much data may be lost.
    recovery_point_seconds: Option<i64>,
    /// How long it may be gone.
    recovery_time_seconds: Option<i64>,
    /// Address of the runbook.
    runbook: Option<String>,
    /// How to reach its people.
    contact: Option<String>,
    /// Declared SLOs: name, objective, window, audience, description.
    #[schema(value_type = Vec<Object>)]
    slos: Box<RawValue>,
    /// Where its descriptor came from; absent if it is managed in the portal.
    source: Option<OriginBody>,
    /// Since when its source no longer names it.
    orphaned_at: Option<Timestamp>,
    /// Its newest production change.
    last_change_at: Option<Timestamp>,
    /// Raised at each change.
    version: i64,
    /// When it was first seen.
    created_at: Timestamp,
    /// When anything about it changed.
    updated_at: Timestamp,
    /// The descriptor as applied, unknown keys kept.
    #[schema(value_type = Object)]
    descriptor: Box<RawValue>,
}

impl From<Entity> for EntityBody {
    fn from(e: Entity) -> Self {
        Self {
            reference: e.reference,
            kind: e.kind.as_str(),
            name: e.name,
            title: e.title,
            description: e.description,
            r#type: e.type_name,
            lifecycle: e.lifecycle,
            tags: e.tags,
            owner: e.owner.map(OwnerBody::from),
            owner_declared: e.owner_declared,
            owner_confirmed_at: e.owner_confirmed_at,
            operated_by: e.operator.map(|team| team.slug),
            system: e.system,
            domain: e.domain,
            tier: e.tier,
            recovery_point_seconds: e.recovery_point_seconds,
            recovery_time_seconds: e.recovery_time_seconds,
            runbook: e.runbook,
            contact: e.contact,
            slos: e.slos_json,
            source: e.origin.map(OriginBody::from),
            orphaned_at: e.orphaned_at,
            last_change_at: e.last_change_at,
            version: e.version,
            created_at: e.created_at,
            updated_at: e.updated_at,
            descriptor: e.descriptor,
        }
    }
}

/// Entities with their number, and counts per choice where asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListingBody {
    /// The rows, in the order asked for.
    pub(super) items: Vec<SummaryBody>,
    /// Give this as `after` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
    /// Give this as `after` to go back to the page before (empty: the first one); absent on the first one, and where
    /// the way back is longer than a cursor remembers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) previous: Option<String>,
    /// Rows of the whole list.
    pub(super) total: i64,
    /// True if a search found more than it counts: there are at least `total`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) total_is_lower_bound: bool,
    /// What the searched words were taken for, if no name had them as typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mended: Option<String>,
    /// Counts per choice, each dimension without its own filter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) facets: Vec<FacetBody>,
}

/// One dimension with its choices, most frequent first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FacetBody {
    /// `kind`, `type`, `owner`, `tier`, `lifecycle`, `tag`, `system` or `domain`.
    dimension: &'static str,
    /// Its choices.
    choices: Vec<ChoiceBody>,
    /// Whether there are more choices than these.
    more: bool,
}

/// One choice.
#[derive(Debug, Serialize, ToSchema)]
struct ChoiceBody {
    /// The value to filter by; empty for "none".
    value: String,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// How many entities it would leave.
    count: i64,
}

impl From<catalog::Facet> for FacetBody {
    fn from(f: catalog::Facet) -> Self {
        let choices =
            f.choices.into_iter().map(|c| ChoiceBody { value: c.value, label: c.label, count: c.count });
        Self { dimension: f.dimension.as_str(), choices: choices.collect(), more: f.more }
    }
}
