//! SQL of the pages.

pub(super) mod alert;
pub(super) mod event;
pub(super) mod hand_over;
pub(super) mod integration;
pub(super) mod maintenance;
pub(super) mod page;
pub(super) mod policy;
pub(super) mod waits;
