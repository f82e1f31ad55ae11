//! Asking for help: whom it goes to and when they look at it stand above the form, before anybody writes.

use askama::Template;
use axum::{extract::Query, http::StatusCode, response::Response};
use portolan_domain::{
    levels::{Engagement, Impact, Level},
    provisioning,
    support::{self, Category, Foreseen, NewRequest},
    usage::Event,
};

use crate::{
    caller::Viewer,
    error::PageError,
    flash::{Flash, Tone},
    form::Form,
    ownership::team_choices,
    page::{self, Nav, Shell},
};

/// What an address may bring along.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    entity: String,
    #[serde(default)]
    team: String,
    #[serde(default)]
    page: String,
    /// Name of the offering that it is about.
    #[serde(default)]
    offering: String,
}

#[derive(Template)]
#[template(path = "support/ask.html")]
struct AskPage {
    shell: Shell,
    /// Whom it goes to, if that is known.
    foreseen: Option<Foreseen>,
    teams: Vec<(String, String)>,
    form: Form,
}

impl AskPage {
    fn categories(&self) -> Vec<(&'static str, &'static str)> {
        Category::ALL.into_iter().map(|c| (c.as_str(), c.label())).collect()
    }

    fn impacts(&self) -> [Impact; 4] {
        Impact::ALL
    }

    fn level(&self) -> Option<Level> {
        self.foreseen.as_ref().map(|f| f.decision.level)
    }
}

/// An answer in words: `4 h of support hours`.
pub(crate) fn length(minutes: &i32) -> String {
    portolan_domain::levels::length(*minutes)
}

pub(super) async fn form(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let (mut title, mut category) = (String::new(), None);
    if !asked.offering.is_empty() {
        let offering = provisioning::offering(&mut viewer.cx(), &asked.offering).await?;
        title = format!("{}: ", offering.title);
        category = Some(Category::PlatformUse.as_str());
    }
    let form = Form::blank()
        .with("entity", &asked.entity)
        .with("team", &asked.team)
        .with("page", &asked.page)
        .with("environment", "production")
        .with("impact", Impact::Question.as_str())
        .with("title", title)
        .with_optional("category", category);
    show(&mut viewer, form, StatusCode::OK).await
}

async fn show(viewer: &mut Viewer, form: Form, status: StatusCode) -> Result<Response, PageError> {
    let (entity, team) = (form.optional("entity"), form.optional("team"));
    let impact = form.text("impact").parse().unwrap_or(Impact::Question);
    let environment = form.text("environment");
    let foreseen = match (&entity, &team) {
        (None, None) => None,
        // what cannot be foreseen is said by the form when it is sent
        _ => support::foresee(&mut viewer.cx(), entity.as_deref(), team.as_deref(), impact, &environment)
            .await
            .ok(),
    };
    let teams = team_choices(viewer).await?;
    page::html_as(status, &AskPage { shell: viewer.shell(Nav::Support), foreseen, teams, form })
}

pub(super) async fn save(mut viewer: Viewer, mut form: Form) -> Result<Response, PageError> {
    let new = NewRequest {
        entity: form.optional("entity"),
        team: form.optional("team"),
        title: form.text("title"),
        environment: form.text("environment"),
        impact: form.text("impact").parse().ok(),
        tried: form.text("tried"),
        wanted: form.text("wanted"),
        links: form.text("links").lines().map(str::to_owned).collect(),
        category: form.text("category").parse().ok(),
        page_id: form.text("page").parse().ok(),
    };
    match support::ask(&mut viewer.cx(), new).await {
        Ok(asked) => {
            viewer.portal().usage.note(Event {
                kind: "asked-for-help",
                person: viewer.person(),
                subject: asked.request.entity_ref.clone().unwrap_or_else(|| asked.request.team.clone()),
                results: None,
            });
            Ok(told(&asked).on(&super::address(&asked.request)))
        }
        Err(error) => {
            let status = form.refuse(error)?;
            show(&mut viewer, form, status).await
        }
    }
}

fn told(asked: &support::Asked) -> Flash {
    let team = &asked.request.team_name;
    match (&asked.engagement, &asked.request.assignee) {
        (Engagement::Now { .. }, _) => Flash::new(
            Tone::Warn,
            "Asked, and it may not wait.",
            format!("An engineer of {team} may be had at once for this: page them if nobody answers."),
        ),
        (_, Some(person)) => {
            Flash::ok("Asked.", format!("{} of {team} has it; you are told when they answer.", person.name))
        }
        (_, None) => Flash::new(
            Tone::Warn,
            "Asked, but nobody has it yet.",
            format!("{team} has nobody in its support shift now; the team was told."),
        ),
    }
}
