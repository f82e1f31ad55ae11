//! Sees provisioning requests through: does the step that comes next, tells what it says, and what came of it.

use std::{sync::Arc, time::Duration};

use portolan_connect::{
    executors::{self, Attempt, Ended as Came, Failed, Fault, JobFacts, Keep, Lines, Log, StateFacts},
    fault,
};
use portolan_domain::{
    Error, Result,
    provisioning::{self, Blame, ExecutorFacts, Executors, Failure, OnState, Todo, Turn},
    work,
};
use tokio::sync::oneshot;

use super::{Job, kinds::Ended};

/// How long lines wait for each other, to be written at once.
const GATHER: Duration = Duration::from_millis(200);
/// Attempts, over some minutes, after which what keeps the portal from going on with a request is told to people.
const PATIENCE: i32 = 6;
/// Lines that wait while they cannot be written, how often the last ones are tried, and with what pause.
const LINES: usize = 2_000;
const LAST_TRIES: u32 = 3;
const AGAIN: Duration = Duration::from_secs(1);

pub(super) async fn run(job: Job) -> Result<Ended> {
    fault::point("run.before-turn");
    let key = job.tools.portal.sealing_key.as_ref();
    let turn = match provisioning::turn(&mut job.call().await?.cx(), &job.claim, key).await {
        // a fault that time does not mend is told to people, who may
        Err(error) if job.claim.attempt >= PATIENCE && !matches!(error, Error::Conflict(_)) => {
            provisioning::give_up(&mut job.call().await?.cx(), &job.claim, &error).await?;
            return Ok(Ended::Done);
        }
        turn => turn?,
    };
    match turn {
        Turn::Over => Ok(Ended::Done),
        Turn::Later(at) => {
            work::rest(&mut job.call().await?.cx(), &job.claim, at).await?;
            Ok(Ended::PutOff)
        }
        Turn::Do(todo) => {
            fault::point(if todo.undo { "undo.begun" } else { "run.begun" });
            let came = perform(&job, &todo).await;
            fault::point(if todo.undo { "undo.done" } else { "run.done" });
            provisioning::came(&mut job.call().await?.cx(), &job.claim, key, &todo, came).await?;
            fault::point(if todo.undo { "undo.told" } else { "run.told" });
            Ok(Ended::PutOff)
        }
    }
}

/// Does the step. Whatever comes of it is an answer: a hang, an unknown executor.
async fn perform(job: &Job, todo: &Todo) -> provisioning::Came {
    let Some(executor) = executors::named(&todo.uses) else {
        let why = format!("There is no executor {} on this replica.", todo.uses);
        return failed(Failed::platform(
            why,
            "Its team names another one, or the operator updates the portal.",
        ));
    };
    let (log, lines) = Log::new(todo.hidden.clone());
    let mask = log.masker();
    let attempt = attempt(job, todo, log);
    let doing = if todo.undo { executor.take_back(attempt) } else { (executor.run)(attempt) };
    let (stop, stopped) = oneshot::channel();
    let act = async {
        let ended = tokio::time::timeout(todo.within, doing).await;
        let _ = stop.send(());
        ended
    };
    let (ended, ()) = tokio::join!(act, scribe(job, todo, lines, stopped));
    match ended {
        Ok(Ok(ended)) => came(ended),
        Ok(Err(trouble)) => {
            failed(Failed { why: mask.mask(&trouble.why), next: mask.mask(&trouble.next), ..trouble })
        }
        Err(_) => {
            let why = format!("The step did not end within {} s and was cut off.", todo.within.as_secs());
            failed(Failed::outside(why, "Try it again; if it stays so, ask the offering's team."))
        }
    }
}

fn attempt(job: &Job, todo: &Todo, log: Log) -> Attempt {
    let portal = &job.tools.portal;
    Attempt {
        key: todo.step.0,
        attempt: todo.attempt,
        input: todo.input.clone(),
        effect: todo.effect.clone(),
        job: JobFacts {
            request: todo.number,
            offering: todo.offering.clone(),
            requester: todo.requester.clone(),
            team: todo.team.clone(),
            callback: todo
                .callback
                .as_ref()
                .map(|path| format!("{}{path}", portal.base_url))
                .unwrap_or_default(),
            called_back: todo.called_back.clone(),
            maker: todo.maker,
            acts: todo.acts,
            turn: todo.turn,
            state: todo.on_state.as_ref().map(|on| state(job, on)).unwrap_or_default(),
        },
        within: todo.within,
        keep: keep(job, todo),
        log,
        equipment: Arc::clone(&job.tools.equipment),
    }
}

/// Writes down what the step is about to leave, as long as the job is this worker's.
fn keep(job: &Job, todo: &Todo) -> Keep {
    let (job, step) = (job.clone(), todo.step);
    Keep::new(move |effect| {
        let job = job.clone();
        async move {
            let written =
                async { provisioning::leave(&mut job.call().await?.cx(), &job.claim, step, &effect).await };
            let written = written.await;
            if let Err(error) = &written {
                tracing::warn!(%error, step = %step, "what a step is about to leave could not be written down");
            }
            written.is_ok()
        }
    })
}

fn state(job: &Job, on: &OnState) -> StateFacts {
    let key = job.tools.portal.sealing_key.as_ref();
    StateFacts {
        address: format!("{}/api/v1/executors/terraform/state/{}", job.tools.own_address, on.id),
        password: key.map(|key| provisioning::state_password(key, on.id)).unwrap_or_default(),
        held: on.held,
        planned: on.planned.clone(),
        former: on.former.clone(),
    }
}

/// Writes the lines of a step while it is at work, and the last of them before its end is. What cannot be written is tried
/// again with what was told since; in the end it is lost, and the step is not.
async fn scribe(job: &Job, todo: &Todo, lines: Lines, mut stopped: oneshot::Receiver<()>) {
    let (mut over, mut batch, mut last_tries) = (false, Vec::new(), 0);
    loop {
        if !over {
            tokio::select! { biased; _ = &mut stopped => over = true, () = lines.told() => {} }
        }
        if !over {
            tokio::select! { () = tokio::time::sleep(GATHER) => {}, _ = &mut stopped => over = true }
        }
        batch.extend(lines.take());
        if !batch.is_empty() {
            let said = async {
                provisioning::say(&mut job.call().await?.cx(), todo.request, &todo.name, &batch).await
            };
            if let Err(error) = said.await {
                tracing::warn!(%error, request = todo.number, lines = batch.len(), "lines of a run's log wait");
            } else {
                batch.clear();
            }
            batch.drain(..batch.len().saturating_sub(LINES));
        }
        if over && (batch.is_empty() || last_tries == LAST_TRIES) {
            return;
        }
        if over {
            last_tries += 1;
        }
        if !batch.is_empty() {
            tokio::time::sleep(AGAIN).await;
        }
    }
}

fn came(ended: Came) -> provisioning::Came {
    match ended {
        Came::Done { outputs, secrets, effect } => provisioning::Came::Done { outputs, secrets, effect },
        Came::Later { after, effect } => provisioning::Came::Later { after, effect },
    }
}

fn failed(failed: Failed) -> provisioning::Came {
    let blame = match failed.fault {
        Fault::Input => Blame::Input,
        Fault::Platform => Blame::Platform,
        Fault::Outside => Blame::Outside,
    };
    let failure = Failure { blame, why: failed.why, next: failed.next };
    provisioning::Came::Failed { failure, again: failed.again, effect: failed.effect.map(|e| *e) }
}

/// What steps of offerings can be done by: what this binary has.
pub(crate) fn executors() -> Executors {
    let facts = executors::EXECUTORS.iter();
    Executors::new(facts.map(|e| ExecutorFacts { name: e.name, about: e.about, check: e.check }))
}
