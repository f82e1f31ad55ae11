//! From when on an edit counts, and who has the first turn then.

use jiff::{SignedDuration, Timestamp};

use super::{Plan, Rotation, next_hand_off, span::Span, turns::turns};
use crate::PersonId;

/// From when on an edit of a rotation counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effective {
    /// From the next hand-off: whoever is on call stays until then.
    #[default]
    NextHandOff,
    /// From now: whoever is on call stays if they are still among the participants, else the next in line takes over.
    Now,
    /// From this instant.
    At(Timestamp),
}

impl Effective {
    /// The instant of it.
    pub(super) fn begins(self, plan: &Plan, old: &Rotation, now: Timestamp) -> Timestamp {
        match self {
            Self::Now => now,
            Self::At(at) => at.max(now),
            Self::NextHandOff if old.from > now => old.from,
            Self::NextHandOff => next_hand_off(plan, old, now).unwrap_or(now),
        }
    }
}

/// The rotation with `person` in the turn of the instant from which it is in force.
pub(super) fn beginning_with(plan: &Plan, rotation: Rotation, person: Option<PersonId>) -> Rotation {
    let many = i64::try_from(rotation.participants.len()).unwrap_or(1).max(1);
    let wanted = rotation.participants.iter().position(|p| *p == person).unwrap_or_default();
    let end = rotation.from.checked_add(SignedDuration::from_secs(1)).unwrap_or(rotation.from);
    let index = Span::new(rotation.from, end)
        .and_then(|moment| turns(plan, &rotation, moment).into_iter().next())
        .map_or(0, |turn| turn.index);
    let first = (i64::try_from(wanted).unwrap_or_default() - index).rem_euclid(many);
    Rotation { first: usize::try_from(first).unwrap_or_default(), ..rotation }
}
