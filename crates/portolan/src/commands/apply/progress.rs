//! What the person at the terminal sees: a bar, a line per entity that changed, a summary.

use std::{collections::BTreeMap, fmt::Write, io::IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};

use super::send::{Answer, Item};
use crate::cli::Apply;

/// A progress bar on a terminal; nothing elsewhere.
pub(super) fn bar(files: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(files as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} files, {elapsed}") {
        bar.set_style(style);
    }
    bar
}

/// How many of each outcome, in the order in which they are told.
const OUTCOMES: [&str; 5] = ["created", "updated", "unchanged", "orphaned", "rejected"];

/// What was told so far.
pub(super) struct Tally {
    counts: BTreeMap<String, usize>,
    refused: Option<String>,
    quiet: bool,
    dry_run: bool,
}

impl Tally {
    /// Nothing yet.
    pub(super) fn new(flags: &Apply) -> Self {
        Self { counts: BTreeMap::new(), refused: None, quiet: flags.quiet, dry_run: flags.dry_run }
    }

    /// Files that could not be sent.
    pub(super) fn local(&mut self, problems: &[(String, String)]) {
        for (location, problem) in problems {
            println!("rejected   {location}: {problem}");
        }
        *self.counts.entry("rejected".to_owned()).or_default() += problems.len();
    }

    /// Prints what a request came to, and counts it.
    pub(super) fn add(&mut self, answer: &Answer) {
        for item in &answer.items {
            *self.counts.entry(item.outcome.clone()).or_default() += 1;
            let matters = item.outcome == "rejected" || (!self.quiet && item.outcome != "unchanged");
            if matters || !item.remarks.is_empty() {
                println!("{}", line(item));
            }
        }
        if let Some(refused) = &answer.refused {
            self.refused = Some(refused.clone());
        }
    }

    /// Whether nothing was rejected.
    pub(super) fn is_clean(&self) -> bool {
        self.refused.is_none() && self.counts.get("rejected").is_none_or(|n| *n == 0)
    }

    /// One line about all of it.
    pub(super) fn summary(&self) -> String {
        let count = |outcome: &str| self.counts.get(outcome).copied().unwrap_or(0);
        let told = OUTCOMES
            .iter()
            .map(|outcome| (*outcome, count(outcome)))
            .filter(|(outcome, n)| *n > 0 || *outcome != "orphaned");
        let counts: Vec<_> = told.map(|(outcome, n)| format!("{n} {outcome}")).collect();
        match &self.refused {
            Some(reason) => reason.clone(),
            None if self.dry_run => format!("{}; nothing was written, this was a dry run", counts.join(", ")),
            None => counts.join(", "),
        }
    }
}

fn line(item: &Item) -> String {
    let mut place = item.location.clone().unwrap_or_default();
    if let Some(line) = item.line {
        place = format!("{place}:{line}");
    }
    let what = item.reference.clone().unwrap_or_else(|| place.clone());
    let mut text = format!("{:<10} {what}", item.outcome);
    let problems = item.problems.iter().map(|p| format!("{} {}", p.field, p.message));
    for detail in problems.chain(item.remarks.iter().cloned()) {
        let _ = write!(text, "\n           {detail}");
    }
    if !item.problems.is_empty() && item.reference.is_some() && !place.is_empty() {
        let _ = write!(text, "\n           in {place}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Answer, Tally};

    fn tally(dry_run: bool) -> Tally {
        Tally { counts: std::collections::BTreeMap::new(), refused: None, quiet: true, dry_run }
    }

    #[test]
    fn a_summary_counts_and_a_rejection_is_not_clean() {
        let answer: Answer = serde_json::from_str(
            r#"{"items": [{"ref": "component:default/a", "outcome": "created"}, {"outcome": "rejected", "line": 3, "problems": [{"field": "kind", "message": "is needed"}]}]}"#,
        )
        .unwrap();
        let mut tally = tally(true);
        assert!(tally.is_clean());
        tally.add(&answer);
        assert!(!tally.is_clean());
        assert_eq!(
            tally.summary(),
            "1 created, 0 updated, 0 unchanged, 1 rejected; nothing was written, this was a dry run"
        );
        assert_eq!(super::line(&answer.items[1]), "rejected   :3\n           kind is needed");
    }
}
