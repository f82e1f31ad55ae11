//! The kinds of jobs, and who does them. A slice that asks for work of its own adds a line to [`KINDS`].

use std::{pin::Pin, time::Duration};

use portolan_domain::{
    Cx, Error, Result, notify,
    paging::{self, PageJob, WindowJob},
    provisioning, rota, wins, work,
};
use serde::de::DeserializeOwned;

use super::{Job, calendar, deliver, letter, provision};

/// A kind of job.
pub(crate) struct Kind {
    /// Its name, as it is asked for.
    pub(super) name: &'static str,
    /// How many of it this worker runs beside each other.
    pub(super) at_once: usize,
    /// The longest that one may run: everything in it has shorter waits, so whatever takes longer hangs.
    pub(super) longest: Duration,
    /// Does one.
    pub(super) act: fn(Job) -> Act,
}

/// A job being done.
pub(super) type Act = Pin<Box<dyn Future<Output = Result<Ended>> + Send>>;

/// How a job ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// It is done, and is yet to be put down.
    Done,
    /// It is done, and was put down in the transaction that did it.
    InItsTransaction,
    /// It was put off.
    PutOff,
}

/// What asks others, or nobody.
pub(super) const SHORT: Duration = Duration::from_mins(10);
/// A step of a run may take an hour; looking what comes next, and ending what takes too long, some minutes.
const A_STEP: Duration = Duration::from_mins(70);

/// All of them.
pub(crate) const KINDS: &[Kind] = &[
    Kind { name: rota::ASK_CALENDAR, at_once: 4, longest: SHORT, act: |job| Box::pin(calendar::run(job)) },
    Kind { name: provisioning::RUN, at_once: 8, longest: A_STEP, act: |job| Box::pin(provision::run(job)) },
    Kind { name: notify::MAIL, at_once: 8, longest: SHORT, act: |job| Box::pin(deliver::run(job)) },
    Kind { name: wins::LETTER, at_once: 4, longest: SHORT, act: |job| Box::pin(letter::run(job)) },
    Kind { name: notify::WEBHOOK, at_once: 8, longest: SHORT, act: |job| Box::pin(deliver::run(job)) },
    Kind {
        name: paging::STEP,
        at_once: 8,
        longest: SHORT,
        act: |job| Box::pin(inside(job, async |cx, step: PageJob| paging::advance(cx, step.page()).await)),
    },
    Kind {
        name: paging::WINDOW_OVER,
        at_once: 2,
        longest: SHORT,
        act: |job| {
            Box::pin(inside(job, async |cx, over: WindowJob| paging::window_over(cx, over.window).await))
        },
    },
];

/// Does a job that is all in the database, in one transaction with its end: so it happens exactly once, whatever dies when.
/// `Kind { name: …, at_once: 4, longest: SHORT, act: |job| Box::pin(inside(job, async |cx, payload| slice::operation(cx, payload).await)) }`
pub(super) async fn inside<P: DeserializeOwned>(
    job: Job,
    act: impl AsyncFnOnce(&mut Cx<'_>, P) -> Result<()>,
) -> Result<Ended> {
    let payload = payload(&job)?;
    let mut call = job.call().await?;
    call.cx()
        .atomically(async |cx| {
            act(cx, payload).await?;
            work::finish(cx, &job.claim).await
        })
        .await?;
    Ok(Ended::InItsTransaction)
}

/// What a job is about.
pub(super) fn payload<P: DeserializeOwned>(job: &Job) -> Result<P> {
    P::deserialize(&job.claim.payload)
        .map_err(|error| Error::invalid("payload", format!("is not what this kind of job takes: {error}")))
}
