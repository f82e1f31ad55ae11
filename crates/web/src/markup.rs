//! Text in markup that no template writes: drawings, feeds, and listings with marks in them.

/// Text as XML and HTML have it: markup becomes letters, and what XML 1.0 has no place for is left out.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_fits_into_xml_whatever_it_holds() {
        assert_eq!(escaped("a<b & \"c\"\u{0}\u{b}\u{fffe}'\n"), "a&lt;b &amp; &quot;c&quot;&#39;\n");
        assert_eq!(escaped("]]>"), "]]&gt;");
    }
}
