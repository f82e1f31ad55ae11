//! What an operator can set. One struct; a flag wins over the environment, which wins over the settings file.
//!
//! A malformed value stops the start and names its key; all problems are told at once. `.env.example` documents
//! every key with its default, and a test holds it to this struct.

mod file;
mod parse;
mod source;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::PathBuf,
    time::Duration,
};

use anyhow::{Result, bail};
use portolan_connect::{
    executors::{GitHost, Hidden, PostgresServer},
    guard::Allowed,
    smtp,
};

use crate::cli::{Serve, Store};
pub(crate) use parse::LogFormat;
use source::Sources;

/// All settings, with the default of each.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    /// `PORTOLAN_LISTEN`: address and port to listen on. 127.0.0.1:8080.
    pub(crate) listen: SocketAddr,
    /// `PORTOLAN_BASE_URL`: public address, without a slash at the end. What it listens on.
    pub(crate) base_url: Option<String>,
    /// `PORTOLAN_DATA_DIR`: where the private Postgres and the secret key live.
    pub(crate) data_dir: Option<PathBuf>,
    /// `DATABASE_URL`: a Postgres to use instead of the private one.
    pub(crate) database_url: Option<String>,
    /// `PORTOLAN_POSTGRES_BIN`: folder with `postgres` and `initdb` for the private cluster. The newest found.
    pub(crate) postgres_bin: Option<PathBuf>,
    /// `PORTOLAN_POOL_SIZE`: database connections at most. 10.
    pub(crate) pool_size: u32,
    /// `PORTOLAN_SECRET_KEY`: 32 bytes in hex or base64 that seal secrets at rest. With the private Postgres, a
    /// key in the data folder.
    pub(crate) secret_key: Option<[u8; 32]>,
    /// `PORTOLAN_SMTP_URL`: the mail server that letters are handed to. None: nobody is told anything by e-mail.
    pub(crate) smtp: Option<smtp::Server>,
    /// `PORTOLAN_MAIL_FROM`: the address that letters come from. Needed with a mail server.
    pub(crate) mail_from: Option<String>,
    /// `PORTOLAN_FETCH_ALLOW`: internal hosts and networks that webhooks and calendars may be at. None.
    pub(crate) fetch_allow: Vec<Allowed>,
    /// `PORTOLAN_PROVISION_POSTGRES`: servers on which databases are made, each with its name. With the private Postgres,
    /// that one by the name of local, besides.
    pub(crate) provision_postgres: Vec<PostgresServer>,
    /// `PORTOLAN_PROVISION_SECRETS`: what calls to other systems are signed with, by name. None.
    pub(crate) provision_secrets: BTreeMap<String, Hidden>,
    /// `PORTOLAN_PROVISION_FOLDERS`: folders with templates, modules and repositories, by name. None.
    pub(crate) provision_folders: BTreeMap<String, PathBuf>,
    /// `PORTOLAN_PROVISION_GIT`: hosts that repositories may be at, each with its token. None.
    pub(crate) provision_git: Vec<GitHost>,
    /// `PORTOLAN_PROVISION_TERRAFORM`: the program `terraform` or `tofu`. The one on the `PATH`.
    pub(crate) provision_terraform: Option<PathBuf>,
    /// `PORTOLAN_PROVISION_TERRAFORM_CACHE`: where Terraform keeps providers between runs. Nowhere.
    pub(crate) provision_terraform_cache: Option<PathBuf>,
    /// `PORTOLAN_PROVISION_TERRAFORM_ENV`: variables of the portal's environment that modules may see. None.
    pub(crate) provision_terraform_env: BTreeSet<String>,
    /// `PORTOLAN_ORGANISATION`: name beside the brand. Empty.
    pub(crate) organisation: String,
    /// `PORTOLAN_DEMO`: load the demo company into an empty portal. false.
    pub(crate) demo: bool,
    /// `PORTOLAN_TRUST_PROXY`: take the visitor's address from X-Forwarded-For. false.
    pub(crate) trust_proxy: bool,
    /// `PORTOLAN_REQUEST_TIMEOUT`: longest a request may take. 30s.
    pub(crate) request_timeout: Duration,
    /// `PORTOLAN_SHUTDOWN_TIMEOUT`: how long requests in flight may finish at the end. 10s.
    pub(crate) shutdown_timeout: Duration,
    /// `PORTOLAN_LOG`: what to log, as a tracing filter. info.
    pub(crate) log: String,
    /// `PORTOLAN_LOG_FORMAT`: text or json. text.
    pub(crate) log_format: LogFormat,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            base_url: None,
            data_dir: None,
            database_url: None,
            postgres_bin: None,
            pool_size: 10,
            secret_key: None,
            smtp: None,
            mail_from: None,
            fetch_allow: Vec::new(),
            provision_postgres: Vec::new(),
            provision_secrets: BTreeMap::new(),
            provision_folders: BTreeMap::new(),
            provision_git: Vec::new(),
            provision_terraform: None,
            provision_terraform_cache: None,
            provision_terraform_env: BTreeSet::new(),
            organisation: String::new(),
            demo: false,
            trust_proxy: false,
            request_timeout: Duration::from_secs(30),
            shutdown_timeout: Duration::from_secs(10),
            log: "info".to_owned(),
            log_format: LogFormat::Text,
        }
    }
}

impl Settings {
    /// For `serve`.
    pub(crate) fn for_serve(flags: &Serve) -> Result<Self> {
        let demo = flags.demo.then(|| "true".to_owned());
        Self::load(
            &flags.store,
            &[
                ("PORTOLAN_LISTEN", "--listen", flags.listen.clone()),
                ("PORTOLAN_BASE_URL", "--base-url", flags.base_url.clone()),
                ("PORTOLAN_DEMO", "--demo", demo),
            ],
        )
    }

    /// For the commands that work on the data.
    pub(crate) fn for_store(flags: &Store) -> Result<Self> {
        Self::load(flags, &[])
    }

    /// The data folder: the one set, else /var/lib/portolan as root, else the user's own.
    pub(crate) fn data_dir(&self) -> Result<PathBuf> {
        if let Some(dir) = &self.data_dir {
            return Ok(std::path::absolute(dir)?);
        }
        if nix::unistd::geteuid().is_root() {
            return Ok("/var/lib/portolan".into());
        }
        let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
        match absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share"))) {
            Some(dir) => Ok(dir.join("portolan")),
            None => bail!(
                "there is no home folder to keep data in: say where with --data-dir or PORTOLAN_DATA_DIR"
            ),
        }
    }

    fn load(store: &Store, more: &[(&'static str, &'static str, Option<String>)]) -> Result<Self> {
        let mut sources = Sources::new(store.settings.as_deref(), |key| std::env::var_os(key))?;
        sources.flag("PORTOLAN_DATA_DIR", "--data-dir", store.data_dir.clone());
        sources.flag("DATABASE_URL", "--database-url", store.database_url.clone());
        for (key, flag, value) in more {
            sources.flag(key, flag, value.clone());
        }
        Self::read(sources)
    }

    fn read(mut sources: Sources) -> Result<Self> {
        let mut s = Self::default();
        sources.set("PORTOLAN_LISTEN", &mut s.listen, parse::listen);
        sources.set("PORTOLAN_BASE_URL", &mut s.base_url, parse::base_url);
        sources.set("PORTOLAN_DATA_DIR", &mut s.data_dir, parse::path);
        sources.set("DATABASE_URL", &mut s.database_url, parse::database_url);
        sources.set("PORTOLAN_POSTGRES_BIN", &mut s.postgres_bin, parse::path);
        sources.set("PORTOLAN_POOL_SIZE", &mut s.pool_size, parse::pool_size);
        sources.set("PORTOLAN_SECRET_KEY", &mut s.secret_key, parse::secret_key);
        sources.set("PORTOLAN_SMTP_URL", &mut s.smtp, parse::smtp);
        sources.set("PORTOLAN_MAIL_FROM", &mut s.mail_from, parse::mail_from);
        sources.set("PORTOLAN_FETCH_ALLOW", &mut s.fetch_allow, parse::fetch_allow);
        Self::read_provisioning(&mut sources, &mut s);
        sources.set("PORTOLAN_ORGANISATION", &mut s.organisation, parse::text);
        sources.set("PORTOLAN_DEMO", &mut s.demo, parse::switch);
        sources.set("PORTOLAN_TRUST_PROXY", &mut s.trust_proxy, parse::switch);
        sources.set("PORTOLAN_REQUEST_TIMEOUT", &mut s.request_timeout, parse::duration);
        sources.set("PORTOLAN_SHUTDOWN_TIMEOUT", &mut s.shutdown_timeout, parse::duration);
        sources.set("PORTOLAN_LOG", &mut s.log, parse::log_filter);
        sources.set("PORTOLAN_LOG_FORMAT", &mut s.log_format, parse::log_format);
        sources.finish()?;
        if s.smtp.is_some() && s.mail_from.is_none() {
            bail!("PORTOLAN_SMTP_URL needs PORTOLAN_MAIL_FROM: the address that letters come from");
        }
        Ok(s)
    }

    /// What self-service works with.
    fn read_provisioning(sources: &mut Sources, s: &mut Self) {
        use parse::provision;
        sources.set("PORTOLAN_PROVISION_POSTGRES", &mut s.provision_postgres, provision::servers);
        sources.set("PORTOLAN_PROVISION_SECRETS", &mut s.provision_secrets, provision::secrets);
        sources.set("PORTOLAN_PROVISION_FOLDERS", &mut s.provision_folders, provision::folders);
        sources.set("PORTOLAN_PROVISION_GIT", &mut s.provision_git, provision::git_hosts);
        sources.set("PORTOLAN_PROVISION_TERRAFORM", &mut s.provision_terraform, parse::path);
        sources.set("PORTOLAN_PROVISION_TERRAFORM_CACHE", &mut s.provision_terraform_cache, parse::path);
        sources.set(
            "PORTOLAN_PROVISION_TERRAFORM_ENV",
            &mut s.provision_terraform_env,
            provision::terraform_environment,
        );
    }
}

#[cfg(test)]
mod tests;
