//! The address of a repository, as people give it: `github.com/acme/basket`, `https://github.com/acme/basket.git`, or in
//! Backstage's way `github.com?owner=acme&repo=basket`.

use serde_json::{Value, json};

/// Where a repository is, or will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// `https://`, or `http://` where that was said.
    pub scheme: &'static str,
    /// The host, with a port if it has one of its own.
    pub host: String,
    /// Whose it is: an organisation, a person, groups with `/` between.
    pub owner: String,
    /// Its name.
    pub name: String,
}

impl Repository {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no address of a repository; write it as github.com/OWNER/NAME");
        let (scheme, rest) = match text.trim().split_once("://") {
            None => ("https://", text.trim()),
            Some(("https", rest)) => ("https://", rest),
            Some(("http", rest)) => ("http://", rest),
            Some(_) => return Err(wrong()),
        };
        let (host, owner, name) = if let Some((host, query)) = rest.split_once('?') {
            let of = |key: &str| {
                let mut pairs = url::form_urlencoded::parse(query.as_bytes());
                pairs.find(|(k, _)| k == key).map(|(_, v)| v.into_owned())
            };
            let owner = of("owner").or_else(|| of("workspace")).ok_or_else(wrong)?;
            (host.trim_end_matches('/'), owner, of("repo").ok_or_else(wrong)?)
        } else {
            let (host, path) = rest.split_once('/').ok_or_else(wrong)?;
            let path = path.trim_end_matches('/');
            let (owner, name) =
                path.strip_suffix(".git").unwrap_or(path).rsplit_once('/').ok_or_else(wrong)?;
            (host, owner.to_owned(), name.to_owned())
        };
        let good_host = !host.is_empty()
            && host.starts_with(|c: char| c.is_ascii_alphanumeric())
            && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':'));
        if !good_host || !owner.split('/').all(is_part) || owner.len() > 200 || !is_part(&name) {
            return Err(wrong());
        }
        Ok(Self { scheme, host: host.to_ascii_lowercase(), owner, name })
    }

    /// `OWNER/NAME`.
    pub fn slug(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// Its host with how it is spoken to.
    pub fn origin(&self) -> String {
        format!("{}{}", self.scheme, self.host)
    }

    /// Its parts, as Backstage's `parseRepoUrl` names them.
    pub(super) fn parts(&self) -> Value {
        json!({ "host": self.host, "owner": self.owner, "repo": self.name })
    }
}

/// Whether a text may be a part of a repository's path: nothing that a shell, a path or an address would read as more.
fn is_part(part: &str) -> bool {
    !part.is_empty()
        && part.len() <= 100
        && !part.starts_with(['-', '.'])
        && !part.to_ascii_lowercase().ends_with(".git")
        && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_it_is_the_same() {
        let same = [
            "github.com/acme/basket",
            "https://GitHub.com/acme/basket.git",
            "https://github.com/acme/basket/",
            "github.com?owner=acme&repo=basket",
            " github.com?repo=basket&owner=acme ",
        ];
        for text in same {
            let read = Repository::read(text).unwrap();
            assert_eq!(
                (read.origin().as_str(), read.slug().as_str()),
                ("https://github.com", "acme/basket"),
                "{text}"
            );
        }
        let groups = Repository::read("http://git.internal:3000/a/b/c").unwrap();
        assert_eq!((groups.origin().as_str(), groups.owner.as_str()), ("http://git.internal:3000", "a/b"));
    }

    #[test]
    fn nothing_else_is_one() {
        for text in [
            "",
            "acme/basket",
            "github.com",
            "github.com/basket",
            "ssh://github.com/a/b",
            "file:///etc/passwd",
            "-x/a/b",
            "user@github.com/a/b",
            "github.com/../b",
            "github.com/a/-b",
            "github.com/a/b c",
            "github.com/a/b\r\nc",
            "github.com?owner=a",
            "github.com?owner=a&repo=b%2F..%2Fc",
            "github.com/a/.git",
            "github.com//b",
            "github.com/a/b#c",
        ] {
            assert!(Repository::read(text).is_err(), "{text}");
        }
    }
}
