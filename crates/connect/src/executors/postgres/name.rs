//! Names of databases and roles: narrower than Postgres takes, and quoted all the same.

use postgres_protocol::escape::escape_identifier;

use crate::executors::Failed;

/// The longest that Postgres keeps; it would cut what is longer, and so mean another.
const LONGEST: usize = 63;
/// What Postgres keeps for itself.
const KEPT: [&str; 6] = ["postgres", "template0", "template1", "public", "none", "portolan"];

/// A name that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name(String);

impl Name {
    /// From what somebody typed: lower-case letters, digits and `_`; a hyphen becomes `_`, so that names of services fit.
    pub(super) fn new(text: &str) -> Result<Self, Failed> {
        let name = text.replace('-', "_");
        let mut letters = name.bytes();
        let plain = letters.next().is_some_and(|first| first.is_ascii_lowercase())
            && letters.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !plain || name.len() > LONGEST {
            return Err(Failed::input(
                "The name of a database is 1 to 63 small letters, digits and hyphens, and begins with a letter.",
                "Ask again with another name, as in orders-db.",
            ));
        }
        if KEPT.contains(&name.as_str()) || name.starts_with("pg_") {
            return Err(Failed::input(
                format!("Postgres keeps the name {name} for itself."),
                "Ask again with another name, as in orders-db.",
            ));
        }
        Ok(Self(name))
    }

    /// It, for a parameter.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// It, for a statement.
    pub(super) fn quoted(&self) -> String {
        escape_identifier(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_taken() {
        for (typed, name) in
            [("orders-db", "orders_db"), ("a", "a"), ("select", "select"), (&"x".repeat(63), &"x".repeat(63))]
        {
            assert_eq!(Name::new(typed).map(|n| n.0).as_deref(), Ok(name));
        }
        for typed in [
            "",
            "-x",
            "1x",
            "_x",
            "Orders",
            "a b",
            "a\"; DROP DATABASE portolan; --",
            "a'b",
            "a\\b",
            "a\0b",
            "a\nb",
            "ördern",
            "a/b",
            "a.b",
            "a$b",
            "postgres",
            "template1",
            "pg_x",
            "pg-x",
            "public",
            &"x".repeat(64),
        ] {
            assert!(Name::new(typed).is_err_and(|f| f.fault == crate::executors::Fault::Input), "{typed}");
        }
        assert_eq!(Name::new("select").unwrap().quoted(), "\"select\"");
    }
}
