//! What needs the viewer in support: their teams' queues, what was given to them, what they asked.

use askama::Template;
use axum::response::Response;
use portolan_domain::{
    Limit, Page,
    support::{self, Filter, Request, TeamQueue},
};

use crate::{
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
    words,
};

#[derive(Template)]
#[template(path = "support/home.html")]
struct HomePage {
    shell: Shell,
    queues: Vec<TeamQueue>,
    given: Page<Request>,
    asked: Page<Request>,
}

impl HomePage {
    /// The answer before the data.
    fn headline(&self) -> String {
        let sum = |of: fn(&TeamQueue) -> i64| self.queues.iter().map(of).sum::<i64>();
        let (waiting, overdue) = (sum(|q| q.counts.waiting), sum(|q| q.counts.overdue));
        match (self.queues.is_empty(), waiting, overdue) {
            (true, ..) => "Ask a team for help, and see by when they promise to answer.".into(),
            (_, 0, 0) => "Nobody waits for your teams.".into(),
            (_, n, 0) => format!(
                "{} for your teams, none overdue.",
                words::counted(n, "request waits", "requests wait")
            ),
            (_, n, late) => format!(
                "{} for your teams; {} overdue.",
                words::counted(n, "request waits", "requests wait"),
                words::count(late)
            ),
        }
    }
}

pub(super) async fn show(mut viewer: Viewer) -> Result<Response, PageError> {
    let limit = Limit::new(20)?;
    let cx = &mut viewer.cx();
    let queues = support::my_queues(cx).await?;
    let mine = Filter { given_to_me: true, open: true, ..Filter::default() };
    let given = support::list(cx, &mine, None, limit).await?;
    let by_me = Filter { asked_by_me: true, ..Filter::default() };
    let asked = support::list(cx, &by_me, None, limit).await?;
    page::html(&HomePage { shell: viewer.shell(Nav::Support), queues, given, asked })
}
