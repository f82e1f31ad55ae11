//! Whatever the plan: shifts around changes of odd zones, compared with an expansion that goes step by step from the
//! anchor and knows one instant at a time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, ToSpan, civil::DateTime, tz::TimeZone};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::super::{Cover, CoverKind, Difference, differences, shifts};
use super::*;
use crate::CoverId;

/// Zones that change by half an hour, at midnight, by a day, in Ramadan, not at all; with the years that show it.
const ODD: [(&str, i16, i16); 12] = [
    ("Australia/Lord_Howe", 2024, 2028),
    ("America/Sao_Paulo", 2015, 2019),
    ("Pacific/Apia", 2010, 2013),
    ("Asia/Kathmandu", 2024, 2028),
    ("America/Chicago", 2024, 2028),
    ("Europe/London", 2024, 2028),
    ("Europe/Berlin", 2024, 2028),
    ("Africa/Casablanca", 2024, 2028),
    ("Asia/Tehran", 2018, 2022),
    ("Antarctica/Troll", 2024, 2028),
    ("America/St_Johns", 2007, 2012), // a minute after midnight
    ("Asia/Pyongyang", 2014, 2019),   // half an hour, twice
];

pub(super) fn any_zone() -> impl Strategy<Value = &'static str> {
    select(ODD.map(|(zone, _, _)| zone).to_vec())
}

/// A zone and an instant at which it changes; of one that never does, any.
fn any_change() -> impl Strategy<Value = (&'static str, Timestamp)> {
    (select(ODD.to_vec()), 0..1000_usize).prop_map(|((name, from, to), which)| {
        let zone = zone(name);
        let new_year = |year| zone.to_timestamp(jiff::civil::date(year, 1, 1).at(0, 0, 0, 0)).unwrap();
        let (from, to) = (new_year(from), new_year(to));
        let changes: Vec<_> =
            zone.following(from).map(|change| change.timestamp()).take_while(|at| *at < to).collect();
        (name, changes.get(which % changes.len().max(1)).copied().unwrap_or(from))
    })
}

fn any_windows() -> impl Strategy<Value = Vec<Window>> {
    prop_oneof![
        Just(daily(&WORKDAYS, "09:00", "17:00")),
        Just(daily(&["mon", "thu", "fri", "sat", "sun"], "22:00", "02:15")),
        Just(daily(&["sat", "sun"], "00:00", "24:00")),
        Just(daily(&["mon", "wed", "fri", "sun"], "01:30", "02:30")),
        Just(over("fri", "20:00", "mon", "08:00")),
        Just([over("sun", "02:10", "thu", "23:59"), daily(&["fri"], "09:00", "12:00")].concat()),
    ]
}

fn any_coverage(change: Timestamp) -> impl Strategy<Value = Coverage> {
    let day = change.to_zoned(TimeZone::UTC).date();
    let holidays = vec(-9..9_i64, 0..4)
        .prop_map(move |days| days.into_iter().map(|n| day + n.days()).collect::<BTreeSet<_>>());
    prop_oneof![
        Just(Coverage::Always),
        (any_windows(), holidays).prop_map(|(windows, holidays)| Coverage::Windows { windows, holidays }),
    ]
}

fn any_rotation(zone: TimeZone, change: Timestamp) -> impl Strategy<Value = Rotation> {
    let unit = prop_oneof![
        (Just(Unit::Hours), 1..40_u32),
        (Just(Unit::Days), 1..5_u32),
        (Just(Unit::Weeks), 1..3_u32),
        (Just(Unit::Months), 1..3_u32),
    ];
    let around = change.to_zoned(zone).datetime();
    let anchor = (-60 * 24 * 60..2 * 24 * 60_i64, 0..4_i64).prop_map(move |(minutes, minute)| {
        (around + minutes.minutes()).with().minute(0).second(0).build().unwrap() + (minute * 15).minutes()
    });
    let in_force = (option::of(-300..100_i64), option::of(1..400_i64));
    let participants = vec(prop_oneof![5 => (1..6_u128).prop_map(Some), 1 => Just(None)], 0..5);
    (unit, anchor, in_force, option::weighted(0.4, any_windows()), participants, any::<bool>(), 0..5_usize)
        .prop_map(
            move |(
                (unit, every),
                anchor,
                (from, until),
                restrictions,
                participants,
                only_active_days,
                first,
            )| {
                let from = from.map_or(change - SignedDuration::from_hours(24 * 90), |h| {
                    change + SignedDuration::from_hours(h)
                });
                Rotation {
                    from,
                    until: until.map(|hours| from + SignedDuration::from_hours(hours)),
                    zone: None,
                    anchor,
                    every,
                    unit,
                    only_active_days,
                    restrictions: restrictions.unwrap_or_default(),
                    participants: participants.into_iter().map(|p| p.map(person)).collect(),
                    first,
                }
            },
        )
}

fn any_covers(change: Timestamp) -> impl Strategy<Value = Vec<Cover>> {
    let what = prop_oneof![
        3 => (1..6_u128, 1..8_u128).prop_map(|(out, by)| CoverKind::Replace { out: person(out), by: person(by) }),
        1 => (1..8_u128).prop_map(|n| CoverKind::Add(person(n))),
        1 => Just(CoverKind::Nobody),
    ];
    vec((what, -5000..5000_i64, 1..3000_i64), 0..5).prop_map(move |covers| {
        let numbered = covers.into_iter().zip(1_u128..);
        numbered
            .map(|((what, start, minutes), n)| Cover {
                id: CoverId(uuid::Uuid::from_u128(n)),
                start: change + SignedDuration::from_mins(start),
                end: change + SignedDuration::from_mins(start + minutes),
                what,
                swap: n % 2 == 0,
            })
            .collect()
    })
}

/// A plan around a change of its zone.
fn any_plan() -> impl Strategy<Value = (Plan, Timestamp)> {
    any_change().prop_flat_map(|(name, change)| {
        let rotations = vec((any_rotation(zone(name), change), 0..3_i32), 1..4);
        let left = option::weighted(0.3, (1..6_u128, -5000..5000_i64));
        (rotations, any_coverage(change), any_covers(change), left).prop_map(
            move |(rotations, coverage, covers, left)| {
                let layers = rotations
                    .into_iter()
                    .zip(1..)
                    .map(|((rotation, priority), n)| layer(n, priority, rotation))
                    .collect();
                let left: BTreeMap<_, _> = left
                    .into_iter()
                    .map(|(n, minutes)| (person(n), change + SignedDuration::from_mins(minutes)))
                    .collect();
                (Plan { coverage, layers, covers, left, ..plan(name) }, change)
            },
        )
    })
}

/// The specification for one instant, as slowly and plainly as possible.
struct Naive<'p> {
    plan: &'p Plan,
    boundaries: BTreeMap<crate::LayerId, Vec<Timestamp>>,
}

impl<'p> Naive<'p> {
    fn new(plan: &'p Plan, horizon: Timestamp) -> Self {
        let boundaries =
            plan.layers.iter().map(|l| (l.id, boundaries(plan, &l.rotations[0], horizon))).collect();
        Self { plan, boundaries }
    }

    fn holders(&self, at: Timestamp) -> Vec<Holder> {
        let covered = match &self.plan.coverage {
            Coverage::Always => true,
            Coverage::Windows { windows, holidays } => within(&self.plan.zone, windows, holidays, at),
        };
        let of_layers: Vec<_> = self
            .plan
            .layers
            .iter()
            .filter_map(|l| Some((l.priority, self.of_layer(l, at).filter(|_| covered)?)))
            .collect();
        let top = of_layers.iter().filter(|(_, who)| who.is_some()).map(|(priority, _)| *priority).max();
        let on_purpose = !of_layers.is_empty() && top.is_none();
        let mut people: Vec<PersonId> = of_layers
            .iter()
            .filter(|(priority, _)| Some(*priority) == top)
            .filter_map(|(_, who)| *who)
            .collect();
        let mut silent = on_purpose;
        for cover in self.plan.covers.iter().filter(|c| (c.start..c.end).contains(&at)) {
            match cover.what {
                CoverKind::Replace { out, by } => {
                    people.iter_mut().filter(|p| **p == out).for_each(|p| *p = by);
                }
                CoverKind::Add(person) if self.has_left(person, at) || !people.contains(&person) => {
                    people.push(person);
                }
                CoverKind::Add(_) => {}
                CoverKind::Nobody => {
                    silent |= covered || !people.is_empty();
                    people.clear();
                }
            }
        }
        let held = |p| if self.has_left(p, at) { Holder::Vacant(p) } else { Holder::Person(p) };
        let mut holders: Vec<_> = people.into_iter().map(held).collect();
        if holders.is_empty() && (silent || covered) {
            holders.push(if silent { Holder::Nobody } else { Holder::Gap });
        }
        holders.sort_unstable();
        holders.dedup();
        holders
    }

    fn has_left(&self, person: PersonId, at: Timestamp) -> bool {
        self.plan.left.get(&person).is_some_and(|left| *left <= at)
    }

    /// The outer none: no turn. The inner one: a turn of nobody.
    fn of_layer(&self, layer: &Layer, at: Timestamp) -> Option<Option<PersonId>> {
        let rotation = &layer.rotations[0];
        let in_force = rotation.from <= at && rotation.until.is_none_or(|until| at < until);
        let open = rotation.restrictions.is_empty()
            || within(&self.plan.zone, &rotation.restrictions, &BTreeSet::new(), at);
        if !in_force || !open || rotation.participants.is_empty() {
            return None;
        }
        let next = self.boundaries[&layer.id].iter().position(|boundary| *boundary > at).unwrap();
        let turn = next.checked_sub(1)?;
        Some(rotation.participants[(rotation.first + turn) % rotation.participants.len()])
    }
}

fn instant(zone: &TimeZone, wall: DateTime) -> Timestamp {
    zone.to_ambiguous_zoned(wall).compatible().unwrap().timestamp()
}

/// Hand-offs one after the other from the anchor until well behind the horizon.
fn boundaries(plan: &Plan, rotation: &Rotation, horizon: Timestamp) -> Vec<Timestamp> {
    let end = horizon + SignedDuration::from_hours(24 * 3);
    let counts_days = rotation.only_active_days && rotation.unit == Unit::Days;
    let windows = match (&rotation.restrictions[..], &plan.coverage) {
        ([], Coverage::Windows { windows, .. }) => windows.clone(),
        (restrictions, _) => restrictions.to_vec(),
    };
    let holidays = match &plan.coverage {
        Coverage::Windows { holidays, .. } => holidays.clone(),
        Coverage::Always => BTreeSet::new(),
    };
    let active = |day: jiff::civil::Date| {
        (windows.is_empty() || windows.iter().any(|w| w.start.day == day.weekday()))
            && !holidays.contains(&day)
    };
    let (mut found, mut wall, mut n) = (Vec::new(), rotation.anchor, 0_i64);
    while found.last().is_none_or(|last| *last < end) {
        found.push(instant(&plan.zone, wall));
        n += i64::from(rotation.every);
        wall = match rotation.unit {
            Unit::Days if counts_days => {
                let mut days = rotation.anchor.date().series(1.day()).filter(|day| active(*day));
                days.nth(usize::try_from(n).unwrap()).unwrap().to_datetime(rotation.anchor.time())
            }
            Unit::Hours => rotation.anchor + n.hours(),
            Unit::Days => rotation.anchor + n.days(),
            Unit::Weeks => rotation.anchor + n.weeks(),
            Unit::Months => rotation.anchor + n.months(),
        };
    }
    found
}

/// Whether an instant lies in a window that began on one of the last days.
fn within(
    zone: &TimeZone,
    windows: &[Window],
    holidays: &BTreeSet<jiff::civil::Date>,
    at: Timestamp,
) -> bool {
    let today = at.to_zoned(zone.clone()).date();
    (-1..10_i64).map(|n| today - n.days()).any(|day| {
        let there = instant(zone, day.at(12, 0, 0, 0)).to_zoned(zone.clone()).date() == day;
        there
            && windows.iter().filter(|w| w.start.day == day.weekday()).any(|window| {
                let mut end = day;
                while end.weekday() != window.end.day || (end == day && window.end.time <= window.start.time)
                {
                    end = end.tomorrow().unwrap();
                }
                let (start, end) = (day.to_datetime(window.start.time), end.to_datetime(window.end.time));
                let more_than_a_day = end > start + 1.day();
                let taken = if more_than_a_day {
                    holidays.iter().any(|holiday| {
                        let midnight = holiday.at(0, 0, 0, 0);
                        (instant(zone, midnight)..instant(zone, midnight + 1.day())).contains(&at)
                    })
                } else {
                    holidays.contains(&day)
                };
                (instant(zone, start)..instant(zone, end)).contains(&at) && !taken
            })
    })
}

fn holders_at(shifts: &[Shift], at: Timestamp) -> Vec<Holder> {
    let mut holders: Vec<_> =
        shifts.iter().filter(|s| s.start <= at && at < s.end).map(|s| s.holder).collect();
    holders.sort_unstable();
    holders.dedup();
    holders
}

/// Of nobody's turn: cut to the range that was asked for.
fn is_cut(shift: &Shift) -> bool {
    shift.layer.is_none() && matches!(shift.holder, Holder::Gap | Holder::Nobody)
}

const HALF: SignedDuration = SignedDuration::from_hours(100);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn jumping_is_expanding(((plan, change), samples) in (any_plan(), vec(-6000..6000_i64, 12))) {
        let (from, to) = (change - HALF, change + HALF);
        let found = shifts(&plan, from, to);
        let naive = Naive::new(&plan, to);
        let minute = SignedDuration::from_mins(1);
        let edges = found.iter().flat_map(|s| [s.start, s.end, s.start - minute, s.end - minute]);
        let samples = samples.into_iter().map(|minutes| change + SignedDuration::from_mins(minutes));
        for at in edges.chain(samples).filter(|at| (from..to).contains(at)) {
            prop_assert_eq!(holders_at(&found, at), naive.holders(at), "at {}", at);
        }
    }

    #[test]
    fn shifts_are_ordered_whole_minutes_and_never_there_twice((plan, change) in any_plan()) {
        let found = shifts(&plan, change - HALF, change + HALF);
        prop_assert_eq!(&found, &shifts(&plan, change - HALF, change + HALF), "the same again");
        prop_assert!(found.is_sorted_by_key(|s| (s.start, s.key.clone())));
        let keys: BTreeSet<_> = found.iter().map(|s| &s.key).collect();
        prop_assert_eq!(keys.len(), found.len(), "keys are unique");
        for shift in &found {
            prop_assert!(shift.start < shift.end);
            prop_assert_eq!((shift.start.as_second() % 60, shift.end.as_second() % 60), (0, 0));
            prop_assert!(shift.instead_of.is_none() || shift.instead_of != shift.holder.person());
        }
        for (n, shift) in found.iter().enumerate() {
            let same_turn = |other: &&Shift| other.layer.is_some() && other.layer == shift.layer;
            for other in found[n + 1..].iter().filter(same_turn) {
                prop_assert!(shift.end <= other.start, "one layer has one turn at a time");
            }
        }
    }

    #[test]
    fn a_shorter_range_never_changes_a_shift(
        ((plan, change), start, length) in (any_plan(), -6000..3000_i64, 1..3000_i64)
    ) {
        let all = shifts(&plan, change - HALF, change + HALF);
        let from = change + SignedDuration::from_mins(start);
        let to = from + SignedDuration::from_mins(length);
        let part: Vec<_> = shifts(&plan, from, to).into_iter().filter(|s| !is_cut(s)).collect();
        let touching: Vec<_> =
            all.iter().filter(|s| s.start < to && from < s.end && !is_cut(s)).cloned().collect();
        prop_assert_eq!(part, touching);
        for shift in shifts(&plan, from, to).iter().filter(|s| is_cut(s)) {
            prop_assert_eq!(holders_at(&all, shift.start), vec![shift.holder]);
        }
    }

    #[test]
    fn a_cover_changes_nothing_outside_of_its_time((plan, change) in any_plan()) {
        let (from, to) = (change - HALF, change + HALF);
        let with = shifts(&plan, from, to);
        let mut without = plan.clone();
        let Some(last) = without.covers.pop() else { return Ok(()) };
        for Difference { start, end, .. } in differences(&shifts(&without, from, to), &with, from, to) {
            prop_assert!(last.start <= start && end <= last.end, "{} to {}", start, end);
        }
        without.covers.push(last);
        prop_assert_eq!(shifts(&without, from, to), with, "deciding it again restores it exactly");
    }

    #[test]
    fn one_layer_day_and_night_is_contiguous_and_fair(
        ((name, change), people, every, days) in (any_change(), 1..7_u128, 1..4_u32, any::<bool>())
    ) {
        let anchor = (change - SignedDuration::from_hours(24 * 30)).to_zoned(zone(name)).datetime();
        let unit = if days { Unit::Days } else { Unit::Weeks };
        let rotation = Rotation { every, unit, ..rotation(&anchor.to_string(), 1, unit, people) };
        let plan = turns_of(name, rotation);
        let turns = shifts(&plan, change, change + SignedDuration::from_hours(24 * 200));
        let skipped = i32::from(name == "Pacific/Apia"); // the day that was not there was somebody's turn
        let mut count = BTreeMap::new();
        for pair in turns.windows(2) {
            prop_assert_eq!(pair[0].end, pair[1].start);
            prop_assert!(people == 1 || skipped == 1 || pair[0].holder != pair[1].holder);
        }
        for shift in &turns {
            *count.entry(shift.holder).or_insert(0_i32) += 1;
        }
        prop_assert!(count.values().max().unwrap() - count.values().min().unwrap() <= 1 + skipped);
        prop_assert_eq!(count.len(), usize::try_from(people).unwrap());
    }
}
