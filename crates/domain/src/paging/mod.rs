//! Alerts become pages, and pages reach people.
//!
//! What monitoring tells ([`Incoming`]) changes a group of alerts ([`Group`], a pure function that no repeat, cut or odd
//! order can fool). What fires opens a page, which goes through the steps of its [`Plan`] until somebody is on it.

mod group;
mod incoming;
mod policy;
mod state;

pub use group::{Effects, Group};
pub use incoming::{Incoming, IncomingAlert, Says, Severity};
pub use policy::{Next, Plan, Progress, Reached, Step, Target};
pub use state::{Judgement, Move, State};
