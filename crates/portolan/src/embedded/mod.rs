//! A private Postgres, so that one command is enough: found (or downloaded), initialised once, run as a child of this
//! process on a unix socket that only we can enter, with no TCP port.
//!
//! | part | what it does |
//! |---|---|
//! | [`programs`] | finds `postgres` and `initdb`; the major of an existing cluster wins |
//! | [`download`] | fetches them if there are none |
//! | [`account`] | as root, whom the cluster's processes run as |
//! | [`folder`] | the data folder: made, locked, and fit for a unix socket |
//! | [`hba`] | who may come in: we without a password, others with theirs and not to our database |
//! | [`initdb`] | makes the cluster; begins again after a half-finished one |
//! | [`orphan`] | a server that outlived a killed Portolan, and stale pid files |
//! | [`postmaster`] | the child: started, watched, started again, stopped |

mod account;
mod download;
mod folder;
mod hba;
mod initdb;
mod orphan;
mod postmaster;
mod programs;

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use sqlx::{Connection, PgConnection, Postgres, migrate::MigrateDatabase, postgres::PgConnectOptions};

pub(crate) use folder::{Folder, Locking};
use postmaster::Postmaster;
pub(crate) use programs::OLDEST;

/// Crash recovery of a busy cluster may take long; it says so meanwhile.
const START_LIMIT: Duration = Duration::from_mins(3);

/// How long a command waits for a `serve` that is just starting on the same data folder.
const ATTACH_LIMIT: Duration = Duration::from_secs(20);

/// A running private cluster. Dropping it stops it.
#[derive(Debug)]
pub(crate) struct Cluster {
    postmaster: Postmaster,
    /// Locked for as long as the cluster runs: one Portolan per data folder.
    folder: Folder,
}

impl Cluster {
    /// Starts the cluster of a locked data folder, and makes it first if there is none.
    pub(crate) async fn start(folder: Folder, programs: Option<&Path>) -> Result<Self> {
        let began = Instant::now();
        let account = account::for_cluster(&folder.cluster());
        folder.prepare(account)?;
        let programs = programs::for_folder(&folder, programs).await?;
        tracing::debug!(version = %programs.version, bin = %programs.bin.display(), "postgres programs");
        initdb::ensure(&folder, &programs, account)?;
        orphan::clear(&folder.cluster())?;
        hba::write(&folder.cluster(), account)?;
        let postmaster = Postmaster::start(&folder, programs, account)?;
        let cluster = Self { postmaster, folder };
        cluster.ready(began).await?;
        tracing::info!(
            ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(0),
            "the private Postgres is ready"
        );
        Ok(cluster)
    }

    /// Address of the database in which others are made from.
    pub(crate) fn maintenance_url(&self) -> Result<String> {
        let mut url = url::Url::parse(&self.folder.url()?)?;
        url.set_path("postgres");
        Ok(url.into())
    }

    /// Resolves when the cluster cannot be kept running, with the reason.
    pub(crate) async fn failed(&self) -> String {
        self.postmaster.failed().await
    }

    /// Stops the cluster and waits until it is down.
    pub(crate) async fn stop(self) -> Result<()> {
        let began = Instant::now();
        tokio::task::spawn_blocking(move || drop(self)).await?;
        tracing::info!(
            ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(0),
            "the private Postgres has stopped"
        );
        Ok(())
    }

    async fn ready(&self, began: Instant) -> Result<()> {
        let url = self.folder.url()?;
        let maintenance = PgConnectOptions::from_str(&url)?.database("postgres");
        let mut said = began;
        loop {
            let problem = tokio::select! {
                reason = self.postmaster.failed() => bail!(reason),
                result = PgConnection::connect_with(&maintenance) => match result {
                    Ok(connection) => break drop(connection.close().await),
                    Err(problem) => problem,
                },
            };
            if began.elapsed() > START_LIMIT {
                return Err(problem)
                    .context("the private Postgres does not answer; its log is in the data folder");
            }
            if said.elapsed() > Duration::from_secs(10) {
                tracing::info!("waiting for the private Postgres: {problem}");
                said = Instant::now();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if !Postgres::database_exists(&url).await? {
            Postgres::create_database(&url).await.context("cannot create the database")?;
        }
        Ok(())
    }
}

/// The address of the cluster that a running `serve` keeps on this data folder.
pub(crate) async fn attach(folder: &Path) -> Result<String> {
    let url = folder::url(folder)?;
    let options = PgConnectOptions::from_str(&url)?;
    let began = Instant::now();
    loop {
        match PgConnection::connect_with(&options).await {
            Ok(connection) => break drop(connection.close().await),
            Err(_) if began.elapsed() < ATTACH_LIMIT => tokio::time::sleep(Duration::from_millis(100)).await,
            Err(error) => {
                let user = PathBuf::from(folder);
                return Err(error).with_context(|| {
                    format!("a Portolan is running on {}, but its database does not answer; run this as the same user", user.display())
                });
            }
        }
    }
    Ok(url)
}
