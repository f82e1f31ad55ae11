//! Values of an offering that are filled in: `${{ params.name }}-db`. What stands between the braces is an expression;
//! a text that is one expression alone keeps the kind of its value.

use serde_json::{Map as Object, Value};

use super::expression::{self, Fault, Scope};

const OPEN: &str = "${{";
const CLOSE: &str = "}}";

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
enum Part<'t> {
    Plain(&'t str),
    Expression(&'t str),
}

fn parts(text: &str) -> Result<Vec<Part<'_>>, String> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find(OPEN) {
        if at > 0 {
            found.push(Part::Plain(&rest[..at]));
        }
        let inside = &rest[at + OPEN.len()..];
        let end = inside.find(CLOSE).ok_or_else(|| format!("{OPEN} is never closed with {CLOSE}"))?;
        found.push(Part::Expression(inside[..end].trim()));
        rest = &inside[end + CLOSE.len()..];
    }
    if !rest.is_empty() {
        found.push(Part::Plain(rest));
    }
    Ok(found)
}

/// What is wrong with the expressions in a value, each with where it stands in it.
pub(super) fn problems(value: &Value, names: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(value, String::new(), &mut |path, text| match parts(text) {
        Err(problem) => found.push((path, problem)),
        Ok(parts) => {
            for part in parts {
                if let Part::Expression(source) = part
                    && let Err(fault) = expression::check(source, names)
                {
                    found.push((path.clone(), fault.to_string()));
                }
            }
        }
    });
    found
}

fn walk(value: &Value, path: String, see: &mut impl FnMut(String, &str)) {
    match value {
        Value::String(text) => see(path, text),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                walk(item, format!("{path}[{at}]"), see);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                walk(field, path, see);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A value with its expressions filled in.
pub(super) fn fill(value: &Value, scope: &Scope) -> Result<Value, Fault> {
    Ok(match value {
        Value::String(text) => fill_text(text, scope)?,
        Value::Array(items) => Value::Array(items.iter().map(|i| fill(i, scope)).collect::<Result<_, _>>()?),
        Value::Object(fields) => {
            let mut filled = Object::new();
            for (name, field) in fields {
                filled.insert(name.clone(), fill(field, scope)?);
            }
            Value::Object(filled)
        }
        other => other.clone(),
    })
}

fn fill_text(text: &str, scope: &Scope) -> Result<Value, Fault> {
    let parts = parts(text).map_err(Fault::new)?;
    if let [Part::Expression(source)] = parts.as_slice() {
        return expression::evaluate(source, scope);
    }
    let sources: Vec<_> = parts
        .iter()
        .filter_map(|p| if let Part::Expression(source) = p { Some(*source) } else { None })
        .collect();
    let mut values = expression::evaluate_all(&sources, scope).into_iter();
    let mut filled = String::with_capacity(text.len());
    for part in parts {
        match part {
            Part::Plain(text) => filled.push_str(text),
            Part::Expression(_) => match values.next().transpose()? {
                Some(Value::String(text)) => filled.push_str(&text),
                Some(Value::Null) | None => {}
                Some(other) => filled.push_str(&other.to_string()),
            },
        }
    }
    Ok(Value::String(filled))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fills_in_and_keeps_kinds() {
        let scope = Scope::default()
            .with("params", json!({ "name": "slots", "gb": 20, "tags": ["a", "b"], "none": null }))
            .with("steps", json!({ "make": { "host": "db.internal" } }));
        let filled = fill(
            &json!({
                "name": "${{ params.name }}-db", "gb": "${{ params.gb }}", "tags": "${{params.tags}}", "plain": "as it is",
                "deep": [{ "url": "postgres://${{ steps.make.host }}/${{ params.name }}?gb=${{ params.gb }}" }],
                "nothing": "[${{ params.none }}]", "kept": 7
            }),
            &scope,
        );
        let expected = json!({
            "name": "slots-db", "gb": 20, "tags": ["a", "b"], "plain": "as it is",
            "deep": [{ "url": "postgres://db.internal/slots?gb=20" }], "nothing": "[]", "kept": 7
        });
        assert_eq!(filled, Ok(expected));
    }

    #[test]
    fn says_where_it_is_wrong() {
        let wrong = json!({ "a": ["ok", "${{ parms.x }}"], "b": { "c": "${{ params.x" } });
        let found = problems(&wrong, &["params"]);
        assert_eq!(found[0].0, "a[1]");
        assert_eq!(found[1], ("b.c".to_owned(), "${{ is never closed with }}".to_owned()));
    }

    /// What a person typed is never read as an expression: it is filled in once.
    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        let scope =
            Scope::default().with("params", json!({ "name": "${{ secret }}" })).with("secret", json!("s3"));
        assert_eq!(fill(&json!("${{ params.name }}!"), &scope), Ok(json!("${{ secret }}!")));
    }
}
