//! The program, run as a child: with an environment of its own, its lines told as they come, ended in time.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
    sync::oneshot,
    time::{Instant, sleep_until, timeout},
};

use super::told;
use crate::executors::{Attempt, Failed, Log};

/// What is kept of what it says, in bytes: the largest state that the portal takes, and more.
const KEPT: usize = 12 << 20;
/// A line is told after that many bytes, also if it has not ended.
const LINE: usize = 16 << 10;
/// How long it may take to write its state and let its lock go when it is interrupted.
const LETTING_GO: Duration = Duration::from_mins(1);

/// The program and what it is run with.
pub(super) struct Program {
    path: PathBuf,
    environment: Vec<(String, String)>,
    log: Log,
    deadline: Instant,
    killed: AtomicBool,
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
        // some of the time is kept for writing its state
        let within = attempt.within.saturating_sub(LETTING_GO).max(attempt.within / 2);
        Ok(Self {
            path,
            environment,
            log: attempt.log.clone(),
            deadline: Instant::now() + within,
            killed: AtomicBool::new(false),
        })
    }

    /// Whether it had to be killed: then what it made last may be in no state.
    pub(super) fn was_killed(&self) -> bool {
        self.killed.load(Ordering::Relaxed)
    }

    /// Runs it and tells its lines as they come.
    pub(super) async fn run(&self, folder: &Path, arguments: &[&str]) -> Result<Said, Failed> {
        self.log.say(&format!("terraform {}", arguments[0]));
        self.start(folder, arguments, true, self.deadline).await
    }

    /// Runs it without telling what it says: it may be secret.
    pub(super) async fn quietly(&self, folder: &Path, arguments: &[&str]) -> Result<Said, Failed> {
        self.start(folder, arguments, false, self.deadline).await
    }

    /// The same within a time of its own: what is to be saved after the step's time is over.
    pub(super) async fn after_all(
        &self,
        folder: &Path,
        arguments: &[&str],
        within: Duration,
    ) -> Result<Said, Failed> {
        self.start(folder, arguments, false, Instant::now() + within).await
    }

    async fn start(
        &self,
        folder: &Path,
        arguments: &[&str],
        tell_lines: bool,
        deadline: Instant,
    ) -> Result<Said, Failed> {
        let child = Command::new(&self.path)
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| {
                Failed::platform(
                    format!("Terraform cannot be started: {error}."),
                    "The portal's operator looks at PORTOLAN_PROVISION_TERRAFORM.",
                )
            })?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        let (tell, told) = oneshot::channel();
        tokio::spawn(tend(child, group, deadline, tell_if(tell_lines, &self.log), tell));
        match told.await {
            Ok(End::Itself(status, out, error)) => Ok(Said { status, out, error, log: self.log.clone() }),
            Ok(End::Interrupted) => Err(Failed::platform(
                "Terraform took longer than the step may. It was interrupted, and wrote its state.",
                "The next attempt goes on from there. If it takes that long each time, the offering's team gives the step more time.",
            )
            .once_more()),
            Ok(End::Killed) | Err(_) => {
                self.killed.store(true, Ordering::Relaxed);
                Err(Failed::platform(
                    "Terraform took longer than the step may, did not end when it was interrupted, and was killed.",
                    "The offering's team looks at what the module waits for.",
                ))
            }
        }
    }
}

fn tell_if(tell: bool, log: &Log) -> Option<Log> {
    tell.then(|| log.clone())
}

/// How it came to its end.
enum End {
    /// By itself: its status, what it said, and what it said went wrong.
    Itself(Option<i32>, String, String),
    /// It was told to, as it took too long.
    Interrupted,
    /// It did not listen.
    Killed,
}

/// Stays with it to its end: also if nobody waits for that any more, so that it can write its state.
async fn tend(
    mut child: Child,
    group: Option<Pid>,
    deadline: Instant,
    log: Option<Log>,
    mut tell: oneshot::Sender<End>,
) {
    let (out, error) = (child.stdout.take(), child.stderr.take());
    let mut reading =
        Box::pin(async { tokio::join!(read(out, log.as_ref()), read(error, log.as_ref()), child.wait()) });
    let too_long = tokio::select! {
        (out, error, status) = &mut reading => {
            let _ = tell.send(End::Itself(status.ok().and_then(|s| s.code()), out, error));
            return;
        }
        () = sleep_until(deadline) => true,
        () = tell.closed() => false,
    };
    if let Some(log) = log.as_ref().filter(|_| too_long) {
        log.say("it takes too long; interrupting it, so that it writes its state");
    }
    // read on meanwhile: a program that nobody listens to dies before it lets its lock go
    signal(group, Signal::SIGINT);
    let end = if timeout(LETTING_GO, &mut reading).await.is_ok() {
        End::Interrupted
    } else {
        signal(group, Signal::SIGKILL);
        End::Killed
    };
    let _ = tell.send(end); // or nobody waits for it any more
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
