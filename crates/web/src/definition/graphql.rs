//! GraphQL SDL: the fields of the root types are the operations (GraphQL specification, 3.3 and 3.6).

use super::{Definition, Operation, is_name};

pub(super) fn read(text: &str) -> Definition {
    let mut operations = Vec::new();
    let mut words = Words::new(text);
    while let Some(word) = words.next() {
        if word != Word::Name("type") {
            continue;
        }
        let verb = match words.next() {
            Some(Word::Name("Query")) => "query",
            Some(Word::Name("Mutation")) => "mutation",
            Some(Word::Name("Subscription")) => "subscription",
            _ => continue,
        };
        for word in words.by_ref() {
            if word == Word::Sign('{') {
                break;
            }
        }
        fields(&mut words, verb, &mut operations);
    }
    Definition { operations, ..Definition::default() }
}

/// Fields up to the closing brace: `name(arguments): Type @directives`, each maybe after a description.
fn fields(words: &mut Words<'_>, verb: &str, operations: &mut Vec<Operation>) {
    let mut note = None;
    while let Some(word) = words.next() {
        match word {
            Word::Sign('}') => return,
            Word::Text(text) => note = text.trim().lines().next().map(|l| l.trim().to_owned()),
            Word::Name(name) => {
                let start = words.at;
                let deprecated = skip_field(words);
                let shape = words.text[start..words.at].split('@').next().unwrap_or_default();
                let shape = shape.split_whitespace().collect::<Vec<_>>().join(" ");
                operations.push(Operation {
                    verb: verb.into(),
                    name: name.into(),
                    shape: Some(shape),
                    summary: note.take(),
                    deprecated,
                });
            }
            Word::Sign(_) => {}
        }
    }
}

/// Moves behind a field's arguments, type and directives; tells whether it is deprecated.
fn skip_field(words: &mut Words<'_>) -> bool {
    let (mut depth, mut typed, mut deprecated, mut directive) = (0_usize, false, false, false);
    loop {
        let before = words.at;
        let Some(word) = words.next() else { return deprecated };
        match word {
            Word::Sign('(' | '[') => depth += 1,
            Word::Sign(')' | ']') => depth = depth.saturating_sub(1),
            Word::Sign('}') if depth == 0 => {
                words.at = before;
                return deprecated;
            }
            Word::Sign('@') => directive = true,
            Word::Sign(':') if depth == 0 => typed = false,
            Word::Name(name) if depth == 0 => {
                if directive {
                    deprecated |= name == "deprecated";
                    directive = false;
                } else if typed {
                    words.at = before; // the next field begins
                    return deprecated;
                } else {
                    typed = true;
                }
            }
            Word::Text(_) if depth == 0 => {
                words.at = before; // the next field's description
                return deprecated;
            }
            Word::Name(_) if depth > 0 => typed = true,
            _ => {}
        }
    }
}

#[derive(Debug, PartialEq)]
enum Word<'t> {
    Name(&'t str),
    Text(&'t str),
    Sign(char),
}

/// Names, strings and single signs; comments and commas are skipped.
struct Words<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Words<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    fn string(&mut self) -> &'t str {
        let rest = &self.text[self.at..];
        let quote = if rest.starts_with("\"\"\"") { "\"\"\"" } else { "\"" };
        let body = &rest[quote.len()..];
        let end = body.find(quote).unwrap_or(body.len());
        self.at += quote.len() + end + if end < body.len() { quote.len() } else { 0 };
        &body[..end]
    }
}

impl<'t> Iterator for Words<'t> {
    type Item = Word<'t>;

    fn next(&mut self) -> Option<Word<'t>> {
        loop {
            let rest = &self.text[self.at..];
            let first = rest.chars().next()?;
            if first.is_whitespace() || first == ',' {
                self.at += first.len_utf8();
            } else if first == '#' {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if first == '"' {
                return Some(Word::Text(self.string()));
            } else if is_name(first) {
                let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                self.at += end;
                return Some(Word::Name(&rest[..end]));
            } else {
                self.at += first.len_utf8();
                return Some(Word::Sign(first));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_fields_are_operations_and_other_types_are_not() {
        let d = read(
            "# menu\ntype Product { id: ID! }\n\"root\"\ntype Query {\n  \"\"\"\n  One product\n  more\n  \"\"\"\n  product(id: ID!, locale: String = \"en\"): Product\n  products(first: Int): [Product!]! @deprecated(reason: \"use search\")\n}\ntype Mutation { rate(id: ID!, stars: Int!): Product }",
        );
        let seen: Vec<_> = d
            .operations
            .iter()
            .map(|o| {
                (
                    o.verb.as_str(),
                    o.name.as_str(),
                    o.shape.as_deref().unwrap_or(""),
                    o.summary.as_deref(),
                    o.deprecated,
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                (
                    "query",
                    "product",
                    "(id: ID!, locale: String = \"en\"): Product",
                    Some("One product"),
                    false
                ),
                ("query", "products", "(first: Int): [Product!]!", None, true),
                ("mutation", "rate", "(id: ID!, stars: Int!): Product", None, false)
            ]
        );
    }
}
