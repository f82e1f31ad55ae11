//! Writing what was decided: seeds, rows, relations, spans, history; each in a few statements.

use std::collections::HashMap;

use serde_json::Value;
use uuid::Uuid;

use super::{
    difference::difference,
    plan::{Action, Plan, Work},
    report::{Item, Outcome},
    seeds,
    store::{self, Before, CHUNK, Rows},
};
use crate::{
    Cx, PersonId, Result, SourceId, TeamId,
    activity::{self, Act, Changed},
    catalog::{
        Kind,
        descriptor::{Descriptor, Facts, duration_seconds},
        store::ownership::close_spans,
    },
    people::{self, Seeded},
};

/// What rows are made from, besides the descriptors.
struct Around {
    before: HashMap<Uuid, Before>,
    facts: HashMap<(Uuid, String), Value>,
    seeded: Seeded,
    owners: HashMap<String, (Option<TeamId>, Option<PersonId>)>,
    domains: HashMap<String, String>,
}

/// Writes all works of the plan.
pub(super) async fn write(cx: &mut Cx<'_>, plan: &mut Plan, source: SourceId) -> Result<()> {
    if plan.works.is_empty() {
        return Ok(());
    }
    let groups: Vec<Uuid> =
        plan.works.iter().filter(|w| w.descriptor.group.is_some()).filter_map(|w| Some(w.id()?.0)).collect();
    let mut placed = store::placed_by(cx, &groups).await?;
    let mut around = around(cx, plan).await?;
    for works in plan.works.chunks(CHUNK) {
        write_some(cx, works, &around, (source, &plan.report.source)).await?;
    }
    if !groups.is_empty() {
        placed.extend(store::placed_by(cx, &groups).await?);
        let places = store::places(cx, &placed).await?;
        people::place_teams(cx, &places, &mut around.seeded).await?;
    }
    for (reference, remark) in &around.seeded.remarks {
        let work = plan.works.iter().find(|w| w.descriptor.reference.as_str() == reference);
        if let Some(work) = work {
            plan.report.items[work.item].remarks.push(remark.clone());
        }
    }
    let systems = plan.works.iter().filter(|w| w.descriptor.kind == Kind::System);
    let systems: Vec<String> = systems.map(|w| w.descriptor.reference.to_string()).collect();
    if !systems.is_empty() {
        store::follow_domains(cx, &systems).await?;
    }
    Ok(())
}

async fn around(cx: &mut Cx<'_>, plan: &Plan) -> Result<Around> {
    let works = &plan.works;
    let mut updated: Vec<Uuid> = works
        .iter()
        .filter_map(|w| if let Action::Update(k) = &w.action { Some(k.id.0) } else { None })
        .collect();
    updated.sort_unstable(); // everybody locks entities in this order
    let before = store::before(cx, &updated).await?;
    let facts = store::facts(cx, &updated).await?;
    let (groups, users) = seeds::seeds(works);
    let seeded = people::apply_seeds(cx, &groups, &users).await?;
    let mut owners: Vec<_> =
        works.iter().filter_map(|w| w.descriptor.owner.as_ref()).map(ToString::to_string).collect();
    owners.extend(before.values().filter_map(|b| b.owner_ref.clone()));
    let owners = store::owners(cx, &owners).await?;
    let mut systems: Vec<_> =
        works.iter().filter_map(|w| w.descriptor.system.as_ref()).map(ToString::to_string).collect();
    systems.sort_unstable();
    systems.dedup();
    let mut domains = store::domains(cx, &systems).await?;
    for system in works.iter().map(|w| &w.descriptor).filter(|d| d.kind == Kind::System) {
        match &system.domain {
            Some(domain) => domains.insert(system.reference.to_string(), domain.to_string()),
            None => domains.remove(system.reference.as_str()),
        };
    }
    Ok(Around { before, facts, seeded, owners, domains })
}

async fn write_some(
    cx: &mut Cx<'_>,
    works: &[Work],
    around: &Around,
    (source, name): (SourceId, &str),
) -> Result<()> {
    let (mut new, mut old, mut acts) = (Rows::default(), Rows::default(), Vec::with_capacity(works.len()));
    let (mut closed, mut opened, mut owners) = (Vec::new(), Vec::new(), Vec::new());
    for work in works {
        let (d, Some(id)) = (work.descriptor.as_ref(), work.id()) else { continue };
        let declared = d.owner.as_ref().map(ToString::to_string);
        let subject = d.reference.to_string();
        if let (Action::Update(known), Some(before)) = (&work.action, around.before.get(&id.0)) {
            // a changed declaration is the newer statement; the same one again does not undo a hand-over
            let owner =
                if declared == before.owner_declared { before.owner_ref.clone() } else { declared.clone() };
            let mut changes = difference(&before.descriptor, &d.document);
            let mut note = |field: &str, from: Option<&String>, to: Option<&String>| {
                if from != to {
                    changes.push(Changed::new(field, from.cloned(), to.cloned()));
                }
            };
            note("owner", before.owner_ref.as_ref(), owner.as_ref());
            if known.source_id != Some(source) {
                changes.push(Changed::new(
                    "source",
                    known.source.clone().unwrap_or_else(|| "portal".into()),
                    name,
                ));
            } else if work.location.is_some() {
                note("location", known.location.as_ref(), work.location.as_ref());
            }
            if owner != before.owner_ref {
                closed.push(id);
                opened.push(id.0);
                owners.push(owner.clone());
            }
            let verb = if known.orphaned { "entity.returned" } else { "entity.updated" };
            acts.push(Act { entity_id: Some(id), changes, ..Act::new(verb, subject) });
            let location = work
                .location
                .clone()
                .or_else(|| known.location.clone().filter(|_| known.source_id == Some(source)));
            push(&mut old, d, id.0, owner, location, around);
        } else {
            if declared.is_some() {
                opened.push(id.0);
                owners.push(declared.clone());
            }
            acts.push(Act { entity_id: Some(id), ..Act::new("entity.created", subject) });
            push(&mut new, d, id.0, declared, work.location.clone(), around);
        }
    }
    if !new.id.is_empty() {
        store::insert(cx, source, &new).await?;
    }
    if !old.id.is_empty() {
        store::update(cx, source, &old).await?;
        store::forget_relations(cx, &old.id).await?;
        close_spans(cx, &closed).await?;
    }
    relate(cx, works).await?;
    store::open_spans(cx, &opened, &owners).await?;
    activity::record_all(cx, acts).await
}

/// One entity as a row.
fn push(
    rows: &mut Rows,
    d: &Descriptor,
    id: Uuid,
    owner: Option<String>,
    location: Option<String>,
    around: &Around,
) {
    let reference = d.reference.to_string();
    let (team, person) = owner.as_ref().and_then(|o| around.owners.get(o)).copied().unwrap_or_default();
    let system = d.system.as_ref().map(ToString::to_string);
    let domain = match d.kind {
        Kind::System => d.domain.as_ref().map(ToString::to_string),
        _ => system.as_ref().and_then(|s| around.domains.get(s)).cloned(),
    };
    let facts = in_force(d, id, around);
    rows.id.push(id);
    rows.kind.push(d.kind.as_str().to_owned());
    rows.namespace.push(d.namespace.clone());
    rows.name.push(d.name.clone());
    rows.title.push(d.title.clone());
    rows.description.push(d.description.clone());
    rows.r#type.push(d.r#type.clone());
    rows.lifecycle.push(d.lifecycle.clone());
    rows.tags.push(d.tags.join(","));
    rows.system.push(system);
    rows.domain.push(domain);
    rows.owner.push(owner);
    rows.owner_team.push(team.map(|t| t.0));
    rows.owner_person.push(if team.is_none() { person.map(|p| p.0) } else { None });
    rows.declared.push(d.owner.as_ref().map(ToString::to_string));
    rows.tier.push(facts.tier);
    rows.recovery_point.push(facts.recovery_point_seconds);
    rows.recovery_time.push(facts.recovery_time_seconds);
    rows.runbook.push(facts.runbook);
    rows.contact.push(facts.contact);
    rows.slos.push(
        facts.slos.and_then(|s| serde_json::to_value(s).ok()).unwrap_or_else(|| Value::Array(Vec::new())),
    );
    rows.descriptor.push(d.document.clone());
    rows.hash.push(d.hash.to_vec());
    rows.location.push(location);
    rows.team.push(around.seeded.teams.get(&reference).map(|t| t.0));
    rows.person.push(around.seeded.people.get(&reference).map(|p| p.0));
    rows.reference.push(reference);
}

/// The descriptor's word, else what was set in the portal.
fn in_force(d: &Descriptor, id: Uuid, around: &Around) -> Facts {
    let mut facts = d.facts.clone();
    if around.facts.is_empty() {
        return facts;
    }
    let set = |field: &str| around.facts.get(&(id, field.to_owned()));
    let text = |field: &str| set(field).and_then(Value::as_str).map(str::to_owned);
    let seconds =
        |field: &str| set(field).and_then(|v| v.as_i64().or_else(|| duration_seconds(v.as_str()?).ok()));
    facts.tier = facts.tier.or_else(|| set("tier")?.as_i64()?.try_into().ok());
    facts.recovery_point_seconds = facts.recovery_point_seconds.or_else(|| seconds("recovery_point"));
    facts.recovery_time_seconds = facts.recovery_time_seconds.or_else(|| seconds("recovery_time"));
    facts.runbook = facts.runbook.or_else(|| text("runbook"));
    facts.contact = facts.contact.or_else(|| text("contact"));
    facts.slos = facts.slos.or_else(|| serde_json::from_value(set("slos")?.clone()).ok());
    facts
}

async fn relate(cx: &mut Cx<'_>, works: &[Work]) -> Result<()> {
    let (mut by, mut from, mut kind, mut to) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for work in works {
        let Some(id) = work.id() else { continue };
        for relation in &work.descriptor.relations {
            by.push(id.0);
            from.push(relation.from.to_string());
            kind.push(relation.kind.as_str().to_owned());
            to.push(relation.to.to_string());
        }
    }
    store::relate(cx, &by, &from, &kind, &to).await
}

/// Marks what the source no longer names.
pub(super) async fn prune(cx: &mut Cx<'_>, plan: &mut Plan, source: SourceId) -> Result<()> {
    let named: Vec<String> = plan.named.iter().cloned().collect();
    let missing = store::missing(cx, source, &named).await?;
    let (all, me) = (cx.admin().is_ok(), cx.actor().person);
    let teams: Vec<TeamId> = missing.iter().filter_map(|m| m.owner_team_id).collect();
    let mine = people::editable_teams(cx, &teams).await?;
    let (mut ids, mut refs, mut acts) = (Vec::new(), Vec::new(), Vec::new());
    for entity in missing {
        let mut item = Item::new(Some(entity.reference.clone()), Outcome::Orphaned, None);
        item.location.clone_from(&entity.location);
        let may = match entity.owner_team_id {
            Some(team) => mine.contains(&team),
            None => entity.owner_person_id.is_some() && entity.owner_person_id == me,
        };
        if all || may {
            ids.push(entity.id.0);
            acts.push(Act { entity_id: Some(entity.id), ..Act::new("entity.orphaned", &entity.reference) });
            refs.push(entity.reference);
        } else {
            let owner = entity.owner_ref.as_deref().unwrap_or("nobody");
            item.reject(
                "spec.owner",
                format!(
                    "is {owner}: only its members, its lead, the teams above it and admins may take this out"
                ),
            );
        }
        plan.report.items.push(item);
    }
    store::orphan(cx, &ids).await?;
    refs.retain(|r| r.starts_with("group:") || r.starts_with("user:"));
    people::release_seeds(cx, &refs).await?;
    activity::record_all(cx, acts).await
}
