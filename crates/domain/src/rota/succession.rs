//! What an edit of a rotation does to whose turn it is: the one who is on call stays, the order goes on from there, and
//! only if the current person was taken out is the next one on call at once.

use jiff::Timestamp;

use super::{
    Plan, Rotation,
    span::{Span, minute},
    turns::{Turn, participant, turns},
};
use crate::PersonId;

/// The hand-off of a rotation that comes next after an instant; none if it has ended by then.
pub fn next_hand_off(plan: &Plan, rotation: &Rotation, after: Timestamp) -> Option<Timestamp> {
    let turn = turn_at(plan, rotation, after).or_else(|| first_turn(plan, rotation))?;
    let hand_off = if turn.span.start > after { turn.span.start } else { turn.span.end };
    rotation.until.is_none_or(|until| hand_off < minute(until)).then_some(hand_off)
}

/// The version of a rotation that follows another one: `new` as it was typed, in force from `takes_effect`, with the
/// participant first who makes the order go on. Whoever has the turn of that instant keeps it; if they are not in the new
/// order, the next of the old order has it who is; if none is, the first of the new order.
pub fn following(plan: &Plan, old: &Rotation, new: Rotation, takes_effect: Timestamp) -> Rotation {
    let many = new.participants.len();
    let mut next = Rotation { from: minute(takes_effect), ..new };
    if many == 0 {
        return Rotation { first: 0, ..next };
    }
    let index = turn_at(plan, &next, takes_effect).map_or(0, |turn| turn.index);
    let position = position(&next.participants, &order_from(plan, old, takes_effect));
    let gone = usize::try_from(index.rem_euclid(i64::try_from(many).unwrap_or(i64::MAX))).unwrap_or_default();
    next.first = (position + many - gone) % many;
    next
}

fn turn_at(plan: &Plan, rotation: &Rotation, at: Timestamp) -> Option<Turn> {
    let end = at.checked_add(jiff::SignedDuration::from_secs(1)).ok()?;
    turns(plan, rotation, Span::new(at, end)?).into_iter().find(|turn| turn.span.start <= at)
}

fn first_turn(plan: &Plan, rotation: &Rotation) -> Option<Turn> {
    let start = super::span::instant(rotation.zone(plan), rotation.anchor);
    let end = start.checked_add(jiff::SignedDuration::from_hours(72)).ok()?;
    turns(plan, rotation, Span::new(minute(start), end)?).into_iter().next()
}

/// The participants of a rotation, beginning with whoever has the turn of an instant.
fn order_from(plan: &Plan, rotation: &Rotation, at: Timestamp) -> Vec<Option<PersonId>> {
    let now = turn_at(plan, rotation, at).map_or(0, |turn| turn.index);
    (now..).take(rotation.participants.len()).map(|index| participant(rotation, index)).collect()
}

/// Where the new order goes on: at the first of the old order who is in it, and of several such places at the one after
/// which most goes on as it was.
fn position(new: &[Option<PersonId>], old_order: &[Option<PersonId>]) -> usize {
    for (skipped, expected) in old_order.iter().enumerate() {
        let as_it_was = |from: usize| {
            let upcoming = old_order[skipped..].iter();
            new.iter().cycle().skip(from).zip(upcoming).take_while(|(a, b)| a == b).count()
        };
        let places = (0..new.len()).filter(|place| new[*place] == *expected);
        if let Some(best) = places.rev().max_by_key(|place| as_it_was(*place)) {
            return best;
        }
    }
    0
}
