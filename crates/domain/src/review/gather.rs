//! Gathering a week: one statement for each part, in the zone of the team.

use jiff::{Timestamp, tz::TimeZone};

use super::{
    Pages, Review, Slos, Support, SupportNote, SupportRow, TeamSeen, Thresholds, record::FORM, store,
};
use crate::{
    Cx, Error, Result,
    levels::Hours,
    people::{self, Team},
    settings,
    support::{self, Category, Week, trend},
};

/// Rows that each part shows; the rest is counted.
pub const MOST_SHOWN: i64 = 50;
/// Weeks by which it is told whether a kind of help rises.
const TREND_WEEKS: i64 = 8;

/// A week, as it is gathered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    /// When what was open counts as carried forward: the end of the week, or now while it runs.
    pub(super) as_of: Timestamp,
}

/// The week that is over and that a team looks back on now.
pub async fn last_week(cx: &mut Cx<'_>, slug: &str) -> Result<Week> {
    let team = people::team(cx, slug).await?;
    let zone = Hours::of_team(cx, team.id).await?.zone;
    Ok(Week::of(cx.now(), &zone).before(1))
}

/// The review of a team (slug) and week as things stand now. For the team and those it reports to.
pub async fn of_team(cx: &mut Cx<'_>, slug: &str, week: Week) -> Result<Review> {
    let team = people::team(cx, slug).await?;
    people::require_insider(cx, team.id, &format!("the operational review of {}", team.name)).await?;
    let zone = Hours::of_team(cx, team.id).await?.zone;
    gather(cx, &team, week, &zone).await
}

/// Refuses a week that has not begun.
pub(super) fn begun(cx: &Cx<'_>, week: Week, zone: &TimeZone) -> Result<Span> {
    let (from, until) = week.span(zone);
    if from > cx.now() {
        return Err(Error::invalid("week", format!("has not begun: {week} is still to come")));
    }
    Ok(Span { from, until, as_of: until.min(cx.now()) })
}

pub(super) async fn gather(cx: &mut Cx<'_>, team: &Team, week: Week, zone: &TimeZone) -> Result<Review> {
    let span = begun(cx, week, zone)?;
    let settings = settings::read(cx).await?;
    let zone_name = zone.iana_name().unwrap_or("UTC");
    let (counts, before) =
        store::page_counts(cx, team.id, week.before(1).span(zone).0, span, zone_name).await?;
    let (declared, missing) = (store::declared(cx, team.id).await?, store::undeclared(cx, team.id).await?);
    let today = span.as_of.to_zoned(zone.clone()).date();
    Ok(Review {
        form: FORM,
        team: TeamSeen { slug: team.slug.clone(), name: team.name.clone() },
        week,
        time_zone: zone_name.to_owned(),
        from: span.from,
        until: span.until,
        as_of: cx.now(),
        thresholds: Thresholds {
            pages_good: settings.load_pages_good,
            pages_most: settings.load_pages_most,
            false_alarms_most: settings.load_false_alarms_most,
        },
        pages: Pages { counts, before, list: store::pages(cx, team.id, span, zone_name).await? },
        support: support_of(cx, team, week).await?,
        changes: store::changes(cx, team, span).await?,
        incidents: store::incidents(cx, team.id, span).await?,
        slos: Slos { declared, missing },
        shift_notes: store::shift_notes(cx, team.id, span).await?,
        support_note: support::note(cx, &team.slug, week).await?.map(SupportNote::from),
        actions: store::actions(cx, team.id, span.as_of, today).await?,
    })
}

async fn support_of(cx: &mut Cx<'_>, team: &Team, week: Week) -> Result<Support> {
    let weeks = support::weeks_to(cx, &team.slug, week, TREND_WEEKS).await?;
    let rows = Category::ALL.into_iter().enumerate().map(|(place, category)| {
        let counts: Vec<i64> = weeks.iter().map(|w| w.counts.get(place).copied().unwrap_or(0)).collect();
        let mut last = counts.iter().rev().copied();
        let (count, before) = (last.next().unwrap_or(0), last.next().unwrap_or(0));
        SupportRow { category, count, before, trend: trend(&counts) }
    });
    let rows = rows.collect();
    Ok(Support { rows, essential: support::essential(cx, team.id, week).await?.known() })
}
