//! Page a team: first who will be woken and what time it is there, then the words they read.

use askama::Template;
use axum::{extract::Query, http::StatusCode, response::Response};
use portolan_domain::{
    Error,
    catalog::EntityRef,
    levels::Impact,
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

    /// How bad it may be, what that means, and for whom the level decides what comes of it in production.
    fn choices(&self) -> Vec<(Impact, String)> {
        let comes = |impact: Impact| {
            if self.preview.own {
                return impact.meaning().to_owned();
            }
            let engagement = self.preview.engagement(impact, PRODUCTION, self.shell.now);
            let when = if engagement.is_now() { "at once".to_owned() } else { self.at_work() };
            format!("{} In production {} is told {when}.", impact.meaning(), self.whom())
        };
        Impact::ALL.into_iter().rev().map(|impact| (impact, comes(impact))).collect()
    }

    /// When what can wait is told.
    fn at_work(&self) -> String {
        if self.preview.working > self.shell.now {
            format!("{}, when they are at work", stamp(&self.shell, self.preview.working))
        } else {
            "now, for they are at work".to_owned()
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
    let paged = match read(&form, &asked) {
        Ok(new) => paging::raise(&mut viewer.cx(), new).await,
        Err(error) => Err(error),
    };
    match paged {
        Ok(page) => Ok(said(&page, &viewer.shell(Nav::Pages)).on(&format!("/pages/{}", page.number))),
        Err(error) => {
            let status = form.refuse(error)?;
            render(viewer, &asked, form, status).await
        }
    }
}

fn read(form: &Form, asked: &Asked) -> Result<NewPage, Error> {
    let unsaid = |_| Error::invalid("how_bad", "is needed: choose what fits best");
    Ok(NewPage {
        whom: asked.whom()?,
        summary: form.text("summary"),
        impact: form.text("impact"),
        how_bad: form.text("how_bad").parse().map_err(unsaid)?,
        urgency: form.optional("urgency").map(|word| word.parse()).transpose()?,
        environment: form.text("environment"),
        link: form.optional("link"),
    })
}

/// What came of it: who is told when stands in the page's timeline.
fn said(page: &Paged, shell: &Shell) -> Flash {
    match page.urgency {
        Urgency::Now => Flash::ok("Paged.", "What happens stands here."),
        Urgency::WorkingHours => {
            let when = page.next_at.filter(|at| *at > shell.now);
            let when = when.map_or_else(|| "now: they are at work".to_owned(), |at| stamp(shell, at));
            Flash::new(
                Tone::Warn,
                "It waits until they are at work.",
                format!("They are told {when}; why stands below."),
            )
        }
    }
}

fn stamp(shell: &Shell, at: jiff::Timestamp) -> String {
    time::stamp(at, shell.now, shell.time_zone())
}
