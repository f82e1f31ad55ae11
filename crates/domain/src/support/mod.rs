//! Support: who asks whom for help, who has it, by when a word is owed, and what comes back every week.
//!
//! A request is asked by anybody ([`ask`]) of a team, goes to whoever has its support shift, and is a thread between the
//! team ([`answer`], [`assign`], [`close`]) and whoever asked ([`say`], [`reopen`]). How it stands is [`after`], a function
//! of state and move; by when a word is owed is [`due`], a function of the events alone. What was promised is the support
//! level of the day on which it was asked ([`crate::levels`]).

mod act;
mod clock;
mod duty;
mod essential;
mod new;
mod note;
mod queue;
mod request;
mod state;
mod store;
mod tell;
mod week;

pub use act::{Then, Thread, answer, assign, close, recategorise, renew_targets, reopen, say, speak, thread};
pub use clock::{Clock, Owed, Promise, clock, due};
pub use duty::{OnDuty, on_duty};
pub use essential::{Essential, ShareTold, essential, share};
pub use new::{Asked, Foreseen, NewRequest, ask, foresee};
pub use note::{Note, note, notes, write_note};
pub use queue::{
    Counts, Filter, LastAnswer, Tab, TeamQueue, last_answer, list, my_queues, on_me, queue, team_counts,
};
pub use request::{Category, Event, EventKind, Request, Urgency};
pub use state::{Move, State, after};
pub use week::{Trend, Week, WeekCounts, trend, weeks, weeks_to};
