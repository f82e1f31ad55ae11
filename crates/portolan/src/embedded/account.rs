//! Postgres refuses to run as root: then its processes run as `postgres`, else as `nobody`.

use std::{
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::Path,
    process::{Command, Stdio},
};

use nix::unistd::{User, geteuid};

/// An unprivileged account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// The account for the cluster's processes; none if they run as ourselves. A cluster that exists keeps its owner.
pub(super) fn for_cluster(cluster: &Path) -> Option<Account> {
    if !geteuid().is_root() {
        return None;
    }
    if let Some(about) = std::fs::metadata(cluster).ok().filter(|about| about.uid() != 0) {
        return Some(Account { uid: about.uid(), gid: about.gid() });
    }
    let known = ["postgres", "nobody"].into_iter().find_map(|name| User::from_name(name).ok().flatten());
    Some(
        known.map_or(Account { uid: 65534, gid: 65534 }, |u| Account {
            uid: u.uid.as_raw(),
            gid: u.gid.as_raw(),
        }),
    )
}

/// A command of Postgres as that account, with nothing of our environment (it may hold secrets and `PG…` variables).
pub(super) fn command(program: &Path, account: Option<Account>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C").current_dir("/").stdin(Stdio::null());
    if let Some(Account { uid, gid }) = account {
        command.gid(gid).uid(uid); // as root this also drops the supplementary groups
    }
    command
}
