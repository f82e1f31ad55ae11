//! What the steps of an offering are done by. An executor is one file here and one line in [`EXECUTORS`].
//!
//! A step has a [key](Attempt::key) that is the same at each of its attempts, also after whoever did it died in the middle: an
//! executor marks what it makes with it, finds its own work again, and makes nothing twice. [`Executor::undo`] takes away what
//! bears the key, whether or not the step came so far as to say what it made. What could not be told afterwards from what is
//! outside is written down before it is done ([`Keep`]).
//!
//! Executors know neither the portal's database nor who asked; what they may use is the operator's [`Equipment`].

mod equipment;
mod git_scaffold;
mod http;
mod input;
mod keep;
mod log;
mod note;
mod postgres;
#[cfg(test)]
mod served;
mod terraform;
mod wait;

use std::{collections::BTreeMap, pin::Pin, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

pub use equipment::{Equipment, GitHost, Hidden, Terraform};
pub use keep::Keep;
pub use log::{Line, Lines, Log, Masker};
pub use postgres::Server as PostgresServer;

/// Something that does steps.
#[derive(Clone, Copy)]
pub struct Executor {
    /// Its name in `uses`: `postgres.database`.
    pub name: &'static str,
    /// What it does, in a line.
    pub about: &'static str,
    /// What is wrong with the input that an offering gives it, for whoever writes the offering: before anything is filled in.
    pub check: fn(&Value) -> Vec<String>,
    /// Does a step.
    pub run: fn(Attempt) -> Doing,
    /// How what it made is taken away.
    pub undo: Undo,
}

/// How what a step made is taken away.
#[derive(Clone, Copy)]
pub enum Undo {
    /// By this.
    By(fn(Attempt) -> Doing),
    /// It makes nothing.
    Nothing,
    /// It is not: what it did stays.
    Never {
        /// What stays, in a sentence.
        why: &'static str,
        /// What to do about it, in a sentence.
        next: &'static str,
    },
}

impl Executor {
    /// Takes away what a step made, or says that it stays. A step that left no word was never at it.
    pub fn take_back(&self, attempt: Attempt) -> Doing {
        match self.undo {
            Undo::By(undo) => undo(attempt),
            Undo::Never { why, next } if attempt.effect.is_some() => {
                Box::pin(async move { Err(Failed::platform(why, next)) })
            }
            Undo::Nothing | Undo::Never { .. } => Box::pin(async { Ok(Ended::done()) }),
        }
    }
}

/// A step being done or undone.
pub type Doing = Pin<Box<dyn Future<Output = Result<Ended, Failed>> + Send>>;

/// What a step hands on: outputs for all, and secrets.
type HandedOn = (Map<String, Value>, BTreeMap<String, String>);

/// All of them.
pub const EXECUTORS: &[Executor] = &[
    http::EXECUTOR,
    postgres::DATABASE,
    postgres::ROTATE,
    postgres::LIMITS,
    postgres::DROP,
    git_scaffold::EXECUTOR,
    note::EXECUTOR,
    terraform::EXECUTOR,
    wait::EXECUTOR,
];

/// The executor of a name.
pub fn named(name: &str) -> Option<&'static Executor> {
    EXECUTORS.iter().find(|e| e.name == name)
}

/// One attempt of a step.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Of the step: the same at each attempt.
    pub key: Uuid,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// What it is given, with all expressions filled in. What people typed is in it: it is data, never a program or a name
    /// that is not checked.
    pub input: Value,
    /// What an attempt before said that it left behind ([`Ended`], [`Failed`]); none if none said anything.
    pub effect: Option<Value>,
    /// For whom.
    pub job: JobFacts,
    /// How long this attempt may take; it is cut off then.
    pub within: Duration,
    /// Where it writes down what it is about to leave behind.
    pub keep: Keep,
    /// Where progress is told. What is in it is read by people: no secret, and nothing they cannot use.
    pub log: Log,
    /// What it may work with.
    pub equipment: Arc<Equipment>,
}

/// For whom and what a step is done.
#[derive(Debug, Clone, Default)]
pub struct JobFacts {
    /// Number of the provisioning request.
    pub request: i64,
    /// Name of the offering.
    pub offering: String,
    /// Handle of whoever asked; `system` if nobody did.
    pub requester: String,
    /// Slug of the team it is for.
    pub team: String,
    /// Where somebody outside may tell that the step is done; opens by itself.
    pub callback: String,
    /// What was told there.
    pub called_back: Option<Value>,
    /// Key of the request that made, or makes, what this is about: a mark on what is made, known again by the actions on it.
    pub maker: Uuid,
    /// Whether it is done to something that exists already.
    pub acts: bool,
    /// Which turn of the step this is: a later one has a larger number.
    pub turn: i64,
    /// The Terraform state that the step works on.
    pub state: StateFacts,
}

/// Where Terraform keeps the state of what a step makes, and what is known of it.
#[derive(Debug, Clone, Default)]
pub struct StateFacts {
    /// The address of this portal's HTTP backend; nothing for a step that works on no state.
    pub address: String,
    /// The password for it (the user name is `portolan`).
    pub password: String,
    /// Whether an attempt before still holds it: it was cut off while it worked.
    pub held: bool,
    /// What a plan of the same run said would be done.
    pub planned: Option<Value>,
    /// To undo an action: what the step was given that applied the state before.
    pub former: Option<Value>,
}

/// How an attempt ended that did not fail.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// It is done.
    Done {
        /// What later steps and outputs may name: `steps.ID.NAME`.
        outputs: Map<String, Value>,
        /// The same, but for nobody's eyes: kept encrypted, masked in logs.
        secrets: BTreeMap<String, String>,
        /// What it left behind: what undoing needs to know.
        effect: Value,
    },
    /// It is on its way: come again after this long (or when it is called back), with this as [`Attempt::effect`]. That is no
    /// failed attempt.
    Later {
        /// How long.
        after: Duration,
        /// What to know then.
        effect: Value,
    },
}

impl Ended {
    /// Done, with nothing to tell.
    pub fn done() -> Self {
        Self::Done { outputs: Map::new(), secrets: BTreeMap::new(), effect: Value::Null }
    }
}

/// Whose turn it is when something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// Whoever asked: something they gave cannot be.
    Input,
    /// The offering's team: its steps, its equipment.
    Platform,
    /// A system that neither of them runs.
    Outside,
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Failed {
    /// Whose turn it is.
    pub fault: Fault,
    /// What happened, in a sentence.
    pub why: String,
    /// What to do about it, in a sentence.
    pub next: String,
    /// Whether another attempt may do it.
    pub again: bool,
    /// What it left behind, if anything.
    pub effect: Option<Box<Value>>,
}

impl Failed {
    /// What was given cannot be.
    pub fn input(why: impl Into<String>, next: impl Into<String>) -> Self {
        Self { fault: Fault::Input, why: why.into(), next: next.into(), again: false, effect: None }
    }

    /// The offering or its equipment is wrong.
    pub fn platform(why: impl Into<String>, next: impl Into<String>) -> Self {
        Self { fault: Fault::Platform, why: why.into(), next: next.into(), again: false, effect: None }
    }

    /// Somebody else's system did not do its part; it may the next time.
    pub fn outside(why: impl Into<String>, next: impl Into<String>) -> Self {
        Self { fault: Fault::Outside, why: why.into(), next: next.into(), again: true, effect: None }
    }

    /// The same, and another attempt may do it.
    #[must_use]
    pub fn once_more(self) -> Self {
        Self { again: true, ..self }
    }

    /// The same, with what it left behind.
    #[must_use]
    pub fn leaving(self, effect: Value) -> Self {
        Self { effect: Some(Box::new(effect)), ..self }
    }
}
