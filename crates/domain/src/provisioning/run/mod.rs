//! Runs: steps in order, each outside of any transaction, and what came of it inside one.
//!
//! The worker asks for its turn ([`turn`]), does what it is given, and says what came of it ([`came`]). Both hold the
//! job's lease ([`work::hold`]) in their transaction, so whoever lost it can write nothing. A step that was begun and not
//! ended is begun again with the same key by whoever comes next: executors make nothing twice.
//!
//! ```text
//! approved ─► guardrails again ─► running ─► step ─► step ─► … ─► succeeded
//!                  └► refused, or asked anew      └► needs attention ─► again, or undone in reverse ─► failed
//! ```

mod back;
mod came;
mod forth;
mod outcome;
mod register;
mod scope;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, time::Duration};
use uuid::Uuid;

use super::{Failure, Move, Request, State, ask::gone, request, store, tell};
use crate::{
    Cx, Error, ProvisioningRequestId, Result, StepId,
    sealing::SealingKey,
    work::{self, Claim, NewJob},
};

pub use came::{callback, came, give_up, leave, say};
pub(super) use outcome::owner_of;

/// The kind of job that sees a request through.
pub const RUN: &str = "provisioning.run";
/// How often undoing a step is tried before it is left.
const UNDO_ATTEMPTS: i32 = 5;
/// How often the job of a request is tried before it counts as dead.
const ATTEMPTS: i32 = 100;
/// How often a worker may die at one step beyond the attempts that it has.
const DEATHS: i32 = 3;

/// The payload of a job that sees a request through.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct RunJob {
    /// Number of the request.
    pub request: i64,
}

/// What the worker does next.
#[derive(Debug)]
pub enum Turn {
    /// A step.
    Do(Box<Todo>),
    /// Nothing before that.
    Later(Timestamp),
    /// Nothing: it is over, or waits for people.
    Over,
}

/// A step to be done or undone.
#[derive(Debug, Clone)]
pub struct Todo {
    /// Key of the step: the idempotency key of what it does outside.
    pub step: StepId,
    /// Its name within the offering.
    pub name: String,
    /// The executor.
    pub uses: String,
    /// What it is given, filled in.
    pub input: Value,
    /// What an attempt before left behind.
    pub effect: Option<Value>,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Whether what it made is to be taken away.
    pub undo: bool,
    /// How long the attempt may take.
    pub within: Duration,
    /// The request.
    pub request: ProvisioningRequestId,
    /// Its number.
    pub number: i64,
    /// Name of the offering.
    pub offering: String,
    /// Handle of whoever asked; `system` if nobody did.
    pub requester: String,
    /// Slug of the team it is for.
    pub team: String,
    /// What no log may tell.
    pub hidden: Vec<String>,
    /// Path at which somebody outside may tell that the step is done; none without a key to make its secret with.
    pub callback: Option<String>,
    /// What was told there.
    pub called_back: Option<Value>,
    /// Key of the request that made, or makes, what this is about.
    pub maker: Uuid,
    /// Whether it is done to something that exists already: an action.
    pub acts: bool,
    /// Which turn of the step this is: a later one has a larger number.
    pub turn: i64,
    /// The Terraform state it works on; none if it works on none.
    pub on_state: Option<OnState>,
}

/// What a step that works on a Terraform state has to know of it.
#[derive(Debug, Clone)]
pub struct OnState {
    /// Key of the state.
    pub id: Uuid,
    /// Whether an attempt before still holds it: it was cut off while it worked.
    pub held: bool,
    /// What a plan of the same run said would be done.
    pub planned: Option<Value>,
    /// To undo an action: what the step was given that applied the state before.
    pub former: Option<Value>,
}

/// What came of an attempt.
#[derive(Debug, Clone)]
pub enum Came {
    /// It is done.
    Done {
        /// What later steps and outputs may name.
        outputs: Map<String, Value>,
        /// The same, for nobody's eyes.
        secrets: BTreeMap<String, String>,
        /// What undoing needs to know.
        effect: Value,
    },
    /// It is on its way; to be looked at again after that.
    Later {
        /// How long.
        after: Duration,
        /// What to know then.
        effect: Value,
    },
    /// It failed.
    Failed {
        /// Why, and whose turn it is.
        failure: Failure,
        /// Whether another attempt may do it.
        again: bool,
        /// What it left behind, if it said so.
        effect: Option<Value>,
    },
}

/// What is to be done next for the request of a claimed job.
pub async fn turn(cx: &mut Cx<'_>, claim: &Claim, key: Option<&SealingKey>) -> Result<Turn> {
    cx.admin()?;
    let job: RunJob = serde_json::from_value(claim.payload.clone())
        .map_err(|e| Error::invalid("payload", format!("is not what this kind of job takes: {e}")))?;
    cx.atomically(async |cx| {
        // the request before its job: whoever decides about a request locks it first and then wakes the job
        let request = match request::locked(cx, job.request).await {
            Err(Error::NotFound { .. }) => return Ok(Turn::Over),
            found => found?,
        };
        work::hold(cx, claim).await?;
        match (request.state, request.wish) {
            (State::Running, Some(_)) => back::turn(cx, key, &request).await,
            (state, Some(_)) if state.is_over() => back::turn(cx, key, &request).await,
            (State::Approved, None) => forth::begin(cx, key, &request).await,
            (State::Running, None) => forth::turn(cx, key, request).await,
            _ => Ok(Turn::Over),
        }
    })
    .await
}

/// Moves a request, and does what follows from how it stands then: the worker is woken, pages look again.
pub(super) async fn step(cx: &mut Cx<'_>, request: &Request, happened: Move) -> Result<Request> {
    let to = request.state.after(happened).ok_or_else(|| {
        Error::Conflict(format!("request {} is {}; look at it again", request.number, request.state.as_str()))
    })?;
    store::request::set_state(cx, request.id, to).await?;
    if matches!(to, State::Approved | State::Running) {
        wake(cx, request).await?;
    }
    tell::pages(cx, request).await?;
    store::request::get(cx, request.number).await?.ok_or_else(|| gone(request.number))
}

/// Asks for a turn of the worker, at once.
pub(super) async fn wake(cx: &mut Cx<'_>, request: &Request) -> Result<()> {
    let job = NewJob::new(RUN, RunJob { request: request.number }).attempts(ATTEMPTS);
    work::enqueue(cx, job.once(request.number.to_string())).await
}

/// Wakes the worker for requests that should be at work and that no job sees through: one died at every attempt, or was
/// ended by hand. The worker calls it every minute; at most 100 at once.
pub async fn sweep_runs(cx: &mut Cx<'_>) -> Result<u64> {
    cx.admin()?;
    let forgotten = store::request::forgotten(cx, RUN, 100).await?;
    let count = forgotten.len() as u64;
    let job = |number: i64| {
        NewJob::new(RUN, RunJob { request: number }).attempts(ATTEMPTS).once(number.to_string())
    };
    work::enqueue_all(cx, forgotten.into_iter().map(job).collect()).await?;
    Ok(count)
}

/// A line of the portal's own in the log.
pub(super) async fn note(cx: &mut Cx<'_>, request: ProvisioningRequestId, text: &str) -> Result<()> {
    store::run::add_lines(cx, request, "", &[text.to_owned()]).await
}
