//! The program, run as a child: with an environment of its own, its lines told as they come, ended in time.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Command,
    time::{Instant, timeout, timeout_at},
};

use super::told;
use crate::executors::{Attempt, Failed, Log};

/// What is kept of what it says, in bytes.
const KEPT: usize = 1 << 20;
/// A line is told after that many bytes, also if it has not ended.
const LINE: usize = 16 << 10;
/// How long it may take to let its lock go when it is interrupted.
const LETTING_GO: Duration = Duration::from_secs(20);

/// The program and what it is run with.
pub(super) struct Program {
    path: PathBuf,
    environment: Vec<(String, String)>,
    log: Log,
    deadline: Instant,
}

/// How it ended, and what it said.
pub(super) struct Said {
    /// None if a signal ended it.
    pub(super) status: Option<i32>,
    pub(super) out: String,
    error: String,
    log: Log,
}

impl Said {
    /// Nothing, or what went wrong in words for people.
    pub(super) fn fine(&self) -> Result<(), Failed> {
        if self.status == Some(0) { Ok(()) } else { Err(told::failure(&self.log.mask(&self.error))) }
    }
}

impl Program {
    pub(super) fn new(attempt: &Attempt, temp: &Path) -> Result<Self, Failed> {
        let settings = &attempt.equipment.terraform;
        let path =
            settings.program.clone().or_else(|| ["terraform", "tofu"].iter().find_map(|name| found(name)));
        let path = path.filter(|path| path.is_file()).ok_or_else(|| {
            Failed::platform(
                "Neither terraform nor tofu is on the portal's machine.",
                "Its operator installs one, or names it in PORTOLAN_PROVISION_TERRAFORM.",
            )
        })?;
        let temp = temp.display().to_string();
        let search = std::env::var("PATH").unwrap_or_else(|_| "/usr/local/bin:/usr/bin:/bin".into());
        attempt.log.hide(&attempt.job.state.password);
        let mut environment: Vec<(String, String)> = [
            ("PATH", search.as_str()),
            ("HOME", &temp),
            ("TMPDIR", &temp),
            ("LC_ALL", "C.UTF-8"),
            ("TF_IN_AUTOMATION", "1"),
            ("TF_INPUT", "0"),
            ("TF_HTTP_PASSWORD", &attempt.job.state.password),
            ("CHECKPOINT_DISABLE", "1"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        if let Some(cache) = &settings.plugin_cache {
            environment.push(("TF_PLUGIN_CACHE_DIR".into(), cache.display().to_string()));
        }
        for (name, value) in &settings.environment {
            attempt.log.hide(value.reveal());
            environment.push((name.clone(), value.reveal().to_owned()));
        }
        // some of the time is kept for letting its lock go
        let within = attempt.within.saturating_sub(LETTING_GO).max(attempt.within / 2);
        Ok(Self { path, environment, log: attempt.log.clone(), deadline: Instant::now() + within })
    }

    /// Runs it and tells its lines as they come.
    pub(super) async fn run(&self, folder: &Path, arguments: &[&str]) -> Result<Said, Failed> {
        self.log.say(&format!("terraform {}", arguments[0]));
        self.start(folder, arguments, true).await
    }

    /// Runs it without telling what it says: it may be secret.
    pub(super) async fn quietly(&self, folder: &Path, arguments: &[&str]) -> Result<Said, Failed> {
        self.start(folder, arguments, false).await
    }

    async fn start(&self, folder: &Path, arguments: &[&str], tell: bool) -> Result<Said, Failed> {
        let mut child = Command::new(&self.path)
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                Failed::platform(
                    format!("Terraform cannot be started: {error}."),
                    "The portal's operator looks at PORTOLAN_PROVISION_TERRAFORM.",
                )
            })?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        let (out, error) = (child.stdout.take(), child.stderr.take());
        let log = tell.then_some(&self.log);
        let mut reading = Box::pin(async { tokio::join!(read(out, log), read(error, log), child.wait()) });
        let Ok((out, error, status)) = timeout_at(self.deadline, &mut reading).await else {
            self.log.say("it takes too long; interrupting it");
            // read on meanwhile: a program that nobody listens to dies before it lets its lock go
            signal(group, Signal::SIGINT);
            if timeout(LETTING_GO, &mut reading).await.is_err() {
                signal(group, Signal::SIGKILL);
            }
            return Err(Failed::platform(
                "Terraform took longer than the step may.",
                "What it made so far is in the state, and the next attempt goes on from there.",
            )
            .once_more());
        };
        Ok(Said { status: status.ok().and_then(|s| s.code()), out, error, log: self.log.clone() })
    }
}

/// Tells it and what it started to end.
fn signal(group: Option<Pid>, signal: Signal) {
    if let Some(group) = group {
        let _ = killpg(group, signal); // gone already is as well
    }
}

/// Reads to the end; tells line by line.
async fn read(from: Option<impl AsyncRead + Unpin>, log: Option<&Log>) -> String {
    let (mut kept, mut line) = (Vec::new(), Vec::new());
    let Some(mut from) = from else { return String::new() };
    let mut chunk = vec![0; 8192];
    while let Ok(read @ 1..) = from.read(&mut chunk).await {
        let room = KEPT.saturating_sub(kept.len()).min(read);
        kept.extend_from_slice(&chunk[..room]);
        for byte in &chunk[..read] {
            line.push(*byte);
            if *byte == b'\n' || line.len() >= LINE {
                tell(log, &mut line);
            }
        }
    }
    tell(log, &mut line);
    String::from_utf8_lossy(&kept).into_owned()
}

fn tell(log: Option<&Log>, line: &mut Vec<u8>) {
    if let Some(log) = log {
        log.say(String::from_utf8_lossy(line).trim_end());
    }
    line.clear();
}

/// A program on the `PATH`.
fn found(name: &str) -> Option<PathBuf> {
    let search = std::env::var_os("PATH")?;
    std::env::split_paths(&search).map(|folder| folder.join(name)).find(|path| path.is_file())
}
