//! The data folder: `pg/` the cluster, `run/` its socket, `postgres.log`, `secret.key`, and the lock that one Portolan
//! at a time holds.

use std::{
    fs::{self, File, Permissions, TryLockError},
    io::{Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use url::Url;

use super::account::Account;

/// A path in a socket address has room for 107 bytes on Linux, 103 on macOS.
const SOCKET_PATH_LIMIT: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// A data folder that this process has locked.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

/// What came of locking a data folder.
pub(crate) enum Locking {
    /// It is ours now.
    Ours(Folder),
    /// Another Portolan holds it (with this process id, if it wrote one).
    Taken(Option<u32>),
}

impl Folder {
    /// Makes the folder if it is missing, and locks it.
    pub(crate) fn lock(path: &Path) -> Result<Locking> {
        let unwritable = || {
            format!(
                "cannot write to the data folder {}: give it to the user who runs Portolan, or name another with --data-dir",
                path.display()
            )
        };
        // others may pass through (the cluster's account must), but not look around
        fs::DirBuilder::new().recursive(true).mode(0o711).create(path).with_context(unwritable)?;
        let path = path.canonicalize().with_context(unwritable)?;
        let mut lock = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path.join("portolan.lock"))
            .with_context(unwritable)?;
        match lock.try_lock() {
            Ok(()) => {
                lock.set_len(0)?;
                lock.rewind()?;
                writeln!(lock, "{}", std::process::id())?;
                Ok(Locking::Ours(Self { path, _lock: lock }))
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                lock.read_to_string(&mut holder)?;
                Ok(Locking::Taken(holder.trim().parse().ok()))
            }
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock the data folder {}", path.display()))
            }
        }
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the cluster lives.
    pub(super) fn cluster(&self) -> PathBuf {
        self.path.join("pg")
    }

    /// Where its socket lives.
    pub(super) fn socket(&self) -> PathBuf {
        socket(&self.path)
    }

    /// Address of its database.
    pub(crate) fn url(&self) -> Result<String> {
        url(&self.path)
    }

    /// Makes the folder of the socket, closed to everyone but the cluster's account.
    pub(super) fn prepare(&self, account: Option<Account>) -> Result<()> {
        let length = self.socket().join(".s.PGSQL.5432").as_os_str().len();
        if length > SOCKET_PATH_LIMIT {
            let spare = length - SOCKET_PATH_LIMIT;
            bail!(
                "the data folder's path is {spare} bytes too long for a unix socket: name a shorter one than {} with --data-dir",
                self.path.display()
            );
        }
        let socket = self.socket();
        fs::create_dir_all(&socket)
            .with_context(|| format!("cannot make the folder {}", socket.display()))?;
        fs::set_permissions(&socket, Permissions::from_mode(0o700))?;
        give(&socket, account)?;
        account.map_or(Ok(()), |account| self.reachable(account))
    }

    /// As root, the cluster's account must be able to enter every folder above (it cannot enter /root).
    fn reachable(&self, account: Account) -> Result<()> {
        for folder in self.path.ancestors() {
            let about = fs::metadata(folder)?;
            let bit = if about.uid() == account.uid {
                0o100
            } else if about.gid() == account.gid {
                0o010
            } else {
                0o001
            };
            if about.mode() & bit == 0 {
                bail!(
                    "as root, the database runs as an unprivileged user (uid {}), who cannot enter {}: name another data folder with --data-dir, as in /var/lib/portolan",
                    account.uid,
                    folder.display()
                );
            }
        }
        Ok(())
    }
}

/// Gives a folder to the account that the cluster runs as.
pub(super) fn give(folder: &Path, account: Option<Account>) -> Result<()> {
    let Some(Account { uid, gid }) = account else { return Ok(()) };
    chown(folder, Some(uid), Some(gid))
        .with_context(|| format!("cannot give {} to the database's user", folder.display()))
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("run")
}

/// Address of the database of a data folder's cluster.
pub(super) fn url(folder: &Path) -> Result<String> {
    let socket = socket(folder);
    let socket = socket.to_str().context("the data folder's path must be UTF-8 text")?;
    Ok(Url::parse_with_params(
        "postgres://portolan@localhost:5432/portolan",
        [("host", socket), ("sslmode", "disable")],
    )?
    .into())
}
