//! When cycles begin and end, and by when what is written in them is due: days of the plan's zone, holidays moved.

use std::collections::BTreeSet;

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime, Time, Weekday},
    tz::TimeZone,
};

use crate::rota::{WallTime, day_of, time_of, word_of};

/// A cycle that is not shorter than this keeps its own ISO week, and so its own name.
const SHORTEST: i32 = 7;

/// Days that a deadline is moved at the most: holidays longer than that are none.
const FARTHEST: usize = 31;

/// The days of a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Days {
    /// First day.
    pub(super) first: Date,
    /// Last day.
    pub(super) last: Date,
}

/// Reads `tue 15:00`.
pub(super) fn moment(text: &str) -> Option<WallTime> {
    let (day, time) = text.trim().split_once(char::is_whitespace)?;
    Some(WallTime { day: day_of(day)?, time: time_of(time)? })
}

/// Writes it as it is kept.
pub(super) fn written(at: WallTime) -> String {
    format!("{} {}", word_of(at.day), at.time.strftime("%H:%M"))
}

/// The ISO week of a day, as cycles are named: `2026-w46`.
pub(super) fn slug(first: Date) -> String {
    let week = first.iso_week_date();
    format!("{}-w{:02}", week.year(), week.week())
}

/// The cycle that a day lies in, counted from the first day of any other.
pub(super) fn around(day: Date, anchor: Date, weeks: i16) -> Days {
    let length = i32::from(weeks) * 7;
    let since = (day - anchor).get_days();
    let first = anchor.saturating_add((since.div_euclid(length) * length).days());
    Days { first, last: first.saturating_add((length - 1).days()) }
}

/// The cycle after one that ended on `last`, in which or before which `day` is not over. After an edit of the plan it begins where the
/// former ended, and is shorter or longer than others, so that no day lies in two and none in between.
pub(super) fn next(last: Date, anchor: Date, weeks: i16) -> Days {
    let first = last.saturating_add(1.day());
    let mut whole = around(first, anchor, weeks);
    if (whole.last - first).get_days() + 1 < SHORTEST {
        whole = around(whole.last.saturating_add(1.day()), anchor, weeks);
    }
    Days { first, last: whole.last }
}

/// When each height is due, from 0, and when it is published, for a cycle that ends on `last`: the first such time of the week after it,
/// each after the one before. What falls on a holiday is moved to the next working day at the same time, and pushes on whatever would
/// not come after it any more.
pub(super) fn cascade(
    last: Date,
    levels: &[WallTime],
    publish: WallTime,
    zone: &TimeZone,
    holidays: &BTreeSet<Date>,
) -> (Vec<Timestamp>, Timestamp) {
    // as the week says, and as it is after holidays
    let mut plain = last.saturating_add(1.day()).to_datetime(Time::midnight());
    let mut moved = plain;
    let mut all: Vec<_> = levels
        .iter()
        .chain([&publish])
        .enumerate()
        .map(|(nth, at)| {
            let mut day = plain.date();
            while day.weekday() != at.day || (nth > 0 && day.to_datetime(at.time) <= plain) {
                day = day.saturating_add(1.day());
                if day == Date::MAX {
                    break;
                }
            }
            plain = day.to_datetime(at.time);
            for _ in 0..FARTHEST {
                let late = nth == 0 || day.to_datetime(at.time) > moved;
                if late && !holidays.contains(&day) && (day == plain.date() || !is_weekend(day)) {
                    break;
                }
                day = day.saturating_add(1.day());
            }
            moved = day.to_datetime(at.time);
            instant(zone, moved)
        })
        .collect();
    let publish = all.pop().unwrap_or_else(|| instant(zone, moved));
    (all, publish)
}

/// Midnight at the beginning of a day.
pub(super) fn midnight(day: Date, zone: &TimeZone) -> Timestamp {
    instant(zone, day.to_datetime(Time::midnight()))
}

/// What a height is due by; above the last, the last holds.
pub(super) fn at_level(due: &[Timestamp], level: i16) -> Option<Timestamp> {
    let level = usize::try_from(level).ok()?.min(due.len().checked_sub(1)?);
    due.get(level).copied()
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// A time that the zone leaves out lies behind the change, and of one that comes twice it is the first: as in the rota.
fn instant(zone: &TimeZone, wall: DateTime) -> Timestamp {
    zone.to_ambiguous_timestamp(wall).compatible().unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn usual() -> (Vec<WallTime>, WallTime) {
        let levels = ["tue 15:00", "wed 15:00", "thu 15:00"];
        (levels.iter().map(|at| moment(at).unwrap()).collect(), moment("fri 09:00").unwrap())
    }

    /// As wall times in Amsterdam.
    fn read(last: Date, levels: &[WallTime], publish: WallTime, holidays: &[Date]) -> Vec<String> {
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        let (due, publish) = cascade(last, levels, publish, &zone, &holidays.iter().copied().collect());
        due.into_iter()
            .chain([publish])
            .map(|at| at.to_zoned(zone.clone()).strftime("%a %d %b %H:%M").to_string())
            .collect()
    }

    #[test]
    fn days_and_times_are_read_and_written() {
        assert_eq!(written(moment(" Tuesday 9:05 ").unwrap()), "tue 09:05");
        for bad in ["", "tue", "15:00", "someday 15:00", "tue 25:00", "tue 15:00 or so"] {
            assert!(moment(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn every_day_lies_in_one_cycle() {
        let anchor = date(2026, 11, 9);
        for (day, first) in [
            (date(2026, 11, 9), date(2026, 11, 9)),
            (date(2026, 11, 22), date(2026, 11, 9)),
            (date(2026, 11, 23), date(2026, 11, 23)),
            (date(2026, 11, 8), date(2026, 10, 26)),
            (date(2025, 11, 10), date(2025, 11, 10)),
        ] {
            let days = around(day, anchor, 2);
            assert_eq!((days.first, (days.last - days.first).get_days()), (first, 13), "{day}");
        }
    }

    #[test]
    fn cycles_are_named_by_the_iso_week_they_begin_in() {
        assert_eq!(slug(date(2026, 11, 9)), "2026-w46");
        assert_eq!(slug(date(2027, 1, 1)), "2026-w53", "the first of January may lie in the year before");
        assert_eq!(slug(date(2026, 1, 5)), "2026-w02");
    }

    #[test]
    fn a_cycle_follows_on_the_former_whatever_the_plan_says_now() {
        let anchor = date(2026, 11, 9);
        let last = date(2026, 11, 22);
        assert_eq!(next(last, anchor, 2), Days { first: date(2026, 11, 23), last: date(2026, 12, 6) });
        // a week later now: three days would be left over, so they are added to the first whole one
        let moved = next(last, date(2026, 11, 26), 2);
        assert_eq!(moved, Days { first: date(2026, 11, 23), last: date(2026, 12, 9) });
        // ten days are a cycle of their own
        assert_eq!(next(last, date(2026, 12, 3), 4).last, date(2026, 12, 2));
    }

    #[test]
    fn deadlines_go_up_the_tree_in_the_week_after() {
        let (levels, publish) = usual();
        assert_eq!(
            read(date(2026, 11, 22), &levels, publish, &[]),
            ["Tue 24 Nov 15:00", "Wed 25 Nov 15:00", "Thu 26 Nov 15:00", "Fri 27 Nov 09:00"]
        );
        // a cycle may end in mid-week: the first Tuesday after its last day
        assert_eq!(read(date(2026, 11, 24), &levels, publish, &[])[0], "Tue 01 Dec 15:00");
        // an earlier day of the week further up is that of the week after
        let up = [moment("thu 12:00").unwrap(), moment("mon 12:00").unwrap()];
        assert_eq!(
            read(date(2026, 11, 22), &up, publish, &[]),
            ["Thu 26 Nov 12:00", "Mon 30 Nov 12:00", "Fri 04 Dec 09:00"]
        );
    }

    #[test]
    fn a_deadline_on_the_day_after_the_last_counts() {
        let monday = [moment("mon 00:00").unwrap()];
        let publish = moment("mon 09:00").unwrap();
        assert_eq!(read(date(2026, 11, 22), &monday, publish, &[]), ["Mon 23 Nov 00:00", "Mon 23 Nov 09:00"]);
    }

    #[test]
    fn a_holiday_moves_a_deadline_and_pushes_on_what_comes_after() {
        let (levels, publish) = usual();
        let read = |holidays: &[Date]| read(date(2026, 11, 22), &levels, publish, holidays);
        // the one in the middle pushes on those behind it, and publishing over the weekend
        assert_eq!(
            read(&[date(2026, 11, 25)]),
            ["Tue 24 Nov 15:00", "Thu 26 Nov 15:00", "Fri 27 Nov 15:00", "Mon 30 Nov 09:00"]
        );
        assert_eq!(read(&[date(2026, 11, 27)])[3], "Mon 30 Nov 09:00");
        assert_eq!(
            read(&[date(2026, 11, 24), date(2026, 11, 25)]),
            ["Thu 26 Nov 15:00", "Fri 27 Nov 15:00", "Mon 30 Nov 15:00", "Tue 01 Dec 09:00"]
        );
        assert_eq!(read(&[date(2026, 11, 23)])[0], "Tue 24 Nov 15:00", "a holiday before it changes nothing");
    }

    #[test]
    fn due_times_are_wall_times_over_a_change_of_the_clocks() {
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        let (levels, publish) = usual();
        let (summer, _) = cascade(date(2026, 10, 18), &levels, publish, &zone, &BTreeSet::new());
        let (winter, _) = cascade(date(2026, 10, 25), &levels, publish, &zone, &BTreeSet::new());
        assert_eq!(
            (summer[0].to_string(), winter[0].to_string()),
            ("2026-10-20T13:00:00Z".to_owned(), "2026-10-27T14:00:00Z".to_owned())
        );
    }

    #[test]
    fn above_the_last_height_the_last_holds() {
        let due: Vec<_> = [1, 2].map(|s| Timestamp::from_second(s).unwrap()).into();
        assert_eq!(at_level(&due, 0), Some(due[0]));
        assert_eq!(at_level(&due, 7), Some(due[1]));
        assert_eq!(at_level(&[], 0), None);
    }
}
