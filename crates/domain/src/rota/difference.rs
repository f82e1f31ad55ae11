//! What an edit changes for whom, from the shifts before and after it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Holder, Shift};
use crate::PersonId;

/// A time at which somebody else is on call after an edit than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// First instant.
    pub start: Timestamp,
    /// First instant after it.
    pub end: Timestamp,
    /// Who would have been on call; empty outside of the coverage.
    pub before: Vec<Holder>,
    /// Who is now.
    pub after: Vec<Holder>,
}

impl Difference {
    /// People who are on call at this time and were not, or were and are not.
    pub fn concerns(&self) -> BTreeSet<PersonId> {
        let people = |holders: &[Holder]| holders.iter().filter_map(|h| h.person()).collect::<BTreeSet<_>>();
        people(&self.before).symmetric_difference(&people(&self.after)).copied().collect()
    }
}

/// The differences between two lists of shifts within `from..to`, in order.
pub fn differences(before: &[Shift], after: &[Shift], from: Timestamp, to: Timestamp) -> Vec<Difference> {
    let inside = |at: &Timestamp| (from..to).contains(at);
    let edges = before.iter().chain(after).flat_map(|shift| [shift.start, shift.end]).filter(inside);
    let mut edges: Vec<_> = edges.chain([from]).collect();
    edges.sort_unstable();
    edges.dedup();
    edges.push(to);
    let (mut was, mut is) = (Sweep::of(before), Sweep::of(after));
    let mut found: Vec<Difference> = Vec::new();
    for pair in edges.windows(2) {
        let (start, end) = (pair[0], pair[1]);
        let (before, after) = (was.holders_at(start), is.holders_at(start));
        if before == after || start >= end {
            continue;
        }
        match found.last_mut() {
            Some(last) if last.end == start && last.before == before && last.after == after => last.end = end,
            _ => found.push(Difference { start, end, before, after }),
        }
    }
    found
}

/// Walks along shifts that are in the order of their starts.
struct Sweep<'s> {
    coming: std::iter::Peekable<std::slice::Iter<'s, Shift>>,
    running: Vec<&'s Shift>,
}

impl<'s> Sweep<'s> {
    fn of(shifts: &'s [Shift]) -> Self {
        Self { coming: shifts.iter().peekable(), running: Vec::new() }
    }

    /// Who is on call at an instant that is not before the last one asked for.
    fn holders_at(&mut self, at: Timestamp) -> Vec<Holder> {
        while let Some(shift) = self.coming.next_if(|shift| shift.start <= at) {
            self.running.push(shift);
        }
        self.running.retain(|shift| shift.end > at);
        let mut holders: Vec<_> = self.running.iter().map(|shift| shift.holder).collect();
        holders.sort_unstable();
        holders.dedup();
        holders
    }
}
