//! Descriptors: what repositories say about what they hold, in the Backstage format.
//!
//! Everything here is a function over values. Bytes become [`Document`]s ([`read`]): split, parsed under limits, and
//! held against the rules of the format. What breaks a rule comes back with the path of the field and what to do about
//! it; one bad document hides no other.
//!
//! | file | what it knows |
//! |---|---|
//! | `documents` | where one document ends, how large it may be, which line a mistake is on |
//! | `tree` | YAML and JSON into one kind of value, within limits |
//! | `rules` | the shape of names, tags, labels, versions |
//! | `fields` | reading a field: type, presence, references; every problem is collected |
//! | `kinds` | what each kind must say, and the relations that follow |
//! | `who` | what Groups and Users say |
//! | `walk` | what no value anywhere may hold |
//! | `facts` | Portolan's own facts: tier, recovery, runbook, contact, objectives |

mod documents;
mod facts;
mod fields;
mod kinds;
mod rules;
mod tree;
mod walk;
mod who;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{EntityRef, Kind, RelationKind};
use crate::Problem;

pub use documents::{File, Format, MAX_BODY, MAX_DOCUMENT, MAX_DOCUMENTS, read, read_value, yaml_meaning};
pub use facts::{Audience, Facts, Slo, duration_seconds, duration_text, runbook_problem, slos_from};
pub use rules::{is_name, is_namespace, is_tag};
pub use who::{GroupPart, UserPart};

/// One document of an apply: where it stood and what became of it.
#[derive(Debug)]
pub struct Document {
    /// Where it stood.
    pub place: Place,
    /// What it says, or why it was rejected.
    pub outcome: Result<Box<Descriptor>, Rejected>,
}

/// Where a document stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// File, as the caller named it.
    pub location: Option<String>,
    /// Line on which the document begins, from 1.
    pub line: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.location {
            Some(location) => write!(f, "{location}, line {}", self.line),
            None => write!(f, "line {}", self.line),
        }
    }
}

/// A document that breaks rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// What it describes, as far as that could be read: canonical reference.
    pub reference: Option<EntityRef>,
    /// All that is wrong with it.
    pub problems: Vec<Problem>,
}

/// A valid descriptor, and what follows from it.
#[derive(Debug, Clone)]
pub struct Descriptor {
    /// Identity.
    pub reference: EntityRef,
    /// Kind.
    pub kind: Kind,
    /// Namespace.
    pub namespace: String,
    /// Name as written.
    pub name: String,
    /// `metadata.title`.
    pub title: Option<String>,
    /// `metadata.description`.
    pub description: Option<String>,
    /// `spec.type`.
    pub r#type: Option<String>,
    /// `spec.lifecycle`.
    pub lifecycle: Option<String>,
    /// `metadata.tags`, each once.
    pub tags: Vec<String>,
    /// `spec.owner`.
    pub owner: Option<EntityRef>,
    /// `spec.system`.
    pub system: Option<EntityRef>,
    /// `spec.domain` of a System.
    pub domain: Option<EntityRef>,
    /// Relations it declares, in their canonical direction, each once.
    pub relations: Vec<Stated>,
    /// Portolan's own facts, as far as it states them.
    pub facts: Facts,
    /// What a Group says about its team.
    pub group: Option<Box<GroupPart>>,
    /// What a User says about the person.
    pub user: Option<Box<UserPart>>,
    /// The document, keys sorted, without what is output only.
    pub document: Value,
    /// SHA-256 of the document as text: the same document again changes nothing.
    pub hash: [u8; 32],
}

/// A relation that a descriptor states, in its canonical direction.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stated {
    /// From this entity.
    pub from: EntityRef,
    /// Which relation.
    pub kind: RelationKind,
    /// To this entity, which need not exist.
    pub to: EntityRef,
}

impl Descriptor {
    /// Holds a document against the rules of the format.
    pub fn from_document(mut document: Value) -> Result<Box<Self>, Rejected> {
        drop_output_only(&mut document);
        let mut descriptor = kinds::descriptor(&document)?;
        document.sort_all_objects();
        descriptor.hash = Sha256::digest(document.to_string()).into();
        descriptor.document = document;
        Ok(Box::new(descriptor))
    }

    /// What of it is Portolan's by name and yet says nothing: remarks for whoever applied it.
    pub fn without_effect(&self) -> Vec<String> {
        facts::without_effect(self.kind, &self.document)
    }
}

/// Takes away what catalogs add when they hand an entity out; it is no statement of the descriptor.
fn drop_output_only(document: &mut Value) {
    let Some(root) = document.as_object_mut() else { return };
    root.remove("relations");
    root.remove("status");
    if let Some(metadata) = root.get_mut("metadata").and_then(Value::as_object_mut) {
        for key in ["uid", "etag", "generation"] {
            metadata.remove(key);
        }
    }
}

#[cfg(test)]
mod tests;
