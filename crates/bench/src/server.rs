//! The server under test: the real `portolan serve` with its private Postgres in a throw-away folder, and a caller with
//! real credentials.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use sqlx::{Connection, PgConnection};

use crate::load::{self, Client};

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(90);

/// A running server. Dropped, it is stopped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
}

impl Server {
    /// Starts `portolan serve` with these arguments and waits until it is ready.
    pub(crate) async fn start(program: &Path, arguments: &[&str], log: &Path) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log_file = File::options().create(true).append(true).open(log)?;
        let mut command = command(program);
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]).args(arguments);
        let child = command.stdin(Stdio::null()).stdout(log_file.try_clone()?).stderr(log_file).spawn();
        let mut server = Self { child: child.with_context(|| format!("start {}", program.display()))?, port };
        server.ready(log).await?;
        Ok(server)
    }

    async fn ready(&mut self, log: &Path) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "the server ended at its start ({status}):\n{}",
                    fs::read_to_string(log).unwrap_or_default()
                );
            }
            if let Ok(mut client) = Client::connect(self.port).await
                && client.send(&load::get("/readyz", &[])).await.is_ok_and(|answer| answer.status == 200)
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!(
            "the server is not ready after {} s:\n{}",
            PATIENCE.as_secs(),
            fs::read_to_string(log).unwrap_or_default()
        );
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Stops it as an operator does, so that the database is shut down cleanly.
    pub(crate) fn stop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status();
        let deadline = Instant::now() + Duration::from_secs(15);
        while Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The program in an environment that holds no settings of the developer.
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    let ours = |key: &str| key.starts_with("PORTOLAN_") && key != "PORTOLAN_POSTGRES_BIN";
    for (key, _) in std::env::vars().filter(|(key, _)| ours(key) || key == "DATABASE_URL") {
        command.env_remove(key);
    }
    command
}

/// Runs `portolan` with these arguments and returns what it prints.
pub(crate) fn run(program: &Path, arguments: &[&str]) -> Result<String> {
    let output = command(program).args(arguments).stdin(Stdio::null()).output()?;
    if !output.status.success() {
        bail!("portolan {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// The private Postgres of a data folder.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    /// Its first process.
    pub(crate) pid: u32,
    /// Its unix socket.
    pub(crate) socket: PathBuf,
    /// The portal's database.
    pub(crate) database: String,
}

impl Cluster {
    /// Finds the one that runs below `folder`.
    pub(crate) async fn below(folder: &Path) -> Result<Self> {
        let file = find(folder, "postmaster.pid", 3).context("no Postgres runs in the data folder")?;
        let text = fs::read_to_string(file)?;
        // pid, data folder, start, port, socket folder: documented in Postgres' miscadmin.h
        let lines: Vec<&str> = text.lines().collect();
        let [pid, _, _, port, sockets, ..] = lines[..] else { bail!("postmaster.pid is cut short") };
        let socket = Path::new(sockets.trim()).join(format!(".s.PGSQL.{}", port.trim()));
        let mut cluster = Self { pid: pid.trim().parse()?, socket, database: "postgres".into() };
        let mut connection = PgConnection::connect(&cluster.url()).await?;
        let names = "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres' ORDER BY oid DESC LIMIT 1";
        if let Some(name) = sqlx::query_scalar(names).fetch_optional(&mut connection).await? {
            cluster.database = name;
        }
        Ok(cluster)
    }

    /// Its address over the unix socket.
    pub(crate) fn url(&self) -> String {
        let (folder, port) =
            (self.socket.parent().unwrap_or(Path::new("/")), self.socket.extension().unwrap_or_default());
        format!(
            "postgres://portolan@localhost:{}/{}?host={}&sslmode=disable",
            port.to_string_lossy(),
            self.database,
            folder.display()
        )
    }

    /// Its address through a proxy on 127.0.0.1.
    pub(crate) fn url_through(&self, port: u16) -> String {
        format!("postgres://portolan@127.0.0.1:{port}/{}?sslmode=disable", self.database)
    }
}

fn find(folder: &Path, name: &str, depth: usize) -> Option<PathBuf> {
    let direct = folder.join(name);
    if direct.is_file() {
        return Some(direct);
    }
    let folders = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).filter(|path| path.is_dir());
    folders.filter(|_| depth > 0).find_map(|path| find(&path, name, depth - 1))
}
