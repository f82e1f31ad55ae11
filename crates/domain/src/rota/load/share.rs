//! One in how many: the share of a schedule's covered time that is one person's, from the shifts themselves and not
//! from the length of a list.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::super::{Contact, Plan, Purpose, Schedule, Shift, covered_between, renew::HORIZON, shifts, store};
use crate::{Cx, PersonId, Result, settings};

/// Somebody who would be on call more often than the settings bear.
#[derive(Debug, Clone, Serialize)]
pub struct TooOften {
    /// Who.
    pub person: Contact,
    /// One in so many.
    pub one_in: f64,
}

/// Who has more than their share in the half year to come, by how much, the worst first. Support rotas are not asked:
/// nobody is woken by them.
pub async fn too_often(cx: &mut Cx<'_>, schedule: &Schedule, plan: &Plan) -> Result<Vec<TooOften>> {
    if schedule.purpose == Purpose::Support || schedule.closed_at.is_some() {
        return Ok(Vec::new());
    }
    let least = settings::read(cx).await?.load_least_one_in;
    let (now, until) = (cx.now(), cx.now() + HORIZON);
    let planned = shifts(plan, now, until);
    let covered = covered_between(&plan.coverage, &plan.zone, now, until);
    let mut over: Vec<(PersonId, f64)> =
        one_in(&planned, now, until, covered).into_iter().filter(|(_, n)| *n < f64_of(least)).collect();
    over.sort_by(|a, b| a.1.total_cmp(&b.1));
    let contacts = store::contacts(cx, &over.iter().map(|(p, _)| *p).collect::<Vec<_>>()).await?;
    Ok(over
        .into_iter()
        .filter_map(|(id, one_in)| {
            Some(TooOften { person: contacts.iter().find(|c| c.id == id).cloned()?, one_in })
        })
        .collect())
}

/// For each person one in how many: covered time divided by theirs, within a range.
fn one_in(
    shifts: &[Shift],
    from: Timestamp,
    to: Timestamp,
    covered: SignedDuration,
) -> BTreeMap<PersonId, f64> {
    let mut held: BTreeMap<PersonId, i64> = BTreeMap::new();
    for shift in shifts {
        let Some(person) = shift.holder.person() else { continue };
        let (start, end) = (shift.start.max(from), shift.end.min(to));
        *held.entry(person).or_default() += end.duration_since(start).as_secs().max(0);
    }
    held.into_iter()
        .filter(|(_, s)| *s > 0)
        .map(|(p, s)| (p, f64_of(covered.as_secs()) / f64_of(s)))
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a few years and small settings")]
pub(super) fn f64_of(n: i64) -> f64 {
    n as f64
}
