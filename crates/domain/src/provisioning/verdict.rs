//! What policy says of a request: a function of the offering's definition and the facts, asked as the person types, before it
//! is handed in, and again before it runs.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    definition::{Approval, Guardrail, Otherwise},
    expression::{self, Scope},
    parameters::{Misfit, Parameters},
    secrets::{all_hidden, hidden},
    text,
};

/// What policy says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Parameters that do not fit: nothing else is asked while there are any.
    pub misfits: Vec<(String, String)>,
    /// What each guardrail says.
    pub guardrails: Vec<Said>,
    /// Whose word is needed: names of the approvals, and why.
    pub approvals: Vec<Needed>,
}

/// What a guardrail says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Which.
    pub guardrail: String,
    /// How it came out.
    pub outcome: Outcome,
    /// It in human language.
    pub message: String,
    /// The parameter to change.
    pub parameter: Option<String>,
}

/// How a guardrail came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It holds.
    Fits,
    /// It does not, and somebody allowed that until a day.
    Waived,
    /// It does not, and that is only told.
    Warns,
    /// It does not, and people have to agree.
    Asks,
    /// It does not, and so it is not made.
    Stops,
    /// It could not be decided: a fault of the offering, and so it is not made.
    Broken,
}

/// Whose word is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needed {
    /// The approval's name.
    pub approval: String,
    /// Why.
    pub because: String,
}

impl Verdict {
    /// Whether it may not be made as it is.
    pub fn stops(&self) -> bool {
        !self.misfits.is_empty()
            || self.guardrails.iter().any(|s| matches!(s.outcome, Outcome::Stops | Outcome::Broken))
    }

    /// Takes secrets out of all that it says: a message may quote a parameter, and a misfit what was typed.
    pub(super) fn hide(&mut self, secrets: &[String]) {
        if secrets.is_empty() {
            return;
        }
        for (_, message) in &mut self.misfits {
            *message = all_hidden(message, secrets);
        }
        let said = self.guardrails.iter_mut().map(|said| &mut said.message);
        let needed = self.approvals.iter_mut().map(|needed| &mut needed.because);
        for message in said.chain(needed) {
            *message = hidden(message, secrets);
        }
    }
}

/// What is asked of a request.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'d> {
    /// What fits.
    pub parameters: &'d Parameters,
    /// What has to hold.
    pub guardrails: &'d [Guardrail],
    /// Who has to agree.
    pub approvals: &'d [Approval],
}

/// What policy says of these facts. `waived` are the guardrails that need not hold for it.
pub fn verdict(policy: Policy<'_>, scope: &Scope, waived: &[&str]) -> Verdict {
    let given = scope.get("params").cloned().unwrap_or(Value::Null);
    let misfits = policy.parameters.misfits(&given);
    if !misfits.is_empty() {
        let misfits = misfits.into_iter().map(|Misfit { parameter, message }| (parameter, message)).collect();
        return Verdict { misfits, guardrails: Vec::new(), approvals: Vec::new() };
    }
    let sources: Vec<_> = policy.guardrails.iter().map(|g| g.ensure.as_str()).collect();
    let values = expression::evaluate_all(&sources, scope);
    let said: Vec<_> = policy
        .guardrails
        .iter()
        .zip(values)
        .map(|(guardrail, value)| {
            let holds = value.and_then(|value| expression::truth(&guardrail.ensure, value));
            say(guardrail, holds, scope, waived)
        })
        .collect();
    let approvals = needed(policy, &said, scope);
    Verdict { misfits: Vec::new(), guardrails: said, approvals }
}

fn say(
    guardrail: &Guardrail,
    holds: Result<bool, expression::Fault>,
    scope: &Scope,
    waived: &[&str],
) -> Said {
    let (outcome, message) = match (holds, guardrail.otherwise) {
        (Err(fault), _) => {
            (Outcome::Broken, format!("This cannot be decided, which is a fault of the offering: {fault}"))
        }
        (Ok(true), _) => (Outcome::Fits, filled(guardrail.fits.as_deref().unwrap_or(&guardrail.name), scope)),
        (Ok(false), _) if waived.contains(&guardrail.name.as_str()) => {
            (Outcome::Waived, filled(&guardrail.message, scope))
        }
        (Ok(false), Otherwise::Warn) => (Outcome::Warns, filled(&guardrail.message, scope)),
        (Ok(false), Otherwise::Approve) => (Outcome::Asks, filled(&guardrail.message, scope)),
        (Ok(false), Otherwise::Deny) => (Outcome::Stops, filled(&guardrail.message, scope)),
    };
    Said { guardrail: guardrail.name.clone(), outcome, message, parameter: guardrail.parameter.clone() }
}

/// A message with its expressions; as it is written if they have no value.
fn filled(message: &str, scope: &Scope) -> String {
    match text::fill(&Value::String(message.to_owned()), scope) {
        Ok(Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => message.to_owned(),
    }
}

/// Those whom a guardrail asks for, and those who are needed by a condition of their own. A condition that cannot be decided
/// asks: better one word too many.
fn needed(policy: Policy<'_>, said: &[Said], scope: &Scope) -> Vec<Needed> {
    let mut found = Vec::new();
    for approval in policy.approvals {
        let asked: Vec<_> = policy
            .guardrails
            .iter()
            .zip(said)
            .filter(|(g, s)| s.outcome == Outcome::Asks && g.approvals.contains(&approval.name))
            .map(|(_, s)| s.message.clone())
            .collect();
        let by_itself =
            approval.when.as_deref().is_some_and(|when| expression::holds(when, scope).unwrap_or(true));
        if by_itself {
            found.push(Needed { approval: approval.name.clone(), because: filled(&approval.because, scope) });
        } else if !asked.is_empty() {
            found.push(Needed { approval: approval.name.clone(), because: asked.join(" ") });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::provisioning::definition::{Definition, Need};

    fn definition() -> Definition {
        serde_json::from_value(json!({
            "owner": "data-platform", "stage": "general", "experience": "package-with-standard-infrastructure-code",
            "sharing": "packaged-service",
            "parameters": { "type": "object", "required": ["name"], "properties": {
                "name": { "type": "string" }, "size": { "enum": ["small", "large"], "default": "small" },
                "region": { "enum": ["eu-west", "us-east"], "default": "eu-west" }, "personal": { "type": "boolean", "default": false },
            } },
            "cost": { "monthly": "params.size == 'large' ? 402 : 31", "currency": "EUR" },
            "guardrails": [
                { "name": "quota", "ensure": "existing.count < 5", "otherwise": "deny",
                  "message": "${{ team.name }} has ${{ existing.count }} of 5; remove one first" },
                { "name": "in-the-eu", "ensure": "!params.personal || params.region.startsWith('eu-')", "otherwise": "approve",
                  "message": "Customer data outside the EU. Choose eu-west and no approval is needed.", "approvals": ["privacy"],
                  "parameter": "region" },
                { "name": "cheap", "ensure": "cost < 200", "otherwise": "warn", "message": "€${{ cost }} a month", "fits": "€${{ cost }} a month" },
            ],
            "approvals": [
                { "name": "privacy", "because": "-", "by": ["person:jonas.beck"] },
                { "name": "lead", "when": "cost > 300", "because": "it costs €${{ cost }} a month", "by": ["lead"] },
            ],
            "steps": [{ "id": "make", "uses": "postgres.database", "with": { "name": "${{ params.name }}" } }],
        }))
        .unwrap()
    }

    fn say(params: &Value, existing: i64, waived: &[&str]) -> Verdict {
        let definition = definition();
        assert_eq!(definition.problems(&["postgres.database"]), []);
        let parameters = definition.parameters().unwrap();
        let params = Value::Object(parameters.with_defaults(params.as_object().unwrap()));
        let scope = Scope::default()
            .with("params", params)
            .with("team", json!({ "name": "Basket" }))
            .with("existing", json!({ "count": existing }));
        let cost = definition.monthly_cost(&scope);
        let scope = scope.with("cost", json!(cost));
        let policy = Policy {
            parameters: &parameters,
            guardrails: &definition.guardrails,
            approvals: &definition.approvals,
        };
        verdict(policy, &scope, waived)
    }

    fn outcomes(verdict: &Verdict) -> Vec<Outcome> {
        verdict.guardrails.iter().map(|s| s.outcome).collect()
    }

    #[test]
    fn what_fits_goes_through_without_a_word() {
        let said = say(&json!({ "name": "a" }), 0, &[]);
        assert!(!said.stops() && said.approvals.is_empty(), "{said:?}");
        assert_eq!(outcomes(&said), [Outcome::Fits; 3]);
        assert_eq!(said.guardrails[2].message, "€31 a month");
    }

    #[test]
    fn says_who_has_to_agree_and_why() {
        let said =
            say(&json!({ "name": "a", "size": "large", "region": "us-east", "personal": true }), 0, &[]);
        assert_eq!(outcomes(&said), [Outcome::Fits, Outcome::Asks, Outcome::Warns]);
        let needed: Vec<_> =
            said.approvals.iter().map(|n| (n.approval.as_str(), n.because.as_str())).collect();
        assert_eq!(
            needed[0],
            ("privacy", "Customer data outside the EU. Choose eu-west and no approval is needed.")
        );
        assert_eq!(needed[1].0, "lead");
        assert!(!said.stops());
    }

    #[test]
    fn a_denial_says_what_to_change_and_a_waiver_lifts_it() {
        let said = say(&json!({ "name": "a" }), 5, &[]);
        assert!(said.stops());
        assert_eq!(said.guardrails[0].message, "Basket has 5 of 5; remove one first");
        let said = say(&json!({ "name": "a" }), 5, &["quota"]);
        assert_eq!((said.stops(), said.guardrails[0].outcome), (false, Outcome::Waived));
    }

    #[test]
    fn what_does_not_fit_is_said_before_all_else() {
        let said = say(&json!({ "size": "huge" }), 9, &[]);
        assert!(said.stops() && said.guardrails.is_empty() && said.misfits.len() == 2, "{said:?}");
    }

    /// Fails closed: a guardrail that cannot be decided stops, an approval that cannot be decided is asked for.
    #[test]
    fn what_cannot_be_decided_does_not_let_through() {
        let mut definition = definition();
        definition.guardrails[0].ensure = "team.quota > existing.count".into();
        definition.approvals[1].when = Some("team.quota > 3".into());
        let parameters = definition.parameters().unwrap();
        let scope = Scope::default()
            .with("params", json!({ "name": "a", "personal": false, "size": "small", "region": "eu-west" }))
            .with("team", json!({ "name": "Basket" }))
            .with("existing", json!({ "count": 1 }))
            .with("cost", json!(1));
        let policy = Policy {
            parameters: &parameters,
            guardrails: &definition.guardrails,
            approvals: &definition.approvals,
        };
        let said = verdict(policy, &scope, &[]);
        assert_eq!(said.guardrails[0].outcome, Outcome::Broken);
        assert!(said.stops());
        assert_eq!(said.approvals[0].approval, "lead");
    }

    #[test]
    fn everything_wrong_with_a_definition_is_said_where_it_is() {
        let mut wrong = definition();
        wrong.stage = super::super::definition::Stage::Deprecated;
        wrong.guardrails[1].approvals = vec!["nobody".into()];
        wrong.guardrails[2].name = "quota".into();
        wrong.approvals[0].by = vec!["boss".into()];
        wrong.approvals[0].need = Need::All;
        wrong.steps[0].uses = "magic".into();
        wrong.steps[0].input = json!({ "name": "${{ parms.name }}" });
        wrong.cost.as_mut().unwrap().monthly = "params.size ==".into();
        let said: Vec<_> = wrong.problems(&["postgres.database"]).into_iter().map(|p| p.field).collect();
        for field in [
            "spec.replacement",
            "spec.cost.monthly",
            "spec.guardrails[2]",
            "spec.guardrails[1].approvals",
            "spec.approvals[0].by",
            "spec.steps[0].uses",
            "spec.steps[0].with.name",
        ] {
            assert!(said.iter().any(|s| s == field), "{field}: {said:?}");
        }
    }

    proptest! {
        /// More allowed never makes a verdict worse.
        #[test]
        fn a_waiver_never_stops(existing in 0..9_i64, personal: bool, large: bool) {
            let params = json!({ "name": "a", "personal": personal, "region": "us-east", "size": if large { "large" } else { "small" } });
            let plain = say(&params, existing, &[]);
            let waived = say(&params, existing, &["quota", "in-the-eu"]);
            prop_assert!(!waived.stops());
            prop_assert!(waived.approvals.len() <= plain.approvals.len());
        }
    }
}
