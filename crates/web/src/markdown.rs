//! Markdown that people write, as HTML that harms nobody: rendered, then reduced to what a thread needs. Links leave the
//! portal without telling where from; pictures and markup of its own are left out.

use std::{collections::HashSet, sync::LazyLock};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// The tags that text may have.
const TAGS: [&str; 23] = [
    "a",
    "b",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
    "h3",
    "h4",
    "hr",
    "i",
    "li",
    "ol",
    "p",
    "pre",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];

static CLEANER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = ammonia::Builder::default();
    cleaner
        .tags(HashSet::from(TAGS))
        .generic_attributes(HashSet::new())
        .tag_attributes([("a", HashSet::from(["href"])), ("ol", HashSet::from(["start"]))].into())
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer"));
    cleaner
});

/// The HTML of a text.
pub(crate) fn html(text: &str) -> String {
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let mut rendered = String::with_capacity(text.len() + text.len() / 4);
    pulldown_cmark::html::push_html(&mut rendered, parser.map(tamed));
    CLEANER.clean(&rendered).to_string()
}

/// The words of a text without its marks, for a line that says how it begins.
pub(crate) fn plain(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for event in Parser::new(text) {
        match event {
            Event::Text(part) | Event::Code(part) | Event::Html(part) | Event::InlineHtml(part) => {
                words.push_str(&part);
            }
            Event::SoftBreak | Event::HardBreak | Event::End(_) => words.push(' '),
            _ => {}
        }
    }
    let mut line = String::with_capacity(words.len());
    for word in words.split_whitespace() {
        // the end of what is marked is no end of a word
        if !line.is_empty() && !word.starts_with(['.', ',', ';', ':']) {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Markup is text, a heading is never above those of the page, and a picture is its description.
fn tamed(event: Event<'_>) -> Event<'_> {
    use pulldown_cmark::HeadingLevel::{H3, H4};
    let level = |level| if level <= H3 { H3 } else { H4 };
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::Heading { level: of, .. }) => {
            Event::Start(Tag::Heading { level: level(of), id: None, classes: Vec::new(), attrs: Vec::new() })
        }
        Event::End(TagEnd::Heading(of)) => Event::End(TagEnd::Heading(level(of))),
        Event::Start(Tag::Image { .. }) => Event::Start(Tag::Emphasis),
        Event::End(TagEnd::Image) => Event::End(TagEnd::Emphasis),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{html, plain};

    #[test]
    fn what_people_write_is_shown_as_they_mean_it() {
        assert_eq!(
            html("It is **slow**:\n\n- one\n- `two`"),
            "<p>It is <strong>slow</strong>:</p>\n<ul>\n<li>one</li>\n<li><code>two</code></li>\n</ul>\n"
        );
        assert_eq!(
            html("See <https://a.example/x> and [this](https://b.example)."),
            "<p>See <a href=\"https://a.example/x\" rel=\"noopener noreferrer\">https://a.example/x</a> and <a href=\"https://b.example\" rel=\"noopener noreferrer\">this</a>.</p>\n"
        );
        assert_eq!(html("# Loud"), "<h3>Loud</h3>\n");
        assert_eq!(html("![a graph](https://a.example/x.png)"), "<p><em>a graph</em></p>\n");
    }

    #[test]
    fn the_words_of_a_text_are_told_without_its_marks() {
        assert_eq!(
            plain("**Open:** nothing.\n\n# Next\n- `one`, <b>two</b>"),
            "Open: nothing. Next one, <b>two</b>"
        );
    }

    #[test]
    fn hostile_text_stays_text() {
        let hostile = [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "[x](//evil.example)",
            "<a href=\"https://a.example\" onclick=\"alert(1)\">x</a>",
            "<style>*{display:none}</style>",
            "<iframe src=https://evil.example></iframe>",
            "<form action=https://evil.example><input name=csrf></form>",
            "![x](https://evil.example/pixel.png)",
            "<svg onload=alert(1)>",
            "a\n<div\nstyle=position:fixed>x</div>",
            "<!-- --><b onmouseover=alert(1)>x</b>",
            "[x]: javascript:alert(1)\n\n[x]",
            "`<script>`\n```html\n<script>alert(1)</script>\n```",
        ];
        for text in hostile {
            let shown = html(text).to_lowercase();
            let tags: Vec<&str> =
                shown.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or_default()).collect();
            for tag in tags {
                let name = tag.trim_start_matches('/').split(' ').next().unwrap_or_default();
                assert!(super::TAGS.contains(&name), "{text:?} becomes {shown:?}");
                let harms = [" on", "style=", "src=", "javascript:", "data:", "href=\"//"];
                assert!(!harms.iter().any(|harm| tag.contains(harm)), "{text:?} becomes {shown:?}");
            }
        }
    }

    #[test]
    fn no_text_is_too_odd() {
        for text in
            ["", "\u{0}", &"[".repeat(5_000), &"> ".repeat(2_000), &"*".repeat(5_000), "| a |\n|--|\n| b |"]
        {
            html(text);
        }
    }
}
