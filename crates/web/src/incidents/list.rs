//! All incidents, the newest first.

use askama::Template;
use axum::{extract::Query, response::Response};
use portolan_domain::{
    Cursor, Limit, Page,
    incidents::{self, Filter, Incident},
};

use crate::{
    address::Steps,
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
    words,
};

/// The address bar holds the whole state.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    team: String,
    #[serde(default)]
    entity: String,
    #[serde(default)]
    lasting: String,
    #[serde(default)]
    mine: String,
    #[serde(default)]
    after: String,
}

impl Asked {
    fn address(&self, lasting: bool, after: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let lasting = if lasting { "1" } else { "" };
        for (name, value) in [
            ("team", self.team.as_str()),
            ("entity", &self.entity),
            ("lasting", lasting),
            ("mine", &self.mine),
            ("after", after.unwrap_or_default()),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { "/incidents".to_owned() } else { format!("/incidents?{query}") }
    }
}

#[derive(Template)]
#[template(path = "incidents/list.html")]
struct ListPage {
    shell: Shell,
    asked: Asked,
    page: Page<Incident>,
    lasting: i64,
}

impl ListPage {
    fn only_lasting(&self) -> bool {
        !self.asked.lasting.is_empty()
    }

    fn tab(&self, lasting: bool) -> String {
        self.asked.address(lasting, None)
    }

    fn is_filtered(&self) -> bool {
        !self.asked.team.is_empty() || !self.asked.entity.is_empty() || !self.asked.mine.is_empty()
    }

    fn steps(&self) -> Steps {
        let around = (self.page.previous.as_ref(), self.page.next.as_ref());
        Steps::new(around, !self.asked.after.is_empty(), |after| {
            self.asked.address(self.only_lasting(), after)
        })
    }

    /// The answer before the data.
    fn headline(&self) -> String {
        match self.lasting {
            0 => "Nothing hurts just now.".into(),
            n => format!("{} now.", words::counted(n, "incident lasts", "incidents last")),
        }
    }
}

pub(super) async fn show(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let some = |text: &str| Some(text.trim().to_owned()).filter(|t| !t.is_empty());
    let filter = Filter {
        team: some(&asked.team),
        entity: some(&asked.entity),
        mine: !asked.mine.is_empty(),
        ..Filter::default()
    };
    let lasting = Filter { lasting: true, ..filter.clone() };
    let after = some(&asked.after).map(Cursor::from_text);
    let cx = &mut viewer.cx();
    let shown = if asked.lasting.is_empty() { &filter } else { &lasting };
    let page = incidents::list(cx, shown, after, Limit::new(30)?).await?;
    let lasting = incidents::list(cx, &lasting, None, Limit::new(1)?).await?.total;
    page::html(&ListPage { shell: viewer.shell(Nav::Incidents), asked, page, lasting })
}
