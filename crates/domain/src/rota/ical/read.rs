//! What a calendar of somebody else says: who is away, which days are holidays.

use std::collections::{BTreeSet, HashMap};

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

use super::{
    super::span::instant,
    line::{Line, lines},
    recurrence::{Rule, Work},
};
use crate::{Error, Result};

/// The largest calendar that is read, in bytes.
pub const MOST_BYTES: usize = 4 << 20;
const MOST_EVENTS: usize = 20_000;
const MOST_FOUND: usize = 5_000;

/// What was read of a calendar.
#[derive(Debug, Clone)]
pub struct Calendar<T> {
    /// The name it gives itself.
    pub name: Option<String>,
    /// What was found, in order.
    pub found: Vec<T>,
    /// Titles of events that could not be read, so that they can be put right; the first few.
    pub left_out: Vec<String>,
}

/// A time at which a calendar says that its owner is busy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Busy {
    /// First instant.
    pub start: Timestamp,
    /// First instant after it.
    pub end: Timestamp,
    /// What the calendar calls it.
    pub summary: String,
    /// Whether it is said to be an absence: marked so, or about whole days.
    pub away: bool,
}

/// When the owner of a calendar is busy within `from..to`. Whole days and times without a zone are meant in `zone`. What is
/// marked as free or cancelled does not count.
pub fn read(text: &str, zone: &TimeZone, from: Timestamp, to: Timestamp) -> Result<Calendar<Busy>> {
    read_within(text, zone, from, to, &mut Work::default())
}

pub(super) fn read_within(
    text: &str,
    zone: &TimeZone,
    from: Timestamp,
    to: Timestamp,
    work: &mut Work,
) -> Result<Calendar<Busy>> {
    let source = Source::parse(text)?;
    let days = (zone.to_datetime(from).date(), zone.to_datetime(to).date().saturating_add(1.day()));
    source.collect(days, work, |event, on| {
        if event.free {
            return Vec::new();
        }
        let (start, end) = event.span(on, zone);
        let busy = Busy { start, end, summary: event.summary.clone(), away: event.is_absence() };
        if start < to && from < end { vec![busy] } else { Vec::new() }
    })
}

/// The days from `from` to `to` that a calendar of holidays names. Only events about whole days count.
pub fn holidays(text: &str, from: Date, to: Date) -> Result<Calendar<(Date, String)>> {
    holidays_within(text, from, to, &mut Work::default())
}

pub(super) fn holidays_within(
    text: &str,
    from: Date,
    to: Date,
    work: &mut Work,
) -> Result<Calendar<(Date, String)>> {
    let source = Source::parse(text)?;
    let mut calendar = source.collect((from, to), work, |event, on| {
        let days = event.start.is_date.then(|| event.days(on, from, to));
        days.into_iter().flatten().map(|day| (day, event.summary.clone())).collect()
    })?;
    calendar.found.dedup_by(|(a, _), (b, _)| a == b);
    Ok(calendar)
}

/// A date, or a time in its own zone.
#[derive(Debug, Clone)]
struct Moment {
    wall: DateTime,
    zone: Option<TimeZone>,
    is_date: bool,
}

impl Moment {
    fn parse(line: &Line, value: &str) -> Option<Self> {
        let value = value.trim();
        if line.param("VALUE") == Some("DATE") || value.len() == 8 {
            let date: Date = value.parse().ok()?;
            return Some(Self { wall: date.to_datetime(Time::midnight()), zone: None, is_date: true });
        }
        let (local, zone) = match value.strip_suffix(['Z', 'z']) {
            Some(local) => (local, Some(TimeZone::UTC)),
            None => (value, line.param("TZID").and_then(zone_named)),
        };
        Some(Self { wall: local.parse().ok()?, zone, is_date: false })
    }
}

/// A zone by its IANA name, also behind a prefix as some programs write it, or by its name in Windows.
fn zone_named(name: &str) -> Option<TimeZone> {
    let last_two = || {
        let mut parts = name.rsplit('/');
        let (city, area) = (parts.next()?, parts.next()?);
        TimeZone::get(&format!("{area}/{city}")).ok()
    };
    let windows = || WINDOWS.iter().find(|(windows, _)| *windows == name).map(|(_, iana)| *iana);
    TimeZone::get(name).ok().or_else(last_two).or_else(|| TimeZone::get(windows()?).ok())
}

/// Names that Outlook writes, those of many people.
const WINDOWS: [(&str, &str); 24] = [
    ("AUS Eastern Standard Time", "Australia/Sydney"),
    ("Arabian Standard Time", "Asia/Dubai"),
    ("Argentina Standard Time", "America/Buenos_Aires"),
    ("Central Europe Standard Time", "Europe/Budapest"),
    ("Central European Standard Time", "Europe/Warsaw"),
    ("Central Standard Time", "America/Chicago"),
    ("China Standard Time", "Asia/Shanghai"),
    ("E. Europe Standard Time", "Europe/Chisinau"),
    ("E. South America Standard Time", "America/Sao_Paulo"),
    ("Eastern Standard Time", "America/New_York"),
    ("FLE Standard Time", "Europe/Kyiv"),
    ("GMT Standard Time", "Europe/London"),
    ("GTB Standard Time", "Europe/Bucharest"),
    ("Greenwich Standard Time", "Atlantic/Reykjavik"),
    ("India Standard Time", "Asia/Kolkata"),
    ("Israel Standard Time", "Asia/Jerusalem"),
    ("Mountain Standard Time", "America/Denver"),
    ("New Zealand Standard Time", "Pacific/Auckland"),
    ("Pacific Standard Time", "America/Los_Angeles"),
    ("Romance Standard Time", "Europe/Paris"),
    ("Singapore Standard Time", "Asia/Singapore"),
    ("Tokyo Standard Time", "Asia/Tokyo"),
    ("Turkey Standard Time", "Europe/Istanbul"),
    ("W. Europe Standard Time", "Europe/Berlin"),
];

#[derive(Debug, Clone)]
struct Event {
    uid: String,
    summary: String,
    start: Moment,
    end: Option<Moment>,
    length: Option<jiff::Span>,
    rule: Option<Rule>,
    more: Vec<DateTime>,
    less: BTreeSet<DateTime>,
    /// The occurrence of a series that this one stands for.
    instead_of: Option<DateTime>,
    free: bool,
    marked_away: bool,
}

impl Event {
    fn parse(lines: &[Line]) -> Option<Self> {
        let line = |name: &str| lines.iter().find(|line| line.name == name);
        let moment = |name: &str| line(name).map(|line| Moment::parse(line, &line.value));
        let is =
            |name: &str, value: &str| line(name).is_some_and(|l| l.value.trim().eq_ignore_ascii_case(value));
        let list = |name: &str| -> Option<Vec<DateTime>> {
            let lines = lines.iter().filter(|line| line.name == name);
            let values = lines.flat_map(|line| line.value.split(',').map(move |value| (line, value)));
            values.map(|(line, value)| Some(Moment::parse(line, value)?.wall)).collect()
        };
        Some(Self {
            uid: line("UID").map(Line::text).unwrap_or_default(),
            summary: title(lines),
            start: moment("DTSTART")??,
            end: match moment("DTEND") {
                Some(end) => Some(end?),
                None => None,
            },
            length: match line("DURATION") {
                Some(line) => Some(line.value.trim().parse().ok()?),
                None => None,
            },
            rule: match line("RRULE") {
                Some(line) => Some(Rule::parse(&line.value)?),
                None => None,
            },
            more: list("RDATE")?,
            less: list("EXDATE")?.into_iter().collect(),
            instead_of: match moment("RECURRENCE-ID") {
                Some(moment) => Some(moment?.wall),
                None => None,
            },
            free: is("TRANSP", "TRANSPARENT") || is("X-MICROSOFT-CDO-BUSYSTATUS", "FREE"),
            marked_away: is("X-MICROSOFT-CDO-BUSYSTATUS", "OOF"),
        })
    }

    /// Marked as an absence, or about whole days: an appointment of an hour is no reason to swap a shift.
    fn is_absence(&self) -> bool {
        self.marked_away || self.start.is_date
    }

    /// Wall times at which it begins, if it may last into the days from `from` to `until`. None if that is too much work.
    fn begins(
        &self,
        (from, until): (Date, Date),
        moved: Option<&BTreeSet<DateTime>>,
        work: &mut Work,
    ) -> Option<Vec<DateTime>> {
        let at = |day: Date| day.to_datetime(self.start.wall.time());
        let first = self.start.wall.date();
        let mut all: BTreeSet<DateTime> = match &self.rule {
            Some(rule) => {
                let from = from.saturating_sub(self.most_days().days());
                rule.days(first, from, until, work)?.into_iter().map(at).collect()
            }
            None => [self.start.wall].into(),
        };
        all.extend(&self.more);
        let stays = |at: &DateTime| !self.less.contains(at) && !moved.is_some_and(|moved| moved.contains(at));
        Some(all.into_iter().filter(stays).collect())
    }

    /// Days between a begin and its end, rather too many than too few: months are longer or shorter by three days, and the
    /// zones of begin and end apart by a day and some hours.
    fn most_days(&self) -> i32 {
        let wall = self.start.wall;
        let end = match (&self.end, self.length) {
            (Some(end), _) => end.wall,
            (None, Some(length)) => wall.saturating_add(length),
            (None, None) => wall,
        };
        (end.date() - wall.date()).get_days().clamp(0, 366 * 1000) + 5
    }

    /// Its span when it begins at this wall time.
    fn span(&self, on: DateTime, zone: &TimeZone) -> (Timestamp, Timestamp) {
        let zone = self.start.zone.as_ref().unwrap_or(zone);
        let start = instant(zone, on);
        let end = match (&self.end, self.length) {
            (Some(end), _) if self.start.is_date => {
                instant(zone, on.saturating_add(end.wall - self.start.wall))
            }
            (Some(end), _) => {
                let end_zone = end.zone.as_ref().unwrap_or(zone);
                let long = instant(zone, self.start.wall).duration_until(instant(end_zone, end.wall));
                start.saturating_add(long).unwrap_or(Timestamp::MAX)
            }
            (None, Some(length)) => instant(zone, on.saturating_add(length)),
            (None, None) if self.start.is_date => instant(zone, on.saturating_add(1.day())),
            (None, None) => start,
        };
        (start, end)
    }

    /// The days of one that is about whole days, as far as they lie between these.
    fn days(&self, on: DateTime, from: Date, to: Date) -> impl Iterator<Item = Date> {
        let many = match (&self.end, self.length) {
            (Some(end), _) => (end.wall.date() - self.start.wall.date()).get_days(),
            (None, Some(length)) => length.get_days() + 7 * length.get_weeks(),
            (None, None) => 1,
        };
        let last = on.date().saturating_add((many.clamp(1, 366) - 1).days()).min(to);
        on.date().max(from).series(1.day()).take_while(move |day| *day <= last)
    }
}

struct Source {
    name: Option<String>,
    events: Vec<Event>,
    left_out: Vec<String>,
}

impl Source {
    fn parse(text: &str) -> Result<Self> {
        if text.len() > MOST_BYTES {
            return Err(Error::invalid("calendar", format!("must have at most {} MB", MOST_BYTES >> 20)));
        }
        let lines = lines(text);
        let begins = |line: &Line, what: &str| line.name == "BEGIN" && line.value.trim() == what;
        if !lines.iter().any(|line| begins(line, "VCALENDAR")) {
            return Err(Error::invalid("calendar", "is no calendar: it must begin with BEGIN:VCALENDAR"));
        }
        let name =
            lines.iter().find(|line| matches!(line.name.as_str(), "NAME" | "X-WR-CALNAME")).map(Line::text);
        let mut source = Self { name, events: Vec::new(), left_out: Vec::new() };
        let mut rest = &lines[..];
        while let Some(start) = rest.iter().position(|line| begins(line, "VEVENT")) {
            let body = &rest[start + 1..];
            let end = body.iter().position(|line| line.name == "END" && line.value.trim() == "VEVENT");
            let end = end.unwrap_or(body.len());
            source.event(&without_alarms(&body[..end]));
            if source.events.len() > MOST_EVENTS {
                return Err(Error::invalid("calendar", format!("must have at most {MOST_EVENTS} events")));
            }
            rest = &body[end..];
        }
        Ok(source)
    }

    fn event(&mut self, lines: &[Line]) {
        let cancelled = lines.iter().any(|line| line.name == "STATUS" && line.value.trim() == "CANCELLED");
        match Event::parse(lines) {
            // one that stands for an occurrence takes it away also when it is cancelled itself
            Some(event) if cancelled && event.instead_of.is_some() => {
                self.events.push(Event { free: true, ..event });
            }
            Some(event) if !cancelled => self.events.push(event),
            None if self.left_out.len() < 20 => self.left_out.push(title(lines)),
            Some(_) | None => {}
        }
    }

    /// What is found in each occurrence that may touch these days.
    fn collect<T: Ord>(
        self,
        days: (Date, Date),
        work: &mut Work,
        found_in: impl Fn(&Event, DateTime) -> Vec<T>,
    ) -> Result<Calendar<T>> {
        let mut moved: HashMap<&str, BTreeSet<DateTime>> = HashMap::new();
        for event in &self.events {
            if let Some(instead_of) = event.instead_of {
                moved.entry(&event.uid).or_default().insert(instead_of);
            }
        }
        let mut found = Vec::new();
        for event in &self.events {
            let moved = moved.get(event.uid.as_str()).filter(|_| event.instead_of.is_none());
            let begins = event.begins(days, moved, work).ok_or_else(|| {
                Error::invalid(
                    "calendar",
                    "repeats more than can be read; take out events that repeat since long ago, or end them",
                )
            })?;
            for on in begins {
                found.extend(found_in(event, on));
                if found.len() > MOST_FOUND {
                    let message = format!("must have at most {MOST_FOUND} events in this time");
                    return Err(Error::invalid("calendar", message));
                }
            }
        }
        found.sort();
        Ok(Calendar { name: self.name, found, left_out: self.left_out })
    }
}

fn title(lines: &[Line]) -> String {
    let summary = lines.iter().find(|line| line.name == "SUMMARY").map(Line::text).unwrap_or_default();
    summary.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// The lines of an event itself, without those of what is nested in it.
fn without_alarms(lines: &[Line]) -> Vec<Line> {
    let mut depth = 0_usize;
    let own = lines.iter().filter(|line| {
        let inside = depth > 0;
        match line.name.as_str() {
            "BEGIN" => depth += 1,
            "END" => depth = depth.saturating_sub(1),
            _ => return !inside,
        }
        false
    });
    own.cloned().collect()
}

#[cfg(test)]
mod map {
    #[test]
    fn every_zone_that_outlook_names_is_known() {
        for (windows, iana) in super::WINDOWS {
            assert!(jiff::tz::TimeZone::get(iana).is_ok(), "{windows}: {iana}");
        }
        let behind_a_prefix = super::zone_named("/freeassociation.sourceforge.net/Europe/Berlin");
        assert_eq!(behind_a_prefix.unwrap().iana_name(), Some("Europe/Berlin"));
        assert!(super::zone_named("Middle Earth").is_none());
    }
}
