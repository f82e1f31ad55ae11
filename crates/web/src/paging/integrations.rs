//! The addresses that a team's alerts come in by. A key is shown on the page that answers its making, once.

use askama::Template;
use axum::{extract::Path, http::StatusCode, response::Response};
use portolan_domain::{
    AlertIntegrationId, Error,
    paging::{self, Integration, IntegrationKind, MadeIntegration, NewIntegration, Route},
    people::{self, Team},
};

use crate::{
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
};

#[derive(Template)]
#[template(path = "paging/integrations.html")]
struct IntegrationsPage {
    shell: Shell,
    base_url: String,
    team: Team,
    integrations: Vec<Integration>,
    made: Option<MadeIntegration>,
    may_edit: bool,
    form: Form,
}

impl IntegrationsPage {
    fn kinds(&self) -> [(&'static str, &'static str); 3] {
        IntegrationKind::ALL.map(|kind| (kind.as_str(), kind.title()))
    }
}

pub(super) async fn show(viewer: Viewer, Path(slug): Path<String>) -> Result<Response, PageError> {
    let form = Form::blank().with("kind", IntegrationKind::Alertmanager.as_str());
    render(viewer, &slug, None, form, StatusCode::OK).await
}

async fn render(
    mut viewer: Viewer,
    slug: &str,
    made: Option<MadeIntegration>,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let team = people::team(&mut viewer.cx(), slug).await?;
    let integrations = paging::integrations(&mut viewer.cx(), team.id).await?;
    let may_edit = people::team_rights(&mut viewer.cx(), team.id).await?.edit;
    let base_url = viewer.portal().base_url.clone();
    let shell = viewer.shell(Nav::Teams);
    page::html_as(status, &IntegrationsPage { shell, base_url, team, integrations, made, may_edit, form })
}

pub(super) async fn create(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let kind: IntegrationKind = form.text("kind").parse()?;
    let new = NewIntegration { team: slug.clone(), kind, name: form.text("name"), routes: None };
    match paging::create_integration(&mut viewer.cx(), new).await {
        Ok(made) => {
            let form = Form::blank().with("kind", kind.as_str());
            render(viewer, &slug, Some(made), form, StatusCode::CREATED).await
        }
        Err(error) => {
            let status = form.refuse(error)?;
            render(viewer, &slug, None, form, status).await
        }
    }
}

#[derive(Template)]
#[template(path = "paging/integration.html")]
struct IntegrationPage {
    shell: Shell,
    integration: Integration,
    may_edit: bool,
    form: Form,
}

fn id(text: &str) -> Result<AlertIntegrationId, Error> {
    text.parse().map_err(|_| Error::not_found("integration", text))
}

/// One label a line: `label`, or `label kind namespace`.
fn lines(routes: &[Route]) -> String {
    let line = |r: &Route| match (r.kind.as_str(), r.namespace.as_str()) {
        ("component", "default") => r.label.clone(),
        (kind, namespace) => format!("{} {kind} {namespace}", r.label),
    };
    routes.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn routes(text: &str) -> Vec<Route> {
    let route = |line: &str| {
        let mut words = line.split_whitespace();
        Some(Route {
            label: words.next()?.to_owned(),
            kind: words.next().unwrap_or("component").to_owned(),
            namespace: words.next().unwrap_or("default").to_owned(),
        })
    };
    text.lines().filter_map(route).collect()
}

pub(super) async fn form(mut viewer: Viewer, Path(text): Path<String>) -> Result<Response, PageError> {
    let integration = paging::integration(&mut viewer.cx(), id(&text)?).await?;
    let form = Form::blank().with("name", &integration.name).with("routes", lines(&integration.routes));
    render_one(viewer, integration, form, StatusCode::OK).await
}

async fn render_one(
    mut viewer: Viewer,
    integration: Integration,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let may_edit = people::team_rights(&mut viewer.cx(), integration.team.id).await?.edit;
    let shell = viewer.shell(Nav::Teams);
    page::html_as(status, &IntegrationPage { shell, integration, may_edit, form })
}

pub(super) async fn save(
    mut viewer: Viewer,
    Path(text): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let id = id(&text)?;
    let routes = routes(form.value("routes"));
    match paging::edit_integration(&mut viewer.cx(), id, &form.text("name"), &routes).await {
        Ok(saved) => Ok(Flash::ok("Saved.", "What comes in from now on is read so.")
            .on(&format!("/teams/{}/integrations", saved.team.slug))),
        Err(error) => {
            let status = form.refuse(error)?;
            let integration = paging::integration(&mut viewer.cx(), id).await?;
            render_one(viewer, integration, form, status).await
        }
    }
}

pub(super) async fn close(mut viewer: Viewer, Path(text): Path<String>) -> Result<Response, PageError> {
    let id = id(&text)?;
    let slug = paging::integration(&mut viewer.cx(), id).await?.team.slug;
    paging::revoke_integration(&mut viewer.cx(), id).await?;
    Ok(Flash::ok("Closed.", "What it tells from now on is refused; what it told stays.")
        .on(&format!("/teams/{slug}/integrations")))
}

#[cfg(test)]
mod tests {
    use super::{lines, routes};

    #[test]
    fn labels_are_written_as_they_are_read() {
        let text = "service\ndatabase resource shop";
        assert_eq!(lines(&routes(text)), text);
        assert_eq!(lines(&routes("  service  component default \n\n")), "service");
        assert_eq!(
            (routes("db resource")[0].kind.as_str(), routes("db resource")[0].namespace.as_str()),
            ("resource", "default")
        );
    }
}
