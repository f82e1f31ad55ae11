//! The organisation's month: what stands out of the teams that the reader answers for, and what hurt most of all. Not a
//! list of all teams and never a ranking: they stand by name, and a team of which nothing stands out is not named.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::Serialize;

use super::{Facts, IncidentLine, Month, Outlier, Part, WeekFacts, outliers, store};
use crate::{
    Cursor, Cx, Error, Limit, Page, PersonId, Result, TeamId,
    levels::Hours,
    people::{self, TeamName},
    settings,
    support::{Week, share},
};

/// A page of which nobody has said what it was for so long was passed over by a review.
const UNJUDGED_FOR: SignedDuration = SignedDuration::from_hours(24 * 7);
/// No zone is further from another than this.
const A_DAY: SignedDuration = SignedDuration::from_hours(26);
/// Up to this severity an incident is looked at by the whole organisation.
const WORST: i16 = 2;

/// What a month says.
#[derive(Debug, Clone, Serialize)]
pub struct Organisation {
    /// The month.
    pub month: Month,
    /// Its weeks, in order, up to the running one.
    pub weeks: Vec<Week>,
    /// Teams that were looked at: those the reader answers for.
    pub looked_at: usize,
    /// Those of which something stands out, by name.
    pub teams: Page<TeamOutliers>,
    /// What hurt most in the whole company, the worst first.
    pub incidents: Part<IncidentLine>,
}

/// A team and what stands out of it.
#[derive(Debug, Clone, Serialize)]
pub struct TeamOutliers {
    /// The team.
    pub team: TeamName,
    /// What stands out, and why.
    pub outliers: Vec<Outlier>,
}

/// A team as the month needs it.
#[derive(Debug, Clone)]
pub(super) struct TeamRow {
    pub(super) team: TeamName,
    pub(super) time_zone: String,
    pub(super) members: i64,
}

/// Pages of a team in one week.
#[derive(Debug)]
pub(super) struct PageRow {
    pub(super) team: TeamId,
    pub(super) week: WeekFacts,
}

/// A time that somebody had a shift of a team.
#[derive(Debug)]
pub(super) struct ShiftRow {
    pub(super) team: TeamId,
    pub(super) held: (PersonId, Timestamp, Timestamp),
}

/// The month of the teams that the actor is in, leads, or has below what they lead; of all teams for admins.
pub async fn organisation(
    cx: &mut Cx<'_>,
    month: Month,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Organisation> {
    let me = cx.reader()?;
    let key = after.as_ref().map(Cursor::key::<(String, TeamId)>).transpose()?;
    let running = Week::of(cx.now(), &TimeZone::UTC);
    let weeks: Vec<Week> = month.weeks().into_iter().filter(|week| *week <= running).collect();
    let (Some(first), Some(last)) = (weeks.first().copied(), weeks.last().copied()) else {
        return Err(Error::invalid("month", format!("has not begun: {month} is still to come")));
    };
    let mine = if cx.admin().is_ok() { None } else { Some(people::teams_answered_for(cx, me).await?) };
    let teams = store::teams(cx, mine.as_deref()).await?;
    let facts = facts(cx, &teams, mine.as_deref(), (first, last)).await?;
    let settings = settings::read(cx).await?;
    let mut out: Vec<TeamOutliers> = teams
        .iter()
        .zip(&facts)
        .map(|(row, facts)| TeamOutliers { team: row.team.clone(), outliers: outliers(facts, &settings) })
        .filter(|t| !t.outliers.is_empty())
        .collect();
    out.sort_by_key(place);
    let total = i64::try_from(out.len()).unwrap_or(i64::MAX);
    out.retain(|t| key.as_ref().is_none_or(|key| place(t) > *key));
    out.truncate(usize::try_from(limit.probe()).unwrap_or(usize::MAX));
    let (from, until) = (first.span(&TimeZone::UTC).0, last.span(&TimeZone::UTC).1);
    Ok(Organisation {
        month,
        weeks,
        looked_at: teams.len(),
        teams: Page::cut(out, limit, total, after.as_ref(), place),
        incidents: store::worst_incidents(cx, WORST, from, until).await?,
    })
}

/// By what teams are ordered: their name, whatever stands out of them.
fn place(team: &TeamOutliers) -> (String, TeamId) {
    (team.team.name.to_lowercase(), team.team.id)
}

/// The figures of each team, in the order of `teams`.
async fn facts(
    cx: &mut Cx<'_>,
    teams: &[TeamRow],
    mine: Option<&[TeamId]>,
    (first, last): (Week, Week),
) -> Result<Vec<Facts>> {
    // wide enough for the weeks of every zone; which week a page belongs to is asked in its team's own
    let (from, until) = (first.span(&TimeZone::UTC).0 - A_DAY, last.span(&TimeZone::UTC).1 + A_DAY);
    let as_of = last.span(&TimeZone::UTC).1.min(cx.now());
    let pages = store::pages_by_week(cx, mine, from, until, as_of - UNJUDGED_FOR).await?;
    let overdue = store::overdue(cx, mine, as_of).await?;
    let shifts = store::shifts(cx, mine, from, until).await?;
    let mut found: BTreeMap<TeamId, Facts> = BTreeMap::new();
    for row in pages.into_iter().filter(|row| (first..=last).contains(&row.week.week)) {
        found.entry(row.team).or_default().weeks.push(row.week);
    }
    for (team, late) in overdue {
        found.entry(team).or_default().overdue = Some(late);
    }
    let mut held: BTreeMap<TeamId, Vec<(PersonId, Timestamp, Timestamp)>> = BTreeMap::new();
    for row in shifts {
        held.entry(row.team).or_default().push(row.held);
    }
    Ok(teams
        .iter()
        .map(|row| {
            let mut facts = found.remove(&row.team.id).unwrap_or_default();
            if let Some(shifts) = held.get(&row.team.id) {
                (facts.essential_seconds, facts.working_seconds) = working(row, shifts, first, last);
            }
            facts
        })
        .collect())
}

/// Working time that a team's people spent in shifts from one week to another, and all that its members had.
fn working(
    row: &TeamRow,
    shifts: &[(PersonId, Timestamp, Timestamp)],
    first: Week,
    last: Week,
) -> (i64, i64) {
    let hours = Hours::usual(&row.time_zone);
    let span = (first.span(&hours.zone).0, last.span(&hours.zone).1);
    (share(shifts, &hours, span).as_secs(), hours.between(span.0, span.1).as_secs() * row.members)
}
