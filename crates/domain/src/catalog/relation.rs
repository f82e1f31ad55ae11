//! What entities say about each other: seen from one of them, two levels deep, and as parts of a whole.

use super::{
    EntityRef, Kind, Summary,
    read::{self, may_read},
    store::relation as store,
};
use crate::{Cx, Result, TeamId};

/// The most relations, parts or owned entities that one answer holds.
pub const MOST_RELATIONS: i64 = 500;
/// The most arrows in a neighbourhood, per direction and level.
pub const MOST_NEIGHBOURS: i64 = 200;

/// The name of a relation, read from the entity at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RelationKind {
    /// Its owner.
    OwnedBy,
    /// What it owns.
    OwnerOf,
    /// What it needs.
    DependsOn,
    /// What needs it.
    DependencyOf,
    /// The whole it belongs to.
    PartOf,
    /// What belongs to it.
    HasPart,
    /// An API it offers.
    ProvidesApi,
    /// Who offers this API.
    ApiProvidedBy,
    /// An API it uses.
    ConsumesApi,
    /// Who uses this API.
    ApiConsumedBy,
    /// The group above.
    ChildOf,
    /// A group below.
    ParentOf,
    /// The group it is in.
    MemberOf,
    /// Who is in it.
    HasMember,
}

impl RelationKind {
    const PAIRS: [(Self, Self, &'static str, &'static str); 7] = [
        (Self::OwnedBy, Self::OwnerOf, "ownedBy", "ownerOf"),
        (Self::DependsOn, Self::DependencyOf, "dependsOn", "dependencyOf"),
        (Self::PartOf, Self::HasPart, "partOf", "hasPart"),
        (Self::ProvidesApi, Self::ApiProvidedBy, "providesApi", "apiProvidedBy"),
        (Self::ConsumesApi, Self::ApiConsumedBy, "consumesApi", "apiConsumedBy"),
        (Self::ChildOf, Self::ParentOf, "childOf", "parentOf"),
        (Self::MemberOf, Self::HasMember, "memberOf", "hasMember"),
    ];

    /// The word of it, as in descriptors.
    pub fn as_str(self) -> &'static str {
        Self::PAIRS
            .into_iter()
            .find_map(|(forward, back, f, b)| (self == forward).then_some(f).or((self == back).then_some(b)))
            .unwrap_or_default()
    }

    /// The relation as stored, read forward or from its far end.
    pub(super) fn read(stored: &str, forward: bool) -> Option<Self> {
        Self::PAIRS.into_iter().find(|p| p.2 == stored).map(|p| if forward { p.0 } else { p.1 })
    }
}

/// One relation of the entity at hand.
#[derive(Debug, Clone)]
pub struct Relation {
    /// How it stands to the other.
    pub kind: RelationKind,
    /// The other.
    pub other: EntityRef,
    /// What the catalog knows of the other; none: the relation dangles.
    pub entity: Option<Summary>,
}

/// The relations of one entity.
#[derive(Debug, Clone)]
pub struct Relations {
    /// By kind, and in a kind what most rests on first.
    pub items: Vec<Relation>,
    /// Whether there are more than these.
    pub cut: bool,
}

/// Everything that an entity says about others and others say about it, its owner and what it owns included.
pub async fn relations(cx: &mut Cx<'_>, reference: &EntityRef) -> Result<Relations> {
    may_read(cx)?;
    let mut items = store::of(cx, reference.as_str(), MOST_RELATIONS + 1).await?;
    let cut = cut(&mut items, MOST_RELATIONS);
    if items.is_empty() && store::missing(cx, reference.as_str()).await? {
        return Err(read::not_found(reference));
    }
    items.sort_by(|a, b| {
        (a.kind, rank(a.entity.as_ref()), &a.other).cmp(&(b.kind, rank(b.entity.as_ref()), &b.other))
    });
    Ok(Relations { items, cut })
}

/// What most rests on first; what dangles last.
fn rank(entity: Option<&Summary>) -> i16 {
    entity.map_or(10, |e| e.tier.unwrap_or(9))
}

/// Cuts a list to `most`, telling whether that left something out.
fn cut<T>(items: &mut Vec<T>, most: i64) -> bool {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let cut = items.len() > most;
    items.truncate(most);
    cut
}

/// An entity near another.
#[derive(Debug, Clone)]
pub struct Neighbour {
    /// Which.
    pub reference: EntityRef,
    /// How far: 1 and 2 are what the centre needs, -1 and -2 what needs the centre.
    pub level: i8,
    /// What the catalog knows of it; none: it is only spoken of.
    pub entity: Option<Summary>,
}

/// One arrow: `from` needs `to`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// Who needs.
    pub from: EntityRef,
    /// What is needed.
    pub to: EntityRef,
    /// `DependsOn`, `ConsumesApi`, or `ApiProvidedBy` (an API needs whoever provides it).
    pub kind: RelationKind,
}

/// What an entity rests on and what rests on it, two levels each way.
#[derive(Debug, Clone, Default)]
pub struct Neighbourhood {
    /// Nearest first, then what most rests on. An entity that is near on both sides stands once on each.
    pub neighbours: Vec<Neighbour>,
    /// The arrows between them and the centre.
    pub edges: Vec<Edge>,
    /// Whether there is more than is shown.
    pub cut: bool,
}

/// The neighbourhood of an entity: one statement walks, one looks up what is known, however many rest on it.
pub async fn neighbourhood(cx: &mut Cx<'_>, reference: &EntityRef) -> Result<Neighbourhood> {
    may_read(cx)?;
    let mut steps = store::steps(cx, reference.as_str(), MOST_NEIGHBOURS).await?;
    let mut cut = false;
    for level in [1, -1, 2, -2] {
        let mut seen = 0;
        steps.retain(|s| {
            seen += i64::from(s.level == level);
            s.level != level || seen <= MOST_NEIGHBOURS
        });
        cut |= seen > MOST_NEIGHBOURS;
    }
    let mut refs: Vec<String> =
        steps.iter().flat_map(|s| [s.from.as_str().to_owned(), s.to.as_str().to_owned()]).collect();
    refs.sort_unstable();
    refs.dedup();
    let known = super::store::entity::by_refs(cx, &refs).await?;
    let mut neighbours: Vec<Neighbour> = Vec::new();
    for step in &steps {
        let far = if step.level > 0 { &step.to } else { &step.from };
        let same_side = |n: &Neighbour| n.reference == *far && (n.level > 0) == (step.level > 0);
        if far != reference && !neighbours.iter().any(same_side) {
            let entity = known.iter().find(|s| s.reference == *far).cloned();
            neighbours.push(Neighbour { reference: far.clone(), level: step.level, entity });
        }
    }
    neighbours.sort_by(|a, b| {
        (a.level.abs(), a.level < 0, rank(a.entity.as_ref()), &a.reference).cmp(&(
            b.level.abs(),
            b.level < 0,
            rank(b.entity.as_ref()),
            &b.reference,
        ))
    });
    let mut edges: Vec<Edge> =
        steps.into_iter().map(|s| Edge { from: s.from, to: s.to, kind: s.kind }).collect();
    edges.sort();
    edges.dedup();
    Ok(Neighbourhood { neighbours, edges, cut })
}

/// An API with those at its other end.
#[derive(Debug, Clone)]
pub struct ApiUse {
    /// The API.
    pub reference: EntityRef,
    /// What the catalog knows of it; none: it is only spoken of.
    pub api: Option<Summary>,
    /// For a provided API who consumes it, for a consumed one who provides it.
    pub others: Vec<(EntityRef, Option<Summary>)>,
}

/// The APIs of a component.
#[derive(Debug, Clone, Default)]
pub struct Apis {
    /// Those it provides, with their consumers.
    pub provides: Vec<ApiUse>,
    /// Those it consumes, with their providers.
    pub consumes: Vec<ApiUse>,
    /// Whether there is more than is shown.
    pub cut: bool,
}

/// The APIs that a component provides and consumes, and who is at the other end.
pub async fn apis(cx: &mut Cx<'_>, reference: &EntityRef) -> Result<Apis> {
    may_read(cx)?;
    let mut rows = store::apis(cx, reference.as_str(), MOST_RELATIONS + 1).await?;
    let cut = cut(&mut rows, MOST_RELATIONS);
    let mut refs: Vec<String> = rows
        .iter()
        .flat_map(|r| [Some(&r.api), r.other.as_ref()])
        .flatten()
        .map(|r| r.as_str().to_owned())
        .collect();
    refs.sort_unstable();
    refs.dedup();
    let known = super::store::entity::by_refs(cx, &refs).await?;
    let entity = |r: &EntityRef| known.iter().find(|s| s.reference == *r).cloned();
    let mut apis = Apis { cut, ..Apis::default() };
    for row in rows {
        let side = if row.provides { &mut apis.provides } else { &mut apis.consumes };
        if side.last().is_none_or(|last| last.reference != row.api) {
            side.push(ApiUse { api: entity(&row.api), reference: row.api, others: Vec::new() });
        }
        if let (Some(last), Some(other)) = (side.last_mut(), row.other) {
            last.others.push((other.clone(), entity(&other)));
        }
    }
    Ok(apis)
}

/// What belongs to a system, a domain or a component (its subcomponents), by kind, then what most rests on first.
pub async fn parts(cx: &mut Cx<'_>, reference: &EntityRef) -> Result<(Vec<Summary>, bool)> {
    may_read(cx)?;
    let mut items = store::parts(cx, reference.as_str(), MOST_RELATIONS + 1).await?;
    let cut = cut(&mut items, MOST_RELATIONS);
    items.sort_by(|a, b| (a.kind, rank(Some(a)), &a.reference).cmp(&(b.kind, rank(Some(b)), &b.reference)));
    Ok((items, cut))
}

/// What a team owns.
#[derive(Debug, Clone, Default)]
pub struct Owned {
    /// Per tier, 0 first and "not set" last: components before other kinds, each by name.
    pub tiers: Vec<(Option<i16>, Vec<Summary>)>,
    /// How many per kind, of all it owns.
    pub kinds: Vec<(Kind, i64)>,
    /// Whether there is more than is shown.
    pub cut: bool,
}

impl Owned {
    /// How many entities the team owns.
    pub fn total(&self) -> i64 {
        self.kinds.iter().map(|k| k.1).sum()
    }
}

/// What a team owns, grouped by tier.
pub async fn owned_by(cx: &mut Cx<'_>, team: TeamId) -> Result<Owned> {
    may_read(cx)?;
    let kinds = store::owned_kinds(cx, team).await?;
    let mut items = store::owned(cx, team, MOST_RELATIONS + 1).await?;
    let cut = cut(&mut items, MOST_RELATIONS);
    items.sort_by(|a, b| (rank(Some(a)), a.kind, &a.reference).cmp(&(rank(Some(b)), b.kind, &b.reference)));
    let mut tiers: Vec<(Option<i16>, Vec<Summary>)> = Vec::new();
    for item in items {
        match tiers.last_mut() {
            Some((tier, group)) if *tier == item.tier => group.push(item),
            _ => tiers.push((item.tier, vec![item])),
        }
    }
    Ok(Owned { tiers, kinds, cut })
}
