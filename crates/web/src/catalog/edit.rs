//! Correcting an entity: what is managed here is edited as a whole; of what a descriptor describes, the facts on which
//! it is silent.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use portolan_domain::{
    Error,
    catalog::{
        self, Entity, EntityEdit, EntityRef, Field, Link, Provenance,
        descriptor::{Slo, duration_text},
    },
    usage::Event,
};
use serde_json::Value;

use super::fields;
use crate::{
    Shared, address,
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
};

#[derive(Template)]
#[template(path = "catalog/edit.html")]
struct EditPage {
    shell: Shell,
    entity: Entity,
    path: String,
    /// Facts that are read-only here: what, value and place.
    stated: Vec<(&'static str, String)>,
    form: Form,
    systems: Vec<(String, String)>,
}

impl EditPage {
    fn is_stated(&self, field: &str) -> bool {
        self.stated.iter().any(|(f, _)| *f == field)
    }

    /// Where a fact is stated, if not where the rest of the entity is described.
    fn place_of(&self, field: &str) -> &str {
        let place = self.stated.iter().find(|(f, _)| *f == field).map_or("", |(_, place)| place);
        if self.entity.origin.as_ref().is_some_and(|o| o.place() == place) { "" } else { place }
    }

    /// Whether the descriptor leaves nothing to be said here.
    fn is_all_stated(&self) -> bool {
        !self.entity.is_portal_managed() && Field::ALL.iter().all(|field| self.is_stated(field.as_str()))
    }
}

type Key = Path<(String, String, String)>;

fn reference((kind, namespace, name): &(String, String, String)) -> EntityRef {
    EntityRef::new(kind, namespace, name)
}

/// The form, filled with what is there.
pub(super) async fn show(mut viewer: Viewer, Path(key): Key) -> Result<Response, PageError> {
    let entity = catalog::get(&mut viewer.cx(), &reference(&key)).await?;
    if !catalog::may_edit(&mut viewer.cx(), &entity).await? {
        let team = entity.owner.as_ref().map_or("an admin", |o| o.name());
        return Err(
            Error::Forbidden(format!("only its owner may correct it; ask {team}, or an admin")).into()
        );
    }
    let form = filled(&entity);
    render(viewer, entity, form, StatusCode::OK).await
}

/// Saves the facts; for an entity that is managed here also the rest.
pub(super) async fn save(
    mut viewer: Viewer,
    State(portal): State<Shared>,
    Path(key): Key,
    mut form: Form,
) -> Result<Response, PageError> {
    let reference = reference(&key);
    let entity = catalog::get(&mut viewer.cx(), &reference).await?;
    let edit = entity.is_portal_managed().then(|| edit_of(&form));
    let facts = changed_facts(&form);
    match catalog::correct(&mut viewer.cx(), &reference, form.version(), edit, facts).await {
        Ok(_) => {
            portal.usage.note(Event {
                kind: "corrected",
                person: viewer.person(),
                subject: reference.to_string(),
                results: None,
            });
            Ok(Flash::ok("Saved.", "The history says what changed.").on(&address::entity(&reference)))
        }
        Err(Error::Stale) => {
            let entity = catalog::get(&mut viewer.cx(), &reference).await?;
            let status = form.refuse(Error::Stale)?;
            form.overtaken(&filled(&entity));
            render(viewer, entity, form, status).await
        }
        Err(error) => {
            let status = form.refuse(fields::by_line(&form, error))?;
            render(viewer, entity, form, status).await
        }
    }
}

/// Deletes what is managed here, or what its source gave up.
pub(super) async fn delete(mut viewer: Viewer, Path(key): Key, form: Form) -> Result<Response, PageError> {
    let reference = reference(&key);
    catalog::delete(&mut viewer.cx(), &reference, form.version()).await?;
    let text = format!("What others say of {} stays, and is shown as pointing at nothing.", reference.name());
    Ok(Flash::ok("Deleted.", text)
        .link(format!("/activity?subject={reference}"), "See its history")
        .on("/catalog"))
}

async fn render(
    mut viewer: Viewer,
    entity: Entity,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let provenance = catalog::provenance(&mut viewer.cx(), &entity).await?;
    let stated = if entity.is_portal_managed() { Vec::new() } else { stated(provenance) };
    let systems = fields::systems(&mut viewer).await?;
    page::html_as(
        status,
        &EditPage {
            shell: viewer.shell(Nav::Catalog),
            path: address::entity(&entity.reference),
            stated,
            form,
            systems,
            entity,
        },
    )
}

fn stated(provenance: Vec<(&'static str, Provenance)>) -> Vec<(&'static str, String)> {
    provenance
        .into_iter()
        .filter_map(|(field, from)| match from {
            Provenance::Descriptor { place, .. } => Some((field, place)),
            Provenance::Portal { .. } => None,
        })
        .collect()
}

fn filled(e: &Entity) -> Form {
    let descriptor: Value = serde_json::from_str(e.descriptor.get()).unwrap_or_default();
    let lines = |pointer: &str| {
        let items = descriptor.pointer(pointer).and_then(Value::as_array);
        items.map(|l| l.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n"))
    };
    let links = descriptor["metadata"]["links"].as_array().map(|l| {
        let line = |l: &Value| {
            format!("{} {}", l["url"].as_str().unwrap_or_default(), l["title"].as_str().unwrap_or_default())
        };
        l.iter().map(|l| line(l).trim().to_owned()).collect::<Vec<_>>().join("\n")
    });
    let slos: Vec<Slo> = serde_json::from_str(e.slos_json.get()).unwrap_or_default();
    Form::blank()
        .with("version", e.version)
        .with_optional("title", e.title.as_ref())
        .with_optional("description", e.description.as_ref())
        .with_optional("type", e.type_name.as_ref())
        .with_optional("lifecycle", e.lifecycle.as_ref())
        .with_optional("system", e.system.as_ref())
        .with("tags", e.tags.join(", "))
        .with_optional("links", links)
        .with_optional("depends_on", lines("/spec/dependsOn"))
        .with_optional("provides_apis", lines("/spec/providesApis"))
        .with_optional("consumes_apis", lines("/spec/consumesApis"))
        .with_optional("definition", descriptor["spec"]["definition"].as_str())
        .with_optional("tier", e.tier)
        .with_optional("recovery_point", e.recovery_point_seconds.map(duration_text))
        .with_optional("recovery_time", e.recovery_time_seconds.map(duration_text))
        .with_optional("runbook", e.runbook.as_ref())
        .with_optional("contact", e.contact.as_ref())
        .with("slos", fields::slo_lines(&slos))
}

/// What the form says of the entity itself. A field that the form does not have stays as it is.
pub(super) fn edit_of(form: &Form) -> EntityEdit {
    let text = |name: &str| form.flag(name).then(|| form.text(name));
    let list = |name: &str| form.flag(name).then(|| fields::items(form.value(name)));
    EntityEdit {
        title: text("title"),
        description: text("description"),
        type_name: text("type"),
        lifecycle: text("lifecycle"),
        tags: list("tags"),
        links: form.flag("links").then(|| links_of(form.value("links"))),
        system: text("system"),
        domain: text("domain"),
        depends_on: list("depends_on"),
        provides_apis: list("provides_apis"),
        consumes_apis: list("consumes_apis"),
        definition: text("definition"),
        operated_by: None,
    }
}

/// A link per line: the address, then what it leads to.
fn links_of(text: &str) -> Vec<Link> {
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    lines
        .map(|line| {
            let (url, title) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            Link { url: url.to_owned(), title: title.trim().to_owned() }
        })
        .collect()
}

/// The facts that the form has, with their values; an empty one takes the fact back. Objectives that cannot be read stay
/// a text, which is refused together with all else that is wrong; see [`fields::by_line`].
pub(super) fn changed_facts(form: &Form) -> Vec<(Field, Option<Value>)> {
    let value = |field: Field| match (field, form.optional(field.as_str())) {
        (Field::Slos, Some(text)) => Some(fields::slos_from_lines(&text).unwrap_or(Value::from(text))),
        (_, text) => text.map(Value::from),
    };
    let shown = Field::ALL.into_iter().filter(|f| form.flag(f.as_str()));
    shown.map(|field| (field, value(field))).collect()
}
