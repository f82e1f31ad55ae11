//! Writing an offering: its document, and the form that comes of it beside it.

use askama::Template;
use axum::{extract::Path, http::StatusCode, response::Response};
use portolan_domain::{
    Error, Problem,
    people::TeamName,
    provisioning::{self, Document},
};
use serde_json::Map;

use super::{
    fields::{self, Shown},
    my_teams,
};
use crate::{
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
    words,
};

/// What the empty editor begins with.
const EXAMPLE: &str = include_str!("../../../../templates/provisioning/example.yaml");

#[derive(Template)]
#[template(path = "provisioning/edit.html")]
struct EditPage {
    shell: Shell,
    /// Name and title of the offering; none for a new one.
    known: Option<(String, String)>,
    form: Form,
    preview: Preview,
    /// Name and line of all that does steps.
    executors: Vec<(&'static str, &'static str)>,
}

/// The form that a document makes, or what is wrong with it.
#[derive(Template)]
#[template(path = "provisioning/preview.html")]
struct Preview {
    title: String,
    fields: Vec<Shown>,
    steps: Vec<String>,
    guardrails: usize,
    approvals: usize,
    problems: Vec<Problem>,
}

impl Preview {
    async fn of(viewer: &mut Viewer, source: &str) -> Result<Self, PageError> {
        let teams = my_teams(viewer).await?;
        let executors = viewer.portal().executors.clone();
        match provisioning::look_at_document(&mut viewer.cx(), source, &executors).await {
            Ok(document) => Ok(Self::shown(&document, &teams)),
            Err(Error::Invalid(problems)) => Ok(Self::wrong(problems)),
            Err(other) => Err(other.into()),
        }
    }

    fn shown(document: &Document, teams: &[TeamName]) -> Self {
        let definition = &document.definition;
        let of = definition.parameters().map(|p| p.fields()).unwrap_or_default();
        let form = fields::filled(&of, &Map::new(), Form::blank());
        Self {
            title: document.title.clone(),
            fields: fields::shown(&of, &form, teams),
            steps: definition.steps.iter().map(super::about::title).collect(),
            guardrails: definition.guardrails.len(),
            approvals: definition.approvals.len(),
            problems: Vec::new(),
        }
    }

    fn wrong(problems: Vec<Problem>) -> Self {
        Self {
            title: String::new(),
            fields: Vec::new(),
            steps: Vec::new(),
            guardrails: 0,
            approvals: 0,
            problems,
        }
    }

    fn has_advanced(&self) -> bool {
        self.fields.iter().any(|field| field.advanced)
    }

    /// What it holds besides its form.
    fn held(&self) -> String {
        let guardrails = words::counted(self.guardrails, "guardrail", "guardrails");
        format!("{guardrails}, {}", words::counted(self.approvals, "approval", "approvals"))
    }
}

pub(super) async fn blank(mut viewer: Viewer) -> Result<Response, PageError> {
    let team =
        my_teams(&mut viewer).await?.into_iter().next().map_or("platform".to_owned(), |team| team.slug);
    let form = Form::blank().with("document", EXAMPLE.replace("owner: platform", &format!("owner: {team}")));
    rendered(&mut viewer, None, form, StatusCode::OK).await
}

pub(super) async fn show(mut viewer: Viewer, Path(name): Path<String>) -> Result<Response, PageError> {
    let offering = provisioning::offering(&mut viewer.cx(), &name).await?;
    if !provisioning::may_edit_offering(&mut viewer.cx(), &offering).await? {
        let why = format!("{} writes this offering; ask somebody of it, or an admin", offering.team.name);
        return Err(Error::Forbidden(why).into());
    }
    let form = Form::blank().with("document", &offering.source);
    rendered(&mut viewer, Some((offering.name, offering.title)), form, StatusCode::OK).await
}

async fn rendered(
    viewer: &mut Viewer,
    known: Option<(String, String)>,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let preview = Preview::of(viewer, form.value("document")).await?;
    let executors = viewer.portal().executors.all().iter().map(|e| (e.name, e.about)).collect();
    let shell = viewer.shell(Nav::Provision);
    page::html_as(status, &EditPage { shell, known, form, preview, executors })
}

/// The form that comes of what stands there now, for the page that asks while somebody types.
pub(super) async fn preview(mut viewer: Viewer, form: Form) -> Result<Response, PageError> {
    page::html(&Preview::of(&mut viewer, form.value("document")).await?)
}

pub(super) async fn save_new(viewer: Viewer, form: Form) -> Result<Response, PageError> {
    saved(viewer, None, form).await
}

pub(super) async fn save(
    mut viewer: Viewer,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let offering = provisioning::offering(&mut viewer.cx(), &name).await?;
    saved(viewer, Some((offering.name, offering.title)), form).await
}

async fn saved(
    mut viewer: Viewer,
    known: Option<(String, String)>,
    mut form: Form,
) -> Result<Response, PageError> {
    if form.is("do", "check") {
        return rendered(&mut viewer, known, form, StatusCode::OK).await;
    }
    let executors = viewer.portal().executors.clone();
    let result = provisioning::write_offering(&mut viewer.cx(), form.value("document"), &executors).await;
    match result {
        Ok(written) => {
            let about = format!("/provision/{}/about", written.name);
            let told = if written.changed {
                Flash::ok(
                    format!("Version {} is written.", written.version),
                    "It counts from now on; what exists stays as it is.",
                )
            } else {
                Flash::ok("Nothing changed.", format!("It says what version {} says.", written.version))
            };
            Ok(told.on(&about))
        }
        Err(error) => {
            let forbidden = matches!(error, Error::Forbidden(_));
            let status = form.refuse(in_document(error))?;
            let status = if forbidden { StatusCode::FORBIDDEN } else { status };
            rendered(&mut viewer, known, form, status).await
        }
    }
}

/// The problems of a document are all of one field: where they are stands in their words.
fn in_document(error: Error) -> Error {
    let problems = match error {
        Error::Invalid(problems) => problems,
        // what was typed stays there: it may be for another owner, or for somebody else to write
        Error::Forbidden(why) => return Error::invalid("document", why),
        other => return other,
    };
    let told = problems.iter().map(|p| format!("{} {}", p.field, p.message)).collect::<Vec<_>>();
    match told.as_slice() {
        [] => Error::Invalid(Vec::new()),
        [one] => Error::invalid("document", one),
        many => Error::invalid("document", format!("{} things are wrong, listed beside it", many.len())),
    }
}

impl EditPage {
    fn address(&self) -> String {
        self.known
            .as_ref()
            .map_or_else(|| "/provision/new".into(), |(name, _)| format!("/provision/{name}/edit"))
    }

    fn stages(&self) -> String {
        let all = provisioning::Stage::ALL.iter().filter(|stage| !stage.is_given_up());
        all.map(|stage| stage.as_str()).collect::<Vec<_>>().join(", ")
    }
}
