//! Entities that are managed in the portal: registered, edited and deleted here, under the same rules as descriptors.
//! What a descriptor describes is edited there; the message says where.

use serde_json::{Map, Value, json};

use super::{
    Entity, EntityRef, Kind,
    descriptor::Descriptor,
    document::{apply_to, document},
    fact::{self, Field},
    read,
    store::{self, apply as applied, edit::Row},
};
use crate::{
    Cx, EntityId, Error, Problem, Result,
    activity::{self, Act, Changed},
    error::both,
    people,
};

/// A link worth having at hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    /// Address.
    pub url: String,
    /// What it leads to.
    pub title: String,
}

/// What an entity says of itself; in an edit, none leaves a field as it is and an empty value takes it away.
#[derive(Debug, Clone, Default)]
pub struct EntityEdit {
    /// Title.
    pub title: Option<String>,
    /// Description, Markdown.
    pub description: Option<String>,
    /// `spec.type`.
    pub type_name: Option<String>,
    /// `spec.lifecycle`.
    pub lifecycle: Option<String>,
    /// Tags.
    pub tags: Option<Vec<String>>,
    /// Links.
    pub links: Option<Vec<Link>>,
    /// The system it is part of.
    pub system: Option<String>,
    /// The domain it is part of (systems).
    pub domain: Option<String>,
    /// What it needs, as references with their kind.
    pub depends_on: Option<Vec<String>>,
    /// APIs it offers.
    pub provides_apis: Option<Vec<String>>,
    /// APIs it uses.
    pub consumes_apis: Option<Vec<String>>,
    /// The definition of an API.
    pub definition: Option<String>,
    /// Slug of the team that operates it, where another one owns it: self-service says so.
    pub operated_by: Option<String>,
}

/// An entity to be registered.
#[derive(Debug, Clone)]
pub struct NewEntity {
    /// Component, API, resource, system or domain.
    pub kind: Kind,
    /// Namespace; `default` if empty.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Its owner: a team's slug or a reference.
    pub owner: String,
    /// The rest.
    pub edit: EntityEdit,
    /// Portolan's own facts, as [`super::set_fact`] takes them.
    pub facts: Vec<(Field, Value)>,
}

/// Registers an entity. Whoever may edit what its owner owns may do so.
pub async fn register(cx: &mut Cx<'_>, new: NewEntity) -> Result<Entity> {
    if cx.admin().is_err() {
        cx.writer()?;
    }
    if matches!(new.kind, Kind::Group | Kind::User | Kind::Location) {
        return Err(Error::invalid(
            "kind",
            "must be component, api, resource, system or domain; teams and people have pages of their own",
        ));
    }
    let checked = both(valid(document(&new)), fact::check_all(&new.facts));
    let ((descriptor, facts), ()) = both(checked, known_owner(cx, &new).await)?;
    let row = row(cx, &descriptor).await?;
    let what = format!("the {} {}", new.kind, new.name);
    if row.owner_person.is_none() || row.owner_person != cx.actor().person {
        people::require_team(cx, row.owner_team, &what).await?;
    }
    let reference = descriptor.reference.clone();
    cx.atomically(async |cx| {
        applied::lock(cx).await?;
        store::edit::insert(cx, &row).await.map_err(|e| match e {
            Error::Conflict(_) => {
                Error::Conflict(format!("there is a {reference} already; open it, or choose another name"))
            }
            other => other,
        })?;
        relate(cx, row.id, &descriptor).await?;
        if let Some(owner) = &row.owner {
            store::ownership::open_spans(cx, &[row.id], owner.as_str(), "").await?;
        }
        let changes =
            row.facts().into_iter().map(|(field, to)| Changed::new(field, Value::Null, to)).collect();
        activity::record(
            cx,
            Act { entity_id: Some(row.id), changes, ..Act::new("entity.registered", reference.as_str()) },
        )
        .await?;
        for (field, value) in facts {
            fact::write(cx, row.id, reference.as_str(), field, &value, Value::Null).await?;
        }
        Ok(())
    })
    .await?;
    read::known(cx, &descriptor.reference).await
}

/// Edits an entity that is managed in the portal. `version` is what the caller looked at.
pub async fn edit(
    cx: &mut Cx<'_>,
    reference: &EntityRef,
    version: Option<i64>,
    edit: EntityEdit,
) -> Result<Entity> {
    cx.atomically(async |cx| {
        applied::lock(cx).await?;
        let now = editable(cx, reference, version).await?;
        let mut text: Value =
            serde_json::from_str(now.descriptor.get()).unwrap_or_else(|_| Value::Object(Map::new()));
        apply_to(&mut text, &edit);
        let descriptor = valid(text)?;
        let before = valid(serde_json::from_str(now.descriptor.get()).unwrap_or_default())?;
        if before.hash == descriptor.hash {
            return Ok(());
        }
        let mut row = row(cx, &descriptor).await?;
        row.id = now.id;
        let changes = super::apply::difference(&before.document, &descriptor.document);
        store::edit::update(cx, &row).await?;
        applied::forget_relations(cx, &[row.id.0]).await?;
        relate(cx, row.id, &descriptor).await?;
        if descriptor.kind == Kind::System {
            applied::follow_domains(cx, &[reference.as_str().to_owned()]).await?;
        }
        activity::record(
            cx,
            Act { entity_id: Some(row.id), changes, ..Act::new("entity.edited", reference.as_str()) },
        )
        .await
    })
    .await?;
    read::known(cx, reference).await
}

/// Deletes an entity that no descriptor describes: one managed in the portal, or an orphaned one. What others say of it
/// stays and dangles; its history stays.
pub async fn delete(cx: &mut Cx<'_>, reference: &EntityRef, version: Option<i64>) -> Result<()> {
    cx.atomically(async |cx| {
        applied::lock(cx).await?;
        let now = read::known(cx, reference).await?;
        require(cx, &now).await?;
        if let (Some(origin), None) = (&now.origin, now.orphaned_at) {
            return Err(Error::Conflict(format!(
                "{} is described in {}; take it out there, and apply with prune",
                now.label(),
                origin.place()
            )));
        }
        if version.is_some_and(|v| v != now.version) {
            return Err(Error::Stale);
        }
        store::edit::delete(cx, now.id).await?;
        activity::record(
            cx,
            Act { entity_id: Some(now.id), ..Act::new("entity.deleted", reference.as_str()) },
        )
        .await
    })
    .await
}

/// Whether the actor may edit what this entity's owner owns.
pub async fn may_edit(cx: &mut Cx<'_>, entity: &Entity) -> Result<bool> {
    match require(cx, entity).await {
        Ok(()) => Ok(true),
        Err(Error::Forbidden(_) | Error::Unauthenticated) => Ok(false),
        Err(other) => Err(other),
    }
}

/// Refuses whoever neither may edit the entity nor runs it: when it is worked on, and how it fails, is known to both.
pub async fn require_runs(cx: &mut Cx<'_>, entity: &Entity, what: &str) -> Result<()> {
    let owner = entity.owner.as_ref().and_then(super::Owner::team_id);
    let operator = entity.operator.as_ref().map(|team| team.id);
    let teams: Vec<_> = owner.into_iter().chain(operator).collect();
    if operator.is_some() && !people::editable_teams(cx, &teams).await?.is_empty() {
        return Ok(());
    }
    match (people::require_team(cx, owner, what).await, &entity.operator) {
        (Err(Error::Forbidden(why)), Some(operator)) => {
            Err(Error::Forbidden(format!("{why}, or somebody of {}, who operates it", operator.name)))
        }
        (result, _) => result,
    }
}

/// Whether the actor may say when the entity is worked on, and how it fails.
pub async fn may_run(cx: &mut Cx<'_>, entity: &Entity) -> Result<bool> {
    match require_runs(cx, entity, "").await {
        Ok(()) => Ok(true),
        Err(Error::Forbidden(_) | Error::Unauthenticated) => Ok(false),
        Err(other) => Err(other),
    }
}

/// Refuses whoever may not edit what the entity's owner owns.
pub(super) async fn require(cx: &mut Cx<'_>, entity: &Entity) -> Result<()> {
    let owner = entity.owner.as_ref();
    if let (Some(super::Party::Person { id, .. }), Ok(me)) =
        (owner.and_then(|o| o.party.as_ref()), cx.writer())
        && *id == me
    {
        return Ok(());
    }
    people::require_team(
        cx,
        owner.and_then(super::Owner::team_id),
        &format!("the {} {}", entity.kind, entity.label()),
    )
    .await
}

async fn editable(cx: &mut Cx<'_>, reference: &EntityRef, version: Option<i64>) -> Result<Entity> {
    let now = read::known(cx, reference).await?;
    require(cx, &now).await?;
    if let Some(origin) = &now.origin {
        return Err(Error::Conflict(format!(
            "{} is described in {}; change it there and apply it",
            now.label(),
            origin.place()
        )));
    }
    if version.is_some_and(|v| v != now.version) {
        return Err(Error::Stale);
    }
    Ok(now)
}

/// Holds the document against the rules of descriptors; fields are named as forms and bodies name them.
fn valid(document: Value) -> Result<Box<Descriptor>> {
    Descriptor::from_document(document).map_err(|rejected| {
        let own = |p: Problem| Problem { field: own_name(&p.field), message: p.message };
        Error::Invalid(rejected.problems.into_iter().map(own).collect())
    })
}

/// What forms and bodies call the field at this path of a descriptor.
fn own_name(path: &str) -> String {
    let field = path.trim_start_matches("metadata.").trim_start_matches("spec.");
    let names =
        [("dependsOn", "depends_on"), ("providesApis", "provides_apis"), ("consumesApis", "consumes_apis")];
    let renamed = names.iter().find_map(|(theirs, ours)| Some((ours, field.strip_prefix(theirs)?)));
    renamed.map_or_else(|| field.to_owned(), |(ours, rest)| format!("{ours}{rest}"))
}

/// Refuses an owner whom the portal does not know. What is no reference at all, the rules of descriptors refuse.
async fn known_owner(cx: &mut Cx<'_>, new: &NewEntity) -> Result<()> {
    let namespace = if new.namespace.trim().is_empty() { "default" } else { new.namespace.trim() };
    let Ok(owner) = EntityRef::parse(new.owner.trim(), Some("group"), namespace) else { return Ok(()) };
    let owner = owner.to_string();
    match applied::owners(cx, std::slice::from_ref(&owner)).await?.remove(&owner).unwrap_or_default() {
        (None, None) => Err(Error::invalid("owner", "must be a team or person that the portal knows")),
        _ => Ok(()),
    }
}

async fn row(cx: &mut Cx<'_>, d: &Descriptor) -> Result<Row> {
    let owner = d.owner.as_ref().map(ToString::to_string);
    let (owner_team, owner_person) = match &owner {
        Some(owner) => {
            applied::owners(cx, std::slice::from_ref(owner)).await?.remove(owner).unwrap_or_default()
        }
        None => (None, None),
    };
    let system = d.system.as_ref().map(ToString::to_string);
    let domain = match (&d.domain, &system) {
        (Some(domain), _) => Some(domain.to_string()),
        (None, Some(system)) => applied::domains(cx, std::slice::from_ref(system)).await?.remove(system),
        _ => None,
    };
    Ok(Row {
        id: EntityId::new(),
        kind: d.kind,
        namespace: d.namespace.clone(),
        name: d.name.clone(),
        reference: d.reference.to_string(),
        title: d.title.clone(),
        description: d.description.clone(),
        type_name: d.r#type.clone(),
        lifecycle: d.lifecycle.clone(),
        tags: d.tags.clone(),
        system,
        domain,
        owner,
        owner_team,
        owner_person: if owner_team.is_none() { owner_person } else { None },
        descriptor: d.document.clone(),
        hash: d.hash.to_vec(),
    })
}

async fn relate(cx: &mut Cx<'_>, id: EntityId, d: &Descriptor) -> Result<()> {
    let by: Vec<_> = d.relations.iter().map(|_| id.0).collect();
    let from: Vec<_> = d.relations.iter().map(|r| r.from.to_string()).collect();
    let kind: Vec<_> = d.relations.iter().map(|r| r.kind.as_str().to_owned()).collect();
    let to: Vec<_> = d.relations.iter().map(|r| r.to.to_string()).collect();
    applied::relate(cx, &by, &from, &kind, &to).await
}

impl Row {
    /// What the log says of a new entity.
    fn facts(&self) -> Vec<(&'static str, Value)> {
        let all = [
            ("title", json!(self.title)),
            ("owner", json!(self.owner)),
            ("type", json!(self.type_name)),
            ("lifecycle", json!(self.lifecycle)),
            ("system", json!(self.system)),
        ];
        all.into_iter().filter(|(_, v)| !v.is_null()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::own_name;

    #[test]
    fn fields_are_called_as_forms_call_them() {
        for (path, name) in [
            ("metadata.name", "name"),
            ("spec.dependsOn[1]", "depends_on[1]"),
            ("spec.providesApis", "provides_apis"),
            ("metadata.links[0].url", "links[0].url"),
        ] {
            assert_eq!(own_name(path), name);
        }
    }
}
