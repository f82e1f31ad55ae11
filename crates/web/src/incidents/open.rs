//! Opening an incident, and correcting what was said of it.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use portolan_domain::{
    Error,
    incidents::{self, IncidentEdit, NewIncident, NoticedBy, Objectives, SEVERITIES, SloSaw},
    paging::Paged,
};

use super::{address, as_typed, typed};
use crate::{
    caller::Viewer,
    error::PageError,
    flash::Flash,
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
    #[serde(default)]
    title: String,
}

#[derive(Template)]
#[template(path = "incidents/open.html")]
struct OpenPage {
    shell: Shell,
    /// The incident that is corrected; none: a new one.
    number: Option<i64>,
    /// The page it is opened from.
    page: Option<Paged>,
    /// What declares objectives of what it hurts, as far as it was named when the form was opened.
    declared: Vec<String>,
    teams: Vec<(String, String)>,
    form: Form,
}

impl OpenPage {
    fn severities(&self) -> [(i16, &'static str, &'static str); 4] {
        SEVERITIES
    }

    fn noticed(&self) -> Vec<(&'static str, &'static str)> {
        NoticedBy::ALL.into_iter().map(|n| (n.as_str(), n.label())).collect()
    }

    fn slo(&self) -> Vec<(&'static str, &'static str)> {
        SloSaw::ALL.into_iter().map(|n| (n.as_str(), n.label())).collect()
    }

    /// Which objectives are meant.
    fn objectives(&self) -> String {
        match self.declared.len() {
            0 => "Those that the catalog declares for what is hurt.".into(),
            1 => format!("{} declares some.", self.declared.join(", ")),
            _ => format!("{} declare some.", self.declared.join(", ")),
        }
    }

    fn action(&self) -> String {
        self.number.map_or_else(|| "/incidents/new".to_owned(), |n| format!("/incidents/{n}/edit"))
    }
}

pub(super) async fn form(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let form = Form::blank().with("team", &asked.team);
    let form = match &asked.page {
        page if page.trim().is_empty() => form
            .with("title", &asked.title)
            .with("affected", &asked.entity)
            .with("severity", 2)
            .with("noticed_by", NoticedBy::Employee.as_str())
            .with("began_at", as_typed(viewer.now(), viewer.actor())),
        page => prefilled(&mut viewer, form, page).await?,
    };
    let form = match incidents::objectives(&mut viewer.cx(), &names(form.value("affected"))).await? {
        Objectives::None => form.with("slo_saw", SloSaw::NoneDeclared.as_str()),
        Objectives::Unknown | Objectives::Declared(_) => form.with("slo_saw", SloSaw::Unknown.as_str()),
    };
    rendered(viewer, None, form, StatusCode::OK).await
}

/// With what a page says of the incident that is opened from it.
async fn prefilled(viewer: &mut Viewer, form: Form, page: &str) -> Result<Form, PageError> {
    let drawn = incidents::from_page(&mut viewer.cx(), page).await?;
    let form = if form.value("team").is_empty() {
        form.replaced("team", std::slice::from_ref(&drawn.page.team.slug))
    } else {
        form
    };
    Ok(form
        .with("page", drawn.page.number)
        .with("title", &drawn.title)
        .with_optional("affected", drawn.affected)
        .with("severity", drawn.severity)
        .with("noticed_by", drawn.noticed_by.as_str())
        .with("began_at", as_typed(drawn.page.opened_at, viewer.actor())))
}

async fn rendered(
    mut viewer: Viewer,
    number: Option<i64>,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let teams = team_choices(&mut viewer).await?;
    let page = match form.optional("page") {
        Some(page) => Some(incidents::from_page(&mut viewer.cx(), &page).await?.page),
        None => None,
    };
    let affected = names(form.value("affected"));
    let declared = match incidents::objectives(&mut viewer.cx(), &affected).await? {
        Objectives::Declared(names) => names,
        Objectives::Unknown | Objectives::None => Vec::new(),
    };
    let shell = viewer.shell(Nav::Incidents);
    page::html_as(status, &OpenPage { shell, number, page, declared, teams, form })
}

/// The names in a field, a line or a comma apart.
fn names(text: &str) -> Vec<String> {
    text.split(['\n', ',']).map(|n| n.trim().to_owned()).filter(|n| !n.is_empty()).collect()
}

fn read(form: &Form, viewer: &Viewer) -> Result<NewIncident, Error> {
    Ok(NewIncident {
        title: form.text("title"),
        severity: form.text("severity").parse().ok(),
        team: form.optional("team"),
        affected: names(form.value("affected")),
        noticed_by: form.text("noticed_by").parse()?,
        slo_saw: form.optional("slo_saw").map(|word| word.parse()).transpose()?,
        began_at: typed("began_at", &form.text("began_at"), viewer.actor())?,
        link: form.optional("link"),
        page: form.optional("page"),
        text: form.text("text"),
    })
}

pub(super) async fn save(mut viewer: Viewer, mut form: Form) -> Result<Response, PageError> {
    let result = match read(&form, &viewer) {
        Ok(new) => incidents::open(&mut viewer.cx(), new).await,
        Err(error) => Err(error),
    };
    match result {
        Ok(incident) => Ok(Flash::ok(
            "Opened.",
            "You lead it until somebody else does. Say first what others feel and when they hear again.",
        )
        .on(&address(&incident))),
        Err(error) => {
            let status = form.refuse(error)?;
            rendered(viewer, None, form, status).await
        }
    }
}

/// The fields of what is said of an incident.
async fn filled(viewer: &mut Viewer, number: i64) -> Result<Form, PageError> {
    let incident = incidents::told(&mut viewer.cx(), number).await?.incident;
    let affected: Vec<&str> = incident.affected.iter().map(|a| a.entity_ref.as_str()).collect();
    Ok(Form::blank()
        .with("version", incident.version)
        .with("title", &incident.title)
        .with("affected", affected.join("\n"))
        .with("severity", incident.severity)
        .with("noticed_by", incident.noticed_by.as_str())
        .with("slo_saw", incident.slo_saw.as_str())
        .with("began_at", as_typed(incident.began_at, viewer.actor()))
        .with("link", incident.link.unwrap_or_default()))
}

pub(super) async fn edit(mut viewer: Viewer, Path(number): Path<i64>) -> Result<Response, PageError> {
    let told = incidents::told(&mut viewer.cx(), number).await?;
    if !told.may_act {
        return Err(Error::Forbidden(format!(
            "only {}, those who have a role in it and whoever opened it may correct it; ask one of them",
            told.incident.team_name
        ))
        .into());
    }
    let form = filled(&mut viewer, number).await?;
    rendered(viewer, Some(number), form, StatusCode::OK).await
}

pub(super) async fn save_edit(
    mut viewer: Viewer,
    Path(number): Path<i64>,
    mut form: Form,
) -> Result<Response, PageError> {
    let result = match read(&form, &viewer) {
        Ok(new) => {
            let edit = IncidentEdit {
                title: Some(new.title),
                severity: new.severity,
                affected: Some(new.affected),
                noticed_by: Some(new.noticed_by),
                slo_saw: new.slo_saw,
                began_at: new.began_at,
                link: Some(new.link),
            };
            incidents::edit(&mut viewer.cx(), number, edit, form.version()).await
        }
        Err(error) => Err(error),
    };
    match result {
        Ok(incident) => Ok(Flash::ok("Saved.", "The timeline says what changed.").on(&address(&incident))),
        Err(error) => {
            let is_stale = matches!(error, Error::Stale);
            let status = form.refuse(error)?;
            if is_stale {
                form.overtaken(&filled(&mut viewer, number).await?);
            }
            rendered(viewer, Some(number), form, status).await
        }
    }
}
