//! Bounded lists. A page is continued from the last row's sort key, so that page 500 costs what page 1 does and
//! rows that arrive meanwhile shift nothing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

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

/// Where a list goes on: an opaque text made of the last row's sort key. Not secret, but validated when read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// Packs a sort key.
    ///
    /// # Panics
    /// Never for keys of plain strings, numbers and uuids.
    pub fn of(key: &impl Serialize) -> Self {
        Self(URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default()))
    }

    /// A cursor as it came in an address.
    pub fn from_text(text: String) -> Self {
        Self(text)
    }

    /// Unpacks the sort key; a damaged cursor is the caller's mistake, named so.
    pub fn key<K: DeserializeOwned>(&self) -> Result<K> {
        URL_SAFE_NO_PAD
            .decode(&self.0)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or_else(|| Error::invalid("after", "is not a cursor of this list; start again without it"))
    }

    /// The text for an address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One page of a list.
#[derive(Debug, Clone, Serialize)]
pub struct Page<T> {
    /// The rows, in order.
    pub items: Vec<T>,
    /// Where the next page starts; none on the last page.
    pub next: Option<Cursor>,
    /// How many rows the whole list has.
    pub total: i64,
}

impl<T> Page<T> {
    /// Cuts the probe row off and makes the cursor from the last row shown.
    pub(crate) fn cut<K: Serialize>(
        mut items: Vec<T>,
        limit: Limit,
        total: i64,
        key: impl Fn(&T) -> K,
    ) -> Self {
        let more = i64::try_from(items.len()).is_ok_and(|n| n > limit.rows());
        if more {
            items.truncate(usize::try_from(limit.rows()).unwrap_or(usize::MAX));
        }
        let next = if more { items.last().map(|row| Cursor::of(&key(row))) } else { None };
        Self { items, next, total }
    }

    /// The same page of other rows.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next, total: self.total }
    }
}
