//! When turns of a rotation begin and end: wall times counted from the anchor, mapped to instants.
//!
//! Two wall times may fall on one instant, or even change their order, where the zone leaves time out (an hour in spring, a
//! whole day in Samoa in 2011). So a boundary is the latest instant of all wall times up to it: a turn that would be
//! empty is skipped, and everybody else's dates hold.

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime, Weekday},
    tz::TimeZone,
};

use super::{
    Coverage, Plan, Rotation, Unit,
    span::{Span, instant, minute},
};
use crate::PersonId;

/// One turn, as the rotation's clock has it: not yet cut to the version's time in force, nor to restrictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) index: i64,
    pub(super) span: Span,
}

/// The turns of a rotation that touch a span, in order, without those before its anchor.
pub(super) fn turns(plan: &Plan, rotation: &Rotation, touching: Span) -> Vec<Turn> {
    let Some(clock) = HandOffs::of(plan, rotation) else { return Vec::new() };
    let mut index = clock.long_before(touching.start);
    let Some(mut start) = clock.instant(index) else { return Vec::new() };
    let mut found = Vec::new();
    while start < touching.end {
        let end = clock.instant(index + 1).map_or(Timestamp::MAX, |next| next.max(start));
        let span = Span::new(start, end).filter(|span| span.overlaps(touching));
        found.extend(span.map(|span| Turn { index, span }));
        (index, start) = (index + 1, end);
    }
    found
}

/// Who has the turn of this number.
pub(super) fn participant(rotation: &Rotation, index: i64) -> Option<PersonId> {
    let many = i64::try_from(rotation.participants.len()).ok().filter(|many| *many > 0)?;
    let first = i64::try_from(rotation.first).unwrap_or_default() % many;
    let position = usize::try_from((first + index).rem_euclid(many)).ok()?;
    rotation.participants[position]
}

/// The wall times at which a rotation hands off.
struct HandOffs<'p> {
    zone: &'p TimeZone,
    anchor: DateTime,
    every: i64,
    unit: Unit,
    active: Option<ActiveDays>,
}

// The zone may skip a day, and then wall times up to a day apart change their order; a few days are safe.
const SAFE_DAYS: i64 = 5;

impl<'p> HandOffs<'p> {
    /// None if it has no day to count.
    fn of(plan: &'p Plan, rotation: &'p Rotation) -> Option<Self> {
        let anchor = rotation.anchor.with().second(0).subsec_nanosecond(0).build().unwrap_or(rotation.anchor);
        let active = if rotation.only_active_days && rotation.unit == Unit::Days {
            ActiveDays::of(plan, rotation, anchor.date())?
        } else {
            None
        };
        Some(Self {
            zone: rotation.zone(plan),
            anchor,
            every: i64::from(rotation.every.max(1)),
            unit: rotation.unit,
            active,
        })
    }

    /// The wall time at which turn `index` begins; none beyond the end of the calendar.
    fn wall(&self, index: i64) -> Option<DateTime> {
        let count = index.checked_mul(self.every)?;
        if let (Some(active), 1..) = (&self.active, index) {
            return Some(active.nth(count)?.to_datetime(self.anchor.time()));
        }
        let span = match self.unit {
            Unit::Hours => jiff::Span::new().try_hours(count),
            Unit::Days => jiff::Span::new().try_days(count),
            Unit::Weeks => jiff::Span::new().try_weeks(count),
            Unit::Months => jiff::Span::new().try_months(count),
        };
        self.anchor.checked_add(span.ok()?).ok()
    }

    fn instant(&self, index: i64) -> Option<Timestamp> {
        self.wall(index).map(|wall| minute(instant(self.zone, wall)))
    }

    /// A turn that begins so long before `at` that whatever the zone does in between is seen from there.
    fn long_before(&self, at: Timestamp) -> i64 {
        let before = self.zone.to_datetime(at).saturating_sub(SAFE_DAYS.days());
        if before <= self.anchor {
            return 0;
        }
        let days = i64::from((before.date() - self.anchor.date()).get_days());
        let units = match self.unit {
            Unit::Hours => days * 24 - 24,
            Unit::Days => match &self.active {
                Some(active) => active.before(before.date()) - 1,
                None => days - 1,
            },
            Unit::Weeks => days / 7 - 1,
            Unit::Months => {
                let months = |date: Date| i64::from(date.year()) * 12 + i64::from(date.month());
                months(before.date()) - months(self.anchor.date()) - 1
            }
        };
        (units / self.every).max(0)
    }
}

/// Days that count: those of the week on which a window begins, without holidays, from the anchor's day on.
struct ActiveDays {
    from: Date,
    week: [bool; 7],    // from Monday
    skipped: Vec<Date>, // days of such a weekday that do not count, in order
}

impl ActiveDays {
    /// The inner none: all days count. The outer one: none does.
    fn of(plan: &Plan, rotation: &Rotation, from: Date) -> Option<Option<Self>> {
        let windows = match (&rotation.restrictions[..], &plan.coverage) {
            ([], Coverage::Always) => return Some(None),
            ([], Coverage::Windows { windows, .. }) => windows,
            (restrictions, _) => restrictions,
        };
        let mut week = [false; 7];
        for window in windows {
            week[offset(window.start.day)] = true;
        }
        let counts = |day: &Date| week[offset(day.weekday())];
        let skipped = plan.coverage.holidays().range(from..).copied().filter(counts).collect();
        week.contains(&true).then_some(Some(Self { from, week, skipped }))
    }

    /// How many there are before a day.
    fn before(&self, day: Date) -> i64 {
        let days = i64::from((day - self.from).get_days()).max(0);
        let begins = self.from.weekday();
        let in_rest = (0..days % 7)
            .filter(|n| self.week[(offset(begins) + usize::try_from(*n).unwrap_or_default()) % 7])
            .count();
        let per_week = self.week.iter().filter(|counts| **counts).count();
        let skipped = self.skipped.partition_point(|skipped| *skipped < day);
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        days / 7 * number(per_week) + number(in_rest) - number(skipped)
    }

    /// The day that has `n` of them before it and is one itself.
    fn nth(&self, n: i64) -> Option<Date> {
        let (mut low, mut high) = (0_i64, n.checked_add(i64::try_from(self.skipped.len()).ok()?)?);
        high = high.checked_add(1)?.checked_mul(7)?;
        let day = |days: i64| self.from.checked_add(jiff::Span::new().try_days(days).ok()?).ok();
        // the first day whose next one has more than n before it
        while low < high {
            let middle = low + (high - low) / 2;
            match day(middle + 1) {
                Some(next) if self.before(next) <= n => low = middle + 1,
                _ => high = middle,
            }
        }
        day(low)
    }
}

fn offset(day: Weekday) -> usize {
    usize::from(day.to_monday_zero_offset().unsigned_abs())
}
