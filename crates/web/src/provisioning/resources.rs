//! What a team has: in sum, and each with its version, its cost and its end.

use askama::Template;
use axum::{extract::Query, response::Response};
use jiff::SignedDuration;
use portolan_domain::{
    Limit, Page,
    people::{self, TeamName},
    provisioning::{self, Holdings, Resource, ResourceFilter},
};

use super::{my_teams, said};
use crate::{
    address::{self, Steps},
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
    words,
};

/// Things that are due and told one by one.
const DUE: i64 = 20;
/// What ends within so many hours is shown as ending soon.
const SOON: i64 = 24 * 30;

/// The address bar holds the whole state.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    team: String,
    /// `due`, `soon`, `behind`, `gone`.
    #[serde(default)]
    show: String,
    #[serde(default)]
    after: String,
}

impl Asked {
    fn address(&self, show: &str, after: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in
            [("team", self.team.as_str()), ("show", show), ("after", after.unwrap_or_default())]
        {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { "/provision/resources".into() } else { format!("/provision/resources?{query}") }
    }
}

#[derive(Template)]
#[template(path = "provisioning/resources.html")]
struct ResourcesPage {
    shell: Shell,
    asked: Asked,
    team: Option<TeamName>,
    teams: Vec<TeamName>,
    holdings: Holdings,
    /// What is to be looked at now: whether it is still needed.
    due: Vec<Resource>,
    may_renew: bool,
    page: Option<Page<Resource>>,
}

impl ResourcesPage {
    fn shows(&self) -> [(&'static str, &'static str); 5] {
        [
            ("", "All that is there"),
            ("due", "Due now"),
            ("soon", "Ends or is looked at soon"),
            ("behind", "Behind its offering"),
            ("gone", "Also what is gone"),
        ]
    }

    fn cost(&self) -> String {
        let all: Vec<_> = self.holdings.cost.iter().map(|(currency, n)| said::money(*n, currency)).collect();
        if all.is_empty() { "nothing told".to_owned() } else { all.join(" and ") }
    }

    /// The page, if there is anything on it.
    fn some(&self) -> Option<&Page<Resource>> {
        self.page.as_ref().filter(|page| !page.items.is_empty())
    }

    fn steps(&self) -> Steps {
        let Some(page) = &self.page else { return Steps::default() };
        let around = (page.previous.as_ref(), page.next.as_ref());
        Steps::new(around, !self.asked.after.is_empty(), |after| self.asked.address(&self.asked.show, after))
    }

    fn count(&self) -> String {
        self.page.as_ref().map_or_else(String::new, |page| words::rows(page, "thing", "things"))
    }

    fn cost_of(&self, resource: &Resource) -> Option<String> {
        Some(said::monthly(resource.cost?, resource.currency.as_deref()))
    }
}

pub(super) async fn show(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let mut teams = my_teams(&mut viewer).await?;
    let team = if asked.team.is_empty() {
        teams.first().cloned()
    } else {
        let team = people::team(&mut viewer.cx(), &asked.team).await?;
        Some(TeamName { id: team.id, slug: team.slug, name: team.name })
    };
    if let Some(team) = &team
        && teams.iter().all(|known| known.id != team.id)
    {
        teams.insert(0, team.clone());
    }
    let (mut holdings, mut due, mut may_renew, mut page) = (Holdings::default(), Vec::new(), false, None);
    if let Some(team) = &team {
        let cx = &mut viewer.cx();
        let filter = ResourceFilter {
            team: Some(team.id),
            due_before: match asked.show.as_str() {
                "due" => Some(cx.now()),
                "soon" => Some(cx.now() + SignedDuration::from_hours(SOON)),
                _ => None,
            },
            behind: asked.show == "behind",
            gone: asked.show == "gone",
            taken_over: asked.show.is_empty(),
            ..ResourceFilter::default()
        };
        let after = address::cursor(&asked.after);
        holdings = provisioning::holdings(cx, team.id).await?;
        let now =
            ResourceFilter { team: Some(team.id), due_before: Some(cx.now()), ..ResourceFilter::default() };
        due = provisioning::resources(cx, &now, None, Limit::new(DUE)?).await?.items;
        may_renew = people::team_rights(cx, team.id).await?.edit;
        page = Some(provisioning::resources(cx, &filter, after, Limit::new(50)?).await?);
    }
    let shell = viewer.shell(Nav::Provision);
    page::html(&ResourcesPage { shell, asked, team, teams, holdings, due, may_renew, page })
}
