//! Finding Postgres on this machine.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};

use super::{download, folder::Folder};

/// The oldest Postgres that will do.
pub(crate) const OLDEST: u32 = 14;

/// An installation of Postgres.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Programs {
    pub(super) version: String,
    pub(super) major: u32,
    pub(super) bin: PathBuf,
}

impl Programs {
    /// The installation in this folder; none if it lacks a program or does not run.
    fn at(bin: PathBuf) -> Option<Self> {
        if !bin.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(bin.join("postgres")).arg("--version").output().ok()?;
        let version = version(&String::from_utf8_lossy(&output.stdout))?.to_owned();
        let major = version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
        Some(Self { version, major, bin })
    }
}

/// The installation for a data folder: of the major version that made its cluster, else the newest.
pub(super) async fn for_folder(folder: &Folder, given: Option<&Path>) -> Result<Programs> {
    let made_by = fs::read_to_string(folder.cluster().join("PG_VERSION"))
        .ok()
        .and_then(|text| text.trim().parse::<u32>().ok());
    let mut found = match given {
        Some(bin) => Programs::at(bin.to_owned()).into_iter().collect(),
        None => on_this_machine(),
    };
    if let Some(bin) = given
        && found.is_empty()
    {
        bail!(
            "PORTOLAN_POSTGRES_BIN must be a folder with Postgres' programs `postgres` and `initdb`; {} is not",
            bin.display()
        );
    }
    if given.is_none() {
        found.extend(download::earlier(folder).into_iter().filter_map(Programs::at));
    }
    match choose(found, made_by) {
        Choice::Use(programs) => Ok(programs),
        Choice::Refuse(reason) => bail!(reason),
        Choice::Download => {
            let bin = download::fetch(folder, made_by).await?;
            match Programs::at(bin.clone()) {
                Some(programs) => Ok(programs),
                None => bail!(
                    "the Postgres that was downloaded to {} does not run here: install Postgres {OLDEST} or later, or set DATABASE_URL",
                    bin.display()
                ),
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Choice {
    Use(Programs),
    Download,
    Refuse(String),
}

/// Chooses among installations: the major that made the cluster, else the newest that is not too old.
fn choose(mut found: Vec<Programs>, made_by: Option<u32>) -> Choice {
    found.sort_by_key(|p| p.major);
    match (made_by, found.pop()) {
        (Some(major), _) if major < OLDEST => Choice::Refuse(format!(
            "the data folder was made by Postgres {major}, which is too old: dump it with that version, and load it into {OLDEST} or later"
        )),
        (None, Some(newest)) if newest.major < OLDEST => Choice::Refuse(format!(
            "Postgres {} in {} is too old: install version {OLDEST} or later, or set DATABASE_URL",
            newest.version,
            newest.bin.display()
        )),
        (None, Some(newest)) => Choice::Use(newest),
        (None, None) => Choice::Download,
        (Some(major), newest) => {
            let other = newest.as_ref().map(|p| p.version.clone());
            match (found.into_iter().chain(newest).find(|p| p.major == major), other) {
                (Some(programs), _) => Choice::Use(programs),
                (None, None) => Choice::Download,
                (None, Some(other)) => Choice::Refuse(format!(
                    "the data folder was made by Postgres {major}, and this machine has {other}: install Postgres {major} beside it (or move the data with pg_upgrade)"
                )),
            }
        }
    }
}

/// Every installation in the usual places, one per folder.
fn on_this_machine() -> Vec<Programs> {
    let roots = [
        "/usr/lib/postgresql",
        "/usr/local/lib/postgresql",
        "/opt/homebrew/opt",
        "/usr/local/opt",
        "/Library/PostgreSQL",
        "/usr",
    ];
    let below = roots
        .iter()
        .flat_map(|root| fs::read_dir(root).into_iter().flatten().flatten())
        .map(|entry| entry.path().join("bin"));
    let path = std::env::var_os("PATH");
    let on_path = path.iter().flat_map(std::env::split_paths).filter(|p| p.is_absolute());
    let folders: BTreeMap<PathBuf, PathBuf> =
        on_path.chain(below).filter_map(|bin| Some((bin.canonicalize().ok()?, bin))).collect();
    folders.into_keys().filter_map(Programs::at).collect()
}

/// The version in `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
fn version(output: &str) -> Option<&str> {
    output.strip_prefix("postgres (PostgreSQL) ")?.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::{Choice, Programs, choose, version};

    fn of(major: u32) -> Programs {
        Programs { version: format!("{major}.1"), major, bin: format!("/pg/{major}").into() }
    }

    #[test]
    fn the_newest_is_chosen_unless_a_cluster_exists() {
        assert_eq!(choose(vec![of(14), of(17), of(16)], None), Choice::Use(of(17)));
        assert_eq!(choose(vec![of(14), of(17)], Some(14)), Choice::Use(of(14)));
        assert_eq!(choose(vec![of(16), of(17)], Some(17)), Choice::Use(of(17)));
    }

    #[test]
    fn nothing_found_is_downloaded() {
        assert_eq!(choose(vec![], None), Choice::Download);
        assert_eq!(choose(vec![], Some(16)), Choice::Download);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_what_to_do() {
        let refused = |found, made_by| match choose(found, made_by) {
            Choice::Refuse(reason) => reason,
            other => panic!("{other:?} is no refusal"),
        };
        assert_eq!(
            refused(vec![of(13)], None),
            "Postgres 13.1 in /pg/13 is too old: install version 14 or later, or set DATABASE_URL"
        );
        assert!(refused(vec![of(17)], Some(15)).starts_with(
            "the data folder was made by Postgres 15, and this machine has 17.1: install Postgres 15"
        ));
        assert!(refused(vec![of(17)], Some(12)).contains("too old"));
    }

    #[test]
    fn versions_are_read_as_distributions_print_them() {
        assert_eq!(version("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some("15.14"));
        assert_eq!(version("postgres (PostgreSQL) 18beta1\n"), Some("18beta1"));
        assert_eq!(version("nonsense"), None);
    }
}
