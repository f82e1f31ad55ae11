//! What people do with a page. Each act is asked of the pure transition under the lock of the page's row: of two at once
//! one is first, and the other is told who it was.

use super::{
    Judgement, Move, State,
    escalate::{self, ANSWER, ASKED},
    open::{self, step_job},
    read,
    record::{Detail, EventKind, NewEvent, Paged},
    store::{self, page::Locked},
    who,
};
use crate::{
    Cx, Error, PageId, PersonId, Result,
    catalog::{self, EntityRef},
    check::Checks,
    people, rota, work,
};

/// People who can be brought in on one page: a hand that slips must not wake the company.
const MOST_RESPONDERS: i64 = 30;

/// Says that the actor is on it: the next step is not told. Members of the team, whoever was told, and admins may.
pub async fn acknowledge(cx: &mut Cx<'_>, id: PageId) -> Result<Paged> {
    may_act(cx, id).await?;
    let me = cx.actor().person;
    cx.atomically(async |cx| {
        let page = lock(cx, id).await?;
        let Some(state) = page.state.after(Move::Acknowledge) else {
            if page.state == State::Acknowledged && page.assignee == me {
                return Ok(()); // pressed twice
            }
            return Err(taken(cx, &page).await?);
        };
        store::page::acknowledge(cx, id, me).await?;
        open::happened(cx, &[(id, NewEvent::by(EventKind::Acknowledged, me, ""))]).await?;
        open::record(cx, "page.acknowledged", page.number, page.entity_id, Some(page.state), state, "").await
    })
    .await?;
    read::paged(cx, id).await
}

/// Says that it is over. What still fires and is told again opens a new page.
pub async fn resolve(cx: &mut Cx<'_>, id: PageId, note: &str, judgement: Option<Judgement>) -> Result<Paged> {
    may_act(cx, id).await?;
    let note = text("note", note)?;
    let me = cx.actor().person;
    cx.atomically(async |cx| {
        store::alert::lock_of_page(cx, id).await?;
        let page = lock(cx, id).await?;
        let Some(state) = page.state.after(Move::Resolve) else {
            return Err(taken(cx, &page).await?);
        };
        store::page::resolve(cx, &[id], me).await?;
        store::alert::resolve_of_page(cx, id).await?;
        open::happened(cx, &[(id, NewEvent::by(EventKind::Resolved, me, note.clone()))]).await?;
        open::record(cx, "page.resolved", page.number, page.entity_id, Some(page.state), state, &note)
            .await?;
        match judgement {
            Some(judgement) => write_judgement(cx, &page, judgement, "").await,
            None => Ok(()),
        }
    })
    .await?;
    read::paged(cx, id).await
}

/// Says what a page that is over turned out to be. It may be said anew; what was said before stays in its history.
pub async fn judge(cx: &mut Cx<'_>, id: PageId, judgement: Judgement, note: &str) -> Result<Paged> {
    may_act(cx, id).await?;
    let note = text("note", note)?;
    cx.atomically(async |cx| {
        let page = lock(cx, id).await?;
        if page.state != State::Resolved {
            return Err(Error::Conflict(format!("page {} is not over yet; resolve it first", page.number)));
        }
        if page.judgement == Some(judgement) {
            return Ok(()); // pressed twice
        }
        write_judgement(cx, &page, judgement, &note).await
    })
    .await?;
    read::paged(cx, id).await
}

async fn write_judgement(cx: &mut Cx<'_>, page: &Locked, judgement: Judgement, note: &str) -> Result<()> {
    let me = cx.actor().person;
    store::page::judge(cx, page.id, judgement, me).await?;
    let detail = Detail { judgement: Some(judgement), ..Detail::default() };
    let event = NewEvent { detail, ..NewEvent::by(EventKind::Judged, me, note) };
    open::happened(cx, &[(page.id, event)]).await?;
    open::record(cx, "page.judged", page.number, page.entity_id, None, State::Resolved, judgement.title())
        .await
}

/// Asks somebody else to be on it. They are told at once; if they do not answer in five minutes, or cannot be reached,
/// the steps begin anew.
pub async fn reassign(cx: &mut Cx<'_>, id: PageId, handle: &str, note: &str) -> Result<Paged> {
    may_act(cx, id).await?;
    let note = text("note", note)?;
    let person = active(cx, handle).await?;
    let me = cx.actor().person;
    cx.atomically(async |cx| {
        let page = lock(cx, id).await?;
        let Some(state) = page.state.after(Move::Reassign) else {
            return Err(taken(cx, &page).await?);
        };
        // what was to wait for the working day still does, if the one who is asked does not take it
        let held = page.held_until.map(jiff_sqlx::Timestamp::to_jiff);
        let until = held.unwrap_or(cx.now()).max(cx.now() + ANSWER);
        store::page::reassign(cx, id, person.id, until).await?;
        let reason = format!("{} asks you to take it over.", cx.actor().name);
        let told = escalate::told_event(cx, &page, &person, &reason, ASKED).await?;
        let event = NewEvent::by(EventKind::Reassigned, me, note.clone()).to(person.id);
        open::happened(cx, &[(id, event), (id, told)]).await?;
        work::enqueue(cx, step_job(id).at(until)).await?;
        open::record(
            cx,
            "page.reassigned",
            page.number,
            page.entity_id,
            Some(page.state),
            state,
            &person.name,
        )
        .await
    })
    .await?;
    read::paged(cx, id).await
}

/// Notes something on a page. Everyone signed in may: whoever knows something says it where it is looked for.
pub async fn note(cx: &mut Cx<'_>, id: PageId, words: &str) -> Result<()> {
    let me = cx.writer()?;
    let words = text("text", words)?;
    if words.is_empty() {
        return Err(Error::invalid("text", "is needed: what is to be noted"));
    }
    cx.atomically(async |cx| {
        let page = lock(cx, id).await?;
        open::happened(cx, &[(id, NewEvent::by(EventKind::Note, Some(me), words.clone()))]).await?;
        open::record(cx, "page.noted", page.number, page.entity_id, None, page.state, &words).await
    })
    .await
}

/// Who is to be brought in.
#[derive(Debug, Clone)]
pub enum Responder {
    /// This person, by handle.
    Person(String),
    /// Whoever is on call for a team, by slug.
    Team(String),
    /// Whoever is on call for what this is: a dependency.
    Entity(EntityRef),
}

/// Brings somebody in on a page that is not over: they are told, and may do with it what its team may. Members of the
/// team, whoever was told, and admins may.
pub async fn add_responder(cx: &mut Cx<'_>, id: PageId, responder: &Responder) -> Result<Paged> {
    may_act(cx, id).await?;
    let (people, whose) = responders(cx, responder).await?;
    let me = cx.actor().person;
    cx.atomically(async |cx| {
        let page = lock(cx, id).await?;
        if !page.state.is_live() {
            return Err(taken(cx, &page).await?);
        }
        if store::event::responders(cx, id).await? >= MOST_RESPONDERS {
            let message = format!(
                "{MOST_RESPONDERS} people were brought in on page {} already; call whoever else is needed",
                page.number
            );
            return Err(Error::Conflict(message));
        }
        let reason = format!("{} asks for your help.", cx.actor().name);
        let mut events = Vec::new();
        for person in &people {
            events.push((id, NewEvent::by(EventKind::Responder, me, whose.clone()).to(person.id)));
            events.push((id, escalate::told_event(cx, &page, person, &reason, "page.joined").await?));
        }
        open::happened(cx, &events).await?;
        open::record(cx, "page.responder-added", page.number, page.entity_id, None, page.state, &whose).await
    })
    .await?;
    read::paged(cx, id).await
}

async fn responders(cx: &mut Cx<'_>, responder: &Responder) -> Result<(Vec<rota::Contact>, String)> {
    let team = match responder {
        Responder::Person(handle) => {
            let person = active(cx, handle).await?;
            return Ok((vec![person.clone()], format!("{} was asked for", person.name)));
        }
        Responder::Team(slug) => {
            people::team(cx, slug).await.map_err(|e| super::policy::unknown("team", e))?.id
        }
        Responder::Entity(reference) => {
            let entity =
                catalog::get(cx, reference).await.map_err(|e| super::policy::unknown("entity", e))?;
            entity.answers().map(|team| team.id).ok_or_else(|| {
                Error::Conflict(format!("{} is owned by no team, so nobody is on call for it", entity.name))
            })?
        }
    };
    let name = people::team_by_id(cx, team).await?.name;
    let reach = who::reach(cx, &super::Target::Team(team)).await?;
    if reach.people.is_empty() {
        return Err(Error::Conflict(format!(
            "nobody is on call for {name}, and nobody leads it; ask a person by name"
        )));
    }
    let whose = reach.trouble.unwrap_or_else(|| format!("Whoever is on call for {name}"));
    Ok((reach.people, whose))
}

/// An active person by handle, e-mail address or name, with how to reach them.
async fn active(cx: &mut Cx<'_>, handle: &str) -> Result<rota::Contact> {
    let person = people::person(cx, handle.trim()).await.map_err(|e| super::policy::unknown("person", e))?;
    let found = rota::contacts(cx, &[person.id]).await?.into_iter().find(|c| c.active);
    found.ok_or_else(|| Error::invalid("person", format!("{} is no longer active", person.name)))
}

/// Whether the actor may act on a page: members of its team and of those above, whoever was told, and admins.
pub(super) async fn may(cx: &mut Cx<'_>, id: PageId, team: crate::TeamId) -> Result<bool> {
    let Ok(me) = cx.writer() else { return Ok(cx.admin().is_ok()) };
    Ok(people::team_rights(cx, team).await?.edit || store::event::was_told(cx, id, me).await?)
}

async fn may_act(cx: &mut Cx<'_>, id: PageId) -> Result<()> {
    if cx.admin().is_err() {
        cx.writer()?;
    }
    let row = store::page::get(cx, id).await?.ok_or_else(|| Error::not_found("page", id.to_string()))?;
    if may(cx, id, row.team_id).await? {
        return Ok(());
    }
    people::require_team(cx, Some(row.team_id), &format!("page {}", row.number)).await
}

async fn lock(cx: &mut Cx<'_>, id: PageId) -> Result<Locked> {
    store::page::lock(cx, id).await?.ok_or_else(|| Error::not_found("page", id.to_string()))
}

/// Why a move cannot happen any more, by name.
async fn taken(cx: &mut Cx<'_>, page: &Locked) -> Result<Error> {
    let name = async |cx: &mut Cx<'_>, id: Option<PersonId>| -> Result<Option<String>> {
        let names = people::person_names(cx, id.as_slice()).await?;
        Ok(names.into_iter().next().map(|p| p.name))
    };
    let who = name(cx, page.assignee).await?;
    Ok(Error::Conflict(match (page.state, who) {
        (State::Acknowledged, Some(who)) => format!("{who} is on page {} already", page.number),
        (State::Acknowledged, None) => format!("somebody is on page {} already", page.number),
        (State::Resolved, _) => format!("page {} is over already", page.number),
        (State::Suppressed, _) => {
            format!("page {} is kept quiet by a maintenance window; end that first", page.number)
        }
        (State::Open, _) => format!("page {} is open already", page.number),
    }))
}

fn text(field: &str, words: &str) -> Result<String> {
    let mut checks = Checks::default();
    let words = checks.text(field, words, 4000);
    checks.done()?;
    Ok(words)
}
