//! References: how entities name each other. `[kind:][namespace/]name`, compared without regard to case.

use std::fmt;

use serde::{Deserialize, Serialize};
use sqlx::{
    Decode, Postgres,
    error::BoxDynError,
    postgres::{PgTypeInfo, PgValueRef},
};

use super::Kind;

/// A reference in its canonical form, `kind:namespace/name` in lower case. What it names need not exist, and its kind
/// need not be one that the catalog holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct EntityRef {
    text: String,
    colon: usize,
    slash: usize,
}

/// Why a text is no reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRef {
    /// A part before `:` or `/`, or the name, is empty.
    #[error("has an empty part; write kind:namespace/name, where kind and namespace may be left out")]
    EmptyPart,
    /// Nothing says which kind is meant.
    #[error("must say which kind it means, as in component:checkout-api or resource:orders-db")]
    KindMissing,
}

impl EntityRef {
    /// A reference of three parts, none of them empty.
    pub fn new(kind: &str, namespace: &str, name: &str) -> Self {
        let mut text = String::with_capacity(kind.len() + namespace.len() + name.len() + 2);
        let push = |text: &mut String, part: &str| text.extend(part.chars().flat_map(char::to_lowercase));
        push(&mut text, kind);
        let colon = text.len();
        text.push(':');
        push(&mut text, namespace);
        let slash = text.len();
        text.push('/');
        push(&mut text, name);
        Self { text, colon, slash }
    }

    /// Reads a reference; what it leaves out is filled in. A colon after the first slash belongs to the name.
    pub fn parse(text: &str, default_kind: Option<&str>, default_namespace: &str) -> Result<Self, BadRef> {
        let text = text.trim();
        let slash = text.find('/');
        let colon = text.find(':').filter(|c| slash.is_none_or(|s| *c < s));
        let (kind, rest) = match colon {
            Some(c) => (Some(&text[..c]), &text[c + 1..]),
            None => (default_kind, text),
        };
        let (namespace, name) = rest.split_once('/').unwrap_or((default_namespace, rest));
        let kind = kind.ok_or(BadRef::KindMissing)?;
        if kind.is_empty() || namespace.is_empty() || name.is_empty() {
            return Err(BadRef::EmptyPart);
        }
        Ok(Self::new(kind, namespace, name))
    }

    /// The kind, as written; see [`Kind`] for those that the catalog holds.
    pub fn kind(&self) -> &str {
        &self.text[..self.colon]
    }

    /// The kind, if the catalog holds such entities.
    pub fn known_kind(&self) -> Option<Kind> {
        self.kind().parse().ok()
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        &self.text[self.colon + 1..self.slash]
    }

    /// The name within the namespace.
    pub fn name(&self) -> &str {
        &self.text[self.slash + 1..]
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl sqlx::Type<Postgres> for EntityRef {
    fn type_info() -> PgTypeInfo {
        <String as sqlx::Type<Postgres>>::type_info()
    }

    fn compatible(ty: &PgTypeInfo) -> bool {
        <String as sqlx::Type<Postgres>>::compatible(ty)
    }
}

impl<'r> Decode<'r, Postgres> for EntityRef {
    /// The database holds canonical references only.
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        let text = String::decode(value)?;
        let colon = text.find(':').ok_or("a reference without a kind")?;
        let slash = colon + text[colon..].find('/').ok_or("a reference without a namespace")?;
        Ok(Self { text, colon, slash })
    }
}

impl Serialize for EntityRef {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl AsRef<str> for EntityRef {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::str::FromStr for EntityRef {
    type Err = BadRef;
    /// Kind is mandatory; the namespace may be left out.
    fn from_str(text: &str) -> Result<Self, BadRef> {
        Self::parse(text, None, "default")
    }
}

impl TryFrom<String> for EntityRef {
    type Error = BadRef;
    fn try_from(text: String) -> Result<Self, BadRef> {
        text.parse()
    }
}

impl From<EntityRef> for String {
    fn from(reference: EntityRef) -> Self {
        reference.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, BadRef> {
        EntityRef::parse(text, Some("component"), "shop").map(String::from)
    }

    #[test]
    fn parts_left_out_are_filled_in_and_case_is_dropped() {
        assert_eq!(read("Checkout").as_deref(), Ok("component:shop/checkout"));
        assert_eq!(read("API:Checkout").as_deref(), Ok("api:shop/checkout"));
        assert_eq!(read("pay/Ledger").as_deref(), Ok("component:pay/ledger"));
        assert_eq!(read("resource:pay/db").as_deref(), Ok("resource:pay/db"));
    }

    #[test]
    fn a_colon_after_the_slash_belongs_to_the_name() {
        let reference = EntityRef::parse("pay/topic:orders", Some("resource"), "default");
        assert_eq!(
            reference.map(|r| (r.namespace().to_owned(), r.name().to_owned())),
            Ok(("pay".into(), "topic:orders".into()))
        );
    }

    #[test]
    fn empty_parts_and_unsaid_kinds_are_refused() {
        for text in ["", ":x", "a:", "a:/x", "/x", "a:b/"] {
            assert_eq!(read(text), Err(BadRef::EmptyPart), "{text}");
        }
        assert_eq!(EntityRef::parse("x", None, "default"), Err(BadRef::KindMissing));
    }
}
