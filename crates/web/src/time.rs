//! How pages say times: 24 hours, in the viewer's zone, no more exact than is useful.

use std::fmt;

use askama::filters::HtmlSafe;
use jiff::{Timestamp, ToSpan, Zoned, tz::TimeZone};

/// An instant; templates hand over references of references.
pub(crate) trait Instant {
    /// The instant itself.
    fn instant(&self) -> Timestamp;
}

impl Instant for Timestamp {
    fn instant(&self) -> Timestamp {
        *self
    }
}

impl<T: Instant + ?Sized> Instant for &T {
    fn instant(&self) -> Timestamp {
        (**self).instant()
    }
}

/// A `<time>` element: words for people, the instant for machines.
#[derive(Debug)]
pub(crate) struct Tag {
    at: Timestamp,
    words: String,
    relative: bool,
}

impl Tag {
    pub(crate) fn new(at: Timestamp, words: String, relative: bool) -> Self {
        Self { at, words, relative }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ago = if self.relative { " data-ago" } else { "" };
        write!(f, r#"<time datetime="{}"{ago}>{}</time>"#, self.at.strftime("%Y-%m-%dT%H:%M:%SZ"), self.words)
    }
}

impl HtmlSafe for Tag {} // digits, names of months and days

/// `today 02:41`, `yesterday 23:05`, `tomorrow 08:00`, `Thu 19 Nov`, `19 Nov 2025`.
pub(crate) fn when(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    match near(&at, &now) {
        Some(day) => format!("{day} {}", at.strftime("%H:%M")),
        None => date(&at, &now),
    }
}

/// `today 02:41`, `Thu 19 Nov, 02:41`, `19 Nov 2025, 02:41`.
pub(crate) fn stamp(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    match near(&at, &now) {
        Some(day) => format!("{day} {}", at.strftime("%H:%M")),
        None => format!("{}, {}", date(&at, &now), at.strftime("%H:%M")),
    }
}

/// `14:30`, `tomorrow 09:30`, `Mon 23 Nov, 10:00`: behind a word like "by".
pub(crate) fn by(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let time = at.strftime("%H:%M");
    if at.date() == now.date() {
        time.to_string()
    } else if now.date().checked_add(1.day()).is_ok_and(|tomorrow| at.date() == tomorrow) {
        format!("tomorrow {time}")
    } else {
        format!("{}, {time}", date(&at, &now))
    }
}

/// A time of day with what its zone is called then: `14:30 CET`; `14:30 UTC-03` where the zone has no letters.
pub(crate) fn in_zone(said: &str, at: Timestamp, zone: &TimeZone) -> String {
    let name = at.to_zoned(zone.clone()).strftime("%Z").to_string();
    let utc = if name.starts_with(['+', '-']) { "UTC" } else { "" };
    format!("{said} {utc}{name}")
}

/// `just now`, `14 min ago`, `5 h ago`; beyond a day, or ahead, as [`when`].
pub(crate) fn ago(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let minutes = now.duration_since(at).as_mins();
    match minutes {
        0 if at <= now => "just now".into(),
        1..60 => format!("{minutes} min ago"),
        60..1440 => format!("{} h ago", minutes / 60),
        _ => when(at, now, zone),
    }
}

/// `today 08:00 to 20:00`, `Fri 20 Nov 20:00 to Mon 23 Nov 08:00`.
pub(crate) fn span(start: Timestamp, end: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (start, end, now) =
        (start.to_zoned(zone.clone()), end.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let day = |at: &Zoned| near(at, &now).map_or_else(|| date(at, &now), str::to_owned);
    let (from, to) = (start.strftime("%H:%M"), end.strftime("%H:%M"));
    if start.date() == end.date() && start.offset() == end.offset() {
        format!("{} {from} to {to}", day(&start))
    } else {
        format!("{} {from} to {} {to}", day(&start), day(&end))
    }
}

/// `21:10`.
pub(crate) fn clock(now: Timestamp, zone: &TimeZone) -> String {
    now.to_zoned(zone.clone()).strftime("%H:%M").to_string()
}

fn near(at: &Zoned, now: &Zoned) -> Option<&'static str> {
    let (day, today) = (at.date(), now.date());
    if day == today {
        Some("today")
    } else if today.checked_sub(1.day()).is_ok_and(|yesterday| day == yesterday) {
        Some("yesterday")
    } else if today.checked_add(1.day()).is_ok_and(|tomorrow| day == tomorrow) {
        Some("tomorrow")
    } else {
        None
    }
}

fn date(at: &Zoned, now: &Zoned) -> String {
    let form = if at.year() == now.year() { "%a %-d %b" } else { "%-d %b %Y" };
    at.strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(how: impl Fn(Timestamp, Timestamp, &TimeZone) -> String, at: &str) -> String {
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        how(at.parse().unwrap(), "2026-11-19T02:10:00Z".parse().unwrap(), &zone)
    }

    #[test]
    fn says_times_as_exactly_as_is_useful() {
        assert_eq!(said(when, "2026-11-19T01:41:00Z"), "today 02:41");
        assert_eq!(said(when, "2026-11-18T23:30:00Z"), "today 00:30"); // the viewer's day, not UTC's
        assert_eq!(said(when, "2026-11-18T22:05:00Z"), "yesterday 23:05");
        assert_eq!(said(when, "2026-11-20T07:00:00Z"), "tomorrow 08:00");
        assert_eq!(said(when, "2026-11-03T09:00:00Z"), "Tue 3 Nov");
        assert_eq!(said(when, "2025-11-03T09:00:00Z"), "3 Nov 2025");
        assert_eq!(said(stamp, "2026-11-03T09:00:00Z"), "Tue 3 Nov, 10:00");
    }

    #[test]
    fn an_instant_ahead_is_named_by_its_day() {
        assert_eq!(said(by, "2026-11-19T13:30:00Z"), "14:30");
        assert_eq!(said(by, "2026-11-20T08:30:00Z"), "tomorrow 09:30");
        assert_eq!(said(by, "2026-11-23T09:00:00Z"), "Mon 23 Nov, 10:00");
        assert_eq!(said(by, "2026-11-18T09:00:00Z"), "Wed 18 Nov, 10:00");
    }

    #[test]
    fn a_zone_is_called_as_it_is_at_that_time() {
        let said =
            |zone: &str, at: &str| in_zone("15:00", at.parse().unwrap(), &TimeZone::get(zone).unwrap());
        assert_eq!(said("Europe/Amsterdam", "2026-11-24T14:00:00Z"), "15:00 CET");
        assert_eq!(said("Europe/Amsterdam", "2026-07-24T13:00:00Z"), "15:00 CEST");
        assert_eq!(said("America/Sao_Paulo", "2026-07-24T18:00:00Z"), "15:00 UTC-03");
    }

    #[test]
    fn a_span_names_its_second_day_only_if_it_is_another() {
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        let said = |start: &str, end: &str| {
            span(start.parse().unwrap(), end.parse().unwrap(), "2026-11-19T02:10:00Z".parse().unwrap(), &zone)
        };
        assert_eq!(said("2026-11-19T07:00:00Z", "2026-11-19T19:00:00Z"), "today 08:00 to 20:00");
        assert_eq!(said("2026-11-19T19:00:00Z", "2026-11-20T07:00:00Z"), "today 20:00 to tomorrow 08:00");
        assert_eq!(
            said("2026-11-27T19:00:00Z", "2027-01-04T07:00:00Z"),
            "Fri 27 Nov 20:00 to 4 Jan 2027 08:00"
        );
    }

    #[test]
    fn is_relative_only_within_a_day() {
        assert_eq!(said(ago, "2026-11-19T02:09:40Z"), "just now");
        assert_eq!(said(ago, "2026-11-19T01:56:00Z"), "14 min ago");
        assert_eq!(said(ago, "2026-11-18T20:10:00Z"), "6 h ago");
        assert_eq!(said(ago, "2026-11-17T20:10:00Z"), "Tue 17 Nov");
        assert_eq!(said(ago, "2026-11-19T02:30:00Z"), "today 03:30");
    }
}
