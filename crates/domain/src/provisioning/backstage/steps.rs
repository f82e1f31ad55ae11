//! The steps of a template. There they work in one folder, one after the other; here each step is done alone, maybe by another
//! replica. So whatever prepares files is part of the step that publishes them: `git.scaffold`, with all that was done before.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map as Object, Value, json};

use super::{
    Found,
    place::Place,
    publish,
    references::{Became, References},
};
use crate::provisioning::definition::Step;

/// Actions, for whoever used another.
const ACTIONS: &str = "fetch:template, fetch:template:file, fetch:plain, fetch:plain:file, catalog:write, catalog:register, fs:delete, \
    fs:rename, debug:log, debug:wait, http:backstage:request, publish:github, publish:gitlab, publish:gitea, \
    publish:github:pull-request, publish:gitlab:merge-request";

/// What the steps of a template became.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) steps: Vec<Step>,
    pub(super) references: References,
    /// Whether one of them registers what was made.
    pub(super) registers: bool,
    /// What was done in the folder so far, and where in the template what nobody has published yet stands.
    files: Vec<Value>,
    unpublished: Vec<String>,
    /// The steps whose outputs something in the template names.
    mentioned: BTreeSet<String>,
}

/// A step as the template says it.
pub(super) struct Given<'t> {
    pub(super) at: String,
    pub(super) id: String,
    name: Option<String>,
    action: &'t str,
    pub(super) input: Object<String, Value>,
    condition: Option<String>,
    each: Option<String>,
}

pub(super) fn steps(spec: &Value, place: &Place, annotations: &Value, found: &mut Found) -> Done {
    let given = &spec["steps"];
    let mut done = Done { mentioned: References::mentioned_in(spec), ..Done::default() };
    let Some(all) = given.as_array().filter(|all| !all.is_empty()) else {
        found.add("spec.steps", "must be a list of one step at least");
        return done;
    };
    for (n, step) in all.iter().enumerate() {
        if let Some(step) = read(n, step, &done.references, found) {
            done.take(step, place, annotations, found);
        }
    }
    for at in std::mem::take(&mut done.unpublished) {
        found
            .add(at, "prepares files that no later step publishes; there is no folder that outlives the run");
    }
    done
}

fn read<'t>(n: usize, step: &'t Value, references: &References, found: &mut Found) -> Option<Given<'t>> {
    let at = format!("spec.steps[{n}]");
    let Some(fields) = step.as_object() else {
        found.add(at, "must be an object");
        return None;
    };
    found.only(&at, fields, &["id", "name", "action", "input", "if", "each"]);
    let text = |key: &str| fields.get(key).and_then(Value::as_str).filter(|t| !t.is_empty());
    let Some(action) = text("action") else {
        found.add(format!("{at}.action"), "is needed");
        return None;
    };
    // what is no text is a value: `if: false`, `each: [a, b]`
    let mut expression = |key: &str| {
        let written = match fields.get(key)? {
            Value::String(text) => text.clone(),
            other => format!("${{{{ {other} }}}}"),
        };
        Some(references.renamed(&format!("{at}.{key}"), &written, found))
    };
    let (condition, each) = (expression("if"), expression("each"));
    // where something is registered is only looked through, see there
    let input = match fields.get("input") {
        None => Value::Object(Object::new()),
        Some(input) if action == "catalog:register" => input.clone(),
        Some(input) => references.value(&format!("{at}.input"), input, found),
    };
    let Value::Object(input) = input else {
        found.add(format!("{at}.input"), "must be an object");
        return None;
    };
    Some(Given {
        id: text("id").map_or_else(|| format!("step-{}", n + 1), ToOwned::to_owned),
        name: text("name").map(ToOwned::to_owned),
        at,
        action,
        input,
        condition,
        each,
    })
}

impl Given<'_> {
    pub(super) fn only(&self, known: &[&str], found: &mut Found) {
        found.only(&format!("{}.input", self.at), &self.input, known);
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.input.get(key).and_then(Value::as_str)
    }

    fn needed(&self, key: &str, found: &mut Found) -> Value {
        self.input.get(key).cloned().unwrap_or_else(|| {
            found.add(format!("{}.input.{key}", self.at), "is needed");
            Value::Null
        })
    }

    fn step(self, uses: &str, input: Value) -> Step {
        Step {
            id: self.id,
            title: self.name,
            uses: uses.into(),
            input,
            when: self.condition,
            each: self.each,
            attempts: 3,
            timeout_seconds: 300,
        }
    }
}

impl Done {
    fn take(&mut self, given: Given<'_>, place: &Place, annotations: &Value, found: &mut Found) {
        let file = match given.action {
            "fetch:template" | "fetch:template:file" => Some(template(&given, place, found)),
            "fetch:plain" | "fetch:plain:file" => Some(plain(&given, place, found)),
            "catalog:write" => {
                given.only(&["entity", "filePath"], found);
                let path = given.input.get("filePath").cloned().unwrap_or_else(|| "catalog-info.yaml".into());
                Some(json!({ "write": { "path": path, "yaml": given.needed("entity", found) } }))
            }
            "fs:delete" => {
                given.only(&["files"], found);
                Some(json!({ "delete": given.needed("files", found) }))
            }
            "fs:rename" => {
                given.only(&["files"], found);
                Some(json!({ "rename": given.needed("files", found) }))
            }
            _ => None,
        };
        match file {
            Some(file) => self.file(given, file, found),
            None => self.other(given, annotations, found),
        }
    }

    /// Something is done in the folder.
    fn file(&mut self, given: Given<'_>, mut file: Value, found: &mut Found) {
        if given.each.is_some() {
            found.add(
                format!("{}.each", given.at),
                "is not supported for what prepares files; write the step out",
            );
        }
        if let Some(condition) = given.condition {
            file["if"] = condition.into();
        }
        self.references.add(&given.id, Became::Nothing);
        self.files.push(file);
        self.unpublished.push(given.at);
    }

    fn other(&mut self, given: Given<'_>, annotations: &Value, found: &mut Found) {
        match given.action {
            "debug:log" => {
                given.only(&["message"], found);
                self.references.add(&given.id, Became::Nothing);
                let message = given.input.get("message").cloned().unwrap_or_default();
                self.steps.push(given.step("note", json!({ "message": message })));
            }
            "debug:wait" => {
                given.only(&["minutes", "seconds", "milliseconds"], found);
                let seconds = seconds(&given, found);
                self.references.add(&given.id, Became::Nothing);
                self.steps.push(given.step("wait", json!({ "seconds": seconds })));
            }
            "http:backstage:request" => self.request(given, annotations, found),
            "catalog:register" => self.register(&given, found),
            action => match publish::input(action, &given, found) {
                Some(published) => self.publish(given, published, found),
                None => found.add(
                    format!("{}.action", given.at),
                    format!("{action} is not supported; there are {ACTIONS}"),
                ),
            },
        }
    }

    fn publish(&mut self, given: Given<'_>, published: publish::Published, found: &mut Found) {
        if self.files.is_empty() {
            found.add(&given.at, "publishes a folder that nothing was put into; fetch something first");
        }
        self.unpublished.clear();
        let names = published.outputs.iter().map(|(old, new)| (*old, (given.id.clone(), *new))).collect();
        self.references.add(&given.id, Became::Renamed(names));
        let mut input = published.input;
        input["do"] = Value::Array(self.files.clone());
        input["register"] = false.into(); // unless a later step asks for it
        self.steps.push(given.step("git.scaffold", input));
    }

    /// Registering is part of publishing: what is registered is what was just made.
    fn register(&mut self, given: &Given<'_>, found: &mut Found) {
        given.only(&["repoContentsUrl", "catalogInfoPath", "catalogInfoUrl", "optional"], found);
        if given.each.is_some() {
            found.add(format!("{}.each", given.at), "is not supported here");
        }
        let places = ["repoContentsUrl", "catalogInfoUrl"].map(|key| given.text(key).unwrap_or_default());
        let mentioned: Vec<_> = places.iter().flat_map(|text| References::mentioned(text)).collect();
        let mut names = BTreeMap::new();
        let path =
            given.text("catalogInfoPath").or_else(|| places[1].rsplit_once("}}/").map(|(_, path)| path));
        for step in self.steps.iter_mut().filter(|s| s.uses == "git.scaffold" && mentioned.contains(&s.id)) {
            let mut register = json!({ "path": path.unwrap_or("catalog-info.yaml").trim_start_matches('/') });
            if let Some(optional) = given.input.get("optional") {
                register["optional"] = optional.clone();
            }
            if let Some(condition) = &given.condition {
                register["if"] = condition.clone().into();
            }
            step.input["register"] = register;
            names.insert("entityRef", (step.id.clone(), "entityRef"));
        }
        if names.is_empty() {
            found.add(
                format!("{}.input", given.at),
                "registers what no step before it publishes; name the output repoContentsUrl of the step that does",
            );
        }
        self.registers = true;
        self.references.add(&given.id, Became::Renamed(names));
    }

    /// Backstage is asked through itself; here somebody has to say whom that reached.
    fn request(&mut self, given: Given<'_>, annotations: &Value, found: &mut Found) {
        given.only(&["method", "path", "headers", "params", "body", "logRequestPath"], found);
        let path = given.text("path").unwrap_or_default().to_owned();
        let base = annotations.get("portolan.dev/backend").and_then(Value::as_str);
        let url = match base {
            _ if path.starts_with("https://") || path.starts_with("http://") => path,
            Some(base) => format!("{}/{}", base.trim_end_matches('/'), path.trim_start_matches('/')),
            None => {
                found.add(
                    format!("{}.input.path", given.at),
                    "asks Backstage's own backend, which is not here: give an address with https://, or the annotation \
                     portolan.dev/backend with the address that stands before the path",
                );
                path
            }
        };
        let query: Vec<_> =
            given.input.get("params").and_then(Value::as_object).into_iter().flatten().collect();
        let query: Vec<_> = query
            .iter()
            .map(|(k, v)| format!("{k}={}", v.as_str().map_or_else(|| v.to_string(), ToOwned::to_owned)))
            .collect();
        let url = if query.is_empty() { url } else { format!("{url}?{}", query.join("&")) };
        let mut input = json!({ "url": url, "method": given.text("method").unwrap_or("GET") });
        for key in ["headers", "body"] {
            if let Some(value) = given.input.get(key) {
                input[key] = value.clone();
            }
        }
        // the answer is kept only where something asks for it
        if self.mentioned.contains(&given.id) {
            input["outputs"] = json!({ "body": "" });
        }
        self.references.add(&given.id, Became::Renamed([("body", (given.id.clone(), "body"))].into()));
        self.steps.push(given.step("http.request", input));
    }
}

fn seconds(given: &Given<'_>, found: &mut Found) -> u64 {
    let mut seconds = 0.0;
    for (key, worth) in [("minutes", 60.0), ("seconds", 1.0), ("milliseconds", 0.001)] {
        match given.input.get(key).map(Value::as_f64) {
            None => {}
            Some(Some(n)) if (0.0..=600_000.0).contains(&n) => seconds += n * worth,
            _ => found.add(format!("{}.input.{key}", given.at), "must be a number"),
        }
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded above and below")]
    let whole = seconds.ceil() as u64;
    whole
}

fn source(given: &Given<'_>, place: &Place, found: &mut Found) -> Value {
    let url = given.needed("url", found);
    match place.fetched(url.as_str().unwrap_or_default()) {
        Ok(source) => source,
        Err(problem) => {
            found.add(format!("{}.input.url", given.at), problem);
            Value::Null
        }
    }
}

fn template(given: &Given<'_>, place: &Place, found: &mut Found) -> Value {
    let known = [
        "url",
        "targetPath",
        "values",
        "copyWithoutTemplating",
        "copyWithoutRender",
        "templateFileExtension",
        "replace",
    ];
    given.only(&known, found);
    let mut file = json!({ "template": source(given, place, found), "syntax": "backstage" });
    let keys = [
        ("targetPath", "into"),
        ("values", "values"),
        ("copyWithoutTemplating", "copyWithoutTemplating"),
        ("copyWithoutRender", "copyWithoutTemplating"),
        ("replace", "replace"),
    ];
    for (old, new) in keys {
        if let Some(value) = given.input.get(old) {
            file[new] = value.clone();
        }
    }
    match given.input.get("templateFileExtension") {
        None | Some(Value::Bool(false)) => {}
        Some(Value::Bool(true)) => file["onlyEnding"] = ".njk".into(),
        Some(ending) => file["onlyEnding"] = ending.clone(),
    }
    file
}

fn plain(given: &Given<'_>, place: &Place, found: &mut Found) -> Value {
    given.only(&["url", "targetPath"], found);
    let mut file = json!({ "copy": source(given, place, found) });
    if let Some(path) = given.input.get("targetPath") {
        file["into"] = path.clone();
    }
    file
}
