//! Making the cluster, once. It is made beside its place and moved there when it is whole, so that what is in its
//! place is never a half-made one, and is never removed.

use std::{fs, fs::Permissions, os::unix::fs::PermissionsExt, path::Path, time::Instant};

use anyhow::{Context, Result, bail};

use super::{
    account::{self, Account},
    folder::{self, Folder},
    programs::Programs,
};

/// Makes the cluster if there is none.
pub(super) fn ensure(folder: &Folder, programs: &Programs, account: Option<Account>) -> Result<()> {
    let cluster = folder.cluster();
    if cluster.exists() {
        if !cluster.join("PG_VERSION").is_file() {
            bail!(
                "{} is not a Postgres cluster: move it away, or name another data folder with --data-dir",
                cluster.display()
            );
        }
        return Ok(());
    }
    let began = Instant::now();
    tracing::info!(version = %programs.version, folder = %cluster.display(), "making the private Postgres");
    let draft = folder.path().join("pg.new");
    // C.UTF-8 sorts by code point as C does, and knows the letters of all scripts; some systems lack it
    if make(programs, account, &draft, "C.UTF-8").is_err() {
        make(programs, account, &draft, "C")?;
    }
    fs::rename(&draft, &cluster)?;
    tracing::debug!(elapsed = ?began.elapsed(), "initdb");
    Ok(())
}

fn make(programs: &Programs, account: Option<Account>, draft: &Path, locale: &str) -> Result<()> {
    if draft.exists() {
        fs::remove_dir_all(draft)?; // a first start that died half way
    }
    fs::create_dir(draft)?;
    fs::set_permissions(draft, Permissions::from_mode(0o700))?;
    folder::give(draft, account)?;
    let output = account::command(&programs.bin.join("initdb"), account)
        .args([
            "--username=portolan",
            "--encoding=UTF8",
            "--auth-local=trust",
            "--auth-host=reject",
            "--no-instructions",
        ])
        .arg(format!("--locale={locale}"))
        .arg("--pgdata")
        .arg(draft)
        .output()
        .context("cannot run initdb")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let why = said.lines().find(|line| line.contains("error:")).unwrap_or("it did not say why");
        bail!("initdb could not make the private Postgres: {why}");
    }
    Ok(())
}
