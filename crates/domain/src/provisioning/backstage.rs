//! Offerings that were written for Backstage: a template of its scaffolder (`scaffolder.backstage.io/v1beta3`) becomes a
//! [`Definition`], or the list of what in it is not supported. Nothing in it is passed over in silence.

mod form;
mod place;
mod publish;
mod references;
mod steps;

use serde_json::{Map as Object, Value};

use super::definition::{Definition, Experience, Makes, OnFailure, Output, Sharing, Stage, Syntax};
use crate::Problem;
use references::References;

/// The `apiVersion` of the templates that are taken in.
pub const BACKSTAGE_API_VERSION: &str = "scaffolder.backstage.io/v1beta3";

/// Where in the template, and what is not supported there.
#[derive(Debug, Default)]
struct Found(Vec<Problem>);

impl Found {
    fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem { field: field.into(), message: message.into() });
    }

    /// Names every key that is not among these.
    fn only(&mut self, at: &str, object: &Object<String, Value>, known: &[&str]) {
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            self.add(
                format!("{at}.{key}"),
                format!("is not supported; leave it out. There are {}", known.join(", ")),
            );
        }
    }
}

/// What a template says, as an offering.
///
/// # Errors
///
/// Everything in it that is not supported, with where it stands and what to do instead.
pub fn from_backstage(template: &Value) -> Result<Definition, Vec<Problem>> {
    let mut found = Found::default();
    if template["apiVersion"] != BACKSTAGE_API_VERSION {
        found.add("apiVersion", format!("must be {BACKSTAGE_API_VERSION}"));
    }
    if template["kind"] != "Template" {
        found.add("kind", "must be Template");
    }
    let nothing = Object::new();
    let spec = template["spec"].as_object().unwrap_or_else(|| {
        found.add("spec", "is needed");
        &nothing
    });
    let known = ["owner", "type", "lifecycle", "system", "presentation", "parameters", "steps", "output"];
    found.only("spec", spec, &known);
    let annotations = &template["metadata"]["annotations"];
    let parameters = form::parameters(spec.get("parameters"), &mut found);
    let place = place::Place::of(annotations);
    let done = steps::steps(&template["spec"], &place, annotations, &mut found);
    let outputs = outputs(spec.get("output"), &done.references, &mut found);
    let stage = stage(spec.get("lifecycle"), annotations, &mut found);
    let definition = Definition {
        owner: owner(spec.get("owner"), &mut found),
        operated_by: None,
        upgraded_by: None,
        supported_by: None,
        support_level: None,
        stage,
        replacement: (stage == Stage::Deprecated).then(|| "none".to_owned()),
        deprecated_because: None,
        proven_for_tier: None,
        experience: word(annotations, "portolan.dev/experience", Experience::PushCode, &mut found),
        sharing: word(annotations, "portolan.dev/sharing", Sharing::ExampleCode, &mut found),
        makes: makes(done.registers, parameters.as_ref(), spec.get("type")),
        parameters,
        cost: None,
        guardrails: Vec::new(),
        approvals: Vec::new(),
        syntax: Syntax::Nunjucks,
        steps: done.steps,
        on_failure: OnFailure::Keep,
        outputs,
        expiry: None,
        actions: Vec::new(),
        slo: None,
        docs: None,
    };
    if found.0.is_empty() { Ok(definition) } else { Err(found.0) }
}

/// A team's slug: `group:default/basket` is `basket`.
fn owner(owner: Option<&Value>, found: &mut Found) -> String {
    let Some(owner) = owner.and_then(Value::as_str).filter(|o| !o.trim().is_empty()) else {
        found.add("spec.owner", "is needed: the team that looks after it");
        return String::new();
    };
    if let Some((kind, _)) = owner.split_once(':')
        && !kind.eq_ignore_ascii_case("group")
    {
        found.add("spec.owner", "must be a team, as group:default/platform; people do not own offerings");
    }
    let name = owner.rsplit([':', '/']).next().unwrap_or(owner);
    name.to_owned()
}

/// An annotation's word; `usual` if there is none.
fn word<W: serde::de::DeserializeOwned>(annotations: &Value, name: &str, usual: W, found: &mut Found) -> W {
    match annotations.get(name) {
        None => usual,
        Some(given) => serde_json::from_value(given.clone()).unwrap_or_else(|error| {
            found.add(format!("metadata.annotations.{name}"), format!("is not a word for it: {error}"));
            usual
        }),
    }
}

fn stage(lifecycle: Option<&Value>, annotations: &Value, found: &mut Found) -> Stage {
    let usual = match lifecycle.map(Value::as_str) {
        None | Some(Some("production")) => Stage::General,
        Some(Some("experimental")) => Stage::Alpha,
        Some(Some("deprecated")) => Stage::Deprecated,
        Some(_) => {
            found.add("spec.lifecycle", "must be experimental, production or deprecated");
            Stage::General
        }
    };
    word(annotations, "portolan.dev/stage", usual, found)
}

/// A template that registers something makes a component of the template's type, named as one of its parameters says.
fn makes(registers: bool, parameters: Option<&Value>, kind_type: Option<&Value>) -> Option<Makes> {
    let properties = parameters.filter(|_| registers)?["properties"].as_object()?;
    let usual =
        ["name", "component_id", "componentId", "componentName", "component_name", "serviceName", "appName"];
    let named = usual.into_iter().find(|name| properties.contains_key(*name));
    let name = named.map(|name| format!("${{{{ parameters.{name} }}}}")).or_else(|| {
        let repository = properties.iter().find(|(_, p)| p["x-picker"] == "repository")?.0;
        Some(format!("${{{{ parameters.{repository} | parseRepoUrl | pick('repo') }}}}"))
    })?;
    let kind_type = kind_type.and_then(Value::as_str).unwrap_or("service").to_owned();
    Some(Makes { kind: "component".into(), kind_type, name })
}

/// Links and texts that are handed out at the end. An output whose condition does not hold is empty.
fn outputs(output: Option<&Value>, references: &References, found: &mut Found) -> Vec<Output> {
    let mut all: Vec<Output> = Vec::new();
    let Some(output) = output else { return all };
    let Some(output) = output.as_object() else {
        found.add("spec.output", "must be an object of links and text");
        return all;
    };
    for (key, value) in output {
        let at = format!("spec.output.{key}");
        match (key.as_str(), value) {
            ("links", Value::Array(links)) => {
                for (n, link) in links.iter().enumerate() {
                    all.extend(one(
                        &format!("{at}[{n}]"),
                        link,
                        &["url", "entityRef"],
                        all.len(),
                        references,
                        found,
                    ));
                }
            }
            ("text", Value::Array(texts)) => {
                for (n, text) in texts.iter().enumerate() {
                    all.extend(one(&format!("{at}[{n}]"), text, &["content"], all.len(), references, found));
                }
            }
            (name, Value::String(text)) => {
                let value = references.renamed(&at, text, found);
                all.push(Output { name: name.to_owned(), title: None, value, secret: false });
            }
            _ => found.add(at, "is not supported; there are links and text, and single texts"),
        }
    }
    all
}

/// A link or a text. Its icon has no effect.
fn one(
    at: &str,
    given: &Value,
    values: &[&str],
    nth: usize,
    references: &References,
    found: &mut Found,
) -> Option<Output> {
    let Some(fields) = given.as_object() else {
        found.add(at, "must be an object");
        return None;
    };
    let known: Vec<_> = values.iter().copied().chain(["title", "icon", "if", "default"]).collect();
    found.only(at, fields, &known);
    let Some((key, value)) = values.iter().find_map(|key| Some((*key, fields.get(*key)?.as_str()?))) else {
        found.add(at, format!("needs {}", values.join(" or ")));
        return None;
    };
    let mut value = references.renamed(&format!("{at}.{key}"), value, found);
    if let Some(condition) = fields.get("if") {
        let condition =
            condition.as_str().map_or_else(|| format!("${{{{ {condition} }}}}"), ToOwned::to_owned);
        let condition = references.renamed(&format!("{at}.if"), &condition, found);
        match condition.trim().strip_prefix("${{").and_then(|c| c.strip_suffix("}}")) {
            Some(inside) => value = format!("{{% if {} %}}{value}{{% endif %}}", inside.trim()),
            None => found.add(format!("{at}.if"), "must be one expression between ${{ and }}"),
        }
    }
    let title = fields.get("title").and_then(Value::as_str).map(ToOwned::to_owned);
    Some(Output { name: format!("output-{}", nth + 1), title, value, secret: false })
}

#[cfg(test)]
mod tests;
