//! All planned maintenance, and ending it.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use portolan_domain::{
    Cursor, Error, Limit, Page, TeamId,
    paging::{self, Window, WindowFilter},
    people,
};

use super::some;
use crate::{
    address::{self, Steps},
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
};

/// The address bar holds the whole state.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    /// Those that are over too.
    #[serde(default)]
    all: String,
    #[serde(default)]
    team: String,
    #[serde(default)]
    after: String,
}

impl Asked {
    fn address(&self, after: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let pairs = [("all", self.all.as_str()), ("team", &self.team), ("after", after.unwrap_or_default())];
        query.extend_pairs(pairs.into_iter().filter(|(_, value)| !value.is_empty()));
        let query = query.finish();
        if query.is_empty() { "/maintenance".into() } else { format!("/maintenance?{query}") }
    }
}

#[derive(Template)]
#[template(path = "paging/maintenance.html")]
struct MaintenancePage {
    shell: Shell,
    asked: Asked,
    page: Page<Window>,
    mine: Vec<TeamId>,
}

impl MaintenancePage {
    fn steps(&self) -> Steps {
        let around = (self.page.previous.as_ref(), self.page.next.as_ref());
        Steps::new(around, !self.asked.after.is_empty(), |after| self.asked.address(after))
    }

    fn may_end(&self, window: &Window) -> bool {
        window.ends_at > self.shell.now && window.team_id.is_some_and(|team| self.mine.contains(&team))
    }
}

pub(super) async fn list(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let filter = WindowFilter { entity: None, team: some(&asked.team), to_come: asked.all.is_empty() };
    let after = some(&asked.after).map(Cursor::from_text);
    let page = paging::windows(&mut viewer.cx(), &filter, after, Limit::new(50)?).await?;
    let mut teams: Vec<TeamId> = page.items.iter().filter_map(|w| w.team_id).collect();
    teams.sort_unstable();
    teams.dedup();
    let mine = people::editable_teams(&mut viewer.cx(), &teams).await?;
    page::html(&MaintenancePage { shell: viewer.shell(Nav::Pages), asked, page, mine })
}

pub(super) async fn end(
    mut viewer: Viewer,
    Path(text): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let id = text.parse().map_err(|_| Error::not_found("maintenance window", &text))?;
    let window = paging::end_maintenance(&mut viewer.cx(), id).await?;
    let back = match form.value("next") {
        "/maintenance" => "/maintenance".to_owned(),
        _ => format!("{}/paging", address::entity(&window.entity_ref)),
    };
    Ok(Flash::ok("Ended.", "What still fires goes on as a page now.").on(&back))
}
