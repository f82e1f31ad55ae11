//! What differs between two versions of a descriptor, field by field, short enough for the log.

use serde_json::{Map, Value};

use crate::activity::Changed;

/// Longest text of a value in the log; what is longer is cut.
const LONGEST: usize = 300;

/// Fields that differ. `spec.owner` is left out: ownership speaks for itself.
pub(in crate::catalog) fn difference(before: &Value, after: &Value) -> Vec<Changed> {
    let mut changes = Vec::new();
    let part = |document: &Value, key: &str| {
        document.get(key).and_then(Value::as_object).cloned().unwrap_or_default()
    };
    for (section, prefix) in [("metadata", ""), ("spec", "")] {
        compare(&part(before, section), &part(after, section), prefix, &mut changes);
    }
    changes.retain(|c| c.field != "owner");
    changes
}

fn compare(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    prefix: &str,
    changes: &mut Vec<Changed>,
) {
    let gone = before.keys().filter(|k| !after.contains_key(*k));
    for key in after.keys().chain(gone) {
        let (from, to) = (before.get(key).unwrap_or(&Value::Null), after.get(key).unwrap_or(&Value::Null));
        if from == to {
            continue;
        }
        if let ("annotations" | "labels", true) = (key.as_str(), prefix.is_empty()) {
            let inner = |v: &Value| v.as_object().cloned().unwrap_or_default();
            compare(&inner(from), &inner(to), key, changes);
            continue;
        }
        let own = key.strip_prefix("portolan.dev/");
        let field = match (own, prefix.is_empty()) {
            (Some(fact), _) => fact.replace('-', "_"),
            (None, true) => key.clone(),
            (None, false) => format!("{prefix}.{key}"),
        };
        changes.push(Changed { field, from: short(from), to: short(to) });
    }
}

/// The value, or the beginning of its text.
fn short(value: &Value) -> Value {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => value.to_string(),
        other => return other.clone(),
    };
    if text.chars().nth(LONGEST).is_none() {
        return value.clone();
    }
    Value::String(text.chars().take(LONGEST).chain(['…']).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_what_differs() {
        let before = json!({"metadata": {"name": "a", "title": "A", "annotations": {"portolan.dev/tier": "1", "x.io/y": "1"}}, "spec": {"owner": "a", "dependsOn": ["component:b"]}});
        let after = json!({"metadata": {"name": "a", "annotations": {"portolan.dev/tier": "0", "x.io/y": "2"}}, "spec": {"owner": "b", "dependsOn": [], "definition": "x".repeat(500)}});
        let found: Vec<_> = difference(&before, &after)
            .into_iter()
            .map(|c| (c.field, c.from, c.to.to_string().len()))
            .collect();
        assert_eq!(
            found,
            [
                ("tier".to_owned(), json!("1"), 3),
                ("annotations.x.io/y".to_owned(), json!("1"), 3),
                ("title".to_owned(), json!("A"), 4),
                ("dependsOn".to_owned(), json!(["component:b"]), 2),
                ("definition".to_owned(), json!(null), 305),
            ]
        );
    }
}
