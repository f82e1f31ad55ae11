//! Who may edit what a team owns: its active members, its lead, those of every team above it, and admins.

use super::{PersonName, store};
use crate::{Cx, Error, PersonId, Result, TeamId};

/// What the actor may do with a team and what it owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// May edit the team and what it owns.
    pub edit: bool,
}

/// The actor's rights over a team. Strangers and credentials that may only read have none.
pub async fn team_rights(cx: &mut Cx<'_>, team: TeamId) -> Result<Rights> {
    if cx.admin().is_ok() {
        return Ok(Rights { edit: true });
    }
    let Ok(me) = cx.writer() else { return Ok(Rights { edit: false }) };
    Ok(Rights { edit: store::belongs_above(cx, team, me).await? })
}

/// The teams among `teams` that the actor may edit, in one statement; for lists and bulk acts.
pub async fn editable_teams(cx: &mut Cx<'_>, teams: &[TeamId]) -> Result<Vec<TeamId>> {
    if cx.admin().is_ok() {
        return Ok(teams.to_vec());
    }
    let Ok(me) = cx.writer() else { return Ok(Vec::new()) };
    store::belongs_above_any(cx, teams, me).await
}

/// Refuses whoever may not edit what `team` owns, saying why and whom to ask. `what` is what they tried to edit:
/// "the service basket-api". Without a team only admins may.
pub async fn require_team(cx: &mut Cx<'_>, team: Option<TeamId>, what: &str) -> Result<()> {
    if cx.admin().is_ok() {
        return Ok(());
    }
    cx.writer()?;
    let Some(team) = team else {
        return Err(Error::Forbidden(format!(
            "{what} belongs to no team, so only an admin may change it; the admins are listed under People"
        )));
    };
    if team_rights(cx, team).await?.edit {
        return Ok(());
    }
    let name = store::team_by_id(cx, team).await?.map_or_else(|| "a team that is gone".into(), |t| t.name);
    let leads = store::leads_above(cx, team).await?;
    Err(Error::Forbidden(format!(
        "only members of {name}, its lead, the teams above it and admins may change {what}; ask {}",
        whom_to_ask(&leads)
    )))
}

/// Refuses whoever is neither in the team nor above it: for figures that help a team and would harm it elsewhere. Reading
/// is enough.
pub async fn require_insider(cx: &mut Cx<'_>, team: TeamId, what: &str) -> Result<()> {
    if cx.admin().is_ok() {
        return Ok(());
    }
    let me = cx.reader()?;
    if store::belongs_above(cx, team, me).await? {
        return Ok(());
    }
    Err(Error::Forbidden(format!("the team and those it reports to see {what}, and nobody else")))
}

/// Whom to ask about a team: its lead, else the nearest lead above it. Active people only, nearest first.
pub async fn leads_to_ask(cx: &mut Cx<'_>, team: TeamId) -> Result<Vec<PersonName>> {
    store::leads_above(cx, team).await
}

/// The teams a person answers for: those they are in or lead, and all below what they lead.
pub async fn teams_answered_for(cx: &mut Cx<'_>, person: PersonId) -> Result<Vec<TeamId>> {
    store::teams_answered_for(cx, person).await
}

/// The teams a person is in now, the one joined first leading.
pub async fn team_ids_of(cx: &mut Cx<'_>, person: PersonId) -> Result<Vec<TeamId>> {
    store::team_ids_of(cx, person).await
}

/// Whether somebody active is in the team now (a team without anybody is a finding).
pub async fn has_active_members(cx: &mut Cx<'_>, team: TeamId) -> Result<bool> {
    store::has_active_members(cx, team).await
}

/// A lead in a word, for messages that say whom to ask.
fn whom_to_ask(leads: &[PersonName]) -> String {
    match leads {
        [] => "an admin (they are listed under People)".into(),
        [one] => one.name.clone(),
        [first, second, ..] => format!("{} or {}", first.name, second.name),
    }
}
