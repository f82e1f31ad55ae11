//! What a page does to a person: by the clock where they live.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Weekday, time},
    tz::TimeZone,
};
use serde::Serialize;

use crate::{PersonId, paging::Judgement, rota::Contact};

/// A page, as far as figures need it.
#[derive(Debug, Clone)]
pub(super) struct Woke {
    pub(super) opened_at: Timestamp,
    pub(super) is_over: bool,
    pub(super) judgement: Option<Judgement>,
    /// What monitoring calls the alert that opened it; none if a person did.
    pub(super) rule: Option<String>,
    /// Whom it reached, and when it first did.
    pub(super) told: Vec<(PersonId, Timestamp)>,
}

/// How often pages called a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Calls {
    /// Pages that reached them; what comes within a minute of the one before is one call.
    pub pages: usize,
    /// Of them outside of working hours where they live.
    pub out_of_hours: usize,
}

/// What comes within this time of the one before is one call.
const AT_ONCE: SignedDuration = SignedDuration::from_mins(1);

/// Tells hours of work from others, for each person where they live.
pub(super) struct Clock<'a> {
    zones: BTreeMap<PersonId, TimeZone>,
    /// Where nothing is known of a person.
    team: &'a TimeZone,
    holidays: &'a BTreeSet<Date>,
}

impl<'a> Clock<'a> {
    pub(super) fn new(people: &[Contact], team: &'a TimeZone, holidays: &'a BTreeSet<Date>) -> Self {
        let zones = people.iter().filter_map(|p| Some((p.id, TimeZone::get(&p.time_zone).ok()?))).collect();
        Self { zones, team, holidays }
    }

    /// The zone in which the team's weeks begin.
    pub(super) fn team(&self) -> &TimeZone {
        self.team
    }

    fn zone(&self, person: Option<PersonId>) -> &TimeZone {
        person.and_then(|id| self.zones.get(&id)).unwrap_or(self.team)
    }

    /// Whether an instant lies outside of Monday to Friday, 08:00 to 18:00, or on a holiday.
    fn is_out_of_hours(&self, person: Option<PersonId>, at: Timestamp) -> bool {
        let there = self.zone(person).to_datetime(at);
        let works = !matches!(there.weekday(), Weekday::Saturday | Weekday::Sunday)
            && !self.holidays.contains(&there.date());
        !(works && (time(8, 0, 0, 0)..time(18, 0, 0, 0)).contains(&there.time()))
    }

    /// Whether a page came out of the hours of the first whom it reached; if it reached nobody, of the team's.
    pub(super) fn is_page_out_of_hours(&self, page: &Woke) -> bool {
        match page.told.iter().min_by_key(|(_, at)| *at) {
            Some((person, at)) => self.is_out_of_hours(Some(*person), *at),
            None => self.is_out_of_hours(None, page.opened_at),
        }
    }

    /// How often these instants called a person.
    pub(super) fn calls(&self, person: PersonId, mut at: Vec<Timestamp>) -> Calls {
        at.sort_unstable();
        let mut calls = Calls::default();
        let mut last: Option<Timestamp> = None;
        for at in at {
            if last.is_none_or(|last| at.duration_since(last) > AT_ONCE) {
                calls.pages += 1;
                calls.out_of_hours += usize::from(self.is_out_of_hours(Some(person), at));
            }
            last = Some(at);
        }
        calls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn contact(id: PersonId, zone: &str) -> Contact {
        Contact {
            id,
            handle: "imke".into(),
            name: "Imke".into(),
            active: true,
            email: None,
            phone: None,
            time_zone: zone.into(),
        }
    }

    fn called(zone: &str, times: &[&str]) -> (usize, usize) {
        let (me, utc) = (PersonId::new(), TimeZone::UTC);
        let holidays = BTreeSet::from([jiff::civil::date(2026, 12, 25)]);
        let people = [contact(me, zone)];
        let calls = Clock::new(&people, &utc, &holidays).calls(me, times.iter().map(|t| at(t)).collect());
        (calls.pages, calls.out_of_hours)
    }

    #[test]
    fn a_page_is_out_of_hours_by_the_clock_where_the_person_lives() {
        assert_eq!(called("Europe/Amsterdam", &["2026-11-19T09:00:00Z"]), (1, 0), "Thursday at ten");
        assert_eq!(called("America/Toronto", &["2026-11-19T09:00:00Z"]), (1, 1), "four in the morning");
        assert_eq!(called("Europe/Amsterdam", &["2026-11-19T17:00:00Z"]), (1, 1), "at six work is over");
        assert_eq!(called("Europe/Amsterdam", &["2026-11-21T11:00:00Z"]), (1, 1), "Saturday at noon");
        assert_eq!(called("Europe/Amsterdam", &["2026-12-25T11:00:00Z"]), (1, 1), "a holiday");
    }

    #[test]
    fn the_hour_that_a_clock_skips_or_repeats_moves_the_end_of_the_night() {
        // the Monday after: eight o'clock is six in UTC, and the Monday before it was seven
        assert_eq!(called("Europe/Amsterdam", &["2026-03-30T06:00:00Z"]), (1, 0));
        assert_eq!(called("Europe/Amsterdam", &["2026-03-23T06:00:00Z"]), (1, 1));
        // both readings of half past two in the night of 25 October are night, and two calls
        let twice = ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"];
        assert_eq!(called("Europe/Amsterdam", &twice), (2, 2));
    }

    #[test]
    fn what_comes_within_a_minute_is_one_call() {
        let storm = ["2026-11-19T02:00:00Z", "2026-11-19T02:00:50Z", "2026-11-19T02:01:50Z"];
        assert_eq!(called("UTC", &storm), (1, 1), "each within a minute of the one before");
        assert_eq!(called("UTC", &["2026-11-19T02:00:00Z", "2026-11-19T02:01:01Z"]), (2, 2));
        assert_eq!(called("UTC", &[]), (0, 0));
    }

    #[test]
    fn a_page_that_reached_nobody_counts_by_the_clock_of_the_team() {
        let zone = TimeZone::get("America/Toronto").expect("a zone");
        let (me, none) = (PersonId::new(), BTreeSet::new());
        let people = [contact(me, "Europe/Amsterdam")];
        let clock = Clock::new(&people, &zone, &none);
        let page = |told| Woke {
            opened_at: at("2026-11-19T09:00:00Z"),
            is_over: true,
            judgement: None,
            rule: None,
            told,
        };
        assert!(clock.is_page_out_of_hours(&page(Vec::new())), "four in the morning in Toronto");
        assert!(!clock.is_page_out_of_hours(&page(vec![(me, at("2026-11-19T09:00:01Z"))])));
        let later = vec![(PersonId::new(), at("2026-11-19T09:05:00Z")), (me, at("2026-11-19T09:00:01Z"))];
        assert!(!clock.is_page_out_of_hours(&page(later)), "the first of them counts");
    }
}
