//! What a team decides about being paged: its policies, whose primary is its secondary, its integrations.

use askama::Template;
use axum::{extract::Path, http::StatusCode, response::Response};
use portolan_domain::{
    Limit,
    paging::{self, Integration, Policy, Way, Window, WindowFilter},
    people::{self, Team},
};

use super::Leg;
use crate::{
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
};

#[derive(Template)]
#[template(path = "paging/team.html")]
struct TeamPage {
    shell: Shell,
    team: Team,
    way: Way,
    steps: Vec<String>,
    policies: Vec<Policy>,
    integrations: Vec<Integration>,
    windows: Vec<Window>,
    teams: Vec<(String, String)>,
    may_edit: bool,
    form: Form,
}

impl TeamPage {
    fn way(&self) -> Vec<Leg> {
        let minutes: Vec<_> = self.way.plan.steps.iter().map(|s| s.minutes).collect();
        super::way(&self.steps, &minutes, None)
    }

    fn repeats(&self) -> i64 {
        i64::from(self.way.plan.repeats)
    }
}

pub(super) async fn show(mut viewer: Viewer, Path(slug): Path<String>) -> Result<Response, PageError> {
    let team = people::team(&mut viewer.cx(), &slug).await?;
    let related = paging::related_team(&mut viewer.cx(), team.id).await?;
    let form = Form::blank().with("related_team", related.map(|t| t.slug).unwrap_or_default());
    render(viewer, team, form, StatusCode::OK).await
}

async fn render(
    mut viewer: Viewer,
    team: Team,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let may_edit = people::team_rights(&mut viewer.cx(), team.id).await?.edit;
    let way = paging::way(&mut viewer.cx(), team.id, None).await?;
    let steps = paging::step_words(&mut viewer.cx(), &way.plan).await?;
    let slug = Some(team.slug.as_str());
    let policies = paging::policies(&mut viewer.cx(), slug, None, None, Limit::new(100)?).await?.items;
    let integrations = paging::integrations(&mut viewer.cx(), team.id).await?;
    let coming = WindowFilter { team: Some(team.slug.clone()), to_come: true, ..WindowFilter::default() };
    let windows = paging::windows(&mut viewer.cx(), &coming, None, Limit::new(20)?).await?.items;
    let org = if may_edit { people::org(&mut viewer.cx()).await? } else { Vec::new() };
    let teams = org.into_iter().filter(|t| t.id != team.id).map(|t| (t.slug, t.name)).collect();
    let shell = viewer.shell(Nav::Teams);
    page::html_as(
        status,
        &TeamPage { shell, team, way, steps, policies, integrations, windows, teams, may_edit, form },
    )
}

pub(super) async fn relate(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let related = form.optional("related_team");
    match paging::set_related_team(&mut viewer.cx(), &slug, related.as_deref()).await {
        Ok(()) => Ok(Flash::ok("Saved.", "Pages that open from now on go that way.")
            .on(&format!("/teams/{slug}/paging"))),
        Err(error) => {
            let status = form.refuse(error)?;
            let team = people::team(&mut viewer.cx(), &slug).await?;
            render(viewer, team, form, status).await
        }
    }
}
