//! One row per user-centred event, with the person's team of that day. Written without slowing the request.

use tokio::sync::mpsc;

use crate::PersonId;

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
pub struct Recorder(mpsc::Sender<Event>);

impl Recorder {
    /// A recorder and the end that the writer reads. At most `room` events wait; further ones are dropped and counted.
    pub fn new(room: usize) -> (Self, mpsc::Receiver<Event>) {
        let (tx, rx) = mpsc::channel(room);
        (Self(tx), rx)
    }

    /// Notes an event; returns whether there was room.
    pub fn note(&self, event: Event) -> bool {
        self.0.try_send(event).is_ok()
    }
}
