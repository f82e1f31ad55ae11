//! Backward: what was made is taken away, the last first. What cannot be is left, said so, and stays a finding until
//! somebody has it undone again.

use super::{OnState, Turn, UNDO_ATTEMPTS, forth, note, register, scope::Run, step};
use crate::{
    Cx, Result,
    provisioning::{
        Blame, Failure, Move, Request, ResourceState, State, StepState, Wish,
        executors::{APPROVAL, REGISTER},
        request, resource,
        state_work::StateWork,
        store,
        store::run::StepRow,
        tell,
    },
    sealing::SealingKey,
};

pub(super) async fn turn(cx: &mut Cx<'_>, key: Option<&SealingKey>, request: &Request) -> Result<Turn> {
    if !store::run::rows(cx, request.id).await?.iter().any(may_have_made) {
        // also of what cannot be read any more: nothing was begun, so there is nothing to know for undoing it
        over(cx, request).await?;
        return Ok(Turn::Over);
    }
    let run = Run::load(cx, key, request).await?;
    for row in run.rows.iter().rev().filter(|r| may_have_made(r)) {
        if row.uses == APPROVAL {
            store::run::settle_undo(cx, row.id, StepState::Undone, None).await?;
            continue;
        }
        if row.uses == REGISTER {
            register::withdraw(cx, row, request.team.id).await?;
            store::run::settle_undo(cx, row.id, StepState::Undone, None).await?;
            continue;
        }
        let waits = row.state == StepState::Undoing && row.called_back.is_none();
        if let Some(due) = row.due_at.filter(|due| waits && *due > cx.now()) {
            return Ok(Turn::Later(due));
        }
        let goes_on = row.state == StepState::Undoing;
        let attempts = if goes_on { row.attempts } else { 0 };
        if attempts >= UNDO_ATTEMPTS + super::DEATHS {
            store::run::settle_undo(cx, row.id, StepState::Left, Some(&gave_up(row))).await?;
            continue;
        }
        let Some(definition) = usize::try_from(row.position).ok().and_then(|at| run.plan.steps.get(at))
        else {
            continue;
        };
        let input = match run.fill(&definition.input, &run.scope_for(row)).await? {
            Ok(input) => input,
            Err(fault) => {
                let failure = not_told(row, &run.told(&fault), &run.offering.team.name);
                store::run::settle_undo(cx, row.id, StepState::Left, Some(&failure)).await?;
                continue;
            }
        };
        let turn = store::run::begin(cx, row.id, StepState::Undoing, attempts + 1).await?;
        if !goes_on {
            store::run::add_lines(cx, request.id, &row.step, &["undoing".into()]).await?;
        }
        let (on_state, hidden) = on_state(cx, key, request, &run, row).await?;
        let mut todo = forth::todo(request, &run, definition, row, input, attempts + 1, key);
        todo.hidden.extend(hidden);
        return Ok(Turn::Do(Box::new(super::Todo { undo: true, turn, on_state, ..todo })));
    }
    over(cx, request).await?;
    Ok(Turn::Over)
}

/// Whether the step was begun, and may have left something behind.
fn may_have_made(row: &StepRow) -> bool {
    match row.state {
        // also one that somebody just had tried again: what its attempts before made is there
        StepState::Waiting
        | StepState::Done
        | StepState::Failed
        | StepState::Running
        | StepState::Later
        | StepState::Undoing => row.began,
        StepState::Skipped | StepState::Undone | StepState::Left => false,
    }
}

/// The state that a step worked on; of an action on what is still there also what that was made or changed with before, and
/// what of it no log may tell.
async fn on_state(
    cx: &mut Cx<'_>,
    key: Option<&SealingKey>,
    request: &Request,
    run: &Run,
    row: &StepRow,
) -> Result<(Option<OnState>, Vec<String>)> {
    let on_state = forth::on_state(cx, run, row).await?;
    let (Some(state), Some(work)) = (on_state, StateWork::noted(row)) else { return Ok((None, Vec::new())) };
    let alone = |state| Ok((Some(state), Vec::new()));
    let resource = match (&request.action, &request.resource) {
        (Some(_), Some(on)) => resource::known(cx, on.id).await?,
        _ => return alone(state),
    };
    if resource.state != ResourceState::Active {
        // what was removed or taken over since is not made anew by undoing what came before
        return alone(state);
    }
    let Some((number, step)) = store::run::last_applied(cx, resource.id, request.id, &work.name).await?
    else {
        return alone(state);
    };
    let before = request::reload(cx, number).await?;
    let before = Run::load(cx, key, &before).await?;
    let row = before.rows.iter().find(|row| row.id == step);
    let given = row.and_then(|row| Some((row, before.plan.steps.get(usize::try_from(row.position).ok()?)?)));
    let Some((row, definition)) = given else { return alone(state) };
    let former = before.fill(&definition.input, &before.scope_for(row)).await?.ok();
    Ok((Some(OnState { former, ..state }), before.hidden))
}

/// What was given to it cannot be told any more, so nobody knows what to take away.
fn not_told(row: &StepRow, fault: &str, team: &str) -> Failure {
    Failure {
        blame: Blame::Platform,
        why: format!("What the step {} was given cannot be told any more: {fault}", row.step),
        next: format!("{team} looks what is left of it, and removes it by hand."),
    }
}

fn gave_up(row: &StepRow) -> Failure {
    Failure {
        blame: Blame::Platform,
        why: format!("Whoever undid the step {} died at it each time.", row.step),
        next: "The offering's team looks what is left of it.".into(),
    }
}

/// All is undone that can be.
async fn over(cx: &mut Cx<'_>, request: &Request) -> Result<()> {
    let left = store::run::is_left(cx, request.id).await?;
    store::approval::drop_waiting(cx, request.id).await?;
    store::request::undone(cx, request.id, left).await?;
    note(cx, request.id, if left { "something could not be undone and is left" } else { "all is undone" })
        .await?;
    if request.state != State::Running {
        return tell::pages(cx, request).await;
    }
    let happened = if request.wish == Some(Wish::Cancel) { Move::Cancel } else { Move::Fail };
    let request = step(cx, request, happened).await?;
    let words = if happened == Move::Cancel { "Cancelled" } else { "Failed" };
    tell::failed(cx, &request, "provisioning.failed", words).await
}
