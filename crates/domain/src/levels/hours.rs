//! The support hours of a team: targets count in them alone.

use jiff::{
    SignedDuration, Timestamp,
    civil::{Time, Weekday},
    tz::TimeZone,
};

use crate::{
    Cx, Result, TeamId, people,
    rota::{self, Coverage, Purpose, WallTime, Window},
};

/// When a team answers.
#[derive(Debug, Clone)]
pub struct Hours {
    /// The zone in which they are meant.
    pub zone: TimeZone,
    /// The times of the week, and the days off.
    pub coverage: Coverage,
    /// Name of the schedule that says so; none: the team has no support schedule, and these are the usual hours.
    pub schedule: Option<String>,
}

impl Hours {
    /// What holds where a team has no support schedule: Monday to Friday, nine to five.
    pub fn usual(zone: &str) -> Self {
        const DAYS: [Weekday; 5] =
            [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
        let at = |day, hour| WallTime { day, time: Time::constant(hour, 0, 0, 0) };
        let windows = DAYS.into_iter().map(|day| Window { start: at(day, 9), end: at(day, 17) }).collect();
        Self {
            zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC),
            coverage: Coverage::Windows { windows, holidays: std::collections::BTreeSet::new() },
            schedule: None,
        }
    }

    /// The support hours of a team: the coverage of its support schedule, else the usual ones in the zone of its lead.
    pub async fn of_team(cx: &mut Cx<'_>, team: TeamId) -> Result<Self> {
        if let Some(schedule) = rota::schedules_of_team(cx, team, Purpose::Support).await?.into_iter().next()
        {
            return Ok(Self {
                zone: schedule.zone(),
                coverage: schedule.coverage,
                schedule: Some(schedule.name),
            });
        }
        let lead = people::leads_to_ask(cx, team).await?.into_iter().next();
        Ok(match lead {
            Some(lead) => Self::usual(&people::person_by_id(cx, lead.id).await?.time_zone),
            None => Self::usual("UTC"),
        })
    }

    /// How much of a span lies in them.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> SignedDuration {
        rota::covered_between(&self.coverage, &self.zone, from, to)
    }

    /// The instant at which `length` of them has passed since `from`; none: they never come.
    pub fn after(&self, from: Timestamp, length: SignedDuration) -> Option<Timestamp> {
        rota::add_covered(&self.coverage, &self.zone, from, length)
    }

    /// The first instant of them at or after `from`; none: they never come.
    pub fn next(&self, from: Timestamp) -> Option<Timestamp> {
        rota::next_covered(&self.coverage, &self.zone, from)
    }

    /// Where they come from, in words.
    pub fn words(&self) -> String {
        let zone = self.zone.iana_name().unwrap_or("UTC");
        match &self.schedule {
            Some(name) => format!("those of {name}, in {zone}"),
            None => format!("Monday to Friday from nine to five in {zone}"),
        }
    }
}
