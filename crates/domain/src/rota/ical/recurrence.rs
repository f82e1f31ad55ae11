//! Recurrence rules of whole days: daily, weekly, monthly and yearly ones with the parts that calendars of people and of
//! holidays use. Every day of the time that is looked at is asked whether it belongs, and of a rule that counts every day
//! from its start on; the time of day is the event's.

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

/// An `RRULE`.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    every: Every,
    interval: i32,
    count: Option<u32>,
    until: Option<Date>,
    months: Vec<i8>,
    days_of_month: Vec<i8>,
    days: Vec<(i8, Weekday)>, // 0: all of them; 2: the second; -1: the last
    week_start: Weekday,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Every {
    Day,
    Week,
    Month,
    Year,
}

/// Entries of one list in a rule, such as the days of a month.
const MOST_ENTRIES: usize = 64;

/// Days that were asked whether an event begins on them, of all events of a calendar together: a small file can name more
/// of them than anybody should wait for, without one that counts.
#[derive(Debug, Default)]
pub(super) struct Work {
    asked: u32,
}

impl Work {
    /// A good part of a second.
    pub(super) const MOST: u32 = 2_000_000;

    /// Days asked so far.
    #[cfg(test)]
    pub(super) fn asked(&self) -> u32 {
        self.asked
    }

    /// Counts another day; none if that is too many.
    fn ask(&mut self) -> Option<()> {
        self.asked = self.asked.checked_add(1).filter(|asked| *asked <= Self::MOST)?;
        Some(())
    }
}

impl Rule {
    /// What the value of an `RRULE` says. None if it has parts that are not known here, since a day too many would be as
    /// wrong as one too few.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let mut every = None;
        let mut rule = Self {
            every: Every::Day,
            interval: 1,
            count: None,
            until: None,
            months: Vec::new(),
            days_of_month: Vec::new(),
            days: Vec::new(),
            week_start: Weekday::Monday,
        };
        for part in value.trim().split(';').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=')?;
            match name.to_uppercase().as_str() {
                "FREQ" => every = Some(freq(value)?),
                "INTERVAL" => rule.interval = value.parse().ok().filter(|n| (1..=1000).contains(n))?,
                "COUNT" => rule.count = Some(value.parse().ok()?),
                "UNTIL" => rule.until = Some(value.get(..8)?.parse().ok()?),
                "BYMONTH" => rule.months = numbers(value, 1..=12)?,
                "BYMONTHDAY" => rule.days_of_month = numbers(value, -31..=31)?,
                "BYDAY" => rule.days = list(value, numbered_day)?,
                "WKST" => rule.week_start = day(value)?,
                _ => return None,
            }
        }
        rule.every = every?;
        let numbered = rule.days.iter().any(|(n, _)| *n != 0);
        let sound = match rule.every {
            Every::Day => !numbered,
            Every::Week => !numbered && rule.days_of_month.is_empty(),
            // the n-th weekday of a month or, without months, of the year
            Every::Month | Every::Year => true,
        };
        sound.then_some(rule)
    }

    /// The days from `from` up to and with `last` on which an event that first begins on `start` begins. None if that is
    /// too much work.
    pub(super) fn days(&self, start: Date, from: Date, last: Date, work: &mut Work) -> Option<Vec<Date>> {
        let last = self.until.map_or(last, |until| until.min(last));
        // what ends by a number has to be counted from its start
        let first = if self.count.is_some() { start } else { start.max(from) };
        let mut left = self.count.unwrap_or(u32::MAX);
        let mut found = Vec::new();
        for day in first.series(1.day()).take_while(|day| *day <= last) {
            if left == 0 {
                break;
            }
            work.ask()?;
            // the start itself always counts as the first, also if the rule would not have it
            if day == start || self.has(start, day) {
                left -= 1;
                found.extend((day >= from).then_some(day));
            }
        }
        Some(found)
    }

    fn has(&self, start: Date, day: Date) -> bool {
        self.periods(start, day) % self.interval == 0
            && (self.months.is_empty() || self.months.contains(&day.month()))
            && self.has_day_of_month(start, day)
            && self.has_weekday(start, day)
    }

    /// Days, weeks, months or years between two days.
    fn periods(&self, start: Date, day: Date) -> i32 {
        let months = |date: Date| i32::from(date.year()) * 12 + i32::from(date.month());
        match self.every {
            Every::Day => (day - start).get_days(),
            Every::Week => {
                let since = i32::from(start.weekday().since(self.week_start));
                ((day - start).get_days() + since).div_euclid(7)
            }
            Every::Month => months(day) - months(start),
            Every::Year => i32::from(day.year() - start.year()),
        }
    }

    fn has_day_of_month(&self, start: Date, day: Date) -> bool {
        if self.days_of_month.is_empty() {
            // without anything more exact, the day of the start
            let by_start = self.days.is_empty() && matches!(self.every, Every::Month | Every::Year);
            let month = self.every != Every::Year || !self.months.is_empty() || day.month() == start.month();
            return !by_start || (day.day() == start.day() && month);
        }
        self.days_of_month.iter().any(|n| *n == day.day() || *n == day.day() - day.days_in_month() - 1)
    }

    fn has_weekday(&self, start: Date, day: Date) -> bool {
        if self.days.is_empty() {
            return self.every != Every::Week || day.weekday() == start.weekday();
        }
        let in_year = self.every == Every::Year && self.months.is_empty();
        let (at, many) = if in_year {
            (day.day_of_year(), day.days_in_year())
        } else {
            (i16::from(day.day()), i16::from(day.days_in_month()))
        };
        let nth = (at - 1) / 7 + 1;
        let from_last = (many - at) / 7 + 1;
        let counted = |n: i8| n == 0 || i16::from(n) == nth || i16::from(n) == -from_last;
        self.days.iter().any(|(n, weekday)| *weekday == day.weekday() && counted(*n))
    }
}

fn freq(value: &str) -> Option<Every> {
    match value.to_uppercase().as_str() {
        "DAILY" => Some(Every::Day),
        "WEEKLY" => Some(Every::Week),
        "MONTHLY" => Some(Every::Month),
        "YEARLY" => Some(Every::Year),
        _ => None,
    }
}

fn numbers(value: &str, range: std::ops::RangeInclusive<i8>) -> Option<Vec<i8>> {
    list(value, |n| n.trim().parse().ok().filter(|n| *n != 0 && range.contains(n)))
}

fn list<T>(value: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let entries: Vec<_> = value.split(',').take(MOST_ENTRIES + 1).collect();
    if entries.len() > MOST_ENTRIES { None } else { entries.into_iter().map(read).collect() }
}

fn numbered_day(value: &str) -> Option<(i8, Weekday)> {
    let value = value.trim();
    let (number, name) = value.split_at_checked(value.len().checked_sub(2)?)?;
    let number = if number.is_empty() { 0 } else { number.parse().ok().filter(|n: &i8| *n != 0)? };
    Some((number, day(name)?))
}

fn day(name: &str) -> Option<Weekday> {
    match name.to_uppercase().as_str() {
        "MO" => Some(Weekday::Monday),
        "TU" => Some(Weekday::Tuesday),
        "WE" => Some(Weekday::Wednesday),
        "TH" => Some(Weekday::Thursday),
        "FR" => Some(Weekday::Friday),
        "SA" => Some(Weekday::Saturday),
        "SU" => Some(Weekday::Sunday),
        _ => None,
    }
}
