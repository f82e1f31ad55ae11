//! What each kind must say, and the relations that follow from it.

use serde_json::{Map, Value};

use super::{
    Descriptor, EntityRef, Kind, Rejected, RelationKind, Stated, facts,
    fields::{Fields, not_a},
    rules,
    walk::walk,
    who::{group, user},
};
use crate::Problem;

const VERSIONS: [&str; 2] = ["backstage.io/v1alpha1", "backstage.io/v1beta1"];

/// Problems told of one document: a file of another format altogether may have thousands.
const MOST_PROBLEMS: usize = 50;

/// Identity of a document, as far as it keeps the rules; what breaks one is missing, and noted as a problem.
struct Identity<'v> {
    kind: Option<Kind>,
    namespace: Option<&'v str>,
    name: Option<&'v str>,
}

impl Identity<'_> {
    fn reference(&self) -> Option<EntityRef> {
        Some(EntityRef::new(self.kind?.as_str(), self.namespace?, self.name?))
    }
}

/// Reads a document; hash and document are filled in by the caller.
pub(super) fn descriptor(document: &Value) -> Result<Descriptor, Rejected> {
    let Value::Object(root) = document else {
        let message = format!("{} with apiVersion, kind, metadata and spec", not_a("mapping", document));
        return Err(Rejected {
            reference: None,
            problems: vec![Problem { field: "document".into(), message }],
        });
    };
    let mut problems = Vec::new();
    let identity = identity(root, &mut problems);
    walk(document, &mut String::new(), &mut problems);
    // a bad name hides no other mistake: the rest is read as if the name were good
    let read = body(root, &identity, &mut problems);
    match (read, identity.reference()) {
        (Some(descriptor), Some(_)) if problems.is_empty() => Ok(descriptor),
        (_, reference) => {
            let reference = reference.or_else(|| loose_reference(root));
            Err(Rejected { reference, problems: few(problems) })
        }
    }
}

/// The first problems, and how many more there are.
fn few(mut problems: Vec<Problem>) -> Vec<Problem> {
    let more = problems.len().saturating_sub(MOST_PROBLEMS);
    if more > 0 {
        problems.truncate(MOST_PROBLEMS);
        let message = format!("has {more} more problems; mend these first");
        problems.push(Problem { field: "document".into(), message });
    }
    problems
}

/// What the document would be called, where its identity breaks a rule.
fn loose_reference(root: &Map<String, Value>) -> Option<EntityRef> {
    let kind = root.get("kind")?.as_str().filter(|k| rules::is_kind(k))?;
    let metadata = root.get("metadata")?;
    let name = metadata.get("name")?.as_str().filter(|n| rules::is_name(n))?;
    let namespace = metadata.get("namespace").and_then(Value::as_str).unwrap_or("default");
    rules::is_name(namespace).then(|| EntityRef::new(kind, namespace, name))
}

fn identity<'v>(root: &'v Map<String, Value>, problems: &mut Vec<Problem>) -> Identity<'v> {
    let mut fields = Fields::new(root, "", problems);
    let version = fields.required("apiVersion", 400, "apiVersion: backstage.io/v1alpha1");
    let kind = fields.required("kind", 400, "kind: Component");
    let kind = kind.and_then(|kind| known_kind(&mut fields, version, kind));
    if let Some(version) = version.filter(|v| !rules::is_api_version(v)) {
        fields.problem("apiVersion", format!("{version:?} is not of the form backstage.io/v1alpha1"));
    }
    if fields.value("metadata").is_none() {
        fields.problem("metadata", "is required, with at least a name");
    }
    let Some(mut metadata) = fields.mapping("metadata") else {
        return Identity { kind, namespace: None, name: None };
    };
    let name = metadata.required("name", 400, "name: checkout-api").filter(|name| {
        let good = rules::is_name(name);
        if !good {
            metadata.problem("name", "must have 1 to 63 letters, digits, `-`, `_` or `.`, and begin and end with a letter or digit");
        }
        good
    });
    let namespace = match metadata.value("namespace") {
        None => Some("default"),
        Some(_) => metadata.text("namespace", 400).filter(|namespace| {
            let good = rules::is_namespace(namespace);
            if !good {
                metadata.problem("namespace", "must have 1 to 63 lower-case letters, digits or `-`, and begin and end with a letter or digit");
            }
            good
        }),
    };
    Identity { kind, namespace, name }
}

/// The kind that is written, or was meant: it says how the rest is read. Capitals count.
fn known_kind(fields: &mut Fields<'_, '_>, version: Option<&str>, text: &str) -> Option<Kind> {
    if !rules::is_kind(text) {
        fields.problem("kind", "must begin with a letter, and have at most 63 letters and digits");
        return None;
    }
    if matches!(text, "Template" | "Offering") {
        fields.problem(
            "kind",
            format!(
                "{text} is for self-service: portolan apply hands it on, and the API takes it at /offerings"
            ),
        );
        return None;
    }
    let Some(kind) = Kind::ALL.into_iter().find(|k| k.in_descriptor().eq_ignore_ascii_case(text)) else {
        fields.problem("kind", format!("{text:?} is not known; known are Component, API, Resource, System, Domain, Group, User and Location"));
        return None;
    };
    if kind.in_descriptor() != text {
        fields.problem(
            "kind",
            format!("{text:?} must be written {:?}; capitals count here", kind.in_descriptor()),
        );
    } else if let Some(version) = version
        && rules::is_api_version(version)
        && !VERSIONS.contains(&version)
    {
        fields.problem(
            "apiVersion",
            format!("{version:?} is not known for {text}; write backstage.io/v1alpha1"),
        );
    }
    Some(kind)
}

/// The rest of a document. Where the identity breaks a rule a name stands in for it, so that everything else is read
/// all the same; of an unknown kind only the metadata can be.
fn body(
    root: &Map<String, Value>,
    identity: &Identity<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Descriptor> {
    let facts = facts::read(root.get("metadata"), root.get("spec"), problems);
    let said = root.get("metadata").and_then(Value::as_object).map(|m| metadata(m, problems));
    let kind = identity.kind?;
    let (namespace, name) = (identity.namespace.unwrap_or("default"), identity.name.unwrap_or("unnamed"));
    let Metadata { title, description, tags, annotations } = said.unwrap_or_default();
    let mut fields = Fields::new(root, "", problems);
    if fields.value("spec").is_none() {
        fields.problem("spec", format!("is required for a {}", kind.in_descriptor()));
        return None;
    }
    let mut spec = fields.mapping("spec")?;
    let mut out = Descriptor {
        reference: EntityRef::new(kind.as_str(), namespace, name),
        kind,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        title,
        description,
        r#type: None,
        lifecycle: None,
        tags,
        owner: None,
        system: None,
        domain: None,
        relations: Vec::new(),
        facts,
        group: None,
        user: None,
        document: Value::Null,
        hash: [0; 32],
    };
    read_spec(&mut spec, &mut out);
    match kind {
        Kind::Group => {
            out.group = Some(Box::new(group(&mut spec, &mut out.relations, &out.reference, &annotations)));
        }
        Kind::User => {
            out.user = Some(Box::new(user(&mut spec, &mut out.relations, &out.reference, &annotations)));
        }
        Kind::Location => location(&mut spec),
        Kind::Api => {
            spec.required("definition", usize::MAX, "definition: |");
        }
        _ => {}
    }
    out.relations.sort_unstable();
    out.relations.dedup();
    Some(out)
}

/// What the metadata of every kind say beside the identity.
#[derive(Default)]
struct Metadata {
    title: Option<String>,
    description: Option<String>,
    tags: Vec<String>,
    annotations: Map<String, Value>,
}

fn metadata(map: &Map<String, Value>, problems: &mut Vec<Problem>) -> Metadata {
    let mut metadata = Fields::new(map, "metadata", problems);
    let title = metadata.text("title", 200).map(str::to_owned);
    let description = description(&mut metadata);
    let tags = tags(&mut metadata);
    labels(&mut metadata);
    let annotations = annotations(&mut metadata);
    links(&mut metadata);
    Metadata { title, description, tags, annotations }
}

/// Type, lifecycle, owner, and the relations of everything but groups and persons.
fn read_spec(spec: &mut Fields<'_, '_>, out: &mut Descriptor) {
    use Kind::{Api, Component, Domain, Group, Resource, System};
    let (kind, ns) = (out.kind, out.namespace.clone());
    out.r#type = match kind {
        Component => spec.required("type", 100, "type: service"),
        Api => spec.required("type", 100, "type: openapi"),
        Resource => spec.required("type", 100, "type: database"),
        Group => spec.required("type", 100, "type: team"),
        _ => spec.text("type", 100),
    }
    .map(str::to_owned);
    out.lifecycle = match kind {
        Component | Api => spec.required("lifecycle", 100, "lifecycle: production"),
        Resource | System | Domain => spec.text("lifecycle", 100),
        _ => None,
    }
    .map(str::to_owned);
    if !matches!(kind, Component | Api | Resource | System | Domain) {
        return;
    }
    if spec.value("owner").is_none() {
        spec.problem("owner", "is required; write for example `owner: group:default/basket`");
    }
    out.owner = spec.reference("owner", Some("group"), &ns);
    let mut to = |relation: RelationKind, targets: Vec<EntityRef>| {
        let pair = |to| Stated { from: out.reference.clone(), kind: relation, to };
        out.relations.extend(targets.into_iter().map(pair));
    };
    if matches!(kind, Component | Api | Resource) {
        out.system = spec.reference("system", Some("system"), &ns);
        to(RelationKind::PartOf, out.system.clone().into_iter().collect());
    }
    match kind {
        Component => {
            to(
                RelationKind::PartOf,
                spec.reference("subcomponentOf", Some("component"), &ns).into_iter().collect(),
            );
            to(RelationKind::ProvidesApi, spec.references("providesApis", Some("api"), &ns));
            to(RelationKind::ConsumesApi, spec.references("consumesApis", Some("api"), &ns));
        }
        System => {
            out.domain = spec.reference("domain", Some("domain"), &ns);
            to(RelationKind::PartOf, out.domain.clone().into_iter().collect());
        }
        Domain => {
            to(
                RelationKind::PartOf,
                spec.reference("subdomainOf", Some("domain"), &ns).into_iter().collect(),
            );
        }
        _ => {}
    }
    if matches!(kind, Component | Resource) {
        to(RelationKind::DependsOn, spec.references("dependsOn", None, &ns));
        let dependants = spec.references("dependencyOf", None, &ns);
        let reverse = |from| Stated { from, kind: RelationKind::DependsOn, to: out.reference.clone() };
        out.relations.extend(dependants.into_iter().map(reverse));
    }
}

fn description(metadata: &mut Fields<'_, '_>) -> Option<String> {
    let value = metadata.value("description")?;
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|t| !t.is_empty()),
        other => {
            metadata.problem("description", not_a("text", other));
            None
        }
    }
}

fn tags(metadata: &mut Fields<'_, '_>) -> Vec<String> {
    let mut tags = Vec::new();
    for (n, item) in metadata.list("tags").unwrap_or_default().iter().enumerate() {
        match item {
            Value::String(tag) if rules::is_tag(tag) => {
                if !tags.contains(tag) {
                    tags.push(tag.clone());
                }
            }
            Value::String(tag) => {
                let message = format!(
                    "{tag:?} must have 1 to 63 lower-case letters, digits, `:`, `+` or `#`, in parts joined by single `-`"
                );
                metadata.problem(&format!("tags[{n}]"), message);
            }
            other => metadata.problem(&format!("tags[{n}]"), not_a("text", other)),
        }
    }
    if tags.len() > 100 {
        metadata.problem("tags", "must be at most 100");
    }
    tags
}

const KEY: &str = "must be a name, before it at most one prefix and slash, as in example.com/cost-centre";

fn labels(metadata: &mut Fields<'_, '_>) {
    let Some(mut labels) = metadata.mapping("labels") else { return };
    for (key, value) in labels.entries() {
        if !rules::is_key(key) {
            labels.problem(key, KEY);
        }
        match value {
            Value::String(text) if rules::is_label_value(text) => {}
            Value::String(_) => labels.problem(
                key,
                "must be empty or look like a name: letters, digits, `-`, `_` and `.`, 63 at most",
            ),
            other => labels.problem(key, not_a("text", other)),
        }
    }
}

/// Annotations that entities are found by, and the most of them that an index takes.
const INDEXED: [&str; 2] = ["github.com/project-slug", "gitlab.com/project-slug"];
const LONGEST_INDEXED: usize = 500;

/// Checks annotations; returns those of Portolan, by what follows the prefix.
fn annotations(metadata: &mut Fields<'_, '_>) -> Map<String, Value> {
    let mut own = Map::new();
    let Some(mut annotations) = metadata.mapping("annotations") else { return own };
    for (key, value) in annotations.entries() {
        if !rules::is_key(key) {
            annotations.problem(key, KEY);
        }
        let Value::String(text) = value else {
            annotations.problem(key, not_a("text", value));
            continue;
        };
        if INDEXED.contains(&key.as_str()) && text.chars().nth(LONGEST_INDEXED).is_some() {
            annotations.problem(key, format!("must have at most {LONGEST_INDEXED} characters"));
        }
        if let Some(name) = key.strip_prefix("portolan.dev/") {
            own.insert(name.to_owned(), value.clone());
        }
    }
    own
}

fn links(metadata: &mut Fields<'_, '_>) {
    for (n, item) in metadata.list("links").unwrap_or_default().iter().enumerate() {
        let key = format!("links[{n}]");
        let Value::Object(map) = item else {
            metadata.problem(&key, not_a("mapping with a url", item));
            continue;
        };
        let mut problems = Vec::new();
        let mut link = Fields::new(map, metadata.path(&key), &mut problems);
        let url = link.required("url", 2000, "url: https://example.com");
        if url.is_some_and(|u| url::Url::parse(u).is_err()) {
            link.problem("url", "must be a whole address, such as https://example.com/runbook");
        }
        link.text("title", 200);
        link.text("type", 100);
        if link.text("icon", 400).is_some_and(|icon| !rules::is_name(icon)) {
            link.problem("icon", "must look like a name: letters, digits, `-`, `_` and `.`, 63 at most");
        }
        for problem in problems {
            let rest = problem.field.strip_prefix("metadata.").unwrap_or(&problem.field).to_owned();
            metadata.problem(&rest, problem.message);
        }
    }
}

/// A Location is kept and shown; Portolan itself fetches nothing.
fn location(spec: &mut Fields<'_, '_>) {
    spec.text("target", 2000);
    for (n, item) in spec.list("targets").unwrap_or_default().iter().enumerate() {
        if !item.is_string() {
            spec.problem(&format!("targets[{n}]"), not_a("text", item));
        }
    }
    if spec.text("presence", 100).is_some_and(|p| !matches!(p, "required" | "optional")) {
        spec.problem("presence", "must be required or optional");
    }
}
