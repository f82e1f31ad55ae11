//! What people do with a request. The team answers, gives, puts back and closes; whoever asked adds, closes and reopens.

use super::{Category, Event, EventKind, Move, Request, after, clock, due, new::said, store, tell};
use std::collections::{BTreeMap, btree_map::Entry};

use crate::{
    Cx, Error, PersonId, Result, TeamId,
    activity::{self, Act, Changed},
    levels::Hours,
    people::{self, PersonName},
};

/// Events of one request that are kept at most: a thread that long is a project.
const MOST_EVENTS: i64 = 1_000;

impl std::str::FromStr for Then {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        match s {
            "go-on" => Ok(Self::GoOn),
            "wait" => Ok(Self::WaitForRequester),
            "close" => Ok(Self::Close),
            _ => Err(Error::invalid("then", "must be go-on, wait or close")),
        }
    }
}

/// What an answer waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// The team goes on: its next word is owed.
    GoOn,
    /// The next word is the requester's.
    WaitForRequester,
    /// It is done.
    Close,
}

/// A request with its thread, oldest first.
#[derive(Debug, Clone)]
pub struct Thread {
    /// The request.
    pub request: Request,
    /// What happened to it.
    pub events: Vec<Event>,
    /// Whether the actor may answer, give and close it.
    pub may_answer: bool,
    /// Whether the actor asked it.
    pub is_mine: bool,
}

/// A request and all that happened to it. Everybody signed in may read it.
pub async fn thread(cx: &mut Cx<'_>, number: i64) -> Result<Thread> {
    let me = cx.reader()?;
    let request = store::get(cx, number).await?.ok_or_else(|| not_found(number))?;
    let events = store::events(cx, request.id, MOST_EVENTS).await?;
    let may_answer = people::team_rights(cx, request.team_id).await?.edit;
    Ok(Thread { is_mine: request.asked_by.id == me, request, events, may_answer })
}

fn not_found(number: i64) -> Error {
    Error::not_found("support request", number.to_string())
}

/// Answers for the team. An empty text is fine where the word was said elsewhere: then only the state changes.
pub async fn answer(cx: &mut Cx<'_>, number: i64, text: &str, then: Then) -> Result<Request> {
    let what = match then {
        Then::GoOn => Move::Answer,
        Then::WaitForRequester if text.trim().is_empty() => Move::Pause,
        Then::WaitForRequester => Move::AskBack,
        Then::Close => Move::Close,
    };
    let text = said(text, then == Then::GoOn)?;
    let me = cx.writer()?;
    // who answers what is nobody's has it from now on
    let takes = if then == Then::Close { None } else { Some(people::person_by_id(cx, me).await?.into()) };
    step(cx, number, Side::Team, Step { takes, ..Step::new(what, text) }).await
}

/// Says something in a thread: an answer of the team, or a word of whoever asked if it is them and they do not say what
/// the answer waits for.
pub async fn speak(cx: &mut Cx<'_>, number: i64, text: &str, then: Option<Then>) -> Result<Request> {
    let me = cx.writer()?;
    let request = store::get(cx, number).await?.ok_or_else(|| not_found(number))?;
    match then {
        None if request.asked_by.id == me => say(cx, number, text).await,
        then => answer(cx, number, text, then.unwrap_or(Then::WaitForRequester)).await,
    }
}

/// Adds to a request of one's own.
pub async fn say(cx: &mut Cx<'_>, number: i64, text: &str) -> Result<Request> {
    let text = said(text, true)?;
    step(cx, number, Side::Requester, Step::new(Move::Say, text)).await
}

/// Gives it to somebody active, or puts it back for whoever comes next.
pub async fn assign(cx: &mut Cx<'_>, number: i64, person: Option<&str>) -> Result<Request> {
    cx.writer()?;
    let to = match person.map(str::trim).filter(|p| !p.is_empty()) {
        Some(word) => {
            let person = people::person(cx, word).await.map_err(|error| match error {
                Error::NotFound { .. } => Error::invalid(
                    "person",
                    format!("must be the handle of somebody here; nobody is called {word:?}"),
                ),
                other => other,
            })?;
            if !person.active {
                return Err(Error::invalid(
                    "person",
                    format!("must be somebody who is here; {} left", person.name),
                ));
            }
            Some(PersonName::from(person))
        }
        None => None,
    };
    let what = if to.is_some() { Move::Give } else { Move::PutBack };
    step(cx, number, Side::Team, Step { to: Some(to), ..Step::new(what, String::new()) }).await
}

/// Closes it: the team, or whoever asked.
pub async fn close(cx: &mut Cx<'_>, number: i64, text: &str) -> Result<Request> {
    let text = said(text, false)?;
    step(cx, number, Side::Either, Step::new(Move::Close, text)).await
}

/// Opens it again, with what is still missing.
pub async fn reopen(cx: &mut Cx<'_>, number: i64, text: &str) -> Result<Request> {
    let text = said(text, true)?;
    step(cx, number, Side::Either, Step::new(Move::Reopen, text)).await
}

/// Says what kind of help it really is: what was asked is often something else.
pub async fn recategorise(cx: &mut Cx<'_>, number: i64, category: Category) -> Result<Request> {
    cx.atomically(async |cx| {
        let request = locked(cx, number).await?;
        Side::Team.check(cx, &request).await?;
        if request.category == category {
            return Ok(request);
        }
        store::set_category(cx, request.id, category).await?;
        let (from, to) = (request.category, category);
        let words = format!("{} → {}", from.label(), to.label());
        store::add_event(cx, request.id, EventKind::Moved, None, &words).await?;
        let changes = vec![Changed::new("category", from.as_str(), to.as_str())];
        activity::record(cx, Act { changes, ..Act::new("support.categorised", request.subject()) }).await?;
        locked(cx, number).await
    })
    .await
}

/// Reckons anew by when open requests owe a word: support hours may have changed since. The worker calls it.
pub async fn renew_targets(cx: &mut Cx<'_>) -> Result<u64> {
    const BATCH: i64 = 500;
    cx.admin()?;
    let (mut renewed, mut after) = (0, 0);
    let mut hours_of: BTreeMap<TeamId, Hours> = BTreeMap::new();
    loop {
        let open = store::owing(cx, after, BATCH).await?;
        let Some(last) = open.last() else { return Ok(renewed) };
        after = last.number;
        for one in open {
            let hours = match hours_of.entry(one.team) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(Hours::of_team(cx, one.team).await?),
            };
            let due_at = due(clock(&one.events).as_ref(), one.promise, hours);
            if due_at != one.due_at {
                renewed += store::set_due(cx, one.id, due_at, one.updated_at).await?;
            }
        }
    }
}

/// Who may take a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Team,
    Requester,
    Either,
}

impl Side {
    async fn check(self, cx: &mut Cx<'_>, request: &Request) -> Result<()> {
        let me = cx.writer()?;
        let asked = request.asked_by.id == me;
        match self {
            Self::Requester | Self::Either if asked => Ok(()),
            Self::Requester => Err(Error::Forbidden(format!(
                "only {}, who asked, adds to {}; answer it if you are of the team, or ask a question of your own",
                request.asked_by.name,
                request.called()
            ))),
            Self::Team | Self::Either => {
                people::require_team(cx, Some(request.team_id), &request.called()).await
            }
        }
    }
}

/// What a step changes.
struct Step {
    what: Move,
    text: String,
    /// To whom it goes: stays, to nobody, to somebody.
    to: Option<Option<PersonName>>,
    /// Who has it from now on if nobody has.
    takes: Option<PersonName>,
}

impl Step {
    fn new(what: Move, text: String) -> Self {
        Self { what, text, to: None, takes: None }
    }

    fn kind(&self) -> EventKind {
        match self.what {
            Move::Give | Move::PutBack => EventKind::Assigned,
            Move::Answer => EventKind::Answered,
            Move::AskBack => EventKind::AskedBack,
            Move::Pause => EventKind::Paused,
            Move::Say => EventKind::Said,
            Move::Close => EventKind::Closed,
            Move::Reopen => EventKind::Reopened,
        }
    }

    fn verb(&self) -> &'static str {
        match self.what {
            Move::Give => "support.given",
            Move::PutBack => "support.put-back",
            Move::Answer | Move::AskBack => "support.answered",
            Move::Pause => "support.paused",
            Move::Say => "support.added-to",
            Move::Close => "support.closed",
            Move::Reopen => "support.reopened",
        }
    }
}

async fn locked(cx: &mut Cx<'_>, number: i64) -> Result<Request> {
    store::lock(cx, number).await?;
    store::get(cx, number).await?.ok_or_else(|| not_found(number))
}

async fn step(cx: &mut Cx<'_>, number: i64, side: Side, step: Step) -> Result<Request> {
    cx.writer()?;
    cx.atomically(async |cx| {
        let before = locked(cx, number).await?;
        side.check(cx, &before).await?;
        let had = before.assignee.clone();
        let to = step.to.clone().unwrap_or_else(|| had.clone().or_else(|| step.takes.clone()));
        let state = after(before.state, step.what, to.is_some())?;
        let given = to.as_ref().map(|p| p.id).filter(|id| Some(*id) != had.as_ref().map(|p| p.id));
        store::add_event(cx, before.id, step.kind(), given, &step.text).await?;
        let events = store::kinds(cx, before.id).await?;
        let hours = Hours::of_team(cx, before.team_id).await?;
        let due_at = due(clock(&events).as_ref(), before.promise, &hours);
        let change = store::Stepped {
            state,
            assignee: to.as_ref().map(|p| p.id),
            due_at,
            answered: answers(&step, side, &before, cx.actor().person),
            in_time: !before.is_overdue(cx.now()),
        };
        store::write_step(cx, before.id, &change).await?;
        let changes = vec![Changed::new("state", before.state.as_str(), state.as_str())];
        activity::record(cx, Act { changes, ..Act::new(step.verb(), before.subject()) }).await?;
        let now = store::get(cx, number).await?.ok_or_else(|| not_found(number))?;
        tell::of_step(cx, &before, &now, step.kind(), &step.text).await?;
        Ok(now)
    })
    .await
}

/// Whether the team says something by a step: closing without a word before is its first answer as well.
fn answers(step: &Step, side: Side, request: &Request, actor: Option<PersonId>) -> bool {
    let by_team = match side {
        Side::Team => true,
        Side::Requester => false,
        Side::Either => actor != Some(request.asked_by.id),
    };
    by_team && matches!(step.what, Move::Answer | Move::AskBack | Move::Close)
}
