//! Addresses of the portal's own pages.

use portolan_domain::catalog::{Owner, Party};
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
    fn odd_names_stay_one_part_of_the_path() {
        assert_eq!(entity("component:default/a/b c?"), "/catalog/component/default/a%2Fb%20c%3F");
    }
}
