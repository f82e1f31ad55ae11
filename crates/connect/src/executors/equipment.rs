//! What an operator lets executors use. An offering names it; where it is and what opens it stays here.

use std::{collections::BTreeMap, fmt, path::PathBuf, str::FromStr};

use portolan_domain::Clock;
use url::Url;

use super::{Failed, postgres::Server};
use crate::guard::Outside;

/// What an operator lets executors use.
#[derive(Debug)]
pub struct Equipment {
    /// The way out, guarded.
    pub outside: Outside,
    /// The time.
    pub clock: Clock,
    /// Servers on which databases may be made. The first is meant where none is named.
    pub postgres: Vec<Server>,
    /// What calls to others are signed with, by name.
    pub signing: BTreeMap<String, Hidden>,
    /// Folders with templates, modules and repositories, by name. Nothing outside of them is read.
    pub folders: BTreeMap<String, PathBuf>,
    /// Hosts that repositories may be at.
    pub git: Vec<GitHost>,
    /// How Terraform is run.
    pub terraform: Terraform,
}

impl Equipment {
    /// Only the way out.
    pub fn new(outside: Outside, clock: Clock) -> Self {
        Self {
            outside,
            clock,
            postgres: Vec::new(),
            signing: BTreeMap::new(),
            folders: BTreeMap::new(),
            git: Vec::new(),
            terraform: Terraform::default(),
        }
    }

    /// The server of a name; the first if none is given.
    pub(super) fn postgres(&self, name: Option<&str>) -> Result<&Server, Failed> {
        let found = match name {
            Some(name) => self.postgres.iter().find(|server| server.name == name),
            None => self.postgres.first(),
        };
        found.ok_or_else(|| {
            let what = name.map_or_else(|| "any".to_owned(), |name| format!("{name:?}"));
            Failed::platform(
                format!("The portal has not {what} database server to work on."),
                "The operator names it in PORTOLAN_PROVISION_POSTGRES, or the offering names another.",
            )
        })
    }

    /// The host that a repository's address is at, if the operator lets it be asked.
    pub fn git_host(&self, address: &Url) -> Option<&GitHost> {
        self.git.iter().find(|host| host.has(address))
    }
}

/// A secret of the operator. It shows itself to nobody by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(String);

impl Hidden {
    /// Hides this.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// A host that repositories may be at, with what opens it: `git.example.org=user:token`. A host alone is asked by
/// https; `http://127.0.0.1:3000=` is one in the clear that needs no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitHost {
    /// Scheme, host and port.
    base: Url,
    /// User and password, or a token alone.
    token: Option<Hidden>,
}

impl GitHost {
    /// Whether a repository's address is at this host.
    pub fn has(&self, address: &Url) -> bool {
        self.base.origin() == address.origin()
            && address.username().is_empty()
            && address.password().is_none()
    }

    /// Its address, without a path.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// What opens it: `user:password`, or a token alone.
    pub fn token(&self) -> Option<&str> {
        self.token.as_ref().map(Hidden::reveal)
    }
}

impl FromStr for GitHost {
    type Err = String;

    /// What stands behind the `=` is not repeated: it is a secret.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "must name hosts with their tokens, as in git.example.org=TOKEN".to_owned();
        let (host, token) = text.split_once('=').ok_or_else(wrong)?;
        let written = if host.contains("://") { host.to_owned() } else { format!("https://{host}") };
        let base = Url::parse(&written).map_err(|_| wrong())?;
        let bare = base.path() == "/"
            && base.query().is_none()
            && base.fragment().is_none()
            && base.username().is_empty()
            && base.password().is_none();
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() || !bare {
            return Err(wrong());
        }
        if token.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(wrong());
        }
        Ok(Self { base, token: (!token.is_empty()).then(|| Hidden::new(token)) })
    }
}

/// How Terraform is run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terraform {
    /// The program; `terraform`, else `tofu`, of those on the `PATH` if none is named.
    pub program: Option<PathBuf>,
    /// Where providers are kept between runs.
    pub plugin_cache: Option<PathBuf>,
    /// Variables of the portal's own environment that modules may see, as the credentials of a cloud. No others are.
    pub environment: BTreeMap<String, Hidden>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_git_host_is_one_origin_and_hides_its_token() {
        let host: GitHost = "git.example.org=robot:t0ken=".parse().unwrap();
        assert_eq!(host.token(), Some("robot:t0ken="));
        assert!(!format!("{host:?}").contains("t0ken"), "{host:?}");
        let has = |address: &str| host.has(&Url::parse(address).unwrap());
        assert!(has("https://git.example.org/team/x.git") && has("https://GIT.example.org:443/x"));
        for other in [
            "http://git.example.org/x",
            "https://git.example.org:8443/x",
            "https://git.example.org.evil.example/x",
            "https://evil.example/git.example.org",
            "https://a:b@git.example.org/x",
            "ssh://git.example.org/x",
        ] {
            assert!(!has(other), "{other}");
        }
        let open: GitHost = "http://127.0.0.1:3000=".parse().unwrap();
        assert_eq!(open.token(), None);
        for wrong in ["git.example.org", "=x", "ftp://x=y", "https://x/path=y", "https://u:p@x=y", "x=a b"] {
            let error = wrong.parse::<GitHost>().unwrap_err();
            assert!(!error.contains("path") && !error.contains("a b"), "{error}");
        }
    }
}
