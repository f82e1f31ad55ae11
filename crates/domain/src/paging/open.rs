//! How a page opens and ends, whatever made it so.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    Severity, State, maintenance,
    policy::{self, Way},
    record::{EventKind, NewEvent, Urgency},
    store::{self, page::New},
};
use crate::{
    AlertGroupId, Cx, EntityId, PageId, PersonId, Result, TeamId,
    activity::{self, Act, Changed},
    live::{self, News},
    notify::{self, About, Notice, Recipient},
    work::{self, NewJob},
};

/// The kind of job that takes a page to its next step; its payload is a [`PageJob`].
pub const STEP: &str = "page.step";

/// Whose step it is. A notice that arrived or failed asks for the same job, with what it was about.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct PageJob {
    /// The page.
    pub about: About,
}

impl PageJob {
    /// The page.
    pub fn page(&self) -> PageId {
        PageId(self.about.id)
    }
}

/// The job of a page's next step: there is one at a time, and the earlier time holds.
pub(super) fn step_job(page: PageId) -> NewJob {
    NewJob::new(STEP, PageJob { about: About::new("page", page.0) }).once(page.to_string()).attempts(100)
}

/// A page to be opened.
#[derive(Debug)]
pub(super) struct Opening<'o> {
    pub(super) team: TeamId,
    pub(super) entity: Option<(EntityId, &'o str)>,
    pub(super) group: Option<AlertGroupId>,
    pub(super) raised_by: Option<PersonId>,
    pub(super) summary: &'o str,
    pub(super) impact: &'o str,
    pub(super) severity: Severity,
    pub(super) urgency: Urgency,
    pub(super) link: Option<&'o str>,
    pub(super) runbook: Option<&'o str>,
    /// Who or what opens it, in words: "Alertmanager Fairhaven".
    pub(super) by: &'o str,
    /// Whether it may wake somebody and why, if that had to be decided.
    pub(super) decided: Option<&'o str>,
    pub(super) held_until: Option<Timestamp>,
}

/// Opens a page: in a maintenance window quietly, else on its way to whoever is on call.
pub(super) async fn open(cx: &mut Cx<'_>, opening: &Opening<'_>) -> Result<(PageId, i64, State)> {
    let Way { policy, plan, because } = policy::way_of(cx, opening.team, opening.entity.map(|e| e.0)).await?;
    let window = match opening.entity {
        Some((entity, _)) => store::maintenance::in_force(cx, entity).await?,
        None => None,
    };
    let state = if window.is_some() { State::Suppressed } else { State::Open };
    let id = PageId::new();
    let number = store::page::insert(
        cx,
        &New {
            id,
            state,
            team: opening.team,
            entity: opening.entity,
            group: opening.group,
            raised_by: opening.raised_by,
            summary: opening.summary,
            impact: opening.impact,
            severity: opening.severity,
            urgency: opening.urgency,
            link: opening.link,
            runbook: opening.runbook,
            plan: &plan,
            policy: policy.as_ref().map(|p| p.0),
            held_until: opening.held_until,
            suppressed_by: window.as_ref().map(|w| w.id),
        },
    )
    .await?;
    let mut events = vec![NewEvent::by(
        EventKind::Opened,
        opening.raised_by,
        match opening.decided {
            Some(decided) => format!("Opened by {}; {}. {decided}", opening.by, because.words()),
            None => format!("Opened by {}; {}", opening.by, because.words()),
        },
    )];
    events.extend(window.as_ref().map(|w| NewEvent::new(EventKind::Suppressed, maintenance::words(w))));
    let events: Vec<_> = events.into_iter().map(|e| (id, e)).collect();
    happened(cx, &events).await?;
    record(cx, "page.opened", number, opening.entity.map(|e| e.0), None, state, opening.summary).await?;
    if state == State::Open {
        work::enqueue(cx, step_job(id).at(opening.held_until.unwrap_or(cx.now()))).await?;
        let about = About::new("page", id.0);
        let notice = Notice::new(
            Recipient::Team(opening.team),
            "page.opened",
            headline(number, opening),
            link(number),
            about,
        );
        notify::send(
            cx,
            Notice { text: opening.impact.to_owned(), reason: "Your team is paged.".into(), ..notice },
        )
        .await?;
    }
    Ok((id, number, state))
}

fn headline(number: i64, opening: &Opening<'_>) -> String {
    match opening.entity {
        Some((_, reference)) => format!("Page {number}: {}: {}", name_of(reference), opening.summary),
        None => format!("Page {number}: {}", opening.summary),
    }
}

/// The name in a reference.
pub(super) fn name_of(reference: &str) -> &str {
    reference.rsplit_once('/').map_or(reference, |(_, name)| name)
}

/// Path of a page's view.
pub(super) fn link(number: i64) -> String {
    format!("/pages/{number}")
}

/// Ends pages whose alerts are over.
pub(super) async fn end_by_alert(cx: &mut Cx<'_>, ids: &[PageId]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    store::page::resolve(cx, ids, None).await?;
    let events: Vec<_> = ids
        .iter()
        .map(|id| (*id, NewEvent::new(EventKind::Resolved, "None of its alerts fires any more")))
        .collect();
    happened(cx, &events).await
}

/// Writes what happened to pages; whoever it concerns hears of it where they look.
pub(super) async fn happened(cx: &mut Cx<'_>, events: &[(PageId, NewEvent)]) -> Result<()> {
    store::event::insert(cx, events).await?;
    let moved = events.iter().filter(|(_, event)| event.kind.changes_who_waits());
    let pages: BTreeSet<PageId> = moved.map(|(page, _)| *page).collect();
    if !pages.is_empty() {
        let pages: Vec<_> = pages.into_iter().collect();
        let people = store::event::concerned(cx, &pages).await?;
        live::tell(cx, &people.into_iter().map(News::Person).collect::<Vec<_>>()).await?;
    }
    tell_channel(cx, events).await
}

/// What the channel of a team hears after the opening; a page that was kept quiet opens for it when it is let go.
fn heard_as(kind: EventKind) -> Option<&'static str> {
    match kind {
        EventKind::Released => Some("page.opened"),
        EventKind::Unmanned => Some("page.unmanned"),
        EventKind::Exhausted => Some("page.exhausted"),
        EventKind::Acknowledged => Some("page.acknowledged"),
        EventKind::Resolved => Some("page.resolved"),
        _ => None,
    }
}

/// Tells the webhooks of the teams, and whoever raised a page how it ends.
async fn tell_channel(cx: &mut Cx<'_>, events: &[(PageId, NewEvent)]) -> Result<()> {
    let told: Vec<_> = events.iter().filter(|(_, event)| heard_as(event.kind).is_some()).collect();
    if told.is_empty() {
        return Ok(());
    }
    let ids: BTreeSet<PageId> = told.iter().map(|(page, _)| *page).collect();
    let heads = store::page::heads(cx, &ids.into_iter().collect::<Vec<_>>()).await?;
    let mut notices = Vec::new();
    for (page, event) in told {
        let (Some(head), Some(name)) = (heads.iter().find(|h| h.id == *page), heard_as(event.kind)) else {
            continue;
        };
        let what = head.entity_ref.as_deref().map_or_else(String::new, |r| format!("{}: ", name_of(r)));
        let subject = format!("Page {}: {what}{}", head.number, head.summary);
        let by = event.actor.map(|_| format!("{}: ", cx.actor().name)).unwrap_or_default();
        let (word, text) = match event.kind {
            EventKind::Released => ("", head.impact.clone()),
            EventKind::Acknowledged => (" (somebody is on it)", format!("{by}on it. {}", event.text)),
            EventKind::Resolved => (" (over)", format!("{by}over. {}", event.text)),
            _ => (" (reaches nobody)", event.text.clone()),
        };
        let notice = |to, reason: &str| {
            let notice = Notice::new(
                to,
                name,
                format!("{subject}{word}"),
                link(head.number),
                About::new("page", head.id.0),
            );
            Notice { text: text.trim().to_owned(), reason: reason.to_owned(), ..notice }
        };
        notices.push(notice(Recipient::Team(head.team), "Your team is paged."));
        let ends = matches!(event.kind, EventKind::Resolved | EventKind::Exhausted);
        if let Some(raiser) = head.raised_by.filter(|raiser| ends && event.actor != Some(*raiser)) {
            notices.push(notice(Recipient::Person(raiser), "You raised it."));
        }
    }
    notify::send_all(cx, notices).await?;
    Ok(())
}

/// Records an act on a page.
pub(super) async fn record(
    cx: &mut Cx<'_>,
    verb: &'static str,
    number: i64,
    entity: Option<EntityId>,
    was: Option<State>,
    state: State,
    note: &str,
) -> Result<()> {
    let changes = vec![Changed::new("state", was.map(State::as_str), state.as_str())];
    let act =
        Act { entity_id: entity, changes, note: note.to_owned(), ..Act::new(verb, format!("page:{number}")) };
    activity::record(cx, act).await
}
