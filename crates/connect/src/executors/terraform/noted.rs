//! What attempts write down: how far they came, for whoever comes after them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::executors::Attempt;

/// A version of a state, as Terraform counts them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Version {
    serial: u64,
    lineage: String,
}

/// What attempts write down, beside what the portal wrote down of the state.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Noted {
    /// The state before anything was changed; none as long as nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<Version>,
    /// Whether Terraform is at work, and has not come to an end.
    pub(super) applying: bool,
    /// Whether it was cut off at work, and nobody looked since.
    pub(super) cut: bool,
    /// What a plan comes to, in a word that is the same for the same plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) planned: Option<String>,
}

impl Noted {
    pub(super) fn of(attempt: &Attempt) -> Self {
        attempt.effect.as_ref().and_then(|effect| Self::deserialize(effect).ok()).unwrap_or_default()
    }

    /// Beside what stands there already.
    pub(super) fn kept(&self, attempt: &Attempt) -> Value {
        let mut effect = attempt.effect.clone().filter(Value::is_object).unwrap_or_else(|| json!({}));
        if let (Some(effect), Value::Object(own)) = (effect.as_object_mut(), json!(self)) {
            effect.extend(own);
        }
        effect
    }

    /// Terraform lets its lock go when it ends: whoever died while it worked left it locked.
    pub(super) fn was_cut_off(&self, attempt: &Attempt) -> bool {
        self.applying && attempt.job.state.held
    }
}
