//! A server on which databases are made: `main=postgres://admin:password@db.example.org:5432/postgres`.

use std::{fmt, path::PathBuf, str::FromStr};

use url::Url;

use super::name::Name;
use crate::{executors::Hidden, smtp::decoded};

/// Where a server listens.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// At a host.
    Host(String),
    /// At a socket in this folder.
    Socket(PathBuf),
}

/// A server on which databases are made, and the account that makes them there: a superuser, or one that may create
/// databases and roles.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    /// What offerings call it.
    pub name: String,
    pub(super) place: Place,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) password: Option<Hidden>,
    pub(super) database: String,
    /// Whether TLS is spoken: always, but over a socket and where the operator says `sslmode=disable`.
    pub(super) tls: bool,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({} at {}:{})", self.name, self.host(), self.port)
    }
}

impl FromStr for Server {
    type Err = String;

    /// The address is not repeated in what is said of it: it may hold a password.
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, address) = text
            .split_once('=')
            .filter(|(name, _)| is_name(name))
            .ok_or("must name servers, as in main=postgres://admin:password@db.example.org/postgres")?;
        Self::new(name, address)
    }
}

impl Server {
    /// From an address as libpq takes it. What is not understood is refused: it may be what keeps the connection safe.
    pub fn new(name: &str, address: &str) -> Result<Self, String> {
        let wrong = |what: &str| format!("names the server {name} with an address that {what}");
        let url = Url::parse(address).map_err(|_| {
            wrong("is none; for a socket write postgres://user@localhost/postgres?host=/folder")
        })?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(wrong("does not begin with postgres://"));
        }
        let part = |text: &str| decoded(text).ok_or_else(|| wrong("is not UTF-8 text"));
        let host = part(url.host_str().unwrap_or_default())?;
        let mut place = Place::Host(host.trim_start_matches('[').trim_end_matches(']').to_owned());
        let mut tls = None;
        for (key, value) in url.query_pairs() {
            match (&*key, &*value) {
                ("host", folder) if folder.starts_with('/') => place = Place::Socket(folder.into()),
                ("host", host) if !host.is_empty() => place = Place::Host(host.to_owned()),
                ("sslmode", "disable") => tls = Some(false),
                ("sslmode", "require" | "verify-ca" | "verify-full") => tls = Some(true),
                ("sslmode", _) => {
                    return Err(wrong("has an sslmode other than disable, require or verify-full"));
                }
                _ => return Err(wrong("has a part that is not understood; host and sslmode are")),
            }
        }
        let database = part(url.path().trim_start_matches('/'))?;
        let server = Self {
            name: name.to_owned(),
            tls: matches!(place, Place::Host(_)) && tls.unwrap_or(true),
            place,
            port: url.port().unwrap_or(5432),
            user: part(url.username())?,
            password: url.password().map(part).transpose()?.map(Hidden::new),
            database: if database.is_empty() { "postgres".to_owned() } else { database },
        };
        if server.user.is_empty() || server.host().is_empty() {
            return Err(wrong("has no user or no host"));
        }
        Ok(server)
    }

    /// Its host, or the folder of its socket.
    pub(super) fn host(&self) -> String {
        match &self.place {
            Place::Host(host) => host.clone(),
            Place::Socket(folder) => folder.display().to_string(),
        }
    }

    /// The address for whoever uses a database on it; programs of all kinds take it.
    pub(super) fn address(&self, database: &Name, password: &str) -> Option<String> {
        let host = match &self.place {
            Place::Host(host) if host.contains(':') => format!("[{host}]"),
            Place::Host(host) => host.clone(),
            Place::Socket(_) => "localhost".to_owned(),
        };
        let mut url = Url::parse(&format!("postgres://{host}:{}/{}", self.port, database.as_str())).ok()?;
        url.set_username(database.as_str()).ok()?;
        url.set_password(Some(password)).ok()?;
        match &self.place {
            Place::Socket(folder) => {
                url.query_pairs_mut().append_pair("host", &folder.display().to_string());
            }
            Place::Host(_) if self.tls => {
                url.query_pairs_mut().append_pair("sslmode", "require");
            }
            Place::Host(_) => {}
        }
        Some(url.into())
    }
}

/// Whether a text may name something of the operator's.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && !text.starts_with(['.', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_whole_or_refused() {
        let server: Server = "main=postgres://adm%40in:p%2Fw@db.example.org/".parse().unwrap();
        assert_eq!(
            (server.user.as_str(), server.database.as_str(), server.port),
            ("adm@in", "postgres", 5432)
        );
        assert!(server.tls && server.password.as_ref().is_some_and(|p| p.reveal() == "p/w"));
        let shown = format!("{server:?}");
        assert!(shown.contains("db.example.org") && !shown.contains("p/w"), "{shown}");
        let name = Name::new("orders").unwrap();
        assert_eq!(
            server.address(&name, "a b").as_deref(),
            Some("postgres://orders:a%20b@db.example.org:5432/orders?sslmode=require")
        );
        let socket: Server =
            "local=postgres://portolan@localhost/portolan?host=/tmp/pg&sslmode=disable".parse().unwrap();
        assert!(socket.place == Place::Socket("/tmp/pg".into()) && !socket.tls);
        assert_eq!(
            socket.address(&name, "x").as_deref(),
            Some("postgres://orders:x@localhost:5432/orders?host=%2Ftmp%2Fpg")
        );
        let six: Server = "six=postgres://a@[::1]:7/x?sslmode=disable".parse().unwrap();
        assert_eq!(six.address(&name, "x").as_deref(), Some("postgres://orders:x@[::1]:7/orders"));
    }

    #[test]
    fn what_is_not_understood_is_refused_and_not_repeated() {
        for wrong in [
            "postgres://a:hunter2@x/y",
            "x=mysql://a:hunter2@x/y",
            "x=postgres://a:hunter2@x/y?sslmode=prefer",
            "x=postgres://a:hunter2@x/y?sslrootcert=/x",
            "x=postgres://x/y",
            "a b=postgres://a:hunter2@x/y",
            "../x=postgres://a:hunter2@x/y",
            "x=",
        ] {
            let error = wrong.parse::<Server>().unwrap_err();
            assert!(!error.contains("hunter2"), "{wrong}: {error}");
        }
    }
}
