//! Page a team: first who will be woken and what time it is there, then the words they read.

use askama::Template;
use axum::{extract::Query, http::StatusCode, response::Response};
use portolan_domain::{
    Error,
    catalog::EntityRef,
    paging::{self, NewPage, Preview, Urgency, Whom},
};

use super::{Leg, some};
use crate::{
    address,
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
};

/// Whom to page: a team, or whoever is on call for a thing.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    team: String,
    #[serde(default)]
    entity: String,
}

impl Asked {
    fn whom(&self) -> Result<Whom, Error> {
        match (some(&self.team), some(&self.entity)) {
            (_, Some(entity)) => EntityRef::parse(&entity, Some("component"), "default")
                .map(Whom::Entity)
                .map_err(|e| Error::invalid("entity", e.to_string())),
            (Some(team), None) => Ok(Whom::Team(team)),
            (None, None) => {
                Err(Error::not_found("team", "nobody: page from the view of a service or a team"))
            }
        }
    }
}

#[derive(Template)]
#[template(path = "paging/raise.html")]
struct RaisePage {
    shell: Shell,
    preview: Preview,
    form: Form,
}

impl RaisePage {
    fn way(&self) -> Vec<Leg> {
        super::way(&self.preview.steps, &self.preview.minutes, None)
    }

    /// What is paged, and where it lives.
    fn what(&self) -> (String, String) {
        match &self.preview.entity {
            Some(entity) => (entity.label().to_owned(), address::entity(&entity.reference)),
            None => (self.preview.team.name.clone(), format!("/teams/{}", self.preview.team.slug)),
        }
    }
}

pub(super) async fn form(viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let form = Form::blank()
        .with("team", &asked.team)
        .with("entity", &asked.entity)
        .with("urgency", Urgency::Now.as_str());
    render(viewer, &asked, form, StatusCode::OK).await
}

async fn render(
    mut viewer: Viewer,
    asked: &Asked,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let preview = paging::preview(&mut viewer.cx(), &asked.whom()?).await?;
    page::html_as(status, &RaisePage { shell: viewer.shell(Nav::Pages), preview, form })
}

pub(super) async fn raise(mut viewer: Viewer, mut form: Form) -> Result<Response, PageError> {
    let asked = Asked { team: form.text("team"), entity: form.text("entity") };
    let new = NewPage {
        whom: asked.whom()?,
        summary: form.text("summary"),
        impact: form.text("impact"),
        urgency: form.text("urgency").parse()?,
        link: form.optional("link"),
    };
    match paging::raise(&mut viewer.cx(), new).await {
        Ok(page) => {
            Ok(Flash::ok("Paged.", "What happens stands here.").on(&format!("/pages/{}", page.number)))
        }
        Err(error) => {
            let status = form.refuse(error)?;
            render(viewer, &asked, form, status).await
        }
    }
}
