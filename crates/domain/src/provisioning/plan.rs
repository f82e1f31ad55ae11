//! What is done when an offering, or an action of it, is asked for.

use super::{
    Action, Approval, Definition, Effect, Guardrail, Output, Parameters, Policy, Scope, Step, Verdict,
    verdict,
};
use crate::{Error, Result};

/// What an offering and its actions have in common.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) parameters: Parameters,
    pub(super) guardrails: Vec<Guardrail>,
    pub(super) approvals: Vec<Approval>,
    pub(super) steps: Vec<Step>,
    pub(super) outputs: Vec<Output>,
    /// What becomes of what exists; none: something new is made.
    pub(super) effect: Option<Effect>,
}

impl Plan {
    /// Of the offering itself, or of an action; none if there is no such action.
    pub(super) fn of(definition: &Definition, action: Option<&str>) -> Option<Self> {
        let Some(name) = action else {
            return Some(Self {
                parameters: definition.parameters()?,
                guardrails: definition.guardrails.clone(),
                approvals: definition.approvals.clone(),
                steps: definition.steps.clone(),
                outputs: definition.outputs.clone(),
                effect: None,
            });
        };
        let action: &Action = definition.actions.iter().find(|a| a.name == name)?;
        Some(Self {
            parameters: Parameters::read(action.parameters.clone()).ok()?,
            guardrails: action.guardrails.clone(),
            approvals: action.approvals.clone(),
            steps: action.steps.clone(),
            outputs: action.outputs.clone(),
            effect: Some(action.effect),
        })
    }

    /// What policy says. Expressions are bounded, and still not for a thread that others wait for.
    pub(super) async fn judge(&self, scope: Scope, waived: Vec<String>) -> Result<Verdict> {
        let plan = self.clone();
        tokio::task::spawn_blocking(move || {
            let policy = Policy {
                parameters: &plan.parameters,
                guardrails: &plan.guardrails,
                approvals: &plan.approvals,
            };
            let waived: Vec<_> = waived.iter().map(String::as_str).collect();
            verdict(policy, &scope, &waived)
        })
        .await
        .map_err(|_| Error::Unavailable("asking the guardrails was interrupted; try again".into()))
    }
}
