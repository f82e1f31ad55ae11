//! Bounded lists. A page is continued from the last row's sort key, so that page 500 costs what page 1 does and
//! rows that arrive meanwhile shift nothing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::error::{Error, Result};

/// Rows per page: 1 to [`Limit::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(i64);

impl Limit {
    /// The most rows one page may have.
    pub const MAX: i64 = 200;

    /// A limit as asked for. Refuses 0 and more than [`Limit::MAX`] rather than bending the number in silence.
    pub fn new(asked: i64) -> Result<Self> {
        if (1..=Self::MAX).contains(&asked) {
            Ok(Self(asked))
        } else {
            Err(Error::invalid("limit", format!("must be from 1 to {}", Self::MAX)))
        }
    }

    /// Rows of one page.
    pub fn rows(self) -> i64 {
        self.0
    }

    /// Rows to fetch: one more than shown tells whether there is a next page.
    pub(crate) fn probe(self) -> i64 {
        self.0 + 1
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(20)
    }
}

/// Where a list goes on: an opaque text made of the sort key of the last row before. It also remembers where the pages
/// on the way here began, so that one can go back. Not secret, but validated when read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Cursor(String);

/// Pages that a cursor remembers the way back through; it stands in an address, so it must stay short.
const WAY_BACK: usize = 10;

/// What a cursor holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Place {
    /// Behind which key the page begins.
    key: Value,
    /// The same of the pages before, the nearest last. The first page begins behind none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    back: Vec<Value>,
    /// Whether there were more of them than are remembered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
}

impl Place {
    fn pack(&self) -> Cursor {
        Cursor(URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default()))
    }

    /// The page behind `key`, reached from the one at `here`.
    fn after(here: Option<Self>, key: Value) -> Self {
        let Some(here) = here else { return Self { key, back: Vec::new(), cut: false } };
        let mut back = here.back;
        back.push(here.key);
        let cut = here.cut || back.len() > WAY_BACK;
        back.drain(..back.len().saturating_sub(WAY_BACK));
        Self { key, back, cut }
    }

    /// The page from which this one was reached; an empty text for the first one, none if it is forgotten.
    fn before(mut self) -> Option<Cursor> {
        match self.back.pop() {
            Some(key) => Some(Self { key, ..self }.pack()),
            None => (!self.cut).then(|| Cursor(String::new())),
        }
    }
}

impl Cursor {
    /// A cursor as it came in an address.
    pub fn from_text(text: String) -> Self {
        Self(text)
    }

    /// Unpacks the sort key; a damaged cursor is the caller's mistake, named so.
    pub fn key<K: DeserializeOwned>(&self) -> Result<K> {
        self.place()
            .and_then(|place| serde_json::from_value(place.key).ok())
            .ok_or_else(|| Error::invalid("after", "is not a cursor of this list; start again without it"))
    }

    fn place(&self) -> Option<Place> {
        URL_SAFE_NO_PAD.decode(&self.0).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok())
    }

    /// The text for an address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How many rows a list has, as far as they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Total {
    rows: i64,
    more: bool,
}

impl Total {
    /// Rows counted at most in a table that grows for ever: beyond them nobody needs the number, and counting on would
    /// read the whole of it.
    pub(crate) const MOST: i64 = 10_000;

    /// Of a count that stops one row beyond [`Total::MOST`].
    pub(crate) fn bounded(counted: i64) -> Self {
        Self { rows: counted.min(Self::MOST), more: counted > Self::MOST }
    }
}

impl From<i64> for Total {
    fn from(rows: i64) -> Self {
        Self { rows, more: false }
    }
}

/// Refuses words that no name can hold. Without its control characters a text would mean something else, or nothing
/// at all, which is everything.
pub(crate) fn check_words(q: &str) -> Result<()> {
    if q.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        return Err(Error::invalid("q", "must not contain the character NUL, or another control character"));
    }
    Ok(())
}

/// One page of a list.
#[derive(Debug, Clone, Serialize)]
pub struct Page<T> {
    /// The rows, in order.
    pub items: Vec<T>,
    /// Where the next page starts; none on the last page.
    pub next: Option<Cursor>,
    /// Where the page before starts, empty if that is the first one; none on the first page.
    pub previous: Option<Cursor>,
    /// How many rows the whole list has.
    pub total: i64,
    /// Whether counting stopped at `total`: there are more.
    pub total_is_lower_bound: bool,
}

impl<T> Page<T> {
    /// Cuts the probe row off and makes the cursors: of what follows the last row shown, and of the page that led to
    /// `after`.
    pub(crate) fn cut<K: Serialize>(
        mut items: Vec<T>,
        limit: Limit,
        total: impl Into<Total>,
        after: Option<&Cursor>,
        key: impl Fn(&T) -> K,
    ) -> Self {
        let more = i64::try_from(items.len()).is_ok_and(|n| n > limit.rows());
        if more {
            items.truncate(usize::try_from(limit.rows()).unwrap_or(usize::MAX));
        }
        let here = after.and_then(Cursor::place);
        let previous = here.clone().and_then(Place::before);
        let last = if more { items.last().and_then(|row| serde_json::to_value(key(row)).ok()) } else { None };
        let next = last.map(|key| Place::after(here, key).pack());
        let Total { rows: total, more: total_is_lower_bound } = total.into();
        Self { items, next, previous, total, total_is_lower_bound }
    }

    /// The same page of other rows.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        let (items, page) = self.split();
        let Page { next, previous, total, total_is_lower_bound, .. } = page;
        Page { items: items.into_iter().map(f).collect(), next, previous, total, total_is_lower_bound }
    }

    /// The rows, and the same page without them: for rows that are turned into others all at once.
    pub fn split(self) -> (Vec<T>, Page<std::convert::Infallible>) {
        let Self { items, next, previous, total, total_is_lower_bound } = self;
        (items, Page { items: Vec::new(), next, previous, total, total_is_lower_bound })
    }
}

/// The first rows of a list, for a page that only begins it and is opened too often to count the rest.
#[derive(Debug, Clone, Serialize)]
pub struct Few<T> {
    /// The rows, in order.
    pub items: Vec<T>,
    /// Whether there are more.
    pub more: bool,
}

impl<T> Few<T> {
    /// Cuts the probe row off.
    pub(crate) fn cut(mut items: Vec<T>, limit: Limit) -> Self {
        let rows = usize::try_from(limit.rows()).unwrap_or(usize::MAX);
        let more = items.len() > rows;
        items.truncate(rows);
        Self { items, more }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of three of the numbers below `all`.
    fn page(all: i64, after: Option<&Cursor>) -> Page<i64> {
        let begin = after.map_or(0, |c| c.key::<i64>().expect("a key") + 1);
        let limit = Limit(3);
        Page::cut((begin..all).take(4).collect(), limit, all, after, |n| *n)
    }

    fn cursor(of: Option<Cursor>) -> Option<Cursor> {
        of.filter(|c| !c.as_str().is_empty())
    }

    #[test]
    fn every_page_leads_to_the_one_before() {
        let mut way = vec![page(100, None)];
        while let Some(next) = way.last().and_then(|p| p.next.clone()) {
            way.push(page(100, Some(&next)));
        }
        assert_eq!(way.len(), 34);
        assert!(way[0].previous.is_none());
        assert_eq!(way[1].previous.as_ref().map(Cursor::as_str), Some(""), "the first one begins at nothing");
        for (nth, one) in way.iter().enumerate().skip(1) {
            let before = page(100, cursor(one.previous.clone()).as_ref());
            assert_eq!(before.items, way[nth - 1].items, "{nth}");
        }
        let text = way[33].previous.as_ref().map_or(0, |c| c.as_str().len());
        assert!(text < 120, "a cursor stays short: {text}");
    }

    #[test]
    fn a_way_back_that_is_forgotten_is_not_invented() {
        let mut here = None;
        for _ in 0..20 {
            here = page(100, here.as_ref()).next;
        }
        let mut steps = 0;
        while let Some(previous) = page(100, here.as_ref()).previous {
            assert!(!previous.as_str().is_empty(), "it is not the first page");
            here = Some(previous);
            steps += 1;
        }
        assert_eq!(steps, WAY_BACK);
    }

    #[test]
    fn a_damaged_cursor_is_named() {
        for text in ["nonsense", "", "e30", "MQ"] {
            assert!(Cursor::from_text(text.into()).key::<i64>().is_err(), "{text}");
        }
    }
}
