//! What a template asks for: its pages become one schema. What rules depend on answers stays in the schema, and what they ask for
//! besides reaches the form among the advanced fields.

use serde_json::{Map as Object, Value, json};

use super::Found;

/// Words of JSON Schema that depend on other answers.
const CONDITIONS: &[&str] = &["dependencies", "oneOf", "anyOf", "allOf", "if", "then", "else"];
/// Hints for Backstage's form that ours needs not: it chooses by kind, in the order given.
const HARMLESS: &[&str] = &[
    "ui:placeholder",
    "ui:autofocus",
    "ui:autocomplete",
    "ui:emptyValue",
    "ui:enumNames",
    "ui:order",
    "ui:inline",
    "ui:style",
    "ui:rows",
    "ui:label",
    "ui:submitButtonOptions",
];
/// The same among `ui:options`.
const HARMLESS_OPTIONS: &[&str] = &[
    "rows",
    "inline",
    "orderable",
    "addable",
    "removable",
    "inputType",
    "label",
    "allowArbitraryValues",
    "defaultKind",
    "defaultNamespace",
    "showCounts",
    "helperText",
    "title",
    "description",
];
/// Widgets for what our form finds a field for by itself.
const WIDGETS: &[&str] = &[
    "text",
    "textarea",
    "radio",
    "select",
    "checkbox",
    "checkboxes",
    "updown",
    "range",
    "email",
    "uri",
    "url",
];
/// A name of the catalog.
const NAME: &str = "^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$";

/// The schema of all pages.
pub(super) fn parameters(given: Option<&Value>, found: &mut Found) -> Option<Value> {
    let pages: Vec<(String, &Value)> = match given? {
        Value::Array(pages) => {
            pages.iter().enumerate().map(|(n, page)| (format!("spec.parameters[{n}]"), page)).collect()
        }
        page => vec![("spec.parameters".into(), page)],
    };
    let mut form = Form::default();
    for (at, page) in pages {
        match page.as_object() {
            Some(page) => form.page(&at, page, found),
            None => found.add(at, "must be an object: a page of the form"),
        }
    }
    Some(form.schema())
}

#[derive(Default)]
struct Form {
    properties: Object<String, Value>,
    required: Vec<Value>,
    conditions: Vec<Value>,
    conditional: Vec<(String, Value, String)>,
}

impl Form {
    fn page(&mut self, at: &str, page: &Object<String, Value>, found: &mut Found) {
        let plain = [
            "title",
            "description",
            "type",
            "required",
            "properties",
            "additionalProperties",
            "$schema",
            "ui:order",
        ];
        found.only(at, page, &plain.iter().chain(CONDITIONS).copied().collect::<Vec<_>>());
        for name in page.get("required").and_then(Value::as_array).into_iter().flatten() {
            if !self.required.contains(name) {
                self.required.push(name.clone());
            }
        }
        for (name, property) in page.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let at = format!("{at}.properties.{name}");
            if self.properties.contains_key(name) {
                found.add(&at, "is asked for on an earlier page too; ask once");
            }
            self.properties.insert(name.clone(), field(&at, property, found));
        }
        let mut condition = Object::new();
        for key in CONDITIONS {
            let Some(rule) = page.get(*key) else { continue };
            let rule = schema(&format!("{at}.{key}"), rule, found);
            self.lift(&rule, "");
            match (*key, rule) {
                ("dependencies", Value::Object(rules)) => depend(rules, &mut condition),
                (_, rule) => drop(condition.insert((*key).to_owned(), rule)),
            }
        }
        if !condition.is_empty() {
            self.conditions.push(Value::Object(condition));
        }
    }

    /// Remembers the fields that a rule asks for somewhere inside it.
    fn lift(&mut self, rule: &Value, on: &str) {
        match rule {
            Value::Array(rules) => rules.iter().for_each(|rule| self.lift(rule, on)),
            Value::Object(fields) => {
                for (name, property) in
                    fields.get("properties").and_then(Value::as_object).into_iter().flatten()
                {
                    self.conditional.push((name.clone(), property.clone(), on.to_owned()));
                }
                for (key, below) in
                    fields.iter().filter(|(key, _)| *key != "properties" && *key != "required")
                {
                    let inside = CONDITIONS.contains(&key.as_str());
                    self.lift(below, if inside { on } else { key });
                }
            }
            _ => {}
        }
    }

    fn schema(mut self) -> Value {
        for (name, property, on) in std::mem::take(&mut self.conditional) {
            if let Some(known) = self.properties.get_mut(&name) {
                if known["x-conditional"] == true {
                    widen(known, &property);
                }
            } else {
                self.properties.insert(name, conditional(property, &on));
            }
        }
        for property in self.properties.values_mut().filter_map(Value::as_object_mut) {
            property.remove("x-conditional");
        }
        let mut schema = json!({
            "type": "object", "additionalProperties": false, "required": self.required, "properties": self.properties,
        });
        if !self.conditions.is_empty() {
            schema["allOf"] = Value::Array(self.conditions);
        }
        schema
    }
}

/// `dependencies` is how older drafts of JSON Schema say it.
fn depend(rules: Object<String, Value>, condition: &mut Object<String, Value>) {
    for (name, rule) in rules {
        let key = if rule.is_array() { "dependentRequired" } else { "dependentSchemas" };
        condition.entry(key).or_insert_with(|| json!({}))[name] = rule;
    }
}

/// A field that is asked for only where another answer says so: the rules still stand in the schema, with what is needed where.
fn conditional(mut property: Value, on: &str) -> Value {
    if let Some(fields) = property.as_object_mut() {
        let hint =
            if on.is_empty() { "Not always needed.".into() } else { format!("Only where {on} asks for it.") };
        let said =
            fields.get("description").and_then(Value::as_str).map_or_else(String::new, |d| format!("{d} "));
        fields.insert("description".into(), Value::String(said + &hint));
        fields.insert("x-group".into(), "advanced".into());
        fields.insert("x-conditional".into(), true.into());
        fields.remove("default");
        if let Some(fixed) = fields.remove("const") {
            fields.insert("enum".into(), json!([fixed]));
        }
    }
    property
}

/// A field that several branches ask for may be what any of them says.
fn widen(known: &mut Value, other: &Value) {
    let choices =
        |of: &Value| of["enum"].as_array().cloned().or_else(|| Some(vec![of.get("const")?.clone()]));
    match (choices(known), choices(other)) {
        (Some(mut all), Some(more)) => {
            for value in more {
                if !all.contains(&value) {
                    all.push(value);
                }
            }
            known["enum"] = Value::Array(all);
        }
        (Some(_), None) => drop(known.as_object_mut().map(|fields| fields.remove("enum"))),
        _ => {}
    }
    for bound in ["pattern", "minLength", "maxLength", "minimum", "maximum", "format"] {
        if known.get(bound) != other.get(bound) {
            drop(known.as_object_mut().map(|fields| fields.remove(bound)));
        }
    }
}

/// A schema that may hold fields, with what Backstage adds to each of them read.
fn schema(at: &str, given: &Value, found: &mut Found) -> Value {
    match given {
        Value::Array(all) => {
            all.iter().enumerate().map(|(n, one)| schema(&format!("{at}[{n}]"), one, found)).collect()
        }
        Value::Object(fields) => {
            let mut taken = Object::new();
            for (key, below) in fields {
                let at = format!("{at}.{key}");
                let value = match (key.as_str(), below) {
                    ("properties", Value::Object(properties)) => Value::Object(
                        properties
                            .iter()
                            .map(|(name, p)| (name.clone(), field(&format!("{at}.{name}"), p, found)))
                            .collect(),
                    ),
                    ("enum" | "const" | "default" | "required" | "examples", _) => below.clone(),
                    (_, Value::Object(_) | Value::Array(_)) => schema(&at, below, found),
                    (key, _) if key.starts_with("ui:") => continue,
                    _ => below.clone(),
                };
                taken.insert(key.clone(), value);
            }
            Value::Object(taken)
        }
        other => other.clone(),
    }
}

/// A field, with Backstage's hints as ours.
fn field(at: &str, given: &Value, found: &mut Found) -> Value {
    let Some(given) = given.as_object() else { return given.clone() };
    let mut field = Object::new();
    for (key, value) in given {
        let at = format!("{at}.{key}");
        match key.as_str() {
            "ui:title" => drop(field.insert("title".into(), value.clone())),
            "ui:help" | "ui:description" => {
                let said = given
                    .get("description")
                    .and_then(Value::as_str)
                    .map_or_else(String::new, |d| format!("{d} "));
                field.insert("description".into(), Value::String(said + value.as_str().unwrap_or_default()));
            }
            "ui:widget" => match value.as_str() {
                Some("password") => drop(field.insert("x-secret".into(), true.into())),
                Some("hidden") => drop(field.insert("x-group".into(), "advanced".into())),
                Some(widget) if WIDGETS.contains(&widget) => {}
                _ => found
                    .add(at, format!("is not supported; there are password, hidden, {}", WIDGETS.join(", "))),
            },
            "ui:backstage" => {
                let review = &value["review"];
                if review.get("mask").is_some() || review["show"] == false {
                    field.insert("x-secret".into(), true.into());
                }
            }
            "backstage:featureFlag" | "backstage:permissions" => {
                found.add(at, "is not supported; leave the field to everybody, or make a second template");
            }
            "ui:field" | "ui:options" | "enumNames" => {} // see below
            key if HARMLESS.contains(&key) => {}
            key if key.starts_with("ui:") => found.add(at, "is not supported; leave it out"),
            "description" if field.contains_key("description") => {}
            "properties" | "items" | "oneOf" | "anyOf" | "allOf" | "dependencies" => {
                let below = schema(&at, &json!({ key: value }), found);
                field.insert(key.clone(), below[key].clone());
            }
            _ => drop(field.insert(key.clone(), value.clone())),
        }
    }
    titled(&mut field, given);
    picked(at, &mut field, given, found);
    Value::Object(field)
}

/// Choices with names of their own.
fn titled(field: &mut Object<String, Value>, given: &Object<String, Value>) {
    let names = given.get("enumNames").or_else(|| given.get("ui:enumNames")).and_then(Value::as_array);
    if let (Some(names), Some(Value::Array(values))) = (names, field.get("enum"))
        && names.len() == values.len()
    {
        let choices =
            values.iter().zip(names).map(|(value, name)| json!({ "const": value, "title": name })).collect();
        field.remove("enum");
        field.insert("oneOf".into(), Value::Array(choices));
    }
}

/// What of the portal a field names, and what Backstage's picker would let through.
fn picked(at: &str, field: &mut Object<String, Value>, given: &Object<String, Value>, found: &mut Found) {
    let nothing = Object::new();
    let options = given.get("ui:options").and_then(Value::as_object).unwrap_or(&nothing);
    let picker = given.get("ui:field").and_then(Value::as_str);
    let mut known = HARMLESS_OPTIONS.to_vec();
    match picker {
        None => {}
        Some("OwnerPicker" | "MyGroupsPicker") => {
            known.extend(["catalogFilter", "allowedKinds"]);
            field.insert("x-picker".into(), "owner".into());
            kinds(at, options, found);
        }
        Some("EntityPicker" | "OwnedEntityPicker") => {
            known.extend(["catalogFilter", "allowedKinds"]);
            let kinds = kinds(at, options, found);
            let teams = !kinds.is_empty() && kinds.iter().all(|kind| kind == "group" || kind == "user");
            field.insert("x-picker".into(), if teams { "owner" } else { "entity" }.into());
            if !teams && !kinds.is_empty() {
                field.insert("x-kinds".into(), kinds.into());
            }
        }
        Some("EntityNamePicker") => {
            field.entry("pattern").or_insert_with(|| NAME.into());
            field.entry("maxLength").or_insert_with(|| 63.into());
        }
        Some("EntityTagsPicker") if field.get("type").is_some_and(|t| t == "array") => {
            field.entry("items").or_insert_with(|| json!({ "type": "string" }));
        }
        Some("RepoUrlPicker") => {
            known.extend(["allowedHosts", "allowedOwners", "allowedOrganizations", "allowedRepos"]);
            field.insert("x-picker".into(), "repository".into());
            field.insert("pattern".into(), repository(options).into());
        }
        Some(other) => found.add(
            format!("{at}.ui:field"),
            format!("{other} is not supported; there are OwnerPicker, EntityPicker, OwnedEntityPicker, EntityNamePicker, EntityTagsPicker and RepoUrlPicker. List the choices in enum"),
        ),
    }
    for key in options.keys().filter(|key| !known.contains(&key.as_str())) {
        let why = match key.as_str() {
            "requestUserCredentials" => {
                "is not supported: the portal pushes with what the operator gave it; leave it out"
            }
            _ => "is not supported; leave it out",
        };
        found.add(format!("{at}.ui:options.{key}"), why);
    }
}

/// The kinds that a picker offers. Any other condition would be lost, and so is named.
fn kinds(at: &str, options: &Object<String, Value>, found: &mut Found) -> Vec<String> {
    let mut kinds = Vec::new();
    let mut add = |value: &Value| match value {
        Value::String(kind) => kinds.push(kind.to_lowercase()),
        Value::Array(all) => kinds.extend(all.iter().filter_map(Value::as_str).map(str::to_lowercase)),
        _ => {}
    };
    options.get("allowedKinds").into_iter().for_each(&mut add);
    let filters = match options.get("catalogFilter") {
        Some(Value::Array(filters)) => filters.iter().collect(),
        Some(filter) => vec![filter],
        None => Vec::new(),
    };
    for filter in filters {
        for (key, value) in filter.as_object().into_iter().flatten() {
            if key == "kind" {
                add(value);
            } else {
                found.add(
                    format!("{at}.ui:options.catalogFilter.{key}"),
                    "is not supported: only kind is; leave it out, or list the choices in enum",
                );
            }
        }
    }
    kinds
}

/// What a repository's address has to look like, in either way of writing it, where the picker allows some alone.
fn repository(options: &Object<String, Value>) -> String {
    let one_of = |keys: &[&str]| {
        let lists = keys.iter().filter_map(|key| options.get(*key)).filter_map(Value::as_array).flatten();
        let words: Vec<_> = lists.filter_map(Value::as_str).map(quoted).collect();
        if words.is_empty() { "[A-Za-z0-9._-]+".to_owned() } else { format!("({})", words.join("|")) }
    };
    let hosts = options.get("allowedHosts").and_then(Value::as_array).into_iter().flatten();
    let hosts: Vec<_> = hosts.filter_map(Value::as_str).map(quoted).collect();
    let host = if hosts.is_empty() { "[A-Za-z0-9.:-]+".to_owned() } else { format!("({})", hosts.join("|")) };
    let limited = ["allowedOwners", "allowedOrganizations"].iter().any(|key| options.contains_key(*key));
    let owner = one_of(&["allowedOwners", "allowedOrganizations"]);
    let path = if limited { owner.clone() } else { "[A-Za-z0-9._/-]+".to_owned() };
    let name = one_of(&["allowedRepos"]);
    let (o, r) = (format!("owner={path}"), format!("repo={name}"));
    format!("^(https?://)?{host}(/{path}/{name}(\\.git)?/?|\\?{o}&{r}|\\?{r}&{o})$")
}

fn quoted(text: &str) -> String {
    text.chars()
        .flat_map(|c| (!c.is_ascii_alphanumeric() && c != '-').then_some('\\').into_iter().chain([c]))
        .collect()
}
