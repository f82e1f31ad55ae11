//! From windows of the week to spans of instants: when somebody should be on call, and for how long within that.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date, tz::TimeZone};

use super::{
    Coverage, Window,
    span::{Span, instant, union},
};

static NO_HOLIDAYS: BTreeSet<Date> = BTreeSet::new();
const YEARS_AHEAD: i32 = 10; // how far a target may lie ahead before nobody will ever meet it

impl Coverage {
    /// The spans it covers within `all`, in order and apart.
    pub(super) fn spans(&self, zone: &TimeZone, all: Span) -> Vec<Span> {
        match self {
            Self::Always => vec![all],
            Self::Windows { windows, holidays } => spans(windows, holidays, zone, all),
        }
    }

    /// The days on which nothing is covered though the week says so.
    pub(super) fn holidays(&self) -> &BTreeSet<Date> {
        match self {
            Self::Always => &NO_HOLIDAYS,
            Self::Windows { holidays, .. } => holidays,
        }
    }
}

/// The spans of restrictions within `all`; no restrictions are all of it. Holidays are the coverage's.
pub(super) fn restricted(restrictions: &[Window], zone: &TimeZone, all: Span) -> Vec<Span> {
    if restrictions.is_empty() { vec![all] } else { spans(restrictions, &NO_HOLIDAYS, zone, all) }
}

fn spans(windows: &[Window], holidays: &BTreeSet<Date>, zone: &TimeZone, all: Span) -> Vec<Span> {
    let mut found = Vec::new();
    // a window is at most a week long, and a change of the zone moves it by at most a day
    let first = zone.to_datetime(all.start).date().saturating_sub(9.days());
    let last = zone.to_datetime(all.end).date().saturating_add(1.day());
    let mut date = first;
    loop {
        if exists(zone, date) {
            for window in windows.iter().filter(|w| w.start.day == date.weekday()) {
                found.extend(on(*window, date, holidays, zone).filter_map(|span| span.cut_to(all)));
            }
        }
        match date.tomorrow() {
            Ok(next) if next <= last => date = next,
            _ => break,
        }
    }
    union(found)
}

/// Whether the zone has this day at all; Samoa has no 30 December 2011.
pub(super) fn exists(zone: &TimeZone, date: Date) -> bool {
    let noon = date.at(12, 0, 0, 0);
    zone.to_datetime(instant(zone, noon)).date() == date
}

/// A window as it begins on one day, less what holidays take from it.
fn on(window: Window, date: Date, holidays: &BTreeSet<Date>, zone: &TimeZone) -> impl Iterator<Item = Span> {
    let end = date.saturating_add(window.nights().days());
    let whole = Span::new(
        instant(zone, date.to_datetime(window.start.time)),
        instant(zone, end.to_datetime(window.end.time)),
    );
    let taken: Vec<Span> = if window.is_long() {
        holidays.range(date..=end).filter_map(|holiday| day(zone, *holiday)).collect()
    } else if holidays.contains(&date) {
        whole.into_iter().collect()
    } else {
        Vec::new()
    };
    whole.into_iter().flat_map(move |whole| whole.without(&union(taken.clone())))
}

/// A day from midnight to midnight.
fn day(zone: &TimeZone, date: Date) -> Option<Span> {
    let next = date.saturating_add(1.day());
    Span::new(
        instant(zone, date.to_datetime(jiff::civil::Time::midnight())),
        instant(zone, next.to_datetime(jiff::civil::Time::midnight())),
    )
}

/// How much of the time from `a` to `b` is covered. Nothing if `b` is not after `a`.
pub fn covered_between(coverage: &Coverage, zone: &TimeZone, a: Timestamp, b: Timestamp) -> SignedDuration {
    let Some(all) = Span::new(a, b) else { return SignedDuration::ZERO };
    let covered = coverage.spans(zone, all);
    covered.into_iter().fold(SignedDuration::ZERO, |sum, span| sum + span.start.duration_until(span.end))
}

/// The first covered instant at or after `from`; none if there is none within ten years.
pub fn next_covered(coverage: &Coverage, zone: &TimeZone, from: Timestamp) -> Option<Timestamp> {
    if matches!(coverage, Coverage::Always) {
        return Some(from);
    }
    stretches(coverage, zone, from).next().map(|span| span.start)
}

/// The instant at which `duration` of covered time has gone by since `from`: within the coverage or at the end of a
/// window. None if that is not so within ten years, as with a coverage that has no windows.
pub fn add_covered(
    coverage: &Coverage,
    zone: &TimeZone,
    from: Timestamp,
    duration: SignedDuration,
) -> Option<Timestamp> {
    if matches!(coverage, Coverage::Always) || duration <= SignedDuration::ZERO {
        return from.checked_add(duration.max(SignedDuration::ZERO)).ok();
    }
    let mut left = duration;
    for span in stretches(coverage, zone, from) {
        let here = span.start.duration_until(span.end);
        if left <= here {
            return span.start.checked_add(left).ok();
        }
        left -= here;
    }
    None
}

/// What is covered from an instant on, in order, for ten years; worked out four weeks at a time.
fn stretches(coverage: &Coverage, zone: &TimeZone, from: Timestamp) -> impl Iterator<Item = Span> {
    let step = SignedDuration::from_hours(24 * 28);
    let start = move |n: i32| from.checked_add(step * n).ok();
    (0..YEARS_AHEAD * 366 / 28)
        .map_while(move |n| Some(Span { start: start(n)?, end: start(n + 1)? }))
        .flat_map(move |span| coverage.spans(zone, span))
}
