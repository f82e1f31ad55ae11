//! Who is told what: whoever asked how it went, whoever has to decide that they have to, the teams' webhooks what happens.
//! Nobody is told what they did themselves.

use super::{ApprovalOf, Request, Resource, Waiver};
use crate::{
    Cx, PersonId, Result,
    live::{self, News},
    notify::{self, About, Notice, Recipient},
    people,
};

/// Open pages of the team and of whoever asked look again.
pub(super) async fn pages(cx: &mut Cx<'_>, request: &Request) -> Result<()> {
    let mut news = vec![News::Team(request.team.id)];
    news.extend(request.requested_by.as_ref().map(|p| News::Person(p.id)));
    live::tell(cx, &news).await
}

pub(super) async fn asked(cx: &mut Cx<'_>, request: &Request) -> Result<()> {
    let subject = format!("Asked for: {}", request.title());
    let reason = format!("{} asked for it, for {}.", who(request), request.team.name);
    let to = Recipient::Team(request.offering_team.id);
    notify::send(cx, Notice { reason, ..notice(request, to, "provisioning.asked", subject) }).await?;
    pages(cx, request).await
}

fn who(request: &Request) -> &str {
    request.requested_by.as_ref().map_or("Portolan", |p| p.name.as_str())
}

pub(super) async fn word_needed(
    cx: &mut Cx<'_>,
    request: &Request,
    people: &[PersonId],
    because: &str,
) -> Result<()> {
    let subject = format!("Your word is needed: {} for {}", request.title(), request.team.name);
    to_people(cx, request, people, "provisioning.approval-needed", &subject, because).await
}

pub(super) async fn reminder(
    cx: &mut Cx<'_>,
    request: &Request,
    people: &[PersonId],
    approval: &ApprovalOf,
) -> Result<()> {
    let subject = format!("Half of the time is over: {} for {}", request.title(), request.team.name);
    to_people(cx, request, people, "provisioning.approval-reminder", &subject, &approval.because).await
}

async fn to_people(
    cx: &mut Cx<'_>,
    request: &Request,
    people: &[PersonId],
    event: &'static str,
    subject: &str,
    text: &str,
) -> Result<()> {
    let me = cx.actor().person;
    let mut people = people.to_vec();
    people.sort();
    people.dedup();
    let notices = people.iter().filter(|p| Some(**p) != me).map(|person| Notice {
        text: text.to_owned(),
        reason: format!("{} asked for it, and it is yours to decide.", who(request)),
        ..notice(request, Recipient::Person(*person), event, subject.to_owned())
    });
    notify::send_all(cx, notices.collect()).await?;
    let news: Vec<_> = people.iter().map(|p| News::Person(*p)).collect();
    live::tell(cx, &news).await
}

pub(super) async fn refused(cx: &mut Cx<'_>, request: &Request) -> Result<()> {
    to_asker(cx, request, "provisioning.refused", format!("Refused: {}", request.title())).await
}

pub(super) async fn succeeded(cx: &mut Cx<'_>, request: &Request) -> Result<()> {
    to_asker(cx, request, "provisioning.succeeded", format!("Ready: {}", request.title())).await
}

/// Whoever asked, and the offering's team: what failed is theirs to see as well.
pub(super) async fn failed(
    cx: &mut Cx<'_>,
    request: &Request,
    event: &'static str,
    words: &str,
) -> Result<()> {
    let subject = format!("{words}: {}", request.title());
    let text = request.failure.as_ref().map(|f| format!("{}\n{}", f.why, f.next)).unwrap_or_default();
    let reason = format!("{} is your product.", request.offering_title);
    let told = Notice {
        text,
        reason,
        ..notice(request, Recipient::Team(request.offering_team.id), event, subject.clone())
    };
    notify::send(cx, told).await?;
    to_asker(cx, request, event, subject).await
}

async fn to_asker(cx: &mut Cx<'_>, request: &Request, event: &'static str, subject: String) -> Result<()> {
    let text = request.failure.as_ref().map(|f| format!("{}\n{}", f.why, f.next)).unwrap_or_default();
    let asker = request.requested_by.as_ref().map(|p| p.id).filter(|p| cx.actor().person != Some(*p));
    let to = match asker {
        Some(person) => Recipient::Person(person),
        None if request.requested_by.is_none() => Recipient::Team(request.team.id),
        None => return Ok(()),
    };
    let told = Notice { text, reason: "You asked for it.".into(), ..notice(request, to, event, subject) };
    notify::send(cx, told).await?;
    Ok(())
}

fn notice(request: &Request, to: Recipient, event: &'static str, subject: String) -> Notice {
    Notice::new(to, event, subject, request.link(), About::new("provisioning-request", request.id.0))
}

/// The team that owns something hears of its end: its lead and its webhooks.
pub(super) async fn ends_soon(cx: &mut Cx<'_>, resource: &Resource, words: &str) -> Result<()> {
    let mut to = vec![Recipient::Team(resource.team.id)];
    let team = people::team_by_id(cx, resource.team.id).await?;
    to.extend(team.email.map(Recipient::Email));
    to.extend(resource.requested_by.as_ref().filter(|p| p.active).map(|p| Recipient::Person(p.id)));
    to.extend(people::leads_to_ask(cx, resource.team.id).await?.first().map(|p| Recipient::Person(p.id)));
    to.dedup();
    let about = About::new("provisioned-resource", resource.id.0);
    let notices = to.into_iter().map(|to| Notice {
        reason: format!("{} owns it.", resource.team.name),
        ..Notice::new(
            to,
            "resource.ends-soon",
            format!("{}: {words}", resource.name),
            resource.link(),
            about.clone(),
        )
    });
    notify::send_all(cx, notices.collect()).await?;
    Ok(())
}

/// The offering's team is asked for a waiver; whoever asked hears the answer.
pub(super) async fn waiver(cx: &mut Cx<'_>, waiver: &Waiver, team: crate::TeamId, words: &str) -> Result<()> {
    let about = About::new("guardrail-waiver", waiver.id.0);
    let subject =
        format!("{words}: {} of {} for {}", waiver.guardrail, waiver.offering_title, waiver.team.name);
    let mut to = vec![Recipient::Team(team)];
    if cx.actor().person == Some(waiver.asked_by.id) {
        to.extend(people::leads_to_ask(cx, team).await?.first().map(|p| Recipient::Person(p.id)));
    } else {
        to.push(Recipient::Person(waiver.asked_by.id));
    }
    let notices = to.into_iter().map(|to| Notice {
        text: waiver.reason.clone(),
        reason: format!("It is about {}.", waiver.offering_title),
        ..Notice::new(to, "waiver.moved", subject.clone(), "/provision/waivers", about.clone())
    });
    notify::send_all(cx, notices.collect()).await?;
    Ok(())
}
