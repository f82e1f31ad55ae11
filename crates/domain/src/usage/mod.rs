//! One row per user-centred event, with the person's team of that day. Written without slowing the request.
//!
//! It answers whether the portal helps, not what somebody does: reports never name a person, and after
//! [`crate::settings::Settings::usage_names_days`] the name is dropped from the rows as well.

mod report;
mod store;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::SignedDuration;
use tokio::sync::mpsc;

use crate::{Actor, Clock, Cx, Db, PersonId, Result, settings};

pub use report::{EmptySearch, Opened, Report, Week, few, report};

/// What somebody did that tells whether the portal helps.
#[derive(Debug, Clone)]
pub struct Event {
    /// What: `searched`, `opened-entity`, `handed-over`, …
    pub kind: &'static str,
    /// Who.
    pub person: Option<PersonId>,
    /// What was opened or searched for.
    pub subject: String,
    /// For a search: how many it found.
    pub results: Option<i32>,
}

/// Takes events without waiting; a background task writes them in batches.
#[derive(Debug, Clone)]
pub struct Recorder {
    events: mpsc::Sender<Event>,
    dropped: Arc<AtomicU64>,
}

impl Recorder {
    /// A recorder and the end that the writer reads. At most `room` events wait; further ones are dropped and counted.
    pub fn new(room: usize) -> (Self, mpsc::Receiver<Event>) {
        let (events, rx) = mpsc::channel(room);
        (Self { events, dropped: Arc::default() }, rx)
    }

    /// Notes an event; returns whether there was room.
    pub fn note(&self, event: Event) -> bool {
        let taken = self.events.try_send(event).is_ok();
        if !taken {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        taken
    }

    /// How many events found no room since the start: for the metrics.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// Events of one statement at most.
const BATCH: usize = 500;
/// Longest that an event waits for others.
const GATHER: Duration = Duration::from_secs(1);
/// Subjects are cut to this: a pasted novel is not a search.
const SUBJECT: usize = 200;

/// The writer: takes what is noted and writes it in batches until every [`Recorder`] is gone. A batch that cannot be
/// written (database away) is tried once more and then dropped: usage never fills the memory.
pub async fn run(db: Db, mut events: mpsc::Receiver<Event>, clock: Clock) {
    let mut batch = Vec::with_capacity(BATCH);
    while events.recv_many(&mut batch, BATCH).await > 0 {
        if batch.len() < BATCH {
            tokio::time::sleep(GATHER).await;
            while batch.len() < BATCH
                && let Ok(event) = events.try_recv()
            {
                batch.push(event);
            }
        }
        if write(&db, &clock, &batch).await.is_err() {
            tokio::time::sleep(GATHER).await;
            if let Err(error) = write(&db, &clock, &batch).await {
                tracing::warn!(%error, events = batch.len(), "usage events were dropped");
            }
        }
        batch.clear();
    }
}

async fn write(db: &Db, clock: &Clock, batch: &[Event]) -> Result<()> {
    let mut call = db.call(Actor::system(), clock.now()).await?;
    store::insert(&mut call.cx(), batch).await
}

fn subject(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SUBJECT).collect()
}

/// Drops the person's name from events older than the setting says; teams and events stay. The worker calls it every
/// six hours.
pub async fn forget_names(cx: &mut Cx<'_>) -> Result<u64> {
    cx.admin()?;
    let days = settings::read(cx).await?.usage_names_days;
    let before = cx.now().saturating_sub(SignedDuration::from_hours(24 * days)).unwrap_or_default();
    store::forget(cx, before).await
}
