//! Keeping the shifts in step with what they follow from. What is over stays as it is; what lasts now may be cut short
//! but never begins anew; what is to come is written anew where it differs.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    Difference, Held, Holder, Plan, Shift, ShiftVia, differences,
    duty::{self, Via},
    shifts, store,
};
use crate::{CoverId, Cx, Error, LayerId, PersonId, Result, ScheduleId, ShiftId};

/// How far ahead shifts are kept: 26 weeks, the range that load and fairness look at.
pub const HORIZON: SignedDuration = SignedDuration::from_hours(24 * 7 * 26);

/// The worker renews what is known for less than this.
const LEAST: SignedDuration = SignedDuration::from_hours(24 * (7 * 26 - 1));

/// A shift as it is kept.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) id: ShiftId,
    pub(super) uid: String,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) held: Held,
    pub(super) person: Option<PersonId>,
    pub(super) via: Via,
    pub(super) layer: Option<LayerId>,
    pub(super) cover: Option<CoverId>,
    pub(super) instead_of: Option<PersonId>,
    pub(super) cancelled: bool,
}

impl Kept {
    fn is_held_as(&self, shift: &Shift) -> bool {
        let via = match shift.via {
            ShiftVia::Rotation => Via::Rotation,
            ShiftVia::Override(_) => Via::Override,
            ShiftVia::Swap(_) => Via::Swap,
        };
        self.held.as_str() == shift.holder.as_str()
            && self.person == duty::holder(shift.holder)
            && self.via == via
            && self.cover == shift.via.cover()
            && self.layer == shift.layer
            && self.instead_of == shift.instead_of
    }

    /// As far as it says who is on call when.
    fn as_shift(&self) -> Shift {
        Shift {
            key: self.uid.clone(),
            start: self.start,
            end: self.end,
            holder: match (self.held, self.person) {
                (Held::Person, Some(person)) => Holder::Person(person),
                (Held::Vacant, Some(person)) => Holder::Vacant(person),
                (Held::Gap, _) => Holder::Gap,
                _ => Holder::Nobody,
            },
            layer: self.layer,
            via: ShiftVia::Rotation,
            instead_of: self.instead_of,
        }
    }
}

/// What has to be written so that the kept shifts say what is wanted.
#[derive(Debug, Default)]
pub(super) struct Renewal {
    /// Shifts that end at another instant than before.
    pub(super) ended: Vec<(ShiftId, Timestamp)>,
    /// Shifts that are none any more.
    pub(super) cancelled: Vec<ShiftId>,
    /// New ones, and old ones of the same name that changed.
    pub(super) written: Vec<Shift>,
}

/// Compares what is kept with what is wanted from `now` on.
fn compare(kept: &[Kept], wanted: Vec<Shift>, now: Timestamp) -> Renewal {
    let mut renewal = Renewal::default();
    let by_uid: HashMap<&str, &Kept> = kept.iter().map(|k| (k.uid.as_str(), k)).collect();
    let lasting: Vec<&Kept> = kept.iter().filter(|k| k.start < now && !k.cancelled).collect();
    let mut seen: HashSet<ShiftId> = HashSet::new();
    for mut shift in wanted {
        if shift.start < now {
            if let Some(same) = lasting.iter().find(|k| !seen.contains(&k.id) && k.is_held_as(&shift)) {
                seen.insert(same.id);
                if same.end != shift.end {
                    renewal.ended.push((same.id, shift.end));
                }
                continue;
            }
            shift.start = now; // what was before is a fact
        }
        match by_uid.get(shift.key.as_str()) {
            Some(old) if old.start >= now => {
                seen.insert(old.id);
                let same = !old.cancelled
                    && old.is_held_as(&shift)
                    && (old.start, old.end) == (shift.start, shift.end);
                if !same {
                    renewal.written.push(shift);
                }
            }
            // the name belongs to a piece that has begun
            Some(_) => {
                shift.key = format!("{}+{}", shift.key, shift.start.as_second());
                renewal.written.push(shift);
            }
            None => renewal.written.push(shift),
        }
    }
    for old in kept.iter().filter(|k| !k.cancelled && !seen.contains(&k.id)) {
        if old.start < now {
            renewal.ended.push((old.id, now));
        } else {
            renewal.cancelled.push(old.id);
        }
    }
    renewal
}

/// Renews the shifts of a schedule from now to the horizon, in the transaction of whatever changed them. Says who is
/// on call at other times than before.
pub(super) async fn renew(cx: &mut Cx<'_>, id: ScheduleId) -> Result<Vec<Difference>> {
    let schedule =
        store::lock_schedule(cx, id).await?.ok_or_else(|| Error::not_found("schedule", id.to_string()))?;
    let (now, until) = (cx.now(), cx.now() + HORIZON);
    let plan = store::plan(cx, &schedule, now).await?;
    let wanted = if schedule.closed_at.is_some() { Vec::new() } else { shifts(&plan, now, until) };
    let kept = store::kept_from(cx, id, now).await?;
    let mut before: Vec<Shift> = kept.iter().filter(|k| !k.cancelled).map(Kept::as_shift).collect();
    before.sort_by_key(|shift| shift.start);
    let known = schedule.projected_until.clamp(now, until);
    let differences = differences(&before, &wanted, now, known);
    let mut renewal = compare(&kept, wanted, now);
    rename_taken(cx, id, &mut renewal.written).await?;
    store::write_renewal(cx, id, &renewal, until).await?;
    Ok(differences)
}

/// What would change between two plans, from now to the horizon.
pub(super) fn preview(before: &Plan, after: &Plan, now: Timestamp) -> Vec<Difference> {
    let until = now + HORIZON;
    differences(&shifts(before, now, until), &shifts(after, now, until), now, until)
}

/// A shift that is over keeps its name; a later piece of the same turn gets one of its own.
async fn rename_taken(cx: &mut Cx<'_>, id: ScheduleId, written: &mut [Shift]) -> Result<()> {
    let uids: Vec<String> = written.iter().map(|s| s.key.clone()).collect();
    let taken: HashSet<String> = store::taken_uids(cx, id, &uids, cx.now()).await?.into_iter().collect();
    for shift in written.iter_mut().filter(|s| taken.contains(&s.key)) {
        shift.key = format!("{}+{}", shift.key, shift.start.as_second());
    }
    Ok(())
}

/// Renews the schedules whose shifts are not known far enough, or that name somebody who left or came back. For the
/// worker; says how many it renewed. One that cannot be renewed does not stop the others.
pub async fn renew_due(cx: &mut Cx<'_>) -> Result<u64> {
    cx.admin()?;
    let due = store::schedules_to_renew(cx, cx.now() + LEAST, 500).await?;
    let (mut renewed, mut failed) = (0, None);
    for schedule in due {
        match cx.atomically(async |cx| renew(cx, schedule).await).await {
            Ok(_) => renewed += 1,
            Err(error) => {
                tracing::warn!(%schedule, %error, "the shifts of a schedule could not be renewed; the next round tries again");
                failed = Some(error);
            }
        }
    }
    failed.filter(|_| renewed == 0).map_or(Ok(renewed), Err)
}
