//! From step to step until somebody is on it. The worker calls [`advance`] at the instant a step is due, and whenever a
//! notice arrived or failed; asked too early or twice it changes nothing, so a worker that dies does no harm.

use jiff::{SignedDuration, Timestamp};
use sqlx::types::Json;

use super::{
    Next, Plan, Progress, Reached, State,
    open::{self, STEP, link, name_of, step_job},
    record::{Detail, EventKind, NewEvent},
    store::{self, page::Locked},
    who::{self, Reach},
};
use crate::{
    Cx, NoticeId, PageId, PersonId, Result,
    notify::{self, About, Notice, Recipient, Told},
    people,
    rota::Contact,
    work,
};

/// The event of a notice that tells a step.
pub(super) const TOLD: &str = "page.told";
/// The event of a notice that asks one person.
pub(super) const ASKED: &str = "page.asked";
/// The event of a notice to leads, that a page reaches nobody.
const UNMANNED: &str = "page.unmanned";

/// Takes an open page as far as it can go now. For the worker.
pub async fn advance(cx: &mut Cx<'_>, id: PageId) -> Result<()> {
    cx.admin()?;
    cx.atomically(async |cx| match store::page::lock(cx, id).await? {
        Some(page) if page.state == State::Open => step_on(cx, page).await,
        _ => Ok(()),
    })
    .await
}

async fn step_on(cx: &mut Cx<'_>, mut page: Locked) -> Result<()> {
    let told = notify::state_of(cx, &about(page.id)).await?;
    if let Some(until) = held(&page, &told, cx.now()) {
        return wait(cx, page.id, until).await;
    }
    let Json(plan) = page.plan.clone();
    let mut progress = progress(&page, &told);
    if page.exhausted_at.is_some() {
        match page.next_at.map(jiff_sqlx::Timestamp::to_jiff) {
            None => return Ok(()),
            // somebody has it by now: what comes is theirs
            Some(_) if heard(&told) => return store::page::next_at(cx, page.id, None).await,
            Some(at) if cx.now() < at => return wait(cx, page.id, at).await,
            Some(_) => {
                let why = "Once more from the first step: nobody could be reached";
                let reached = tell(cx, &mut page, &plan, (plan.repeats, 0), Some(why.into())).await?;
                progress = Some(Progress { round: plan.repeats, step: 0, told_at: cx.now(), reached });
            }
        }
    }
    // every round of every step at most, and then it is exhausted
    loop {
        match plan.next(progress.as_ref(), cx.now()) {
            Next::Tell { round, step } => {
                let why = progress.as_ref().map(|before| escalated(before, round, step));
                let reached = tell(cx, &mut page, &plan, (round, step), why).await?;
                progress = Some(Progress { round, step, told_at: cx.now(), reached });
            }
            Next::Wait(until) => return wait(cx, page.id, until).await,
            Next::Exhausted => return exhausted(cx, &page, &told).await,
        }
    }
}

/// Until when no step is told: it waits for the working day, or for the one who was asked. Who cannot be reached is not
/// waited for.
fn held(page: &Locked, told: &[Told], now: Timestamp) -> Option<Timestamp> {
    let until = page.held_until.map(jiff_sqlx::Timestamp::to_jiff).filter(|until| *until > now)?;
    let asked = told
        .iter()
        .rev()
        .find(|t| t.event == ASKED && t.person_id == page.assignee && page.assignee.is_some());
    let failed = asked.is_some_and(|t| t.state == notify::State::Failed);
    let of_the_one_asked = until <= now + ANSWER;
    (!(failed && of_the_one_asked)).then_some(until)
}

fn progress(page: &Locked, told: &[Told]) -> Option<Progress> {
    let (round, step) = (u32::try_from(page.round?).ok()?, u32::try_from(page.step?).ok()?);
    let told_at = page.told_at?.to_jiff();
    let reached = if page.told_nobody { Reached::Nobody } else { reached(told, told_at) };
    Some(Progress { round, step, told_at, reached })
}

/// What came of the notices of the step told at this instant.
fn reached(told: &[Told], told_at: Timestamp) -> Reached {
    let of_step: Vec<_> = told.iter().filter(|t| t.event == TOLD && t.created_at >= told_at).collect();
    if of_step.iter().any(|t| t.state == notify::State::Delivered) {
        Reached::Somebody
    } else if !of_step.is_empty() && of_step.iter().all(|t| t.state == notify::State::Failed) {
        Reached::Nobody
    } else {
        Reached::Waiting
    }
}

async fn wait(cx: &mut Cx<'_>, page: PageId, until: Timestamp) -> Result<()> {
    store::page::next_at(cx, page, Some(until)).await?;
    work::enqueue(cx, step_job(page).at(until)).await
}

/// Tells a step, and says what came of it so far; `why` it came to this one, but for the first.
async fn tell(
    cx: &mut Cx<'_>,
    page: &mut Locked,
    plan: &Plan,
    (round, step): (u32, u32),
    why: Option<String>,
) -> Result<Reached> {
    let reach = match plan.step(step) {
        Some(step) => who::reach(cx, &step.target).await?,
        None => Reach::default(),
    };
    let mut events = Vec::new();
    events.extend(why.map(|why| NewEvent::new(EventKind::Escalated, why)));
    if let Some(trouble) = &reach.trouble {
        events.push(NewEvent::new(EventKind::Unmanned, trouble.clone()));
    }
    for person in &reach.people {
        events.push(told_event(cx, page, person, &reach.reason, TOLD).await?);
    }
    let events: Vec<_> = events.into_iter().map(|e| (page.id, e)).collect();
    open::happened(cx, &events).await?;
    let nobody = reach.people.is_empty();
    let (round, step) = (i32::try_from(round).unwrap_or(i32::MAX), i32::try_from(step).unwrap_or(i32::MAX));
    store::page::stepped(cx, page.id, round, step, nobody).await?;
    if let Some(trouble) = &reach.trouble
        && !page.unmanned
    {
        page.unmanned = true;
        store::page::unmanned(cx, page.id).await?;
        tell_leads(cx, page, trouble, &reach.people).await?;
    }
    Ok(if nobody { Reached::Nobody } else { Reached::Waiting })
}

fn escalated(before: &Progress, round: u32, step: u32) -> String {
    let why = if before.reached == Reached::Nobody { "it reached nobody" } else { "nobody answered" };
    if round > before.round {
        format!("From the first step again: {why}")
    } else {
        format!("On to step {}: {why}", step + 1)
    }
}

/// Tells a person of a page; the event of it.
pub(super) async fn told_event(
    cx: &mut Cx<'_>,
    page: &Locked,
    person: &Contact,
    reason: &str,
    event: &'static str,
) -> Result<NewEvent> {
    let notices = send(cx, page, person.id, reason, event).await?;
    let detail = Detail { notices, ..Detail::default() };
    Ok(NewEvent { detail, ..NewEvent::new(EventKind::Told, reason).to(person.id) })
}

async fn send(
    cx: &mut Cx<'_>,
    page: &Locked,
    person: PersonId,
    reason: &str,
    event: &'static str,
) -> Result<Vec<NoticeId>> {
    let notice =
        Notice::new(Recipient::Person(person), event, headline(page), link(page.number), about(page.id));
    let notice = Notice { text: body(page), reason: reason.to_owned(), settled: Some(STEP), ..notice };
    notify::send(cx, notice).await
}

/// Whether anybody was reached by a step.
fn heard(told: &[Told]) -> bool {
    told.iter().any(|t| t.event == TOLD && t.state == notify::State::Delivered)
}

/// The end of the plan, and nobody is on it. If nobody could be reached at all, it is tried again: the cause (a mail server
/// that is down, a rota with a hole) may be mended meanwhile.
async fn exhausted(cx: &mut Cx<'_>, page: &Locked, told: &[Told]) -> Result<()> {
    let (text, again) = if heard(told) {
        ("Everybody was told as often as the policy says, and nobody is on it".to_owned(), None)
    } else {
        let error = told.iter().rev().filter(|t| t.event == TOLD).find_map(|t| t.error.as_deref());
        let why = error.unwrap_or("there is nobody whom the steps name, or nothing got there yet");
        let began = store::event::steps_began(cx, page.id).await?.unwrap_or(cx.now());
        (format!("Nobody could be reached: {why}"), again(began, cx.now()))
    };
    store::page::exhausted(cx, page.id, again).await?;
    open::happened(cx, &[(page.id, NewEvent::new(EventKind::Exhausted, text.clone()))]).await?;
    tell_leads(cx, page, &text, &[]).await?;
    match again {
        Some(at) => work::enqueue(cx, step_job(page.id).at(at)).await,
        None => Ok(()),
    }
}

/// When everybody is told once more about a page that reached nobody: the waits double, from 5 minutes to two hours, for a
/// day since the steps began.
fn again(began: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let lasts = now.duration_since(began);
    (lasts < DAY).then(|| now + lasts.clamp(SHORTEST, LONGEST))
}

/// Says it loudly: to the leads of the team and of the teams above, but for those who are told anyway.
async fn tell_leads(cx: &mut Cx<'_>, page: &Locked, trouble: &str, but: &[Contact]) -> Result<()> {
    let leads = people::leads_to_ask(cx, page.team).await?;
    let notices = leads.iter().filter(|lead| but.iter().all(|p| p.id != lead.id)).map(|lead| {
        let subject = format!("{trouble}: {}", headline(page));
        let notice =
            Notice::new(Recipient::Person(lead.id), UNMANNED, subject, link(page.number), about(page.id));
        Notice { text: body(page), reason: "You lead the team, or a team above it.".into(), ..notice }
    });
    notify::send_all(cx, notices.collect()).await?;
    Ok(())
}

pub(super) fn about(page: PageId) -> About {
    About::new("page", page.0)
}

fn headline(page: &Locked) -> String {
    match &page.entity_ref {
        Some(reference) => format!("Page {}: {}: {}", page.number, name_of(reference), page.summary),
        None => format!("Page {}: {}", page.number, page.summary),
    }
}

fn body(page: &Locked) -> String {
    let lines = [
        Some(page.impact.clone()).filter(|i| !i.is_empty()),
        Some(format!("Severity: {}", page.severity.as_str())),
        page.runbook.as_ref().map(|at| format!("Runbook: {at}")),
        page.link.as_ref().map(|at| format!("Look at: {at}")),
    ];
    lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// Between two attempts to reach anybody at all, at least and at most, and how long they go on.
const SHORTEST: SignedDuration = SignedDuration::from_mins(5);
const LONGEST: SignedDuration = SignedDuration::from_hours(2);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How long the one who was asked has to answer before the steps begin anew.
pub(super) const ANSWER: SignedDuration = SignedDuration::from_mins(5);
