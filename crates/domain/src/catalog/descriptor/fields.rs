//! Reading the fields of a document. Every problem is noted with its path; reading goes on, so that the writer of the
//! file learns all of them at once.

use serde_json::{Map, Value};

use super::EntityRef;
use crate::{Problem, catalog::BadRef};

/// Longest reference that is stored; the rules of names allow 191.
const MAX_REFERENCE: usize = 400;

/// One mapping of the document, with its path; notes problems in a list shared by all of them.
pub(super) struct Fields<'v, 'p> {
    map: &'v Map<String, Value>,
    path: String,
    problems: &'p mut Vec<Problem>,
}

impl<'v, 'p> Fields<'v, 'p> {
    pub(super) fn new(
        map: &'v Map<String, Value>,
        path: impl Into<String>,
        problems: &'p mut Vec<Problem>,
    ) -> Self {
        Self { map, path: path.into(), problems }
    }

    /// Path of a key.
    pub(super) fn path(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// Notes a problem with a key.
    pub(super) fn problem(&mut self, key: &str, message: impl Into<String>) {
        let field = self.path(key);
        self.problems.push(Problem { field, message: message.into() });
    }

    /// Notes a problem with a field elsewhere in the document.
    pub(super) fn problem_at(&mut self, field: String, message: impl Into<String>) {
        self.problems.push(Problem { field, message: message.into() });
    }

    /// The value; an explicit null is no value.
    pub(super) fn value(&self, key: &str) -> Option<&'v Value> {
        self.map.get(key).filter(|v| !v.is_null())
    }

    fn missing(&mut self, key: &str, example: &str) {
        self.problem(key, format!("is required; write for example `{example}`"));
    }

    /// A text that is not blank, of at most `longest` characters.
    pub(super) fn text(&mut self, key: &str, longest: usize) -> Option<&'v str> {
        let value = self.value(key)?;
        let Some(text) = value.as_str() else {
            self.problem(key, not_a("text", value));
            return None;
        };
        if text.trim().is_empty() {
            self.problem(key, "must not be empty; leave the line out instead");
            return None;
        }
        if text.chars().nth(longest).is_some() {
            self.problem(key, format!("must have at most {longest} characters"));
            return None;
        }
        Some(text)
    }

    /// A text that must be there.
    pub(super) fn required(&mut self, key: &str, longest: usize, example: &str) -> Option<&'v str> {
        if self.value(key).is_none() {
            self.missing(key, example);
            return None;
        }
        self.text(key, longest)
    }

    /// A list; none if absent or no list.
    pub(super) fn list(&mut self, key: &str) -> Option<&'v [Value]> {
        let value = self.value(key)?;
        if let Value::Array(items) = value {
            return Some(items);
        }
        self.problem(key, not_a("list", value));
        None
    }

    /// A list that must be there, be it empty.
    pub(super) fn required_list(&mut self, key: &str) {
        if self.value(key).is_none() {
            self.problem(key, format!("is required; write `{key}: []` if there are none"));
        }
    }

    /// A mapping; none if absent or no mapping.
    pub(super) fn mapping(&mut self, key: &str) -> Option<Fields<'v, '_>> {
        let value = self.value(key)?;
        let Value::Object(map) = value else {
            self.problem(key, not_a("mapping", value));
            return None;
        };
        let path = self.path(key);
        Some(Fields { map, path, problems: self.problems })
    }

    /// All entries of this mapping.
    pub(super) fn entries(&self) -> &'v Map<String, Value> {
        self.map
    }

    /// A reference: a text, or a mapping of kind, namespace and name.
    pub(super) fn reference(&mut self, key: &str, kind: Option<&str>, namespace: &str) -> Option<EntityRef> {
        let value = self.value(key)?;
        self.read_reference(key, value, kind, namespace)
    }

    /// A list of references.
    pub(super) fn references(&mut self, key: &str, kind: Option<&str>, namespace: &str) -> Vec<EntityRef> {
        let items = self.list(key).unwrap_or_default();
        let each = items.iter().enumerate();
        each.filter_map(|(n, item)| self.read_reference(&format!("{key}[{n}]"), item, kind, namespace))
            .collect()
    }

    fn read_reference(
        &mut self,
        key: &str,
        value: &Value,
        kind: Option<&str>,
        namespace: &str,
    ) -> Option<EntityRef> {
        match reference(value, kind, namespace) {
            Ok(reference) => Some(reference),
            Err(message) => {
                self.problem(key, message);
                None
            }
        }
    }
}

/// Reads a reference in either form.
fn reference(value: &Value, kind: Option<&str>, namespace: &str) -> Result<EntityRef, String> {
    let read = match value {
        Value::String(text) => EntityRef::parse(text, kind, namespace).map_err(|e| e.to_string())?,
        Value::Object(parts) => {
            let part = |key: &str| match parts.get(key) {
                None | Some(Value::Null) => Ok(None),
                Some(Value::String(text)) => Ok(Some(text.trim())),
                Some(_) => Err(format!("is a reference in parts, so its {key} must be a text")),
            };
            let kind = part("kind")?.or(kind).ok_or_else(|| BadRef::KindMissing.to_string())?;
            let namespace = part("namespace")?.unwrap_or(namespace);
            let name = part("name")?.ok_or("is a reference in parts, so it must have a name")?;
            if kind.is_empty() || namespace.is_empty() || name.is_empty() {
                return Err(BadRef::EmptyPart.to_string());
            }
            if kind.contains([':', '/']) || namespace.contains('/') {
                return Err("has a `:` or `/` inside its kind or namespace".into());
            }
            EntityRef::new(kind, namespace, name)
        }
        other => return Err(not_a("reference such as `group:default/basket`", other)),
    };
    if read.as_str().len() > MAX_REFERENCE {
        return Err(format!("is longer than any reference can be ({MAX_REFERENCE})"));
    }
    Ok(read)
}

/// "must be a list, but is a number".
pub(super) fn not_a(wanted: &str, value: &Value) -> String {
    let (is, hint) = match value {
        Value::Null => ("empty", ""),
        Value::Bool(_) => ("true or false", "; put it in quotes"),
        Value::Number(_) => ("a number", "; put it in quotes"),
        Value::String(_) => ("a text", ""),
        Value::Array(_) => ("a list", ""),
        Value::Object(_) => ("a mapping", ""),
    };
    let hint = if wanted == "text" { hint } else { "" };
    format!("must be a {wanted}, but is {is}{hint}")
}

/// A path and a key of the mapping there; a key with dots or slashes is put in brackets.
pub(super) fn join(path: &str, key: &str) -> String {
    let plain = !key.contains('/') && !key.split('[').next().is_some_and(|k| k.contains('.'));
    match (path.is_empty(), plain) {
        (true, _) => key.to_owned(),
        (false, true) => format!("{path}.{key}"),
        (false, false) => format!("{path}[\"{key}\"]"),
    }
}
