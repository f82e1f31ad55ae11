//! Fetching Postgres when this machine has none. Only the programs: how they are run stays ours.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use postgresql_embedded::{PostgreSQL, Settings, VersionReq};

use super::{folder::Folder, programs::OLDEST};

/// The major that is fetched for a new cluster.
const MAJOR: u32 = 17;

/// Folders with programs that were fetched earlier.
pub(super) fn earlier(folder: &Folder) -> Vec<PathBuf> {
    let versions = fs::read_dir(home(folder)).into_iter().flatten().flatten();
    versions.map(|entry| entry.path().join("bin")).collect()
}

/// Fetches the newest release of a major, and returns the folder with its programs.
pub(super) async fn fetch(folder: &Folder, major: Option<u32>) -> Result<PathBuf> {
    let major = major.unwrap_or(MAJOR);
    tracing::info!("no Postgres is installed here; downloading Postgres {major}");
    let failed = || {
        format!(
            "no Postgres was found and none could be downloaded: install Postgres {OLDEST} or later (on Debian: apt-get install postgresql), or set DATABASE_URL"
        )
    };
    let home = home(folder);
    let settings = Settings {
        version: VersionReq::parse(&format!("={major}"))?,
        installation_dir: home.clone(),
        // setup would also make a cluster of its own; this one is thrown away
        data_dir: home.join("unused"),
        ..Settings::default()
    };
    let mut postgres = PostgreSQL::new(settings);
    let setup = postgres.setup().await;
    let bin = postgres.settings().binary_dir();
    let _ = fs::remove_dir_all(home.join("unused"));
    // as root its initdb refuses, after the programs are in place: they are all we want
    if !bin.join("initdb").is_file() {
        setup.with_context(failed)?;
    }
    Ok(bin)
}

fn home(folder: &Folder) -> PathBuf {
    folder.path().join("postgres")
}
