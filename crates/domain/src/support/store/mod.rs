//! SQL of support.

mod note;
mod read;
mod write;

pub(super) use note::{lock_team, note, notes_before, put_note};
pub(super) use read::{
    closed, count, count_states, counts, events, get, kinds, last_answer, list, on, open, owing, per_week,
};
pub(super) use write::{NewRow, Stepped, add_event, insert, lock, set_category, set_due, write_step};
