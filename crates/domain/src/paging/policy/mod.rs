//! Who is told of a page, and who next: policies of teams, which service has which, and what a team has that wrote none.

mod edit;
mod leaving;
mod plan;

use jiff::Timestamp;
use serde::Serialize;

pub(super) use edit::{Keys, unknown};
pub use edit::{
    MOST_STEPS, NewPolicy, NewStep, NewTarget, assign_policy, close_policy, create_policy, edit_policy,
    set_related_team,
};
pub use leaving::{Given, Leaving, NamedStep, Replacement, leaving, preview_replacement, replace_person};
pub use plan::{Next, Plan, Progress, Reached, Step, Target};

use super::store;
use crate::{
    Cursor, Cx, EntityId, Error, Limit, Page, PolicyId, Result, TeamId,
    catalog::EntityRef,
    page::check_words,
    people::{PersonName, TeamName},
    rota::ScheduleName,
};

/// A policy.
#[derive(Debug, Clone, Serialize)]
pub struct Policy {
    /// Key.
    pub id: PolicyId,
    /// Whose it is.
    pub team: TeamName,
    /// Short unique name; it never changes.
    pub slug: String,
    /// Name.
    pub name: String,
    /// How often the steps begin anew after the last one.
    pub repeats: u32,
    /// Whether it is the one for whatever the team owns that has none of its own.
    pub is_default: bool,
    /// Its steps, in order.
    pub steps: Vec<PolicyStep>,
    /// How many services have it as their own.
    pub services: i64,
    /// Raised at each edit; the `ETag`.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub updated_at: Timestamp,
    /// Since when it is closed.
    pub closed_at: Option<Timestamp>,
}

impl Policy {
    /// Its steps, as a page keeps them.
    pub fn plan(&self) -> Plan {
        let step = |s: &PolicyStep| Step { target: s.target(), minutes: s.minutes };
        Plan { steps: self.steps.iter().map(step).collect(), repeats: self.repeats }
    }
}

/// A step of a policy.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyStep {
    /// Who is told.
    pub to: StepTarget,
    /// Minutes until the next step.
    pub minutes: u32,
}

/// Who is told at a step, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepTarget {
    /// Whoever is on call on a schedule.
    Schedule(ScheduleName),
    /// Whoever is on call for a team.
    Team(TeamName),
    /// A person.
    Person(PersonName),
    /// Whoever leads a team.
    Lead(TeamName),
}

impl PolicyStep {
    /// As a plan has it.
    pub fn target(&self) -> Target {
        match &self.to {
            StepTarget::Schedule(s) => Target::Schedule(s.id),
            StepTarget::Team(t) => Target::Team(t.id),
            StepTarget::Person(p) => Target::Person(p.id),
            StepTarget::Lead(t) => Target::Lead(t.id),
        }
    }
}

impl StepTarget {
    /// In words: "Basket, primary", "whoever is on call for Ledger".
    pub fn words(&self) -> String {
        match self {
            Self::Schedule(s) => format!("whoever is on call on {}", s.name),
            Self::Team(t) => format!("whoever is on call for {}", t.name),
            Self::Person(p) if p.active => p.name.clone(),
            Self::Person(p) => format!("{}, who is no longer here", p.name),
            Self::Lead(t) => format!("whoever leads {}", t.name),
        }
    }
}

/// Why a page goes the way it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// The service has a policy of its own.
    OwnPolicy,
    /// The team's default.
    TeamDefault,
    /// The team wrote none: the usual steps.
    Implicit,
}

impl Because {
    /// In words.
    pub fn words(&self) -> &'static str {
        match self {
            Self::OwnPolicy => "the service has a policy of its own",
            Self::TeamDefault => "the team's default policy",
            Self::Implicit => "the team wrote no policy, so these are the usual steps",
        }
    }
}

/// The way of a page that is opened now.
#[derive(Debug, Clone)]
pub struct Way {
    /// The policy, if one was written.
    pub policy: Option<(PolicyId, String)>,
    /// Why this one.
    pub because: Because,
    /// Its steps.
    pub plan: Plan,
}

/// The way that a page of a team, or of something it owns, goes.
pub async fn way(cx: &mut Cx<'_>, team: TeamId, entity: Option<EntityId>) -> Result<Way> {
    may_read(cx)?;
    way_of(cx, team, entity).await
}

/// The same for what comes in by a key, where nobody is signed in.
pub(super) async fn way_of(cx: &mut Cx<'_>, team: TeamId, entity: Option<EntityId>) -> Result<Way> {
    let found = store::policy::of(cx, team, entity).await?;
    if let Some((policy, own)) = found
        && !policy.steps.is_empty()
    {
        let because = if own { Because::OwnPolicy } else { Because::TeamDefault };
        return Ok(Way { because, plan: policy.plan(), policy: Some((policy.id, policy.name)) });
    }
    let related = store::policy::related_team(cx, team).await?.map(|t| t.id);
    Ok(Way { policy: None, because: Because::Implicit, plan: Plan::implicit(team, related) })
}

/// A policy by its slug, in any case.
pub async fn policy(cx: &mut Cx<'_>, slug: &str) -> Result<Policy> {
    may_read(cx)?;
    store::policy::by_slug(cx, slug).await?.ok_or_else(|| Error::not_found("escalation policy", slug))
}

/// Policies that are open, by name; `q` is a part of a name or slug.
pub async fn policies(
    cx: &mut Cx<'_>,
    team: Option<&str>,
    q: Option<&str>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Policy>> {
    may_read(cx)?;
    q.map_or(Ok(()), check_words)?;
    let key = after.as_ref().map(Cursor::key::<(String, PolicyId)>).transpose()?;
    let rows = store::policy::list(cx, team, q, key, limit).await?;
    let total = store::policy::count(cx, team, q).await?;
    Ok(Page::cut(rows, limit, total, after.as_ref(), |p| (p.name.to_lowercase(), p.id)))
}

/// The team that a team names as related: its primary is their secondary.
pub async fn related_team(cx: &mut Cx<'_>, team: TeamId) -> Result<Option<TeamName>> {
    may_read(cx)?;
    store::policy::related_team(cx, team).await
}

/// The services that have a policy as their own, by name (at most 200).
pub async fn services_of(cx: &mut Cx<'_>, policy: PolicyId) -> Result<Vec<EntityRef>> {
    may_read(cx)?;
    store::policy::services(cx, policy).await
}

/// The steps of a plan in words, with the names as they are now: one statement.
pub async fn step_words(cx: &mut Cx<'_>, plan: &Plan) -> Result<Vec<String>> {
    let names = store::policy::targets(cx, &plan.steps).await?;
    let unknown = || "somebody who is gone".to_owned();
    Ok(names.into_iter().map(|name| name.map_or_else(unknown, |n| n.words())).collect())
}

pub(super) fn may_read(cx: &Cx<'_>) -> Result<()> {
    if cx.admin().is_err() {
        cx.reader()?;
    }
    Ok(())
}
