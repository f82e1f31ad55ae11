//! Is it me, or something below me? What a service stands on, two levels deep, and what goes on there now.

use jiff::{SignedDuration, Timestamp};

use super::{Affected, Incident, lasting_on};
use crate::{
    Cx, EntityId, Result,
    catalog::{self, EntityRef, Summary},
    changes::{self, Change},
    paging::{self, Paged, Window},
};

/// Changes of how long ago still count.
pub const HOURS: i64 = 6;
/// Rows of each kind, at most.
const MOST: i64 = 50;

/// Something that goes on.
#[derive(Debug, Clone)]
pub enum GoingOn {
    /// An incident that lasts, or was over less than a day ago, and which of the things below it hurts.
    Incident(Box<Incident>, Affected),
    /// A page that is not over.
    Page(Box<Paged>),
    /// Planned maintenance, in force or over a short while ago.
    Maintenance(Box<Window>),
    /// A change.
    Change(Box<Change>),
}

impl GoingOn {
    /// Since when.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Incident(incident, _) => incident.began_at,
            Self::Page(page) => page.opened_at,
            Self::Maintenance(window) => window.starts_at,
            Self::Change(change) => change.started_at,
        }
    }
}

/// What a service stands on, and what goes on there.
#[derive(Debug, Clone, Default)]
pub struct Below {
    /// How many things it stands on, as far as the catalog knows.
    pub stands_on: usize,
    /// What goes on at any of them, newest first, with how far below it is (1 or 2). Of the entity itself (0) its changes and
    /// its maintenance: what changed last is the first suspect.
    pub going_on: Vec<(u8, GoingOn)>,
    /// Whether there is more below than was looked at.
    pub cut: bool,
}

/// What goes on below an entity: one statement for what it stands on, and one for each kind of thing that can go on.
pub async fn below(cx: &mut Cx<'_>, reference: &EntityRef) -> Result<Below> {
    cx.reader()?;
    let around = catalog::neighbourhood(cx, reference).await?;
    let levels: Vec<(&Summary, u8)> = around
        .neighbours
        .iter()
        .filter_map(|n| Some((n.entity.as_ref()?, u8::try_from(n.level).ok()?)))
        .collect();
    let ids: Vec<EntityId> = levels.iter().map(|(entity, _)| entity.id).collect();
    let own = catalog::by_refs(cx, std::slice::from_ref(reference)).await?.pop().flatten().map(|e| e.id);
    let all: Vec<EntityId> = own.into_iter().chain(ids.iter().copied()).collect();
    let since = cx.now() - SignedDuration::from_hours(HOURS);
    let pages = paging::live_on(cx, &ids, MOST).await?;
    let windows = paging::windows_around(cx, &all, since, cx.now(), MOST).await?;
    let changes = changes::recent(cx, &all, since, MOST).await?;
    let incidents = lasting_on(cx, &ids).await?;
    let level = |entity: EntityId| match own {
        Some(own) if own == entity => Some(0),
        _ => levels.iter().filter(|(e, _)| e.id == entity).map(|(_, l)| *l).min(),
    };
    let hurt = |incident: &Incident| {
        let below = incident.affected.iter().filter_map(|affected| {
            let (_, level) = levels.iter().find(|(e, _)| e.reference.as_str() == affected.entity_ref)?;
            Some((*level, affected.clone()))
        });
        below.min_by_key(|(level, _)| *level)
    };
    let mut going_on: Vec<(u8, GoingOn)> = Vec::new();
    for page in pages {
        going_on.push((page.entity_id.and_then(level).unwrap_or(2), GoingOn::Page(Box::new(page))));
    }
    for window in windows {
        going_on.push((level(window.entity_id).unwrap_or(2), GoingOn::Maintenance(Box::new(window))));
    }
    for change in changes {
        going_on.push((level(change.entity_id).unwrap_or(2), GoingOn::Change(Box::new(change))));
    }
    for incident in incidents {
        if let Some((level, hurt)) = hurt(&incident) {
            going_on.push((level, GoingOn::Incident(Box::new(incident), hurt)));
        }
    }
    going_on.sort_by_key(|(_, one)| std::cmp::Reverse(one.at()));
    Ok(Below { stands_on: ids.len(), going_on, cut: around.cut })
}
