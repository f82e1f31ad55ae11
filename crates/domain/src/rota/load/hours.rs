//! Hours on call by the time of the day where the person lives: a night in Toronto is no night in Amsterdam.

use std::collections::BTreeSet;

use jiff::{
    Timestamp,
    civil::{Date, Weekday, time},
    tz::TimeZone,
};
use serde::Serialize;

use super::super::span::joined;

/// Time on call. The kinds do not add up to the whole: a Saturday night is night and weekend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Hours {
    /// All of it, in seconds.
    pub seconds: i64,
    /// Between 22:00 and 08:00.
    pub night_seconds: i64,
    /// On Saturdays and Sundays.
    pub weekend_seconds: i64,
    /// On holidays.
    pub holiday_seconds: i64,
}

impl Hours {
    /// Whole hours of some seconds.
    pub fn whole(seconds: i64) -> i64 {
        (seconds + 1800) / 3600
    }
}

/// Counts spans of time in a zone; what overlaps counts once.
pub(super) fn hours(spans: &[(Timestamp, Timestamp)], zone: &TimeZone, holidays: &BTreeSet<Date>) -> Hours {
    let mut found = Hours::default();
    for (start, end) in joined(spans.iter().copied()) {
        found.seconds += end.duration_since(start).as_secs();
        let mut day = zone.to_datetime(start).date();
        let last = zone.to_datetime(end).date();
        while day <= last {
            let cuts = [(0, 8), (8, 22), (22, 24)].map(|(from, to)| (from == 0 || from == 22, from, to));
            for (is_night, from, to) in cuts {
                let seconds = overlap((start, end), within(zone, day, from, to));
                found.night_seconds += if is_night { seconds } else { 0 };
                let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
                found.weekend_seconds += if weekend { seconds } else { 0 };
                found.holiday_seconds += if holidays.contains(&day) { seconds } else { 0 };
            }
            match day.tomorrow() {
                Ok(next) => day = next,
                Err(_) => break,
            }
        }
    }
    found
}

/// From an hour of a day to another; 24 is the next midnight.
fn within(zone: &TimeZone, day: Date, from: i8, to: i8) -> (Timestamp, Timestamp) {
    let at = |day: Date, hour: i8| {
        zone.to_ambiguous_timestamp(day.to_datetime(time(hour, 0, 0, 0))).compatible().unwrap_or_default()
    };
    let end = if to == 24 { day.tomorrow().map_or(Timestamp::MAX, |next| at(next, 0)) } else { at(day, to) };
    (at(day, from), end)
}

fn overlap(a: (Timestamp, Timestamp), b: (Timestamp, Timestamp)) -> i64 {
    a.1.min(b.1).duration_since(a.0.max(b.0)).as_secs().max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn counted(spans: &[(&str, &str)], zone: &str) -> (i64, i64, i64, i64) {
        let spans: Vec<_> = spans.iter().map(|(a, b)| (at(a), at(b))).collect();
        let holidays = BTreeSet::from([jiff::civil::date(2026, 12, 25)]);
        let h = hours(&spans, &TimeZone::get(zone).expect("a zone"), &holidays);
        [h.seconds, h.night_seconds, h.weekend_seconds, h.holiday_seconds].map(Hours::whole).into()
    }

    #[test]
    fn a_night_is_a_night_where_the_person_lives() {
        // Thursday 20:00 to Friday 08:00 in Amsterdam
        let shift = [("2026-11-19T19:00:00Z", "2026-11-20T07:00:00Z")];
        assert_eq!(counted(&shift, "Europe/Amsterdam"), (12, 10, 0, 0));
        assert_eq!(counted(&shift, "America/Toronto"), (12, 4, 0, 0), "14:00 to 02:00");
    }

    #[test]
    fn weekends_holidays_and_overlaps_count_once() {
        let weekend = [("2026-11-20T19:00:00Z", "2026-11-23T07:00:00Z")]; // Friday 20:00 to Monday 08:00
        assert_eq!(counted(&weekend, "Europe/Amsterdam"), (60, 30, 48, 0));
        let twice = [weekend[0], ("2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"), weekend[0]];
        assert_eq!(counted(&twice, "Europe/Amsterdam"), (60, 30, 48, 0));
        let christmas = [("2026-12-24T23:00:00Z", "2026-12-25T23:00:00Z")];
        assert_eq!(counted(&christmas, "Europe/Amsterdam"), (24, 10, 0, 24));
    }

    #[test]
    fn the_night_of_the_change_has_the_hours_it_has() {
        // 28 March, the clocks go forward at two: 22:00 to 08:00 is nine hours
        assert_eq!(counted(&[("2026-03-28T22:00:00Z", "2026-03-29T07:00:00Z")], "Europe/London").1, 9);
        assert_eq!(counted(&[("2026-10-24T21:00:00Z", "2026-10-25T08:00:00Z")], "Europe/London").1, 11);
    }
}
