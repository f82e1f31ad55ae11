//! Overrides and swaps.

use super::super::{Cover, CoverKind, ShiftVia, shifts};
use super::*;
use crate::CoverId;

fn cover(n: u128, start: &str, end: &str, what: CoverKind) -> Cover {
    Cover { id: CoverId(uuid::Uuid::from_u128(n)), start: at(start), end: at(end), what, swap: false }
}

fn replace(n: u128, start: &str, end: &str, out: u128, by: u128) -> Cover {
    cover(n, start, end, CoverKind::Replace { out: person(out), by: person(by) })
}

/// Turns of a day from Monday 16 November: 1, 2, 3, 1, …
fn days() -> Plan {
    turns_of("UTC", rotation("2026-11-16T00:00", 1, Unit::Days, 3))
}

const TUESDAY: (&str, &str) = ("2026-11-17T00:00Z", "2026-11-18T00:00Z");

fn tuesday(plan: &Plan) -> Vec<String> {
    told(plan, TUESDAY.0, TUESDAY.1)
}

#[test]
fn a_partial_override_cuts_a_shift_and_one_that_only_touches_changes_nothing() {
    let mut plan = days();
    plan.covers = vec![replace(1, "2026-11-17T10:00:20Z", "2026-11-17T12:00:40Z", 2, 9)];
    assert_eq!(
        tuesday(&plan),
        ["Tue 17 00:00 → Tue 17 10:00 2", "Tue 17 10:00 → Tue 17 12:00 9", "Tue 17 12:00 → Wed 18 00:00 2"]
    );
    let pieces = shifts(&plan, at(TUESDAY.0), at(TUESDAY.1));
    assert_eq!(pieces[1].instead_of, Some(person(2)));
    assert_eq!(pieces[1].via, ShiftVia::Override(CoverId(uuid::Uuid::from_u128(1))));
    assert_eq!(pieces[1].layer, Some(layer_id(1)), "it is still the turn of the layer");
    plan.covers = vec![replace(1, "2026-11-17T00:00Z", "2026-11-17T12:00Z", 2, 9)];
    assert_eq!(tuesday(&plan), ["Tue 17 00:00 → Tue 17 12:00 9", "Tue 17 12:00 → Wed 18 00:00 2"]);
    let key = shifts(&plan, at(TUESDAY.0), at(TUESDAY.1))[0].key.clone();
    assert_eq!(key, shifts(&days(), at(TUESDAY.0), at(TUESDAY.1))[0].key, "the key survives the person");
    plan.covers = vec![
        replace(1, "2026-11-16T00:00Z", "2026-11-17T00:00Z", 2, 9),
        replace(2, "2026-11-18T00:00Z", "2026-11-19T00:00Z", 2, 9),
    ];
    assert_eq!(tuesday(&plan), tuesday(&days()));
}

#[test]
fn a_replacement_has_effect_only_while_that_person_is_on_call_and_leaves_others_alone() {
    let mut plan = days();
    plan.layers.push(layer(
        2,
        0,
        Rotation { participants: vec![Some(person(8))], ..rotation("2026-11-16T00:00", 1, Unit::Days, 1) },
    ));
    plan.covers = vec![replace(1, "2026-11-16T12:00Z", "2026-11-18T12:00Z", 2, 9)];
    assert_eq!(
        told(&plan, "2026-11-16T12:00Z", "2026-11-18T12:00Z"),
        [
            "Mon 16 00:00 → Tue 17 00:00 1",
            "Mon 16 00:00 → Tue 17 00:00 8",
            "Tue 17 00:00 → Wed 18 00:00 9",
            "Tue 17 00:00 → Wed 18 00:00 8",
            "Wed 18 00:00 → Thu 19 00:00 3",
            "Wed 18 00:00 → Thu 19 00:00 8"
        ]
    );
}

#[test]
fn the_later_decision_wins_and_taking_it_back_restores_exactly() {
    let mut plan = days();
    let before = shifts(&plan, at(TUESDAY.0), at(TUESDAY.1));
    let mut swap = replace(1, TUESDAY.0, TUESDAY.1, 2, 8);
    swap.swap = true;
    plan.covers = vec![swap.clone(), replace(2, "2026-11-17T12:00Z", "2026-11-17T18:00Z", 8, 9)];
    assert_eq!(
        tuesday(&plan),
        ["Tue 17 00:00 → Tue 17 12:00 8", "Tue 17 12:00 → Tue 17 18:00 9", "Tue 17 18:00 → Wed 18 00:00 8"]
    );
    let pieces = shifts(&plan, at(TUESDAY.0), at(TUESDAY.1));
    assert_eq!(pieces[0].via, ShiftVia::Swap(swap.id));
    assert!(pieces.iter().all(|piece| piece.instead_of == Some(person(2))), "whose turn it is at heart");
    plan.covers.remove(0);
    assert_eq!(tuesday(&plan), tuesday(&days()), "nobody is replaced by whoever replaced the swap");
    plan.covers = vec![swap];
    plan.covers.pop();
    assert_eq!(shifts(&plan, at(TUESDAY.0), at(TUESDAY.1)), before);
}

#[test]
fn an_override_to_nobody_is_no_gap() {
    let mut plan = days();
    plan.covers = vec![cover(1, "2026-11-17T10:00Z", "2026-11-17T12:00Z", CoverKind::Nobody)];
    assert_eq!(
        tuesday(&plan),
        [
            "Tue 17 00:00 → Tue 17 10:00 2",
            "Tue 17 10:00 → Tue 17 12:00 nobody",
            "Tue 17 12:00 → Wed 18 00:00 2"
        ]
    );
    let gaps_on_tuesday = gaps(&plan, at(TUESDAY.0), at(TUESDAY.1));
    assert_eq!(gaps_on_tuesday, []);
    plan.layers.clear();
    assert_eq!(
        tuesday(&plan),
        [
            "Tue 17 00:00 → Tue 17 10:00 gap",
            "Tue 17 10:00 → Tue 17 12:00 nobody",
            "Tue 17 12:00 → Wed 18 00:00 gap"
        ],
        "it also says that a gap is wanted"
    );
    plan.covers.push(cover(2, "2026-11-17T11:00Z", "2026-11-17T12:00Z", CoverKind::Add(person(9))));
    assert_eq!(
        tuesday(&plan),
        [
            "Tue 17 00:00 → Tue 17 10:00 gap",
            "Tue 17 10:00 → Tue 17 11:00 nobody",
            "Tue 17 11:00 → Tue 17 12:00 9",
            "Tue 17 12:00 → Wed 18 00:00 gap"
        ],
        "a later decision wins"
    );
}

#[test]
fn somebody_is_added_beside_others_also_outside_of_the_coverage_but_never_twice() {
    let mut plan = days();
    plan.coverage = covered(daily(&["tue"], "09:00", "17:00"));
    plan.covers = vec![cover(1, "2026-11-17T16:00Z", "2026-11-17T20:00Z", CoverKind::Add(person(9)))];
    assert_eq!(tuesday(&plan), ["Tue 17 09:00 → Tue 17 17:00 2", "Tue 17 16:00 → Tue 17 20:00 9"]);
    let added = &shifts(&plan, at("2026-11-17T19:00Z"), at("2026-11-17T19:01Z"))[0];
    assert_eq!(
        (added.start, added.end),
        (at("2026-11-17T16:00Z"), at("2026-11-17T20:00Z")),
        "it comes whole"
    );
    plan.covers = vec![cover(1, "2026-11-17T16:00Z", "2026-11-17T20:00Z", CoverKind::Add(person(2)))];
    assert_eq!(tuesday(&plan), ["Tue 17 09:00 → Tue 17 17:00 2", "Tue 17 17:00 → Tue 17 20:00 2"]);
}

#[test]
fn a_vacant_turn_can_be_taken_and_who_took_it_can_leave_too() {
    let mut plan = days();
    plan.left.insert(person(2), at("2026-11-01T00:00Z"));
    assert_eq!(tuesday(&plan), ["Tue 17 00:00 → Wed 18 00:00 vacant 2"]);
    plan.covers = vec![replace(1, TUESDAY.0, TUESDAY.1, 2, 9)];
    assert_eq!(tuesday(&plan), ["Tue 17 00:00 → Wed 18 00:00 9"]);
    plan.left.insert(person(9), at("2026-11-17T06:00Z"));
    assert_eq!(tuesday(&plan), ["Tue 17 00:00 → Tue 17 06:00 9", "Tue 17 06:00 → Wed 18 00:00 vacant 9"]);
}

#[test]
fn asking_for_a_part_gives_the_whole_shift() {
    let mut plan = days();
    plan.covers = vec![replace(1, "2026-11-17T10:00Z", "2026-11-19T12:00Z", 2, 9)];
    let all = shifts(&plan, at("2026-11-16T00:00Z"), at("2026-11-20T00:00Z"));
    for shift in &all {
        let second = shift.start + jiff::SignedDuration::from_secs(1);
        assert_eq!(shifts(&plan, shift.start, second), std::slice::from_ref(shift));
    }
}
