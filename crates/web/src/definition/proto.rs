//! Protocol Buffers: `service X { rpc Name (Request) returns (stream Response); }`.

use super::{Definition, Operation, is_name};

pub(super) fn read(text: &str) -> Definition {
    let mut definition = Definition::default();
    let (mut service, mut note) = (String::new(), None);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("//") {
            let end = comment.find('\n').unwrap_or(comment.len());
            // of several comment lines the first one is the summary
            note.get_or_insert_with(|| comment[..end].trim_start_matches('/').trim().to_owned());
            rest = &comment[end..];
        } else if let Some(comment) = rest.strip_prefix("/*") {
            let end = comment.find("*/").unwrap_or(comment.len());
            note = comment[..end]
                .lines()
                .map(|l| l.trim().trim_start_matches('*').trim())
                .find(|l| !l.is_empty())
                .map(str::to_owned);
            rest = comment.get(end + 2..).unwrap_or_default();
        } else if first == '"' {
            let end = rest[1..].find('"').map_or(rest.len(), |e| e + 2);
            rest = &rest[end..];
        } else if is_name(first) {
            let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            let word = &rest[..end];
            rest = rest[end..].trim_start();
            let name_end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            match word {
                "package" if definition.title.is_none() => {
                    definition.title = Some(rest[..name_end].to_owned());
                }
                "service" => {
                    rest[..name_end].clone_into(&mut service);
                    note = None;
                }
                "rpc" => {
                    let stop = rest.find([';', '{']).unwrap_or(rest.len());
                    let shape = rest[name_end..stop].split_whitespace().collect::<Vec<_>>().join(" ");
                    let summary = note.take().filter(|n| !n.is_empty());
                    let name = if service.is_empty() {
                        rest[..name_end].to_owned()
                    } else {
                        format!("{service}/{}", &rest[..name_end])
                    };
                    let deprecated = options(&rest[stop..]).contains("deprecated");
                    definition.operations.push(Operation {
                        verb: "rpc".into(),
                        name,
                        shape: Some(shape),
                        summary,
                        deprecated,
                    });
                    rest = &rest[stop..];
                }
                _ => note = None,
            }
        } else {
            rest = &rest[first.len_utf8()..];
        }
    }
    definition
}

/// The `{ option … }` block behind an rpc, if there is one.
fn options(rest: &str) -> &str {
    if !rest.starts_with('{') {
        return "";
    }
    &rest[..rest.find('}').unwrap_or(rest.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_carry_their_service_comment_and_shape() {
        let d = read(
            "syntax = \"proto3\"; // v3\npackage fairhaven.stock.v1;\nmessage Level { int32 n = 1; }\nservice Stock {\n  // How many are left.\n  rpc GetLevel (LevelRequest) returns (Level);\n  /* Every change,\n   * as it happens. */\n  rpc Watch(WatchRequest) returns (stream Level) { option deprecated = true; }\n}",
        );
        assert_eq!(d.title.as_deref(), Some("fairhaven.stock.v1"));
        let seen: Vec<_> = d
            .operations
            .iter()
            .map(|o| (o.name.as_str(), o.shape.as_deref().unwrap_or(""), o.summary.as_deref(), o.deprecated))
            .collect();
        assert_eq!(
            seen,
            [
                ("Stock/GetLevel", "(LevelRequest) returns (Level)", Some("How many are left."), false),
                ("Stock/Watch", "(WatchRequest) returns (stream Level)", Some("Every change,"), true)
            ]
        );
    }
}
