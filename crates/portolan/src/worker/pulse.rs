//! Whether the worker still looks at the queue. A worker that stopped looking in silence would leave all pages undelivered
//! while everything else answers.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// Longer than any look takes, also one that waits for the database.
const STILL: Duration = Duration::from_secs(45);

/// When the worker last looked at the queue.
#[derive(Debug)]
pub(crate) struct Pulse {
    began: Instant,
    /// Milliseconds after `began`.
    last: AtomicU64,
}

impl Pulse {
    /// Of a worker that is about to begin.
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), last: AtomicU64::new(0) }
    }

    pub(super) fn beat(&self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Ordering::Release);
    }

    /// How long ago that was.
    pub(crate) fn age(&self) -> Duration {
        self.began.elapsed().saturating_sub(Duration::from_millis(self.last.load(Ordering::Acquire)))
    }

    /// Whether it was long ago.
    pub(crate) fn is_still(&self) -> bool {
        self.age() > STILL
    }

    /// Of a worker that stopped looking a while ago.
    #[cfg(test)]
    pub(crate) fn stopped() -> Self {
        let began =
            Instant::now().checked_sub(Duration::from_mins(2)).expect("a machine that runs for minutes");
        Self { began, last: AtomicU64::new(0) }
    }
}
