//! Backward: what was made is taken away, the last first. What cannot be is left, said so, and stays a finding until
//! somebody has it undone again.

use super::{Turn, UNDO_ATTEMPTS, forth, note, scope::Run, step};
use crate::{
    Cx, Result,
    provisioning::{
        Blame, Failure, Move, Request, State, StepState, Wish,
        executors::{APPROVAL, REGISTER},
        store,
        store::run::StepRow,
        tell,
    },
    sealing::SealingKey,
};

pub(super) async fn turn(cx: &mut Cx<'_>, key: Option<&SealingKey>, request: &Request) -> Result<Turn> {
    let run = Run::load(cx, key, request).await?;
    for row in run.rows.iter().rev().filter(|r| may_have_made(r)) {
        if row.uses == APPROVAL {
            store::run::settle_undo(cx, row.id, StepState::Undone, None).await?;
            continue;
        }
        if row.uses == REGISTER {
            store::run::settle_undo(cx, row.id, StepState::Left, Some(&entry_stays())).await?;
            continue;
        }
        if let Some(due) = row.due_at.filter(|due| row.state == StepState::Undoing && *due > cx.now()) {
            return Ok(Turn::Later(due));
        }
        let attempts = if row.state == StepState::Undoing { row.attempts } else { 0 };
        if attempts >= UNDO_ATTEMPTS + super::DEATHS {
            store::run::settle_undo(cx, row.id, StepState::Left, Some(&gave_up(row))).await?;
            continue;
        }
        let Some(definition) = usize::try_from(row.position).ok().and_then(|at| run.plan.steps.get(at))
        else {
            continue;
        };
        // what was given to it when it was done; nothing, if that cannot be told any more: the key says what is its own
        let input = run.fill(&definition.input, &run.scope_for(row)).await?.unwrap_or_default();
        store::run::begin(cx, row.id, StepState::Undoing, attempts + 1).await?;
        if attempts == 0 {
            store::run::add_lines(cx, request.id, &row.step, &["undoing".into()]).await?;
        }
        let todo = forth::todo(request, &run, definition, row, input, attempts + 1, key);
        return Ok(Turn::Do(Box::new(super::Todo { undo: true, ..todo })));
    }
    over(cx, request).await?;
    Ok(Turn::Over)
}

/// Whether the step was begun, and may have left something behind.
fn may_have_made(row: &StepRow) -> bool {
    match row.state {
        StepState::Done | StepState::Failed | StepState::Running | StepState::Later | StepState::Undoing => {
            true
        }
        StepState::Waiting => row.attempts > 0,
        StepState::Skipped | StepState::Undone | StepState::Left => false,
    }
}

fn entry_stays() -> Failure {
    Failure {
        blame: Blame::Platform,
        why: "What it brought into the catalog stays there.".into(),
        next: "Its owner deletes the entry.".into(),
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
