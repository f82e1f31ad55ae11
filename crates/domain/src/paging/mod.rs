//! Alerts become pages, and pages reach people.
//!
//! What monitoring tells ([`Incoming`]) by an [`Integration`] changes a group of alerts ([`Group`], a pure function that no
//! repeat, cut or odd order can fool). What fires opens a page of the service that its labels name ([`take_in`]); a person
//! may page too ([`raise`]). A page goes through the steps of a [`Plan`] until somebody is on it: the worker asks
//! [`advance`] at each instant that is due, and when a notice arrived or failed. Each act of a person ([`acknowledge`],
//! [`resolve`], [`judge`], …) is asked of one pure transition ([`State`]) under the lock of the page's row.
//!
//! Maintenance ([`plan_maintenance`]) keeps a service's pages quiet and visible. At the change of a shift there is a note
//! ([`hand_over`]).

mod act;
mod escalate;
mod group;
mod hand_over;
mod incoming;
mod intake;
mod integration;
mod maintenance;
mod next;
mod open;
mod policy;
mod raise;
mod read;
mod record;
mod state;
mod store;
mod twice;
mod waits;
mod who;

pub use act::{Responder, acknowledge, add_responder, judge, note, reassign, resolve};
pub use escalate::advance;
pub use group::{Effects, Group};
pub use hand_over::{
    Filter as HandOverFilter, HandOver, HandOverView, hand_over, hand_overs, hand_overs_now,
    prepare_hand_overs, write_hand_over,
};
pub use incoming::{Incoming, IncomingAlert, Says, Severity};
pub use intake::{Taken, take_in};
pub use integration::{
    Integration, IntegrationKind, KEY_PREFIX, Keyed, MadeIntegration, NewIntegration, Route,
    create_integration, edit_integration, integration, integrations, note_refusal, open_integration,
    revoke_integration,
};
pub use maintenance::{
    Filter as WindowFilter, NewWindow, WINDOW_OVER, Window, WindowJob, end_maintenance, plan_maintenance,
    sweep_maintenance, window, window_over, windows, windows_around, windows_now,
};
pub use next::{IfNoAnswer, if_no_answer, next_of};
pub use open::{PageJob, STEP};
pub use policy::{
    Because, Given, Leaving, MOST_STEPS, NamedStep, NewPolicy, NewStep, NewTarget, Next, Plan, Policy,
    PolicyStep, Progress, Reached, Replacement, Step, StepTarget, Target, Way, assign_policy, close_policy,
    create_policy, edit_policy, leaving, policies, policy, preview_replacement, related_team, replace_person,
    services_of, set_related_team, step_words, way,
};
pub use raise::{NewPage, Preview, Whom, preview, raise};
pub use read::{Filter, find, list, live_on, paged, view, waiting};
pub use record::{Alert, EventKind, PageEvent, Paged, PagedView, Urgency};
pub use state::{Judgement, Move, State};
pub use twice::{PolicyName, ToldTwice, told_twice};
pub use waits::{may_act_on, on_me, to_judge};
pub use who::Reach;
