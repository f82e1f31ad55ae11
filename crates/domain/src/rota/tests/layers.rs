//! Windows, layers, who has nobody, and who left.

use jiff::SignedDuration;

use super::super::{layer_shifts, shifts};
use super::*;

/// A layer that is one person's at one time of each day.
fn daytime(n: u128, priority: i32, from: &str, to: &str) -> Layer {
    let mut rotation = rotation("2026-01-01T00:00", 1, Unit::Days, 1);
    rotation.participants = vec![Some(person(n))];
    rotation.restrictions = daily(&["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from, to);
    layer(n, priority, rotation)
}

#[test]
fn a_higher_layer_replaces_a_lower_one_only_where_they_overlap() {
    let mut plan = plan("UTC");
    plan.layers = vec![
        daytime(1, 1, "09:00", "17:00"),
        daytime(2, 2, "11:00", "14:00"),
        daytime(3, 3, "13:00", "15:00"),
    ];
    plan.coverage = covered(daily(&["mon"], "09:00", "17:00"));
    let day = ("2026-11-16T00:00Z", "2026-11-17T00:00Z");
    assert_eq!(
        told(&plan, day.0, day.1),
        [
            "Mon 16 09:00 → Mon 16 11:00 1",
            "Mon 16 11:00 → Mon 16 13:00 2",
            "Mon 16 13:00 → Mon 16 15:00 3",
            "Mon 16 15:00 → Mon 16 17:00 1"
        ]
    );
    // the same with A and B equal: both are on call, and C replaces both
    plan.layers[1].priority = 1;
    assert_eq!(
        told(&plan, day.0, day.1),
        [
            "Mon 16 09:00 → Mon 16 13:00 1",
            "Mon 16 11:00 → Mon 16 13:00 2",
            "Mon 16 13:00 → Mon 16 15:00 3",
            "Mon 16 15:00 → Mon 16 17:00 1"
        ]
    );
    let alone = layer_shifts(&plan, layer_id(1), at(day.0), at(day.1));
    assert_eq!(alone.len(), 1, "a layer alone is whole: {alone:?}");
    assert_eq!(hours(&alone), [8]);
    let keys: Vec<_> = shifts(&plan, at(day.0), at(day.1)).into_iter().map(|shift| shift.key).collect();
    assert_eq!(keys[0], format!("{}:20261116T0900Z", layer_id(1)));
    assert_eq!(
        keys[3],
        format!("{}:20261116T0900Z+20261116T1500Z", layer_id(1)),
        "a later piece of the same"
    );
}

#[test]
fn a_turn_of_nobody_lets_the_layer_below_through() {
    let mut plan = plan("UTC");
    let mut helpers = rotation("2026-11-16T00:00", 1, Unit::Days, 2);
    helpers.participants = vec![Some(person(1)), None];
    plan.layers = vec![layer(1, 1, helpers)];
    assert_eq!(
        told(&plan, "2026-11-16T01:00Z", "2026-11-18T00:00Z"),
        ["Mon 16 00:00 → Tue 17 00:00 1", "Tue 17 00:00 → Wed 18 00:00 nobody"]
    );
    let range = (at("2026-11-16T00:00Z"), at("2026-11-18T00:00Z"));
    assert_eq!(gaps(&plan, range.0, range.1), [], "on purpose");
    plan.layers.push(daytime(7, 0, "08:00", "12:00"));
    assert_eq!(
        told(&plan, "2026-11-17T01:00Z", "2026-11-18T00:00Z"),
        [
            "Tue 17 00:00 → Tue 17 08:00 nobody",
            "Tue 17 08:00 → Tue 17 12:00 7",
            "Tue 17 12:00 → Wed 18 00:00 nobody"
        ]
    );
}

#[test]
fn who_left_leaves_a_vacant_place_and_the_dates_of_the_others_hold() {
    let mut plan = turns_of("UTC", rotation("2026-11-16T00:00", 1, Unit::Weeks, 3));
    plan.left.insert(person(2), at("2026-11-26T10:00:30Z"));
    assert_eq!(
        told(&plan, "2026-11-16T00:00Z", "2026-12-19T00:00Z"),
        [
            "Mon 16 00:00 → Mon 23 00:00 1",
            "Mon 23 00:00 → Thu 26 10:00 2",
            "Thu 26 10:00 → Mon 30 00:00 vacant 2",
            "Mon 30 00:00 → Mon 07 00:00 3",
            "Mon 07 00:00 → Mon 14 00:00 1",
            "Mon 14 00:00 → Mon 21 00:00 vacant 2"
        ]
    );
    let range = (at("2026-11-28T00:00Z"), at("2026-12-10T00:00Z"));
    assert_eq!(
        gaps(&plan, range.0, range.1),
        [(range.0, at("2026-11-30T00:00Z"), Holder::Vacant(person(2)))]
    );
    plan.layers.push(daytime(9, 0, "00:00", "00:00"));
    assert_eq!(gaps(&plan, range.0, range.1), [], "somebody beside a vacant place is on call");
    plan.layers[1].priority = -1;
    assert_eq!(gaps(&plan, range.0, range.1).len(), 1, "a vacant turn keeps its place above a lower layer");
}

#[test]
fn windows_belong_to_the_day_they_begin_on() {
    let mut plan = turns_of("UTC", rotation("2026-01-01T12:00", 1, Unit::Days, 1));
    plan.coverage = covered(daily(&["fri"], "22:00", "06:00"));
    assert_eq!(told(&plan, "2026-11-20T00:00Z", "2026-11-27T00:00Z"), ["Fri 20 22:00 → Sat 21 06:00 1"]);
    plan.coverage = Coverage::Windows {
        windows: daily(&["fri"], "22:00", "06:00"),
        holidays: ["2026-11-21".parse().unwrap()].into(),
    };
    assert_eq!(
        told(&plan, "2026-11-20T00:00Z", "2026-11-27T00:00Z"),
        ["Fri 20 22:00 → Sat 21 06:00 1"],
        "a holiday takes what begins on it, not the night before"
    );
    plan.coverage = Coverage::Windows {
        windows: daily(&["fri"], "22:00", "06:00"),
        holidays: ["2026-11-20".parse().unwrap()].into(),
    };
    assert_eq!(told(&plan, "2026-11-20T00:00Z", "2026-11-27T00:00Z"), [""; 0]);
}

#[test]
fn whole_days_are_one_and_seven_are_always() {
    let mut plan = turns_of("Europe/London", rotation("2026-01-05T00:00", 4, Unit::Weeks, 1));
    plan.coverage = covered(daily(&WORKDAYS, "00:00", "00:00"));
    assert_eq!(told(&plan, "2026-11-16T12:00Z", "2026-11-20T12:00Z"), ["Mon 16 00:00 → Sat 21 00:00 1"]);
    plan.coverage = covered(daily(&["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "00:00", "24:00"));
    let always = Plan { coverage: Coverage::Always, ..plan.clone() };
    let range = (at("2026-01-01T00:00Z"), at("2026-12-31T00:00Z"));
    assert_eq!(shifts(&plan, range.0, range.1), shifts(&always, range.0, range.1));
    let windows = over("mon", "09:00", "mon", "09:00");
    let plan = Plan { coverage: covered(windows), ..plan };
    assert_eq!(shifts(&plan, range.0, range.1), shifts(&always, range.0, range.1), "a window of a week");
}

#[test]
fn a_holiday_takes_its_day_out_of_a_long_window() {
    let mut plan = turns_of("Europe/Berlin", rotation("2026-01-05T00:00", 1, Unit::Weeks, 1));
    plan.coverage = Coverage::Windows {
        windows: over("mon", "08:00", "fri", "18:00"),
        holidays: ["2026-11-18".parse().unwrap()].into(),
    };
    assert_eq!(
        told(&plan, "2026-11-16T00:00Z", "2026-11-22T00:00Z"),
        ["Mon 16 08:00 → Wed 18 00:00 1", "Thu 19 00:00 → Fri 20 18:00 1"]
    );
    assert_eq!(
        gaps(&plan, at("2026-11-16T00:00Z"), at("2026-11-22T00:00Z")),
        [],
        "an intended night is no gap"
    );
}

#[test]
fn counting_only_active_days_a_rotation_waits_over_weekends_and_holidays() {
    let mut office = rotation("2026-11-19T09:00", 1, Unit::Days, 5);
    let mut plan = turns_of("UTC", office.clone());
    plan.coverage = Coverage::Windows {
        windows: daily(&WORKDAYS, "09:00", "17:00"),
        holidays: ["2026-11-24".parse().unwrap()].into(),
    };
    let who = |plan: &Plan| -> Vec<String> {
        told(plan, "2026-11-19T00:00Z", "2026-11-28T00:00Z")
            .iter()
            .map(|line| {
                line.split(" → ").next().unwrap().to_owned() + line.rsplit_once(' ').map_or("", |l| l.1)
            })
            .collect()
    };
    assert_eq!(
        who(&plan),
        [
            "Thu 19 09:001",
            "Fri 20 09:002",
            "Mon 23 09:005",
            "Wed 25 09:002",
            "Thu 26 09:003",
            "Fri 27 09:004"
        ],
        "by the calendar, Saturday's, Sunday's and the holiday's turns are lost"
    );
    office.only_active_days = true;
    plan.layers[0].rotations[0] = office;
    assert_eq!(
        who(&plan),
        [
            "Thu 19 09:001",
            "Fri 20 09:002",
            "Mon 23 09:003",
            "Wed 25 09:004",
            "Thu 26 09:005",
            "Fri 27 09:001"
        ]
    );
}

#[test]
fn an_empty_schedule_is_one_gap_and_an_empty_rotation_too() {
    let range = (at("2026-11-16T00:00Z"), at("2026-11-17T00:00Z"));
    let empty = plan("UTC");
    let without_people = turns_of("UTC", rotation("2026-01-01T00:00", 1, Unit::Days, 0));
    for plan in [&empty, &without_people] {
        assert_eq!(gaps(plan, range.0, range.1), [(range.0, range.1, Holder::Gap)]);
    }
    let one = turns_of("UTC", rotation("2026-01-01T00:00", 1, Unit::Weeks, 1));
    assert_eq!(gaps(&one, range.0, range.1), [], "one participant is always on call");
    let mut never = turns_of("UTC", rotation("2026-01-01T00:00", 1, Unit::Days, 2));
    never.coverage = covered(Vec::new());
    never.layers[0].rotations[0].only_active_days = true;
    assert_eq!(shifts(&never, range.0, range.1), [], "without a window there is nothing to cover");
    let backwards = shifts(&one, range.1, range.0);
    assert_eq!(backwards, []);
}

#[test]
fn versions_of_a_rotation_follow_each_other() {
    let mut before = rotation("2026-11-02T09:00", 1, Unit::Weeks, 2);
    let mut after = rotation("2026-11-02T09:00", 1, Unit::Weeks, 3);
    before.until = Some(at("2026-11-23T09:00Z"));
    after.from = at("2026-11-23T09:00Z");
    after.first = 1;
    let mut plan = turns_of("UTC", before);
    plan.layers[0].rotations.push(after);
    assert_eq!(
        told(&plan, "2026-11-16T09:00Z", "2026-12-07T09:00Z"),
        ["Mon 16 09:00 → Mon 23 09:00 1", "Mon 23 09:00 → Mon 30 09:00 2", "Mon 30 09:00 → Mon 07 09:00 3"]
    );
    assert_eq!(told(&plan, "2026-11-23T08:00Z", "2026-11-23T08:01Z"), ["Mon 16 09:00 → Mon 23 09:00 1"]);
    let all = shifts(&plan, at("2026-11-02T09:00Z"), at("2026-12-07T09:00Z"));
    assert!(all.iter().all(|s| s.start.duration_until(s.end) == SignedDuration::from_hours(168)));
}
