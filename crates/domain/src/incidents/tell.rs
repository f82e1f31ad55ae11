//! Who is told of an incident: the webhooks of the team that runs it.

use super::{Action, Incident, Role, store};
use crate::{
    Cx, PersonId, Result,
    notify::{self, About, Notice, Recipient},
};

pub(super) async fn opened(cx: &mut Cx<'_>, incident: &Incident) -> Result<()> {
    let words = format!("{} incident {}: {}", incident.severity_label(), incident.number, incident.title);
    send(cx, incident, "incident.opened", words).await
}

pub(super) async fn moved(cx: &mut Cx<'_>, incident: &Incident) -> Result<()> {
    let words = format!(
        "Incident {} ({}) is now: {}",
        incident.number,
        incident.title,
        incident.state.label().to_lowercase()
    );
    send(cx, incident, "incident.moved", words).await
}

/// The status is told: to the webhooks of the team that runs it, and of those that own what is affected.
pub(super) async fn status(cx: &mut Cx<'_>, incident: &Incident) -> Result<()> {
    let words = format!("Incident {} ({}): how it stands", incident.number, incident.title);
    let mut teams = store::teams_affected(cx, incident.id).await?;
    teams.retain(|team| *team != incident.team_id);
    teams.insert(0, incident.team_id);
    let notices = teams
        .into_iter()
        .map(|team| notice(incident, Recipient::Team(team), "incident.status", words.clone()));
    notify::send_all(cx, notices.collect()).await?;
    Ok(())
}

/// Somebody has a role from now on; nobody is told what they did themselves.
pub(super) async fn role(cx: &mut Cx<'_>, incident: &Incident, role: Role, person: PersonId) -> Result<()> {
    if cx.actor().person == Some(person) {
        return Ok(());
    }
    let words =
        format!("{} of incident {} ({}): that is you now", role.label(), incident.number, incident.title);
    let told = notice(incident, Recipient::Person(person), "incident.role", words);
    let reason = format!("{} gave you the role.", cx.actor().name);
    notify::send(cx, Notice { reason, ..told }).await?;
    Ok(())
}

/// An action is somebody's from now on.
pub(super) async fn promised(cx: &mut Cx<'_>, action: &Action, owner: Option<PersonId>) -> Result<()> {
    let Some(owner) = owner.filter(|owner| cx.actor().person != Some(*owner)) else { return Ok(()) };
    let subject = format!("By {}: {}", action.due_on, action.title);
    let about = About::new("action", action.id.0);
    let notice = Notice {
        reason: format!("{} put your name to it, for {}.", cx.actor().name, action.team_name),
        ..Notice::new(Recipient::Person(owner), "action.promised", subject, "/actions?mine=1", about)
    };
    notify::send(cx, notice).await?;
    Ok(())
}

fn notice(incident: &Incident, to: Recipient, event: &'static str, words: String) -> Notice {
    let link = format!("/incidents/{}", incident.number);
    Notice {
        text: incident.status_text.clone(),
        reason: format!("{} runs it.", incident.team_name),
        ..Notice::new(to, event, words, link, About::new("incident", incident.id.0))
    }
}

async fn send(cx: &mut Cx<'_>, incident: &Incident, event: &'static str, words: String) -> Result<()> {
    notify::send(cx, notice(incident, Recipient::Team(incident.team_id), event, words)).await?;
    Ok(())
}
