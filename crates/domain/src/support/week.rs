//! Weeks as people count them, and what was asked in each: so that what comes back every week is removed.

use jiff::{
    Span, Timestamp, ToSpan,
    civil::{Date, ISOWeekDate, Weekday},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

use super::{Category, store};
use crate::{Cx, Error, Result, TeamId, levels::Hours, people};

/// An ISO week, by its Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Week(Date);

impl Week {
    /// The week in which an instant lies, in a zone.
    pub fn of(at: Timestamp, zone: &TimeZone) -> Self {
        Self::containing(at.to_zoned(zone.clone()).date())
    }

    /// The week of a day.
    pub fn containing(day: Date) -> Self {
        let back = i64::from(day.weekday().to_monday_zero_offset());
        Self(day.saturating_sub(back.days()))
    }

    /// Its Monday.
    pub fn monday(self) -> Date {
        self.0
    }

    /// Its first instant and the first one after it, in a zone.
    pub fn span(self, zone: &TimeZone) -> (Timestamp, Timestamp) {
        let begin = |day: Date| {
            zone.to_ambiguous_zoned(day.at(0, 0, 0, 0)).compatible().map_or(Timestamp::MAX, |z| z.timestamp())
        };
        (begin(self.0), begin(self.next().0))
    }

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(7.days()))
    }

    /// The one so many weeks before.
    #[must_use]
    pub fn before(self, weeks: i64) -> Self {
        Self(self.0.saturating_sub(Span::new().days(7 * weeks.clamp(0, 5_000))))
    }
}

impl std::fmt::Display for Week {
    /// `2026-W47`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let iso = self.0.iso_week_date();
        write!(f, "{}-W{:02}", iso.year(), iso.week())
    }
}

impl Serialize for Week {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Week {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(from)?;
        text.parse().map_err(|e: Error| serde::de::Error::custom(e.to_string()))
    }
}

impl std::str::FromStr for Week {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::invalid("week", "must be a week like 2026-W47");
        let (year, week) = text.trim().split_once("-W").ok_or_else(wrong)?;
        if year.len() != 4 {
            return Err(wrong());
        }
        let (year, week) = (year.parse().map_err(|_| wrong())?, week.parse().map_err(|_| wrong())?);
        let monday = ISOWeekDate::new(year, week, Weekday::Monday).map_err(|_| wrong())?;
        Ok(Self(monday.date()))
    }
}

/// How many requests a team got in a week, by category.
#[derive(Debug, Clone, Serialize)]
pub struct WeekCounts {
    /// The week.
    pub week: Week,
    /// For each of [`Category::ALL`].
    pub counts: Vec<i64>,
}

impl WeekCounts {
    /// Of all categories.
    pub fn total(&self) -> i64 {
        self.counts.iter().sum()
    }
}

/// What the weeks say of one category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trend {
    /// Few, and not more than before.
    Quiet,
    /// A few every week: worth removing.
    Repeats,
    /// More than before.
    Rises,
}

impl Trend {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Repeats => "repeats",
            Self::Rises => "rises",
        }
    }
}

/// A category is worth a look from this many in a week on.
const A_FEW: i64 = 3;
/// How many weeks before count as "before".
const BEFORE: usize = 4;

/// What the counts of one category say, oldest week first; the last one is this week, still running.
pub fn trend(counts: &[i64]) -> Trend {
    let Some((now, before)) = counts.split_last() else { return Trend::Quiet };
    let before = &before[before.len().saturating_sub(BEFORE)..];
    let weeks = i64::try_from(before.len()).unwrap_or(1);
    let sum: i64 = before.iter().sum();
    // half as many again as the mean of the weeks before, without leaving whole numbers
    let rises = *now >= A_FEW && weeks > 0 && 2 * now * weeks >= 3 * sum && now * weeks > sum;
    if rises {
        Trend::Rises
    } else if before.iter().rev().take(2).filter(|n| **n >= A_FEW).count() == 2 {
        Trend::Repeats
    } else {
        Trend::Quiet
    }
}

/// What a team was asked in the last weeks, oldest first; the last one is this week.
pub async fn weeks(cx: &mut Cx<'_>, slug: &str, most: i64) -> Result<Vec<WeekCounts>> {
    cx.reader()?;
    let team = people::team(cx, slug).await?;
    let zone = Hours::of_team(cx, team.id).await?.zone;
    let last = Week::of(cx.now(), &zone);
    weeks_until(cx, team.id, last, most, &zone).await
}

/// What a team was asked in the weeks up to one, which is the last.
pub async fn weeks_to(cx: &mut Cx<'_>, slug: &str, last: Week, most: i64) -> Result<Vec<WeekCounts>> {
    cx.reader()?;
    let team = people::team(cx, slug).await?;
    let zone = Hours::of_team(cx, team.id).await?.zone;
    weeks_until(cx, team.id, last, most, &zone).await
}

pub(super) async fn weeks_until(
    cx: &mut Cx<'_>,
    team: TeamId,
    last: Week,
    most: i64,
    zone: &TimeZone,
) -> Result<Vec<WeekCounts>> {
    let most = most.clamp(1, 53);
    let first = last.before(most - 1);
    let (from, until) = (first.span(zone).0, last.span(zone).1);
    let counted = store::per_week(cx, team, from, until, zone.iana_name().unwrap_or("UTC")).await?;
    let mut weeks: Vec<WeekCounts> = (0..most)
        .map(|n| WeekCounts { week: last.before(most - 1 - n), counts: vec![0; Category::ALL.len()] })
        .collect();
    for (monday, category, n) in counted {
        let week = Week::containing(monday);
        let place = Category::ALL.iter().position(|c| *c == category);
        if let (Some(row), Some(place)) = (weeks.iter_mut().find(|w| w.week == week), place) {
            row.counts[place] = n;
        }
    }
    Ok(weeks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(text: &str) -> Week {
        text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    #[test]
    fn weeks_are_counted_as_iso_counts_them() {
        let zone = TimeZone::get("Europe/Amsterdam").expect("a zone");
        let sunday: Timestamp = "2026-11-22T22:59:59Z".parse().expect("an instant");
        assert_eq!(Week::of(sunday, &zone).to_string(), "2026-W47");
        assert_eq!(Week::of(sunday + jiff::SignedDuration::from_secs(1), &zone).to_string(), "2026-W48");
        assert_eq!(week("2026-W01").monday().to_string(), "2025-12-29");
        assert_eq!(week("2026-W53").next().to_string(), "2027-W01");
        assert_eq!(week("2026-W02").before(2).to_string(), "2025-W52");
        for wrong in ["2025-W53", "2026-W00", "2026-47", "W47", "26-W01", ""] {
            assert!(wrong.parse::<Week>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_week_has_an_hour_more_or_less_when_the_clocks_change() {
        let zone = TimeZone::get("Europe/Amsterdam").expect("a zone");
        let hours = |text: &str| {
            let (from, until) = week(text).span(&zone);
            until.duration_since(from).as_hours()
        };
        assert_eq!((hours("2026-W12"), hours("2026-W13"), hours("2026-W43")), (168, 167, 169));
    }

    #[test]
    fn a_rise_is_told_from_what_comes_every_week() {
        assert_eq!(trend(&[]), Trend::Quiet);
        assert_eq!(trend(&[0, 1, 0, 0, 2]), Trend::Quiet, "two are few");
        assert_eq!(trend(&[0, 1, 0, 0, 3]), Trend::Rises);
        assert_eq!(trend(&[3, 4, 3, 4, 4]), Trend::Repeats);
        assert_eq!(trend(&[4, 4, 4, 4, 6]), Trend::Rises, "half as many again");
        assert_eq!(trend(&[4, 4, 4, 4, 5]), Trend::Repeats);
        assert_eq!(trend(&[9, 9, 9, 2, 0]), Trend::Quiet, "it stopped");
        assert_eq!(trend(&[9, 9, 0, 0, 0, 0, 3]), Trend::Rises, "only the four weeks before count");
    }
}
