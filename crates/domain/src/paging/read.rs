//! Reading pages.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sqlx::types::Json;

use super::{
    State, act, escalate, policy,
    record::{PageEvent, Paged, PagedView},
    store::{self, page::Row},
};
use crate::{
    Cursor, Cx, EntityId, Error, Limit, Page, PageId, PersonId, Result, TeamId, notify,
    page::Total,
    people::{self, PersonName},
};

/// Which pages; empty means all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those that stand so, any of them.
    pub states: Vec<State>,
    /// Only of this team (slug).
    pub team: Option<String>,
    /// Only of this entity (reference).
    pub entity: Option<String>,
    /// Only of the teams that the actor answers for, those they were told of, and those they are on.
    pub mine: bool,
    /// Only those that are over and that nobody has judged.
    pub unjudged: bool,
}

impl Filter {
    pub(super) fn state_words(&self) -> Option<Vec<String>> {
        let words: Vec<_> = self.states.iter().map(|s| s.as_str().to_owned()).collect();
        Some(words).filter(|words| !words.is_empty())
    }
}

/// The names of a filter as keys.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) team: Option<TeamId>,
    pub(super) mine: Option<Vec<uuid::Uuid>>,
    pub(super) me: Option<PersonId>,
}

/// Pages, newest first. Everyone signed in may read them.
pub async fn list(
    cx: &mut Cx<'_>,
    filter: &Filter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Paged>> {
    let me = cx.reader()?;
    let key = after.as_ref().map(Cursor::key::<(Timestamp, PageId)>).transpose()?;
    let team = match &filter.team {
        Some(slug) => Some(people::team(cx, slug).await?.id),
        None => None,
    };
    let mine = if filter.mine {
        Some(people::teams_answered_for(cx, me).await?.into_iter().map(|t| t.0).collect())
    } else {
        None
    };
    let scope = Scope { team, mine, me: Some(me) };
    let rows = store::page::list(cx, filter, &scope, key, limit).await?;
    let total = Total::bounded(store::page::count(cx, filter, &scope, Total::MOST + 1).await?);
    let (rows, page) =
        Page::cut(rows, limit, total, after.as_ref(), |r| (r.opened_at.to_jiff(), r.id)).split();
    let items = named(cx, rows).await?;
    let Page { next, previous, total, total_is_lower_bound, .. } = page;
    Ok(Page { items, next, previous, total, total_is_lower_bound })
}

/// How many pages wait for the actor: open ones that they were told of, and those that they are on. A thousand at most.
pub async fn waiting(cx: &mut Cx<'_>) -> Result<i64> {
    let me = cx.reader()?;
    store::page::waiting(cx, me).await
}

/// Pages of these entities that are not over, newest first, at most so many.
pub async fn live_on(cx: &mut Cx<'_>, entities: &[EntityId], most: i64) -> Result<Vec<Paged>> {
    cx.reader()?;
    let rows = store::page::live_of(cx, entities, most).await?;
    named(cx, rows).await
}

/// A page, as a list shows it.
pub async fn paged(cx: &mut Cx<'_>, id: PageId) -> Result<Paged> {
    policy::may_read(cx)?;
    let row = store::page::get(cx, id).await?.ok_or_else(|| Error::not_found("page", id.to_string()))?;
    let found = named(cx, vec![row]).await?.pop();
    found.ok_or_else(|| Error::not_found("page", id.to_string()))
}

/// The page that a text means: its number, or its key.
pub async fn find(cx: &mut Cx<'_>, text: &str) -> Result<PageId> {
    policy::may_read(cx)?;
    let none = || Error::not_found("page", text);
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let number = text.trim_start_matches('#').parse().map_err(|_| none())?;
    store::page::by_number(cx, number).await?.ok_or_else(none)
}

/// A page with all that is known of it.
pub async fn view(cx: &mut Cx<'_>, id: PageId) -> Result<PagedView> {
    policy::may_read(cx)?;
    let row = store::page::get(cx, id).await?.ok_or_else(|| Error::not_found("page", id.to_string()))?;
    let Json(plan) = row.plan.clone();
    let policy = row.policy_id.zip(row.policy_name.clone());
    let told =
        row.round.zip(row.step).and_then(|(r, s)| Some((u32::try_from(r).ok()?, u32::try_from(s).ok()?)));
    let may_act = act::may(cx, id, row.team_id).await?;
    let alerts = store::alert::of_page(cx, id).await?;
    let events = events(cx, id).await?;
    let steps = policy::step_words(cx, &plan).await?;
    let page = named(cx, vec![row]).await?.pop().ok_or_else(|| Error::not_found("page", id.to_string()))?;
    Ok(PagedView { page, policy, plan, steps, told, alerts, events, may_act })
}

async fn events(cx: &mut Cx<'_>, id: PageId) -> Result<Vec<PageEvent>> {
    let rows = store::event::of(cx, id).await?;
    let notices = notify::state_of(cx, &escalate::about(id)).await?;
    let names = names(cx, rows.iter().flat_map(|r| [r.actor_id, r.person_id])).await?;
    Ok(rows
        .into_iter()
        .map(|r| PageEvent {
            id: r.id,
            at: r.at.to_jiff(),
            kind: r.kind,
            actor: r.actor_id.and_then(|id| names.get(&id).cloned()),
            person: r.person_id.and_then(|id| names.get(&id).cloned()),
            text: r.text,
            judgement: r.detail.judgement,
            deliveries: notices.iter().filter(|n| r.detail.notices.contains(&n.id)).cloned().collect(),
        })
        .collect())
}

/// Rows with the names of their people, in one further statement.
pub(super) async fn named(cx: &mut Cx<'_>, rows: Vec<Row>) -> Result<Vec<Paged>> {
    let keys =
        rows.iter().flat_map(|r| [r.raised_by, r.acknowledged_by, r.assignee_id, r.resolved_by, r.judged_by]);
    let names = names(cx, keys).await?;
    let name = |id: Option<PersonId>| id.and_then(|id| names.get(&id).cloned());
    Ok(rows
        .into_iter()
        .map(|r| Paged {
            team: r.team(),
            id: r.id,
            number: r.number,
            state: r.state,
            entity_id: r.entity_id,
            entity_ref: r.entity_ref,
            entity_title: r.entity_title,
            tier: r.tier,
            summary: r.summary,
            impact: r.impact,
            severity: r.severity,
            urgency: r.urgency,
            raised_by: name(r.raised_by),
            link: r.link,
            runbook: r.runbook,
            opened_at: r.opened_at.to_jiff(),
            acknowledged_at: r.acknowledged_at.map(jiff_sqlx::Timestamp::to_jiff),
            acknowledged_by: name(r.acknowledged_by),
            assignee: name(r.assignee_id),
            resolved_at: r.resolved_at.map(jiff_sqlx::Timestamp::to_jiff),
            resolved_by: name(r.resolved_by),
            judgement: r.judgement,
            judged_by: name(r.judged_by),
            next_at: r.next_at.map(jiff_sqlx::Timestamp::to_jiff),
            exhausted_at: r.exhausted_at.map(jiff_sqlx::Timestamp::to_jiff),
            unmanned: r.unmanned,
            suppressed_by: r.suppressed_by,
            alerts: r.alerts,
            firing: r.firing,
            times: r.times,
        })
        .collect())
}

async fn names(
    cx: &mut Cx<'_>,
    keys: impl Iterator<Item = Option<PersonId>>,
) -> Result<BTreeMap<PersonId, PersonName>> {
    let keys: Vec<PersonId> = keys.flatten().collect::<BTreeSet<_>>().into_iter().collect();
    Ok(people::person_names(cx, &keys).await?.into_iter().map(|p| (p.id, p)).collect())
}
