//! Where git may go: below the operator's folders, and to the hosts that the operator named. Git asks for addresses itself, so
//! nothing but a list of hosts keeps it out of the company's network.

use std::path::PathBuf;

use base64::{Engine, engine::general_purpose::STANDARD};
use url::Url;

use super::{
    input::{To, offering},
    paths,
};
use crate::executors::{Equipment, Failed, GitHost, Hidden};

/// A repository that git may speak to.
#[derive(Debug, Clone)]
pub(super) struct Remote {
    address: String,
    shown: String,
    scheme: &'static str,
    host: String,
    /// What opens it.
    token: Option<Hidden>,
    /// Its folder, if it is one.
    pub(super) folder: Option<PathBuf>,
}

impl Remote {
    /// Where the input wants it pushed.
    pub(super) fn of_input(to: Option<&To>, equipment: &Equipment) -> Result<Self, Failed> {
        match to.map(|to| (to.url.as_deref(), to.folder.as_deref())) {
            Some((Some(url), None)) => Self::of_url(url, equipment),
            Some((None, Some(folder))) => Self::of_folder(folder, equipment),
            _ => Err(offering("needs one of to.url and to.folder: where it is pushed")),
        }
    }

    /// A folder: `ROOT/path.git`.
    pub(super) fn of_folder(folder: &str, equipment: &Equipment) -> Result<Self, Failed> {
        let path = paths::below(&equipment.folders, folder)
            .map_err(|why| offering(&format!("names the repository {folder:?}, which {why}")))?;
        let address =
            Url::from_file_path(&path).map_err(|()| offering("names a repository that is no path"))?;
        Ok(Self {
            address: address.to_string(),
            shown: folder.to_owned(),
            scheme: "file",
            host: String::new(),
            token: None,
            folder: Some(path),
        })
    }

    /// `https://`, or `http://` where the operator names that.
    pub(super) fn of_url(text: &str, equipment: &Equipment) -> Result<Self, Failed> {
        let url = Url::parse(text.trim()).ok().filter(Url::has_host);
        let url = url.ok_or_else(|| {
            offering(
                "names a repository that is no address; write https://HOST/OWNER/NAME.git, or give a folder",
            )
        })?;
        let scheme = match url.scheme() {
            "https" => "https",
            "http" => "http",
            _ => {
                return Err(offering(
                    "names a repository that does not begin with https://; a folder is given as folder",
                ));
            }
        };
        if url.password().is_some() || !url.username().is_empty() {
            return Err(offering(
                "names a repository with a password in its address; the operator gives tokens, never an offering",
            ));
        }
        let plain = !url.path().chars().any(|c| c.is_control() || c.is_whitespace());
        if url.query().is_some() || url.fragment().is_some() || !plain {
            return Err(offering("names a repository whose address has more than a host and a path"));
        }
        let token = listed(&url, equipment)?.token().map(Hidden::new);
        let shown = url.as_str().strip_suffix(".git").unwrap_or(url.as_str()).to_owned();
        Ok(Self { address: url.to_string(), shown, scheme, host: origin(&url), token, folder: None })
    }

    /// Its address, for people.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// Its address, as whoever it is handed to gives it to `git clone`.
    pub(super) fn to_clone(&self) -> &str {
        if self.folder.is_some() { &self.address } else { &self.shown }
    }

    /// Its address, for git.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// How it is spoken to, the only way that git may.
    pub(super) fn scheme(&self) -> &'static str {
        self.scheme
    }

    /// What git sends to open it: the setting and its value, for the environment alone.
    pub(super) fn header(&self) -> Option<(String, String)> {
        let token = self.token.as_ref()?.reveal();
        let pair = if token.contains(':') { token.to_owned() } else { format!("x-access-token:{token}") };
        Some((
            format!("http.{}.extraHeader", self.address),
            format!("Authorization: Basic {}", STANDARD.encode(pair)),
        ))
    }

    /// The host, for who looks after its tokens.
    pub(super) fn host(&self) -> &str {
        &self.host
    }
}

/// The host that an address is at, if the operator lets it be asked.
pub(super) fn listed<'e>(url: &Url, equipment: &'e Equipment) -> Result<&'e GitHost, Failed> {
    equipment.git_host(url).ok_or_else(|| {
        Failed::platform(
            format!("{} is none of the hosts that git may speak to.", origin(url)),
            "The operator adds it to PORTOLAN_PROVISION_GIT, or the offering's team names another.",
        )
    })
}

/// Scheme, host and port, for people.
pub(super) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}
