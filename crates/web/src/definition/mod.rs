//! Reads an API's definition well enough to list its operations, and colours its text.
//!
//! A definition is somebody else's input: it is bounded, never trusted to be well-formed, and a text that cannot be
//! read is still shown raw, with a sentence that says why there is no list.

mod asyncapi;
mod graphql;
mod highlight;
mod openapi;
mod proto;

pub(crate) use highlight::highlight;

/// Operations shown of one definition; what is beyond is counted.
const MOST_OPERATIONS: usize = 500;
/// Definitions above this size are offered raw only, uncoloured.
pub(crate) const MOST_BYTES: usize = 512 * 1024;

/// What could be read of a definition.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Definition {
    /// What the definition calls itself.
    pub(crate) title: Option<String>,
    /// Its version of the API (not of the format).
    pub(crate) version: Option<String>,
    /// Operations in the order of the text.
    pub(crate) operations: Vec<Operation>,
    /// Operations left out because there are too many.
    pub(crate) more: usize,
    /// Why there is no list, in words.
    pub(crate) problem: Option<String>,
}

/// One thing a client can do.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Operation {
    /// `GET`, `publish`, `query`, `rpc`, …
    pub(crate) verb: String,
    /// Path, channel, field or method.
    pub(crate) name: String,
    /// What goes in and out, as far as the format says it in one line.
    pub(crate) shape: Option<String>,
    /// One line about it.
    pub(crate) summary: Option<String>,
    /// Whether clients should move away.
    pub(crate) deprecated: bool,
}

/// Reads a definition of the type an API entity names (`openapi`, `asyncapi`, `graphql`, `grpc`).
pub(crate) fn read(api_type: &str, text: &str) -> Definition {
    let problem = |message: &str| Definition { problem: Some(message.to_owned()), ..Definition::default() };
    if text.len() > MOST_BYTES {
        return problem("The definition is larger than 512 KiB, so its operations are not listed.");
    }
    let mut definition = match api_type.to_ascii_lowercase().as_str() {
        "openapi" | "swagger" => openapi::read(text),
        "asyncapi" => asyncapi::read(text),
        "graphql" => graphql::read(text),
        "grpc" | "proto" | "protobuf" => proto::read(text),
        _ => {
            return problem(
                "Portolan lists the operations of OpenAPI, AsyncAPI, GraphQL and gRPC definitions.",
            );
        }
    };
    definition.more = definition.operations.len().saturating_sub(MOST_OPERATIONS);
    definition.operations.truncate(MOST_OPERATIONS);
    if definition.operations.is_empty() && definition.problem.is_none() {
        definition.problem = Some("The definition lists no operations.".to_owned());
    }
    definition
}

/// The document as a tree. YAML includes JSON; depth and aliases are bounded by the reader.
fn tree(text: &str) -> Result<serde_json::Value, Definition> {
    serde_saphyr::from_str(text).map_err(|e| {
        let first = e.to_string().lines().next().unwrap_or_default().to_owned();
        Definition {
            problem: Some(format!("The definition cannot be read: {first}")),
            ..Definition::default()
        }
    })
}

/// The first line of a text field, if it says anything.
fn line(value: &serde_json::Value) -> Option<String> {
    let text = value.as_str()?.trim();
    let first = text.lines().next()?.trim();
    (!first.is_empty()).then(|| first.to_owned())
}

/// Whether a sign is part of a name, in both languages that are read by words.
fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_type_and_a_huge_text_say_why_there_is_no_list() {
        assert!(read("soap", "x").problem.is_some_and(|p| p.contains("OpenAPI, AsyncAPI")));
        assert!(read("openapi", &" ".repeat(MOST_BYTES + 1)).problem.is_some_and(|p| p.contains("512 KiB")));
        assert!(read("openapi", "{").problem.is_some_and(|p| p.starts_with("The definition cannot be read")));
        assert!(read("graphql", "scalar Date").problem.is_some_and(|p| p.contains("no operations")));
    }

    #[test]
    fn no_text_makes_a_reader_panic() {
        let pieces = [
            "type Query {",
            "\"\"\"",
            "service X {",
            "rpc a(",
            "{",
            "}",
            "#",
            "paths:",
            " - ",
            "\u{0}",
            "é",
            "(",
            "/*",
            "\"",
            "*/",
            "\n",
        ];
        let mut seed = 7_usize;
        for _ in 0..2_000 {
            let mut text = String::new();
            for _ in 0..12 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push_str(pieces[(seed >> 33) % pieces.len()]);
            }
            for api_type in ["openapi", "asyncapi", "graphql", "grpc"] {
                read(api_type, &text);
                highlight(api_type, &text);
            }
        }
    }
}
