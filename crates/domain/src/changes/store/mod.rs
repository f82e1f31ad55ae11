//! SQL of the changes.

pub(super) mod hook;
mod read;
mod write;

pub(super) use read::{
    between, by_key, count, count_dated, count_running, environments, get, latest, list, recent, running,
};
pub(super) use write::{
    lock, person_named, same_as_last, target, targets_of_repository, touch_entity, upsert,
};
