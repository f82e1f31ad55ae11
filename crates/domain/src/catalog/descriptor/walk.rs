//! One look at every value of a document.

use std::fmt::Write;

use serde_json::Value;

use super::fields::join;
use crate::Problem;

/// Looks at every value once: no NUL characters (the database cannot keep them), no placeholders left to resolve.
pub(super) fn walk(value: &Value, path: &mut String, problems: &mut Vec<Problem>) {
    const NUL: &str = "holds a NUL character; take it out";
    let field = |path: &str| if path.is_empty() { "document".to_owned() } else { path.to_owned() };
    match value {
        Value::String(text) if text.contains('\0') => {
            problems.push(Problem { field: field(path), message: NUL.into() });
        }
        Value::Array(items) => {
            let length = path.len();
            for (n, item) in items.iter().enumerate() {
                let _ = write!(path, "[{n}]"); // writing to a text cannot fail
                walk(item, path, problems);
                path.truncate(length);
            }
        }
        Value::Object(map) => {
            if let Some((key @ ("$text" | "$json" | "$yaml"), _)) =
                map.iter().next().map(|(k, v)| (k.as_str(), v)).filter(|_| map.len() == 1)
            {
                let message = format!(
                    "is still the placeholder {key}: this server fetches nothing. Apply the file with `portolan apply`, which puts in what lies beside the descriptor, or write the text here"
                );
                problems.push(Problem { field: field(path), message });
                return;
            }
            let length = path.len();
            for (key, item) in map {
                let joined = join(path, &key.replace('\0', "\u{fffd}"));
                if key.contains('\0') {
                    problems.push(Problem { field: joined.clone(), message: NUL.into() });
                }
                *path = joined;
                walk(item, path, problems);
                path.truncate(length);
            }
        }
        _ => {}
    }
}
