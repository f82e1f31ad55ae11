//! What stands out of a month, for those who answer for the teams.

use askama::Template;
use axum::{extract::Query, response::Response};
use portolan_domain::{
    Limit,
    review::{self, Level, Month, Organisation, Outlier},
};

use super::sheet::Clock;
use crate::{
    address::{self, Steps},
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
    words,
};

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    month: String,
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "review/month.html")]
struct MonthPage {
    shell: Shell,
    found: Organisation,
    /// The month after it, if that has begun.
    next: Option<Month>,
    later: bool,
    clock: Clock,
}

impl MonthPage {
    /// `November 2026`.
    fn name(&self) -> String {
        self.found.month.first().strftime("%B %Y").to_string()
    }

    /// The weeks it is made of, in words.
    fn weeks(&self) -> String {
        match self.found.weeks.as_slice() {
            [] => String::new(),
            [one] => one.to_string(),
            [first, .., last] => format!("{first} to {last}"),
        }
    }

    fn headline(&self) -> String {
        let looked_at = self.found.looked_at;
        match (looked_at, self.found.teams.total) {
            (0, _) => "You are in no team and lead none, so there is nothing of a team to tell you.".into(),
            (1, 0) => "Nothing stands out in your team.".into(),
            (_, 0) => {
                format!("Nothing stands out in the {} teams that you answer for.", words::count(looked_at))
            }
            (1, _) => "Something stands out in your team.".into(),
            (_, n) => format!(
                "Something stands out in {} of the {} teams that you answer for.",
                words::count(n),
                words::count(looked_at)
            ),
        }
    }

    fn steps(&self) -> Steps {
        let around = (self.found.teams.previous.as_ref(), self.found.teams.next.as_ref());
        Steps::new(around, self.later, |after| match after {
            Some(after) => format!("/reviews?month={}&after={after}", self.found.month),
            None => format!("/reviews?month={}", self.found.month),
        })
    }

    /// Tone and word of how far out something is.
    #[expect(clippy::unused_self, reason = "called from the template")]
    fn level(&self, outlier: &Outlier) -> (&'static str, &'static str) {
        match outlier.level {
            Level::High => ("warn", "Worth a question"),
            Level::Alarm => ("danger", "Not sustainable"),
        }
    }
}

pub(super) async fn show(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let after = address::cursor(&asked.after);
    let later = after.is_some();
    let cx = &mut viewer.cx();
    let running = Month::running(cx.now());
    let month = if asked.month.is_empty() { running } else { asked.month.parse()? };
    let found = review::organisation(cx, month, after, Limit::new(50)?).await?;
    let next = (month < running).then(|| month.next());
    let shell = viewer.shell(Nav::Teams);
    let clock = Clock::new(shell.time_zone().clone(), shell.now);
    page::html(&MonthPage { shell, found, next, later, clock })
}
