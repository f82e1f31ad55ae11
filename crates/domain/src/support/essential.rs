//! How much of a team's working time goes into keeping things running.
//!
//! Definition: of the working hours of a week (Monday to Friday, nine to five in the team's zone), the share in which its
//! people have a support shift or are on call, over the working hours of all its members. Time of one person in two
//! shifts at once counts once; nights and weekends on call do not count here, for nobody plans work then.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Week;
use crate::{Cx, Error, PersonId, Result, TeamId, levels::Hours, people, rota, settings};

/// The share of one week.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Essential {
    /// Members whose time counts.
    pub members: i64,
    /// Their working hours.
    pub working_hours: f64,
    /// Those of them in support or on call.
    pub essential_hours: f64,
    /// Percent from which on it crowds out improvement, as the settings say.
    pub high_from: i64,
    /// Percent from which on it is an alarm.
    pub alarm_from: i64,
}

impl Essential {
    /// Between 0 and 1; more if people of other teams help out.
    pub fn share(&self) -> f64 {
        if self.working_hours > 0.0 { self.essential_hours / self.working_hours } else { 0.0 }
    }

    /// Whether it crowds out improvement.
    pub fn is_high(&self) -> bool {
        self.reaches(self.high_from)
    }

    /// Whether it is an alarm.
    pub fn is_alarm(&self) -> bool {
        self.reaches(self.alarm_from)
    }

    #[expect(clippy::cast_precision_loss, reason = "a percentage")]
    fn reaches(&self, percent: i64) -> bool {
        self.working_hours > 0.0 && self.share() * 100.0 >= percent as f64
    }
}

/// How much of the working hours between two instants people spend in these shifts, each person's time once.
pub fn share(
    shifts: &[(PersonId, Timestamp, Timestamp)],
    working: &Hours,
    (from, until): (Timestamp, Timestamp),
) -> SignedDuration {
    let mut of_person: BTreeMap<PersonId, Vec<(Timestamp, Timestamp)>> = BTreeMap::new();
    for (person, start, end) in shifts {
        let (start, end) = ((*start).max(from), (*end).min(until));
        if start < end {
            of_person.entry(*person).or_default().push((start, end));
        }
    }
    let mut sum = SignedDuration::ZERO;
    for mut spans in of_person.into_values() {
        spans.sort_unstable();
        let mut reached = from;
        for (start, end) in spans {
            let start = start.max(reached);
            if start < end {
                sum += working.between(start, end);
                reached = end;
            }
        }
    }
    sum
}

/// What the actor is told of a team's share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ShareTold {
    /// It.
    Known(Essential),
    /// The team has no members, or no shifts at all.
    Unknown,
    /// It is for the team and those it reports to.
    Withheld,
}

impl ShareTold {
    /// It, if it is known and told.
    pub fn known(self) -> Option<Essential> {
        if let Self::Known(share) = self { Some(share) } else { None }
    }
}

/// The share of a team in a week, for the team and those it reports to. Of the running week the whole is told, as its shifts
/// stand.
pub async fn essential(cx: &mut Cx<'_>, team: TeamId, week: Week) -> Result<ShareTold> {
    cx.reader()?;
    match people::require_insider(cx, team, "the time that a team has left").await {
        Err(Error::Forbidden(_)) => return Ok(ShareTold::Withheld),
        other => other?,
    }
    let zone = Hours::of_team(cx, team).await?.zone;
    let working = Hours::usual(zone.iana_name().unwrap_or("UTC"));
    let span = week.span(&working.zone);
    let shifts = rota::shifts_of_team(cx, team, span.0, span.1).await?;
    let members = people::members(cx, team, None, crate::Limit::new(1)?).await?.total;
    if members == 0 || shifts.is_empty() {
        return Ok(ShareTold::Unknown);
    }
    let spent = share(&shifts, &working, span);
    let of_one = working.between(span.0, span.1);
    #[expect(clippy::cast_precision_loss, reason = "a team has few members")]
    let working_hours = hours(of_one) * members as f64;
    let settings = settings::read(cx).await?;
    Ok(ShareTold::Known(Essential {
        members,
        working_hours,
        essential_hours: hours(spent),
        high_from: settings.load_essential_warn,
        alarm_from: settings.load_essential_alarm,
    }))
}

fn hours(length: SignedDuration) -> f64 {
    length.as_secs_f64() / 3600.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn time_in_two_shifts_counts_once_and_nights_do_not_count() {
        let working = Hours::usual("UTC");
        let week = (at("2026-11-16T00:00:00Z"), at("2026-11-23T00:00:00Z"));
        let (one, two) = (PersonId::new(), PersonId::new());
        let shifts = [
            (one, at("2026-11-09T09:00:00Z"), at("2026-11-17T09:00:00Z")), // Monday of it counts: 8 h
            (one, at("2026-11-16T09:00:00Z"), at("2026-11-16T17:00:00Z")), // the same day again
            (one, at("2026-11-20T22:00:00Z"), at("2026-11-22T22:00:00Z")), // a weekend
            (two, at("2026-11-18T15:00:00Z"), at("2026-11-19T11:00:00Z")), // 2 h and 2 h
        ];
        assert_eq!(share(&shifts, &working, week), SignedDuration::from_hours(12));
    }

    #[test]
    fn two_of_five_are_much_and_three_are_an_alarm() {
        let of = |essential_hours| Essential {
            members: 5,
            working_hours: 200.0,
            essential_hours,
            high_from: 40,
            alarm_from: 50,
        };
        assert!(!of(79.0).is_high());
        assert!(of(80.0).is_high() && !of(99.0).is_alarm());
        assert!(of(100.0).is_alarm());
        assert!(!Essential { working_hours: 0.0, ..of(1.0) }.is_high());
    }
}
