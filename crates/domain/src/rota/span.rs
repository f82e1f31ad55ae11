//! Half-open spans of instants and what is done with ordered lists of them.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// From an instant up to, not including, another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

impl Span {
    /// None if nothing lies between them.
    pub(super) fn new(start: Timestamp, end: Timestamp) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    pub(super) fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    pub(super) fn cut_to(self, other: Self) -> Option<Self> {
        Self::new(self.start.max(other.start), self.end.min(other.end))
    }

    /// The smallest span over both.
    pub(super) fn with(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// What of it lies in `spans`, which are in order and apart.
    pub(super) fn within(self, spans: &[Self]) -> impl Iterator<Item = Self> + '_ {
        let first = spans.partition_point(|s| s.end <= self.start);
        spans[first..].iter().map_while(move |s| self.cut_to(*s))
    }

    /// What of it lies outside of `spans`, which are in order and apart.
    pub(super) fn without(self, spans: &[Self]) -> Vec<Self> {
        let (mut rest, mut at) = (Vec::new(), self.start);
        for taken in self.within(spans) {
            rest.extend(Self::new(at, taken.start));
            at = taken.end;
        }
        rest.extend(Self::new(at, self.end));
        rest
    }
}

/// The same time as spans that are in order and apart.
pub(super) fn union(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

/// The same for times that are written as pairs. One that holds nothing is left out.
pub(super) fn joined(pairs: impl IntoIterator<Item = (Timestamp, Timestamp)>) -> Vec<(Timestamp, Timestamp)> {
    let spans = pairs.into_iter().filter_map(|(start, end)| Span::new(start, end)).collect();
    union(spans).into_iter().map(|span| (span.start, span.end)).collect()
}

/// The instant of a wall time. One that the zone leaves out lies as far behind the change as it would have been without
/// it; of one that comes twice it is the first: the rule of RFC 5545.
pub(super) fn instant(zone: &TimeZone, wall: DateTime) -> Timestamp {
    let beyond = if wall.year() < 1970 { Timestamp::MIN } else { Timestamp::MAX };
    zone.to_ambiguous_timestamp(wall).compatible().unwrap_or(beyond)
}

/// The full minute at or before an instant.
pub(super) fn minute(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(60) * 60).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: i64, end: i64) -> Span {
        Span::new(Timestamp::from_second(start).unwrap(), Timestamp::from_second(end).unwrap()).unwrap()
    }

    #[test]
    fn what_touches_is_one() {
        assert_eq!(
            union(vec![span(8, 9), span(0, 2), span(2, 4), span(1, 3), span(5, 6)]),
            [span(0, 4), span(5, 6), span(8, 9)]
        );
        let at = |n: i64| Timestamp::from_second(n).unwrap();
        let pairs = [(5, 7), (0, 1), (1, 2), (6, 9), (20, 30), (21, 22), (40, 40)];
        assert_eq!(
            joined(pairs.map(|(a, b)| (at(a), at(b)))),
            [(0, 2), (5, 9), (20, 30)].map(|(a, b)| (at(a), at(b))),
            "also as pairs, of which one is empty"
        );
    }

    #[test]
    fn inside_and_outside_make_the_whole() {
        let taken = [span(0, 2), span(4, 6), span(9, 12)];
        assert_eq!(span(1, 10).within(&taken).collect::<Vec<_>>(), [span(1, 2), span(4, 6), span(9, 10)]);
        assert_eq!(span(1, 10).without(&taken), [span(2, 4), span(6, 9)]);
        assert_eq!(span(2, 4).without(&taken), [span(2, 4)], "what only touches takes nothing");
        assert_eq!(span(4, 6).without(&taken), []);
    }

    #[test]
    fn seconds_are_cut() {
        let at: Timestamp = "2026-01-01T08:00:59.9Z".parse().unwrap();
        assert_eq!(minute(at).to_string(), "2026-01-01T08:00:00Z");
        let before_the_epoch: Timestamp = "1969-12-31T23:59:30Z".parse().unwrap();
        assert_eq!(minute(before_the_epoch).to_string(), "1969-12-31T23:59:00Z");
    }
}
