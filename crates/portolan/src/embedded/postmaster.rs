//! The server process: a direct child, watched by a thread of its own.
//!
//! The thread lives as long as the child: the kernel ties the parent-death signal to the thread that made the child.

use std::{
    fs::{self, File},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::sync::watch;

use super::{
    account::{self, Account},
    folder::Folder,
    orphan,
    programs::Programs,
};

/// How often the child is looked at. It is one system call.
const WATCH: Duration = Duration::from_millis(100);

/// So many deaths within [`CALM`] are more than bad luck.
const DEATHS: u32 = 6;
const CALM: Duration = Duration::from_mins(1);

/// Beyond this the log is set aside at the next start.
const LOG_LIMIT: u64 = 8 << 20;

/// The watched server. Dropping it stops the server and waits for it.
#[derive(Debug)]
pub(super) struct Postmaster {
    stop: Option<Sender<()>>,
    watcher: Option<JoinHandle<()>>,
    failure: watch::Receiver<Option<String>>,
}

impl Postmaster {
    /// Starts the server of a cluster and keeps it running.
    pub(super) fn start(folder: &Folder, programs: Programs, account: Option<Account>) -> Result<Self> {
        let log = folder.path().join("postgres.log");
        if fs::metadata(&log).is_ok_and(|about| about.len() > LOG_LIMIT) {
            fs::rename(&log, log.with_extension("log.1"))?;
        }
        let server =
            Server { bin: programs.bin, cluster: folder.cluster(), socket: folder.socket(), log, account };
        let (stop, stopped) = channel();
        let (tell, failure) = watch::channel(None);
        let watcher = thread::Builder::new().name("postmaster".into()).spawn(move || {
            if let Err(error) = server.keep(&stopped) {
                tell.send_replace(Some(format!("{error:#}")));
            }
        })?;
        Ok(Self { stop: Some(stop), watcher: Some(watcher), failure })
    }

    /// Resolves when the server cannot be kept running, with the reason.
    pub(super) async fn failed(&self) -> String {
        let mut failure = self.failure.clone();
        match failure.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or_default(),
            Err(_) => std::future::pending().await, // it was told to stop
        }
    }
}

impl Drop for Postmaster {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(watcher) = self.watcher.take() {
            let _ = watcher.join();
        }
    }
}

/// What it takes to start the server.
struct Server {
    bin: PathBuf,
    cluster: PathBuf,
    socket: PathBuf,
    log: PathBuf,
    account: Option<Account>,
}

impl Server {
    /// Runs the server until told to stop; starts it again when it dies, unless it keeps dying.
    fn keep(&self, stopped: &Receiver<()>) -> Result<()> {
        let mut deaths = 0;
        loop {
            let began = Instant::now();
            let mut child = self.spawn()?;
            let status = loop {
                if !matches!(stopped.recv_timeout(WATCH), Err(RecvTimeoutError::Timeout)) {
                    return stop(child);
                }
                if let Some(status) = child.try_wait()? {
                    break status;
                }
            };
            deaths = if began.elapsed() > CALM { 1 } else { deaths + 1 };
            if deaths >= DEATHS {
                anyhow::bail!(
                    "the private Postgres keeps stopping ({status}): {}; its log is {}",
                    self.last_words(),
                    self.log.display()
                );
            }
            tracing::warn!(%status, "the private Postgres stopped by itself; starting it again");
            // processes of a killed server need a moment to notice
            if !matches!(
                stopped.recv_timeout(Duration::from_millis(200) * 2_u32.pow(deaths - 1)),
                Err(RecvTimeoutError::Timeout)
            ) {
                return Ok(());
            }
            orphan::clear(&self.cluster)?;
        }
    }

    fn spawn(&self) -> Result<Child> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(&self.log)
            .with_context(|| format!("cannot write {}", self.log.display()))?;
        let mut command = account::command(&self.bin.join("postgres"), self.account);
        command.arg("-D").arg(&self.cluster).arg("-k").arg(&self.socket);
        for option in [
            "listen_addresses=", // no TCP port
            "unix_socket_permissions=0700",
            "max_connections=100",
            "jit=off", // our statements are short; compiling them costs more than it saves
            "random_page_cost=1.1",
            "log_min_messages=warning",
            "log_checkpoints=off",
            "log_line_prefix=%m [%p] ",
        ] {
            command.arg("-c").arg(option);
        }
        command.stdout(log.try_clone()?).stderr(log);
        command.process_group(0); // Ctrl-C at the terminal is for us, not for Postgres
        die_with_parent(&mut command);
        command.spawn().context("cannot start the private Postgres")
    }

    /// The last line of the log that says why.
    fn last_words(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text[text.len().saturating_sub(8192)..]);
        let fatal = text
            .lines()
            .rev()
            .find_map(|line| line.split_once("FATAL: ").or_else(|| line.split_once("ERROR: ")));
        fatal.map_or_else(|| "it did not say why".to_owned(), |(_, words)| words.trim().to_owned())
    }
}

/// If we are killed, the kernel asks the server for a fast shutdown.
#[cfg(target_os = "linux")]
fn die_with_parent(command: &mut Command) {
    let parent = nix::unistd::getpid();
    let tie = move || {
        nix::sys::prctl::set_pdeathsig(Signal::SIGINT)?;
        // killed between fork and here: nobody will send the signal
        if nix::unistd::getppid() == parent { Ok(()) } else { Err(std::io::ErrorKind::BrokenPipe.into()) }
    };
    #[expect(
        unsafe_code,
        reason = "the child sets its own parent-death signal before it becomes Postgres; both calls are async-signal-safe"
    )]
    // SAFETY: between fork and exec only prctl and getppid are called, which allocate nothing and take no lock
    unsafe {
        command.pre_exec(tie);
    }
}

/// Elsewhere the next start finds and stops the orphan.
#[cfg(not(target_os = "linux"))]
fn die_with_parent(_command: &mut Command) {}

/// Fast shutdown: open transactions are rolled back, everything is written; at last without manners.
fn stop(mut child: Child) -> Result<()> {
    for (signal, patience) in [(Signal::SIGINT, 20), (Signal::SIGQUIT, 5), (Signal::SIGKILL, 5)] {
        let _ = kill(Pid::from_raw(child.id().cast_signed()), signal); // not reaped yet, so the id is still the child's
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(patience) {
            if child.try_wait()?.is_some() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(5));
        }
        tracing::warn!(%signal, "the private Postgres does not stop");
    }
    Ok(())
}
