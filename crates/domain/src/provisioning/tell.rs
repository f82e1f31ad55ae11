//! Who is told what: whoever asked how it went, whoever has to decide that they have to, the teams' webhooks what happens.
//! Nobody is told what they did themselves.

use super::{ApprovalOf, Effect, Request, Resource, Waiver, WaiverState};
use crate::{
    Cx, Limit, PersonId, Result, TeamId,
    live::{self, News},
    notify::{self, About, Notice, Recipient},
    people,
};

/// Most people that are asked for a waiver.
const DECIDERS: i64 = 50;

/// Open pages of the team and of whoever asked look again.
pub(super) async fn pages(cx: &mut Cx<'_>, request: &Request) -> Result<()> {
    let mut news = vec![News::Team(request.team.id)];
    news.extend(request.requested_by.as_ref().map(|p| News::Person(p.id)));
    live::tell(cx, &news).await
}

pub(super) async fn asked(cx: &mut Cx<'_>, request: &Request) -> Result<()> {
    let subject = match request.effect {
        Some(Effect::Remove) => format!("Removal asked for: {}", request.thing()),
        _ => format!("Asked for: {}", request.title()),
    };
    let reason = match &request.requested_by {
        Some(person) => format!("{} asked for it, for {}.", person.name, request.team.name),
        None => format!("Its time is over; {} owns it.", request.team.name),
    };
    let to = Recipient::Team(request.offering_team.id);
    notify::send(cx, Notice { reason, ..notice(request, to, "provisioning.asked", subject) }).await?;
    pages(cx, request).await
}

fn who(request: &Request) -> &str {
    request.requested_by.as_ref().map_or("Portolan", |p| p.name.as_str())
}

/// What it costs, for whoever has to agree; empty if that is not told.
fn price(request: &Request) -> String {
    let currency = request.currency.as_deref().unwrap_or_default();
    request.cost.map(|cost| format!("It costs {cost:.2} {currency} a month.")).unwrap_or_default()
}

/// Why, in the words of whoever asked; empty if they said nothing.
fn reason(request: &Request) -> String {
    if request.reason.is_empty() {
        String::new()
    } else {
        format!("{}: “{}”", who(request), request.reason)
    }
}

pub(super) async fn word_needed(
    cx: &mut Cx<'_>,
    request: &Request,
    people: &[PersonId],
    because: &str,
) -> Result<()> {
    let subject = format!("Your word is needed: {} for {}", request.title(), request.team.name);
    let text = [because.to_owned(), price(request), reason(request)];
    let text = text.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
    to_people(cx, request, people, "provisioning.approval-needed", &subject, &text).await
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
    let subject = format!("Refused: {}", request.title());
    to_asker(cx, request, "provisioning.refused", subject, why(request)).await
}

pub(super) async fn succeeded(cx: &mut Cx<'_>, request: &Request) -> Result<()> {
    let (thing, team) = (request.thing(), &request.team.name);
    let (subject, text) = match request.effect {
        None => (format!("Ready: {}", request.title()), String::new()),
        Some(Effect::Remove) => {
            (format!("Removed: {thing}"), "It is gone, and cannot be had back from here.".to_owned())
        }
        Some(Effect::Eject) => {
            (format!("Taken over: {thing}"), format!("From now on {team} alone operates it."))
        }
        Some(Effect::Change | Effect::Upgrade) => (format!("Done: {}", request.title()), String::new()),
    };
    to_asker(cx, request, "provisioning.succeeded", subject, text).await
}

/// Whoever asked, and the offering's team and its lead: what failed is theirs to see as well.
pub(super) async fn failed(
    cx: &mut Cx<'_>,
    request: &Request,
    event: &'static str,
    words: &str,
) -> Result<()> {
    let subject = format!("{words}: {}", request.title());
    let reason = format!("{} is your product.", request.offering_title);
    let told = Notice {
        text: why(request),
        reason,
        ..notice(request, Recipient::Team(request.offering_team.id), event, subject.clone())
    };
    notify::send(cx, told.clone()).await?;
    let asker = request.requested_by.as_ref().map(|person| person.id);
    let lead = people::leads_to_ask(cx, request.offering_team.id).await?.first().map(|lead| lead.id);
    if let Some(lead) = lead.filter(|lead| asker != Some(*lead) && cx.actor().person != Some(*lead)) {
        let reason = format!("You answer for {}, whose product it is.", request.offering_team.name);
        notify::send(cx, Notice { to: Recipient::Person(lead), reason, ..told }).await?;
    }
    to_asker(cx, request, event, subject, why(request)).await
}

/// What was wrong, and what to do about it.
fn why(request: &Request) -> String {
    request.failure.as_ref().map(|f| format!("{}\n{}", f.why, f.next)).unwrap_or_default()
}

/// Whoever asked; of what Portolan asked for by itself, those who keep what it was done to.
async fn to_asker(
    cx: &mut Cx<'_>,
    request: &Request,
    event: &'static str,
    subject: String,
    text: String,
) -> Result<()> {
    let told = |to: Recipient, reason: String| Notice {
        text: text.clone(),
        reason,
        ..notice(request, to, event, subject.clone())
    };
    let notices = match (&request.requested_by, &request.resource) {
        (Some(person), _) if cx.actor().person == Some(person.id) => Vec::new(),
        (Some(person), _) => vec![told(Recipient::Person(person.id), "You asked for it.".into())],
        (None, Some(on)) => {
            let on = super::resource::known(cx, on.id).await?;
            let reason = format!("Its time was over, and {} owns it.", request.team.name);
            let me = cx.actor().person;
            let is_other = |to: &Recipient| !matches!(to, Recipient::Person(one) if Some(*one) == me);
            let to = keepers(cx, &on).await?.into_iter().filter(is_other);
            to.map(|to| told(to, reason.clone())).collect()
        }
        (None, None) => vec![told(Recipient::Team(request.team.id), "Its time was over.".into())],
    };
    notify::send_all(cx, notices).await?;
    Ok(())
}

fn notice(request: &Request, to: Recipient, event: &'static str, subject: String) -> Notice {
    Notice::new(to, event, subject, request.link(), About::new("provisioning-request", request.id.0))
}

/// Those who keep something: its team's webhooks and mailbox, whoever asked for it, and the lead.
async fn keepers(cx: &mut Cx<'_>, resource: &Resource) -> Result<Vec<Recipient>> {
    let mut to = vec![Recipient::Team(resource.team.id)];
    let team = people::team_by_id(cx, resource.team.id).await?;
    to.extend(team.email.map(Recipient::Email));
    to.extend(resource.requested_by.as_ref().filter(|p| p.active).map(|p| Recipient::Person(p.id)));
    to.extend(people::leads_to_ask(cx, resource.team.id).await?.first().map(|p| Recipient::Person(p.id)));
    to.dedup();
    Ok(to)
}

/// The team that owns something hears of its end: its lead and its webhooks.
pub(super) async fn ends_soon(cx: &mut Cx<'_>, resource: &Resource, words: &str) -> Result<()> {
    let to = keepers(cx, resource).await?;
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

/// The offering's team is asked for a waiver, each who may decide; whoever asked hears the answer.
pub(super) async fn waiver(cx: &mut Cx<'_>, waiver: &Waiver, team: TeamId, words: &str) -> Result<()> {
    let subject =
        format!("{words}: {} of {} for {}", waiver.guardrail, waiver.offering_title, waiver.team.name);
    let asker = waiver.asked_by.id;
    let (people, reason, text) = if waiver.state == WaiverState::Asked {
        let members = people::members(cx, team, None, Limit::new(DECIDERS)?).await?.items;
        let mut people: Vec<_> = members.into_iter().map(|m| m.person).filter(|p| p.active).collect();
        people.extend(people::leads_to_ask(cx, team).await?.into_iter().take(1));
        let mut people: Vec<_> = people.into_iter().map(|p| p.id).filter(|p| *p != asker).collect();
        people.sort();
        people.dedup();
        let reason = format!("{} asks for it, and it is yours to decide.", waiver.asked_by.name);
        (people, reason, waiver.reason.clone())
    } else {
        let text = if waiver.note.is_empty() { &waiver.reason } else { &waiver.note };
        (vec![asker], "You asked for it.".to_owned(), text.clone())
    };
    let webhooks = (Recipient::Team(team), format!("It is about {}.", waiver.offering_title));
    let each = people.iter().map(|person| (Recipient::Person(*person), reason.clone()));
    let about = About::new("guardrail-waiver", waiver.id.0);
    let notices = each.chain([webhooks]).map(|(to, reason)| Notice {
        text: text.clone(),
        reason,
        ..Notice::new(to, "waiver.moved", subject.clone(), waiver.link(), about.clone())
    });
    notify::send_all(cx, notices.collect()).await?;
    live::tell(cx, &people.into_iter().map(News::Person).collect::<Vec<_>>()).await
}
