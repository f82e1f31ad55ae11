//! What the viewer did: their wins and challenges of all teams they were in, newest first.

use askama::Template;
use axum::{extract::Query, response::Response};
use portolan_domain::{
    Error, Limit, Page,
    wins::{self, Entry, Kind},
};

use crate::{
    address::{self, Steps, segment},
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
    words,
};

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "wins/mine.html")]
struct MinePage {
    shell: Shell,
    asked: Asked,
    page: Page<Entry>,
}

impl MinePage {
    fn tabs(&self) -> [(&'static str, &'static str); 3] {
        [("", "All"), ("win", "Wins"), ("challenge", "Challenges")]
    }

    fn steps(&self) -> Steps {
        let around = (self.page.previous.as_ref(), self.page.next.as_ref());
        let kind = &self.asked.kind;
        Steps::new(around, !self.asked.after.is_empty(), |after| match after {
            Some(after) => format!("/wins/mine?kind={kind}&after={}", segment(after)),
            None => format!("/wins/mine?kind={kind}"),
        })
    }

    fn count(&self) -> String {
        words::rows(&self.page, "entry", "entries")
    }
}

pub(super) async fn show(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let kind: Option<Kind> = Some(&asked.kind).filter(|k| !k.is_empty()).map(|k| k.parse()).transpose()?;
    if viewer.person().is_none() {
        return Err(Error::Unauthenticated.into());
    }
    let after = address::cursor(&asked.after);
    let page = wins::mine(&mut viewer.cx(), kind, None, None, after, Limit::new(30)?).await?;
    page::html(&MinePage { shell: viewer.shell(Nav::Wins), asked, page })
}
