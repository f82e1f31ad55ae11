//! Somebody leaves: their turns and their steps, and the repair of both at once. Until then a page goes past them.

use serde::Serialize;

use super::{super::store, edit::unknown};
use crate::{
    Cx, Error, PolicyId, Result,
    activity::{self, Act, Changed},
    people::{self, Person, TeamEdit, TeamName},
    rota::{self, NamedIn, ScheduleName},
};

/// What is to come and names a person, as far as it decides whom pages reach.
#[derive(Debug, Clone, Serialize)]
pub struct Leaving {
    /// Schedules.
    pub schedules: Vec<NamedIn>,
    /// Policies of which a step names them.
    pub policies: Vec<NamedStep>,
    /// Teams that they lead: their leads are asked when nobody is on call, and approve.
    pub leads: Vec<TeamName>,
}

/// A policy of which a step names a person.
#[derive(Debug, Clone, Serialize)]
pub struct NamedStep {
    /// Key.
    pub id: PolicyId,
    /// Short unique name.
    pub slug: String,
    /// Name.
    pub name: String,
    /// Whose it is.
    pub team: TeamName,
    /// Which of its steps, counted from one.
    pub steps: Vec<i32>,
}

/// Where a person (handle) is named in what is to come; of each kind 200 at most.
pub async fn leaving(cx: &mut Cx<'_>, handle: &str) -> Result<Leaving> {
    let person = people::person(cx, handle).await?;
    let schedules = rota::named_in(cx, handle).await?;
    let policies = store::policy::naming(cx, person.id).await?;
    let leads = people::led_by(cx, person.id).await?;
    Ok(Leaving { schedules, policies, leads })
}

/// What is given to another: by slug. None of either kind named: all that names the person; of one kind only: of the other
/// nothing.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Schedules.
    pub schedules: Option<Vec<String>>,
    /// Escalation policies.
    pub policies: Option<Vec<String>>,
    /// Teams to lead; only those that are named, for whoever takes the turns need not lead.
    pub leads: Vec<String>,
}

/// What would come of giving it to another.
#[derive(Debug, Clone)]
pub struct Replacement {
    /// What would change on which schedule, and for whom.
    pub schedules: Vec<(ScheduleName, rota::Preview)>,
    /// Policies of which steps would name the other one.
    pub policies: Vec<NamedStep>,
    /// Teams that the other one would lead.
    pub leads: Vec<TeamName>,
}

/// What [`replace_person`] would do, before it does it.
pub async fn preview_replacement(
    cx: &mut Cx<'_>,
    handle: &str,
    by: &str,
    given: Given,
) -> Result<Replacement> {
    let chosen = chosen(cx, handle, by, given).await?;
    let named = Some(chosen.schedules.as_slice());
    let schedules = rota::preview_replacement(cx, handle, &chosen.by.handle, named).await?;
    Ok(Replacement { schedules, policies: chosen.steps, leads: chosen.leads })
}

/// Gives what is to come of one person to another: turns, overrides and escalation steps, and the lead of teams. For whoever may edit each of the
/// teams; `reason` is needed where somebody would be on call too often. All of it happens, or nothing. Answers with what
/// still names the person.
pub async fn replace_person(
    cx: &mut Cx<'_>,
    handle: &str,
    by: &str,
    given: Given,
    reason: &str,
) -> Result<Leaving> {
    cx.writer()?;
    let Chosen { gone, by, schedules, steps, leads } = chosen(cx, handle, by, given).await?;
    cx.atomically(async |cx| {
        if !schedules.is_empty() {
            rota::replace_person(cx, handle, &by.handle, Some(&schedules), reason).await?;
        }
        let ids: Vec<PolicyId> = steps.iter().map(|step| step.id).collect();
        for slug in store::policy::rename(cx, &ids, gone.id, by.id).await? {
            let changes = vec![Changed::new("steps", gone.handle.as_str(), by.handle.as_str())];
            let (note, subject) = (reason.trim().to_owned(), format!("policy:{slug}"));
            activity::record(cx, Act { changes, note, ..Act::new("policy.edited", subject) }).await?;
        }
        for team in &leads {
            let edit = TeamEdit { lead: Some(Some(by.handle.clone())), ..TeamEdit::default() };
            people::edit_team(cx, &team.slug, edit, None).await?;
        }
        Ok(())
    })
    .await?;
    leaving(cx, handle).await
}

/// Who goes, who comes, and what is given.
struct Chosen {
    gone: Person,
    by: Person,
    schedules: Vec<String>,
    steps: Vec<NamedStep>,
    leads: Vec<TeamName>,
}

async fn chosen(cx: &mut Cx<'_>, handle: &str, by: &str, given: Given) -> Result<Chosen> {
    let gone = people::person(cx, handle).await?;
    let by = people::person(cx, by).await.map_err(|e| unknown("by", e))?;
    rota::check_successor(&gone, &by)?;
    let named = leaving(cx, handle).await?;
    let all = given.schedules.is_none() && given.policies.is_none() && given.leads.is_empty();
    let every = |n: Vec<String>| if all { n } else { Vec::new() };
    let schedules = given
        .schedules
        .unwrap_or_else(|| every(named.schedules.iter().map(|n| n.schedule.slug.clone()).collect()));
    let policies =
        given.policies.unwrap_or_else(|| every(named.policies.iter().map(|n| n.slug.clone()).collect()));
    if let Some(other) = policies.iter().find(|slug| named.policies.iter().all(|s| s.slug != **slug)) {
        return Err(Error::invalid("policies", format!("{other} does not name {}", gone.name)));
    }
    let steps: Vec<_> = named.policies.into_iter().filter(|step| policies.contains(&step.slug)).collect();
    for step in &steps {
        people::require_team(cx, Some(step.team.id), &format!("the policy {}", step.name)).await?;
    }
    if let Some(other) = given.leads.iter().find(|slug| named.leads.iter().all(|team| team.slug != **slug)) {
        return Err(Error::invalid("leads", format!("{other} is not led by {}", gone.name)));
    }
    let leads: Vec<_> = named.leads.into_iter().filter(|team| given.leads.contains(&team.slug)).collect();
    for team in &leads {
        people::require_team(cx, Some(team.id), &format!("the team {}", team.name)).await?;
    }
    Ok(Chosen { gone, by, schedules, steps, leads })
}
