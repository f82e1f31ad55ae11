//! Frozen reviews: the list of a team, and one as it was.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use portolan_domain::{
    Error, Limit, Page,
    people::{self, Team},
    review::{self, Frozen, Snapshot},
};

use super::sheet::Sheet;
use crate::{
    address::{self, Steps},
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
};

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "review/list.html")]
struct ListPage {
    shell: Shell,
    team: Team,
    page: Page<Frozen>,
    later: bool,
}

impl ListPage {
    fn steps(&self) -> Steps {
        let around = (self.page.previous.as_ref(), self.page.next.as_ref());
        Steps::new(around, self.later, |after| match after {
            Some(after) => format!("/teams/{}/reviews?after={after}", self.team.slug),
            None => format!("/teams/{}/reviews", self.team.slug),
        })
    }
}

pub(super) async fn list(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let after = address::cursor(&asked.after);
    let later = after.is_some();
    let cx = &mut viewer.cx();
    let team = people::team(cx, &slug).await?;
    let page = review::snapshots(cx, &slug, None, after, Limit::new(30)?).await?;
    page::html(&ListPage { shell: viewer.shell(Nav::Teams), team, page, later })
}

#[derive(Template)]
#[template(path = "review/frozen.html")]
struct FrozenPage {
    shell: Shell,
    snapshot: Snapshot,
    sheet: Sheet,
}

impl FrozenPage {
    /// The number of a snapshot of the same week that was made after this one.
    fn later(&self) -> Option<i32> {
        self.snapshot.later.filter(|later| *later > self.snapshot.frozen.number)
    }
}

pub(super) async fn show(
    mut viewer: Viewer,
    Path((slug, number)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let number = number.parse().map_err(|_| Error::not_found("frozen review", number))?;
    let snapshot = review::snapshot(&mut viewer.cx(), &slug, number).await?;
    let sheet = Sheet::new(snapshot.review.clone());
    page::html(&FrozenPage { shell: viewer.shell(Nav::Teams), snapshot, sheet })
}
