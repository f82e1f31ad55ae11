//! The page of an entity that is not a component: an API with its operations, a resource with what rests on it, a
//! system or domain with its parts.

use askama::Template;
use axum::response::Response;
use portolan_domain::catalog::{self, Entity, Kind, Relation, RelationKind, Summary};
use serde_json::Value;

use super::{about::About, contacts::Contacts};
use crate::{
    address,
    caller::Viewer,
    definition::{self, Definition},
    error::PageError,
    page::{self, Nav, Shell},
    words,
};

/// Relations shown on the page; what is beyond is counted.
const MOST: usize = 100;

#[derive(Template)]
#[template(path = "catalog/entity.html")]
struct EntityPage {
    shell: Shell,
    entity: Entity,
    about: About,
    /// For a resource: whom to reach.
    contacts: Option<Contacts>,
    /// For an API: what could be read of its definition.
    definition: Option<Definition>,
    /// The definition's text, coloured.
    raw: String,
    /// Its neighbours, grouped by how they stand to it, each with a heading.
    groups: Vec<Group>,
}

/// Others that stand to this one in the same way.
struct Group {
    title: &'static str,
    rows: Vec<Row>,
    more: usize,
    /// Whether any of them has a tier; APIs and systems have none, and an empty column says nothing.
    has_tiers: bool,
    /// Whether any of them has a lifecycle.
    has_lifecycles: bool,
}

impl Group {
    /// Columns beside the name.
    fn columns(&self) -> u8 {
        2 + u8::from(self.has_tiers) + u8::from(self.has_lifecycles)
    }
}

/// One other.
struct Row {
    name: String,
    href: Option<String>,
    entity: Option<Summary>,
}

impl EntityPage {
    /// A system or a domain is called by its title; what machines call is called by its name.
    fn is_titled(&self) -> bool {
        matches!(self.entity.kind, Kind::System | Kind::Domain) && self.entity.title.is_some()
    }

    fn heading(&self) -> &str {
        if self.is_titled() { self.entity.label() } else { &self.entity.name }
    }

    /// `openapi API`, `database`, `System`: what it is, in the words of its company.
    fn what(&self) -> String {
        match (&self.entity.type_name, self.entity.kind) {
            (Some(t), Kind::Api) => format!("{t} API"),
            (Some(t), _) => t.clone(),
            (None, kind) => words::sentence(kind.as_str()),
        }
    }
}

/// The page of any kind but component, group and user.
pub(super) async fn show(mut viewer: Viewer, entity: Entity) -> Result<Response, PageError> {
    let descriptor: Value = serde_json::from_str(entity.descriptor.get()).unwrap_or_default();
    let relations = catalog::relations(&mut viewer.cx(), &entity.reference).await?;
    let about = About::load(&mut viewer, &entity, &descriptor).await?;
    let contacts = match entity.kind {
        Kind::Resource => Some(Contacts::of(&mut viewer, &entity).await?),
        _ => None,
    };
    let text = descriptor["spec"]["definition"].as_str().unwrap_or_default();
    let api_type = entity.type_name.as_deref().unwrap_or_default();
    let definition = (entity.kind == Kind::Api).then(|| definition::read(api_type, text));
    let raw = if definition.is_some() { definition::highlight(api_type, text) } else { String::new() };
    page::html(&EntityPage {
        shell: viewer.shell(Nav::Catalog),
        groups: groups(relations.items),
        entity,
        about,
        contacts,
        definition,
        raw,
    })
}

/// What stands to it in which way, in the order a reader asks for it.
fn groups(relations: Vec<Relation>) -> Vec<Group> {
    let titles = [
        (RelationKind::ApiProvidedBy, "Provided by"),
        (RelationKind::ApiConsumedBy, "Used by"),
        (RelationKind::DependencyOf, "What rests on it"),
        (RelationKind::DependsOn, "What it rests on"),
        (RelationKind::HasPart, "Its parts"),
    ];
    let mut relations = relations;
    titles
        .into_iter()
        .filter_map(|(kind, title)| {
            let (mine, rest): (Vec<_>, Vec<_>) =
                std::mem::take(&mut relations).into_iter().partition(|r| r.kind == kind);
            relations = rest;
            let more = mine.len().saturating_sub(MOST);
            let rows: Vec<Row> = mine.into_iter().take(MOST).map(row).collect();
            let known = || rows.iter().filter_map(|row| row.entity.as_ref());
            let has_tiers = known().any(|e| e.tier.is_some());
            let has_lifecycles = known().any(|e| e.lifecycle.is_some());
            (!rows.is_empty()).then_some(Group { title, rows, more, has_tiers, has_lifecycles })
        })
        .collect()
}

fn row(relation: Relation) -> Row {
    let href = relation.entity.as_ref().map(|_| address::entity(&relation.other));
    let name = match &relation.entity {
        Some(e) if matches!(e.kind, Kind::System | Kind::Domain) => e.label().to_owned(),
        Some(e) => e.name.clone(),
        None => relation.other.as_str().to_owned(),
    };
    Row { name, href, entity: relation.entity }
}
