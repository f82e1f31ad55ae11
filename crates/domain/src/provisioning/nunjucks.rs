//! Values of offerings that came from Backstage: `${{ parameters.name }}`, with Backstage's names for what they may use, its
//! filters, and its idea of what is true.

use serde_json::{Map as Object, Value, json};

use super::{
    expression::{self, Fault, Names, Scope},
    jinja::{self, Braces},
    jinja_scan::{Segment, segments},
};

/// What values may name.
const NAMES: &[&str] = &["parameters", "steps", "user", "each"];

/// What is wrong with a text.
pub(super) fn check(text: &str, known: &Names<'_>) -> Result<(), Fault> {
    if is_plain(text) {
        return Ok(());
    }
    for path in jinja::names(text, Braces::Dollar)? {
        let mut parts = path.split('.');
        let name = parts.next().unwrap_or_default();
        if name == "secrets" {
            return Err(Fault::new(
                "names secrets, which are never handed to a template; the operator gives executors what they need",
            ));
        }
        if !NAMES.contains(&name) {
            return Err(Fault::new(format!(
                "knows nothing called {name:?}; it may use {}",
                NAMES.join(", ")
            )));
        }
        let fact = if name == "parameters" { "params" } else { name };
        if let Some(problem) = parts.next().and_then(|field| expression::member(known, fact, name, field)) {
            return Err(Fault::new(problem));
        }
    }
    Ok(())
}

/// Whether a text is one expression and nothing else.
pub(super) fn is_one(text: &str) -> bool {
    matches!(segments(text, Braces::Dollar.open()).as_deref(), Ok([Segment::Expression(_)]))
}

/// A text filled in; if it is one expression alone, the value of that.
pub(super) fn fill(text: &str, scope: &Scope) -> Result<Value, Fault> {
    if is_plain(text) {
        return Ok(Value::String(text.to_owned()));
    }
    if let [Segment::Expression(inside)] = segments(text, Braces::Dollar.open())?.as_slice() {
        return jinja::evaluate(inside.source, Braces::Dollar, &names(scope));
    }
    jinja::render(text, Braces::Dollar, &names(scope)).map(Value::String)
}

/// Whether a condition holds: anything does but false, nothing, an empty text, zero and an empty list.
pub(super) fn holds(text: &str, scope: &Scope) -> Result<bool, Fault> {
    Ok(is_true(&fill(text, scope)?))
}

/// What counts as true.
pub fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is) => *is,
        Value::Number(n) => n.as_f64().is_some_and(|n| n != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(_) => true,
    }
}

fn is_plain(text: &str) -> bool {
    !["${{", "{%", "{#"].iter().any(|open| text.contains(open))
}

/// What is known, under Backstage's names.
fn names(scope: &Scope) -> Value {
    let known = |name: &str| scope.get(name).cloned().unwrap_or(Value::Null);
    let object = |value: Value| if let Value::Object(fields) = value { fields } else { Object::new() };
    let steps: Object<_, _> =
        object(known("steps")).into_iter().map(|(id, output)| (id, json!({ "output": output }))).collect();
    let requester = known("requester");
    let handle = requester["handle"].as_str().unwrap_or_default();
    json!({
        "parameters": known("params"),
        "steps": steps,
        "secrets": {},
        "each": { "value": known("each") },
        "user": {
            "ref": format!("user:default/{handle}"),
            "entity": {
                "kind": "User",
                "metadata": { "name": handle, "namespace": "default" },
                "spec": { "profile": { "displayName": requester["name"], "email": requester["email"] } },
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        Scope::default()
            .with("params", json!({
                "name": "slots", "gb": 20, "tags": ["a", "b"], "none": null, "repo": "github.com?owner=acme&repo=slots",
                "owner": "basket", "of": "component:default/shop", "no": [], "typed": "${{ steps.make.output.host }}",
            }))
            .with("requester", json!({ "handle": "imke", "name": "Imke de Vries", "email": "imke@fairhaven.example" }))
            .with("steps", json!({ "make": { "host": "db.internal" }, "the-first": { "n": 3 } }))
            .with("each", json!("eu-west"))
    }

    #[test]
    fn names_filters_and_kinds_are_those_of_backstage() {
        for (text, value) in [
            ("plain", json!("plain")),
            ("${{ parameters.name }}-db", json!("slots-db")),
            ("${{ parameters.gb }}", json!(20)),
            ("${{parameters.tags}}", json!(["a", "b"])),
            ("${{ parameters }}", scope().get("params").unwrap().clone()),
            ("[${{ parameters.none }}${{ parameters.gone.deeper }}]", json!("[]")),
            ("${{ parameters.gone }}", json!(null)),
            (
                "${{ parameters.tags }} ${{ true }}${{ parameters.gone }} ${{ 'a' ~ 1.5 }}",
                json!("[\"a\",\"b\"] true a1.5"),
            ),
            ("${{ steps['the-first'].output.n + 1 }}", json!(4)),
            ("${{ steps.make.output.host }}", json!("db.internal")),
            (
                "${{ parameters.repo | parseRepoUrl }}",
                json!({ "host": "github.com", "owner": "acme", "repo": "slots" }),
            ),
            ("${{ parameters.repo | parseRepoUrl | pick('repo') }}", json!("slots")),
            ("${{ (parameters.repo | parseRepoUrl).owner }}", json!("acme")),
            ("${{ parameters.repo | projectSlug }}", json!("acme/slots")),
            ("${{ parameters.of | parseEntityRef | pick('name') }}", json!("shop")),
            (
                "${{ parameters.owner | parseEntityRef({ defaultKind: 'group' }) | pick('kind') }}",
                json!("group"),
            ),
            ("${{ parameters.tags | dump }}", json!("[\"a\",\"b\"]")),
            ("${{ user.entity.metadata.name }}", json!("imke")),
            ("${{ user.entity.spec.profile.email }}", json!("imke@fairhaven.example")),
            ("${{ each.value }}", json!("eu-west")),
            ("${{ parameters.name === 'slots' and parameters.gb !== 3 }}", json!(true)),
            ("${{ 'x' if parameters.none else parameters.name | upper }}", json!("SLOTS")),
            ("${{ parameters.name | replace('s', 'S') }}", json!("SlotS")),
            ("{% if parameters.gb > 9 %}big{% else %}small{% endif %}", json!("big")),
            ("${{ parameters.typed }}", json!("${{ steps.make.output.host }}")),
        ] {
            assert_eq!(check(text, &Names::facts(&[])), Ok(()), "{text}");
            assert_eq!(fill(text, &scope()), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_true_is_as_there() {
        for text in
            ["${{ parameters.name }}", "${{ parameters }}", "yes", "${{ -1 }}", "${{ parameters.tags }}"]
        {
            assert_eq!(holds(text, &scope()), Ok(true), "{text}");
        }
        for text in [
            "${{ parameters.none }}",
            "${{ parameters.gone }}",
            "",
            "${{ 0 }}",
            "${{ '' }}",
            "${{ parameters.no }}",
            "${{ false }}",
        ] {
            assert_eq!(holds(text, &scope()), Ok(false), "{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_named() {
        for (text, said) in [
            (
                "${{ params.name }}",
                "knows nothing called \"params\"; it may use parameters, steps, user, each",
            ),
            ("${{ secrets.USER_OAUTH_TOKEN }}", "names secrets"),
            ("${{ '' | now }}", "knows no filter \"now\""),
            ("${{ parameters.name | replace(r/a/g, 'b') }}", "knows nothing called"),
            ("${{ parameters.name", "is never closed"),
        ] {
            let fault = check(text, &Names::facts(&[])).unwrap_err().to_string();
            assert!(fault.contains(said), "{text}: {fault}");
        }
        let of = [("params", vec!["name"]), ("steps", vec!["make"])];
        let names = Names { facts: &[], of: &of };
        let said = |text: &str| check(text, &names).map_err(|fault| fault.to_string());
        assert_eq!(said("${{ parameters.name }} ${{ steps.make.output.host }}"), Ok(()));
        assert_eq!(
            said("${{ parameters.nmae | dump }}"),
            Err("knows no parameters.nmae; parameters has name".into())
        );
        assert_eq!(
            said("{% if steps.mkae.output %}a{% endif %}"),
            Err("knows no steps.mkae; steps has make".into())
        );
    }
}
