//! What an apply did, document by document.

use serde::Serialize;

use crate::{Problem, catalog::descriptor::Place};

/// What an apply did, or would do.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Name of the source.
    pub source: String,
    /// Whether it was only tried out.
    pub dry_run: bool,
    /// Why nothing was written at all, if so; the items say what would have been.
    pub refused: Option<String>,
    /// One item per document, in their order; then those that were orphaned.
    pub items: Vec<Item>,
}

/// What became of one document, or of an entity that no document names any more.
#[derive(Debug, Clone, Serialize)]
pub struct Item {
    /// Canonical reference; none if the document could not be read that far.
    pub reference: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it was rejected.
    pub problems: Vec<Problem>,
    /// What was taken in otherwise than it was said.
    pub remarks: Vec<String>,
    /// File.
    pub location: Option<String>,
    /// Line on which the document begins.
    pub line: Option<usize>,
}

/// What became of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// New in the catalog.
    Created,
    /// Was there, and differs now.
    Updated,
    /// Was there, just so.
    Unchanged,
    /// Not taken in; the problems say why.
    Rejected,
    /// Its source no longer names it.
    Orphaned,
}

impl Outcome {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Rejected => "rejected",
            Self::Orphaned => "orphaned",
        }
    }
}

/// How many of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// New in the catalog.
    pub created: usize,
    /// Differ now.
    pub updated: usize,
    /// Just as they were.
    pub unchanged: usize,
    /// Not taken in.
    pub rejected: usize,
    /// No longer named by the source.
    pub orphaned: usize,
}

impl Report {
    /// How many of each outcome.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for item in &self.items {
            *match item.outcome {
                Outcome::Created => &mut counts.created,
                Outcome::Updated => &mut counts.updated,
                Outcome::Unchanged => &mut counts.unchanged,
                Outcome::Rejected => &mut counts.rejected,
                Outcome::Orphaned => &mut counts.orphaned,
            } += 1;
        }
        counts
    }
}

impl Item {
    pub(super) fn new(reference: Option<String>, outcome: Outcome, place: Option<&Place>) -> Self {
        let location = place.and_then(|p| p.location.clone());
        Self {
            reference,
            outcome,
            problems: Vec::new(),
            remarks: Vec::new(),
            location,
            line: place.map(|p| p.line),
        }
    }

    pub(super) fn reject(&mut self, field: &str, message: impl Into<String>) {
        self.outcome = Outcome::Rejected;
        self.problems.push(Problem { field: field.to_owned(), message: message.into() });
    }
}
