//! Self-service: what can be had without a ticket, who asked for it, what came of it, and what exists since.
//!
//! A platform team writes an offering ([`write_offering`]): a [`Definition`] with parameters, guardrails and conditions in
//! CEL, and steps. Somebody looks what would come of asking ([`check`]) and asks ([`submit`]); people whose word is needed
//! [`decide`]; the worker takes [`turn`] after turn until it is there, and everything that was made is a [`Resource`] with
//! an owner, an end and actions ([`act`]) of its own. What policy says is [`verdict`], how a request stands is
//! [`State::after`]: both are functions of values.

mod approval;
mod ask;
mod backstage;
mod definition;
mod executors;
mod expression;
mod facts;
mod jinja;
mod jinja_filters;
mod jinja_scan;
mod nunjucks;
mod offering;
mod parameters;
mod picked;
mod plan;
mod record;
mod repository;
mod request;
mod resource;
mod resource_states;
mod run;
mod secrets;
mod state;
mod state_work;
mod store;
mod takeover;
mod tell;
mod terraform_state;
mod text;
mod trial;
mod upgrade;
mod verdict;
mod waiver;
mod weigh;

pub use approval::{approval_of, approvals, decide, delegate, sweep_approvals, waits_on_me};
pub use ask::{act, check, check_action, discard, save_draft, submit, submit_draft};
pub use backstage::{BACKSTAGE_API_VERSION, from_backstage};
pub use definition::{
    API_VERSION, Action, Approval, Cost, Definition, Effect, Experience, Expiry, FACTS, Guardrail, Makes,
    Need, OnFailure, Otherwise, Output, STEP_FACTS, Sharing, Stage, Step, SupportLevel, Syntax,
};
pub use executors::{ExecutorFacts, Executors};
pub use expression::{Fault, Scope};
pub use jinja::{Braces, render};
pub use nunjucks::is_true;
pub use offering::{
    Document, figures, given_up, look_at_document, may_edit_offering, offering, offering_at, offerings,
    try_offering, versions, write_offering,
};
pub use parameters::{Choice, Field, FieldKind, Misfit, Parameters, Picker};
pub use picked::USUAL_ENVIRONMENTS;
pub use record::{
    ApprovalOf, ApprovalState, Approver, Blame, Checked, Credential, Failure, Figures, Foreseen, GivenUp,
    Holdings, Listed, LogLine, NewRequest, Offering, OfferingName, Request, RequestFilter, Resource,
    ResourceFilter, ResourceName, ResourceState, ServiceName, StepOf, StepState, VersionLine, WaitsOn,
    Waiver, WaiverState, Wish, Written,
};
pub use repository::Repository;
pub use request::{
    RequestRights, ask_support, cancel, log, log_end, rate, request, request_of_support, requests,
    results_of_mine, retry, rights, steps, stopped_for_me, undo, whom_to_ask,
};
pub use resource::{
    credentials, holdings, may_reveal, may_use_resource, renew, resource, resource_of, resources, reveal,
    sweep_resources,
};
pub use resource_states::{StateOf, export_state, may_export_state, restore_state, states_of};
pub use run::{
    Came, OnState, RUN, RunJob, Todo, Turn, callback, came, give_up, leave, say, sweep_runs, turn,
};
pub use state::{Move, State};
pub use takeover::{Module, Takeover, takeover};
pub use terraform_state::{
    Held, Locked, Locker, MOST_STATE, OpenState, STATE_USER, StateVersion, forget_state, lock_id, lock_state,
    open_state, read_state, state_password, unlock_state, write_state,
};
pub use text::Piece;
pub use upgrade::{ActionForm, action_form};
pub use verdict::{Needed, Outcome, Policy, Said, Verdict, verdict};
pub use waiver::{NewWaiver, ask_waiver, decide_waiver, end_waiver, waivers, waivers_on_me};
pub use weigh::{Difference, Weighed, weigh};
