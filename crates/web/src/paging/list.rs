//! The pages: what waits for somebody, what waits for a word on what it was, and all of them.

use askama::Template;
use axum::{extract::Query, response::Response};
use portolan_domain::{
    Cursor, Limit, Page, PageId,
    paging::{self, Filter, HandOver, Paged, State},
};

use super::some;
use crate::{
    address::Steps,
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
};

/// The address bar holds the whole state.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    /// `unjudged`, `all`, or nothing: those that are not over.
    #[serde(default)]
    show: String,
    #[serde(default)]
    team: String,
    #[serde(default)]
    entity: String,
    #[serde(default)]
    mine: String,
    #[serde(default)]
    after: String,
}

impl Asked {
    fn address(&self, changed: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let fields =
            [("show", &self.show), ("team", &self.team), ("entity", &self.entity), ("mine", &self.mine)];
        for (name, value) in fields {
            let value = changed.iter().find(|(n, _)| *n == name).map_or(value.as_str(), |(_, v)| v);
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some((_, after)) = changed.iter().find(|(n, _)| *n == "after") {
            query.append_pair("after", after);
        }
        let query = query.finish();
        if query.is_empty() { "/pages".into() } else { format!("/pages?{query}") }
    }

    fn filter(&self) -> Filter {
        let states = match self.show.as_str() {
            "" => vec![State::Open, State::Acknowledged, State::Suppressed],
            _ => Vec::new(),
        };
        Filter {
            states,
            unjudged: self.show == "unjudged",
            team: some(&self.team),
            entity: some(&self.entity),
            mine: !self.mine.is_empty(),
        }
    }
}

#[derive(Template)]
#[template(path = "paging/list.html")]
struct ListPage {
    shell: Shell,
    asked: Asked,
    page: Page<Paged>,
    /// Which of them the viewer may act on.
    may_act: Vec<PageId>,
    notes: Vec<HandOver>,
    /// What waits for the viewer's own word.
    unjudged: i64,
}

impl ListPage {
    /// Chosen filters: words and the address without them.
    fn chips(&self) -> Vec<(String, String)> {
        [("team", &self.asked.team), ("entity", &self.asked.entity)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (format!("{name}: {value}"), self.asked.address(&[(name, "")])))
            .collect()
    }

    fn steps(&self) -> Steps {
        let around = (self.page.previous.as_ref(), self.page.next.as_ref());
        Steps::new(around, !self.asked.after.is_empty(), |after| match after {
            Some(after) => self.asked.address(&[("after", after)]),
            None => self.asked.address(&[]),
        })
    }

    /// The answer before the data.
    fn headline(&self) -> String {
        let waiting = self.page.items.iter().filter(|p| p.state == State::Open).count();
        match (self.asked.show.as_str(), waiting) {
            ("unjudged", _) if self.page.total == 0 => "Every page has been judged".into(),
            ("unjudged", _) => format!("{} to judge", crate::words::rows(&self.page, "page", "pages")),
            ("all", _) => crate::words::rows(&self.page, "page", "pages"),
            (_, 0) if self.page.total == 0 => "No page is open".into(),
            (_, 0) => "Somebody is on every page".into(),
            (_, 1) => "1 page waits for somebody".into(),
            (_, n) => format!("{n} pages wait for somebody"),
        }
    }
}

pub(super) async fn show(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let after = some(&asked.after).map(Cursor::from_text);
    let page = paging::list(&mut viewer.cx(), &asked.filter(), after, Limit::new(50)?).await?;
    let may_act = paging::may_act_on(&mut viewer.cx(), &page.items).await?;
    let notes = paging::hand_overs_now(&mut viewer.cx()).await?;
    let mine = Filter { unjudged: true, mine: true, ..Filter::default() };
    let unjudged = paging::list(&mut viewer.cx(), &mine, None, Limit::new(1)?).await?.total;
    page::html(&ListPage { shell: viewer.shell(Nav::Pages), asked, page, may_act, notes, unjudged })
}
