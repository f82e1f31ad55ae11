//! iCalendar (RFC 5545, 7986): schedules and people's shifts as feeds for any calendar, and what other calendars say of
//! holidays and of people who are away.

mod line;
mod read;
mod recurrence;
#[cfg(test)]
mod tests;
mod write;

use crate::{Error, Result};

pub use read::{Busy, Calendar, MOST_BYTES, holidays, read};
pub use write::{Event, Feed, write};

/// Reads apart from the threads that answer requests: a calendar of many events takes a good part of a second.
pub(super) async fn apart<T: Send + 'static>(
    reading: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(reading).await;
    done.map_err(|_| Error::Unavailable("reading the calendar was interrupted; try again".into()))?
}
