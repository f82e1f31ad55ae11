//! Reading incidents. Everybody signed in may: what hurts is no secret in the company.

use jiff::Timestamp;
use serde::Serialize;

use super::{Incident, RoleHeld, State, rights, store};
use crate::{Cursor, Cx, EntityId, Error, Few, Limit, Page, PageId, PersonId, Result, people};

/// Which incidents; empty means all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Run by this team (slug).
    pub team: Option<String>,
    /// That hurt this entity (reference).
    pub entity: Option<String>,
    /// That stand so.
    pub state: Option<State>,
    /// At least as bad as this: 1 is the worst.
    pub severity: Option<i16>,
    /// That last.
    pub lasting: bool,
    /// That hurt at or after this instant, or last.
    pub since: Option<Timestamp>,
    /// That began before this instant.
    pub until: Option<Timestamp>,
    /// That were opened from this page.
    pub page: Option<PageId>,
    /// That are run by a team the actor answers for, or in which the actor has a role.
    pub mine: bool,
}

/// Whose incidents: of these teams, and those in which this person has a role.
#[derive(Debug)]
pub(super) struct Mine {
    pub(super) teams: Vec<uuid::Uuid>,
    pub(super) person: PersonId,
}

impl Mine {
    async fn of(cx: &mut Cx<'_>, person: PersonId) -> Result<Self> {
        let teams = people::teams_answered_for(cx, person).await?.into_iter().map(|t| t.0).collect();
        Ok(Self { teams, person })
    }
}

/// An earlier incident that was like it.
#[derive(Debug, Clone, Serialize)]
pub struct Seen {
    /// What people call it by.
    pub number: i64,
    /// What it was.
    pub title: String,
    /// When it began.
    pub began_at: Timestamp,
}

/// An incident with all that stands beside its timeline.
#[derive(Debug, Clone)]
pub struct Told {
    /// The incident.
    pub incident: Incident,
    /// Who did what, those who still do first.
    pub roles: Vec<RoleHeld>,
    /// Earlier ones that were like it.
    pub seen_before: Vec<Seen>,
    /// Later ones that name it as like them.
    pub seen_again: Vec<Seen>,
    /// Whether the actor may act in it.
    pub may_act: bool,
}

/// An incident by its number.
pub async fn told(cx: &mut Cx<'_>, number: i64) -> Result<Told> {
    cx.reader()?;
    let incident = store::get(cx, number).await?.ok_or_else(|| not_found(number))?;
    let roles = store::roles(cx, incident.id).await?;
    let (seen_before, seen_again) = store::seen(cx, incident.id).await?;
    let may_act = rights::may(cx, &incident).await?;
    Ok(Told { incident, roles, seen_before, seen_again, may_act })
}

/// Incidents, the newest first.
pub async fn list(
    cx: &mut Cx<'_>,
    filter: &Filter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Incident>> {
    let me = cx.reader()?;
    let key = after.as_ref().map(Cursor::key::<(Timestamp, i64)>).transpose()?;
    let mine = if filter.mine { Some(Mine::of(cx, me).await?) } else { None };
    let rows = store::list(cx, filter, mine.as_ref(), key, limit.probe()).await?;
    let total = store::count(cx, filter, mine.as_ref()).await?;
    Ok(Page::cut(rows, limit, total, after.as_ref(), |i| (i.began_at, i.number)))
}

/// Incidents that last and concern the actor: those in which they have a role first, then the worst of the teams that they
/// answer for.
pub async fn on_me(cx: &mut Cx<'_>, limit: Limit) -> Result<Few<Incident>> {
    let me = cx.reader()?;
    let mine = Mine::of(cx, me).await?;
    Ok(Few::cut(store::lasting_of(cx, &mine, limit.probe()).await?, limit))
}

/// Incidents that last on any of these, or were over less than a day ago; at most fifty. For pages that ask whether it is
/// somebody below.
pub async fn lasting_on(cx: &mut Cx<'_>, entities: &[EntityId]) -> Result<Vec<Incident>> {
    cx.reader()?;
    if entities.is_empty() {
        return Ok(Vec::new());
    }
    store::lasting_on(cx, entities, 50).await
}

pub(super) fn not_found(number: i64) -> Error {
    Error::not_found("incident", number.to_string())
}

/// The incident, held for this transaction.
pub(super) async fn locked(cx: &mut Cx<'_>, number: i64) -> Result<Incident> {
    store::lock(cx, number).await?;
    store::get(cx, number).await?.ok_or_else(|| not_found(number))
}
