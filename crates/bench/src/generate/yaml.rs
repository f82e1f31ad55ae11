//! Block YAML, two spaces a level, as people write descriptors by hand.

use std::fmt::Write as _;

use serde_json::Value;

/// Appends `value`, an object, as one YAML document without its separator.
pub(crate) fn write(value: &Value, out: &mut String) {
    block(value, 0, out);
}

fn block(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) => {
            for (key, item) in map {
                pad(indent, out);
                entry(key, item, indent, out);
            }
        }
        Value::Array(items) => {
            for item in items {
                pad(indent, out);
                out.push_str("- ");
                item_of_list(item, indent, out);
            }
        }
        scalar => {
            pad(indent, out);
            line(scalar, out);
        }
    }
}

fn entry(key: &str, item: &Value, indent: usize, out: &mut String) {
    let _ = write!(out, "{key}:");
    match item {
        Value::Object(map) if !map.is_empty() => nested(item, indent, out),
        Value::Array(items) if !items.is_empty() => nested(item, indent, out),
        Value::String(text) if text.contains('\n') => {
            out.push_str(" |\n");
            for line in text.trim_end_matches('\n').split('\n') {
                pad(indent + 1, out);
                let _ = writeln!(out, "{line}");
            }
        }
        scalar => {
            out.push(' ');
            line(scalar, out);
        }
    }
}

fn nested(item: &Value, indent: usize, out: &mut String) {
    out.push('\n');
    block(item, indent + 1, out);
}

/// The first key of an object stands on the line of its dash.
fn item_of_list(item: &Value, indent: usize, out: &mut String) {
    let Value::Object(map) = item else { return line(item, out) };
    for (n, (key, item)) in map.iter().enumerate() {
        if n > 0 {
            pad(indent + 1, out);
        }
        entry(key, item, indent + 1, out);
    }
}

/// A scalar as JSON writes it, which is YAML too.
fn line(scalar: &Value, out: &mut String) {
    let _ = writeln!(out, "{scalar}");
}

fn pad(indent: usize, out: &mut String) {
    for _ in 0..indent {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn every_shape_of_a_descriptor() {
        let mut out = String::new();
        let value = json!({
            "kind": "API",
            "metadata": {"name": "a", "links": [{"url": "https://x", "title": "X"}, {"url": "https://y"}], "tags": ["t"]},
            "spec": {"children": [], "definition": "openapi: 3.0.0\ninfo:\n  title: A\n"},
        });
        super::write(&value, &mut out);
        let expected = r#"kind: "API"
metadata:
  name: "a"
  links:
    - url: "https://x"
      title: "X"
    - url: "https://y"
  tags:
    - "t"
spec:
  children: []
  definition: |
    openapi: 3.0.0
    info:
      title: A
"#;
        assert_eq!(out, expected);
    }
}
