//! Months of the organisation's view: those weeks whose Monday lies in them, so that every week belongs to one month.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::Serialize;

use crate::{Error, Result, support::Week};

/// A month, by its first day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(Date);

impl Month {
    /// The month to which a week belongs.
    pub fn of(week: Week) -> Self {
        Self(week.monday().first_of_month())
    }

    /// The month of the week that runs.
    pub fn running(now: Timestamp) -> Self {
        Self::of(Week::of(now, &TimeZone::UTC))
    }

    /// Its first day.
    pub fn first(self) -> Date {
        self.0
    }

    /// Its weeks, in order: four or five.
    pub fn weeks(self) -> Vec<Week> {
        let first = Week::containing(self.0.saturating_add(6.days()));
        let weeks = std::iter::successors(Some(first), |week| Some(week.next()));
        weeks.take_while(|week| Self::of(*week) == self).take(5).collect()
    }

    /// The one before it.
    #[must_use]
    pub fn before(self) -> Self {
        Self(self.0.saturating_sub(1.month()))
    }

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1.month()))
    }
}

impl std::fmt::Display for Month {
    /// `2026-11`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

impl Serialize for Month {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl std::str::FromStr for Month {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::invalid("month", "must be a month like 2026-11");
        let (year, month) = text.trim().split_once('-').ok_or_else(wrong)?;
        if year.len() != 4 || month.len() != 2 {
            return Err(wrong());
        }
        let (year, month) = (year.parse().map_err(|_| wrong())?, month.parse().map_err(|_| wrong())?);
        Date::new(year, month, 1).map(Self).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weeks(month: &str) -> Vec<String> {
        let month: Month = month.parse().unwrap_or_else(|e| panic!("{month}: {e}"));
        month.weeks().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_week_belongs_to_the_month_of_its_monday() {
        assert_eq!(weeks("2026-11"), ["2026-W45", "2026-W46", "2026-W47", "2026-W48", "2026-W49"]);
        assert_eq!(weeks("2026-12"), ["2026-W50", "2026-W51", "2026-W52", "2026-W53"]);
        assert_eq!(
            weeks("2027-02"),
            ["2027-W05", "2027-W06", "2027-W07", "2027-W08"],
            "it begins on a Monday"
        );
        let mut month: Month = "2024-01".parse().expect("a month");
        let mut week: Week = "2024-W01".parse().expect("a week");
        for _ in 0..60 {
            for one in month.weeks() {
                assert_eq!((one, Month::of(one)), (week, month));
                week = week.next();
            }
            assert_eq!(month.next().before(), month);
            month = month.next();
        }
    }

    #[test]
    fn what_is_no_month_is_refused() {
        for wrong in ["2026", "2026-13", "2026-00", "26-11", "2026-1", "2026-W47", ""] {
            assert!(wrong.parse::<Month>().is_err(), "{wrong}");
        }
        assert_eq!("2026-11".parse::<Month>().expect("a month").to_string(), "2026-11");
    }
}
