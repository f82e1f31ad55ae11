//! Work that must not be forgotten: a durable queue in the database, shared by all replicas.
//!
//! [`enqueue`] is called inside the transaction that makes the work necessary: both happen or neither. A worker
//! ([`claim`]) takes what is due under a lease, tells that it is still at it ([`extend`]), and ends it: [`finish`],
//! [`retry`] (a growing, jittered wait; after the last attempt the job is dead and keeps the reason), [`postpone`]
//! (nothing failed, it is only too early). A worker that dies says nothing; its lease runs out and the job is due again.
//!
//! The lease is a fence: each claim makes a new one, and whoever holds an older one can end nothing any more
//! ([`Error::Conflict`]). So a job whose work is all in the database happens exactly once, if the work and
//! [`finish`] are one transaction. What is done outside (an e-mail) may happen twice, and never not at all.
//!
//! A job with a key ([`NewJob::once`]) is unfinished at most once. Asked for again while it waits, it is the same job;
//! asked for again while somebody works on it, it runs once more afterwards, because they may have looked before.
//!
//! Instants are the caller's clock: replicas whose clocks differ by more than a lease would take jobs from each other.
//! The fence keeps that harmless.

mod store;
mod wait;

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::{Cx, Error, JobId, Result};

/// The channel of the database on which workers are woken.
pub const CHANNEL: &str = "work";

/// Work to be done.
#[derive(Debug, Clone)]
pub struct NewJob {
    kind: Cow<'static, str>,
    payload: Value,
    due_at: Option<Timestamp>,
    key: Option<String>,
    attempts: i32,
}

impl NewJob {
    /// Attempts before a job is dead, unless it says otherwise: with the growing waits, about a day.
    pub const ATTEMPTS: i32 = 30;

    /// A job of this kind, due at once. The worker has a table of kinds; one that is not in it is never done.
    /// A payload that cannot be JSON becomes null, which its handler refuses.
    pub fn new(kind: impl Into<Cow<'static, str>>, payload: impl Serialize) -> Self {
        let payload = serde_json::to_value(payload).unwrap_or_default();
        Self { kind: kind.into(), payload, due_at: None, key: None, attempts: Self::ATTEMPTS }
    }

    /// The same, not before this instant.
    #[must_use]
    pub fn at(self, due_at: Timestamp) -> Self {
        Self { due_at: Some(due_at), ..self }
    }

    /// The same, once: while a job of this kind and key is unfinished there is no second one. The earlier time holds.
    #[must_use]
    pub fn once(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// The same with another number of attempts, 1 to 100.
    #[must_use]
    pub fn attempts(self, attempts: i32) -> Self {
        Self { attempts, ..self }
    }
}

/// How many jobs of a kind a worker takes now.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// The kind.
    pub kind: &'static str,
    /// How many.
    pub jobs: i64,
}

/// A job somebody works on.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Key of the job.
    pub id: JobId,
    /// The fence.
    lease: uuid::Uuid,
    /// Its kind.
    pub kind: String,
    /// What its handler needs to know.
    pub payload: Value,
    /// Which attempt this is, from 1.
    pub attempt: i32,
    /// How many there may be.
    pub max_attempts: i32,
}

/// What became of a job whose attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retried {
    /// It is tried again then.
    At(Timestamp),
    /// That was the last attempt.
    Dead,
}

/// How the queue stands, kind by kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The kind.
    pub kind: String,
    /// Unfinished jobs.
    pub unfinished: i64,
    /// Since when the oldest of them that is due waits to be taken.
    pub oldest_due: Option<Timestamp>,
    /// Jobs that failed for good and are still kept.
    pub dead: i64,
}

/// Asks for work, inside the caller's transaction. Asks for no permission: that is the caller's operation.
pub async fn enqueue(cx: &mut Cx<'_>, job: NewJob) -> Result<()> {
    enqueue_all(cx, vec![job]).await
}

/// Asks for many jobs in one statement.
pub async fn enqueue_all(cx: &mut Cx<'_>, mut jobs: Vec<NewJob>) -> Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    // of two with one key the earlier; and always in the same order, so that two transactions that ask for the same
    // ones wait for each other rather than embrace
    jobs.sort_by(|a, b| (&a.kind, &a.key, a.due_at).cmp(&(&b.kind, &b.key, b.due_at)));
    jobs.dedup_by(|b, a| a.key.is_some() && (&a.kind, &a.key) == (&b.kind, &b.key));
    store::insert(cx, &jobs).await
}

/// Takes what is due, the oldest first and of each kind as many as there is room for, for the time of a lease. For
/// workers.
pub async fn claim(cx: &mut Cx<'_>, rooms: &[Room], lease: SignedDuration) -> Result<Vec<Claim>> {
    cx.admin()?;
    store::claim(cx, rooms, cx.now() + lease).await
}

/// Holds a job for the time of another lease.
pub async fn extend(cx: &mut Cx<'_>, claim: &Claim, lease: SignedDuration) -> Result<()> {
    held(store::extend(cx, claim, cx.now() + lease).await?)
}

/// Refuses whoever lost the lease, and lets nobody take the job before the caller's transaction is through.
pub async fn hold(cx: &mut Cx<'_>, claim: &Claim) -> Result<()> {
    held(store::hold(cx, claim).await?)
}

/// Ends a job that is done. Inside the transaction of what was done, where that is in the database.
pub async fn finish(cx: &mut Cx<'_>, claim: &Claim) -> Result<()> {
    held(store::finish(cx, claim).await?)
}

/// Puts a job whose attempt failed back for another one, or ends it if that was the last.
pub async fn retry(cx: &mut Cx<'_>, claim: &Claim, error: &str) -> Result<Retried> {
    if claim.attempt >= claim.max_attempts {
        held(store::bury(cx, claim, error).await?)?;
        return Ok(Retried::Dead);
    }
    let at = cx.now() + wait::after(claim.attempt, wait::dice());
    held(store::put_back(cx, claim, at, Some(error)).await?)?;
    Ok(Retried::At(at))
}

/// Ends a job that no further attempt could do.
pub async fn bury(cx: &mut Cx<'_>, claim: &Claim, error: &str) -> Result<()> {
    held(store::bury(cx, claim, error).await?)
}

/// Puts a job off: nothing failed, and its attempts begin anew.
pub async fn postpone(cx: &mut Cx<'_>, claim: &Claim, at: Timestamp) -> Result<()> {
    held(store::put_back(cx, claim, at, None).await?)
}

/// Puts a job back until then, or until it is asked for again: it waits for something that tells when it is there.
pub async fn rest(cx: &mut Cx<'_>, claim: &Claim, until: Timestamp) -> Result<()> {
    held(store::rest(cx, claim, until).await?)
}

/// A wait that grows with the attempts, with a little chance in it so that many who failed together do not come again
/// together: 5 s, 10 s, 20 s, … at most an hour.
pub fn wait_after(attempt: i32) -> SignedDuration {
    wait::after(attempt, wait::dice())
}

/// When the next job of these kinds is due; none if there is none.
pub async fn next_due(cx: &mut Cx<'_>, kinds: &[&str]) -> Result<Option<Timestamp>> {
    store::next_due(cx, kinds).await
}

/// How the queue stands; for admins and for metrics.
pub async fn standing(cx: &mut Cx<'_>) -> Result<Vec<Standing>> {
    cx.admin()?;
    store::standing(cx).await
}

/// Ends jobs whose worker died at every attempt, and forgets those that ended long ago: done after 3 days, dead after 90.
/// The worker calls it every minute.
pub async fn sweep(cx: &mut Cx<'_>) -> Result<u64> {
    cx.admin()?;
    let ended = store::bury_abandoned(cx, "its worker ended without a word at every attempt").await?;
    let (done, dead) =
        (cx.now() - SignedDuration::from_hours(3 * 24), cx.now() - SignedDuration::from_hours(90 * 24));
    Ok(ended + store::forget(cx, done, dead).await?)
}

fn held(rows: u64) -> Result<()> {
    if rows == 0 {
        return Err(Error::Conflict("the lease on this job ran out, and another worker has it now".into()));
    }
    Ok(())
}
