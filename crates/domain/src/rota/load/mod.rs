//! How much is asked of whom, from the shifts themselves: what was worked and what is planned, overrides and swaps
//! counted. Figures help the team and its chain; they rank nobody, so nobody else sees them.

mod hours;
mod share;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::Serialize;

pub use hours::Hours;
pub use share::{TooOften, too_often};

use super::{
    Contact, Duty, Held, Purpose, ScheduleFilter, covered_between, renew::HORIZON, schedules, store,
};
use crate::{
    Cx, Limit, PersonId, Result,
    people::{self, TeamName, require_insider},
    settings::{self, Settings},
};
use hours::hours;

/// How it is to be on call that often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bearing {
    /// As it should be.
    Good,
    /// Bearable.
    Tolerable,
    /// More than anybody should bear for long.
    TooOften,
}

impl Bearing {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Tolerable => "tolerable",
            Self::TooOften => "too-often",
        }
    }

    /// By one in how many, as the settings have it; compared as it is shown, to a tenth.
    pub fn of(one_in: f64, settings: &Settings) -> Self {
        let shown = (one_in * 10.0).round() / 10.0;
        if shown >= share::f64_of(settings.load_good_one_in) {
            Self::Good
        } else if shown >= share::f64_of(settings.load_least_one_in) {
            Self::Tolerable
        } else {
            Self::TooOften
        }
    }
}

/// What is asked of one person in one half year.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Asked {
    /// Shifts.
    pub shifts: usize,
    /// Hours, all together and by the time of the day where the person lives; overlaps counted once.
    pub hours: Hours,
    /// One in so many: covered time of the team's schedules divided by theirs. None without a shift.
    pub one_in: Option<f64>,
    /// How that is.
    pub bearing: Option<Bearing>,
}

/// The load of one person in a team.
#[derive(Debug, Clone, Serialize)]
pub struct PersonLoad {
    /// Who.
    pub person: Contact,
    /// In the 26 weeks that are past.
    pub last: Asked,
    /// In the 26 weeks to come, as planned.
    pub next: Asked,
}

/// The load of a team's on-call schedules, by name of the people.
#[derive(Debug, Clone, Serialize)]
pub struct TeamLoad {
    /// The team.
    pub team: TeamName,
    /// Since when, now, and until when.
    pub span: (Timestamp, Timestamp, Timestamp),
    /// Everybody with a shift.
    pub people: Vec<PersonLoad>,
    /// What the figures are marked by.
    pub settings: Settings,
}

/// The load of a team (slug), 26 weeks back and ahead. For the team and those it reports to.
pub async fn of_team(cx: &mut Cx<'_>, slug: &str) -> Result<TeamLoad> {
    let team = people::team(cx, slug).await?;
    require_insider(cx, team.id, &format!("the load of {}", team.name)).await?;
    let settings = settings::read(cx).await?;
    let now = cx.now();
    let (begin, end) = (now - HORIZON, now + HORIZON);
    let of_team = ScheduleFilter {
        team: Some(team.slug.clone()),
        purpose: Some(Purpose::OnCall),
        ..ScheduleFilter::default()
    };
    let schedules = schedules(cx, &of_team, None, Limit::new(Limit::MAX)?).await?.items;
    let keys: Vec<_> = schedules.iter().map(|s| s.id).collect();
    let duties = store::duties_of_schedules(cx, &keys, begin, end).await?;
    let holidays = store::holidays_of_schedules(cx, &keys).await?;
    let covered = |from: Timestamp, to: Timestamp| -> i64 {
        schedules
            .iter()
            .map(|s| covered_between(&s.coverage, &s.zone(), from.max(s.created_at).min(to), to).as_secs())
            .sum()
    };
    let (worked, planned) = (covered(begin, now), covered(now, end));
    let mut people: Vec<Contact> = Vec::new();
    for person in duties.iter().filter(|d| d.held == Held::Person).filter_map(|d| d.person.as_ref()) {
        if people.iter().all(|p| p.id != person.id) {
            people.push(person.clone());
        }
    }
    people.sort_by_key(|p| p.name.to_lowercase());
    let asked = |person: &Contact, from: Timestamp, to: Timestamp, covered: i64| {
        let own = spans(&duties, person.id, from, to);
        let zone = TimeZone::get(&person.time_zone).unwrap_or(TimeZone::UTC);
        let hours = hours(&own, &zone, &holidays);
        let held = share::f64_of(hours.seconds);
        let one_in = (held > 0.0).then(|| share::f64_of(covered) / held);
        Asked { shifts: own.len(), hours, one_in, bearing: one_in.map(|n| Bearing::of(n, &settings)) }
    };
    let people = people
        .into_iter()
        .map(|person| PersonLoad {
            last: asked(&person, begin, now, worked),
            next: asked(&person, now, end, planned),
            person,
        })
        .collect();
    let team = TeamName { id: team.id, slug: team.slug, name: team.name };
    Ok(TeamLoad { team, span: (begin, now, end), people, settings })
}

/// The times of one person within a range.
fn spans(duties: &[Duty], person: PersonId, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    duties
        .iter()
        .filter(|d| d.held == Held::Person && d.person.as_ref().is_some_and(|p| p.id == person))
        .map(|d| (d.start.max(from), d.end.min(to)))
        .filter(|(start, end)| end.duration_since(*start) > SignedDuration::ZERO)
        .collect()
}
