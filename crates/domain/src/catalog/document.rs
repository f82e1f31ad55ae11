//! Descriptors written by the portal: a document from what a form or body says. Pure.

use serde_json::{Map, Value, json};

use super::edit::{EntityEdit, NewEntity};

/// The annotation that names the team that operates something which another one owns.
const OPERATED_BY: &str = "portolan.dev/operated-by";

/// The document of a new entity.
pub(super) fn document(new: &NewEntity) -> Value {
    let namespace = if new.namespace.trim().is_empty() { "default" } else { new.namespace.trim() };
    let mut document = json!({
        "apiVersion": "backstage.io/v1alpha1",
        "kind": new.kind.in_descriptor(),
        "metadata": { "name": new.name.trim(), "namespace": namespace },
        "spec": { "owner": new.owner.trim() },
    });
    apply_to(&mut document, &new.edit);
    document
}

/// Writes an edit into a document. Empty values take the field away.
pub(super) fn apply_to(document: &mut Value, edit: &EntityEdit) {
    let text = |t: &Option<String>| t.as_ref().map(|t| Value::from(t.trim()));
    let list = |l: &Option<Vec<String>>| {
        l.as_ref().map(|l| l.iter().map(|t| t.trim()).filter(|t| !t.is_empty()).collect::<Value>())
    };
    let links = edit.links.as_ref().map(|links| {
        let filled = links.iter().filter(|l| !l.url.trim().is_empty());
        filled
            .map(|l| match l.title.trim() {
                "" => json!({ "url": l.url.trim() }),
                title => json!({ "url": l.url.trim(), "title": title }),
            })
            .collect::<Value>()
    });
    let metadata = [
        ("title", text(&edit.title)),
        ("description", text(&edit.description)),
        ("tags", list(&edit.tags)),
        ("links", links),
    ];
    let spec = [
        ("type", text(&edit.type_name)),
        ("lifecycle", text(&edit.lifecycle)),
        ("system", text(&edit.system)),
        ("domain", text(&edit.domain)),
        ("dependsOn", list(&edit.depends_on)),
        ("providesApis", list(&edit.provides_apis)),
        ("consumesApis", list(&edit.consumes_apis)),
        ("definition", text(&edit.definition)),
    ];
    write(document, "metadata", metadata);
    write(document, "spec", spec);
    if let Some(operator) = &edit.operated_by {
        annotate(document, OPERATED_BY, operator.trim());
    }
}

/// Writes an annotation; an empty one is taken away.
fn annotate(document: &mut Value, key: &str, text: &str) {
    let Some(metadata) = document.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    let annotations = metadata.entry("annotations").or_insert_with(|| Value::Object(Map::new()));
    let Some(annotations) = annotations.as_object_mut() else { return };
    if text.is_empty() {
        annotations.remove(key);
    } else {
        annotations.insert(key.to_owned(), text.into());
    }
    if annotations.is_empty() {
        metadata.remove("annotations");
    }
}

fn write<const N: usize>(document: &mut Value, part: &str, fields: [(&str, Option<Value>); N]) {
    let Some(root) = document.as_object_mut() else { return };
    let Some(part) = root.entry(part).or_insert_with(|| Value::Object(Map::new())).as_object_mut() else {
        return;
    };
    for (name, value) in fields {
        match value {
            None => {}
            Some(Value::String(text)) if text.is_empty() => drop(part.remove(name)),
            Some(Value::Array(items)) if items.is_empty() => drop(part.remove(name)),
            Some(value) => drop(part.insert(name.to_owned(), value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_changes_what_it_names_and_empties_take_away() {
        let mut document = json!({"metadata": {"name": "a", "title": "A", "tags": ["x"]}, "spec": {"type": "service", "custom": 1}});
        let edit = EntityEdit {
            title: Some(String::new()),
            tags: Some(vec!["y".into(), " ".into()]),
            lifecycle: Some("production".into()),
            ..EntityEdit::default()
        };
        apply_to(&mut document, &edit);
        assert_eq!(
            document,
            json!({"metadata": {"name": "a", "tags": ["y"]}, "spec": {"type": "service", "custom": 1, "lifecycle": "production"}})
        );
    }

    #[test]
    fn who_operates_it_is_an_annotation_that_goes_again() {
        let plain = json!({"metadata": {"name": "a"}, "spec": {}});
        let mut document = plain.clone();
        apply_to(&mut document, &EntityEdit { operated_by: Some("runtime".into()), ..EntityEdit::default() });
        assert_eq!(document["metadata"]["annotations"], json!({"portolan.dev/operated-by": "runtime"}));
        apply_to(&mut document, &EntityEdit { operated_by: Some(String::new()), ..EntityEdit::default() });
        assert_eq!(document, plain);
    }
}
