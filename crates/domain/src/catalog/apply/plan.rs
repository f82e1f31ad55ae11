//! What is to be done with each document: decided from what is there, before anything is written.

use std::collections::{HashMap, HashSet};

use super::{
    report::{Item, Outcome, Report},
    store::{self, Known},
};
use crate::{
    Cx, EntityId, Result, SourceId, TeamId,
    catalog::{
        Kind,
        descriptor::{Descriptor, Document, Place},
    },
    people,
};

/// An apply under way.
pub(super) struct Plan {
    pub(super) report: Report,
    /// What can still be written, in the order of the documents.
    pub(super) works: Vec<Work>,
    /// Everything that this apply names, also what was rejected: none of it is missing.
    pub(super) named: HashSet<String>,
}

/// A valid descriptor on its way in.
pub(super) struct Work {
    /// Its item in the report.
    pub(super) item: usize,
    pub(super) descriptor: Box<Descriptor>,
    pub(super) location: Option<String>,
    pub(super) action: Action,
}

/// What to do.
#[derive(Debug)]
pub(super) enum Action {
    Nothing,
    Create(EntityId),
    Update(Known),
}

impl Work {
    pub(super) fn id(&self) -> Option<EntityId> {
        match &self.action {
            Action::Nothing => None,
            Action::Create(id) => Some(*id),
            Action::Update(known) => Some(known.id),
        }
    }
}

impl Plan {
    /// Documents as they were read; those that name one entity twice are rejected here.
    pub(super) fn new(source: String, documents: Vec<Document>) -> Self {
        let mut plan = Self {
            report: Report {
                source,
                dry_run: false,
                refused: None,
                items: Vec::with_capacity(documents.len()),
            },
            works: Vec::with_capacity(documents.len()),
            named: HashSet::with_capacity(documents.len()),
        };
        let mut places: HashMap<String, Vec<(usize, Place)>> = HashMap::new();
        for (index, Document { place, outcome }) in documents.into_iter().enumerate() {
            let mut item = Item::new(None, Outcome::Unchanged, Some(&place));
            match outcome {
                Ok(descriptor) => {
                    let reference = descriptor.reference.to_string();
                    item.reference = Some(reference.clone());
                    item.remarks = descriptor.without_effect();
                    plan.named.insert(reference.clone());
                    let location = place.location.clone();
                    places.entry(reference).or_default().push((index, place));
                    plan.works.push(Work { item: index, descriptor, location, action: Action::Nothing });
                }
                Err(rejected) => {
                    item.reference = rejected.reference.map(String::from);
                    plan.named.extend(item.reference.clone());
                    item.outcome = Outcome::Rejected;
                    item.problems = rejected.problems;
                }
            }
            plan.report.items.push(item);
        }
        for same in places.into_values().filter(|same| same.len() > 1) {
            let list: Vec<_> = same.iter().take(5).map(|(_, place)| place.to_string()).collect();
            for (index, _) in same {
                plan.report.items[index].reject(
                    "metadata.name",
                    format!("is described more than once in this apply ({}); keep one", list.join("; ")),
                );
            }
        }
        plan.drop_rejected();
        plan
    }

    fn drop_rejected(&mut self) {
        let items = &self.report.items;
        self.works.retain(|w| items[w.item].outcome != Outcome::Rejected);
    }

    /// References of what can still be written.
    pub(super) fn refs(&self) -> Vec<String> {
        self.works.iter().map(|w| w.descriptor.reference.to_string()).collect()
    }

    /// Compares with what is there.
    pub(super) fn decide(&mut self, source: SourceId, known: Vec<Known>) {
        let mut known: HashMap<String, Known> = known.into_iter().map(|k| (k.reference.clone(), k)).collect();
        for work in &mut self.works {
            let item = &mut self.report.items[work.item];
            let Some(known) = known.remove(work.descriptor.reference.as_str()) else {
                item.outcome = Outcome::Created;
                work.action = Action::Create(EntityId::new());
                continue;
            };
            let ours = known.source_id == Some(source);
            if let (false, false, Some(other)) = (ours, known.orphaned, &known.source) {
                let place = known.location.as_ref().map(|l| format!(" ({l})")).unwrap_or_default();
                let message = format!(
                    "is described by the source {other}{place} already, so {} may not describe it too; take it out of one of them",
                    self.report.source
                );
                item.reject("metadata.name", message);
                continue;
            }
            let moved = work.location.is_some() && work.location != known.location;
            if ours && !known.orphaned && !moved && known.hash == work.descriptor.hash {
                continue;
            }
            item.outcome = Outcome::Updated;
            work.action = Action::Update(known);
        }
        self.drop_rejected();
        self.works.retain(|w| !matches!(w.action, Action::Nothing));
        // statements touch the counters of one kind after the other
        self.works.sort_by_key(|w| w.descriptor.kind);
    }

    /// Asks for the actor's right to each of them.
    pub(super) async fn ask(&mut self, cx: &mut Cx<'_>) -> Result<()> {
        if cx.admin().is_ok() {
            return Ok(());
        }
        let me = cx.writer()?;
        let owners: Vec<String> =
            self.works.iter().filter_map(|w| w.descriptor.owner.as_ref()).map(ToString::to_string).collect();
        let owners = store::owners(cx, &owners).await?;
        let team_of = |w: &Work| {
            w.descriptor.owner.as_ref().and_then(|o| owners.get(o.as_str())).and_then(|(team, _)| *team)
        };
        let person_of = |w: &Work| {
            w.descriptor.owner.as_ref().and_then(|o| owners.get(o.as_str())).and_then(|(_, person)| *person)
        };
        let mut teams: Vec<TeamId> = self.works.iter().filter_map(team_of).collect();
        teams.extend(
            self.works
                .iter()
                .filter_map(|w| if let Action::Update(k) = &w.action { k.owner_team_id } else { None }),
        );
        teams.sort_unstable();
        teams.dedup();
        let mine: HashSet<TeamId> = people::editable_teams(cx, &teams).await?.into_iter().collect();
        let may = |team: Option<TeamId>, person| {
            team.is_some_and(|t| mine.contains(&t)) || (team.is_none() && person == Some(me))
        };
        for work in &self.works {
            let item = &mut self.report.items[work.item];
            if matches!(work.descriptor.kind, Kind::Group | Kind::User | Kind::Location) {
                let message = format!(
                    "{} is taken in from admins only; ask one of those listed under People, or use their token of scope admin",
                    work.descriptor.kind.in_descriptor()
                );
                item.reject("kind", message);
                continue;
            }
            if let Action::Update(known) = &work.action
                && !may(known.owner_team_id, known.owner_person_id)
            {
                let owner = known.owner_ref.as_deref().unwrap_or("nobody");
                item.reject("spec.owner", format!("is {owner} today: only its members, its lead, the teams above it and admins may change this"));
                continue;
            }
            if !may(team_of(work), person_of(work)) {
                let owner = work.descriptor.owner.as_ref().map_or("nobody", |o| o.as_str());
                item.reject("spec.owner", format!("is {owner}, a team you are not in: its members, its lead, the teams above it and admins may apply this"));
            }
        }
        self.drop_rejected();
        Ok(())
    }
}
