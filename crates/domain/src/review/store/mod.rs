//! SQL of operational reviews. It reads what other capabilities hold and writes snapshots alone.

mod frozen;
mod organisation;
mod pages;
mod parts;

pub(super) use frozen::{count_snapshots, insert, lock_team, snapshot, snapshots};
pub(super) use organisation::{overdue, pages_by_week, shifts, teams};
pub(super) use pages::{page_counts, pages};
pub(super) use parts::{actions, changes, declared, incidents, shift_notes, undeclared, worst_incidents};

use crate::TeamId;

/// Keys as a statement takes them; none stands for all.
fn keys(teams: Option<&[TeamId]>) -> Option<Vec<uuid::Uuid>> {
    teams.map(|teams| teams.iter().map(|t| t.0).collect())
}
