//! The engine as a whole: worked values, rules, and properties across changes of zones.

mod covers;
mod editing;
mod layers;
mod properties;
mod targets;
mod worked;

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use serde_json::json;
use uuid::Uuid;

use super::{
    Coverage, Holder, Layer, Plan, Rotation, Shift, Unit, Window, shifts,
    span::{Span, union},
    windows_of,
};
use crate::{LayerId, PersonId};

pub(super) fn person(n: u128) -> PersonId {
    PersonId(Uuid::from_u128(n))
}

pub(super) fn layer_id(n: u128) -> LayerId {
    LayerId(Uuid::from_u128(n))
}

pub(super) fn at(instant: &str) -> Timestamp {
    instant.parse().unwrap_or_else(|e| panic!("{instant}: {e}"))
}

pub(super) fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

/// An empty plan.
pub(super) fn plan(zone_name: &str) -> Plan {
    Plan {
        zone: zone(zone_name),
        coverage: Coverage::Always,
        layers: Vec::new(),
        covers: Vec::new(),
        left: BTreeMap::new(),
    }
}

/// Turns of persons 1 to `people`, from the beginning of time.
pub(super) fn rotation(anchor: &str, every: u32, unit: Unit, people: u128) -> Rotation {
    Rotation {
        from: Timestamp::MIN,
        until: None,
        zone: None,
        anchor: anchor.parse().unwrap(),
        every,
        unit,
        only_active_days: false,
        restrictions: Vec::new(),
        participants: (1..=people).map(|n| Some(person(n))).collect(),
        first: 0,
    }
}

pub(super) fn layer(n: u128, priority: i32, rotation: Rotation) -> Layer {
    Layer { id: layer_id(n), priority, rotations: vec![rotation] }
}

/// A plan of one layer.
pub(super) fn turns_of(zone_name: &str, rotation: Rotation) -> Plan {
    Plan { layers: vec![layer(1, 0, rotation)], ..plan(zone_name) }
}

/// Windows of a day each.
pub(super) fn daily(days: &[&str], from: &str, to: &str) -> Vec<Window> {
    windows_of("w", &json!([{"days": days, "from": from, "to": to}])).unwrap()
}

/// A window over days.
pub(super) fn over(from_day: &str, from: &str, to_day: &str, to: &str) -> Vec<Window> {
    windows_of("w", &json!([{"from_day": from_day, "from": from, "to_day": to_day, "to": to}])).unwrap()
}

pub(super) const WORKDAYS: [&str; 5] = ["mon", "tue", "wed", "thu", "fri"];

/// Coverage without holidays.
pub(super) fn covered(windows: Vec<Window>) -> Coverage {
    Coverage::Windows { windows, holidays: std::collections::BTreeSet::new() }
}

/// The times in `from..to` at which nobody is on call though somebody should be: gaps, and vacant shifts with nobody
/// beside them.
pub(super) fn gaps(plan: &Plan, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Timestamp, Holder)> {
    let asked = Span::new(from, to).unwrap();
    let shifts = shifts(plan, from, to);
    let span = |shift: &Shift| Span { start: shift.start, end: shift.end };
    let manned = union(shifts.iter().filter(|s| s.holder.person().is_some()).map(span).collect());
    let mut gaps = Vec::new();
    for shift in shifts.iter().filter(|s| matches!(s.holder, Holder::Gap | Holder::Vacant(_))) {
        let empty = span(shift).cut_to(asked).map(|span| span.without(&manned)).unwrap_or_default();
        gaps.extend(empty.into_iter().map(|span| (span.start, span.end, shift.holder)));
    }
    gaps.sort_unstable_by_key(|(start, end, _)| (*start, *end));
    gaps
}

/// `start end who` of each shift in the zone of the plan: `Mon 02 09:00 → Mon 09 09:00 1`.
pub(super) fn told(plan: &Plan, from: &str, to: &str) -> Vec<String> {
    shifts(plan, at(from), at(to)).iter().map(|shift| line(plan, shift)).collect()
}

pub(super) fn line(plan: &Plan, shift: &Shift) -> String {
    let wall = |at: Timestamp| at.to_zoned(plan.zone.clone()).strftime("%a %d %H:%M");
    let who = match shift.holder {
        Holder::Person(person) => person.0.as_u128().to_string(),
        Holder::Vacant(person) => format!("vacant {}", person.0.as_u128()),
        Holder::Nobody => "nobody".into(),
        Holder::Gap => "gap".into(),
    };
    format!("{} → {} {who}", wall(shift.start), wall(shift.end))
}

/// Hours of each shift.
pub(super) fn hours(shifts: &[Shift]) -> Vec<i64> {
    shifts.iter().map(|s| s.start.duration_until(s.end).as_hours()).collect()
}
