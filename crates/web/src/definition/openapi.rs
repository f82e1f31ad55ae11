//! `OpenAPI` 2 and 3: `paths` → operations.

use serde_json::Value;

use super::{Definition, Operation, line, tree};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

pub(super) fn read(text: &str) -> Definition {
    let document = match tree(text) {
        Ok(document) => document,
        Err(unreadable) => return unreadable,
    };
    let operations = document["paths"]
        .as_object()
        .into_iter()
        .flatten()
        .flat_map(|(path, item)| of_path(path, item))
        .collect();
    Definition {
        title: line(&document["info"]["title"]),
        version: version(&document),
        operations,
        ..Definition::default()
    }
}

fn version(document: &Value) -> Option<String> {
    match &document["info"]["version"] {
        Value::Number(n) => Some(n.to_string()),
        other => line(other),
    }
}

fn of_path(path: &str, item: &Value) -> Vec<Operation> {
    let methods = item
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| METHODS.contains(&key.to_ascii_lowercase().as_str()));
    methods
        .map(|(method, operation)| Operation {
            verb: method.to_ascii_uppercase(),
            name: path.to_owned(),
            shape: None,
            summary: line(&operation["summary"])
                .or_else(|| line(&operation["description"]))
                .or_else(|| line(&operation["operationId"])),
            deprecated: operation["deprecated"].as_bool().unwrap_or(false),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_listed_in_order_with_their_summaries() {
        let d = read(
            "openapi: 3.1.0\ninfo: {title: Slots, version: 2}\npaths:\n  /slots:\n    summary: x\n    get: {summary: Free slots}\n    post:\n      description: |\n        Take one\n        and more\n      deprecated: true\n  /slots/{id}:\n    delete: {operationId: dropSlot}\n",
        );
        assert_eq!((d.title.as_deref(), d.version.as_deref()), (Some("Slots"), Some("2")));
        let seen: Vec<_> = d
            .operations
            .iter()
            .map(|o| (o.verb.as_str(), o.name.as_str(), o.summary.as_deref(), o.deprecated))
            .collect();
        assert_eq!(
            seen,
            [
                ("GET", "/slots", Some("Free slots"), false),
                ("POST", "/slots", Some("Take one"), true),
                ("DELETE", "/slots/{id}", Some("dropSlot"), false)
            ]
        );
    }
}
