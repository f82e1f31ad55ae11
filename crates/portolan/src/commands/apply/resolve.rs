//! Placeholders and `Location` targets of one file, read from beside it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use portolan_domain::catalog::descriptor::yaml_meaning;
use serde_json::Value;

/// Most bytes of a file that a placeholder names.
const LIMIT: u64 = 4 << 20;

/// What came of looking into a file.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    /// The file with its placeholders replaced; none if it has none, and goes as it is.
    pub(super) text: Option<String>,
    /// Files that its Locations point at.
    pub(super) targets: Vec<PathBuf>,
}

/// Whether a text may hold placeholders.
pub(super) fn has_placeholders(text: &str) -> bool {
    ["$text", "$json", "$yaml"].iter().any(|key| text.contains(key))
}

/// Replaces placeholders and collects targets. A file that cannot be parsed goes as it is: the portal tells its
/// mistakes better, with their lines.
pub(super) fn file(text: &str, path: &Path, root: &Path) -> Result<Resolved, String> {
    let placeholders = has_placeholders(text);
    if !placeholders && !text.contains("Location") {
        return Ok(Resolved::default());
    }
    let Ok(mut documents) = serde_saphyr::from_multiple_with_options::<Value>(text, yaml_meaning()) else {
        return Ok(Resolved::default());
    };
    let beside = Beside { folder: path.parent().unwrap_or(Path::new(".")), root };
    let mut changed = false;
    for document in documents.iter_mut().filter(|_| placeholders) {
        changed |= beside.replace(document)?;
    }
    let mut targets = Vec::new();
    for document in &documents {
        beside.targets(document, &mut targets)?;
    }
    // JSON is YAML too, and what the portal reads back is exactly what was meant
    let text = changed.then(|| {
        documents.iter().fold(String::new(), |text, document| text + "---\n" + &document.to_string() + "\n")
    });
    Ok(Resolved { text, targets })
}

/// Where relative names lead.
struct Beside<'a> {
    folder: &'a Path,
    root: &'a Path,
}

impl Beside<'_> {
    /// Replaces every object whose only key is a placeholder. What was read in is not looked at again.
    fn replace(&self, value: &mut Value) -> Result<bool, String> {
        match value {
            Value::Array(items) => {
                items.iter_mut().try_fold(false, |changed, item| Ok(self.replace(item)? | changed))
            }
            Value::Object(fields) => {
                if fields.len() == 1
                    && let Some((key, name)) = fields.iter().next()
                    && matches!(key.as_str(), "$text" | "$json" | "$yaml")
                {
                    *value = self.read(key, name)?;
                    return Ok(true);
                }
                fields.values_mut().try_fold(false, |changed, field| Ok(self.replace(field)? | changed))
            }
            _ => Ok(false),
        }
    }

    fn read(&self, key: &str, name: &Value) -> Result<Value, String> {
        let Some(name) = name.as_str() else { return Err(format!("{key} must be the name of a file")) };
        if name.contains("://") {
            return Err(format!(
                "{key}: {name}: addresses are not fetched; keep the file beside the descriptor and name it"
            ));
        }
        let path = self.inside(key, name)?;
        let size = fs::metadata(&path).map_err(|error| format!("{key}: {name}: {error}"))?.len();
        if size > LIMIT {
            return Err(format!("{key}: {name} has {} MiB; {} MiB are the most", size >> 20, LIMIT >> 20));
        }
        let text = fs::read_to_string(&path).map_err(|error| format!("{key}: {name}: {error}"))?;
        match key {
            "$text" => Ok(Value::String(text)),
            "$json" => {
                serde_json::from_str(&text).map_err(|error| format!("{key}: {name} is not JSON: {error}"))
            }
            _ => serde_saphyr::from_str_with_options(&text, yaml_meaning())
                .map_err(|error| format!("{key}: {name} is not one YAML document: {error}")),
        }
    }

    /// Files that a Location names. Addresses of other kinds stay for the portal to show.
    fn targets(&self, document: &Value, targets: &mut Vec<PathBuf>) -> Result<(), String> {
        let spec = &document["spec"];
        let is_file = spec.get("type").is_none_or(|kind| kind == "file");
        if document["kind"] != "Location" || !is_file {
            return Ok(());
        }
        let optional = spec["presence"] == "optional";
        let named = spec.get("target").into_iter().chain(spec["targets"].as_array().into_iter().flatten());
        for name in named.filter_map(Value::as_str).filter(|name| !name.contains("://")) {
            if optional && !self.folder.join(name).exists() {
                continue;
            }
            let path = self.inside("Location", name)?;
            if !path.is_file() {
                return Err(format!("Location: {name} must be a file"));
            }
            targets.push(self.folder.join(name));
        }
        Ok(())
    }

    /// The file of this name, if it is below the root; links are followed before that is decided.
    fn inside(&self, what: &str, name: &str) -> Result<PathBuf, String> {
        let path =
            self.folder.join(name).canonicalize().map_err(|_| format!("{what}: {name} is not there"))?;
        if !path.starts_with(self.root) {
            return Err(format!("{what}: {name} lies outside the folder that was given, and is not read"));
        }
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use serde_json::{Value, json};
    use tempfile::TempDir;

    use super::file;

    fn tree() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("root/api")).unwrap();
        fs::write(folder.path().join("secret"), "outside").unwrap();
        fs::write(folder.path().join("root/api/spec.yaml"), "openapi: 3.1.0\n").unwrap();
        fs::write(folder.path().join("root/api/spec.json"), "{\"a\": [1]}").unwrap();
        fs::write(folder.path().join("root/two.yaml"), "a: 1\n---\na: 2\n").unwrap();
        symlink(folder.path().join("secret"), folder.path().join("root/link")).unwrap();
        folder
    }

    fn resolve(text: &str) -> Result<Option<String>, String> {
        let folder = tree();
        let root = folder.path().join("root").canonicalize().unwrap();
        file(text, &root.join("catalog-info.yaml"), &root).map(|resolved| resolved.text)
    }

    #[test]
    fn placeholders_are_replaced_by_what_they_name() {
        let text = resolve(
            "spec:\n  a: {$text: ./api/spec.yaml}\n  b: [{$json: api/spec.json}]\n  c: {$yaml: api/spec.yaml}\n---\nx: 1\n",
        );
        let text = text.unwrap().unwrap();
        let documents: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
        let spec = json!({ "a": "openapi: 3.1.0\n", "b": [{ "a": [1] }], "c": { "openapi": "3.1.0" } });
        assert_eq!(documents, [json!({ "spec": spec }), json!({ "x": 1 })]);
    }

    #[test]
    fn what_stands_beside_a_placeholder_keeps_its_meaning() {
        let text = resolve("a: {$text: api/spec.yaml}\nlabels: {x: no, y: on, z: true, inf: .inf}\n");
        let document: Value =
            serde_json::from_str(text.unwrap().unwrap().trim_start_matches("---\n")).unwrap();
        assert_eq!(document["labels"], json!({ "x": "no", "y": "on", "z": true, "inf": ".inf" }));
    }

    #[test]
    fn what_is_no_placeholder_goes_as_it_is() {
        assert_eq!(resolve("a: {$ref: x}\n"), Ok(None));
        assert_eq!(resolve("a: {$text: api/spec.yaml, more: 1}\n"), Ok(None));
        assert_eq!(resolve("a: [ $text\n"), Ok(None), "the portal tells mistakes of the file itself");
    }

    #[test]
    fn nothing_outside_the_folder_is_read() {
        for name in ["../secret", "/etc/passwd", "link", "api/../../secret"] {
            let problem = resolve(&format!("a: {{$text: {name}}}")).unwrap_err();
            assert!(problem.contains("outside the folder"), "{name}: {problem}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for (text, part) in [
            ("a: {$text: none}", "none is not there"),
            ("a: {$text: [1]}", "must be the name of a file"),
            ("a: {$json: api/spec.yaml}", "is not JSON"),
            ("a: {$yaml: two.yaml}", "is not one YAML document"),
            ("a: {$text: 'https://example.org/x'}", "addresses are not fetched"),
        ] {
            let problem = resolve(text).unwrap_err();
            assert!(problem.contains(part), "{text}: {problem}");
        }
    }
}
