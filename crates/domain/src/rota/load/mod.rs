//! How much on-call is asked of whom, from the shifts themselves: what was worked and what is planned, overrides and swaps
//! counted. What pages add to it, and the whole that people see, is [`crate::load`].

mod hours;
mod share;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde::Serialize;

pub use hours::Hours;
pub use share::{TooOften, too_often};

use super::{
    Contact, Duty, Held, Purpose, Schedule, ScheduleFilter, ScheduleName,
    renew::HORIZON,
    schedules,
    span::{Span, union},
    store,
};
use crate::{
    Cx, Limit, PersonId, Result, ScheduleId,
    people::{self, TeamName, require_insider},
    settings::{self, Settings},
};
use hours::hours;

/// How something is to be borne.
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
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Asked {
    /// Shifts.
    pub shifts: usize,
    /// Hours, all together and by the time of the day where the person lives; overlaps counted once.
    pub hours: Hours,
    /// One in so many: the time that the schedules they take part in cover, from when they first did, divided by theirs.
    /// None without a shift.
    pub one_in: Option<f64>,
    /// How that is; none without a shift, and for whoever joined less than four weeks ago: a first week at once would look
    /// like every week.
    pub bearing: Option<Bearing>,
    /// From when on it is counted, if they first took part within the range.
    pub since: Option<Timestamp>,
}

/// What the shifts of one person come to.
#[derive(Debug, Clone, Serialize)]
pub struct PersonShare {
    /// Who.
    pub person: Contact,
    /// In the 26 weeks that are past.
    pub last: Asked,
    /// In the 26 weeks to come, as planned.
    pub next: Asked,
    /// The schedules on which they have a shift to come.
    pub on: Vec<ScheduleName>,
}

/// What the shifts of a team come to, by name of the people.
#[derive(Debug, Clone)]
pub struct TeamShare {
    /// The team.
    pub team: TeamName,
    /// Since when, now, and until when.
    pub span: (Timestamp, Timestamp, Timestamp),
    /// Everybody with a shift.
    pub people: Vec<PersonShare>,
    /// The days of the holiday calendars that its schedules follow.
    pub holidays: BTreeSet<Date>,
    /// What the figures are marked by.
    pub settings: Settings,
}

/// What the shifts of a team (slug) come to, 26 weeks back and ahead. For the team and those it reports to.
pub async fn of_team(cx: &mut Cx<'_>, slug: &str) -> Result<TeamShare> {
    let team = people::team(cx, slug).await?;
    require_insider(cx, team.id, &format!("the load of {}", team.name)).await?;
    let settings = settings::read(cx).await?;
    // what was worked on a schedule that is closed by now was worked
    let of_team = ScheduleFilter {
        team: Some(team.slug.clone()),
        purpose: Some(Purpose::OnCall),
        closed: true,
        ..ScheduleFilter::default()
    };
    let schedules = schedules(cx, &of_team, None, Limit::new(Limit::MAX)?).await?.items;
    let keys: Vec<_> = schedules.iter().map(|s| s.id).collect();
    let now = cx.now();
    let duties = store::duties_of_schedules(cx, &keys, now - HORIZON, now + HORIZON).await?;
    let holidays = store::holidays_of_schedules(cx, &keys).await?;
    let mut people: Vec<Contact> = Vec::new();
    for person in duties.iter().filter_map(Duty::on_call) {
        if people.iter().all(|p| p.id != person.id) {
            people.push(person.clone());
        }
    }
    people.sort_by_key(|p| p.name.to_lowercase());
    let ids: Vec<_> = people.iter().map(|p| p.id).collect();
    let joined = store::joined(cx, &keys, &ids).await?;
    let reckoning = Reckoning { schedules, duties, holidays, joined, settings, span: span_at(now) };
    let people = people.into_iter().map(|person| reckoning.of(person)).collect();
    let team = TeamName { id: team.id, slug: team.slug, name: team.name };
    let Reckoning { span, holidays, settings, .. } = reckoning;
    Ok(TeamShare { team, span, people, holidays, settings })
}

/// What the actor's own shifts come to, on all on-call schedules, and the holidays that count for them; none if they have
/// no shift.
pub async fn of_me(cx: &mut Cx<'_>) -> Result<(Option<PersonShare>, BTreeSet<Date>)> {
    let me = cx.reader()?;
    let settings = settings::read(cx).await?;
    let now = cx.now();
    let mut duties = store::duties_of_person(cx, me, now - HORIZON, now + HORIZON).await?;
    duties.retain(|d| d.purpose == Purpose::OnCall && d.held == Held::Person);
    let mut keys: Vec<_> = duties.iter().map(|d| d.schedule.id).collect();
    keys.sort_unstable();
    keys.dedup();
    let schedules = store::schedules_by_ids(cx, &keys).await?;
    let holidays = store::holidays_of_schedules(cx, &keys).await?;
    let person = duties.iter().find_map(|d| d.on_call().cloned());
    let joined = store::joined(cx, &keys, &[me]).await?;
    let reckoning = Reckoning { schedules, duties, holidays, joined, settings, span: span_at(now) };
    let share = person.map(|person| reckoning.of(person));
    Ok((share, reckoning.holidays))
}

/// Who joined less than this long ago has not had their share yet.
const TELLING: SignedDuration = SignedDuration::from_hours(24 * 7 * 4);

fn span_at(now: Timestamp) -> (Timestamp, Timestamp, Timestamp) {
    (now - HORIZON, now, now + HORIZON)
}

/// What figures are reckoned from.
struct Reckoning {
    schedules: Vec<Schedule>,
    duties: Vec<Duty>,
    holidays: BTreeSet<Date>,
    /// Since when people take part in which schedule: from their first turn in a rotation on, or their first shift.
    joined: BTreeMap<(PersonId, ScheduleId), Timestamp>,
    settings: Settings,
    span: (Timestamp, Timestamp, Timestamp),
}

impl Reckoning {
    fn of(&self, person: Contact) -> PersonShare {
        let (begin, now, end) = self.span;
        let mut on: Vec<ScheduleName> = Vec::new();
        for duty in self.duties.iter().filter(|d| d.end > now && is_of(d, person.id)) {
            if !on.contains(&duty.schedule) {
                on.push(duty.schedule.clone());
            }
        }
        PersonShare { last: self.asked(&person, begin, now), next: self.asked(&person, now, end), person, on }
    }

    fn asked(&self, person: &Contact, from: Timestamp, to: Timestamp) -> Asked {
        let own: Vec<_> = self
            .duties
            .iter()
            .filter(|d| is_of(d, person.id))
            .map(|d| (d.start.max(from), d.end.min(to)))
            .filter(|(start, end)| end.duration_since(*start) > SignedDuration::ZERO)
            .collect();
        let zone = TimeZone::get(&person.time_zone).unwrap_or(TimeZone::UTC);
        let hours = hours(&own, &zone, &self.holidays);
        let held = share::f64_of(hours.seconds);
        let one_in = (held > 0.0).then(|| share::f64_of(self.covered(person.id, from, to)) / held);
        let joined = self.joined.iter().filter(|((who, _), _)| *who == person.id).map(|(_, at)| *at).min();
        let since = joined.filter(|at| *at > from && *at < to);
        // a schedule that is itself so new is another matter: everybody began then
        let made = self.schedules.iter().map(|s| s.created_at).min();
        let is_new =
            since.is_some_and(|at| to.duration_since(at) < TELLING && made.is_some_and(|made| made < at));
        let bearing = one_in.filter(|_| !is_new).map(|n| Bearing::of(n, &self.settings));
        Asked { shifts: own.len(), hours, one_in, bearing, since }
    }

    /// Seconds of a range that any of the schedules covers in which a person takes part, of each from when they first did:
    /// what was before they joined says nothing about them. What two of them cover at once counts once: otherwise two rotas
    /// of three people each would look as if everybody had one week in six.
    fn covered(&self, person: PersonId, from: Timestamp, to: Timestamp) -> i64 {
        let spans = self.schedules.iter().flat_map(|s| {
            let joined = self.joined.get(&(person, s.id));
            let end = s.closed_at.map_or(to, |closed| closed.min(to));
            let all = joined.and_then(|joined| Span::new(from.max(s.created_at).max(*joined), end));
            all.map(|all| s.coverage.spans(&s.zone(), all)).unwrap_or_default()
        });
        union(spans.collect()).iter().map(|span| span.end.duration_since(span.start).as_secs()).sum()
    }
}

fn is_of(duty: &Duty, person: PersonId) -> bool {
    duty.on_call().is_some_and(|p| p.id == person)
}
