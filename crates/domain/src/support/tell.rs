//! Who is told what about a request: whoever has it, and whoever asked. Nobody is told what they did themselves.

use super::{EventKind, Request};
use crate::{
    Cx, PersonId, Result,
    notify::{self, About, Notice, Recipient},
    people,
};

/// Of a new request: whoever has the support shift, else the team, in loud words.
pub(super) async fn of_new(cx: &mut Cx<'_>, request: &Request) -> Result<()> {
    if let Some(assignee) = &request.assignee {
        let notice = Notice {
            reason: format!("You have the support shift of {}, or the next one.", request.team_name),
            ..notice(request, Recipient::Person(assignee.id), "support.asked", &request.title)
        };
        return send(cx, vec![(Some(assignee.id), notice)]).await;
    }
    let words = format!("nobody has it: {}", request.title);
    let reason =
        format!("{} has nobody in its support shift, so nobody is told but the team.", request.team_name);
    let team = people::team_by_id(cx, request.team_id).await?;
    let mut to = vec![Recipient::Team(request.team_id)];
    to.extend(team.email.map(Recipient::Email));
    let notices = to
        .into_iter()
        .map(|to| (None, Notice { reason: reason.clone(), ..notice(request, to, "support.asked", &words) }));
    send(cx, notices.collect()).await
}

/// Of a step: the other side, and whoever was given it.
pub(super) async fn of_step(
    cx: &mut Cx<'_>,
    before: &Request,
    now: &Request,
    kind: EventKind,
    text: &str,
) -> Result<()> {
    let mut notices = Vec::new();
    let asker = now.asked_by.id;
    let to_asker = |event, words: &str| {
        let notice = Notice {
            text: text.to_owned(),
            reason: "You asked it.".into(),
            ..notice(now, Recipient::Person(asker), event, words)
        };
        (Some(asker), notice)
    };
    match kind {
        EventKind::Answered => notices.push(to_asker("support.answered", "an answer")),
        EventKind::AskedBack => {
            notices.push(to_asker("support.answered", "an answer, and the next word is yours"));
        }
        EventKind::Paused => notices.push(to_asker("support.paused", "it waits for a word of yours")),
        EventKind::Closed => notices.push(to_asker("support.closed", "it is closed")),
        EventKind::Reopened => notices.push(to_asker("support.reopened", "it is open again")),
        EventKind::Asked | EventKind::Said | EventKind::Assigned | EventKind::Moved => {}
    }
    let had = before.assignee.as_ref().map(|a| a.id);
    if let Some(assignee) = &now.assignee {
        let words = match kind {
            EventKind::Said => Some(("support.added-to", "whoever asked added something", "It is yours.")),
            EventKind::Reopened => Some(("support.reopened", "it is open again", "It was yours.")),
            EventKind::Assigned if had != Some(assignee.id) => {
                Some(("support.given", "it is yours now", "Somebody gave it to you."))
            }
            _ => None,
        };
        if let Some((event, words, reason)) = words {
            let notice = Notice {
                text: text.to_owned(),
                reason: reason.into(),
                ..notice(now, Recipient::Person(assignee.id), event, words)
            };
            notices.push((Some(assignee.id), notice));
        }
    }
    send(cx, notices).await
}

fn notice(request: &Request, to: Recipient, event: &'static str, words: &str) -> Notice {
    let subject = if words == request.title {
        format!("Support request {}: {words}", request.number)
    } else {
        format!("Support request {} ({}): {words}", request.number, request.title)
    };
    let link = format!("/support/requests/{}", request.number);
    Notice::new(to, event, subject, link, About::new("support-request", request.id.0))
}

async fn send(cx: &mut Cx<'_>, notices: Vec<(Option<PersonId>, Notice)>) -> Result<()> {
    let me = cx.actor().person;
    let mut told = Vec::new();
    let mut others = Vec::new();
    for (to, notice) in notices {
        if to.is_none() || (to != me && !told.contains(&to)) {
            others.push(notice);
        }
        told.push(to);
    }
    notify::send_all(cx, others).await?;
    Ok(())
}
