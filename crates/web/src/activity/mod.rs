//! Who did what in the portal, newest first.

use askama::Template;
use axum::{Router, extract::Query, response::Response, routing::get};
use portolan_domain::{
    Cursor, Error, Limit, Page, Via,
    activity::{self, Activity, Filter},
    people,
};

use crate::{
    Shared,
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
};

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/activity", get(list))
}

/// What can be looked for, by the beginning of the verb.
const WHAT: [(&str, &str); 6] = [
    ("ownership.", "Ownership"),
    ("entity.", "Catalog"),
    ("change.", "Deployments"),
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
    acts: Page<Activity>,
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

    fn first(&self) -> String {
        if self.asked.after.is_empty() { String::new() } else { self.address("") }
    }

    fn next(&self) -> String {
        self.acts.next.as_ref().map_or_else(String::new, |n| self.address(n.as_str()))
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
        "team.created" | "team.edited" => ("team", ""),
        verb if verb.starts_with("team.") || verb.starts_with("person.") => ("person", ""),
        _ => ("edit", ""),
    }
}

/// Where the subject of an act lives; empty if nowhere.
fn place(subject: &str) -> String {
    match subject.split_once(':') {
        Some(("team", slug)) => format!("/teams/{slug}"),
        Some(("person", handle)) => format!("/people/{handle}"),
        Some(("portal", "settings")) => "/settings".into(),
        Some(("hook", _)) => "/changes/hooks".into(),
        Some((_, rest)) if rest.contains('/') => crate::address::entity(subject),
        _ => String::new(),
    }
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
    page::html(&ActivityPage { shell: viewer.shell(Nav::Activity), asked, acts })
}
