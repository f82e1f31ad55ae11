//! What edits of a rotation do to whose turn it is, and how that is told before saving.

use super::super::{Difference, differences, following, next_hand_off, shifts};
use super::*;

const WEDNESDAY: &str = "2026-11-25T12:00Z"; // in the second turn: person 2 is on call

fn weeks(people: &[u128]) -> Rotation {
    Rotation {
        participants: people.iter().map(|n| Some(person(*n))).collect(),
        ..rotation("2026-11-16T09:00", 1, Unit::Weeks, 0)
    }
}

/// Who is on call from an edit on, turn by turn.
fn after_edit(old: &[u128], new: &[u128], takes_effect: &str) -> Vec<u128> {
    let mut old = weeks(old);
    let plan = turns_of("UTC", old.clone());
    let next = following(&plan, &old, weeks(new), at(takes_effect));
    old.until = Some(next.from);
    let mut edited = turns_of("UTC", old);
    edited.layers[0].rotations.push(next);
    shifts(&edited, at(takes_effect), at("2026-12-20T00:00Z"))
        .iter()
        .map(|shift| shift.holder.person().unwrap().0.as_u128())
        .collect()
}

#[test]
fn who_is_on_call_stays_on_call() {
    assert_eq!(after_edit(&[1, 2, 3], &[1, 2, 3], WEDNESDAY), [2, 3, 1, 2]);
    assert_eq!(after_edit(&[1, 2, 3], &[2, 3], WEDNESDAY), [2, 3, 2, 3], "somebody else was taken out");
    assert_eq!(after_edit(&[1, 2, 3], &[1, 2, 3, 4], WEDNESDAY), [2, 3, 4, 1], "appended");
    assert_eq!(after_edit(&[1, 2, 3], &[4, 1, 2, 3], WEDNESDAY), [2, 3, 4, 1], "put before");
    assert_eq!(after_edit(&[1, 2, 3], &[1, 2, 4, 3], WEDNESDAY), [2, 4, 3, 1], "put in between");
}

#[test]
fn if_the_current_one_is_taken_out_the_next_takes_over_now() {
    assert_eq!(after_edit(&[1, 2, 3], &[1, 3], WEDNESDAY), [3, 1, 3, 1]);
    assert_eq!(after_edit(&[1, 2, 3], &[7, 8], WEDNESDAY), [7, 8, 7, 8], "nobody of the old is left");
}

#[test]
fn from_the_next_hand_off_the_order_goes_on() {
    let plan = turns_of("UTC", weeks(&[1, 2, 3]));
    let hand_off = next_hand_off(&plan, &weeks(&[1, 2, 3]), at(WEDNESDAY)).unwrap();
    assert_eq!(hand_off, at("2026-11-30T09:00Z"));
    assert_eq!(after_edit(&[1, 2, 3], &[1, 2, 3, 4], &hand_off.to_string()), [3, 4, 1]);
    // at a hand-off the incoming one has the turn already
    assert_eq!(next_hand_off(&plan, &weeks(&[1, 2]), hand_off), Some(at("2026-12-07T09:00Z")));
    assert_eq!(next_hand_off(&plan, &weeks(&[1, 2]), at("2026-11-01T00:00Z")), Some(at("2026-11-16T09:00Z")));
    let ended = Rotation { until: Some(hand_off), ..weeks(&[1, 2]) };
    assert_eq!(next_hand_off(&plan, &ended, at(WEDNESDAY)), None);
}

#[test]
fn somebody_who_has_two_turns_keeps_the_place_they_have() {
    // 1 2 1 3: in the third turn, the second one of person 1
    let third = "2026-12-02T12:00Z";
    assert_eq!(after_edit(&[1, 2, 1, 3], &[1, 2, 1, 3, 4], third), [1, 3, 4]);
    assert_eq!(after_edit(&[1, 2, 1, 3], &[1, 2, 1, 3, 4], WEDNESDAY), [2, 1, 3, 4]);
}

#[test]
fn the_other_length_of_turns_counts_from_its_own_anchor() {
    let old = weeks(&[1, 2, 3]);
    let plan = turns_of("UTC", old.clone());
    let daily =
        Rotation { unit: Unit::Days, anchor: "2026-11-01T09:00".parse().unwrap(), ..weeks(&[1, 2, 3]) };
    let next = following(&plan, &old, daily, at("2026-11-30T09:00Z"));
    let edited = turns_of("UTC", next);
    assert_eq!(
        told(&edited, "2026-11-30T09:00Z", "2026-12-02T09:00Z"),
        ["Mon 30 09:00 → Tue 01 09:00 3", "Tue 01 09:00 → Wed 02 09:00 1"]
    );
}

#[test]
fn what_changes_is_told_in_spans() {
    let before = turns_of("UTC", weeks(&[1, 2, 3]));
    let after = turns_of("UTC", weeks(&[1, 3, 2]));
    let (from, to) = (at("2026-11-18T00:00Z"), at("2026-12-16T00:00Z"));
    let changed = differences(&shifts(&before, from, to), &shifts(&after, from, to), from, to);
    let holder = |n| vec![Holder::Person(person(n))];
    assert_eq!(
        changed,
        [
            Difference {
                start: at("2026-11-23T09:00Z"),
                end: at("2026-11-30T09:00Z"),
                before: holder(2),
                after: holder(3)
            },
            Difference {
                start: at("2026-11-30T09:00Z"),
                end: at("2026-12-07T09:00Z"),
                before: holder(3),
                after: holder(2)
            },
            Difference { start: at("2026-12-14T09:00Z"), end: to, before: holder(2), after: holder(3) },
        ]
    );
    assert_eq!(changed[0].concerns(), [person(2), person(3)].into());
    assert_eq!(differences(&shifts(&before, from, to), &shifts(&before, from, to), from, to), []);
    assert_eq!(differences(&shifts(&before, from, to), &[], from, to).len(), 5, "taken away altogether");
}
