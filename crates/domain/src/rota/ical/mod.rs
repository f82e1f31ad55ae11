//! iCalendar (RFC 5545, 7986): schedules and people's shifts as feeds for any calendar, and what other calendars say of
//! holidays and of people who are away.

mod line;
mod read;
mod recurrence;
#[cfg(test)]
mod tests;
mod write;

pub use read::{Busy, Calendar, holidays, read};
pub use write::{Event, Feed, write};
