//! Which entities a list shows, and in which order.

use super::{EntityRef, Kind};
use crate::Error;

/// Several values of one field are alternatives; different fields narrow each other. Empty means all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// Kinds.
    pub kinds: Vec<Kind>,
    /// Types, as written.
    pub types: Vec<String>,
    /// Owners by reference; none is "nobody".
    pub owners: Vec<Option<EntityRef>>,
    /// Tiers; none is "not set".
    pub tiers: Vec<Option<i16>>,
    /// Lifecycles, as written.
    pub lifecycles: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Systems.
    pub systems: Vec<EntityRef>,
    /// Domains.
    pub domains: Vec<EntityRef>,
    /// Only what the actor or one of their teams owns.
    pub mine: bool,
    /// Only what nobody answers for: no owner, an unknown one, a team without active people, a person who left.
    pub needs_owner: bool,
    /// Only what its source no longer names (true), or only the rest (false).
    pub orphaned: Option<bool>,
    /// Words to search for.
    pub q: Option<String>,
}

/// What an index can be narrowed by, with counts per choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dimension {
    /// Kind.
    Kind,
    /// Type.
    Type,
    /// Owner; the value is a reference, or empty for nobody.
    Owner,
    /// Tier; empty for "not set".
    Tier,
    /// Lifecycle.
    Lifecycle,
    /// Tag.
    Tag,
    /// System; the value is a reference.
    System,
    /// Domain; the value is a reference.
    Domain,
}

impl Dimension {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Kind,
        Self::Type,
        Self::Owner,
        Self::Tier,
        Self::Lifecycle,
        Self::Tag,
        Self::System,
        Self::Domain,
    ];

    /// The word of it, as in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Type => "type",
            Self::Owner => "owner",
            Self::Tier => "tier",
            Self::Lifecycle => "lifecycle",
            Self::Tag => "tag",
            Self::System => "system",
            Self::Domain => "domain",
        }
    }
}

impl std::str::FromStr for Dimension {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|d| d.as_str() == text).ok_or_else(|| {
            Error::invalid("facets", "must be of kind, type, owner, tier, lifecycle, tag, system, domain")
        })
    }
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// Best match first when words are searched for, else by name.
    #[default]
    Default,
    /// By name.
    Name,
    /// What most rests on first, those without a tier last.
    Tier,
    /// The newest production change first.
    Changed,
    /// What was touched last first.
    Updated,
    /// By the owner's reference, what has none last.
    Owner,
}

impl Sort {
    /// The word of it, as in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Name => "name",
            Self::Tier => "tier",
            Self::Changed => "changed",
            Self::Updated => "updated",
            Self::Owner => "owner",
        }
    }
}

impl std::str::FromStr for Sort {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        [Self::Default, Self::Name, Self::Tier, Self::Changed, Self::Updated, Self::Owner]
            .into_iter()
            .find(|s| s.as_str() == text)
            .ok_or_else(|| Error::invalid("sort", "must be name, tier, changed, updated or owner"))
    }
}

impl Filter {
    /// Of one kind.
    pub fn of(kind: Kind) -> Self {
        Self { kinds: vec![kind], ..Self::default() }
    }

    /// Adds one choice as addresses and parameters write it; several of one name are alternatives. Says whether the name
    /// is one of a filter. Owners are teams unless they say otherwise; `none` (or nothing) is "nobody" and "not set".
    pub fn add(&mut self, name: &str, value: &str) -> Result<bool, Error> {
        let value = value.trim();
        let none = value.is_empty() || value == "none";
        let reference = |kind: &str| {
            EntityRef::parse(value, Some(kind), "default").map_err(|e| Error::invalid(name, e.to_string()))
        };
        match name {
            "kind" => self.kinds.push(value.parse()?),
            "type" => self.types.push(value.to_owned()),
            "owner" if none => self.owners.push(None),
            "owner" => self.owners.push(Some(reference("group")?)),
            "tier" if none => self.tiers.push(None),
            "tier" => self.tiers.push(Some(tier(value)?)),
            "lifecycle" => self.lifecycles.push(value.to_owned()),
            "tag" => self.tags.push(value.to_owned()),
            "system" => self.systems.push(reference("system")?),
            "domain" => self.domains.push(reference("domain")?),
            "mine" => self.mine = yes_or_no(name, value)?,
            "needs_owner" => self.needs_owner = yes_or_no(name, value)?,
            "orphaned" => self.orphaned = Some(yes_or_no(name, value)?),
            "q" => self.q = Some(value.to_owned()),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The choices made, as they stand in `entity.facets`.
    pub(crate) fn chosen(&self) -> Chosen {
        Chosen {
            kinds: choices("", self.kinds.iter()),
            types: choices("type=", self.types.iter()),
            owners: choices("owner=", self.owners.iter().map(|o| o.as_ref().map_or("", EntityRef::as_str))),
            tiers: choices("tier=", self.tiers.iter().map(|t| t.map(|t| t.to_string()).unwrap_or_default())),
            lifecycles: choices("lifecycle=", self.lifecycles.iter()),
            tags: choices("tag=", self.tags.iter()),
            systems: choices("system=", self.systems.iter()),
            domains: choices("domain=", self.domains.iter()),
        }
    }

    /// The kinds chosen, or all of them.
    pub(crate) fn all_kinds(&self) -> Vec<String> {
        let kinds: &[Kind] = if self.kinds.is_empty() { &Kind::ALL } else { &self.kinds };
        kinds.iter().map(|k| k.as_str().to_owned()).collect()
    }

    /// Whether a search is narrowed by kinds at most.
    pub(crate) fn is_search_of_kinds(&self) -> bool {
        !self.mine
            && !self.needs_owner
            && self.orphaned.is_none()
            && self.owners.is_empty()
            && self.narrows_nothing_but_owners()
    }

    /// The words searched for, if any are left once spaces are gone.
    pub(crate) fn words(&self) -> Option<&str> {
        self.q.as_deref().map(str::trim).filter(|q| !q.is_empty())
    }

    /// Whether anything but kinds and choices in dimensions narrows the list.
    pub(crate) fn is_plain(&self) -> bool {
        !self.mine && !self.needs_owner && self.orphaned.is_none() && self.words().is_none()
    }

    /// Whether at most kinds narrow the list.
    pub(crate) fn is_kinds_only(&self) -> bool {
        self.is_plain() && self.owners.is_empty() && self.narrows_nothing_but_owners()
    }

    /// The owner, if the filter is "what this owner has", of some kinds or of all.
    pub(crate) fn one_owner(&self) -> Option<&EntityRef> {
        let [Some(owner)] = self.owners.as_slice() else { return None };
        (self.is_plain() && self.narrows_nothing_but_owners()).then_some(owner)
    }

    fn narrows_nothing_but_owners(&self) -> bool {
        self.types.is_empty()
            && self.tiers.is_empty()
            && self.lifecycles.is_empty()
            && self.tags.is_empty()
            && self.systems.is_empty()
            && self.domains.is_empty()
    }
}

fn tier(value: &str) -> Result<i16, Error> {
    value
        .parse()
        .ok()
        .filter(|t| (0..=3).contains(t))
        .ok_or_else(|| Error::invalid("tier", "must be 0, 1, 2, 3 or none"))
}

fn yes_or_no(name: &str, value: &str) -> Result<bool, Error> {
    match value {
        "true" | "1" | "yes" | "on" | "" => Ok(true),
        "false" | "0" | "no" => Ok(false),
        _ => Err(Error::invalid(name, "must be true or false")),
    }
}

/// The choices of a filter as statements take them; none where nothing is chosen.
pub(crate) struct Chosen {
    pub(crate) kinds: Option<Vec<String>>,
    pub(crate) types: Option<Vec<String>>,
    pub(crate) owners: Option<Vec<String>>,
    pub(crate) tiers: Option<Vec<String>>,
    pub(crate) lifecycles: Option<Vec<String>>,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) systems: Option<Vec<String>>,
    pub(crate) domains: Option<Vec<String>>,
}

impl Chosen {
    /// The choices made in one dimension but the kind, which is a column of its own.
    pub(crate) fn of(self, dimension: Dimension) -> Option<Vec<String>> {
        match dimension {
            Dimension::Kind => None,
            Dimension::Type => self.types,
            Dimension::Owner => self.owners,
            Dimension::Tier => self.tiers,
            Dimension::Lifecycle => self.lifecycles,
            Dimension::Tag => self.tags,
            Dimension::System => self.systems,
            Dimension::Domain => self.domains,
        }
    }
}

fn choices<T: std::fmt::Display>(
    prefix: &str,
    values: impl ExactSizeIterator<Item = T>,
) -> Option<Vec<String>> {
    (values.len() > 0).then(|| values.map(|v| format!("{prefix}{v}")).collect())
}
