//! Asking: the form that an offering makes, with what will happen beside it.

use std::hash::{DefaultHasher, Hash, Hasher};

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use portolan_domain::{
    Error, Problem, ProvisioningRequestId,
    people::TeamName,
    provisioning::{self, Field, NewRequest, Offering, Request, State},
};
use serde_json::{Map, Value};

use super::{
    Behind,
    card::{Card, For},
    fields::{self, Shown},
    gone, in_fields, my_teams, said, wrong,
};
use crate::{
    caller::Viewer,
    error::PageError,
    flash::{Flash, Tone},
    form::Form,
    markdown,
    page::{self, Nav, Shell},
    words,
};

/// What an address may bring along.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    team: String,
    #[serde(default)]
    service: String,
    #[serde(default)]
    environment: String,
    /// A draft to go on with.
    draft: Option<i64>,
    /// A request to ask for again.
    again: Option<i64>,
}

#[derive(Template)]
#[template(path = "provisioning/ask.html")]
struct AskPage {
    shell: Shell,
    offering: Offering,
    /// How long it usually takes.
    usual: Option<String>,
    fields: Vec<Shown>,
    teams: Vec<(String, String)>,
    form: Form,
    card: Card,
}

impl AskPage {
    fn lead(&self) -> String {
        let first = self.offering.description.trim().split("\n\n").next().unwrap_or_default();
        words::brief(&markdown::plain(first), 400)
    }

    fn advanced(&self) -> usize {
        self.fields.iter().filter(|field| field.advanced).count() + 1
    }

    /// Whether a field is wrong that is folded away.
    fn is_open(&self) -> bool {
        self.fields.iter().any(|field| field.advanced && field.problem.is_some())
            || self.form.has_problem(&["cost_centre"])
    }
}

/// What stands in the form, as what is asked for.
fn asked_for(name: &str, form: &Form, params: Map<String, Value>) -> NewRequest {
    NewRequest {
        offering: name.to_owned(),
        team: form.text("team"),
        service: form.text("service"),
        environment: form.text("environment"),
        cost_centre: form.text("cost_centre"),
        reason: form.text("reason"),
        params,
    }
}

pub(super) async fn show(
    mut viewer: Viewer,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let offering = provisioning::offering(&mut viewer.cx(), &name).await?;
    let teams = my_teams(&mut viewer).await?;
    let form = begun(&mut viewer, &asked, &offering, &teams).await?;
    rendered(&mut viewer, offering, teams, form, StatusCode::OK).await
}

/// What the form begins with: a draft, what was asked for before, or what the offering proposes.
async fn begun(
    viewer: &mut Viewer,
    asked: &Asked,
    offering: &Offering,
    teams: &[TeamName],
) -> Result<Form, PageError> {
    let before = match asked.draft.or(asked.again) {
        Some(number) => Some(provisioning::request(&mut viewer.cx(), number).await?),
        None => None,
    };
    let once = Form::blank().with("once", ProvisioningRequestId::new());
    let Some(before) = before.filter(|request| request.offering == offering.name && request.action.is_none())
    else {
        let known = teams.iter().find(|team| team.slug == asked.team).or(teams.first());
        let form = once
            .with_optional("team", known.map(|team| &team.slug))
            .with("service", &asked.service)
            .with("environment", if asked.environment.is_empty() { "production" } else { &asked.environment })
            .with("cost_centre", "")
            .with("reason", "");
        return Ok(fields::filled(&offering.fields(), &Map::new(), form));
    };
    let form = once
        .with("team", &before.team.slug)
        .with("service", before.service.as_ref().map_or("", |service| service.reference.as_str()))
        .with("environment", &before.environment)
        .with("cost_centre", &before.cost_centre)
        .with("reason", &before.reason)
        .with_optional("draft", asked.draft);
    Ok(fields::filled(&offering.fields(), &before.params, form))
}

async fn rendered(
    viewer: &mut Viewer,
    offering: Offering,
    teams: Vec<TeamName>,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    if let Some(end) = provisioning::given_up(&mut viewer.cx(), &offering).await? {
        return gone::rendered(viewer, offering, end, &teams, &form, status).await;
    }
    let of = offering.fields();
    let figures = provisioning::figures(&mut viewer.cx(), offering.id).await?;
    let card = card(viewer, &offering.name, &of, &form).await?;
    page::html_as(
        status,
        &AskPage {
            shell: viewer.shell(Nav::Provision),
            usual: figures.usual_seconds.map(said::lasts),
            fields: fields::shown(&of, &form, &teams),
            teams: teams.into_iter().map(|team| (team.slug, team.name)).collect(),
            offering,
            form,
            card,
        },
    )
}

/// What will happen with what stands in the form.
async fn card(viewer: &mut Viewer, name: &str, of: &[Field], form: &Form) -> Result<Card, PageError> {
    let (params, unread) = fields::read(of, form);
    let mut checked = provisioning::check(&mut viewer.cx(), &asked_for(name, form, params)).await?;
    checked.problems.extend(in_params(unread));
    let base_url = viewer.portal().base_url.clone();
    let behind = Behind::of(viewer, &checked.offering).await?;
    Ok(Card::new(viewer.shell(Nav::Provision), &base_url, of, checked, &For::Offering(form), behind))
}

/// What could not be read at all, beside what policy says of the rest.
pub(super) fn in_params(unread: Vec<Problem>) -> impl Iterator<Item = Problem> {
    unread.into_iter().map(|problem| Problem { field: problem.field.replacen("p-", "params.", 1), ..problem })
}

/// The card alone, for the page that asks while somebody types.
pub(super) async fn check(
    mut viewer: Viewer,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let of = provisioning::offering(&mut viewer.cx(), &name).await?.fields();
    let card = card(&mut viewer, &name, &of, &form).await?;
    page::html(&card)
}

pub(super) async fn save(
    mut viewer: Viewer,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let offering = provisioning::offering(&mut viewer.cx(), &name).await?;
    let of = offering.fields();
    let mut form = fields::called(&of, form);
    let (params, unread) = fields::read(&of, &form);
    let new = asked_for(&name, &form, params);
    let result = match form.value("do") {
        "check" => Err(wrong(&provisioning::check(&mut viewer.cx(), &new).await?, unread)),
        _ if !unread.is_empty() => Err(Error::Invalid(unread)),
        act => acted(&mut viewer, new, &form, act == "draft").await,
    };
    match result {
        Ok(request) => Ok(told(&request).on(&request.link())),
        Err(error) => {
            let is_check = form.value("do") == "check";
            let status = form.refuse(in_fields(error))?;
            let status = if is_check { StatusCode::OK } else { status };
            let teams = my_teams(&mut viewer).await?;
            rendered(&mut viewer, offering, teams, form, status).await
        }
    }
}

async fn acted(viewer: &mut Viewer, new: NewRequest, form: &Form, keep: bool) -> Result<Request, Error> {
    let portal = viewer.portal().clone();
    let key = portal.sealing_key.as_ref();
    let draft = form.text("draft").parse().ok();
    let once = form.optional("once").map(|once| format!("{once}-{}", digest(&new)));
    let cx = &mut viewer.cx();
    match (keep, draft) {
        (true, draft) => provisioning::save_draft(cx, new, draft).await,
        (false, Some(number)) => provisioning::submit_draft(cx, key, number, new).await,
        (false, None) => provisioning::submit(cx, key, new, once.as_deref()).await,
    }
}

/// The second click asks for nothing twice; whoever comes back to the form and changes it asks for something else.
fn digest(new: &NewRequest) -> String {
    let said = [&new.team, &new.service, &new.environment, &new.cost_centre, &new.reason];
    let mut hasher = DefaultHasher::new();
    (said, Value::Object(new.params.clone()).to_string()).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

pub(super) fn told(request: &Request) -> Flash {
    match request.state {
        State::Draft => Flash::ok("Kept as a draft.", "Nobody else sees it, and nothing is asked yet."),
        State::AwaitingApproval => Flash::new(
            Tone::Info,
            "Asked.",
            "People have to agree first; they are told, and so are you when they did.",
        ),
        _ => {
            let (now, then) = (said::by_itself(request.effect), said::told_when(request.effect));
            Flash::ok("Asked.", format!("{now} You may leave; {then}."))
        }
    }
}
