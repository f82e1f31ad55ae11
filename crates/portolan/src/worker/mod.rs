//! What happens by itself: the jobs of the durable queue ([`kinds`]) and housekeeping at its intervals ([`periodic`]).
//!
//! A worker takes what is due, as much of each kind as that kind has room for, and runs it beside the rest. It holds its
//! jobs while they run and tries again what fails. It is woken when work is asked for, and looks every few seconds besides:
//! a word that was lost costs seconds and no job. Every look at the queue moves its [`Pulse`], by which `/readyz` knows that
//! it still claims.

mod calendar;
mod deliver;
mod kinds;
mod letter;
mod periodic;
mod provision;
mod pulse;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use jiff::SignedDuration;
use portolan_connect::{executors::Equipment, guard::Outside, smtp::Mailer};
use portolan_domain::{
    Actor, Call, Error, Portal, Result,
    work::{self, Claim, Retried, Room},
};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};

pub(crate) use kinds::KINDS;
use kinds::{Ended, Kind};
pub(crate) use periodic::run as periodically;
pub(crate) use provision::executors;
pub(crate) use pulse::Pulse;

/// How long a job is held without a word. Whoever dies is relieved after that.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
/// How often whoever works says that they still do.
const WORD: Duration = Duration::from_secs(10);
/// Between two looks at the queue when nobody says anything.
const LOOK: Duration = Duration::from_secs(5);
/// After a look that failed: the database is away.
const AWAY: Duration = Duration::from_secs(1);

/// What jobs work with.
#[derive(Debug)]
pub(crate) struct Tools {
    /// The portal.
    pub(crate) portal: Arc<Portal>,
    /// Hands letters over; none if no mail server is set.
    pub(crate) mailer: Option<Mailer>,
    /// The way out to webhooks and calendars.
    pub(crate) outside: Outside,
    /// What the steps of offerings work with.
    pub(crate) equipment: Arc<Equipment>,
    /// Where this replica is reached from its own machine.
    pub(crate) own_address: String,
}

/// A claimed job and what to do it with.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    tools: Arc<Tools>,
    claim: Arc<Claim>,
}

impl Job {
    /// A call of Portolan itself.
    async fn call(&self) -> Result<Call> {
        self.tools.portal.call(Actor::system()).await
    }
}

/// Takes jobs and runs them.
pub(crate) struct Worker {
    tools: Arc<Tools>,
    kinds: &'static [Kind],
    wake: Arc<Notify>,
    pulse: Arc<Pulse>,
    running: JoinSet<&'static str>,
    busy: HashMap<&'static str, usize>,
}

impl Worker {
    pub(crate) fn new(
        tools: Arc<Tools>,
        kinds: &'static [Kind],
        wake: Arc<Notify>,
        pulse: Arc<Pulse>,
    ) -> Self {
        Self { tools, kinds, wake, pulse, running: JoinSet::new(), busy: HashMap::new() }
    }

    /// Works until `stop` turns true, then lets what runs finish. What does not is another worker's after its lease.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut stopped = std::pin::pin!(async move {
            let _ = stop.wait_for(|stop| *stop).await;
        });
        loop {
            let rest = self.take().await;
            tokio::select! {
                () = &mut stopped => break,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(rest) => {}
                Some(ended) = self.running.join_next(), if !self.running.is_empty() => self.leave(ended.ok()),
            }
        }
        while let Some(ended) = self.running.join_next().await {
            self.leave(ended.ok());
        }
    }

    /// Takes what there is room for, until there is nothing more; returns how long to rest.
    async fn take(&mut self) -> Duration {
        loop {
            let rooms = self.rooms();
            let (claims, rest) = match self.claim(&rooms).await {
                Ok(looked) => looked,
                Err(error) => {
                    tracing::warn!(%error, "the queue cannot be read; trying again");
                    return AWAY;
                }
            };
            if claims.is_empty() {
                return rest;
            }
            for claim in claims {
                self.start(claim);
            }
        }
    }

    fn rooms(&self) -> Vec<Room> {
        let room = |kind: &Kind| {
            let free = kind.at_once.saturating_sub(self.busy.get(kind.name).copied().unwrap_or_default());
            Room { kind: kind.name, jobs: i64::try_from(free).unwrap_or(i64::MAX) }
        };
        self.kinds.iter().map(room).filter(|room| room.jobs > 0).collect()
    }

    /// One look: what was taken, and if nothing was, when to look again.
    async fn claim(&self, rooms: &[Room]) -> Result<(Vec<Claim>, Duration)> {
        let mut call = self.tools.portal.call(Actor::system()).await?;
        let claims = work::claim(&mut call.cx(), rooms, LEASE).await?;
        self.pulse.beat();
        if !claims.is_empty() {
            return Ok((claims, Duration::ZERO));
        }
        let kinds: Vec<_> = rooms.iter().map(|room| room.kind).collect();
        let next = work::next_due(&mut call.cx(), &kinds).await?;
        let until = next.map(|next| next.duration_since(call.now()).unsigned_abs());
        Ok((claims, until.map_or(LOOK, |until| until.clamp(Duration::from_millis(20), LOOK))))
    }

    fn start(&mut self, claim: Claim) {
        let Some(kind) = self.kinds.iter().find(|kind| kind.name == claim.kind) else { return };
        *self.busy.entry(kind.name).or_default() += 1;
        let job = Job { tools: Arc::clone(&self.tools), claim: Arc::new(claim) };
        self.running.spawn(async move {
            see_through(kind, job).await;
            kind.name
        });
    }

    fn leave(&mut self, kind: Option<&'static str>) {
        if let Some(busy) = kind.and_then(|kind| self.busy.get_mut(kind)) {
            *busy -= 1;
        }
    }
}

/// Runs a job to its end, whatever that is: a panic, a hang and a lost lease among them.
async fn see_through(kind: &'static Kind, job: Job) {
    let began = Instant::now();
    let act = AssertUnwindSafe((kind.act)(job.clone())).catch_unwind();
    let ended = tokio::select! {
        ended = tokio::time::timeout(kind.longest, act) => match ended {
            Ok(Ok(ended)) => ended,
            Ok(Err(_)) => Err(Error::Unavailable("it panicked; the log has where".into())),
            Err(_) => Err(Error::Unavailable("it hung".into())),
        },
        () = hold(&job) => Err(Error::Conflict("another worker took it over".into())),
    };
    let outcome = match put_down(&job, ended).await {
        Ok(outcome) => outcome,
        Err(error) => {
            // lost, or the database is away: its lease ends, and it is due again
            tracing::warn!(kind = kind.name, id = %job.claim.id, %error, "a job could not be put down");
            "lost"
        }
    };
    metrics::counter!("work_jobs_total", "kind" => kind.name, "outcome" => outcome).increment(1);
    metrics::histogram!("work_job_duration_seconds", "kind" => kind.name).record(began.elapsed());
}

/// Says what became of a job, in a word.
async fn put_down(job: &Job, ended: Result<Ended>) -> Result<&'static str> {
    match ended {
        Ok(Ended::Done) => {
            work::finish(&mut job.call().await?.cx(), &job.claim).await?;
            Ok("done")
        }
        Ok(Ended::InItsTransaction) => Ok("done"),
        Ok(Ended::PutOff) => Ok("put-off"),
        Err(error) => {
            let retried = work::retry(&mut job.call().await?.cx(), &job.claim, &error.to_string()).await?;
            let (kind, id, attempt) = (&job.claim.kind, job.claim.id, job.claim.attempt);
            match retried {
                Retried::At(at) => {
                    tracing::warn!(%kind, %id, attempt, %error, %at, "a job failed; it is tried again");
                    Ok("failed")
                }
                Retried::Dead => {
                    tracing::error!(%kind, %id, attempt, %error, "a job failed for the last time");
                    Ok("dead")
                }
            }
        }
    }
}

/// Says every few seconds that the job is still worked on; ends when somebody else has it.
async fn hold(job: &Job) {
    loop {
        tokio::time::sleep(WORD).await;
        let said = async { work::extend(&mut job.call().await?.cx(), &job.claim, LEASE).await };
        if let Err(Error::Conflict(_)) = said.await {
            return;
        }
    }
}
