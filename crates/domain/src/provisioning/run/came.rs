//! What came of an attempt.

use jiff::SignedDuration;
use serde_json::Value;
use subtle::ConstantTimeEq;

use super::{Came, RunJob, Todo, UNDO_ATTEMPTS, note, step, wake};
use crate::{
    Cx, Error, ProvisioningRequestId, Result, StepId,
    provisioning::{
        Blame, Failure, Move, OnFailure, Request, State, StepState, Wish, offering, plan::Plan, request,
        secrets, store, store::run::StepRow, tell,
    },
    sealing::SealingKey,
    work::{self, Claim},
};

/// Largest thing that somebody outside may tell, in bytes.
const MOST: usize = 64 << 10;

/// Notes what came of an attempt, and puts the job back for the next turn, in one transaction with its lease.
pub async fn came(
    cx: &mut Cx<'_>,
    claim: &Claim,
    key: Option<&SealingKey>,
    todo: &Todo,
    what: Came,
) -> Result<()> {
    cx.admin()?;
    cx.atomically(async |cx| {
        let request = request::locked(cx, todo.number).await?;
        work::hold(cx, claim).await?;
        let rows = store::run::rows(cx, request.id).await?;
        let Some(row) = rows.into_iter().find(|r| r.id == todo.step) else {
            return Err(Error::not_found("step", todo.name.clone()));
        };
        let next = if todo.undo {
            undone(cx, &row, what).await?
        } else {
            done(cx, key, &request, &row, what).await?
        };
        store::run::trim_log(cx, request.id).await?;
        tell::pages(cx, &request).await?;
        work::rest(cx, claim, cx.now() + next).await
    })
    .await
}

async fn done(
    cx: &mut Cx<'_>,
    key: Option<&SealingKey>,
    request: &Request,
    row: &StepRow,
    what: Came,
) -> Result<SignedDuration> {
    match what {
        Came::Done { outputs, secrets, effect } => {
            let sealed = match secrets::seal(key, row.id.0, &secrets::of_step(&secrets)) {
                Ok(sealed) => sealed,
                Err(error) => {
                    // it is done, and doing it again would make other secrets that nobody could keep either
                    store::run::left(cx, row.id, Some(&effect)).await?;
                    let next = "Whoever runs the portal mends that; then it is tried again.".to_owned();
                    let failure = Failure { blame: Blame::Platform, why: error.to_string(), next };
                    stop(cx, request, row, &failure).await?;
                    return Ok(SignedDuration::ZERO);
                }
            };
            store::run::done(cx, row.id, &outputs, sealed.as_deref(), &effect).await?;
            Ok(SignedDuration::ZERO)
        }
        Came::Later { after, effect } => {
            let after = SignedDuration::try_from(after).unwrap_or(SignedDuration::from_hours(1));
            store::run::later(cx, row.id, cx.now() + after, &effect).await?;
            Ok(after)
        }
        Came::Failed { failure, again, effect } => {
            store::run::left(cx, row.id, effect.as_ref()).await?;
            let most = attempts_of(cx, request, row).await?;
            if again && row.attempts < most {
                let wait = work::wait_after(row.attempts);
                store::run::again(cx, row.id, StepState::Waiting, cx.now() + wait, &failure).await?;
                let line = format!(
                    "attempt {} of {most} failed: {} Tried again in {} s.",
                    row.attempts,
                    failure.why,
                    wait.as_secs()
                );
                store::run::add_lines(cx, request.id, &row.step, &[line]).await?;
                return Ok(wait);
            }
            stop(cx, request, row, &failure).await?;
            Ok(SignedDuration::ZERO)
        }
    }
}

async fn attempts_of(cx: &mut Cx<'_>, request: &Request, row: &StepRow) -> Result<i32> {
    let offering = offering::known(cx, &request.offering, Some(request.version)).await?;
    let plan = Plan::of(&offering.definition, request.action.as_deref());
    let step =
        plan.and_then(|p| p.steps.into_iter().nth(usize::try_from(row.position).unwrap_or(usize::MAX)));
    Ok(step.map_or(1, |s| i32::try_from(s.attempts).unwrap_or(1)))
}

/// A step failed for good: somebody looks, or what was made is undone. What whoever asked gave wrong does not get better by
/// trying again, so that is undone at once.
pub(super) async fn stop(cx: &mut Cx<'_>, request: &Request, row: &StepRow, failure: &Failure) -> Result<()> {
    store::run::failed(cx, row.id, failure).await?;
    store::run::add_lines(cx, request.id, &row.step, &[format!("failed: {}", failure.why)]).await?;
    if request.wish.is_some() {
        // it is given up already: what failed is undone with the rest, and whoever gave it up is not told that it failed
        return wake(cx, request).await;
    }
    store::request::set_failure(cx, request.id, Some(failure)).await?;
    let offering = offering::known(cx, &request.offering, Some(request.version)).await?;
    if failure.blame == Blame::Input || offering.definition.on_failure == OnFailure::Undo {
        store::request::set_wish(cx, request.id, Wish::Undo).await?;
        return wake(cx, request).await;
    }
    store::request::set_needed_human(cx, request.id).await?;
    let request = step(cx, request, Move::Stop).await?;
    tell::failed(cx, &request, "provisioning.needs-attention", "Needs attention").await
}

/// Gives a request of a claimed job to people, because the portal itself cannot go on with it: a fault that another attempt
/// does not mend, as secrets that no key opens. Nothing for one that is over meanwhile.
pub async fn give_up(cx: &mut Cx<'_>, claim: &Claim, error: &Error) -> Result<()> {
    cx.admin()?;
    let Ok(job) = serde_json::from_value::<RunJob>(claim.payload.clone()) else { return Ok(()) };
    cx.atomically(async |cx| {
        let request = request::locked(cx, job.request).await?;
        work::hold(cx, claim).await?;
        let undoing = request.state.is_over() && request.wish.is_some();
        if !undoing && !matches!(request.state, State::Approved | State::Running) {
            return Ok(());
        }
        let failure = Failure {
            blame: Blame::Platform,
            why: format!("The portal cannot go on with it: {error}"),
            next: "Whoever runs the portal mends that; then it is tried again.".into(),
        };
        note(cx, request.id, &failure.why).await?;
        if undoing {
            store::run::leave_undoing(cx, request.id, &failure).await?;
            store::request::undone(cx, request.id, true).await?;
            return tell::pages(cx, &request).await;
        }
        store::request::set_failure(cx, request.id, Some(&failure)).await?;
        store::request::set_needed_human(cx, request.id).await?;
        let request = step(cx, &request, Move::Stop).await?;
        tell::failed(cx, &request, "provisioning.needs-attention", "Needs attention").await
    })
    .await
}

async fn undone(cx: &mut Cx<'_>, row: &StepRow, what: Came) -> Result<SignedDuration> {
    match what {
        Came::Done { .. } => {
            store::run::settle_undo(cx, row.id, StepState::Undone, None).await?;
            Ok(SignedDuration::ZERO)
        }
        Came::Later { after, effect } => {
            let after = SignedDuration::try_from(after).unwrap_or(SignedDuration::from_hours(1));
            store::run::left(cx, row.id, Some(&effect)).await?;
            // coming again to look is no new attempt
            store::run::undo_later(cx, row.id, cx.now() + after, row.attempts - 1).await?;
            Ok(after)
        }
        Came::Failed { failure, again, effect } => {
            store::run::left(cx, row.id, effect.as_ref()).await?;
            let line = format!("could not be undone (attempt {}): {}", row.attempts, failure.why);
            store::run::add_lines(cx, row.request, &row.step, &[line]).await?;
            if again && row.attempts < UNDO_ATTEMPTS {
                let wait = work::wait_after(row.attempts);
                store::run::undo_later(cx, row.id, cx.now() + wait, row.attempts).await?;
                return Ok(wait);
            }
            store::run::settle_undo(cx, row.id, StepState::Left, Some(&failure)).await?;
            Ok(SignedDuration::ZERO)
        }
    }
}

/// Writes down what a step leaves behind while it is at work: before it does what could not be told afterwards.
pub async fn leave(cx: &mut Cx<'_>, claim: &Claim, step: StepId, effect: &Value) -> Result<()> {
    cx.admin()?;
    cx.atomically(async |cx| {
        work::hold(cx, claim).await?;
        store::run::left(cx, step, Some(effect)).await
    })
    .await
}

/// Adds lines to the log of a request. For the worker, while a step is at work.
pub async fn say(
    cx: &mut Cx<'_>,
    request: ProvisioningRequestId,
    step: &str,
    lines: &[String],
) -> Result<()> {
    cx.admin()?;
    store::run::add_lines(cx, request, step, lines).await?;
    // a step that talks without end fills no disk
    store::run::trim_log(cx, request).await
}

/// Where somebody outside may tell that a step is done: the path holds its secret, which is good for this step alone.
pub(super) fn callback_path(key: &SealingKey, step: StepId) -> String {
    format!("/api/v1/provisioning-callbacks/{step}/{}", callback_secret(key, step))
}

fn callback_secret(key: &SealingKey, step: StepId) -> String {
    key.derive("provisioning-callback", step.0.as_bytes())
}

/// What somebody outside told of a step.
pub(super) fn told(key: Option<&SealingKey>, row: &StepRow) -> Option<Value> {
    let opened = key?.open(row.called_back.as_deref()?, row.id.0.as_bytes())?;
    serde_json::from_slice(&opened).ok()
}

/// Takes what somebody outside tells of a step; once, and only while it is waited for. It needs no caller: the secret in the
/// path is the right. Says the same whether the step is unknown, the secret wrong or the step over.
pub async fn callback(
    cx: &mut Cx<'_>,
    key: Option<&SealingKey>,
    id: StepId,
    secret: &str,
    told: Value,
) -> Result<()> {
    let unknown = || Error::not_found("callback", id.to_string());
    let key = key.ok_or_else(unknown)?;
    let right = callback_secret(key, id);
    if !bool::from(right.as_bytes().ct_eq(secret.as_bytes())) {
        return Err(unknown());
    }
    if told.to_string().len() > MOST {
        return Err(Error::invalid("body", format!("may have {} kB at most", MOST >> 10)));
    }
    cx.atomically(async |cx| {
        let number = store::run::request_of(cx, id).await?.ok_or_else(unknown)?;
        let request = request::locked(cx, number).await?;
        // what is told may hold a credential: it is kept like one, and no longer than the step needs it
        let sealed = key.seal(told.to_string().as_bytes(), id.0.as_bytes())?;
        let awaited =
            matches!(request.state, State::Running) && store::run::called_back(cx, id, &sealed).await?;
        if !awaited {
            return Err(Error::Conflict("nobody waits for this any more, or it was told before".into()));
        }
        note(cx, request.id, "somebody outside told how the step went").await?;
        wake(cx, &request).await
    })
    .await
}
