//! Requests: mine, what waits for me, my teams', all.

use askama::Template;
use axum::{extract::Query, response::Response};
use portolan_domain::{
    Error, Limit, Page,
    people::{self, TeamName},
    provisioning::{self, Request, RequestFilter, State, WaitsOn, Waiver},
};

use super::{my_teams, said};
use crate::{
    address::{self, Steps},
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
    words,
};

/// The address bar holds the whole state.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    tab: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    team: String,
    #[serde(default)]
    offering: String,
    #[serde(default)]
    after: String,
}

impl Asked {
    fn address(&self, tab: &str, after: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("tab", tab),
            ("team", if tab == "team" { &self.team } else { "" }),
            ("offering", &self.offering),
            ("state", &self.state),
            ("after", after.unwrap_or_default()),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { "/provision/requests".into() } else { format!("/provision/requests?{query}") }
    }

    fn states(&self) -> Result<Vec<State>, Error> {
        match self.state.as_str() {
            "" => Ok(Vec::new()),
            "open" => Ok(State::ALL.into_iter().filter(|s| !s.is_over()).collect()),
            word => State::ALL
                .into_iter()
                .find(|s| s.as_str() == word)
                .map(|s| vec![s])
                .ok_or_else(|| Error::invalid("state", "is none that a request can be in")),
        }
    }
}

#[derive(Template)]
#[template(path = "provisioning/list.html")]
struct ListPage {
    shell: Shell,
    asked: Asked,
    page: Option<Page<Request>>,
    waits: Vec<WaitsOn>,
    waivers: Vec<Waiver>,
    teams: Vec<TeamName>,
}

impl ListPage {
    fn tabs(&self) -> [(&'static str, &'static str, Option<usize>); 4] {
        let waits = Some(self.waits.len() + self.waivers.len()).filter(|n| *n > 0);
        [
            ("", "Mine", None),
            ("waiting", "Waits for me", waits),
            ("team", "My teams’", None),
            ("all", "All", None),
        ]
    }

    fn states(&self) -> Vec<(&'static str, &'static str)> {
        let all = State::ALL.into_iter().map(|state| (state.as_str(), said::standing(&state).1));
        std::iter::once(("open", "Not over")).chain(all).collect()
    }

    fn is_filtered(&self) -> bool {
        !self.asked.state.is_empty() || !self.asked.offering.is_empty()
    }

    /// The page, if there is anything on it.
    fn some(&self) -> Option<&Page<Request>> {
        self.page.as_ref().filter(|page| !page.items.is_empty())
    }

    fn steps(&self) -> Steps {
        let Some(page) = &self.page else { return Steps::default() };
        let around = (page.previous.as_ref(), page.next.as_ref());
        Steps::new(around, !self.asked.after.is_empty(), |after| self.asked.address(&self.asked.tab, after))
    }

    fn count(&self) -> String {
        self.page.as_ref().map_or_else(String::new, |page| words::rows(page, "request", "requests"))
    }
}

pub(super) async fn show(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let me = viewer.person().ok_or(Error::Unauthenticated)?;
    let waits = provisioning::waits_on_me(&mut viewer.cx()).await?;
    let waivers = provisioning::waivers_on_me(&mut viewer.cx()).await?;
    let teams = my_teams(&mut viewer).await?;
    let mut filter = RequestFilter { states: asked.states()?, ..RequestFilter::default() };
    if !asked.offering.is_empty() {
        filter.offering = Some(provisioning::offering(&mut viewer.cx(), &asked.offering).await?.id);
    }
    let listed = match asked.tab.as_str() {
        "" => {
            filter.by = Some(me);
            true
        }
        "team" => {
            let team = match asked.team.as_str() {
                "" => teams.first().map(|team| team.id),
                slug => Some(people::team(&mut viewer.cx(), slug).await?.id),
            };
            filter.team = team;
            team.is_some()
        }
        "all" => true,
        "waiting" => false,
        _ => return Err(Error::invalid("tab", "must be team, waiting or all, or left out").into()),
    };
    let after = address::cursor(&asked.after);
    let page = if listed {
        Some(provisioning::requests(&mut viewer.cx(), &filter, after, Limit::new(30)?).await?)
    } else {
        None
    };
    page::html(&ListPage { shell: viewer.shell(Nav::Provision), asked, page, waits, waivers, teams })
}
