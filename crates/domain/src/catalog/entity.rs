//! What the catalog knows of an entity: the full record for its page, the summary for lists.

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::{EntityRef, Kind};
use crate::{EntityId, PersonId, TeamId, people::TeamName};

/// Whoever answers for an entity.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner {
    /// As the descriptor or a hand-over names them; may point at nobody.
    pub reference: EntityRef,
    /// Whom that names, if the portal knows them.
    pub party: Option<Party>,
}

/// A team or a person.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Party {
    /// A team.
    Team {
        /// Key.
        id: TeamId,
        /// Unique short name.
        slug: String,
        /// Name.
        name: String,
    },
    /// A person who owns something by themselves.
    Person {
        /// Key.
        id: PersonId,
        /// Unique short name.
        handle: String,
        /// Full name.
        name: String,
    },
}

impl Owner {
    /// The best name known.
    pub fn name(&self) -> &str {
        match &self.party {
            Some(Party::Team { name, .. } | Party::Person { name, .. }) => name,
            None => self.reference.name(),
        }
    }

    /// The team, if it is one that the portal knows.
    pub fn team_id(&self) -> Option<TeamId> {
        match self.party {
            Some(Party::Team { id, .. }) => Some(id),
            _ => None,
        }
    }
}

/// What a list shows of an entity.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Key.
    pub id: EntityId,
    /// Kind.
    pub kind: Kind,
    /// The whole reference: namespace and name in lower case.
    pub reference: EntityRef,
    /// Name with its capitals.
    pub name: String,
    /// Title, if it has one.
    pub title: Option<String>,
    /// The first 300 characters of the description.
    pub description: Option<String>,
    /// `spec.type`: service, library, openapi, database, …
    pub type_name: Option<String>,
    /// `spec.lifecycle`: experimental, production, deprecated, …
    pub lifecycle: Option<String>,
    /// How much rests on it; 0 most.
    pub tier: Option<i16>,
    /// Tags.
    pub tags: Vec<String>,
    /// The owner in force.
    pub owner: Option<Owner>,
    /// The system it is part of.
    pub system: Option<EntityRef>,
    /// The domain it is part of (systems and domains).
    pub domain: Option<EntityRef>,
    /// Since when its source no longer names it.
    pub orphaned_at: Option<Timestamp>,
    /// Its newest production change.
    pub last_change_at: Option<Timestamp>,
    /// When anything about it changed.
    pub updated_at: Timestamp,
}

impl Summary {
    /// Title, else name.
    pub fn label(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }
}

/// Where a descriptor came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Name of the source.
    pub source: String,
    /// File within the source.
    pub location: Option<String>,
    /// When the source was last applied: how fresh its facts are.
    pub applied_at: Timestamp,
}

impl Origin {
    /// Where to change what the descriptor says: `source:location`.
    pub fn place(&self) -> String {
        match &self.location {
            Some(location) => format!("{}:{location}", self.source),
            None => self.source.clone(),
        }
    }
}

/// All that the catalog knows of an entity by itself; what others say of it are [relations](super::relations).
#[derive(Debug, Clone)]
pub struct Entity {
    /// Key.
    pub id: EntityId,
    /// Kind.
    pub kind: Kind,
    /// The whole reference: namespace and name in lower case.
    pub reference: EntityRef,
    /// Name with its capitals.
    pub name: String,
    /// Title, if it has one.
    pub title: Option<String>,
    /// Description, Markdown.
    pub description: Option<String>,
    /// `spec.type`: service, library, openapi, database, …
    pub type_name: Option<String>,
    /// `spec.lifecycle`: experimental, production, deprecated, …
    pub lifecycle: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// The owner in force.
    pub owner: Option<Owner>,
    /// The owner that the descriptor names; differs after a hand-over in the portal.
    pub owner_declared: Option<EntityRef>,
    /// When the owner last said "still ours".
    pub owner_confirmed_at: Option<Timestamp>,
    /// The team that is on call for it, where self-service made it; none: its owner's.
    pub operator: Option<TeamName>,
    /// The system it is part of.
    pub system: Option<EntityRef>,
    /// The domain it is part of (systems and domains).
    pub domain: Option<EntityRef>,
    /// How much rests on it; 0 most.
    pub tier: Option<i16>,
    /// How much data may be lost, in seconds.
    pub recovery_point_seconds: Option<i64>,
    /// How long it may be gone, in seconds.
    pub recovery_time_seconds: Option<i64>,
    /// Address of the runbook.
    pub runbook: Option<String>,
    /// How to reach its people, beyond what the team says.
    pub contact: Option<String>,
    /// The declared SLOs, a JSON list; read it with [`Entity::slos`].
    pub slos_json: Box<RawValue>,
    /// The descriptor as applied.
    pub descriptor: Box<RawValue>,
    /// Where the descriptor came from; none if the entity is managed in the portal.
    pub origin: Option<Origin>,
    /// Since when its source no longer names it.
    pub orphaned_at: Option<Timestamp>,
    /// The team that a Group is.
    pub team_id: Option<TeamId>,
    /// The person that a User is.
    pub person_id: Option<PersonId>,
    /// Its newest production change.
    pub last_change_at: Option<Timestamp>,
    /// Raised at each change; the `ETag`.
    pub version: i64,
    /// When it was first seen.
    pub created_at: Timestamp,
    /// When anything about it changed.
    pub updated_at: Timestamp,
}

impl Entity {
    /// Title, else name.
    pub fn label(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }

    /// The team that answers for it at night: whoever operates it, else its owner; none if no team does.
    pub fn answers(&self) -> Option<TeamName> {
        let owner = || match self.owner.as_ref()?.party.as_ref()? {
            Party::Team { id, slug, name } => {
                Some(TeamName { id: *id, slug: slug.clone(), name: name.clone() })
            }
            Party::Person { .. } => None,
        };
        self.operator.clone().or_else(owner)
    }

    /// Whether it is edited here and not in a descriptor.
    pub fn is_portal_managed(&self) -> bool {
        self.origin.is_none()
    }

    /// The name of the owner that the descriptor still says, where a hand-over made it another.
    pub fn owner_drift(&self) -> Option<&EntityRef> {
        let declared = self.owner_declared.as_ref()?;
        (self.owner.as_ref().map(|o| &o.reference) != Some(declared)).then_some(declared)
    }
}
