//! What is done when an offering, or an action of it, is asked for.

use serde_json::Value;

use super::{
    Action, Approval, Definition, Effect, Guardrail, Output, Parameters, Policy, Scope, Step, Verdict,
    secrets, upgrade, verdict,
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
        if action.effect == Effect::Upgrade {
            return Self::upgrade(definition, action);
        }
        Some(Self {
            parameters: Parameters::read(action.parameters.clone()).ok()?,
            guardrails: action.guardrails.clone(),
            approvals: action.approvals.clone(),
            steps: action.steps.clone(),
            outputs: action.outputs.clone(),
            effect: Some(action.effect),
        })
    }

    /// An upgrade asks for what the offering asks for now, and has to keep its guardrails as well as its own. The offering's
    /// approvals are asked for by those alone: who had to agree that it is made agreed.
    fn upgrade(definition: &Definition, action: &Action) -> Option<Self> {
        let mut guardrails = action.guardrails.clone();
        let more = definition.guardrails.iter().filter(|g| guardrails.iter().all(|own| own.name != g.name));
        let more: Vec<_> = more.cloned().collect();
        guardrails.extend(more);
        let mut approvals = action.approvals.clone();
        let more = definition.approvals.iter().filter(|a| approvals.iter().all(|own| own.name != a.name));
        let more: Vec<_> = more.map(|approval| Approval { when: None, ..approval.clone() }).collect();
        approvals.extend(more);
        Some(Self {
            parameters: upgrade::parameters(definition, action)?,
            guardrails,
            approvals,
            steps: action.steps.clone(),
            outputs: action.outputs.clone(),
            effect: Some(action.effect),
        })
    }

    /// What policy says. No value of a secret parameter is in it.
    pub(super) async fn judge(&self, scope: Scope, waived: Vec<String>) -> Result<Verdict> {
        let hidden = match scope.get("params").and_then(Value::as_object) {
            Some(params) => secrets::texts(&secrets::split(&self.parameters, params.clone()).secret),
            None => Vec::new(),
        };
        let mut verdict = self.ask(scope, waived).await?;
        verdict.hide(&hidden);
        Ok(verdict)
    }

    /// Expressions are bounded, and still not for a thread that others wait for.
    async fn ask(&self, scope: Scope, waived: Vec<String>) -> Result<Verdict> {
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
