//! Whom a page goes to next when whoever is on call does not answer.

use super::{
    Plan, State, Target,
    policy::{may_read, way_of},
    record::PagedView,
    store, who,
};
use crate::{
    Cx, Result,
    rota::{Contact, Purpose, Schedule},
};

/// The step after the one that a schedule is.
#[derive(Debug, Clone)]
pub struct IfNoAnswer {
    /// How long whoever is on call has to answer, in minutes.
    pub minutes: u32,
    /// Whom it tells, in words.
    pub words: String,
    /// Whom it reaches now; nobody: it is said loudly then.
    pub people: Vec<Contact>,
}

/// What follows on a schedule by the way that pages of its team go; none if that does not ask the schedule, or asks nobody
/// after it.
pub async fn if_no_answer(cx: &mut Cx<'_>, schedule: &Schedule) -> Result<Option<IfNoAnswer>> {
    may_read(cx)?;
    if schedule.purpose == Purpose::Support || schedule.closed_at.is_some() {
        return Ok(None);
    }
    let plan = way_of(cx, schedule.team.id, None).await?.plan;
    let stands = |target: &Target| match target {
        Target::Schedule(id) => *id == schedule.id,
        Target::Team(team) => *team == schedule.team.id,
        Target::Person(_) | Target::Lead(_) => false,
    };
    match plan.steps.iter().position(|step| stands(&step.target)) {
        Some(at) => behind(cx, &plan, at).await,
        None => Ok(None),
    }
}

/// Whom a page goes to after the step that was told last, by the steps it was opened with; none after the last one.
pub async fn next_of(cx: &mut Cx<'_>, view: &PagedView) -> Result<Option<IfNoAnswer>> {
    may_read(cx)?;
    // whoever is on it, or everybody when nobody was reached, is looked for from the first step on
    let runs = view.page.state == State::Open && view.page.exhausted_at.is_none();
    let told = view.told.filter(|_| runs).and_then(|(_, step)| usize::try_from(step).ok());
    behind(cx, &view.plan, told.unwrap_or(0)).await
}

/// What follows on a step.
async fn behind(cx: &mut Cx<'_>, plan: &Plan, at: usize) -> Result<Option<IfNoAnswer>> {
    let (Some(here), Some(next)) = (plan.steps.get(at), plan.steps.get(at + 1)) else { return Ok(None) };
    let named = store::policy::targets(cx, std::slice::from_ref(next)).await?.pop().flatten();
    let reach = who::reach(cx, &next.target).await?;
    Ok(Some(IfNoAnswer {
        minutes: here.minutes,
        words: named.map_or_else(|| "somebody who is gone".into(), |n| n.words()),
        people: reach.people,
    }))
}
