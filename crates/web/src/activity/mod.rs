//! Who did what in the portal, newest first.

use std::{collections::HashMap, convert::Infallible};

use askama::Template;
use axum::{Router, extract::Query, response::Response, routing::get};
use portolan_domain::{
    Cursor, Error, Limit, Page, Via,
    activity::{self, Activity, Filter},
    catalog::{self, EntityRef},
    people,
};

use crate::{
    Shared,
    address::Steps,
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
};

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/activity", get(list))
}

/// What can be looked for, by the beginning of the verb.
const WHAT: [(&str, &str); 8] = [
    ("ownership.", "Ownership"),
    ("entity.", "Catalog"),
    ("change.", "Deployments"),
    ("support.", "Support"),
    ("incident.", "Incidents"),
    ("team.", "Teams"),
    ("person.", "People"),
    ("settings.", "Settings"),
];

/// The faces.
const FACES: [(&str, &str, Via); 5] = [
    ("page", "a page", Via::Page),
    ("api", "the API", Via::Api),
    ("apply", "an apply", Via::Apply),
    ("cli", "a command", Via::Cli),
    ("system", "Portolan itself", Via::System),
];

/// The address bar holds the whole state.
#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    #[serde(default)]
    subject: String,
    #[serde(default)]
    actor: String,
    #[serde(default)]
    verb: String,
    #[serde(default)]
    via: String,
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "activity/list.html")]
struct ActivityPage {
    shell: Shell,
    asked: Asked,
    acts: Vec<Told>,
    /// Name of the one thing that the list is about, if it is.
    about: String,
    /// Where the list goes on, and how long it is.
    page: Page<Infallible>,
}

impl ActivityPage {
    fn address(&self, after: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let asked = &self.asked;
        for (name, value) in [
            ("subject", asked.subject.as_str()),
            ("actor", &asked.actor),
            ("verb", &asked.verb),
            ("via", &asked.via),
            ("after", after),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        format!("/activity?{}", query.finish())
    }

    fn steps(&self) -> Steps {
        let around = (self.page.previous.as_ref(), self.page.next.as_ref());
        Steps::new(around, !self.asked.after.is_empty(), |after| self.address(after.unwrap_or_default()))
    }

    fn is_filtered(&self) -> bool {
        [&self.asked.subject, &self.asked.actor, &self.asked.verb, &self.asked.via]
            .into_iter()
            .any(|f| !f.is_empty())
    }
}

/// Icon and tone of an act on a timeline; its words are the domain's.
pub(crate) fn look(act: &Activity) -> (&'static str, &'static str) {
    match act.verb.as_str() {
        "entity.created" | "entity.registered" => ("plus", ""),
        "entity.deleted" => ("close", "warn"),
        "entity.orphaned" => ("warn", "warn"),
        "entity.returned" | "ownership.confirmed" => ("ok", "ok"),
        "ownership.handed-over" => ("swap", "info"),
        "person.deactivated" => ("person", "warn"),
        "change.recorded" => {
            match act.changes.iter().find(|c| c.field == "status").and_then(|c| c.to.as_str()) {
                Some("failed") => ("danger", "danger"),
                Some("rolled-back") => ("warn", "warn"),
                _ => ("ship", "info"),
            }
        }
        "incident.opened" => ("danger", "danger"),
        verb if verb.starts_with("incident.") => ("warn", ""),
        "support.asked" => ("help", "info"),
        verb if verb.starts_with("support.") => ("help", ""),
        "team.created" | "team.edited" => ("team", ""),
        verb if verb.starts_with("page.") => ("bell", ""),
        verb if verb.starts_with("team.") || verb.starts_with("person.") => ("person", ""),
        _ => ("edit", ""),
    }
}

/// An act as a timeline tells it: names in place of references.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) act: Activity,
    /// What it was done to, and where that lives.
    pub(crate) what: (String, Option<String>),
    /// Who did it, and where they live.
    pub(crate) by: (String, Option<String>),
}

impl Told {
    /// Through which face, where that is worth a word: most is done on pages, and Portolan itself has no face.
    pub(crate) fn through(&self) -> &'static str {
        match self.act.via {
            Via::Page | Via::System => "",
            Via::Api => "through the API",
            Via::Apply => "by an apply",
            Via::Cli => "by a command",
        }
    }
}

/// Acts with the names of what and who they are about.
pub(crate) async fn tell(viewer: &mut Viewer, acts: Vec<Activity>) -> Result<Vec<Told>, PageError> {
    let mut people: Vec<_> = acts.iter().filter_map(|act| act.actor_id).collect();
    people.sort_unstable();
    people.dedup();
    let people = people::person_names(&mut viewer.cx(), &people).await?;
    let subjects: Vec<_> = acts.iter().filter_map(|act| catalogued(&act.subject)).collect();
    let known = crate::catalog::names(viewer, subjects).await?;
    let told = acts.into_iter().map(|act| {
        let by = match people.iter().find(|p| Some(p.id) == act.actor_id) {
            Some(person) => (person.name.clone(), Some(format!("/people/{}", person.handle))),
            None => (actor(&act.actor).to_owned(), None),
        };
        Told { what: subject(&act.subject, &known), by, act }
    });
    Ok(told.collect())
}

/// Who acts without being a person.
fn actor(word: &str) -> &str {
    match word {
        "system" => "Portolan itself",
        "operator" => "the operator",
        handle => handle,
    }
}

/// What the catalog knows the subject of an act as: teams and people are entities too.
fn catalogued(subject: &str) -> Option<EntityRef> {
    let (kind, rest) = subject.split_once(':')?;
    match kind {
        "team" => Some(EntityRef::new("group", "default", rest)),
        "person" => Some(EntityRef::new("user", "default", rest)),
        "wins-update" | "wins-plan" => None,
        _ => rest.split_once('/').map(|(namespace, name)| EntityRef::new(kind, namespace, name)),
    }
}

/// Name and address of the subject of an act.
fn subject(subject: &str, known: &HashMap<EntityRef, String>) -> (String, Option<String>) {
    let named = |plain: &str| {
        catalogued(subject).and_then(|r| known.get(&r).cloned()).unwrap_or_else(|| plain.to_owned())
    };
    match subject.split_once(':') {
        Some(("team", slug)) => (named(slug), Some(format!("/teams/{slug}"))),
        Some(("person", handle)) => (named(handle), Some(format!("/people/{handle}"))),
        Some(("portal", "settings")) => ("Settings".into(), Some("/settings".into())),
        Some(("incident", number)) => (format!("Incident {number}"), Some(format!("/incidents/{number}"))),
        Some(("action", _)) => ("An action".into(), Some("/actions".into())),
        Some(("support", number)) => {
            (format!("Support request {number}"), Some(format!("/support/requests/{number}")))
        }
        Some(("hook", _)) => ("A hook".into(), Some("/changes/hooks".into())),
        Some(("page", number)) => (format!("Page {number}"), Some(format!("/pages/{number}"))),
        Some(("policy", slug)) => (slug.to_owned(), Some(format!("/escalation-policies/{slug}"))),
        Some(("wins-update", rest)) => {
            let (team, cycle) = rest.split_once('/').unwrap_or((rest, ""));
            (format!("Update of {team}, {cycle}"), Some(format!("/teams/{team}/wins")))
        }
        Some(("wins-cycle", _)) => ("A cycle of wins and challenges".into(), Some("/wins".into())),
        Some(("wins-plan", name)) => (name.to_owned(), Some("/admin/wins".into())),
        Some(("publication", _)) => ("A publication".into(), Some("/wins".into())),
        Some((_, rest)) if rest.contains('/') => {
            let name = rest.rsplit_once('/').map_or(rest, |(_, name)| name);
            (named(name), Some(crate::address::entity(subject)))
        }
        _ => (subject.to_owned(), None),
    }
}

/// Refuses a subject that nothing is called by.
async fn there_is(viewer: &mut Viewer, subject: &str) -> Result<(), PageError> {
    let cx = &mut viewer.cx();
    match (subject.split_once(':'), catalogued(subject)) {
        (Some(("team", slug)), _) => drop(people::team(cx, slug).await?),
        (Some(("person", handle)), _) => drop(people::person(cx, handle).await?),
        (_, Some(reference)) => drop(catalog::get(cx, &reference).await?),
        _ => {}
    }
    Ok(())
}

async fn list(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let some = |text: &str| Some(text.trim().to_owned()).filter(|t| !t.is_empty());
    let actor = match some(&asked.actor) {
        Some(handle) => Some(people::person(&mut viewer.cx(), &handle).await?.id),
        None => None,
    };
    let via = match some(&asked.via) {
        Some(word) => Some(
            FACES
                .into_iter()
                .find(|(name, ..)| *name == word)
                .map(|(.., via)| via)
                .ok_or_else(|| Error::invalid("via", "must be page, api, apply, cli or system"))?,
        ),
        None => None,
    };
    let filter = Filter { subject: some(&asked.subject), actor, verb: some(&asked.verb), via };
    let after = some(&asked.after).map(Cursor::from_text);
    let acts = activity::list(&mut viewer.cx(), &filter, after, Limit::new(50)?).await?;
    let (items, rest) = acts.split();
    if rest.total == 0 && filter.is_of_subject() {
        there_is(&mut viewer, &asked.subject).await?; // of what never was there is no history, not an empty one
    }
    let about = catalogued(&asked.subject).into_iter().collect();
    let about = subject(&asked.subject, &crate::catalog::names(&mut viewer, about).await?).0;
    let acts = tell(&mut viewer, items).await?;
    page::html(&ActivityPage { shell: viewer.shell(Nav::Activity), asked, acts, about, page: rest })
}
