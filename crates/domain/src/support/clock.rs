//! By when the team owes a word. Pure, over the events of a request: time runs in support hours alone, from when a word
//! is owed until it is given, and rests while the next word is the requester's.

use jiff::{SignedDuration, Timestamp};

use super::EventKind;
use crate::levels::Hours;

/// Which word is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owed {
    /// The first one.
    First,
    /// One of the next.
    Next,
}

/// What runs until the next word of the team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    /// Which word.
    pub owed: Owed,
    /// When it ran; the last span may still run.
    pub spans: Vec<(Timestamp, Option<Timestamp>)>,
}

impl Clock {
    fn starting(owed: Owed, at: Timestamp) -> Self {
        Self { owed, spans: vec![(at, None)] }
    }

    /// Whether it runs now.
    pub fn runs(&self) -> bool {
        self.spans.last().is_some_and(|(_, until)| until.is_none())
    }

    fn rest(&mut self, at: Timestamp) {
        if let Some((_, until @ None)) = self.spans.last_mut() {
            *until = Some(at);
        }
    }

    fn run(&mut self, at: Timestamp) {
        if !self.runs() {
            self.spans.push((at, None));
        }
    }
}

/// What the events leave running; none: no word is owed.
pub fn clock(events: &[(Timestamp, EventKind)]) -> Option<Clock> {
    let mut clock: Option<Clock> = None;
    for (at, kind) in events {
        match kind {
            EventKind::Asked => clock = Some(Clock::starting(Owed::First, *at)),
            EventKind::Answered | EventKind::Reopened => clock = Some(Clock::starting(Owed::Next, *at)),
            EventKind::AskedBack => clock = Some(Clock { owed: Owed::Next, spans: Vec::new() }),
            EventKind::Closed => clock = None,
            EventKind::Paused => clock.iter_mut().for_each(|c| c.rest(*at)),
            EventKind::Said => clock.iter_mut().for_each(|c| c.run(*at)),
            EventKind::Assigned | EventKind::Moved => {}
        }
    }
    clock
}

/// What is promised of a request, in minutes of support hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    /// Until the first word.
    pub first_answer_minutes: i32,
    /// Until each of the next.
    pub next_answer_minutes: i32,
}

impl Promise {
    fn of(self, owed: Owed) -> SignedDuration {
        SignedDuration::from_mins(i64::from(match owed {
            Owed::First => self.first_answer_minutes,
            Owed::Next => self.next_answer_minutes,
        }))
    }
}

/// When the running clock reaches what is promised: ahead, or behind if it is overdue. None while it rests, and if the
/// support hours never come.
pub fn due(clock: Option<&Clock>, promise: Promise, hours: &Hours) -> Option<Timestamp> {
    let clock = clock.filter(|c| c.runs())?;
    let mut left = promise.of(clock.owed);
    for (from, until) in &clock.spans {
        if let Some(until) = until {
            let ran = hours.between(*from, *until);
            if ran < left {
                left -= ran;
                continue;
            }
        }
        return hours.after(*from, left);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PROMISE: Promise = Promise { first_answer_minutes: 60, next_answer_minutes: 240 };

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn due_of(events: &[(&str, EventKind)]) -> Option<String> {
        let events: Vec<_> = events.iter().map(|(when, kind)| (at(when), *kind)).collect();
        let hours = Hours::usual("Europe/Amsterdam");
        due(clock(&events).as_ref(), PROMISE, &hours).map(|d| d.to_string())
    }

    #[test]
    fn time_runs_in_support_hours_alone() {
        // Friday 16:30 in Amsterdam: half an hour on Friday, half an hour on Monday
        let due = due_of(&[("2026-11-20T15:30:00Z", EventKind::Asked)]);
        assert_eq!(due.as_deref(), Some("2026-11-23T08:30:00Z"));
    }

    #[test]
    fn it_rests_while_whoever_asked_has_the_word() {
        let asked = ("2026-11-23T09:00:00Z", EventKind::Asked);
        let paused = ("2026-11-23T09:40:00Z", EventKind::Paused);
        assert_eq!(due_of(&[asked, paused]), None);
        let back = ("2026-11-24T09:00:00Z", EventKind::Said);
        assert_eq!(
            due_of(&[asked, paused, back]).as_deref(),
            Some("2026-11-24T09:20:00Z"),
            "20 min were left"
        );
    }

    #[test]
    fn each_word_of_the_team_starts_the_next_promise() {
        let asked = ("2026-11-23T09:00:00Z", EventKind::Asked);
        let answered = ("2026-11-23T09:10:00Z", EventKind::Answered);
        assert_eq!(due_of(&[asked, answered]).as_deref(), Some("2026-11-23T13:10:00Z"));
        let back = ("2026-11-23T09:10:00Z", EventKind::AskedBack);
        assert_eq!(due_of(&[asked, back]), None, "it is not the team's turn");
        let said = ("2026-11-23T11:00:00Z", EventKind::Said);
        assert_eq!(due_of(&[asked, back, said]).as_deref(), Some("2026-11-23T15:00:00Z"));
        let closed = ("2026-11-23T12:00:00Z", EventKind::Closed);
        assert_eq!(due_of(&[asked, back, said, closed]), None);
        let again = ("2026-11-25T12:00:00Z", EventKind::Reopened);
        assert_eq!(due_of(&[asked, closed, again]).as_deref(), Some("2026-11-25T16:00:00Z"));
    }

    #[test]
    fn what_was_overdue_before_it_rested_stays_overdue() {
        let asked = ("2026-11-23T09:00:00Z", EventKind::Asked);
        let paused = ("2026-11-23T12:00:00Z", EventKind::Paused);
        let back = ("2026-11-24T09:00:00Z", EventKind::Said);
        assert_eq!(due_of(&[asked, paused, back]).as_deref(), Some("2026-11-23T10:00:00Z"));
    }

    /// A request asked on a Monday morning, then paused and said to in turns, at growing minutes.
    fn turns() -> impl Strategy<Value = Vec<(Timestamp, EventKind)>> {
        prop::collection::vec(1_i64..6_000, 0..12).prop_map(|steps| {
            let mut minute = 0;
            let mut events = vec![(at("2026-03-23T08:00:00Z"), EventKind::Asked)];
            for (nth, step) in steps.into_iter().enumerate() {
                minute += step;
                let kind = if nth % 2 == 0 { EventKind::Paused } else { EventKind::Said };
                events.push((events[0].0 + SignedDuration::from_mins(minute), kind));
            }
            events
        })
    }

    proptest! {
        /// What ran until the due instant is exactly what was promised, over a change of the clocks too.
        #[test]
        fn the_time_that_runs_until_it_is_due_is_what_was_promised(events in turns(), promised in 5_i32..2_000) {
            let hours = Hours::usual("Europe/Amsterdam");
            let promise = Promise { first_answer_minutes: promised, next_answer_minutes: 1 };
            let clock = clock(&events).expect("a word is owed");
            match due(Some(&clock), promise, &hours) {
                None => prop_assert!(!clock.runs()),
                Some(due) => {
                    let ran: SignedDuration = clock.spans.iter().filter(|(from, _)| *from < due)
                        .map(|(from, until)| hours.between(*from, until.map_or(due, |u| u.min(due))))
                        .fold(SignedDuration::ZERO, |sum, one| sum + one);
                    prop_assert_eq!(ran, SignedDuration::from_mins(i64::from(promised)));
                }
            }
        }

        /// Adding words while the clock runs, or giving it to another, changes nothing.
        #[test]
        fn words_in_the_middle_change_nothing(events in turns(), place in 0_usize..12, minutes in 0_i64..60) {
            let hours = Hours::usual("Europe/Amsterdam");
            let before = due(clock(&events).as_ref(), PROMISE, &hours);
            let mut more = events.clone();
            let place = place.min(more.len() - 1);
            let when = more[place].0 + SignedDuration::from_mins(minutes);
            let when = more.get(place + 1).map_or(when, |next| when.min(next.0));
            let running = more[place].1 != EventKind::Paused;
            more.insert(place + 1, (when, if running { EventKind::Said } else { EventKind::Assigned }));
            prop_assert_eq!(due(clock(&more).as_ref(), PROMISE, &hours), before);
        }

        /// Who answers later is not promised an earlier answer.
        #[test]
        fn a_longer_rest_is_no_earlier_answer(pause in 1_i64..3_000, rest in 0_i64..3_000, longer in 0_i64..3_000) {
            let hours = Hours::usual("America/New_York");
            let asked = at("2026-03-05T15:00:00Z");
            let when = |rest: i64| {
                let minute = |m| asked + SignedDuration::from_mins(m);
                let events = [(asked, EventKind::Asked), (minute(pause), EventKind::Paused), (minute(pause + rest), EventKind::Said)];
                due(clock(&events).as_ref(), PROMISE, &hours)
            };
            prop_assert!(when(rest) <= when(rest + longer));
        }
    }
}
