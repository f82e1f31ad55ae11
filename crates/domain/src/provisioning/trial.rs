//! Expressions tried before anybody asks: with a made-up request that fits the schema. What can never have a value (a text
//! that is multiplied, a condition that is a number) is told to whoever writes the offering, not to whoever asks for it.

use serde_json::{Map, Value, json};

use super::{Approval, Definition, Guardrail, expression, expression::Scope, facts};

/// Deepest that a schema is followed.
const DEEPEST: usize = 6;

/// Where a try went wrong, and what is wrong there.
pub(super) fn problems(definition: &Definition) -> Vec<(String, String)> {
    let mut trial = Trial { scope: made_up(definition.parameters.as_ref(), None), found: Vec::new() };
    if let Some(cost) = &definition.cost {
        trial.number("cost.monthly", &cost.monthly);
    }
    if let Some(after) = definition.expiry.as_ref().and_then(|expiry| expiry.after_days.as_deref()) {
        trial.number("expiry.afterDays", after);
    }
    trial.conditions("", &definition.guardrails, &definition.approvals);
    for (n, action) in definition.actions.iter().enumerate() {
        trial.scope = made_up(action.parameters.as_ref(), definition.parameters.as_ref());
        trial.conditions(&format!("actions[{n}]."), &action.guardrails, &action.approvals);
    }
    trial.found
}

struct Trial {
    scope: Scope,
    found: Vec<(String, String)>,
}

impl Trial {
    fn conditions(&mut self, at: &str, guardrails: &[Guardrail], approvals: &[Approval]) {
        for (n, guardrail) in guardrails.iter().enumerate() {
            self.condition(format!("{at}guardrails[{n}].ensure"), &guardrail.ensure);
        }
        for (n, approval) in approvals.iter().enumerate() {
            if let Some(when) = &approval.when {
                self.condition(format!("{at}approvals[{n}].when"), when);
            }
        }
    }

    fn condition(&mut self, field: String, source: &str) {
        match expression::evaluate(source, &self.scope) {
            Ok(Value::Bool(_)) => {}
            Ok(other) => {
                self.found.push((field, format!("must be true or false, and is {other} for a request")));
            }
            Err(fault) if fault.is_of_kinds() => self.found.push((field, fault.to_string())),
            Err(_) => {}
        }
    }

    fn number(&mut self, field: &str, source: &str) {
        match expression::evaluate(source, &self.scope) {
            Ok(Value::Number(_) | Value::Null) => {}
            Ok(other) => {
                self.found.push((field.into(), format!("must be a number, and is {other} for a request")));
            }
            Err(fault) if fault.is_of_kinds() => self.found.push((field.into(), fault.to_string())),
            Err(_) => {}
        }
    }
}

/// A request with all that it may give; with `made`, of an action on something made with those parameters.
fn made_up(parameters: Option<&Value>, made: Option<&Value>) -> Scope {
    let params = |schema: Option<&Value>| schema.and_then(|s| sample(s, 0)).unwrap_or_else(|| json!({}));
    facts::made_up(params(parameters), made.map(|made| params(Some(made))))
}

/// A value that fits a schema, as far as that is easily told; none if it is not.
fn sample(schema: &Value, depth: usize) -> Option<Value> {
    let first = |key: &str| schema.get(key)?.as_array()?.first();
    let given = schema.get("default").or_else(|| schema.get("const")).or_else(|| first("enum"));
    if let Some(given) = given.or_else(|| first("examples")) {
        return Some(given.clone());
    }
    let least = schema.get("minimum").and_then(Value::as_f64);
    Some(match schema.get("type")?.as_str()? {
        "string" => json!("a"),
        "boolean" => json!(false),
        // neither whole nor even: what is reckoned with it must take such numbers
        "number" => json!(least.unwrap_or(1.0) + 0.5),
        "integer" => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        "array" if depth < DEEPEST => json!(
            schema.get("items").and_then(|of| sample(of, depth + 1)).map_or_else(Vec::new, |one| vec![one])
        ),
        "object" if depth < DEEPEST => {
            let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            let fields = properties.filter_map(|(name, of)| Some((name.clone(), sample(of, depth + 1)?)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(cost: &str, ensure: &str, when: &str) -> Vec<(String, String)> {
        let definition = json!({
            "owner": "platform", "stage": "general", "experience": "call-an-api", "sharing": "shared-code",
            "parameters": { "type": "object", "properties": {
                "gb": { "type": "integer", "minimum": 5 }, "price": { "type": "number" }, "name": { "type": "string" },
                "zones": { "type": "array", "items": { "type": "string" } } } },
            "cost": { "monthly": cost, "currency": "EUR" },
            "guardrails": [{ "name": "g", "ensure": ensure, "otherwise": "deny", "message": "No." }],
            "approvals": [{ "name": "a", "when": when, "because": "-", "by": ["lead"] }],
            "steps": [],
        });
        problems(&serde_json::from_value(definition).expect("a definition"))
    }

    #[test]
    fn what_can_never_have_a_value_is_told_to_whoever_writes_it() {
        let fine = (
            "params.gb * 0.5",
            "size(params.name) < 9 && cost < 20.0",
            "params.price > 3.0 || team.slug == 'a'",
        );
        assert_eq!(said(fine.0, fine.1, fine.2), []);
        assert_eq!(
            said("params.zones.size() * 3", "params.zones.all(z, z.startsWith('a'))", "has(params.gone)"),
            []
        );
        for (cost, ensure, when, field, words) in [
            ("params.name", fine.1, fine.2, "cost.monthly", "must be a number, and is \"a\""),
            ("params.name * 3", fine.1, fine.2, "cost.monthly", "has no value"),
            (fine.0, "params.gb + 1", fine.2, "guardrails[0].ensure", "must be true or false, and is 6"),
            (fine.0, "params.name <= 100", fine.2, "guardrails[0].ensure", "has no value"),
            (fine.0, fine.1, "params.price", "approvals[0].when", "must be true or false, and is 1.5"),
        ] {
            let found = said(cost, ensure, when);
            assert!(found.len() == 1 && found[0].0 == field && found[0].1.contains(words), "{found:?}");
        }
    }
}
