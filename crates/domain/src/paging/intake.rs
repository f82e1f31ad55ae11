//! What an integration tells becomes pages. One transaction under the lock of the group: the sender is answered when it is
//! through, and tells it again when it was not.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    Effects, Group, Incoming, IncomingAlert, Keyed, Move,
    integration::named,
    open::{self, Opening},
    record::{EventKind, NewEvent, Urgency},
    store::{
        self,
        alert::{Firing, LivePage},
    },
};
use crate::{
    AlertGroupId, AlertId, Cx, EntityId, PageId, Result, TeamId,
    catalog::{self, EntityRef, Summary},
};

/// Different services that one delivery opens pages for, at most; what is beyond goes to the integration's team.
const MOST_PAGES: usize = 50;

/// What came of a delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// Numbers of the pages it opened.
    pub opened: Vec<i64>,
    /// Alerts that fire now and did not before.
    pub fired: usize,
    /// Alerts that were told again.
    pub repeated: usize,
    /// Alerts that are over.
    pub resolved: usize,
    /// Alerts that were called over, or acknowledged, without firing.
    pub dropped: usize,
    /// Pages that are over with them.
    pub closed: usize,
}

/// Takes a delivery in. Nobody is signed in: the key was the credential.
pub async fn take_in(cx: &mut Cx<'_>, keyed: &Keyed, incoming: &Incoming) -> Result<Taken> {
    cx.atomically(async |cx| {
        let hash: [u8; 32] = Sha256::digest(incoming.group_key.as_bytes()).into();
        let key: String = incoming.group_key.chars().filter(|c| !c.is_control()).take(500).collect();
        let locked = store::alert::lock_group(cx, keyed.id, &hash, &key, incoming.truncated > 0).await?;
        let firing = store::alert::firing(cx, locked.id).await?;
        let pages = store::alert::lock_pages(cx, locked.id).await?;
        let before = Group { firing: firing.iter().map(|f| f.fingerprint.clone()).collect(), hides: false };
        let (after, effects) = before.after(incoming);
        let story = Story { keyed, incoming, group: locked.id, firing, pages, after, effects };
        story.write(cx).await
    })
    .await
}

/// A delivery and what it meets.
struct Story<'s> {
    keyed: &'s Keyed,
    incoming: &'s Incoming,
    group: AlertGroupId,
    firing: Vec<Firing>,
    pages: Vec<LivePage>,
    after: Group,
    effects: Effects,
}

/// Whom an alert is for.
type Target = (TeamId, Option<EntityId>);

impl Story<'_> {
    async fn write(&self, cx: &mut Cx<'_>) -> Result<Taken> {
        let known: HashMap<&str, &Firing> = self.firing.iter().map(|f| (f.fingerprint.as_str(), f)).collect();
        let of = |places: &[usize]| -> Vec<&Firing> {
            let alerts = places.iter().filter_map(|at| self.incoming.alerts.get(*at));
            alerts.filter_map(|a| known.get(a.fingerprint.as_str()).copied()).collect()
        };
        let ids = |firing: &[&Firing]| firing.iter().map(|f| f.id).collect::<Vec<AlertId>>();
        let again = [&self.effects.again[..], &self.effects.acknowledged].concat();
        store::alert::again(cx, &ids(&of(&again))).await?;
        let resolved = of(&self.effects.resolved);
        store::alert::resolve(cx, &ids(&resolved)).await?;
        let (opened, fed) = self.fire(cx).await?;
        self.acknowledge(cx, &of(&self.effects.acknowledged)).await?;
        let closed = self.close(cx, &fed).await?;
        Ok(Taken {
            opened,
            fired: self.effects.fired.len(),
            repeated: again.len(),
            resolved: resolved.len(),
            dropped: self.effects.dropped.len(),
            closed,
        })
    }

    /// Gives every alert that fires anew to the page of its service in this group, which is opened if there is none.
    async fn fire(&self, cx: &mut Cx<'_>) -> Result<(Vec<i64>, BTreeSet<PageId>)> {
        let alerts: Vec<&IncomingAlert> =
            self.effects.fired.iter().filter_map(|at| self.incoming.alerts.get(*at)).collect();
        let targets = self.targets(cx, &alerts).await?;
        let mut by_target: BTreeMap<Target, Vec<&IncomingAlert>> = BTreeMap::new();
        for (alert, target) in alerts.iter().zip(&targets.each) {
            let room = by_target.len() < MOST_PAGES || by_target.contains_key(target);
            by_target.entry(if room { *target } else { (self.keyed.team, None) }).or_default().push(alert);
        }
        let (mut opened, mut fed, mut rows, mut events) =
            (Vec::new(), BTreeSet::new(), Vec::new(), Vec::new());
        for (target, alerts) in by_target {
            let live = self.pages.iter().find(|p| (p.team, p.entity) == target);
            let page = if let Some(page) = live {
                events.push((page.id, NewEvent::new(EventKind::Alerts, more(&alerts))));
                page.id
            } else {
                let (id, number) = self.open(cx, target, &targets, &alerts).await?;
                opened.push(number);
                id
            };
            fed.insert(page);
            rows.extend(alerts.into_iter().map(|alert| (page, alert)));
        }
        store::alert::insert(cx, self.group, &rows).await?;
        open::happened(cx, &events).await?;
        Ok((opened, fed))
    }

    async fn open(
        &self,
        cx: &mut Cx<'_>,
        (team, entity): Target,
        targets: &Targets,
        alerts: &[&IncomingAlert],
    ) -> Result<(PageId, i64)> {
        // what it is called by: the worst of them, and of those the first
        let worst = alerts.iter().rev().max_by_key(|a| a.severity).copied();
        let first = alerts.first().map_or("", |a| a.summary.as_str());
        let summary = worst.map_or(first, |a| a.summary.as_str());
        let summary = if summary.is_empty() { "An alert without a word" } else { summary };
        let reference = entity.and_then(|id| targets.reference(id));
        let opening = Opening {
            team,
            entity: entity.zip(reference),
            group: Some(self.group),
            raised_by: None,
            summary,
            impact: "",
            severity: worst.map_or(super::Severity::Unknown, |a| a.severity),
            urgency: Urgency::Now,
            link: worst.and_then(|a| a.link.as_deref()),
            runbook: worst.and_then(|a| a.runbook.as_deref()),
            decided: None,
            by: &self.keyed.name,
            held_until: None,
        };
        let (id, number, _) = open::open(cx, &opening).await?;
        Ok((id, number))
    }

    async fn targets(&self, cx: &mut Cx<'_>, alerts: &[&IncomingAlert]) -> Result<Targets> {
        let named: Vec<Vec<EntityRef>> =
            alerts.iter().map(|a| named(&self.keyed.routes, &a.labels).collect()).collect();
        let refs: BTreeSet<&EntityRef> = named.iter().flatten().collect();
        let refs: Vec<EntityRef> = refs.into_iter().take(catalog::MAX_REFS).cloned().collect();
        let system = crate::Actor::system();
        let found = catalog::by_refs(&mut cx.acting(&system), &refs).await?;
        let known: HashMap<&EntityRef, Summary> =
            refs.iter().zip(found).filter_map(|(r, s)| Some((r, s?))).collect();
        let ids: Vec<_> = known.values().map(|s| s.id).collect();
        let operators = catalog::operators(&mut cx.acting(&system), &ids).await?;
        let target = |refs: &Vec<EntityRef>| {
            let entity = refs.iter().find_map(|r| known.get(r));
            let operator = entity.and_then(|e| operators.get(&e.id).copied());
            let owner = || entity?.owner.as_ref()?.team_id();
            (operator.or_else(owner).unwrap_or(self.keyed.team), entity.map(|e| e.id))
        };
        let each = named.iter().map(target).collect();
        let references = known.into_values().map(|s| (s.id, s.reference.to_string())).collect();
        Ok(Targets { each, references })
    }

    /// Somebody said in the sender's own tool that they are on it.
    async fn acknowledge(&self, cx: &mut Cx<'_>, alerts: &[&Firing]) -> Result<()> {
        let pages: BTreeSet<PageId> = alerts.iter().map(|f| f.page).collect();
        for id in pages {
            let Some(page) = store::page::lock(cx, id).await? else { continue };
            if page.state.after(Move::Acknowledge).is_some() {
                store::page::acknowledge(cx, id, None).await?;
                let text = format!("Acknowledged in what {} stands for", self.keyed.name);
                open::happened(cx, &[(id, NewEvent::new(EventKind::Acknowledged, text))]).await?;
            }
        }
        Ok(())
    }

    /// Ends the pages of the group of which nothing fires, unless this delivery was cut.
    async fn close(&self, cx: &mut Cx<'_>, fed: &BTreeSet<PageId>) -> Result<usize> {
        if self.after.hides {
            return Ok(0);
        }
        let fires = |page: PageId| {
            fed.contains(&page)
                || self.firing.iter().any(|f| f.page == page && self.after.firing.contains(&f.fingerprint))
        };
        let over: Vec<PageId> = self.pages.iter().map(|p| p.id).filter(|id| !fires(*id)).collect();
        open::end_by_alert(cx, &over).await?;
        Ok(over.len())
    }
}

/// Whom alerts are for, one by one, and the references of what they are about.
struct Targets {
    each: Vec<Target>,
    references: HashMap<EntityId, String>,
}

impl Targets {
    fn reference(&self, id: EntityId) -> Option<&str> {
        self.references.get(&id).map(String::as_str)
    }
}

fn more(alerts: &[&IncomingAlert]) -> String {
    match alerts {
        [one] => format!("Another alert fires: {}", one.summary),
        [first, rest @ ..] => {
            format!("{} more alerts fire: {} and {} others", alerts.len(), first.summary, rest.len())
        }
        [] => String::new(),
    }
}
