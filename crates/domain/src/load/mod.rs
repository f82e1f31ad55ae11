//! Whether the load is bearable and fair: shifts and pages of a team, per person and per week, and the alert rules that
//! cause most of it.
//!
//! [`of_team`] gathers what [`rota::load`] reckons from shifts, the pages of the team, what was promised about its alert
//! rules, and the share of its time that keeps things running. [`mine`] is one's own. Counting is done by functions of
//! values (`wake`, `weeks`, `rules`). The figures help the team and its chain; they rank nobody, so nobody else sees them.

mod rules;
mod store;
mod wake;
mod weeks;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::Serialize;

pub use rules::RuleLoad;
pub use wake::Calls;
pub use weeks::{Noise, WEEKS, WeekPages};

use crate::{
    Cx, Limit, PersonId, Result,
    incidents::{self, ActionFilter, ActionState},
    levels::Hours,
    people::TeamName,
    rota::{
        self, Contact,
        load::{Asked, Bearing, PersonShare},
    },
    settings::{self, Settings},
    support::{self, Essential, Week},
};
use wake::Woke;

/// The load of one person in a team.
#[derive(Debug, Clone, Serialize)]
pub struct PersonLoad {
    /// Who.
    pub person: Contact,
    /// In the 26 weeks that are past.
    pub last: Asked,
    /// In the 26 weeks to come, as planned.
    pub next: Asked,
    /// Pages of the team that reached them in the 26 weeks that are past.
    pub calls: Calls,
}

/// The load of a team.
#[derive(Debug, Clone)]
pub struct TeamLoad {
    /// The team.
    pub team: TeamName,
    /// Since when, now, and until when.
    pub span: (Timestamp, Timestamp, Timestamp),
    /// The zone in which weeks begin: that of its support schedule, else of its lead.
    pub zone: TimeZone,
    /// Everybody with a shift or a page, by name.
    pub people: Vec<PersonLoad>,
    /// Pages by week, the oldest first; the last one is this week, still running.
    pub weeks: Vec<WeekPages>,
    /// Business-impacting pages a week in the last four whole weeks.
    pub lately: f64,
    /// How that is.
    pub bearing: Bearing,
    /// Whole weeks with more business-impacting pages than the settings bear.
    pub weeks_over: usize,
    /// What the judgements say.
    pub noise: Noise,
    /// The alert rules that cost most, and those that somebody mends.
    pub rules: Vec<RuleLoad>,
    /// The share of the team's time that keeps things running, this week.
    pub essential: Option<Essential>,
    /// What the figures are marked by.
    pub settings: Settings,
    /// There were more pages than are counted here: the oldest are left out.
    pub is_cut: bool,
}

/// The load of a team (slug), 26 weeks back and ahead. For the team and those it reports to.
pub async fn of_team(cx: &mut Cx<'_>, slug: &str) -> Result<TeamLoad> {
    let share = rota::load::of_team(cx, slug).await?; // refuses everybody else
    let (begin, now, _) = share.span;
    let zone = Hours::of_team(cx, share.team.id).await?.zone;
    let first = Week::of(now, &zone).before(WEEKS);
    let (pages, is_cut) = store::pages_of_team(cx, share.team.id, first.span(&zone).0, now).await?;
    let told: Vec<PersonId> = {
        let mut told: Vec<_> = pages.iter().flat_map(|p| p.told.iter().map(|(who, _)| *who)).collect();
        told.sort_unstable();
        told.dedup();
        told
    };
    let known = rota::contacts(cx, &told).await?;
    let clock = wake::Clock::new(&known, &zone, &share.holidays);
    let filter = ActionFilter {
        team: Some(share.team.slug.clone()),
        state: Some(ActionState::Open),
        rules: true,
        ..ActionFilter::default()
    };
    let promised = incidents::actions(cx, &filter, None, Limit::new(Limit::MAX)?).await?.items;
    let weeks = weeks::count(&pages, &clock, first);
    let settings = share.settings;
    let lately = weeks::lately(&weeks);
    let essential = support::essential(cx, share.team.id, Week::of(now, &zone)).await?.known();
    Ok(TeamLoad {
        lately,
        bearing: weeks::bearing(lately, &settings),
        weeks_over: weeks::over(&weeks, &settings),
        noise: Noise::of(&pages),
        rules: rules::worst(&pages, &clock, promised),
        people: people(share.people, known, &pages, begin, &clock),
        team: share.team,
        span: share.span,
        zone,
        weeks,
        essential,
        settings,
        is_cut,
    })
}

/// Everybody with a shift, then with a page, by name.
fn people(
    shares: Vec<PersonShare>,
    known: Vec<Contact>,
    pages: &[Woke],
    begin: Timestamp,
    clock: &wake::Clock<'_>,
) -> Vec<PersonLoad> {
    let calls = |person: PersonId| {
        let told = pages.iter().flat_map(|p| p.told.iter().filter(|(who, _)| *who == person));
        clock.calls(person, told.map(|(_, at)| *at).filter(|at| *at >= begin).collect())
    };
    let mut all: Vec<PersonLoad> = shares
        .into_iter()
        .map(|s| PersonLoad { calls: calls(s.person.id), person: s.person, last: s.last, next: s.next })
        .collect();
    for person in known.into_iter().filter(|p| p.active) {
        let calls = calls(person.id);
        if calls.pages > 0 && all.iter().all(|p| p.person.id != person.id) {
            all.push(PersonLoad { person, last: Asked::default(), next: Asked::default(), calls });
        }
    }
    all.sort_by_key(|p| p.person.name.to_lowercase());
    all
}

/// One's own load, wherever one is on call.
#[derive(Debug, Clone)]
pub struct OwnLoad {
    /// In the 26 weeks that are past.
    pub last: Asked,
    /// In the 26 weeks to come, as planned.
    pub next: Asked,
    /// Pages of any team that reached one in the 26 weeks that are past.
    pub calls: Calls,
    /// What the figures are marked by.
    pub settings: Settings,
}

/// The actor's own load, 26 weeks back and ahead.
pub async fn mine(cx: &mut Cx<'_>) -> Result<OwnLoad> {
    let me = cx.reader()?;
    let (share, holidays) = rota::load::of_me(cx).await?;
    let since = cx.now() - SignedDuration::from_hours(24 * 7 * WEEKS);
    let told = store::pages_of_person(cx, me, since).await?;
    let known: Vec<Contact> = share.iter().map(|s| s.person.clone()).collect();
    let own = TimeZone::get(&cx.actor().time_zone).unwrap_or(TimeZone::UTC);
    let calls = wake::Clock::new(&known, &own, &holidays).calls(me, told);
    let (last, next) = share.map_or_else(Default::default, |s| (s.last, s.next));
    Ok(OwnLoad { last, next, calls, settings: settings::read(cx).await? })
}
