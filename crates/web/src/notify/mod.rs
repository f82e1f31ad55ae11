//! The webhooks that a team is told through. A secret is shown on the page that answers its making, once.

use askama::Template;
use axum::{
    Router,
    extract::Path,
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use portolan_domain::{
    Error,
    notify::{self, Endpoint, NewEndpoint},
    people::{self, Team},
};

use crate::{
    Shared,
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
};

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/teams/{slug}/webhooks", get(list).post(create))
        .route("/teams/{slug}/webhooks/{id}/closing", post(close))
        .route("/teams/{slug}/webhooks/{id}/test", post(test))
}

#[derive(Template)]
#[template(path = "notify/webhooks.html")]
struct WebhooksPage {
    shell: Shell,
    team: Team,
    webhooks: Vec<Endpoint>,
    made: Option<NewEndpoint>,
    has_key: bool,
    form: Form,
}

async fn list(viewer: Viewer, Path(slug): Path<String>) -> Result<Response, PageError> {
    show(viewer, &slug, None, Form::blank().with("format", "slack"), StatusCode::OK).await
}

async fn show(
    mut viewer: Viewer,
    slug: &str,
    made: Option<NewEndpoint>,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let team = people::team(&mut viewer.cx(), slug).await?;
    let webhooks = notify::endpoints(&mut viewer.cx(), slug).await?;
    let has_key = viewer.portal().sealing_key.is_some();
    let shell = viewer.shell(Nav::Teams);
    page::html_as(status, &WebhooksPage { shell, team, webhooks, made, has_key, form })
}

async fn create(mut viewer: Viewer, Path(slug): Path<String>, mut form: Form) -> Result<Response, PageError> {
    let key = viewer.portal().sealing_key.clone();
    let made = match form.value("format").parse() {
        Ok(format) => {
            let (name, url) = (form.text("name"), form.text("url"));
            notify::create_endpoint(&mut viewer.cx(), &slug, &name, &url, format, key.as_ref()).await
        }
        Err(error) => Err(error),
    };
    match made {
        Ok(made) => {
            let blank = Form::blank().with("format", made.endpoint.format.as_str());
            show(viewer, &slug, Some(made), blank, StatusCode::CREATED).await
        }
        Err(error) => {
            let status = form.refuse(error)?;
            show(viewer, &slug, None, form, status).await
        }
    }
}

async fn close(mut viewer: Viewer, Path((_, id)): Path<(String, String)>) -> Result<Response, PageError> {
    let id = id.parse().map_err(|_| Error::not_found("webhook", &id))?;
    let closed = notify::revoke_endpoint(&mut viewer.cx(), id).await?;
    Ok(Flash::ok("Closed.", "Nothing is told through it any more; its address and secret are forgotten.")
        .on(&format!("/teams/{}/webhooks", closed.team)))
}

async fn test(mut viewer: Viewer, Path((_, id)): Path<(String, String)>) -> Result<Response, PageError> {
    let id = id.parse().map_err(|_| Error::not_found("webhook", &id))?;
    let (tried, _) = notify::test_endpoint(&mut viewer.cx(), id).await?;
    Ok(Flash::ok("A test is on its way.", "Load this page again in a moment: it says whether it got there.")
        .on(&format!("/teams/{}/webhooks", tried.team)))
}
