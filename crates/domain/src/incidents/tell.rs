//! Who is told of an incident: the webhooks of the team that runs it.

use super::Incident;
use crate::{
    Cx, Result,
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

async fn send(cx: &mut Cx<'_>, incident: &Incident, event: &'static str, words: String) -> Result<()> {
    let about = About::new("incident", incident.id.0);
    let link = format!("/incidents/{}", incident.number);
    let notice = Notice {
        text: incident.status_text.clone(),
        reason: format!("{} runs it.", incident.team_name),
        ..Notice::new(Recipient::Team(incident.team_id), event, words, link, about)
    };
    notify::send(cx, notice).await?;
    Ok(())
}
