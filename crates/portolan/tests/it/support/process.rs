//! A portal as its operator runs it: a real process on a free port, with a data folder of its own.

use std::{
    ffi::OsStr,
    fs::{self, Permissions},
    io::{BufRead, BufReader, Read},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex, Once},
    thread::{self, sleep},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;

/// The longest that anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// The program, in an environment without settings.
pub(crate) fn portolan() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portolan"));
    let ours = std::env::vars_os()
        .filter(|(key, _)| key.to_string_lossy().starts_with("PORTOLAN_") || key == "DATABASE_URL");
    for (key, _) in ours {
        command.env_remove(key);
    }
    command.stdin(Stdio::null());
    command
}

/// Runs a command of the program to its end.
pub(crate) fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    portolan().args(arguments).output().expect("the program runs")
}

/// What a program wrote to standard error.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a program wrote to standard output, without the last line's end.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// Makes an admin; `place` says where: `--data-dir` or `--database-url`.
pub(crate) fn create_admin(handle: &str, place: &[&str]) -> Output {
    let email = format!("{handle}@example.org");
    let person = ["--handle", handle, "--name", handle, "--email", &email, "--admin"];
    run([&["admin", "person", "create"], &person[..], place].concat())
}

/// A token of somebody, as printed.
pub(crate) fn create_token(handle: &str, scope: &str, place: &[&str]) -> String {
    let token = ["--person", handle, "--name", "of a test", "--scope", scope];
    let made = run([&["admin", "token", "create"], &token[..], place].concat());
    assert!(made.status.success(), "{}", stderr(&made));
    stdout(&made)
}

/// A data folder that the cluster's own account may enter, also when tests run as root.
pub(crate) fn data_folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("ptl").tempdir_in("/tmp").expect("a folder");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).expect("permissions");
    folder
}

/// A client for any portal; follows no redirect, so that tests see them.
pub(crate) fn client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client")
}

/// A running portal. Dropping it stops it.
pub(crate) struct Process {
    child: Child,
    /// Its address.
    pub(crate) url: String,
    /// What it printed before and with its address, and after.
    output: PathBuf,
    /// What it printed after its address.
    printed: Arc<Mutex<Vec<String>>>,
}

impl Process {
    /// A portal with its own cluster in this folder.
    pub(crate) fn on_folder(folder: &Path, more: &[&str]) -> Self {
        let folder = folder.to_str().expect("text");
        Self::start(&[&["--data-dir", folder], more].concat())
    }

    /// A portal with these flags, on a free port, once it has printed its address.
    pub(crate) fn start(flags: &[&str]) -> Self {
        Self::start_with(flags, &[])
    }

    /// The same, with settings from the environment.
    pub(crate) fn start_with(flags: &[&str], settings: &[(&str, &str)]) -> Self {
        let mut child = portolan()
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(flags)
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let output = std::env::temp_dir().join(format!("ptl-{}.log", child.id()));
        let mut errors = child.stderr.take().expect("piped");
        let path = output.clone();
        thread::spawn(move || {
            let mut file = fs::File::create(path).expect("a log");
            let _ = std::io::copy(&mut errors, &mut file);
        });
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let url = loop {
            let Some(Ok(line)) = lines.next() else {
                let status = child.wait().expect("its end");
                panic!(
                    "it ended ({status}) before it was there: {}",
                    fs::read_to_string(&output).unwrap_or_default()
                );
            };
            if let Some(url) = line.strip_prefix("Portolan is at ") {
                break url.to_owned();
            }
        };
        let printed = Arc::new(Mutex::new(Vec::new()));
        let more = printed.clone();
        thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| more.lock().expect("kept").push(line));
        });
        Self { child, url, output, printed }
    }

    /// Its process.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    /// The end of the first line it printed that has `words`, from there on; waits for it.
    pub(crate) fn printed(&self, words: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let lines = self.printed.lock().expect("kept").clone();
            if let Some(found) = lines.iter().find_map(|l| l.find(words).map(|at| l[at..].to_owned())) {
                return found;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("it never printed {words:?}");
    }

    /// What it logged so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.output).unwrap_or_default()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("it is there");
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "it does not end; its log: {}", self.log());
            sleep(Duration::from_millis(20));
        }
    }

    /// Asks it to stop and waits for its end.
    pub(crate) fn stop(mut self) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        self.wait()
    }

    /// The status of an address, once it answers.
    pub(crate) async fn status(&self, path: &str) -> u16 {
        client().get(format!("{}{path}", self.url)).send().await.expect("an answer").status().as_u16()
    }

    /// Waits until it says that it is ready.
    pub(crate) async fn until_ready(&self) {
        let began = Instant::now();
        while client().get(format!("{}/readyz", self.url)).send().await.map_or(0, |r| r.status().as_u16())
            != 200
        {
            assert!(began.elapsed() < PATIENCE, "it does not get ready; its log: {}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill(self.pid(), Signal::SIGTERM);
            let _ = self.child.wait();
        }
        let _ = fs::remove_file(&self.output);
    }
}

/// Processes whose working folder this is: the cluster's server and all that it forked.
pub(crate) fn processes_in(folder: &Path) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").expect("/proc").flatten();
    let inside =
        entries.filter(|entry| fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == folder));
    inside.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).map(Pid::from_raw).collect()
}

/// Whether a process has a listening TCP socket.
pub(crate) fn listens_on_tcp(pid: Pid) -> bool {
    let mut table = String::new();
    for file in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let _ = fs::File::open(file).and_then(|mut f| f.read_to_string(&mut table));
    }
    let listening: Vec<_> = table
        .lines()
        .map(|l| l.split_whitespace().collect::<Vec<_>>())
        .filter(|c| c.get(3) == Some(&"0A"))
        .filter_map(|c| Some((*c.get(9)?).to_owned()))
        .collect();
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).expect("its descriptors").flatten();
    descriptors.filter_map(|d| fs::read_link(d.path()).ok()).any(|target| {
        let target = target.to_string_lossy().into_owned();
        listening.iter().any(|inode| target == format!("socket:[{inode}]"))
    })
}
