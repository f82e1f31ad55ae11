//! What was deployed where: the list, what runs where, how pipelines tell it, and the hooks of code hosts.

mod hooks;

use askama::Template;
use axum::{
    Router,
    extract::Query,
    response::Response,
    routing::{get, post},
};
use jiff::Timestamp;
use portolan_domain::{
    Cursor, Limit, Page,
    changes::{self, Change, Filter, Running, Status},
};

use crate::{
    Shared,
    address::Steps,
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
};

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/changes", get(list))
        .route("/changes/running", get(running))
        .route("/changes/record", get(record))
        .route("/changes/hooks", get(hooks::list).post(hooks::create))
        .route("/changes/hooks/{id}/closing", post(hooks::close))
}

/// The address bar holds the whole state.
#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    #[serde(default)]
    entity: String,
    #[serde(default)]
    environment: String,
    #[serde(default)]
    team: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    mine: String,
    /// Instants between which they began, as a link from a shift has them.
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    after: String,
}

fn some(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|t| !t.is_empty())
}

fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

impl Asked {
    fn address(&self, page: &str, changed: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let fields = [
            ("entity", &self.entity),
            ("environment", &self.environment),
            ("team", &self.team),
            ("status", &self.status),
            ("mine", &self.mine),
            ("from", &self.from),
            ("until", &self.until),
        ];
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
        if query.is_empty() { page.to_owned() } else { format!("{page}?{query}") }
    }

    /// Chosen filters: words and the address without them.
    fn chips(&self, page: &str, shell: &Shell) -> Vec<(String, String)> {
        let between = instant(&self.from).zip(instant(&self.until));
        let span = between.map(|(from, until)| {
            (shell.span(from, until), self.address(page, &[("from", ""), ("until", "")]))
        });
        [
            ("entity", &self.entity),
            ("environment", &self.environment),
            ("team", &self.team),
            ("status", &self.status),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (format!("{name}: {value}"), self.address(page, &[(name, "")])))
        .chain(span)
        .collect()
    }

    fn after(&self) -> Option<Cursor> {
        some(&self.after).map(Cursor::from_text)
    }

    fn steps<T>(&self, path: &str, page: &Page<T>) -> Steps {
        let around = (page.previous.as_ref(), page.next.as_ref());
        Steps::new(around, !self.after.is_empty(), |after| match after {
            Some(after) => self.address(path, &[("after", after)]),
            None => self.address(path, &[]),
        })
    }
}

#[derive(Template)]
#[template(path = "changes/list.html")]
struct ListPage {
    shell: Shell,
    asked: Asked,
    environments: Vec<(String, i64)>,
    page: Page<Change>,
}

async fn list(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let status = some(&asked.status).map(|s| s.parse::<Status>()).transpose()?;
    let filter = Filter {
        entity: some(&asked.entity),
        environment: some(&asked.environment),
        team: some(&asked.team),
        status,
        mine: !asked.mine.is_empty(),
        from: instant(&asked.from),
        until: instant(&asked.until),
    };
    let page = changes::list(&mut viewer.cx(), &filter, asked.after(), Limit::new(50)?).await?;
    let environments = changes::environments(&mut viewer.cx()).await?;
    page::html(&ListPage { shell: viewer.shell(Nav::Changes), asked, environments, page })
}

#[derive(Template)]
#[template(path = "changes/running.html")]
struct RunningPage {
    shell: Shell,
    asked: Asked,
    environments: Vec<(String, i64)>,
    page: Page<Running>,
}

async fn running(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let (environment, team) = (some(&asked.environment), some(&asked.team));
    let limit = Limit::new(50)?;
    let page =
        changes::running(&mut viewer.cx(), environment.as_deref(), team.as_deref(), asked.after(), limit)
            .await?;
    let environments = changes::environments(&mut viewer.cx()).await?;
    page::html(&RunningPage { shell: viewer.shell(Nav::Changes), asked, environments, page })
}

#[derive(Template)]
#[template(path = "changes/record.html")]
struct RecordPage {
    shell: Shell,
    base_url: String,
}

async fn record(viewer: Viewer) -> Result<Response, PageError> {
    let base_url = viewer.portal().base_url.clone();
    page::html(&RecordPage { shell: viewer.shell(Nav::Changes), base_url })
}

/// Tone of a change's status.
pub(crate) fn tone(status: &Status) -> &'static str {
    match status {
        Status::Running => "info",
        Status::Succeeded => "ok",
        Status::Failed => "danger",
        Status::RolledBack => "warn",
    }
}

/// Its word.
pub(crate) fn word(status: &Status) -> &'static str {
    match status {
        Status::Running => "Going out",
        Status::Succeeded => "Live",
        Status::Failed => "Failed",
        Status::RolledBack => "Rolled back",
    }
}
