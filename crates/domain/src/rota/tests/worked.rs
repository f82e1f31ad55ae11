//! Values worked out with the zone data, one by one.

use jiff::{SignedDuration, Timestamp};

use super::super::{covered_between, shifts};
use super::*;

/// The hand-offs of a rotation of two people that touches a range.
fn hand_offs(zone: &str, anchor: &str, unit: Unit, from: &str, to: &str) -> Vec<String> {
    let plan = turns_of(zone, rotation(anchor, 1, unit, 2));
    shifts(&plan, at(from), at(to)).iter().map(|shift| shift.start.to_string()).collect()
}

#[test]
fn a_hand_off_in_the_hour_that_is_left_out_keeps_the_offset_of_before() {
    for (zone, anchor, day, hand_off) in [
        ("America/Chicago", "2026-03-01T02:30", "2026-03-08T20:00Z", "2026-03-08T08:30:00Z"),
        ("Europe/Berlin", "2026-03-01T02:30", "2026-03-29T20:00Z", "2026-03-29T01:30:00Z"),
        ("Australia/Lord_Howe", "2026-09-01T02:15", "2026-10-03T20:00Z", "2026-10-03T15:45:00Z"),
        ("America/Sao_Paulo", "2018-10-01T00:00", "2018-11-04T12:00Z", "2018-11-04T03:00:00Z"),
    ] {
        let until = (at(day) + SignedDuration::from_secs(1)).to_string();
        assert_eq!(hand_offs(zone, anchor, Unit::Days, day, &until), [hand_off], "{zone}");
    }
}

#[test]
fn a_hand_off_in_the_hour_that_comes_twice_is_the_first() {
    let hand_offs = hand_offs(
        "America/Chicago",
        "2026-10-30T01:30",
        Unit::Days,
        "2026-11-01T12:00Z",
        "2026-11-01T12:01Z",
    );
    assert_eq!(hand_offs, ["2026-11-01T06:30:00Z"]);
}

#[test]
fn a_week_of_new_york_is_an_hour_shorter_or_longer() {
    let plan = turns_of("America/New_York", rotation("2026-01-05T09:00", 1, Unit::Weeks, 3));
    let week_of = |day: &str| hours(&shifts(&plan, at(day), at(day) + SignedDuration::from_secs(1)))[0];
    assert_eq!(
        [week_of("2026-03-04T12:00Z"), week_of("2026-03-11T12:00Z"), week_of("2026-10-28T12:00Z")],
        [167, 168, 169]
    );
}

#[test]
fn weekends_and_nights_of_london_keep_their_wall_times() {
    let mut plan = turns_of("Europe/London", rotation("2026-01-02T20:00", 1, Unit::Weeks, 2));
    let length =
        |plan: &Plan, day: &str| hours(&shifts(plan, at(day), at(day) + SignedDuration::from_secs(1)));
    plan.layers[0].rotations[0].restrictions = over("fri", "20:00", "mon", "08:00");
    plan.coverage = covered(over("fri", "20:00", "mon", "08:00"));
    assert_eq!(length(&plan, "2026-03-28T12:00Z"), [59]);
    assert_eq!(length(&plan, "2026-10-24T12:00Z"), [61]);
    let nights = daily(&["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "22:00", "06:00");
    plan.layers[0].rotations[0].restrictions.clone_from(&nights);
    plan.coverage = covered(nights);
    assert_eq!(length(&plan, "2026-03-28T23:00Z"), [7]);
    assert_eq!(length(&plan, "2026-10-24T23:00Z"), [9]);
}

#[test]
fn london_and_new_york_meet_overlap_and_meet_again() {
    let london = covered(daily(&WORKDAYS, "08:00", "16:00"));
    let new_york = covered(daily(&WORKDAYS, "11:00", "19:00"));
    for (monday, overlap) in
        [("2026-03-02", 0), ("2026-03-16", 60), ("2026-03-30", 0), ("2026-10-26", 60), ("2026-11-02", 0)]
    {
        let start = at(&format!("{monday}T00:00Z"));
        let end = start + SignedDuration::from_hours(24);
        let day = crate::rota::span::Span::new(start, end).unwrap();
        let west = new_york.spans(&zone("America/New_York"), day);
        let both: SignedDuration = london
            .spans(&zone("Europe/London"), day)
            .into_iter()
            .flat_map(|span| span.within(&west).collect::<Vec<_>>())
            .map(|span| span.start.duration_until(span.end))
            .fold(SignedDuration::ZERO, |sum, overlap| sum + overlap);
        assert_eq!(both.as_mins(), overlap, "{monday}");
        let either = covered_between(&london, &zone("Europe/London"), start, end)
            + covered_between(&new_york, &zone("America/New_York"), start, end);
        assert_eq!(either.as_hours(), 16, "{monday}");
    }
}

#[test]
fn who_would_have_the_day_that_samoa_skipped_has_nothing_and_the_others_keep_their_dates() {
    let plan = turns_of("Pacific/Apia", rotation("2011-12-26T09:00", 1, Unit::Days, 7));
    assert_eq!(
        told(&plan, "2011-12-28T20:00Z", "2012-01-01T00:00Z"),
        [
            "Wed 28 09:00 → Thu 29 09:00 3",
            "Thu 29 09:00 → Sat 31 09:00 4",
            "Sat 31 09:00 → Sun 01 09:00 6",
            "Sun 01 09:00 → Mon 02 09:00 7"
        ],
    );
    let mut office = plan;
    office.coverage = covered(daily(&WORKDAYS, "09:00", "17:00"));
    assert_eq!(
        told(&office, "2011-12-29T12:00Z", "2012-01-01T12:00Z"),
        ["Thu 29 09:00 → Thu 29 17:00 4"],
        "a Friday that does not exist has no office hours"
    );
}

#[test]
fn hours_are_those_of_the_wall_clock() {
    // a rotation of three hours on the days on which the clocks change: 2 and 4 hours
    let plan = turns_of("Europe/Berlin", rotation("2026-01-01T00:00", 3, Unit::Hours, 4));
    let day = |from: &str, to: &str| hours(&shifts(&plan, at(from), at(to)));
    assert_eq!(day("2026-03-28T23:00Z", "2026-03-29T06:00Z"), [2, 3, 3]);
    assert_eq!(day("2026-10-24T22:00Z", "2026-10-25T06:00Z"), [4, 3, 3]);
    // every hour: the one that is left out is nobody's, the one that comes twice is one turn
    let plan = turns_of("America/Chicago", rotation("2026-01-01T00:00", 1, Unit::Hours, 24));
    assert_eq!(
        told(&plan, "2026-03-08T07:00Z", "2026-03-08T10:00Z"),
        ["Sun 08 01:00 → Sun 08 03:00 2", "Sun 08 03:00 → Sun 08 04:00 4", "Sun 08 04:00 → Sun 08 05:00 5"],
    );
    assert_eq!(
        told(&plan, "2026-11-01T06:00Z", "2026-11-01T08:30Z"),
        ["Sun 01 01:00 → Sun 01 02:00 2", "Sun 01 02:00 → Sun 01 03:00 3"],
    );
}

#[test]
fn months_are_counted_from_the_anchor_each_time() {
    let plan = turns_of("Europe/Berlin", rotation("2026-01-31T09:00", 1, Unit::Months, 2));
    let starts: Vec<_> = shifts(&plan, at("2026-01-01T00:00Z"), at("2026-07-01T12:00Z"))
        .iter()
        .filter(|shift| shift.holder != Holder::Gap)
        .map(|shift| shift.start.to_zoned(plan.zone.clone()).strftime("%d %b %H:%M").to_string())
        .collect();
    assert_eq!(
        starts,
        ["31 Jan 09:00", "28 Feb 09:00", "31 Mar 09:00", "30 Apr 09:00", "31 May 09:00", "30 Jun 09:00"]
    );
    let mut leap = plan;
    leap.layers[0].rotations[0].anchor = "2027-12-31T09:00".parse().unwrap();
    assert_eq!(
        told(&leap, "2028-02-28T12:00Z", "2028-03-01T00:00Z"),
        ["Mon 31 09:00 → Tue 29 09:00 2", "Tue 29 09:00 → Fri 31 09:00 1"]
    );
}

#[test]
fn at_the_hand_off_the_incoming_person_is_on_call() {
    let plan = turns_of("UTC", rotation("2026-11-16T09:00:59", 1, Unit::Weeks, 2));
    let on_call = |instant: &str| {
        let second = at(instant) + SignedDuration::from_secs(1);
        shifts(&plan, at(instant), second)[0].holder
    };
    assert_eq!(on_call("2026-11-23T08:59:59Z"), Holder::Person(person(1)));
    assert_eq!(on_call("2026-11-23T09:00:00Z"), Holder::Person(person(2)), "seconds of the anchor are cut");
}

#[test]
fn before_the_anchor_nobody_is_on_call() {
    let plan = turns_of("UTC", rotation("2026-11-16T09:00", 1, Unit::Weeks, 2));
    assert_eq!(
        told(&plan, "2026-11-15T00:00Z", "2026-11-16T12:00Z"),
        ["Sun 15 00:00 → Mon 16 09:00 gap", "Mon 16 09:00 → Mon 23 09:00 1"]
    );
    let long_ago = Timestamp::MIN + SignedDuration::from_hours(24);
    assert_eq!(shifts(&plan, Timestamp::MIN, long_ago).len(), 1, "the beginning of time is no trouble");
    let late = Timestamp::MAX - SignedDuration::from_hours(24);
    assert!(!shifts(&plan, late, Timestamp::MAX).is_empty(), "nor is its end");
}

#[test]
fn the_first_turn_is_partial_if_the_rotation_begins_in_the_middle() {
    // hand-off on Mondays, in force from a Thursday, by months from the first
    let mut weekly = rotation("2026-11-16T00:00", 1, Unit::Weeks, 2);
    weekly.from = at("2026-11-19T00:00Z");
    assert_eq!(
        told(&turns_of("UTC", weekly.clone()), "2026-11-19T00:00Z", "2026-11-24T00:00Z"),
        ["Thu 19 00:00 → Mon 23 00:00 1", "Mon 23 00:00 → Mon 30 00:00 2"]
    );
    weekly.restrictions = daily(&WORKDAYS, "00:00", "00:00");
    let mut office = turns_of("UTC", weekly);
    office.coverage = covered(daily(&WORKDAYS, "00:00", "00:00"));
    assert_eq!(
        told(&office, "2026-11-18T00:00Z", "2026-11-24T00:00Z"),
        ["Wed 18 00:00 → Thu 19 00:00 gap", "Thu 19 00:00 → Sat 21 00:00 1", "Mon 23 00:00 → Sat 28 00:00 2"]
    );
}

/// Amsterdam by day and Toronto by night, each by its own clock: in the weeks between their changes of clocks there is an
/// hour with both, and one with nobody.
#[test]
fn regions_hand_off_by_their_own_clocks() {
    let region = |n: u128, zone_name: &str, from: &str, to: &str| Layer {
        id: layer_id(n),
        priority: 0,
        rotations: vec![Rotation {
            zone: Some(zone(zone_name)),
            restrictions: daily(&["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from, to),
            participants: vec![Some(person(n))],
            ..rotation("2026-01-05T09:00", 1, Unit::Weeks, 1)
        }],
    };
    // Amsterdam is six hours ahead but for the weeks in which only one of them has changed
    let plan = Plan {
        layers: vec![
            region(1, "Europe/Amsterdam", "09:00", "21:00"),
            region(2, "America/Toronto", "15:00", "03:00"),
        ],
        ..plan("Europe/Amsterdam")
    };
    let gaps_on = |day: &str| gaps(&plan, at(&format!("{day}T12:00Z")), at(&format!("{day}T23:59Z"))).len();
    assert_eq!(gaps_on("2026-07-01"), 0);
    let both = |day: &str, hour: &str| {
        shifts(&plan, at(&format!("{day}T{hour}:00Z")), at(&format!("{day}T{hour}:01Z"))).len()
    };
    assert_eq!(both("2026-07-01", "19"), 1, "Toronto takes over at nine in the evening of Amsterdam");
    // Amsterdam changed on 25 October, Toronto on 1 November: Toronto comes an hour before Amsterdam goes
    assert_eq!(both("2026-10-28", "19"), 2);
    // Toronto changed on 8 March, Amsterdam on 29 March
    assert_eq!(both("2026-03-18", "19"), 2);
    assert!(
        gaps(&plan, at("2026-10-28T00:00Z"), at("2026-10-28T12:00Z")).len() == 1,
        "and goes an hour before it comes"
    );
}
