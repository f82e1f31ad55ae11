//! Steps that would wake the same person again: a secondary who is the primary is none.

use jiff::Timestamp;
use serde::Serialize;

use super::{policy::may_read, store};
use crate::{
    Cx, PolicyId, Result, ScheduleId,
    people::{PersonName, TeamName},
    rota::LOOK_AHEAD,
};

/// A policy by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyName {
    /// Key.
    pub id: PolicyId,
    /// Short unique name.
    pub slug: String,
    /// Name.
    pub name: String,
}

/// Somebody who is told at a step of a policy and again at the next one.
#[derive(Debug, Clone, Serialize)]
pub struct ToldTwice {
    /// The policy; none: the usual steps of a team that wrote none.
    pub policy: Option<PolicyName>,
    /// Whose policy or steps.
    pub team: TeamName,
    /// The first of the two steps, counted from 1.
    pub step: i32,
    /// The schedules of both steps; none where a step names the person, or the lead who they are.
    pub schedules: (Option<ScheduleId>, Option<ScheduleId>),
    /// First instant at which that is so.
    pub start: Timestamp,
    /// First instant after it.
    pub end: Timestamp,
    /// Who.
    pub person: PersonName,
}

impl ToldTwice {
    /// Whose steps, in words: "the policy Basket", "the usual steps of Basket".
    pub fn whose(&self) -> String {
        match &self.policy {
            Some(policy) => format!("the policy {}", policy.name),
            None => format!("the usual steps of {}", self.team.name),
        }
    }
}

/// Who would be told twice in the next eight weeks: by policies in which any of these schedules stands (or its team), and
/// by the usual steps of teams that wrote none; by time, at most fifty of each schedule.
pub async fn told_twice(cx: &mut Cx<'_>, schedules: &[ScheduleId]) -> Result<Vec<ToldTwice>> {
    may_read(cx)?;
    if schedules.is_empty() {
        return Ok(Vec::new());
    }
    store::policy::told_twice(cx, schedules, cx.now() + LOOK_AHEAD).await
}
