//! SQL of incidents.

mod action;
mod mode;
mod part;
mod read;
mod write;

pub(super) use action::{
    ActionChange, NewRow, action, actions, count_actions, due_of, insert_action, lock_action, update_action,
    whose_actions,
};
pub(super) use mode::{failure_modes, insert_failure_mode, retire_failure_mode};
pub(super) use part::{
    add_entry, add_role, affected_ids, end_role, entries, has_role, link, roles, seen, set_affected,
    teams_affected, unlink,
};
pub(super) use read::{count, get, lasting_of, lasting_on, list, with_objectives};
pub(super) use write::{insert, lock, set_review, set_state, set_status, update};
