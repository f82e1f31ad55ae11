//! What every entity page says beside its answer: facts with where they come from and how old they are, links,
//! findings, and what happened.

use jiff::Timestamp;
use portolan_domain::{
    Limit,
    activity::{self, Activity},
    catalog::{
        Entity, EntityRef, Origin, Party,
        descriptor::duration_text,
        findings::{self, Finding},
        ownership::{self, Owned, Span},
    },
};
use serde_json::Value;

use crate::{
    caller::Viewer,
    error::PageError,
    history::{self, Line},
};

/// Everything beside the answer of an entity page. Included by `catalog/aside.html` and `catalog/history.html`.
#[derive(Debug)]
pub(crate) struct About {
    /// Label and value, with the source of each.
    pub(crate) facts: Vec<Fact>,
    /// `metadata.links`, and the places its annotations name.
    pub(crate) links: Vec<Link>,
    /// What needs repair.
    pub(crate) findings: Vec<Finding>,
    /// Whether the viewer may hand it over and correct it.
    pub(crate) may_edit: bool,
    /// Whose it was before, newest first, without the span in force.
    pub(crate) former: Vec<Span>,
    /// What happened, newest first.
    pub(crate) acts: Vec<(Activity, Line)>,
    /// Whether there is more history than is shown.
    pub(crate) more: bool,
    /// Path of the entity's page, for the actions.
    pub(crate) path: String,
    /// Its reference.
    pub(crate) reference: String,
    /// Where its descriptor lives; none: it is managed here.
    pub(crate) origin: Option<Origin>,
}

/// One fact.
#[derive(Debug)]
pub(crate) struct Fact {
    pub(crate) label: &'static str,
    /// As shown.
    pub(crate) value: String,
    /// Page it leads to.
    pub(crate) href: Option<String>,
    /// Icon of the source: `git` a descriptor, `edit` typed here.
    pub(crate) icon: &'static str,
    /// Who or what says so.
    pub(crate) source: String,
    /// Since when, or how fresh.
    pub(crate) at: Option<Timestamp>,
}

/// A way out.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) title: String,
    pub(crate) url: String,
    /// The host, so that one knows where it leads.
    pub(crate) host: String,
}

impl About {
    /// Gathers it all for one entity.
    pub(crate) async fn load(
        viewer: &mut Viewer,
        entity: &Entity,
        descriptor: &Value,
    ) -> Result<Self, PageError> {
        let reference = entity.reference.as_str();
        let thing = ownership::owned(&mut viewer.cx(), reference).await?;
        let may_edit = ownership::may_hand_over(&mut viewer.cx(), &thing).await?;
        let spans = ownership::history(&mut viewer.cx(), entity.id).await?;
        let findings = findings::of_entity(&mut viewer.cx(), entity.id).await?;
        let filter = activity::Filter { subject: Some(reference.to_owned()), ..activity::Filter::default() };
        let acts = activity::list(&mut viewer.cx(), &filter, None, Limit::new(10)?).await?;
        let more = acts.next.is_some();
        let acts = acts
            .items
            .into_iter()
            .map(|a| {
                let line = history::line(&a);
                (a, line)
            })
            .collect();
        let facts = facts(entity, descriptor, &thing, &spans);
        Ok(Self {
            facts,
            links: links(descriptor),
            findings,
            may_edit,
            former: spans.into_iter().filter(|s| s.until.is_some()).collect(),
            acts,
            more,
            path: path_of(&entity.reference),
            reference: reference.to_owned(),
            origin: entity.origin.clone(),
        })
    }
}

/// Path of an entity's page.
pub(crate) fn path_of(reference: &EntityRef) -> String {
    format!("/catalog/{}", reference.as_str().replacen(':', "/", 1))
}

fn facts(entity: &Entity, descriptor: &Value, thing: &Owned, spans: &[Span]) -> Vec<Fact> {
    let mut facts = Vec::new();
    let current = spans.iter().find(|s| s.until.is_none());
    let handed_over = current.filter(|s| s.origin == "portal");
    if let Some(owner) = &entity.owner {
        let href = match &owner.party {
            Some(Party::Team { slug, .. }) => Some(format!("/teams/{slug}")),
            Some(Party::Person { handle, .. }) => Some(format!("/people/{handle}")),
            None => None,
        };
        let unknown = if href.is_none() { ", unknown here" } else { "" };
        let fact = match handed_over {
            Some(span) => {
                let by = span.changed_by.as_deref().unwrap_or("Portolan");
                Fact {
                    icon: "swap",
                    source: format!("handed over by {by}"),
                    at: Some(span.from),
                    ..given(entity, "Owner", String::new())
                }
            }
            None => given(entity, "Owner", String::new()),
        };
        facts.push(Fact { value: format!("{}{unknown}", owner.name()), href, ..fact });
    }
    if let Some(at) = thing.confirmed_at {
        facts.push(Fact {
            icon: "ok",
            source: "said by the owner".into(),
            at: Some(at),
            ..given(entity, "Confirmed", "still ours".into())
        });
    }
    let says = |annotation: &str, spec: &str| {
        descriptor["metadata"]["annotations"].get(format!("portolan.dev/{annotation}")).is_some()
            || descriptor.pointer(spec).is_some()
    };
    let mut own = |label, value: Option<String>, href, said: bool| {
        if let Some(value) = value {
            let fact = if said { given(entity, label, value) } else { typed(label, value) };
            facts.push(Fact { href, ..fact });
        }
    };
    own("Tier", entity.tier.map(|t| t.to_string()), None, says("tier", "/spec/tier"));
    let recovery = recovery_words(entity.recovery_point_seconds, entity.recovery_time_seconds);
    own(
        "Recovery",
        recovery,
        None,
        says("recovery-point", "/spec/recovery") || says("recovery-time", "/spec/recovery"),
    );
    own(
        "Runbook",
        entity.runbook.as_deref().map(host_of),
        entity.runbook.clone(),
        says("runbook", "/spec/runbook"),
    );
    own("Contact", entity.contact.clone(), None, says("contact", "/spec/contact"));
    if let Some(system) = &entity.system {
        facts.push(Fact { href: Some(path_of(system)), ..given(entity, "System", system.name().to_owned()) });
    }
    if let Some(domain) = &entity.domain {
        facts.push(Fact { href: Some(path_of(domain)), ..given(entity, "Domain", domain.name().to_owned()) });
    }
    facts
}

/// What may be lost and how long it may take, in words.
fn recovery_words(point: Option<i64>, time: Option<i64>) -> Option<String> {
    let lose = point.map(|s| format!("lose at most {}", duration_text(s)));
    let back = time.map(|s| format!("back within {}", duration_text(s)));
    let words: Vec<String> = lose.into_iter().chain(back).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// A fact that the descriptor gives, or the portal's own record of an entity without one.
fn given(entity: &Entity, label: &'static str, value: String) -> Fact {
    match &entity.origin {
        Some(origin) => Fact {
            label,
            value,
            href: None,
            icon: "git",
            source: origin.place(),
            at: Some(origin.applied_at),
        },
        None => Fact {
            label,
            value,
            href: None,
            icon: "edit",
            source: "managed here".into(),
            at: Some(entity.updated_at),
        },
    }
}

/// A fact that somebody typed because the descriptor is silent.
fn typed(label: &'static str, value: String) -> Fact {
    Fact { label, value, href: None, icon: "edit", source: "set in the portal".into(), at: None }
}

fn links(descriptor: &Value) -> Vec<Link> {
    let mut links: Vec<Link> = descriptor["metadata"]["links"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|l| link(l["title"].as_str(), l["url"].as_str()?))
        .collect();
    let annotations = &descriptor["metadata"]["annotations"];
    let known = [("backstage.io/source-location", "Source"), ("backstage.io/view-url", "Descriptor")];
    links.extend(known.into_iter().filter_map(|(key, title)| {
        let target = annotations[key].as_str()?;
        link(Some(title), target.strip_prefix("url:").unwrap_or(target))
    }));
    links
}

/// Only web and mail addresses become links: a `javascript:` one is somebody's trap.
fn link(title: Option<&str>, address: &str) -> Option<Link> {
    let url = url::Url::parse(address)
        .ok()
        .filter(|u| matches!(u.scheme(), "http" | "https" | "mailto" | "tel"))?;
    let host = url.host_str().unwrap_or(url.scheme()).to_owned();
    Some(Link { title: title.map_or_else(|| host.clone(), str::to_owned), url: url.to_string(), host })
}

/// The host of an address, for people.
pub(crate) fn host_of(address: &str) -> String {
    url::Url::parse(address)
        .ok()
        .and_then(|u| u.host_str().map(str::to_owned))
        .unwrap_or_else(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_web_and_mail_addresses_become_links() {
        let descriptor = json!({"metadata": {
            "links": [{"url": "javascript:alert(1)", "title": "x"}, {"url": "https://grafana.fairhaven.example/d/1", "title": "Dashboard"}, {"url": "mailto:a@b.example"}],
            "annotations": {"backstage.io/source-location": "url:https://git.fairhaven.example/basket/"}
        }});
        let seen: Vec<_> = links(&descriptor).into_iter().map(|l| (l.title, l.host)).collect();
        assert_eq!(
            seen,
            [
                ("Dashboard".into(), "grafana.fairhaven.example".into()),
                ("mailto".into(), "mailto".into()),
                ("Source".to_owned(), "git.fairhaven.example".to_owned())
            ]
        );
    }

    #[test]
    fn recovery_is_said_in_words() {
        assert_eq!(recovery_words(Some(60), Some(900)).as_deref(), Some("lose at most 1m, back within 15m"));
        assert_eq!(recovery_words(None, Some(3600)).as_deref(), Some("back within 1h"));
        assert_eq!(recovery_words(None, None), None);
    }
}
