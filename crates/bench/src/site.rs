//! A server with a catalog in it and its two floors beside it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use sqlx::{Connection, PgConnection, PgPool};

use crate::{
    alerts::Alerts,
    archive,
    floor::{self, Tape},
    generate::{Catalog, SEED},
    load::{self, Client, Requests},
    schedules::{self, Made},
    server::{Cluster, Server},
    sign_in,
    tape::{self, Recorder, Script},
    workload::{self, Caller, Operation},
};

/// Entities per request when the catalog is taken in.
const PER_REQUEST: usize = 500;
/// Requests of an operation to record at the least: what belongs to it shows by coming again.
const ENOUGH: usize = 20;
/// Connections of every pool: the server's default.
pub(crate) const POOL: u32 = 10;

/// One size of the catalog, ready to be measured.
#[derive(Debug)]
pub(crate) struct Site {
    /// Entities in the catalog.
    pub(crate) entities: usize,
    /// How long the server took to take it in.
    pub(crate) applied: Duration,
    /// The schedules of its teams.
    pub(crate) schedules: Made,
    /// Requests for 26 weeks of each of them; a thousand at most.
    pub(crate) weeks: Requests,
    /// Alerts to be told.
    pub(crate) alerts: Alerts,
    /// Size of the database with the catalog in it, in bytes.
    pub(crate) database: u64,
    /// The operations.
    pub(crate) operations: Vec<Operation>,
    /// Requests to the server, by operation.
    pub(crate) requests: Vec<Requests>,
    /// Requests to the bare handler, by operation.
    pub(crate) bare_requests: Vec<Requests>,
    /// Recorded statements, by operation.
    pub(crate) scripts: Vec<Arc<Vec<Script>>>,
    /// The server under test.
    pub(crate) server: Server,
    /// Its database.
    pub(crate) cluster: Cluster,
    /// A pool of our own to the same database.
    pub(crate) pool: PgPool,
    /// The bare handler.
    pub(crate) bare: Bare,
}

impl Site {
    /// Starts a server in `folder`, takes the catalog in, records its statements and puts the floors beside it.
    pub(crate) async fn prepare(program: &Path, folder: &Path, services: usize) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let data = folder.join("data");
        let data = data.to_str().context("the folder's name is not text")?;
        let server = Server::start(program, &["--data-dir", data], &folder.join("server.log")).await?;
        let cluster = Cluster::below(Path::new(data)).await?;
        let mut connection = PgConnection::connect(&cluster.url()).await?;
        let caller = sign_in::caller(program, data, server.port).await?;

        let catalog = Catalog::new(services, SEED);
        let applied = apply(server.port, &caller, &catalog).await?;
        let schedules = schedules::make(server.port, &caller, &catalog).await?;
        let written = archive::fill(&mut connection, &catalog).await?;
        // What autovacuum does within minutes, done now, so that every run measures the same state.
        sqlx::query("VACUUM ANALYZE").execute(&mut connection).await?;

        let size: i64 = sqlx::query_scalar("SELECT pg_database_size(current_database())")
            .fetch_one(&mut connection)
            .await?;

        let horizon: String = sqlx::query_scalar(
            r#"SELECT to_char((now() + interval '182 days') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"#,
        )
        .fetch_one(&mut connection)
        .await?;
        let operations = workload::operations(&catalog, &written, &horizon);
        let alerts = Alerts::prepare(server.port, &caller, &catalog).await?;
        let weeks = Arc::new(schedules::weeks(&caller, &catalog, &horizon));
        let requests: Vec<Requests> = operations.iter().map(|o| Arc::new(o.requests(&caller))).collect();
        let tape = record(program, folder, &cluster, &operations, &requests).await?;
        let bare = Bare::start(folder, &cluster, &tape)?;
        let pool = floor::pool(&cluster.url(), POOL, &tape.settings).await?;
        let bare_requests =
            tape.scripts.iter().enumerate().map(|(n, scripts)| bare_requests(n, scripts.len())).collect();
        Ok(Self {
            entities: catalog.entities.len(),
            applied,
            schedules,
            weeks,
            alerts,
            database: u64::try_from(size)?,
            operations,
            requests,
            bare_requests,
            scripts: tape.scripts.into_iter().map(Arc::new).collect(),
            server,
            cluster,
            pool,
            bare,
        })
    }

    /// Reads 26 weeks of all schedules, a thousand at most, over eight connections: how many, and how long it took.
    pub(crate) async fn read_schedules(&self) -> Result<Made> {
        let took = load::all(self.server.port, &self.weeks, 8).await?;
        Ok(Made { schedules: self.weeks.len(), took })
    }

    /// Takes the floors away, so that what is left at rest is the portal's own.
    pub(crate) async fn leave_alone(&mut self) {
        self.bare.stop();
        self.pool.close().await;
    }
}

/// Takes the catalog in through the API, as `portolan apply` does, and says how long it took.
async fn apply(port: u16, caller: &Caller, catalog: &Catalog) -> Result<Duration> {
    let bearer = format!("Bearer {}", caller.token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/yaml")];
    let requests: Vec<Vec<u8>> = catalog
        .files(PER_REQUEST)
        .iter()
        .map(|file| load::request("POST", "/api/v1/catalog/apply?source=bench", &headers, file))
        .collect();
    let mut client = Client::connect(port).await?;
    let started = Instant::now();
    let mut created = 0;
    for request in &requests {
        let answer = client.send(request).await?;
        let body = client.body(answer);
        if answer.status != 200 {
            bail!("apply was refused: {}{body}", client.head(answer));
        }
        let report: Value = serde_json::from_str(&body)?;
        created += report["counts"]["created"].as_u64().unwrap_or_default();
    }
    let elapsed = started.elapsed();
    if created != catalog.entities.len() as u64 {
        bail!("{created} of {} entities were created", catalog.entities.len());
    }
    Ok(elapsed)
}

/// Records what each request makes the server send to its database. A second server on the same database does it, so
/// that the one under test is never slowed by the recorder.
async fn record(
    program: &Path,
    folder: &Path,
    cluster: &Cluster,
    operations: &[Operation],
    requests: &[Requests],
) -> Result<Tape> {
    let recorder = Recorder::start(cluster.socket.clone()).await?;
    let url = cluster.url_through(recorder.port);
    let server = Server::start(program, &["--database-url", &url], &folder.join("recorded.log")).await?;
    let mut client = Client::connect(server.port).await?;
    let mut all = Vec::with_capacity(requests.len());
    for (operation, requests) in operations.iter().zip(requests) {
        client.send(&requests[0]).await?; // so that the caller is known and what is prepared once is prepared
        let rounds = requests.len().max(ENOUGH);
        let mut scripts = Vec::with_capacity(rounds);
        for request in requests.iter().cycle().take(rounds) {
            recorder.begin();
            let answer = client.send(request).await?;
            scripts.push(recorder.end());
            if answer.status != 200 {
                let request = String::from_utf8_lossy(request).into_owned();
                bail!("{request}: {}{}", client.head(answer), client.body(answer));
            }
            if operation.view && client.header(answer, "content-encoding").is_none() {
                bail!("the {} came uncompressed:\n{}", operation.name, client.head(answer));
            }
        }
        scripts = tape::essential(scripts);
        scripts.truncate(requests.len());
        all.push(scripts);
    }
    Ok(Tape { settings: recorder.settings(), scripts: all })
}

fn bare_requests(operation: usize, count: usize) -> Requests {
    Arc::new((0..count).map(|n| load::get(&format!("/{operation}/{n}"), &[])).collect())
}

/// The bare handler's process.
#[derive(Debug)]
pub(crate) struct Bare {
    child: Child,
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
}

impl Bare {
    fn start(folder: &Path, cluster: &Cluster, tape: &Tape) -> Result<Self> {
        let file = folder.join("tape.json");
        std::fs::write(&file, serde_json::to_vec(tape)?)?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["floor", &cluster.url(), &POOL.to_string()])
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut bare = Self { child: command.spawn()?, port: 0 };
        let mut line = String::new();
        BufReader::new(bare.child.stdout.take().context("no output")?).read_line(&mut line)?;
        bare.port = line.trim().parse().context("the bare handler did not start")?;
        Ok(bare)
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.stop();
    }
}
