//! One cycle: its deadlines, and how far the teams are that the viewer may see.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use portolan_domain::{
    CycleId, Limit, Page,
    wins::{self, Cycle, Update, UpdateState},
};

use super::reading::key;
use crate::{
    address::{self, Steps},
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
};

/// Teams of a page.
const ROWS: i64 = 100;

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "wins/cycle.html")]
struct CyclePage {
    shell: Shell,
    cycle: Cycle,
    page: Page<Update>,
    later: bool,
}

impl CyclePage {
    /// The answer before the data.
    fn headline(&self) -> String {
        if self.cycle.published_at.is_some() {
            return "This cycle is closed: what was published stays as it is.".into();
        }
        let up = |u: &&Update| matches!(u.state, UpdateState::Submitted | UpdateState::Published);
        let (up, all) = (self.page.items.iter().filter(up).count(), self.page.items.len());
        match all {
            0 => "No team of it is yours to see.".into(),
            1 if up == 1 => "Your team has handed up.".into(),
            _ => format!("{up} of the {all} teams shown have handed up."),
        }
    }

    fn steps(&self) -> Steps {
        let around = (self.page.previous.as_ref(), self.page.next.as_ref());
        Steps::new(around, self.later, |after| match after {
            Some(after) => format!("/wins/cycles/{}?after={after}", self.cycle.id),
            None => format!("/wins/cycles/{}", self.cycle.id),
        })
    }
}

pub(super) async fn show(
    mut viewer: Viewer,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let id: CycleId = key("cycle", &id)?;
    let after = address::cursor(&asked.after);
    let later = after.is_some();
    let cx = &mut viewer.cx();
    let cycle = wins::cycle(cx, id).await?;
    let page = wins::updates_of(cx, id, after, Limit::new(ROWS)?).await?;
    page::html(&CyclePage { shell: viewer.shell(Nav::Wins), cycle, page, later })
}
