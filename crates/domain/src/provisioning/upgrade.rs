//! Bringing something to the newest version of its offering: it keeps the parameters it was made with, is asked for those that
//! are new, and has to keep the guardrails of today.

use serde_json::{Map, Value, json};

use super::{Action, Definition, Difference, Effect, Field, Offering, Parameters, Resource, offering};
use crate::{Cx, Error, Result};

/// An action as it would be done to something now.
#[derive(Debug, Clone)]
pub struct ActionForm {
    /// What it says.
    pub action: Action,
    /// What it asks for: of an upgrade its own parameters, and those that are new or do not fit any more.
    pub fields: Vec<Field>,
    /// What an upgrade changes in what the offering asks for.
    pub changes: Vec<Difference>,
}

/// What an action would ask for if it were done now.
pub async fn action_form(cx: &mut Cx<'_>, on: &Resource, name: &str) -> Result<ActionForm> {
    cx.reader()?;
    let older = offering::known(cx, &on.offering, Some(on.version)).await?;
    let newest = offering::known(cx, &on.offering, None).await?;
    let of = |offering: &Offering| offering.definition.actions.iter().find(|a| a.name == name).cloned();
    if let Some(action) = of(&newest).filter(|action| action.effect == Effect::Upgrade) {
        let fields = fields(on, &newest.definition, &action);
        return Ok(ActionForm { action, fields, changes: changes(&older, &newest) });
    }
    let action = of(&older).filter(|action| action.effect != Effect::Upgrade);
    let action = action.ok_or_else(|| Error::not_found("action", name))?;
    let fields = Parameters::read(action.parameters.clone()).map(|p| p.fields()).unwrap_or_default();
    Ok(ActionForm { action, fields, changes: Vec::new() })
}

/// What a newer version of an offering asks for that an older one did not, and the other way round; a default that is
/// another one by now counts as well.
fn changes(older: &Offering, newer: &Offering) -> Vec<Difference> {
    let (old, new) = (older.fields(), newer.fields());
    let told = |field: &Field, before: Option<Value>, after: Option<Value>| Difference {
        name: field.name.clone(),
        title: field.title.clone(),
        before,
        after,
    };
    let proposed = |field: &Field| Some(field.default.clone().unwrap_or(Value::Null));
    let mut found = Vec::new();
    for field in &new {
        match old.iter().find(|known| known.name == field.name) {
            None => found.push(told(field, None, proposed(field))),
            Some(known) if known.default != field.default => {
                found.push(told(field, proposed(known), proposed(field)));
            }
            Some(_) => {}
        }
    }
    let gone = old.iter().filter(|field| new.iter().all(|known| known.name != field.name));
    found.extend(gone.map(|field| told(field, proposed(field), None)));
    found
}

/// The schema of an upgrade: what the offering asks for now, and what the action itself does. What is secret was given when it
/// was made and is not kept where it could be looked at, so that nobody has to give it again.
pub(super) fn parameters(definition: &Definition, action: &Action) -> Option<Parameters> {
    let mut schema = definition.parameters.clone().unwrap_or_else(|| json!({ "type": "object" }));
    let secret: Vec<_> =
        definition.parameters()?.fields().into_iter().filter(|f| f.secret).map(|f| f.name).collect();
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| !secret.iter().any(|known| name.as_str() == Some(known)));
    }
    let own = action.parameters.as_ref();
    for (name, property) in own.and_then(|own| own.get("properties")?.as_object()).into_iter().flatten() {
        schema["properties"][name] = property.clone();
    }
    for list in ["required", "allOf"] {
        let more = own.and_then(|own| own.get(list)?.as_array()).into_iter().flatten().cloned();
        let mut all: Vec<_> = schema.get(list).and_then(Value::as_array).cloned().unwrap_or_default();
        all.extend(more);
        if !all.is_empty() {
            schema[list] = Value::Array(all);
        }
    }
    Parameters::read(Some(schema)).ok()
}

/// What is given, over what it was made with as far as the offering still asks for that.
pub(super) fn kept(parameters: &Parameters, on: &Resource, given: &Map<String, Value>) -> Map<String, Value> {
    let known = parameters.fields();
    let mut all = on.params.clone();
    all.retain(|name, _| known.iter().any(|field| field.name == *name));
    all.extend(given.clone());
    all
}

/// What has to be asked for: what the action says itself, what is new, and what was taken once and would not be today.
fn fields(on: &Resource, definition: &Definition, action: &Action) -> Vec<Field> {
    let Some(parameters) = parameters(definition, action) else { return Vec::new() };
    let own = Parameters::read(action.parameters.clone()).map(|p| p.fields()).unwrap_or_default();
    let now = parameters.with_defaults(&kept(&parameters, on, &Map::new()));
    let misfits = parameters.misfits(&Value::Object(now));
    let is_wrong = |name: &str| misfits.iter().any(|m| m.parameter.split('.').next() == Some(name));
    parameters
        .fields()
        .into_iter()
        .filter(|field| {
            let is_new = !on.params.contains_key(&field.name) && !field.secret;
            own.iter().any(|known| known.name == field.name) || is_new || is_wrong(&field.name)
        })
        .collect()
}
