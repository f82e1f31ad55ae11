//! Values of an offering that are filled in: `${{ params.name }}-db`. What stands between the braces is an expression;
//! a text that is one expression alone keeps the kind of its value.

use serde_json::{Map as Object, Value};

use super::{
    definition::Syntax,
    expression::{self, Fault, Names, Scope},
    nunjucks,
};

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

/// A piece of a text as it stands in an offering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Words.
    Said(String),
    /// What a request fills in there, by name.
    Named(String),
}

/// A text of an offering outside of any request: what would be filled in is named. `title` is what a parameter is called.
pub(super) fn outline(text: &str, title: &impl Fn(&str) -> Option<String>) -> Vec<Piece> {
    let Ok(parts) = parts(text) else { return vec![Piece::Said(text.to_owned())] };
    let piece = |part| match part {
        Part::Plain(text) => Piece::Said(text.to_owned()),
        Part::Expression(source) => Piece::Named(named(source, title)),
    };
    parts.into_iter().map(piece).collect()
}

fn named(source: &str, title: &impl Fn(&str) -> Option<String>) -> String {
    let plain = source.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    match source {
        "team.name" | "team.slug" => "your team".to_owned(),
        "requester.name" | "requester.handle" => "you".to_owned(),
        "service.name" | "service.reference" => "the service".to_owned(),
        "existing.count" => "number".to_owned(),
        _ if !plain => "…".to_owned(),
        _ => {
            let last = source.rsplit('.').next().unwrap_or(source);
            let titled = source.strip_prefix("params.").and_then(title);
            titled.unwrap_or_else(|| last.replace('_', " "))
        }
    }
}

/// What is wrong with the expressions in a value, each with where it stands in it.
pub(super) fn problems(value: &Value, names: &Names<'_>) -> Vec<(String, String)> {
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
    fill_with(value, &|text| fill_text(text, scope))
}

fn fill_with(value: &Value, text: &impl Fn(&str) -> Result<Value, Fault>) -> Result<Value, Fault> {
    Ok(match value {
        Value::String(written) => text(written)?,
        Value::Array(items) => {
            Value::Array(items.iter().map(|i| fill_with(i, text)).collect::<Result<_, _>>()?)
        }
        Value::Object(fields) => {
            let mut filled = Object::new();
            for (name, field) in fields {
                filled.insert(name.clone(), fill_with(field, text)?);
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
                Some(other) => filled.push_str(&spoken(&other)),
            },
        }
    }
    Ok(Value::String(filled))
}

/// A value among words: numbers of CEL that are whole are told as people write them, `402` and not `402.0`.
fn spoken(value: &Value) -> String {
    let text = value.to_string();
    match text.strip_suffix(".0") {
        Some(whole) if value.is_f64() => whole.to_owned(),
        _ => text,
    }
}

/// What is wrong with the expressions in a value of a step or an output, each with where it stands in it.
pub(super) fn problems_as(syntax: Syntax, value: &Value, names: &Names<'_>) -> Vec<(String, String)> {
    if syntax == Syntax::Cel {
        return problems(value, names);
    }
    let mut found = Vec::new();
    walk(value, String::new(), &mut |path, text| {
        if let Err(fault) = nunjucks::check(text, names) {
            found.push((path, fault.to_string()));
        }
    });
    found
}

/// Whether a text can be a condition.
pub(super) fn check_condition(syntax: Syntax, source: &str, names: &Names<'_>) -> Result<(), Fault> {
    match syntax {
        Syntax::Cel => expression::check(source, names),
        Syntax::Nunjucks => nunjucks::check(source, names),
    }
}

/// Whether a text can be a list.
pub(super) fn check_list(syntax: Syntax, source: &str, names: &Names<'_>) -> Result<(), Fault> {
    match syntax {
        Syntax::Cel => expression::check(source, names),
        Syntax::Nunjucks if !nunjucks::is_one(source) => {
            Err(Fault::new("must be one expression between ${{ and }}, of a list"))
        }
        Syntax::Nunjucks => nunjucks::check(source, names),
    }
}

/// A value of a step or an output, filled in.
pub(super) fn fill_as(syntax: Syntax, value: &Value, scope: &Scope) -> Result<Value, Fault> {
    match syntax {
        Syntax::Cel => fill(value, scope),
        Syntax::Nunjucks => fill_with(value, &|text| nunjucks::fill(text, scope)),
    }
}

/// Whether the condition of a step holds.
pub(super) fn holds_as(syntax: Syntax, source: &str, scope: &Scope) -> Result<bool, Fault> {
    match syntax {
        Syntax::Cel => expression::holds(source, scope),
        Syntax::Nunjucks => nunjucks::holds(source, scope),
    }
}

/// The list that a step is done for.
pub(super) fn list_as(syntax: Syntax, source: &str, scope: &Scope) -> Result<Vec<Value>, Fault> {
    let value = match syntax {
        Syntax::Cel => expression::evaluate(source, scope)?,
        Syntax::Nunjucks => nunjucks::fill(source, scope)?,
    };
    match value {
        Value::Array(items) => Ok(items),
        other => Err(Fault::new(format!("{source:?} is no list but {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provisioning::definition::STEP_FACTS;

    #[test]
    fn a_text_outside_of_a_request_names_what_is_filled_in() {
        let named = |text: &str| Piece::Named(text.to_owned());
        let said = |text: &str| Piece::Said(text.to_owned());
        let titles = |name: &str| (name == "gb").then(|| "Size".to_owned());
        let text = "${{ team.name }} has ${{ existing.count }} of 5, ${{params.gb}} GB for ${{ params.for_whom }}, ${{ a + 1 }}.";
        let expected = [
            named("your team"),
            said(" has "),
            named("number"),
            said(" of 5, "),
            named("Size"),
            said(" GB for "),
            named("for whom"),
            said(", "),
            named("…"),
            said("."),
        ];
        assert_eq!(outline(text, &titles), expected);
        assert_eq!(outline("never ${{ closed", &titles), [said("never ${{ closed")]);
    }

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
        let found = problems(&wrong, &Names::facts(&["params"]));
        assert_eq!(found[0].0, "a[1]");
        assert_eq!(found[1], ("b.c".to_owned(), "${{ is never closed with }}".to_owned()));
    }

    #[test]
    fn either_syntax_fills_in_decides_and_lists() {
        let scope = Scope::default().with("params", json!({ "name": "slots", "tags": ["a"], "none": "" }));
        let cel = json!({ "a": ["${{ params.name }}"] });
        let nunjucks = json!({ "a": ["${{ parameters.name }}"] });
        let filled = json!({ "a": ["slots"] });
        assert_eq!(fill_as(Syntax::Cel, &cel, &scope), Ok(filled.clone()));
        assert_eq!(fill_as(Syntax::Nunjucks, &nunjucks, &scope), Ok(filled));
        let names = Names::facts(STEP_FACTS);
        assert_eq!(problems_as(Syntax::Cel, &nunjucks, &names)[0].0, "a[0]");
        assert_eq!(problems_as(Syntax::Nunjucks, &cel, &names)[0].0, "a[0]");
        assert_eq!(holds_as(Syntax::Cel, "params.none != ''", &scope), Ok(false));
        assert_eq!(holds_as(Syntax::Nunjucks, "${{ parameters.none }}", &scope), Ok(false));
        assert_eq!(list_as(Syntax::Cel, "params.tags", &scope), Ok(vec![json!("a")]));
        assert_eq!(list_as(Syntax::Nunjucks, "${{ parameters.tags }}", &scope), Ok(vec![json!("a")]));
        assert!(list_as(Syntax::Nunjucks, "${{ parameters.name }}", &scope).is_err());
        assert!(
            check_list(Syntax::Nunjucks, "parameters.tags", &names).is_err()
                && check_list(Syntax::Cel, "params.tags", &names).is_ok()
        );
        assert!(check_condition(Syntax::Nunjucks, "${{ parms }}", &names).is_err());
    }

    /// What a person typed is never read as an expression: it is filled in once.
    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        let scope =
            Scope::default().with("params", json!({ "name": "${{ secret }}" })).with("secret", json!("s3"));
        assert_eq!(fill(&json!("${{ params.name }}!"), &scope), Ok(json!("${{ secret }}!")));
    }
}
