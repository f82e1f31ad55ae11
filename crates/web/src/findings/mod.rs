//! What drifted, what follows from it, and the way to mend it.

use askama::Template;
use axum::{Router, extract::Query, response::Response, routing::get};
use portolan_domain::{
    Limit, Page,
    catalog::findings::{self, Filter, Finding, Kind},
};

use crate::{
    Shared,
    address::{self, Steps},
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
    words,
};

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/findings", get(list))
}

/// The address bar holds the whole state.
#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    team: String,
    #[serde(default)]
    mine: String,
    #[serde(default)]
    after: String,
}

impl Asked {
    fn filter(&self) -> Result<Filter, PageError> {
        let kind = if self.kind.is_empty() { None } else { Some(self.kind.parse::<Kind>()?) };
        let team = Some(self.team.clone()).filter(|t| !t.is_empty());
        Ok(Filter { kind, team, mine: !self.mine.is_empty(), ..Filter::default() })
    }

    /// The same list with another kind, from its start.
    fn address(&self, kind: &str, mine: bool, team: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("kind", kind), ("team", team), ("mine", if mine { "1" } else { "" })] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { "/findings".to_owned() } else { format!("/findings?{query}") }
    }
}

#[derive(Template)]
#[template(path = "findings/list.html")]
struct FindingsPage {
    shell: Shell,
    asked: Asked,
    kinds: Vec<(Kind, i64)>,
    page: Page<Finding>,
}

impl FindingsPage {
    fn mine(&self) -> bool {
        !self.asked.mine.is_empty()
    }

    /// Name of the team whose findings these are.
    fn team(&self) -> &str {
        self.page.items.iter().find_map(|f| f.team_name.as_deref()).unwrap_or(&self.asked.team)
    }

    fn counted(&self) -> String {
        words::counted(self.page.total, "finding", "findings")
    }

    /// The kind that is shown, for the button that offers others.
    fn kind_title(&self) -> &'static str {
        self.kinds
            .iter()
            .map(|(kind, _)| *kind)
            .find(|k| k.as_str() == self.asked.kind)
            .map_or("All kinds", Kind::title)
    }

    fn all(&self) -> i64 {
        self.kinds.iter().map(|(_, n)| n).sum()
    }

    fn of_kind(&self, kind: &str) -> String {
        self.asked.address(kind, self.mine(), &self.asked.team)
    }

    fn whose(&self, mine: bool) -> String {
        self.asked.address(&self.asked.kind, mine, "")
    }

    fn steps(&self) -> Steps {
        let here = self.of_kind(&self.asked.kind);
        let around = (self.page.previous.as_ref(), self.page.next.as_ref());
        Steps::new(around, !self.asked.after.is_empty(), |after| match after {
            Some(after) => format!("{here}{}after={after}", if here.contains('?') { '&' } else { '?' }),
            None => here.clone(),
        })
    }
}

async fn list(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let filter = asked.filter()?;
    let after = address::cursor(&asked.after);
    let page = findings::list(&mut viewer.cx(), &filter, after, Limit::new(50)?).await?;
    let kinds = findings::counts(&mut viewer.cx(), &filter).await?;
    page::html(&FindingsPage { shell: viewer.shell(Nav::Findings), asked, kinds, page })
}
