//! Incidents: what hurts, who runs it, what others are told, and what was learned.
//!
//! Anybody opens one ([`open`]); the team that runs it, whoever opened it and whoever has a role in it go on with it
//! ([`go`], [`note`], [`tell_status`], [`give_role`]). How it stands is [`after`], a function of state and move. Its timeline
//! is made when it is read: what people wrote, with the pages and changes of what it hurts flowing in ([`timeline`]). The
//! review is blameless and leaves [`Action`]s, which stay open until they are done, and [`FailureMode`]s, which stand on the
//! page of the thing. And [`below`] says what goes on in all that a service stands on.

mod act;
mod action;
mod below;
mod incident;
mod mode;
mod open;
mod read;
mod rights;
mod state;
mod store;
mod tell;
mod timeline;

pub use act::{end_role, give_role, go, link_before, note, tell_status, unlink_before, write_review};
pub use action::{
    ActionEdit, ActionFilter, NewAction, action, actions, actions_due, add_action, edit_action, may_change,
};
pub use below::{Below, GoingOn, HOURS, below};
pub use incident::{
    Action, ActionState, Affected, Entry, EntryKind, FailureMode, Incident, NoticedBy, Role, RoleHeld,
    SEVERITIES, SloSaw,
};
pub use mode::{NewFailureMode, add_failure_mode, failure_modes, retire_failure_mode};
pub use open::{FromPage, IncidentEdit, NewIncident, Objectives, edit, from_page, objectives, open};
pub use read::{Filter, Seen, Told, lasting_on, list, on_me, told};
pub use state::{Move, State, after};
pub use timeline::{Line, What, timeline};
