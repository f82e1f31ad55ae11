//! Self-service: what can be had without a ticket, who asked for it, what came of it, and what exists since.
//!
//! An offering's document ([`Definition`]) is written by a platform team: parameters ([`Parameters`]), guardrails and conditions
//! in CEL ([`Scope`]), steps. What policy says to a request is [`verdict`], how a request stands is [`State::after`]: both are
//! functions of values.

mod definition;
mod expression;
mod jinja;
mod jinja_filters;
mod jinja_scan;
mod nunjucks;
mod parameters;
mod repository;
mod state;
mod text;
mod verdict;

pub use definition::{
    API_VERSION, Action, Approval, Cost, Definition, Effect, Experience, Expiry, FACTS, Guardrail, Makes,
    Need, OnFailure, Otherwise, Output, STEP_FACTS, Sharing, Stage, Step, Syntax,
};
pub use expression::{Fault, Scope};
pub use jinja::{Braces, render};
pub use nunjucks::is_true;
pub use parameters::{Choice, Field, FieldKind, Misfit, Parameters, Picker};
pub use repository::Repository;
pub use state::{Move, State};
pub use verdict::{Needed, Outcome, Policy, Said, Verdict, verdict};
