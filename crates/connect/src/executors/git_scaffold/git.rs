//! The program `git`, with nothing of the machine's settings, no question to anybody, and no secret on its command line.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{process::Command, time::timeout};

use super::{
    input::{self, Author},
    no_room,
    remote::Remote,
};
use crate::executors::{Attempt, Failed, Log};

/// For one command, however long the whole attempt may take.
const PATIENCE: Duration = Duration::from_mins(3);
/// Most that is read of what it says.
const HEARD: usize = 64 << 10;
/// The line of a commit that says what made it.
const KEY: &str = "Portolan-Key";

/// What is at the end of a branch.
#[derive(Debug)]
pub(super) struct Tip {
    pub(super) commit: String,
    /// Whether this very step made it.
    pub(super) bears_key: bool,
}

/// Git, for one attempt.
pub(super) struct Git {
    home: PathBuf,
    trailers: String,
    key_line: String,
    within: Duration,
    log: Log,
}

impl Git {
    pub(super) fn new(attempt: &Attempt, temp: &Path) -> Result<Self, Failed> {
        let home = temp.join("home");
        std::fs::create_dir_all(&home).map_err(|e| no_room(&e))?;
        let key_line = format!("{KEY}: {}", attempt.key);
        let trailers = format!("{key_line}\nPortolan-Request: {}", attempt.job.request);
        Ok(Self { home, trailers, key_line, within: attempt.within.min(PATIENCE), log: attempt.log.clone() })
    }

    /// The end of a branch; none if there is no such branch.
    pub(super) async fn tip(&self, remote: &Remote, branch: &str) -> Result<Option<Tip>, Failed> {
        let reference = format!("refs/heads/{branch}");
        let said =
            self.remote(&self.home, remote, &["ls-remote", "--", remote.address(), &reference]).await?;
        let Some(commit) =
            said.lines().filter_map(|l| l.split_once('\t')).find(|(_, r)| *r == reference).map(|(c, _)| c)
        else {
            return Ok(None);
        };
        let look = tempfile::tempdir_in(&self.home).map_err(|e| no_room(&e))?;
        self.local(look.path(), &["init", "-q"]).await?;
        self.remote(
            look.path(),
            remote,
            &["fetch", "-q", "--no-tags", "--depth=1", "--", remote.address(), &reference],
        )
        .await?;
        let message = self.local(look.path(), &["log", "-1", "--format=%B", "FETCH_HEAD"]).await?;
        let bears_key = message.lines().any(|line| line == self.key_line);
        Ok(Some(Tip { commit: commit.to_owned(), bears_key }))
    }

    /// A repository's files, without its history. Links in it are made only for those who look for them.
    pub(super) async fn clone(
        &self,
        remote: &Remote,
        reference: Option<&str>,
        into: &Path,
        links: bool,
    ) -> Result<(), Failed> {
        let folder = into.to_string_lossy();
        let links = format!("core.symlinks={links}");
        let branch = reference.map(|r| format!("--branch={r}"));
        // kept in the clone: what is no link on disk is still one in the repository
        let mut args = vec!["clone", "-q", "-c", &links, "--depth=1", "--single-branch", "--no-tags"];
        args.extend(branch.as_deref());
        args.extend(["--", remote.address(), &folder]);
        self.remote(&self.home, remote, &args).await.map(drop)
    }

    /// Makes a repository of a folder.
    pub(super) async fn begin(&self, folder: &Path, branch: &str) -> Result<(), Failed> {
        self.local(folder, &["init", "-q", &format!("--initial-branch={branch}")]).await.map(drop)
    }

    pub(super) async fn branch_off(&self, folder: &Path, branch: &str) -> Result<(), Failed> {
        self.local(folder, &["checkout", "-q", "-b", branch]).await.map(drop)
    }

    /// All that is in the folder, with the key.
    pub(super) async fn commit(
        &self,
        folder: &Path,
        message: &str,
        author: Option<&Author>,
    ) -> Result<String, Failed> {
        self.local(folder, &["add", "--all", "--force", "."]).await?;
        if self.local(folder, &["status", "--porcelain"]).await?.trim().is_empty() {
            return Err(Failed::input(
                "It would change nothing: all of it is there already.",
                "Change what you give, or leave it.",
            ));
        }
        let message = input::text("message", message)?;
        if message.lines().any(|line| line.starts_with(KEY)) {
            return Err(Failed::input(
                format!("The message must not have a line {KEY}."),
                "Leave that line out.",
            ));
        }
        let message = format!("--message={message}\n\n{}", self.trailers);
        let author =
            author.map(|a| Ok((person("name", &a.name)?, person("email", &a.email)?))).transpose()?;
        let author = author.map(|(name, email)| format!("--author={name} <{email}>"));
        let mut args = vec!["commit", "-q", "--no-verify", "--no-gpg-sign", &message];
        args.extend(author.as_deref());
        self.local(folder, &args).await?;
        Ok(self.local(folder, &["rev-parse", "HEAD"]).await?.trim().to_owned())
    }

    /// What is there, into a branch that is not. Nothing is ever overwritten.
    pub(super) async fn push(&self, folder: &Path, remote: &Remote, branch: &str) -> Result<(), Failed> {
        let new = format!("--force-with-lease=refs/heads/{branch}:");
        let reference = format!("HEAD:refs/heads/{branch}");
        self.remote(folder, remote, &["push", "-q", &new, "--", remote.address(), &reference]).await.map(drop)
    }

    /// Removes a branch that ends in this commit, and not if it has gone on since.
    pub(super) async fn remove_branch(
        &self,
        remote: &Remote,
        branch: &str,
        commit: &str,
    ) -> Result<(), Failed> {
        let look = tempfile::tempdir_in(&self.home).map_err(|e| no_room(&e))?;
        self.local(look.path(), &["init", "-q"]).await?;
        let only = format!("--force-with-lease=refs/heads/{branch}:{commit}");
        let reference = format!(":refs/heads/{branch}");
        self.remote(look.path(), remote, &["push", "-q", &only, "--", remote.address(), &reference])
            .await
            .map(drop)
    }

    pub(super) async fn local(&self, folder: &Path, args: &[&str]) -> Result<String, Failed> {
        self.asked(folder, None, args).await
    }

    async fn remote(&self, folder: &Path, remote: &Remote, args: &[&str]) -> Result<String, Failed> {
        self.asked(folder, Some(remote), args).await
    }

    fn command(&self, folder: &Path, remote: Option<&Remote>, args: &[&str]) -> Command {
        let mut settings: Vec<(String, String)> = [
            ("core.hooksPath", "/dev/null"),
            ("core.autocrlf", "false"),
            ("core.fsmonitor", "false"),
            ("credential.helper", ""),
            ("gc.auto", "0"),
            ("http.followRedirects", "false"),
            ("safe.directory", "*"),
            ("user.name", "Portolan"),
            ("user.email", "portolan@noreply.invalid"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        if let Some(header) = remote.and_then(Remote::header) {
            self.log.hide(header.1.rsplit(' ').next().unwrap_or_default());
            settings.push(header);
        }
        let mut command = Command::new("git");
        command.args(args).current_dir(folder).env_clear().kill_on_drop(true);
        // what the machine needs to reach anybody at all
        for name in ["PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_EXEC_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
            .env("HOME", &self.home)
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_ALLOW_PROTOCOL", remote.map_or("none", Remote::scheme))
            .env("GIT_CONFIG_COUNT", settings.len().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (n, (name, value)) in settings.into_iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{n}"), name).env(format!("GIT_CONFIG_VALUE_{n}"), value);
        }
        command
    }

    async fn asked(&self, folder: &Path, remote: Option<&Remote>, args: &[&str]) -> Result<String, Failed> {
        let child = self.command(folder, remote, args).spawn().map_err(|_| {
            Failed::platform(
                "The program git is not on this machine.",
                "Its operator installs git and tries again.",
            )
        })?;
        let output = timeout(self.within, child.wait_with_output()).await;
        let output = output.map_err(|_| {
            Failed::outside(
                format!("git took longer than {} seconds.", self.within.as_secs()),
                "Try again; if it stays so, ask who runs the git host.",
            )
        })?;
        let output = output.map_err(|e| no_room(&e))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(HEARD)]).into_owned();
        if output.status.success() {
            return Ok(text(&output.stdout));
        }
        let said = self.log.mask(&text(&output.stderr));
        self.log.say(&said);
        Err(failed(&said, remote))
    }
}

/// Whose fault it is, by what git says.
fn failed(said: &str, remote: Option<&Remote>) -> Failed {
    let last: Vec<_> =
        said.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with("hint:")).collect();
    let short: String = last
        .iter()
        .find(|l| l.starts_with("fatal:") || l.starts_with("! ["))
        .or(last.last())
        .map_or("", |l| *l)
        .chars()
        .take(300)
        .collect();
    let Some(remote) = remote else {
        return Failed::platform(
            format!("git could not do its work: {short}"),
            "The operator looks at the log of this step.",
        );
    };
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if has(&[
        "Authentication failed",
        "could not read Username",
        "error: 403",
        "error: 401",
        "Permission denied",
    ]) {
        return Failed::platform(
            format!("{} does not let the portal in.", remote.shown()),
            format!("The operator looks at the token for {}.", remote.host()),
        );
    }
    if has(&["deletion of the current branch prohibited", "refusing to delete", "protected branch"]) {
        return Failed::platform(
            format!("{} does not let go of the branch, and it stays.", remote.shown()),
            "Remove it by hand if nobody needs it.",
        );
    }
    if has(&["stale info", "[rejected]", "already exists"]) {
        return Failed::outside(
            format!("Somebody else pushed to {} at the same time.", remote.shown()),
            "Try again.",
        );
    }
    if has(&[
        "not found",
        "does not exist",
        "does not appear to be a git repository",
        "Could not find remote branch",
        "couldn't find remote ref",
    ]) {
        return Failed::platform(
            format!("{} is not there: {short}", remote.shown()),
            "The team of the offering looks at the address and the branch.",
        );
    }
    Failed::outside(
        format!("git could not reach {}: {short}", remote.shown()),
        "Try again; if it stays so, ask who runs it.",
    )
}

fn person(what: &str, text: &str) -> Result<String, Failed> {
    let text = input::line(what, text)?;
    if text.contains(['<', '>']) {
        return Err(Failed::input(
            format!("The author's {what} must not have < or >."),
            "Change it and try again.",
        ));
    }
    Ok(text)
}
