//! Working hours, as far as a page that can wait needs them.

use jiff::{
    Timestamp, ToSpan,
    civil::{Weekday, time},
    tz::TimeZone,
};

/// When whoever lives in `zone` works next: now, within Monday to Friday 09:00 to 17:00, else the next such morning.
pub(super) fn next_working(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let here = now.to_zoned(zone.clone());
    let works = |day: Weekday| !matches!(day, Weekday::Saturday | Weekday::Sunday);
    if works(here.weekday()) && (time(9, 0, 0, 0)..time(17, 0, 0, 0)).contains(&here.time()) {
        return now;
    }
    // at most three days ahead: the loop ends at the first morning that is one of work
    let mut day = here.date();
    for _ in 0..4 {
        let morning = day.to_datetime(time(9, 0, 0, 0)).to_zoned(zone.clone()).map(|z| z.timestamp());
        if let Ok(morning) = morning
            && works(day.weekday())
            && morning > now
        {
            return morning;
        }
        day = day.saturating_add(1.day());
    }
    now
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_wait_waits_for_the_next_working_morning_where_the_person_is() {
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        for (now, next) in [
            ("2026-11-19T09:00:00Z", "2026-11-19T09:00:00Z"), // Thursday 10:00: at once
            ("2026-11-19T07:59:59Z", "2026-11-19T08:00:00Z"), // before nine: at nine
            ("2026-11-19T16:00:00Z", "2026-11-20T08:00:00Z"), // 17:00: tomorrow
            ("2026-11-20T16:30:00Z", "2026-11-23T08:00:00Z"), // Friday evening: Monday
            ("2026-11-21T10:00:00Z", "2026-11-23T08:00:00Z"), // Saturday
            ("2026-03-28T10:00:00Z", "2026-03-30T07:00:00Z"), // over the weekend on which the clocks change
        ] {
            assert_eq!(next_working(now.parse().unwrap(), &zone), next.parse().unwrap(), "{now}");
        }
    }
}
