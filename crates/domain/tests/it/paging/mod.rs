//! Alerts, pages, and the people they reach.

mod acts;
mod escalation;
mod hand_over;
mod intake;
mod maintenance;
mod policies;
mod raising;
mod waits;
mod watch;
