//! What nobody may read back: secret parameters, and what steps hand over for nobody's eyes.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::Parameters;
use crate::{
    Error, Result,
    sealing::{self, SealingKey},
};

/// Parameters, apart by whether they may be read.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) open: Map<String, Value>,
    pub(super) secret: Map<String, Value>,
}

pub(super) fn split(parameters: &Parameters, params: Map<String, Value>) -> Parts {
    let hidden: Vec<_> = parameters.fields().into_iter().filter(|f| f.secret).map(|f| f.name).collect();
    let mut parts = Parts::default();
    for (name, value) in params {
        if hidden.contains(&name) {
            parts.secret.insert(name, value);
        } else {
            parts.open.insert(name, value);
        }
    }
    parts
}

/// Seals what there is; nothing needs no key.
pub(super) fn seal(
    key: Option<&SealingKey>,
    owner: Uuid,
    secret: &Map<String, Value>,
) -> Result<Option<Vec<u8>>> {
    if secret.is_empty() {
        return Ok(None);
    }
    let key = sealing::required(key, "secret parameters and credentials")?;
    let text = serde_json::to_vec(secret).map_err(|e| Error::invalid("params", e.to_string()))?;
    key.seal(&text, owner.as_bytes()).map(Some)
}

/// Opens what [`seal`] sealed.
pub(super) fn open(
    key: Option<&SealingKey>,
    owner: Uuid,
    sealed: Option<&[u8]>,
) -> Result<Map<String, Value>> {
    let Some(sealed) = sealed else { return Ok(Map::new()) };
    let key = sealing::required(key, "secret parameters and credentials")?;
    let opened = key.open(sealed, owner.as_bytes()).and_then(|text| serde_json::from_slice(&text).ok());
    opened.ok_or_else(|| {
        Error::Unavailable(
            "its secrets were sealed with another key; the operator sets the former PORTOLAN_SECRET_KEY"
                .into(),
        )
    })
}

/// All texts in it: what logs must not tell.
pub(super) fn texts(secret: &Map<String, Value>) -> Vec<String> {
    fn walk(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::String(text) => into.push(text.clone()),
            Value::Array(items) => items.iter().for_each(|i| walk(i, into)),
            Value::Object(fields) => fields.values().for_each(|f| walk(f, into)),
            Value::Number(n) => into.push(n.to_string()),
            Value::Null | Value::Bool(_) => {}
        }
    }
    let mut found = Vec::new();
    secret.values().for_each(|v| walk(v, &mut found));
    found
}

/// A text without these: for what people read that an expression or a schema made. In each form in which those quote a
/// value: as it is, as JSON, and line by line.
pub(super) fn hidden(text: &str, secrets: &[String]) -> String {
    // a text of three letters stands in many a sentence by chance
    masked(text, secrets, 4)
}

/// The same, also where a secret is short: for texts that are about nothing but its value.
pub(super) fn all_hidden(text: &str, secrets: &[String]) -> String {
    masked(text, secrets, 1)
}

fn masked(text: &str, secrets: &[String], shortest: usize) -> String {
    let mut forms = Vec::new();
    for secret in secrets {
        forms.push(secret.clone());
        let quoted = Value::from(secret.as_str()).to_string();
        forms.push(quoted.trim_matches('"').to_owned());
        forms.extend(secret.lines().map(|line| line.trim().to_owned()).filter(|line| line.len() >= 4));
    }
    forms.retain(|form| form.len() >= shortest);
    // the longest first: one may be part of another
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    forms.into_iter().fold(text.to_owned(), |text, form| text.replace(form.as_str(), "[hidden]"))
}

/// What a step handed over for nobody's eyes, as it is sealed.
pub(super) fn of_step(secrets: &BTreeMap<String, String>) -> Map<String, Value> {
    secrets.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect()
}
