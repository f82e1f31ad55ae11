//! Colours a definition: comments, keys or keywords, and strings. One pass over the text; what it does not know stays
//! plain. The output is HTML and everything from the text is escaped.

use super::{MOST_BYTES, is_name};
use crate::markup::escaped;

const KEYWORDS: [&str; 22] = [
    "type",
    "input",
    "enum",
    "interface",
    "union",
    "scalar",
    "schema",
    "extend",
    "directive",
    "implements",
    "syntax",
    "package",
    "import",
    "option",
    "message",
    "service",
    "rpc",
    "returns",
    "stream",
    "repeated",
    "oneof",
    "map",
];

/// The text as HTML: `<span class="c">` comments, `k` keys and keywords, `s` strings.
pub(crate) fn highlight(api_type: &str, text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3 / 2);
    if text.len() > MOST_BYTES {
        out.push_str(&escaped(text));
        return out;
    }
    match api_type.to_ascii_lowercase().as_str() {
        "graphql" => source(text, &["#"], &mut out),
        "grpc" | "proto" | "protobuf" => source(text, &["//"], &mut out),
        _ => text.split_inclusive('\n').for_each(|line| yaml(line, &mut out)),
    }
    out
}

fn source(text: &str, comments: &[&str], out: &mut String) {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (class, end) = if comments.iter().any(|c| rest.starts_with(c)) {
            ("c", rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            ("c", rest.find("*/").map_or(rest.len(), |e| e + 2))
        } else if let Some(body) = rest.strip_prefix("\"\"\"") {
            ("c", body.find("\"\"\"").map_or(rest.len(), |e| e + 6))
        } else if first == '"' {
            ("s", rest[1..].find(['"', '\n']).map_or(rest.len(), |e| e + 2))
        } else if is_name(first) {
            let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            (if KEYWORDS.contains(&&rest[..end]) { "k" } else { "" }, end)
        } else {
            ("", first.len_utf8())
        };
        span(class, &rest[..end], out);
        rest = &rest[end..];
    }
}

/// A line of YAML or JSON: `key:` in front, a comment behind, quoted strings between.
fn yaml(line: &str, out: &mut String) {
    let indent = line.len() - line.trim_start_matches([' ', '-', '\t']).len();
    let (lead, body) = line.split_at(indent);
    out.push_str(&escaped(lead));
    if body.starts_with('#') {
        return span("c", body, out);
    }
    let key = body
        .find(": ")
        .or_else(|| body.trim_end().strip_suffix(':').map(str::len))
        .filter(|_| !body.starts_with('{'));
    let rest = key.map_or(body, |end| {
        span("k", &body[..end], out);
        &body[end..]
    });
    let (value, comment) = rest.find(" #").map_or((rest, ""), |at| rest.split_at(at));
    let quoted = value.trim_start_matches([':', ' ']).starts_with(['"', '\'']);
    span(if quoted { "s" } else { "" }, value, out);
    span("c", comment, out);
}

fn span(class: &str, text: &str, out: &mut String) {
    if text.is_empty() {
        return;
    }
    if class.is_empty() {
        return out.push_str(&escaped(text));
    }
    out.push_str("<span class=\"");
    out.push_str(class);
    out.push_str("\">");
    out.push_str(&escaped(text));
    out.push_str("</span>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_keys_strings_and_comments_are_marked_and_all_else_escaped() {
        assert_eq!(
            highlight("openapi", "  title: \"<b>\" # a & b\n# c\n"),
            "  <span class=\"k\">title</span><span class=\"s\">: &quot;&lt;b&gt;&quot;</span><span class=\"c\"> # a &amp; b\n</span><span class=\"c\"># c\n</span>"
        );
    }

    #[test]
    fn source_keywords_are_marked() {
        assert_eq!(highlight("grpc", "rpc A(B)"), "<span class=\"k\">rpc</span> A(B)");
        assert_eq!(
            highlight("graphql", "type T # x"),
            "<span class=\"k\">type</span> T <span class=\"c\"># x</span>"
        );
    }

    #[test]
    fn nothing_of_the_text_is_lost() {
        let text = "a: 'b'\n\"c\" é { \"\"\"d\n e\"\"\" /* f";
        for api_type in ["openapi", "graphql", "grpc"] {
            let html = highlight(api_type, text);
            let mut plain = String::new();
            let mut inside = false;
            for c in html.chars() {
                match c {
                    '<' => inside = true,
                    '>' => inside = false,
                    _ if !inside => plain.push(c),
                    _ => {}
                }
            }
            assert_eq!(plain.replace("&quot;", "\"").replace("&#39;", "'"), text);
        }
    }
}
