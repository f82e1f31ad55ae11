//! What a killed Portolan may have left behind. Whoever calls this holds the lock of the data folder, so a server that
//! still runs on it belongs to nobody.

use std::{
    fs,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// Stops an orphaned server, and removes a pid file whose process is something else by now (a restarted container
/// counts from 1 again).
pub(super) fn clear(cluster: &Path) -> Result<()> {
    let file = cluster.join("postmaster.pid");
    let Ok(text) = fs::read_to_string(&file) else { return Ok(()) };
    let pid = text
        .lines()
        .next()
        .and_then(|line| line.trim().parse().ok())
        .filter(|pid| *pid > 1)
        .map(Pid::from_raw);
    if let Some(pid) = pid.filter(|pid| is_ours(*pid, cluster)) {
        tracing::warn!(%pid, "stopping a Postgres that a killed Portolan left behind");
        stop(pid, cluster)?;
    }
    if file.exists() {
        fs::remove_file(&file).with_context(|| format!("cannot remove the stale {}", file.display()))?;
    }
    Ok(())
}

fn stop(pid: Pid, cluster: &Path) -> Result<()> {
    for (signal, patience) in [(Signal::SIGINT, 15), (Signal::SIGQUIT, 5)] {
        let _ = kill(pid, signal);
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(patience) {
            if !is_ours(pid, cluster) {
                return Ok(());
            }
            sleep(Duration::from_millis(25));
        }
    }
    bail!(
        "a Postgres left behind by a killed Portolan (process {pid}) does not stop: stop it, then start again"
    )
}

/// Whether this process is a server on this cluster: a postmaster's working folder is its cluster.
#[cfg(target_os = "linux")]
fn is_ours(pid: Pid, cluster: &Path) -> bool {
    fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|folder| folder == cluster)
}

/// Whether this process is a server on this cluster: it was started with the cluster's path.
#[cfg(not(target_os = "linux"))]
fn is_ours(pid: Pid, cluster: &Path) -> bool {
    let output = std::process::Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output();
    output.is_ok_and(|o| String::from_utf8_lossy(&o.stdout).contains(&*cluster.to_string_lossy()))
}
