//! Steps that would wake the same person again: a secondary who is the primary is none.

use jiff::Timestamp;
use serde::Serialize;

use super::{policy::may_read, store};
use crate::{Cx, PolicyId, Result, ScheduleId, people::PersonName, rota::LOOK_AHEAD};

/// Somebody who is told at a step of a policy and again at the next one.
#[derive(Debug, Clone, Serialize)]
pub struct ToldTwice {
    /// The policy.
    pub policy: PolicyId,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// The first of the two steps, counted from 1.
    pub step: i32,
    /// The schedules of both steps; none where a step names the person.
    pub schedules: (Option<ScheduleId>, Option<ScheduleId>),
    /// First instant at which that is so.
    pub start: Timestamp,
    /// First instant after it.
    pub end: Timestamp,
    /// Who.
    pub person: PersonName,
}

/// Who would be told twice in the next eight weeks, by policies in which any of these schedules stands (or its team); by
/// time, at most fifty.
pub async fn told_twice(cx: &mut Cx<'_>, schedules: &[ScheduleId]) -> Result<Vec<ToldTwice>> {
    may_read(cx)?;
    if schedules.is_empty() {
        return Ok(Vec::new());
    }
    store::policy::told_twice(cx, schedules, cx.now() + LOOK_AHEAD).await
}
