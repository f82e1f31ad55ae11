//! What comes back every week: counts per category, the rise marked, and what usually removes it.

use askama::Template;
use axum::{extract::Path, response::Response};
use portolan_domain::{
    people::{self, Team},
    support::{self, Category, ShareTold, Trend, WeekCounts, trend},
};

use crate::{
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
    words,
};

#[derive(Template)]
#[template(path = "support/weeks.html")]
struct WeeksPage {
    shell: Shell,
    team: Team,
    weeks: Vec<WeekCounts>,
    rows: Vec<Row>,
    essential: ShareTold,
}

/// One category.
pub(crate) struct Row {
    pub(crate) category: Category,
    pub(crate) counts: Vec<i64>,
    pub(crate) trend: Trend,
}

impl Row {
    pub(crate) fn this_week(&self) -> i64 {
        self.counts.last().copied().unwrap_or(0)
    }

    /// `2, 0, 1, 4`: the weeks before, the last one first.
    pub(crate) fn before(&self) -> String {
        let before = self.counts.iter().rev().skip(1).map(|n| words::count(*n));
        before.collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn tone(&self) -> &'static str {
        match self.trend {
            Trend::Quiet => "ok",
            Trend::Repeats => "info",
            Trend::Rises => "warn",
        }
    }

    pub(crate) fn words(&self) -> &'static str {
        match self.trend {
            Trend::Quiet => "Few",
            Trend::Repeats => "Every week",
            Trend::Rises => "Rises",
        }
    }

    /// The bars of the drawing: left edge, top edge and height of each, on a field of 96 by 24.
    pub(crate) fn bars(&self, most: i64) -> Vec<(usize, i64, i64, bool)> {
        let most = most.max(1);
        let last = self.counts.len().saturating_sub(1);
        self.counts
            .iter()
            .enumerate()
            .map(|(nth, n)| {
                let height = if *n == 0 { 1 } else { (22 * n / most).max(3) };
                (nth * 12, 24 - height, height, nth == last)
            })
            .collect()
    }
}

impl WeeksPage {
    fn most(&self) -> i64 {
        self.rows.iter().flat_map(|r| r.counts.iter().copied()).max().unwrap_or(0)
    }

    fn this_week(&self) -> i64 {
        self.rows.iter().map(Row::this_week).sum()
    }

    /// The answer before the data.
    fn headline(&self) -> String {
        let rising: Vec<_> = self
            .rows
            .iter()
            .filter(|r| r.trend == Trend::Rises)
            .map(|r| r.category.label().to_lowercase())
            .collect();
        let asked = words::counted(self.this_week(), "request", "requests");
        if rising.is_empty() {
            format!("{asked} this week; nothing rises.")
        } else {
            format!("{asked} this week; more than before: {}.", rising.join(", "))
        }
    }
}

/// Weeks shown, this one included.
const WEEKS: i64 = 8;

pub(super) async fn show(mut viewer: Viewer, Path(slug): Path<String>) -> Result<Response, PageError> {
    let cx = &mut viewer.cx();
    let team = people::team(cx, &slug).await?;
    let weeks = support::weeks(cx, &slug, WEEKS).await?;
    let essential = match weeks.last() {
        Some(now) => support::essential(cx, team.id, now.week).await?,
        None => ShareTold::Unknown,
    };
    let rows = Category::ALL.into_iter().enumerate().map(|(place, category)| {
        let counts: Vec<i64> = weeks.iter().map(|w| w.counts.get(place).copied().unwrap_or(0)).collect();
        Row { category, trend: trend(&counts), counts }
    });
    let rows = rows.collect();
    page::html(&WeeksPage { shell: viewer.shell(Nav::Support), team, weeks, rows, essential })
}
