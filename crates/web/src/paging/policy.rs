//! A policy, as a form of numbered steps.

use askama::Template;
use axum::{extract::Path, http::StatusCode, response::Response};
use portolan_domain::{
    Error,
    catalog::EntityRef,
    paging::{self, MOST_STEPS, NewPolicy, NewStep, NewTarget, Policy, StepTarget},
    people::{self, TeamName},
};

use crate::{
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
};

/// Rows of steps that a form has, filled or not.
const ROWS: usize = 5;

#[derive(Template)]
#[template(path = "paging/policy.html")]
struct PolicyPage {
    shell: Shell,
    team: TeamName,
    policy: Option<Policy>,
    services: Vec<EntityRef>,
    may_edit: bool,
    form: Form,
}

/// Who is told: value and words.
const KINDS: [(&str, &str); 4] = [
    ("team", "Whoever is on call for the team"),
    ("schedule", "Whoever is on call on the schedule"),
    ("person", "The person"),
    ("lead", "Whoever leads the team"),
];

impl PolicyPage {
    /// A row for each step, and some to fill.
    fn rows(&self) -> std::ops::Range<usize> {
        let filled = (0..MOST_STEPS).filter(|n| !self.form.value(&format!("name-{n}")).is_empty()).count();
        0..(filled + 1).clamp(ROWS, MOST_STEPS)
    }

    fn kinds(&self) -> [(&'static str, &'static str); 4] {
        KINDS
    }

    fn value(&self, field: &str, row: &usize) -> &str {
        self.form.value(&format!("{field}-{row}"))
    }

    fn is_kind(&self, row: &usize, kind: &str) -> bool {
        self.value("kind", row) == kind
    }

    fn title(&self) -> String {
        self.policy.as_ref().map_or_else(|| format!("New policy of {}", self.team.name), |p| p.name.clone())
    }
}

/// What a form says; a row without a name is no step.
fn read(form: &Form, team: String, slug: String) -> NewPolicy {
    let row = |n: usize| {
        let name = form.optional(&format!("name-{n}"))?;
        let to = match form.value(&format!("kind-{n}")) {
            "schedule" => NewTarget::Schedule(name),
            "person" => NewTarget::Person(name),
            "lead" => NewTarget::Lead(name),
            _ => NewTarget::Team(name),
        };
        Some(NewStep { to, minutes: number(form.value(&format!("minutes-{n}")), 5) })
    };
    NewPolicy {
        team,
        slug,
        name: form.text("name"),
        repeats: number(form.value("repeats"), 0),
        is_default: form.flag("default"),
        steps: (0..MOST_STEPS).filter_map(row).collect(),
    }
}

/// A number as typed; what is none is one that the operation refuses.
fn number(text: &str, empty: u32) -> u32 {
    match text.trim() {
        "" => empty,
        text => text.parse().unwrap_or(u32::MAX),
    }
}

fn filled(policy: &Policy) -> Form {
    let mut form = Form::blank()
        .with("name", &policy.name)
        .with("repeats", policy.repeats)
        .with("version", policy.version)
        .with_optional("default", policy.is_default.then_some("yes"));
    for (n, step) in policy.steps.iter().enumerate() {
        let (kind, name) = match &step.to {
            StepTarget::Schedule(s) => ("schedule", &s.slug),
            StepTarget::Team(t) => ("team", &t.slug),
            StepTarget::Person(p) => ("person", &p.handle),
            StepTarget::Lead(t) => ("lead", &t.slug),
        };
        form = form
            .with(&format!("kind-{n}"), kind)
            .with(&format!("name-{n}"), name)
            .with(&format!("minutes-{n}"), step.minutes);
    }
    form
}

pub(super) async fn blank(mut viewer: Viewer, Path(slug): Path<String>) -> Result<Response, PageError> {
    let team = team(&mut viewer, &slug).await?;
    people::require_team(&mut viewer.cx(), Some(team.id), &format!("who is paged for {}", team.name)).await?;
    let related = paging::related_team(&mut viewer.cx(), team.id).await?;
    let mut form = Form::blank().with("repeats", 2).with("default", "yes");
    let steps = [
        ("team", Some(team.slug.clone()), 5),
        ("team", related.map(|t| t.slug), 10),
        ("lead", Some(team.slug.clone()), 15),
    ];
    let steps = steps.into_iter().filter_map(|(kind, name, minutes)| Some((kind, name?, minutes)));
    for (n, (kind, name, minutes)) in steps.enumerate() {
        form = form
            .with(&format!("kind-{n}"), kind)
            .with(&format!("name-{n}"), name)
            .with(&format!("minutes-{n}"), minutes);
    }
    render(viewer, team, None, form, StatusCode::OK).await
}

async fn team(viewer: &mut Viewer, slug: &str) -> Result<TeamName, PageError> {
    let team = people::team(&mut viewer.cx(), slug).await?;
    Ok(TeamName { id: team.id, slug: team.slug, name: team.name })
}

async fn render(
    mut viewer: Viewer,
    team: TeamName,
    policy: Option<Policy>,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let services = match &policy {
        Some(policy) => paging::services_of(&mut viewer.cx(), policy.id).await?,
        None => Vec::new(),
    };
    let may_edit = people::team_rights(&mut viewer.cx(), team.id).await?.edit;
    let shell = viewer.shell(Nav::Teams);
    page::html_as(status, &PolicyPage { shell, team, policy, services, may_edit, form })
}

pub(super) async fn create(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let new = read(&form, slug.clone(), form.text("slug"));
    match paging::create_policy(&mut viewer.cx(), new).await {
        Ok(policy) => Ok(Flash::ok("Policy made.", "Pages that open from now on go that way.")
            .on(&format!("/teams/{}/paging", policy.team.slug))),
        Err(error) => {
            let status = form.refuse(error)?;
            let team = team(&mut viewer, &slug).await?;
            render(viewer, team, None, form, status).await
        }
    }
}

pub(super) async fn form(mut viewer: Viewer, Path(slug): Path<String>) -> Result<Response, PageError> {
    let policy = paging::policy(&mut viewer.cx(), &slug).await?;
    let form = filled(&policy);
    render(viewer, policy.team.clone(), Some(policy), form, StatusCode::OK).await
}

pub(super) async fn save(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let new = read(&form, String::new(), String::new());
    match paging::edit_policy(&mut viewer.cx(), &slug, new, form.version()).await {
        Ok(policy) => Ok(Flash::ok("Saved.", "Pages that run keep the steps they were opened with.")
            .on(&format!("/teams/{}/paging", policy.team.slug))),
        Err(error) => {
            let overtaken = matches!(error, Error::Stale);
            let status = form.refuse(error)?;
            let policy = paging::policy(&mut viewer.cx(), &slug).await?;
            if overtaken {
                form.overtaken(&filled(&policy));
            }
            render(viewer, policy.team.clone(), Some(policy), form, status).await
        }
    }
}

pub(super) async fn close(mut viewer: Viewer, Path(slug): Path<String>) -> Result<Response, PageError> {
    let policy = paging::policy(&mut viewer.cx(), &slug).await?;
    paging::close_policy(&mut viewer.cx(), &slug).await?;
    Ok(Flash::ok("Closed.", "What had it goes its team's way from now on.")
        .on(&format!("/teams/{}/paging", policy.team.slug)))
}
