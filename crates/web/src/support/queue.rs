//! The queue of a team, for whoever is on duty: most urgent first, then by the time that is left.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use portolan_domain::{
    Limit, Page,
    levels::{Hours, Levels},
    people::{self, Team},
    support::{self, Counts, Essential, LastAnswer, Note, OnDuty, Request, ShareTold, Tab, Week},
};

use crate::{
    address::{self, Steps},
    caller::Viewer,
    error::PageError,
    markdown,
    page::{self, Nav, Shell},
    words,
};

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    tab: String,
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "support/queue.html")]
struct QueuePage {
    shell: Shell,
    team: Team,
    tab: Tab,
    asked: Asked,
    counts: Counts,
    page: Page<Request>,
    on_duty: Option<OnDuty>,
    hours: Hours,
    levels: Levels,
    last: Option<LastAnswer>,
    note: Option<Note>,
    essential: ShareTold,
}

impl QueuePage {
    fn tabs(&self) -> [(&'static str, &'static str, Tab, Option<i64>); 3] {
        [
            ("", "Waiting", Tab::Waiting, Some(self.counts.waiting)),
            ("with-someone", "With someone", Tab::WithSomeone, Some(self.counts.with_someone)),
            ("answered", "Answered", Tab::Answered, None),
        ]
    }

    fn steps(&self) -> Steps {
        let around = (self.page.previous.as_ref(), self.page.next.as_ref());
        let (slug, tab) = (&self.team.slug, &self.asked.tab);
        Steps::new(around, !self.asked.after.is_empty(), |after| match after {
            Some(after) => format!("/support/teams/{slug}?tab={tab}&after={after}"),
            None => format!("/support/teams/{slug}?tab={tab}"),
        })
    }

    /// The beginning of last week's note, without its marks.
    fn left(&self, note: &Note) -> String {
        words::brief(&markdown::plain(&note.text), 280)
    }

    /// How long whoever was answered last had waited: `14 minutes`.
    fn waited(&self) -> String {
        let minutes = self.last.as_ref().map_or(0, |last| last.waited.as_mins());
        match minutes {
            0..120 => words::counted(minutes, "minute", "minutes"),
            120..2880 => words::counted(minutes / 60, "hour", "hours"),
            _ => words::counted(minutes / 1440, "day", "days"),
        }
    }
}

/// `43%`.
pub(crate) fn percent(essential: &Essential) -> String {
    format!("{:.0}%", essential.share() * 100.0)
}

/// The first of a queue: twice what fits on a screen.
const ROWS: i64 = 50;

pub(super) async fn show(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let tab: Tab = asked.tab.parse()?;
    let after = address::cursor(&asked.after);
    let team = people::team(&mut viewer.cx(), &slug).await?;
    let cx = &mut viewer.cx();
    let on_duty = support::on_duty(cx, team.id).await?;
    let page = support::queue(cx, team.id, tab, after, Limit::new(ROWS)?).await?;
    let hours = Hours::of_team(cx, team.id).await?;
    let week = Week::of(cx.now(), &hours.zone);
    let counts = support::team_counts(cx, team.id).await?;
    let levels = portolan_domain::levels::of_team(cx, team.id).await?;
    let last = support::last_answer(cx, team.id).await?;
    let note = support::note(cx, &team.slug, week.before(1)).await?;
    let essential = support::essential(cx, team.id, week).await?;
    let shell = viewer.shell(Nav::Support);
    page::html(&QueuePage {
        shell,
        team,
        tab,
        asked,
        counts,
        page,
        on_duty,
        hours,
        levels,
        last,
        note,
        essential,
    })
}
