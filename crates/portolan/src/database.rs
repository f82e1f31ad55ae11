//! The database that this process works on: a given one, the private one, or the private one of a running `serve`.

use std::{str::FromStr, time::Duration};

use anyhow::{Context, Result, bail};
use portolan_domain::MIGRATOR;
use sqlx::{
    Connection, PgConnection, PgPool,
    migrate::{Migrate, MigrateError},
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{
    embedded::{self, Cluster, Folder, Locking},
    settings::Settings,
};

/// An open database, with its migrations applied.
#[derive(Debug)]
pub(crate) struct Database {
    /// Connections.
    pub(crate) pool: PgPool,
    /// How to connect beside the pool.
    pub(crate) options: PgConnectOptions,
    /// The private cluster, if this process runs it.
    pub(crate) cluster: Option<Cluster>,
    /// What migrations were applied just now.
    pub(crate) applied: usize,
}

/// A connection that rested longer is asked whether it still lives before it is used: the database may have been
/// restarted meanwhile. Asking every time would cost every request a round trip.
const RESTED: Duration = Duration::from_secs(1);

/// What to do when another Portolan runs on the data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    /// There may be only one.
    Refuse,
    /// Work on its database.
    Join,
}

impl Database {
    /// Opens the database of these settings and applies pending migrations.
    pub(crate) async fn open(settings: &Settings, beside: Beside) -> Result<Self> {
        let (url, cluster) = match &settings.database_url {
            Some(url) => (url.clone(), None),
            None => private(settings, beside).await?,
        };
        let options = PgConnectOptions::from_str(&url)?.application_name("portolan");
        let applied = migrate(&options).await?;
        let options = options.options([
            ("statement_timeout", "15s"),
            ("idle_in_transaction_session_timeout", "60s"),
            ("jit", "off"), // our statements are short; compiling them costs more than it saves
            ("pg_trgm.word_similarity_threshold", "0.45"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(settings.pool_size)
            .min_connections(1)
            .acquire_timeout(Duration::from_secs(5))
            .test_before_acquire(false)
            .before_acquire(|connection, rest| {
                Box::pin(async move {
                    if rest.idle_for > RESTED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_with(options.clone())
            .await
            .context("cannot connect to the database")?;
        Ok(Self { pool, options, cluster, applied })
    }

    /// Closes the connections, and stops the private cluster if it is ours.
    pub(crate) async fn close(self) -> Result<()> {
        self.pool.close().await;
        match self.cluster {
            Some(cluster) => cluster.stop().await,
            None => Ok(()),
        }
    }
}

async fn private(settings: &Settings, beside: Beside) -> Result<(String, Option<Cluster>)> {
    let path = settings.data_dir()?;
    match (Folder::lock(&path)?, beside) {
        (Locking::Ours(folder), _) => {
            let url = folder.url()?;
            Ok((url, Some(Cluster::start(folder, settings.postgres_bin.as_deref()).await?)))
        }
        (Locking::Taken(_), Beside::Join) => Ok((embedded::attach(&path).await?, None)),
        (Locking::Taken(holder), Beside::Refuse) => {
            let holder = holder.map_or_else(String::new, |pid| format!(" (process {pid})"));
            bail!(
                "another Portolan{holder} already uses the data folder {}: stop it, or name another folder with --data-dir",
                path.display()
            )
        }
    }
}

/// Applies pending migrations under an advisory lock, so replicas may do it at once. Returns how many there were.
async fn migrate(options: &PgConnectOptions) -> Result<usize> {
    let mut connection = PgConnection::connect_with(options).await.map_err(unreachable)?;
    if let Some(version) = connection.server_version_num().filter(|v| *v / 10_000 < embedded::OLDEST) {
        bail!(
            "the database is Postgres {}, which is too old: Portolan needs {} or later",
            version / 10_000,
            embedded::OLDEST
        );
    }
    // the table that remembers migrations is made under the lock too; closing the connection gives it back
    connection.lock().await?;
    connection.ensure_migrations_table(&MIGRATOR.table_name).await?;
    let before = connection.list_applied_migrations(&MIGRATOR.table_name).await?.len();
    MIGRATOR.run_direct(None, &mut connection, false).await.map_err(explained)?;
    let after = connection.list_applied_migrations(&MIGRATOR.table_name).await?.len();
    connection.close().await?;
    Ok(after - before)
}

/// Whether the database answers and has exactly the migrations of this binary.
pub(crate) async fn is_current(pool: &PgPool) -> Result<bool> {
    let mut connection = pool.acquire().await?;
    let applied = connection.list_applied_migrations(&MIGRATOR.table_name).await?;
    Ok(applied.len() == MIGRATOR.iter().count() && applied.iter().all(|m| MIGRATOR.version_exists(m.version)))
}

fn unreachable(error: sqlx::Error) -> anyhow::Error {
    anyhow::Error::new(error).context("cannot connect to the database; check DATABASE_URL and that it runs")
}

fn explained(error: MigrateError) -> anyhow::Error {
    match error {
        MigrateError::VersionMissing(version) => anyhow::anyhow!(
            "the database is newer than this Portolan (it has migration {version}, which this one does not know): start the newer version"
        ),
        MigrateError::VersionMismatch(version) => anyhow::anyhow!(
            "migration {version} was applied in another form than this Portolan has it: use the release that made this database, or an empty one"
        ),
        MigrateError::Dirty(version) => {
            anyhow::anyhow!("migration {version} was left half-way: restore the database from a backup")
        }
        other => anyhow::Error::new(other).context("a migration failed; nothing of it was kept"),
    }
}
