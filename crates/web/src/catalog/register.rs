//! Registering by hand what no descriptor describes yet.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use portolan_domain::{
    Error,
    catalog::{self, Kind, NewEntity},
    people,
    usage::Event,
};

use super::{edit, fields};
use crate::{
    Shared, address,
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
};

#[derive(Template)]
#[template(path = "catalog/register.html")]
struct RegisterPage {
    shell: Shell,
    form: Form,
    kinds: Vec<(&'static str, &'static str)>,
    /// Teams that the viewer may register for.
    teams: Vec<(String, String)>,
    systems: Vec<(String, String)>,
}

/// The empty form; `?kind=` and `?owner=` fill two of its fields.
pub(super) async fn show(
    viewer: Viewer,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
) -> Result<Response, PageError> {
    let asked = Form::read(query.unwrap_or_default().as_bytes());
    let kind = if asked.value("kind").is_empty() { "component" } else { asked.value("kind") };
    let form = Form::blank()
        .with("kind", kind)
        .with("owner", asked.value("owner"))
        .with("type", "service")
        .with("lifecycle", "production");
    render(viewer, form, StatusCode::OK).await
}

/// Registers it.
pub(super) async fn save(
    mut viewer: Viewer,
    State(portal): State<Shared>,
    mut form: Form,
) -> Result<Response, PageError> {
    let registered = match new_of(&form) {
        Ok(new) => catalog::register(&mut viewer.cx(), new).await,
        Err(error) => Err(error),
    };
    match registered {
        Ok(entity) => {
            portal.usage.note(Event {
                kind: "registered",
                person: viewer.person(),
                subject: entity.reference.to_string(),
                results: None,
            });
            let text = "It is managed here until a descriptor of the same name is applied.";
            Ok(Flash::ok(format!("{} is registered.", entity.name), text)
                .on(&address::entity(&entity.reference)))
        }
        Err(error) => {
            let status = form.refuse(fields::by_line(&form, error))?;
            render(viewer, form, status).await
        }
    }
}

fn new_of(form: &Form) -> Result<NewEntity, Error> {
    let kind: Kind =
        form.value("kind").parse().map_err(|_| Error::invalid("kind", "must be chosen from the list"))?;
    let facts =
        edit::changed_facts(form).into_iter().filter_map(|(field, value)| Some((field, value?))).collect();
    Ok(NewEntity {
        kind,
        namespace: String::new(),
        name: form.text("name"),
        owner: form.text("owner"),
        edit: edit::edit_of(form),
        facts,
    })
}

async fn render(mut viewer: Viewer, form: Form, status: StatusCode) -> Result<Response, PageError> {
    let all = people::org(&mut viewer.cx()).await?;
    let ids: Vec<_> = all.iter().map(|t| t.id).collect();
    let mine = people::editable_teams(&mut viewer.cx(), &ids).await?;
    let teams = all.into_iter().filter(|t| mine.contains(&t.id)).map(|t| (t.slug, t.name)).collect();
    let systems = fields::systems(&mut viewer).await?;
    let kinds = vec![
        ("component", "Service, website, library or job"),
        ("api", "API"),
        ("resource", "Resource"),
        ("system", "System"),
        ("domain", "Domain"),
    ];
    page::html_as(status, &RegisterPage { shell: viewer.shell(Nav::Catalog), form, kinds, teams, systems })
}
