//! Addresses of the portal's own pages.

use portolan_domain::{
    Cursor,
    catalog::{Owner, Party},
};
use url::form_urlencoded;

/// The page of an entity, by its canonical reference.
pub(crate) fn entity<R: AsRef<str> + ?Sized>(reference: &R) -> String {
    let reference = reference.as_ref();
    let (kind, rest) = reference.split_once(':').unwrap_or(("component", reference));
    let (namespace, name) = rest.split_once('/').unwrap_or(("default", rest));
    format!("/catalog/{}/{}/{}", segment(kind), segment(namespace), segment(name))
}

/// The page of whoever owns something; none if the portal does not know them.
pub(crate) fn owner(owner: &Owner) -> Option<String> {
    match owner.party.as_ref()? {
        Party::Team { slug, .. } => Some(format!("/teams/{}", segment(slug))),
        Party::Person { handle, .. } => Some(format!("/people/{}", segment(handle))),
    }
}

/// One part of a path: what a descriptor may hold beyond letters and digits is escaped.
pub(crate) fn segment(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// Path and query of a list: what is asked for stands in the address, in this order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    path: &'static str,
    pairs: Vec<(String, String)>,
}

impl Query {
    /// What was asked of this path; empty values are dropped.
    pub(crate) fn read(path: &'static str, query: Option<&str>) -> Self {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        Self { path, pairs: pairs.map(|(n, v)| (n.into_owned(), v.trim().to_owned())).collect() }
    }

    /// The value of a name, if it says anything.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    /// All values of a name; an empty one means "none of them".
    pub(crate) fn all<'q>(&'q self, name: &'q str) -> impl Iterator<Item = &'q str> {
        self.pairs.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Names and values, but for these names: the hidden fields of a form that sets them.
    pub(crate) fn others<'q>(&'q self, names: &'q [&str]) -> impl Iterator<Item = &'q (String, String)> {
        self.pairs.iter().filter(move |(n, _)| !names.contains(&n.as_str()))
    }

    /// The same without a value.
    pub(crate) fn without(&self, name: &str, value: &str) -> Self {
        self.keep(|n, v| (n != name || v != value) && n != "after")
    }

    /// The same without some names.
    pub(crate) fn without_all(&self, names: &[&str]) -> Self {
        self.keep(|n, _| !names.contains(&n) && n != "after")
    }

    /// The same with one value of a name; paging begins anew.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut changed = self.keep(|n, _| n != name && n != "after");
        changed.pairs.push((name.to_owned(), value.to_owned()));
        changed
    }

    fn keep(&self, keep: impl Fn(&str, &str) -> bool) -> Self {
        Self { path: self.path, pairs: self.pairs.iter().filter(|(n, v)| keep(n, v)).cloned().collect() }
    }
}

impl std::fmt::Display for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.pairs.is_empty() {
            return f.write_str(self.path);
        }
        write!(
            f,
            "{}?{}",
            self.path,
            form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.pairs).finish()
        )
    }
}

/// Where a page of a list begins, as its address says it; none: with the first.
pub(crate) fn cursor(after: &str) -> Option<Cursor> {
    Some(after).filter(|after| !after.is_empty()).map(|after| Cursor::from_text(after.to_owned()))
}

/// Addresses around the page of a list that is shown; empty where there is none.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    /// The first page, where the one before is not that anyway.
    pub(crate) first: String,
    /// The page before.
    pub(crate) previous: String,
    /// The page behind.
    pub(crate) next: String,
}

impl Steps {
    /// From what the page knows; `later` says that it is not the first one, `address` makes the address of a page from
    /// its cursor (none: the first one).
    pub(crate) fn new(
        (previous, next): (Option<&Cursor>, Option<&Cursor>),
        later: bool,
        address: impl Fn(Option<&str>) -> String,
    ) -> Self {
        let at = |cursor: &Cursor| address(Some(cursor.as_str()).filter(|text| !text.is_empty()));
        let first = if later { address(None) } else { String::new() };
        let previous = previous.map(at).unwrap_or_default();
        let first = if first == previous { String::new() } else { first };
        Self { first, previous, next: next.map(at).unwrap_or_default() }
    }

    /// Whether there is any other page.
    pub(crate) fn any(&self) -> bool {
        !(self.first.is_empty() && self.previous.is_empty() && self.next.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_whole_state() {
        let q = Query::read("/catalog", Some("tier=0&tier=1&q=pay+out&after=x&owner="));
        assert_eq!(q.without("tier", "0").to_string(), "/catalog?tier=1&q=pay+out&owner=");
        assert_eq!(q.with("sort", "tier").to_string(), "/catalog?tier=0&tier=1&q=pay+out&owner=&sort=tier");
        assert_eq!(q.without_all(&["tier", "q", "owner"]).to_string(), "/catalog");
        assert_eq!(q.get("owner"), None);
        assert_eq!(q.all("owner").collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn a_list_leads_back_and_on() {
        let (begin, two, four) =
            (Cursor::from_text(String::new()), Cursor::from_text("2".into()), Cursor::from_text("4".into()));
        let address =
            |after: Option<&str>| format!("/x{}", after.map(|a| format!("?after={a}")).unwrap_or_default());
        let steps = |previous, next, later| {
            let s = Steps::new((previous, next), later, address);
            (s.first, s.previous, s.next)
        };
        let told = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(steps(None, Some(&two), false), told("", "", "/x?after=2"));
        assert_eq!(steps(Some(&begin), Some(&four), true), told("", "/x", "/x?after=4"));
        assert_eq!(steps(Some(&two), None, true), told("/x", "/x?after=2", ""));
        assert_eq!(steps(None, None, true), told("/x", "", ""), "the way back is forgotten");
        assert!(!Steps::new((None, None), false, address).any());
    }

    #[test]
    fn odd_names_stay_one_part_of_the_path() {
        assert_eq!(entity("component:default/a/b c?"), "/catalog/component/default/a%2Fb%20c%3F");
    }
}
