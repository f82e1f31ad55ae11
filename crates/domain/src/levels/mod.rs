//! How soon a team helps: per tier who may have an engineer at once, and otherwise by when an answer comes.
//!
//! [`engage`] decides from values alone; [`decide`] gathers them. Paging asks it before it wakes anybody, support keeps
//! what was promised with each request. A team that set no levels promises [`Level::usual`].

mod engage;
mod hours;
mod level;
mod store;

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    Cx, Error, PersonId, Result, TeamId,
    activity::{self, Act, Changed},
    catalog::{self, Entity, EntityRef, Party},
    people,
};

pub use engage::{Ask, Engagement, engage};
pub use hours::Hours;
pub use level::{AtOnce, Impact, Level, TIERS, length};

/// The levels of a team.
#[derive(Debug, Clone, Serialize)]
pub struct Levels {
    /// One for each of [`TIERS`], in that order.
    pub rows: Vec<Level>,
    /// Who set them and when; none: they are the usual ones.
    pub set: Option<(Option<PersonId>, Timestamp)>,
}

impl Levels {
    /// The level for what is of this tier.
    pub fn of(&self, tier: Option<i16>) -> Level {
        self.rows.iter().find(|l| l.tier == tier).copied().unwrap_or_else(|| Level::usual(tier))
    }
}

/// What was decided, and by which level.
#[derive(Debug, Clone, Serialize)]
pub struct Decision {
    /// The level that applies.
    pub level: Level,
    /// Now, or in support hours.
    pub engagement: Engagement,
}

/// The levels of a team: its own, else the usual ones.
pub async fn of_team(cx: &mut Cx<'_>, team: TeamId) -> Result<Levels> {
    let stored = store::of_team(cx, team).await?;
    let set = stored.first().map(|row| (row.set_by, row.set_at.to_jiff()));
    let own: Vec<Level> = stored.iter().map(store::Row::level).collect();
    let row = |tier| own.iter().find(|l| l.tier == tier).copied().unwrap_or_else(|| Level::usual(tier));
    Ok(Levels { rows: TIERS.into_iter().map(row).collect(), set })
}

/// Sets all levels of a team; members, leads and admins may. What it does not name stays as usual.
pub async fn set(cx: &mut Cx<'_>, slug: &str, rows: &[Level]) -> Result<Levels> {
    let team = people::team(cx, slug).await?;
    people::require_team(cx, Some(team.id), &format!("the support levels of {}", team.name)).await?;
    let problems: Vec<_> = rows.iter().flat_map(Level::problems).collect();
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    let new: Vec<Level> = TIERS
        .into_iter()
        .map(|tier| rows.iter().find(|l| l.tier == tier).copied().unwrap_or_else(|| Level::usual(tier)))
        .collect();
    cx.atomically(async |cx| {
        let old = of_team(cx, team.id).await?;
        store::put(cx, team.id, &new).await?;
        let changes: Vec<_> = old
            .rows
            .iter()
            .zip(&new)
            .filter(|(old, new)| old != new)
            .map(|(old, new)| Changed::new(new.name(), told(old), told(new)))
            .collect();
        let act = Act { changes, ..Act::new("support.levels-set", format!("team:{}", team.slug)) };
        activity::record(cx, act).await?;
        of_team(cx, team.id).await
    })
    .await
}

/// Goes back to the usual levels.
pub async fn reset(cx: &mut Cx<'_>, slug: &str) -> Result<Levels> {
    let team = people::team(cx, slug).await?;
    people::require_team(cx, Some(team.id), &format!("the support levels of {}", team.name)).await?;
    cx.atomically(async |cx| {
        if store::clear(cx, team.id).await? > 0 {
            activity::record(cx, Act::new("support.levels-reset", format!("team:{}", team.slug))).await?;
        }
        of_team(cx, team.id).await
    })
    .await
}

/// What decisions about one team and one thing rest on, gathered once.
#[derive(Debug, Clone)]
pub struct Grounds {
    /// The level that applies.
    pub level: Level,
    /// The team's support hours.
    pub hours: Hours,
    about_entity: bool,
    dependent: bool,
}

impl Grounds {
    /// When somebody looks at what hurts so much in this environment, if it is asked now.
    pub fn engagement(&self, impact: Impact, environment: &str, now: Timestamp) -> Engagement {
        let Self { about_entity, dependent, .. } = *self;
        engage(&self.level, &Ask { impact, environment, about_entity, dependent }, &self.hours, now)
    }
}

/// What the actor's asking of `team` rests on. `entity` is what it is about, if it is about a thing of the catalog.
pub async fn grounds(cx: &mut Cx<'_>, team: TeamId, entity: Option<&Entity>) -> Result<Grounds> {
    let me = cx.reader()?;
    let level = of_team(cx, team).await?.of(entity.and_then(|e| e.tier));
    let dependent = match entity {
        Some(entity) if level.at_once == AtOnce::Dependents => stands_on(cx, me, &entity.reference).await?,
        _ => false,
    };
    let hours = Hours::of_team(cx, team).await?;
    Ok(Grounds { level, hours, about_entity: entity.is_some(), dependent })
}

/// Whether the actor gets an engineer of `team` at once for this, and why.
pub async fn decide(
    cx: &mut Cx<'_>,
    team: TeamId,
    entity: Option<&Entity>,
    impact: Impact,
    environment: &str,
) -> Result<Decision> {
    let grounds = grounds(cx, team, entity).await?;
    Ok(Decision { engagement: grounds.engagement(impact, environment, cx.now()), level: grounds.level })
}

/// Whether a person answers for something that stands on this, up to two steps away.
async fn stands_on(cx: &mut Cx<'_>, person: PersonId, reference: &EntityRef) -> Result<bool> {
    let around = catalog::neighbourhood(cx, reference).await?;
    let teams = people::teams_answered_for(cx, person).await?;
    let owners = around.neighbours.iter().filter(|n| n.level < 0).filter_map(|n| n.entity.as_ref());
    Ok(owners.filter_map(|e| e.owner.as_ref()?.party.as_ref()).any(|owner| match owner {
        Party::Team { id, .. } => teams.contains(id),
        Party::Person { id, .. } => *id == person,
    }))
}

fn told(level: &Level) -> String {
    format!(
        "{} first {}, next {}",
        level.at_once_words(),
        length(level.first_answer_minutes),
        length(level.next_answer_minutes)
    )
}
