//! Page a team: first who will be woken and what time it is there, then the words they read.

use askama::Template;
use axum::{extract::Query, http::StatusCode, response::Response};
use portolan_domain::{
    Error,
    catalog::EntityRef,
    levels::{Engagement, Impact},
    paging::{self, NewPage, Paged, Preview, Urgency, Whom},
};

use super::{Leg, some};
use crate::{
    address,
    caller::Viewer,
    error::PageError,
    flash::{Flash, Tone},
    form::Form,
    page::{self, Nav, Shell},
    time,
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

/// Where pages are usually about.
const PRODUCTION: &str = "production";

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

    /// How bad it may be in production, what that means, and what comes of it: whether somebody is woken.
    fn choices(&self) -> Vec<(Impact, String)> {
        let comes = |impact| match self.preview.engagement(impact, PRODUCTION, self.shell.now) {
            Engagement::Now { .. } => "told at once".to_owned(),
            Engagement::InWorkingHours { .. } if self.preview.working > self.shell.now => {
                format!("told {}, when support hours begin", stamp(&self.shell, self.preview.working))
            }
            Engagement::InWorkingHours { .. } => "told at once: it is within support hours".to_owned(),
        };
        Impact::ALL
            .into_iter()
            .rev()
            .map(|i| (i, format!("{} {}: {}.", i.meaning(), self.whom(), comes(i))))
            .collect()
    }

    /// Said to those who need nobody's level.
    fn own(&self) -> Option<String> {
        match self.preview.engagement(Impact::Question, "", self.shell.now) {
            Engagement::Now { why } => Some(why.join(" ")),
            Engagement::InWorkingHours { .. } => None,
        }
    }

    /// Whoever is told first.
    fn whom(&self) -> String {
        let names: Vec<_> = self.preview.first.people.iter().map(|p| p.name.as_str()).collect();
        if names.is_empty() { self.preview.team.name.clone() } else { names.join(" and ") }
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
        .with("environment", PRODUCTION)
        .with("how_bad", Impact::Outage.as_str());
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
        how_bad: form.text("how_bad").parse()?,
        environment: form.text("environment"),
        link: form.optional("link"),
    };
    match paging::raise(&mut viewer.cx(), new).await {
        Ok(page) => Ok(said(&page, &viewer.shell(Nav::Pages)).on(&format!("/pages/{}", page.number))),
        Err(error) => {
            let status = form.refuse(error)?;
            render(viewer, &asked, form, status).await
        }
    }
}

/// What came of it: who is told when stands in the page's timeline.
fn said(page: &Paged, shell: &Shell) -> Flash {
    match page.urgency {
        Urgency::Now => Flash::ok("Paged.", "What happens stands here."),
        Urgency::WorkingHours => {
            let when = page.next_at.filter(|at| *at > shell.now);
            let when = when.map_or_else(|| "now, in support hours".to_owned(), |at| stamp(shell, at));
            Flash::new(Tone::Warn, "Nobody is woken.", format!("They are told {when}; why stands below."))
        }
    }
}

fn stamp(shell: &Shell, at: jiff::Timestamp) -> String {
    time::stamp(at, shell.now, shell.time_zone())
}
