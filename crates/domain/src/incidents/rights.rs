//! Who may act in an incident: the team that runs it and its chain, whoever opened it, and whoever has a role in it.

use super::{Incident, store};
use crate::{Cx, Result, people};

/// Whether the actor may.
pub(super) async fn may(cx: &mut Cx<'_>, incident: &Incident) -> Result<bool> {
    let Ok(me) = cx.writer() else { return Ok(false) };
    Ok(incident.opened_by.as_ref().is_some_and(|p| p.id == me)
        || people::team_rights(cx, incident.team_id).await?.edit
        || store::has_role(cx, incident.id, me).await?)
}

/// Refuses whoever may not, saying whom to ask.
pub(super) async fn require(cx: &mut Cx<'_>, incident: &Incident) -> Result<()> {
    if may(cx, incident).await? {
        return Ok(());
    }
    people::require_team(cx, Some(incident.team_id), &incident.called()).await
}
