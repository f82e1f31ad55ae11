//! An offering that nothing new is made with: since when and why, what takes its place, and what its users do.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use portolan_domain::{
    Limit, Page,
    people::TeamName,
    provisioning::{self, GivenUp, Offering, Resource, ResourceFilter},
};

use super::Behind;
use crate::{
    caller::Viewer,
    error::PageError,
    form::Form,
    markdown,
    page::{self, Nav, Shell},
};

/// Things of the team that are named one by one.
const NAMED: i64 = 10;

#[derive(Template)]
#[template(path = "provisioning/gone.html")]
struct GonePage {
    shell: Shell,
    offering: Offering,
    end: GivenUp,
    behind: Behind,
    /// The viewer's team, and what it has of it.
    team: Option<TeamName>,
    has: Page<Resource>,
    /// What it was to be for: it goes along to the replacement.
    service: String,
}

impl GonePage {
    fn html(&self) -> String {
        markdown::html(&self.offering.description)
    }

    fn because(&self) -> Option<&str> {
        self.offering.definition.deprecated_because.as_deref()
    }

    /// Where its replacement is asked for.
    fn instead(&self) -> Option<String> {
        let address = format!("/provision/{}", self.end.replacement.as_ref()?.name);
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in
            [("team", self.team.as_ref().map_or("", |team| &team.slug)), ("service", &self.service)]
        {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        Some(if query.is_empty() { address } else { format!("{address}?{query}") })
    }
}

pub(super) async fn rendered(
    viewer: &mut Viewer,
    offering: Offering,
    end: GivenUp,
    teams: &[TeamName],
    form: &Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let asked = form.text("team");
    let team = teams.iter().find(|team| team.slug == asked).or(teams.first()).cloned();
    let filter = ResourceFilter {
        offering: Some(offering.id),
        team: team.as_ref().map(|team| team.id),
        ..ResourceFilter::default()
    };
    let has = provisioning::resources(&mut viewer.cx(), &filter, None, Limit::new(NAMED)?).await?;
    let behind = Behind::of(viewer, &offering).await?;
    let (shell, service) = (viewer.shell(Nav::Provision), form.text("service"));
    page::html_as(status, &GonePage { shell, offering, end, behind, team, has, service })
}
