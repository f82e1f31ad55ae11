//! Looks through a template without reading it as one: where its expressions and tags stand and which signs, filters and calls
//! are in them. Texts in quotes are never mistaken for any of these.

use super::expression::Fault;

/// A stretch of a template.
#[derive(Debug)]
pub(super) enum Segment<'t> {
    /// Text, and what stands between `{% raw %}` and `{% endraw %}`.
    Plain(&'t str),
    /// A remark, with its braces.
    Comment(&'t str),
    /// An expression, without its braces.
    Expression(Inside<'t>),
    /// A tag, without its braces.
    Tag(Inside<'t>),
}

/// A token of an expression, and where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A name or a word.
    Word(&'t str),
    /// A text, without its quotes.
    Text(&'t str),
    /// A number.
    Number(&'t str),
    /// Anything else.
    Sign(&'t str),
}

/// What stands in an expression or a tag.
#[derive(Debug)]
pub(super) struct Inside<'t> {
    pub(super) source: &'t str,
    pub(super) tokens: Vec<(usize, Token<'t>)>,
}

/// Signs of more than one letter, the longest first.
const SIGNS: &[&str] = &["===", "!==", "==", "!=", "<=", ">=", "**", "//"];

/// The stretches of a template whose expressions open with `open`.
pub(super) fn segments<'t>(template: &'t str, open: &str) -> Result<Vec<Segment<'t>>, Fault> {
    let (mut found, mut rest) = (Vec::new(), template);
    while let Some((at, opened)) = first(rest, open) {
        if at > 0 {
            found.push(Segment::Plain(&rest[..at]));
        }
        let inside = &rest[at + opened.len()..];
        if opened == "{#" {
            let end = inside.find("#}").ok_or_else(|| unclosed(opened, "#}"))? + 2;
            found.push(Segment::Comment(&rest[at..at + opened.len() + end]));
            rest = &inside[end..];
            continue;
        }
        let close = if opened == "{%" { "%}" } else { "}}" };
        let (tokens, end) = tokens(inside, Some(close)).ok_or_else(|| unclosed(opened, close))?;
        let content = Inside { source: &inside[..end], tokens };
        rest = &inside[end + close.len()..];
        if opened == "{%" {
            let raw = content.first_word() == "raw";
            found.push(Segment::Tag(content));
            if raw {
                let end = end_of_raw(rest).ok_or_else(|| unclosed("{% raw %}", "{% endraw %}"))?;
                found.push(Segment::Plain(&rest[..end]));
                rest = &rest[end..];
            }
        } else {
            found.push(Segment::Expression(content));
        }
    }
    if !rest.is_empty() {
        found.push(Segment::Plain(rest));
    }
    Ok(found)
}

fn unclosed(open: &str, close: &str) -> Fault {
    Fault::new(format!("{open} is never closed with {close}"))
}

/// What opens first. `${{` is not `{{` where the dollar is part of it.
fn first<'o>(text: &str, open: &'o str) -> Option<(usize, &'o str)> {
    text.match_indices('{').find_map(|(at, _)| match text.as_bytes().get(at + 1)? {
        b'%' => Some((at, "{%")),
        b'#' => Some((at, "{#")),
        b'{' if open == "{{" => Some((at, open)),
        b'{' if text[..at].ends_with('$') => Some((at - 1, open)),
        _ => None,
    })
}

fn end_of_raw(text: &str) -> Option<usize> {
    text.match_indices("{%").map(|(at, _)| at).find(|at| {
        let inside = text[at + 2..].trim_start_matches(['-', '+']).trim_start();
        let after =
            inside.strip_prefix("endraw").map(|rest| rest.trim_start().trim_start_matches(['-', '+']));
        after.is_some_and(|rest| rest.starts_with("%}"))
    })
}

/// The tokens up to `close` (or the end) and where it stands; none if it never comes.
fn tokens<'t>(text: &'t str, close: Option<&str>) -> Option<(Vec<(usize, Token<'t>)>, usize)> {
    let (mut found, mut at, mut depth) = (Vec::new(), 0, 0_usize);
    while let Some(letter) = text[at..].chars().next() {
        let rest = &text[at..];
        if close.is_some_and(|close| rest.starts_with(close)) && (depth == 0 || !rest.starts_with("}}")) {
            return Some((found, at));
        }
        let length = match letter {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '\'' | '"' => {
                let end = end_of_text(rest, letter)?;
                found.push((at, Token::Text(&rest[1..end])));
                at += end + 1;
                continue;
            }
            c if c.is_alphabetic() || c == '_' || c.is_ascii_digit() => {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                let word = &rest[..end];
                let token = if c.is_ascii_digit() { Token::Number(word) } else { Token::Word(word) };
                found.push((at, token));
                at += end;
                continue;
            }
            _ => SIGNS.iter().find(|s| rest.starts_with(**s)).map_or(letter.len_utf8(), |s| s.len()),
        };
        depth = match letter {
            '{' => depth + 1,
            '}' => depth.saturating_sub(1),
            _ => depth,
        };
        found.push((at, Token::Sign(&rest[..length])));
        at += length;
    }
    close.is_none().then_some((found, text.len()))
}

fn end_of_text(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, c)| {
        let ends = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at)
    })
}

impl<'t> Inside<'t> {
    /// The first word; of a tag its name.
    pub(super) fn first_word(&self) -> &'t str {
        let words =
            self.tokens.iter().filter_map(|(_, t)| if let Token::Word(w) = t { Some(*w) } else { None });
        words.into_iter().next().unwrap_or_default()
    }

    /// How often a sign stands in it.
    pub(super) fn signs(&self, sign: &str) -> usize {
        let same = |t: &Token<'_>| matches!(t, Token::Sign(s) if *s == sign || (sign == "*" && *s == "**"));
        self.tokens.iter().filter(|(_, t)| same(t)).count()
    }

    fn after(&self, sign: &'static str) -> impl Iterator<Item = (usize, &'t str)> {
        self.tokens.windows(2).enumerate().filter_map(move |(n, pair)| match (pair[0].1, pair[1].1) {
            (Token::Sign(s), Token::Word(word)) if s == sign => Some((n + 1, word)),
            _ => None,
        })
    }

    /// The names of its filters.
    pub(super) fn filters(&self) -> impl Iterator<Item = &'t str> {
        self.after("|").map(|(_, name)| name)
    }

    /// The first name that is called as a function; filters and tests are not.
    pub(super) fn called(&self) -> Option<&'t str> {
        let filters: Vec<_> = self.after("|").map(|(n, _)| n).collect();
        self.tokens.windows(2).enumerate().find_map(|(n, pair)| match (pair[0].1, pair[1].1) {
            (Token::Word(name), Token::Sign("(")) if !filters.contains(&n) && !self.is_keyword(n, name) => {
                Some(name)
            }
            (Token::Sign(")" | "]"), Token::Sign("(")) => Some("()"),
            _ => None,
        })
    }

    fn is_keyword(&self, n: usize, name: &str) -> bool {
        let tested = n > 0 && matches!(self.tokens[n - 1].1, Token::Word("is" | "not"));
        tested || matches!(name, "if" | "else" | "and" | "or" | "not" | "in" | "is" | "elif" | "elseif")
    }

    /// Whether it asks for JavaScript's `.length`.
    pub(super) fn names_length(&self) -> bool {
        self.after(".").any(|(_, name)| name == "length")
    }

    /// The source as the engine takes it: `===` is `==` there, and the keys of objects stand in quotes.
    pub(super) fn as_jinja(&self) -> String {
        let (mut taken, mut from) = (String::with_capacity(self.source.len()), 0);
        for (n, (at, token)) in self.tokens.iter().enumerate() {
            let near =
                |step: isize| n.checked_add_signed(step).and_then(|n| self.tokens.get(n)).map(|(_, t)| *t);
            let (length, instead) = match token {
                Token::Sign(sign @ ("===" | "!==")) => (sign.len(), sign[..2].to_owned()),
                Token::Word(word)
                    if matches!(near(-1), Some(Token::Sign("{" | ",")))
                        && matches!(near(1), Some(Token::Sign(":"))) =>
                {
                    (word.len(), format!("'{word}'"))
                }
                _ => continue,
            };
            taken.push_str(&self.source[from..*at]);
            taken.push_str(&instead);
            from = at + length;
        }
        taken.push_str(&self.source[from..]);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_braces_hide_what_is_in_them() {
        let template =
            "a ${{ '}}' ~ {'b': {'c': 1}} | pick('x|y') }} {# ${{ #} {% raw %}${{ z }}{%- endraw -%} end";
        let found = segments(template, "${{").unwrap();
        let Segment::Expression(one) = &found[1] else { panic!("{found:?}") };
        assert_eq!(one.source, " '}}' ~ {'b': {'c': 1}} | pick('x|y') ");
        assert_eq!(one.filters().collect::<Vec<_>>(), ["pick"]);
        assert!(found.iter().any(|s| matches!(s, Segment::Plain("${{ z }}"))), "{found:?}");
        assert!(segments("${{ 'a }}", "${{").is_err());
    }
}
