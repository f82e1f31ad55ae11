//! Hooks of code hosts: made and closed by admins. A secret is shown on the page that answers its making, once.

use askama::Template;
use axum::{extract::Path, http::StatusCode, response::Response};
use portolan_domain::changes::{self, Hook, HookKind, NewHook};

use crate::{
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
};

#[derive(Template)]
#[template(path = "changes/hooks.html")]
struct HooksPage {
    shell: Shell,
    base_url: String,
    hooks: Vec<Hook>,
    made: Option<NewHook>,
    has_key: bool,
    form: Form,
}

pub(super) async fn list(viewer: Viewer) -> Result<Response, PageError> {
    show(viewer, None, Form::blank().with("kind", "github"), StatusCode::OK).await
}

async fn show(
    mut viewer: Viewer,
    made: Option<NewHook>,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let hooks = changes::hooks(&mut viewer.cx()).await?;
    let (base_url, has_key) = (viewer.portal().base_url.clone(), viewer.portal().sealing_key.is_some());
    page::html_as(
        status,
        &HooksPage { shell: viewer.shell(Nav::Changes), base_url, hooks, made, has_key, form },
    )
}

pub(super) async fn create(mut viewer: Viewer, mut form: Form) -> Result<Response, PageError> {
    let kind: HookKind = form.text("kind").parse()?;
    let key = viewer.portal().sealing_key.clone();
    match changes::create_hook(&mut viewer.cx(), kind, &form.text("name"), key.as_ref()).await {
        Ok(made) => {
            show(viewer, Some(made), Form::blank().with("kind", kind.as_str()), StatusCode::CREATED).await
        }
        Err(error) => {
            let status = form.refuse(error)?;
            show(viewer, None, form, status).await
        }
    }
}

pub(super) async fn close(mut viewer: Viewer, Path(id): Path<String>) -> Result<Response, PageError> {
    let id = id.parse().map_err(|_| portolan_domain::Error::not_found("hook", &id))?;
    changes::revoke_hook(&mut viewer.cx(), id).await?;
    Ok(Flash::ok("Closed.", "What it delivers from now on is refused; what it told stays.")
        .on("/changes/hooks"))
}
