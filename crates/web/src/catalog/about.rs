//! What every entity page says beside its answer: facts with where they come from and how old they are, links,
//! findings, and what happened.

use jiff::Timestamp;
use portolan_domain::{
    activity,
    catalog::{
        self, Entity, Kind, Origin,
        descriptor::duration_text,
        findings::{self, Finding},
        ownership::{self, Owned, Span},
    },
    incidents::{self, FailureMode, Incident},
    provisioning::{self, Resource},
};
use serde_json::Value;

use crate::{
    activity::{Told, tell},
    address,
    caller::Viewer,
    error::PageError,
    markdown,
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
    /// Whether the viewer may hand it over: what nobody answers for, whoever is in a team.
    pub(crate) may_hand_over: bool,
    /// Whether the viewer may correct it.
    pub(crate) may_edit: bool,
    /// Whose it was before, newest first, without the span in force.
    pub(crate) former: Vec<Span>,
    /// What happened, newest first.
    pub(crate) acts: Vec<Told>,
    /// Whether there is more history than is shown.
    pub(crate) more: bool,
    /// Path of the entity's page, for the actions.
    pub(crate) path: String,
    /// Its reference.
    pub(crate) reference: String,
    /// Where it stands: addresses and words of the index, the domain, the system.
    pub(crate) crumbs: Vec<(String, String)>,
    /// Where its descriptor lives; none: it is managed here.
    pub(crate) origin: Option<Origin>,
    /// When it was last changed.
    pub(crate) updated_at: Timestamp,
    /// Incidents that hurt it now, or did within a day.
    pub(crate) incidents: Vec<Incident>,
    /// How it is known to fail.
    pub(crate) modes: Modes,
    /// What self-service knows of it, if it was made there.
    pub(crate) made: Option<Resource>,
    /// Where something can be had for it, if it is a component.
    pub(crate) offers: Option<String>,
}

/// A system or domain that an entity is part of.
#[derive(Debug)]
struct Above {
    label: &'static str,
    href: String,
    name: String,
}

impl Above {
    async fn load(viewer: &mut Viewer, entity: &Entity) -> Result<Vec<Self>, PageError> {
        let named = [("Domain", &entity.domain), ("System", &entity.system)];
        let (labels, refs): (Vec<_>, Vec<_>) =
            named.into_iter().filter_map(|(label, above)| Some((label, above.clone()?))).unzip();
        let known = catalog::by_refs(&mut viewer.cx(), &refs).await?;
        let above = labels.into_iter().zip(&refs).zip(known).map(|((label, reference), known)| Self {
            label,
            href: address::entity(reference),
            name: known.map_or_else(|| reference.name().to_owned(), |e| e.label().to_owned()),
        });
        Ok(above.collect())
    }
}

/// One fact.
#[derive(Debug)]
pub(crate) struct Fact {
    pub(crate) label: &'static str,
    /// As shown.
    pub(crate) value: String,
    /// Page it leads to.
    pub(crate) href: Option<String>,
    /// Where it comes from, if not from where all of them do.
    pub(crate) said: Option<Said>,
}

/// Who or what says a fact.
#[derive(Debug)]
pub(crate) struct Said {
    /// Icon of the source: `swap` a hand-over, `ok` the owner, `edit` typed here.
    pub(crate) icon: &'static str,
    pub(crate) words: String,
    /// Since when.
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

/// How a thing is known to fail.
#[derive(Debug)]
pub(crate) struct Modes {
    pub(crate) known: Vec<FailureMode>,
    /// Whether the viewer may write one down: whoever operates it may, too.
    pub(crate) may_write: bool,
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
        let may_hand_over = ownership::may_hand_over(&mut viewer.cx(), &thing).await?;
        // the same people may both, where somebody answers for it
        let may_edit =
            may_hand_over && (thing.staffed || catalog::may_edit(&mut viewer.cx(), entity).await?);
        let spans = ownership::history(&mut viewer.cx(), entity.id).await?;
        let findings = findings::of_entity(&mut viewer.cx(), entity.id).await?;
        let (acts, more) = activity::latest(&mut viewer.cx(), reference, 10).await?;
        let acts = tell(viewer, acts).await?;
        let above = Above::load(viewer, entity).await?;
        let incidents = incidents::lasting_on(&mut viewer.cx(), &[entity.id]).await?;
        let modes = Modes {
            known: incidents::failure_modes(&mut viewer.cx(), entity.id).await?,
            may_write: may_edit || catalog::may_run(&mut viewer.cx(), entity).await?,
        };
        let made = provisioning::resource_of(&mut viewer.cx(), entity.id).await?;
        let facts = facts(entity, descriptor, &thing, &spans, &above);
        Ok(Self {
            facts,
            links: links(descriptor),
            findings,
            may_hand_over,
            may_edit,
            former: spans.into_iter().filter(|s| s.until.is_some()).collect(),
            acts,
            more,
            made,
            offers: (entity.kind == Kind::Component)
                .then(|| format!("/provision?service={}", address::segment(reference))),
            path: address::entity(&entity.reference),
            reference: reference.to_owned(),
            crumbs: crumbs(entity.kind, above),
            origin: entity.origin.clone(),
            updated_at: entity.updated_at,
            incidents,
            modes,
        })
    }

    /// What to do when it fails so, as HTML.
    pub(crate) fn remedy(&self, mode: &&FailureMode) -> String {
        markdown::html(&mode.remedy)
    }

    /// Whether a fact has a source of its own.
    pub(crate) fn is_mixed(&self) -> bool {
        self.facts.iter().any(|f| f.said.is_some())
    }
}

fn crumbs(kind: Kind, above: Vec<Above>) -> Vec<(String, String)> {
    let index = if kind == Kind::Component { "/catalog".to_owned() } else { format!("/catalog?kind={kind}") };
    std::iter::once((index, "Catalog".to_owned()))
        .chain(above.into_iter().map(|a| (a.href, a.name)))
        .collect()
}

fn facts(entity: &Entity, descriptor: &Value, thing: &Owned, spans: &[Span], above: &[Above]) -> Vec<Fact> {
    let mut facts = Vec::new();
    let current = spans.iter().find(|s| s.until.is_none());
    let handed_over = current.filter(|s| s.origin == "portal");
    if let Some(owner) = &entity.owner {
        let href = address::owner(owner);
        let unknown = if href.is_none() { ", unknown here" } else { "" };
        let said = handed_over.map(|span| Said {
            icon: "swap",
            words: format!("handed over by {}", span.changed_by.as_deref().unwrap_or("Portolan")),
            at: Some(span.from),
        });
        facts.push(Fact { label: "Owner", value: format!("{}{unknown}", owner.name()), href, said });
    }
    if let Some(at) = thing.confirmed_at {
        let said = Some(Said { icon: "ok", words: "said by the owner".into(), at: Some(at) });
        facts.push(Fact { label: "Confirmed", value: "still ours".into(), href: None, said });
    }
    let says = |annotation: &str, spec: &str| {
        descriptor["metadata"]["annotations"].get(format!("portolan.dev/{annotation}")).is_some()
            || descriptor.pointer(spec).is_some()
    };
    let described = entity.origin.is_some();
    let mut own = |label, value: Option<String>, href, given: bool| {
        let said =
            (described && !given).then(|| Said { icon: "edit", words: "set in the portal".into(), at: None });
        facts.extend(value.map(|value| Fact { label, value, href, said }));
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
    facts.extend(above.iter().rev().map(|a| Fact {
        label: a.label,
        value: a.name.clone(),
        href: Some(a.href.clone()),
        said: None,
    }));
    facts
}

/// What may be lost and how long it may take, in words.
fn recovery_words(point: Option<i64>, time: Option<i64>) -> Option<String> {
    let lose = point.map(|s| format!("lose at most {}", duration_text(s)));
    let back = time.map(|s| format!("back within {}", duration_text(s)));
    let words: Vec<String> = lose.into_iter().chain(back).collect();
    (!words.is_empty()).then(|| words.join(", "))
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
