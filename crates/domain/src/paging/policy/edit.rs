//! Writing policies, and saying which service has which.

use super::{super::store, Policy};
use crate::{
    Cx, Error, PersonId, PolicyId, Problem, Result, ScheduleId, TeamId,
    activity::{self, Act, Changed},
    catalog::{self, EntityRef},
    check::Checks,
    error::both,
    people::{self, Team},
    rota::{self, Purpose},
};

/// Steps of a policy, at most.
pub const MOST_STEPS: usize = 10;
const MOST_REPEATS: u32 = 9;
const MOST_MINUTES: u32 = 24 * 60;

/// A policy to be.
#[derive(Debug, Clone, Default)]
pub struct NewPolicy {
    /// Slug of the team; looked at when it is made.
    pub team: String,
    /// Short unique name; looked at when it is made.
    pub slug: String,
    /// Name.
    pub name: String,
    /// How often the steps begin anew.
    pub repeats: u32,
    /// Whether it is for whatever the team owns that has none of its own.
    pub is_default: bool,
    /// Its steps.
    pub steps: Vec<NewStep>,
}

/// A step to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStep {
    /// Who is told.
    pub to: NewTarget,
    /// Minutes until the next step.
    pub minutes: u32,
}

/// Who is to be told, by slug or handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewTarget {
    /// Whoever is on call on this schedule.
    Schedule(String),
    /// Whoever is on call for this team.
    Team(String),
    /// This person.
    Person(String),
    /// Whoever leads this team.
    Lead(String),
}

/// A step with its keys.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Keys {
    pub(in super::super) schedule: Option<ScheduleId>,
    pub(in super::super) person: Option<PersonId>,
    pub(in super::super) team: Option<TeamId>,
    pub(in super::super) lead_of: Option<TeamId>,
    pub(in super::super) minutes: i32,
}

/// Makes a policy; members of the team, its leads and admins may.
pub async fn create_policy(cx: &mut Cx<'_>, new: NewPolicy) -> Result<Policy> {
    let team = people::team(cx, new.team.trim()).await.map_err(|e| unknown("team", e))?;
    may_write(cx, &team).await?;
    let mut checks = Checks::default();
    let (slug, name) = (checks.key("slug", &new.slug), checks.line("name", &new.name, 100));
    let (steps, ()) = both(keys(cx, &new).await, checks.done())?;
    let id = PolicyId::new();
    cx.atomically(async |cx| {
        if new.is_default {
            store::policy::no_default(cx, team.id).await?;
        }
        store::policy::insert(cx, id, team.id, &slug, &name, &new).await?;
        store::policy::put_steps(cx, id, &steps).await?;
        let changes = vec![Changed::new("steps", serde_json::Value::Null, steps.len())];
        activity::record(cx, Act { changes, ..Act::new("policy.created", format!("policy:{slug}")) }).await
    })
    .await?;
    super::policy(cx, &slug).await
}

/// Writes a policy anew: name, steps, repeats, default. Pages that run keep the steps they were opened with.
pub async fn edit_policy(
    cx: &mut Cx<'_>,
    slug: &str,
    new: NewPolicy,
    version: Option<i64>,
) -> Result<Policy> {
    let old = super::policy(cx, slug).await?;
    let team = people::team_by_id(cx, old.team.id).await?;
    may_write(cx, &team).await?;
    still_open(&old)?;
    let mut checks = Checks::default();
    let name = checks.line("name", &new.name, 100);
    let (steps, ()) = both(keys(cx, &new).await, checks.done())?;
    let changes = changes(&old, &name, &new);
    cx.atomically(async |cx| {
        if new.is_default && !old.is_default {
            store::policy::no_default(cx, team.id).await?;
        }
        if store::policy::update(cx, old.id, &name, &new, version).await? == 0 {
            return Err(Error::Stale);
        }
        store::policy::put_steps(cx, old.id, &steps).await?;
        let act =
            Act { changes: changes.clone(), ..Act::new("policy.edited", format!("policy:{}", old.slug)) };
        activity::record(cx, act).await
    })
    .await?;
    super::policy(cx, &old.slug).await
}

/// Closes a policy: no page goes its way from now on, and services that had it go their team's way.
pub async fn close_policy(cx: &mut Cx<'_>, slug: &str) -> Result<()> {
    let old = super::policy(cx, slug).await?;
    let team = people::team_by_id(cx, old.team.id).await?;
    may_write(cx, &team).await?;
    if old.closed_at.is_some() {
        return Ok(());
    }
    cx.atomically(async |cx| {
        store::policy::close(cx, old.id).await?;
        activity::record(cx, Act::new("policy.closed", format!("policy:{}", old.slug))).await
    })
    .await
}

/// Gives a service a policy of its own, or takes it away: then it goes its team's way.
pub async fn assign_policy(cx: &mut Cx<'_>, entity: &EntityRef, slug: Option<&str>) -> Result<()> {
    let entity = catalog::get(cx, entity).await?;
    let owner = entity.owner.as_ref().and_then(catalog::Owner::team_id);
    people::require_team(cx, owner, &format!("who is paged for {}", entity.name)).await?;
    let policy = match slug {
        Some(slug) => {
            let policy = super::policy(cx, slug).await.map_err(|e| unknown("policy", e))?;
            still_open(&policy)?;
            if Some(policy.team.id) != owner {
                return Err(Error::invalid(
                    "policy",
                    format!(
                        "belongs to {}, which does not own {}; choose one of the owner's",
                        policy.team.name, entity.name
                    ),
                ));
            }
            Some(policy)
        }
        None => None,
    };
    cx.atomically(async |cx| {
        let before = store::policy::assigned(cx, entity.id).await?;
        store::policy::assign(cx, entity.id, policy.as_ref().map(|p| p.id)).await?;
        let after = policy.as_ref().map(|p| p.slug.clone());
        if before == after {
            return Ok(());
        }
        let act = Act {
            entity_id: Some(entity.id),
            changes: vec![Changed::new("escalation_policy", before, after)],
            ..Act::new("policy.assigned", entity.reference.as_str())
        };
        activity::record(cx, act).await
    })
    .await
}

/// Names the team whose primary is this team's secondary, or none.
pub async fn set_related_team(cx: &mut Cx<'_>, team: &str, related: Option<&str>) -> Result<()> {
    let team = people::team(cx, team).await?;
    may_write(cx, &team).await?;
    let related = match related.map(str::trim).filter(|r| !r.is_empty()) {
        Some(slug) => Some(people::team(cx, slug).await.map_err(|e| unknown("related_team", e))?),
        None => None,
    };
    if related.as_ref().is_some_and(|r| r.id == team.id) {
        return Err(Error::invalid(
            "related_team",
            "must be another team: one's own primary is told already",
        ));
    }
    cx.atomically(async |cx| {
        let before = store::policy::related_team(cx, team.id).await?.map(|t| t.slug);
        let after = related.as_ref().map(|t| t.slug.clone());
        store::policy::set_related(cx, team.id, related.as_ref().map(|t| t.id)).await?;
        let changes = vec![Changed::new("related_team", before, after)];
        activity::record(cx, Act { changes, ..Act::new("team.related-set", format!("team:{}", team.slug)) })
            .await
    })
    .await
}

async fn may_write(cx: &mut Cx<'_>, team: &Team) -> Result<()> {
    people::require_team(cx, Some(team.id), &format!("who is paged for {}", team.name)).await
}

fn still_open(policy: &Policy) -> Result<()> {
    match policy.closed_at {
        Some(_) => Err(Error::Conflict(format!("{} is closed; make another policy", policy.name))),
        None => Ok(()),
    }
}

/// The keys of what the steps name, or everything that is wrong with them.
async fn keys(cx: &mut Cx<'_>, new: &NewPolicy) -> Result<Vec<Keys>> {
    let mut problems = Vec::new();
    if new.repeats > MOST_REPEATS {
        problems.push(problem("repeats", format!("may be {MOST_REPEATS} at most")));
    }
    if new.steps.is_empty() {
        problems.push(problem("steps", "are needed: at least one, or a page reaches nobody".into()));
    } else if new.steps.len() > MOST_STEPS {
        problems.push(problem("steps", format!("may be {MOST_STEPS} at most")));
    }
    let mut keys = Vec::new();
    for (at, step) in new.steps.iter().take(MOST_STEPS).enumerate() {
        if step.minutes > MOST_MINUTES {
            problems.push(problem(&format!("steps[{at}].minutes"), "may be a day (1440) at most".into()));
        }
        match key(cx, step).await {
            Ok(found) => keys.push(found),
            Err(Error::Invalid(more)) => problems
                .extend(more.into_iter().map(|p| problem(&format!("steps[{at}].{}", p.field), p.message))),
            Err(other) => return Err(other),
        }
    }
    if problems.is_empty() { Ok(keys) } else { Err(Error::Invalid(problems)) }
}

/// At most ten steps, so asking for each by its name is bounded.
async fn key(cx: &mut Cx<'_>, step: &NewStep) -> Result<Keys> {
    let minutes = i32::try_from(step.minutes).unwrap_or(i32::MAX);
    let none = Keys { schedule: None, person: None, team: None, lead_of: None, minutes };
    Ok(match &step.to {
        NewTarget::Schedule(slug) => {
            let schedule = rota::schedule(cx, slug.trim()).await.map_err(|e| unknown("schedule", e))?;
            if schedule.purpose != Purpose::OnCall {
                return Err(Error::invalid(
                    "schedule",
                    "is one of support; pages go to schedules of on-call",
                ));
            }
            if schedule.closed_at.is_some() {
                return Err(Error::invalid("schedule", format!("{} is closed", schedule.name)));
            }
            Keys { schedule: Some(schedule.id), ..none }
        }
        NewTarget::Team(slug) => Keys {
            team: Some(people::team(cx, slug.trim()).await.map_err(|e| unknown("team", e))?.id),
            ..none
        },
        NewTarget::Lead(slug) => Keys {
            lead_of: Some(people::team(cx, slug.trim()).await.map_err(|e| unknown("lead_of", e))?.id),
            ..none
        },
        NewTarget::Person(handle) => {
            let person = people::person(cx, handle.trim()).await.map_err(|e| unknown("person", e))?;
            if !person.active {
                return Err(Error::invalid("person", format!("{} is no longer active", person.name)));
            }
            Keys { person: Some(person.id), ..none }
        }
    })
}

/// What is named and not there is a mistake in the field that names it.
pub(in super::super) fn unknown(field: &str, error: Error) -> Error {
    match error {
        Error::NotFound { what, key } if key.is_empty() => {
            Error::invalid(field, format!("is needed: which {what}"))
        }
        Error::NotFound { what, key } => {
            Error::invalid(field, format!("names no {what}: there is none called {key:?}"))
        }
        other => other,
    }
}

fn problem(field: &str, message: String) -> Problem {
    Problem { field: field.into(), message }
}

fn changes(old: &Policy, name: &str, new: &NewPolicy) -> Vec<Changed> {
    let told = |steps: usize| format!("{steps}");
    [
        ("name", old.name.clone(), name.to_owned()),
        ("repeats", old.repeats.to_string(), new.repeats.to_string()),
        ("default", old.is_default.to_string(), new.is_default.to_string()),
        ("steps", told(old.steps.len()), told(new.steps.len())),
    ]
    .into_iter()
    .filter(|(field, from, to)| from != to || *field == "steps")
    .map(|(field, from, to)| Changed::new(field, from, to))
    .collect()
}
