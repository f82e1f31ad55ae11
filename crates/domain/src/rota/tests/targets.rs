//! Covered time, in which targets of support are counted.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::super::{add_covered, covered_between};
use super::*;

fn office() -> Coverage {
    Coverage::Windows {
        windows: daily(&WORKDAYS, "09:00", "17:00"),
        holidays: ["2026-12-25".parse().unwrap(), "2026-12-28".parse().unwrap()].into(),
    }
}

#[test]
fn four_working_hours_after_friday_at_four_is_monday_at_noon() {
    let berlin = zone("Europe/Berlin");
    let friday = at("2026-11-20T15:00Z");
    let due = add_covered(&office(), &berlin, friday, SignedDuration::from_hours(4)).unwrap();
    assert_eq!(due, at("2026-11-23T11:00Z"));
    assert_eq!(covered_between(&office(), &berlin, friday, due), SignedDuration::from_hours(4));
    assert_eq!(covered_between(&office(), &berlin, due, friday), SignedDuration::ZERO);
    let in_the_night = at("2026-11-20T22:00Z");
    assert_eq!(
        add_covered(&office(), &berlin, in_the_night, SignedDuration::from_hours(8)),
        Some(at("2026-11-23T16:00Z")),
        "a whole day ends with its window"
    );
    let before_christmas = at("2026-12-24T15:00Z");
    assert_eq!(
        add_covered(&office(), &berlin, before_christmas, SignedDuration::from_hours(2)),
        Some(at("2026-12-29T09:00Z"))
    );
}

#[test]
fn without_windows_nothing_is_ever_due_and_without_gaps_at_once() {
    let never = covered(Vec::new());
    let from = at("2026-11-20T15:00Z");
    assert_eq!(add_covered(&never, &zone("UTC"), from, SignedDuration::from_mins(1)), None);
    assert_eq!(add_covered(&never, &zone("UTC"), from, SignedDuration::ZERO), Some(from));
    assert_eq!(
        add_covered(&Coverage::Always, &zone("UTC"), from, SignedDuration::from_hours(1)),
        Some(at("2026-11-20T16:00Z"))
    );
    assert_eq!(add_covered(&Coverage::Always, &zone("UTC"), from, SignedDuration::MAX), None);
}

proptest! {
    #[test]
    fn adding_and_counting_are_inverse(
        zone_name in super::properties::any_zone(),
        start in 1_300_000_000_i64..1_830_000_000,
        minutes in 1_i64..20_000,
        night in any::<bool>(),
    ) {
        let (zone, from) = (zone(zone_name), jiff::Timestamp::from_second(start).unwrap());
        let windows = if night { daily(&["mon", "sat"], "22:00", "06:30") } else { daily(&WORKDAYS, "09:00", "17:00") };
        let coverage = covered(windows);
        let duration = SignedDuration::from_mins(minutes);
        let due = add_covered(&coverage, &zone, from, duration).unwrap();
        prop_assert_eq!(covered_between(&coverage, &zone, from, due), duration);
        let just_before = due - SignedDuration::from_secs(1);
        prop_assert!(covered_between(&coverage, &zone, from, just_before) < duration, "it is the first such instant");
        let middle = from + from.duration_until(due) / 2;
        prop_assert_eq!(
            covered_between(&coverage, &zone, from, middle) + covered_between(&coverage, &zone, middle, due),
            duration
        );
    }
}
