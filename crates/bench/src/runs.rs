//! Requests of self-service: five hundred asked for at once, seen through by two replicas. Each has one step that does nothing,
//! so that what is measured is the portal's own part: how long one waits for its turn, and how many end in a second.
//!
//! The floor is Postgres alone: as many commits as a run cannot do without (handing it in, taking its job, beginning its step,
//! what came of it, its end), each of one small row, by as many connections as two workers have runs beside each other.

use std::{
    fmt::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use tokio::task::JoinSet;

use crate::{
    load::{self, Client},
    server::{Cluster, Server},
    sign_in,
    workload::Caller,
};

/// Requests that are asked for at once.
const REQUESTS: usize = 500;
/// Connections that ask.
const ASKING: usize = 8;
/// Runs that two workers have beside each other.
const RUNNING: usize = 16;
/// Commits that a run cannot do without.
const COMMITS: f64 = 5.0;
/// The longest that all of it may take.
const PATIENCE: Duration = Duration::from_mins(5);
/// For how long commits are counted.
const COUNTING: Duration = Duration::from_secs(3);

/// What came of it.
#[derive(Debug)]
pub(crate) struct Runs {
    /// From handing one in, with nothing else to do, to its end; the median, in milliseconds.
    alone: f64,
    /// From handing one of all in to its first step, in milliseconds: the median, and what 95 of 100 keep within.
    queued: [f64; 2],
    /// How long it took to ask for all of them, and until the last one ended.
    asked: Duration,
    ended: Duration,
    /// Commits that Postgres alone makes in a second.
    floor: f64,
}

/// Measures it with servers of its own.
pub(crate) async fn measure(program: &Path, folder: &Path) -> Result<Runs> {
    std::fs::create_dir_all(folder)?;
    let data = folder.join("data");
    let data = data.to_str().context("the folder's name is not text")?;
    let first = Server::start(program, &["--data-dir", data], &folder.join("first.log")).await?;
    let cluster = Cluster::below(Path::new(data)).await?;
    let second =
        Server::start(program, &["--database-url", &cluster.url()], &folder.join("second.log")).await?;
    let caller = sign_in::caller(program, data, first.port).await?;
    furnish(first.port, &caller).await?;
    let mut database = PgConnection::connect(&cluster.url()).await?;

    for n in 1..=20 {
        ask(first.port, &caller, 1).await?;
        until_ended(&mut database, n).await?;
    }
    let alone = milliseconds(&mut database, "ended_at - submitted_at", 0).await?;
    let began = Instant::now();
    let mut asking = JoinSet::new();
    for n in 0..ASKING {
        let (port, caller) = ([first.port, second.port][n % 2], caller.clone());
        let share = REQUESTS / ASKING + usize::from(n < REQUESTS % ASKING);
        asking.spawn(async move { ask(port, &caller, share).await });
    }
    while let Some(done) = asking.join_next().await {
        done??;
    }
    let asked = began.elapsed();
    until_ended(&mut database, 20 + REQUESTS).await?;
    let ended = began.elapsed();
    let queued = milliseconds(&mut database, "started_at - submitted_at", 20).await?;
    drop(second);
    let floor = floor(&cluster).await?;
    drop(first);
    Ok(Runs {
        alone: percentile(&alone, 50),
        queued: [percentile(&queued, 50), percentile(&queued, 95)],
        asked,
        ended,
        floor,
    })
}

impl Runs {
    /// As Markdown.
    pub(crate) fn markdown(&self, machine: &str) -> String {
        let rate = precise(REQUESTS) / self.ended.as_secs_f64();
        let floor = self.floor / COMMITS;
        let mut out =
            format!("Measured on {machine}.\n\n| {REQUESTS} requests at once, two replicas | |\n|---|--:|\n");
        let mut line = |what: &str, found: String| {
            let _ = writeln!(out, "| {what} | {found} |");
        };
        line("one alone, from handing it in to its end, median", format!("{:.0} ms", self.alone));
        line(&format!("asked for, {ASKING} connections"), format!("in {:.1} s", self.asked.as_secs_f64()));
        line("time in queue, median", format!("{:.0} ms", self.queued[0]));
        line("time in queue, p95", format!("{:.0} ms", self.queued[1]));
        line("the last one ended", format!("after {:.1} s", self.ended.as_secs_f64()));
        line("runs seen through", format!("{rate:.0}/s"));
        line("the five commits that a run needs, Postgres alone", format!("{floor:.0}/s"));
        line("share of that floor", format!("{:.0}%", 100.0 * rate / floor));
        out
    }
}

/// A team, the caller in it, and an offering that does nothing.
async fn furnish(port: u16, caller: &Caller) -> Result<()> {
    let offering = json!({
        "apiVersion": "portolan.dev/v1", "kind": "Offering", "metadata": { "name": "nothing" },
        "spec": {
            "owner": "bench", "stage": "general", "experience": "call-an-api", "sharing": "shared-code",
            "steps": [{ "id": "wait", "uses": "wait", "with": { "seconds": 0 } }],
        },
    });
    for (path, body) in [
        ("/api/v1/teams", json!({ "slug": "bench", "name": "Bench" })),
        ("/api/v1/teams/bench/members", json!({ "person": "bench" })),
        ("/api/v1/offerings", offering),
    ] {
        post(&mut Client::connect(port).await?, caller, path, &body).await?;
    }
    Ok(())
}

async fn post(client: &mut Client, caller: &Caller, path: &str, body: &Value) -> Result<()> {
    let bearer = format!("Bearer {}", caller.token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let answer = client.send(&load::request("POST", path, &headers, &body.to_string())).await?;
    if answer.status != 201 {
        bail!("{path} was refused: {}{}", client.head(answer), client.body(answer));
    }
    Ok(())
}

/// Asks for so many, one after the other.
async fn ask(port: u16, caller: &Caller, requests: usize) -> Result<()> {
    let mut client = Client::connect(port).await?;
    let body = json!({ "offering": "nothing", "team": "bench" });
    for _ in 0..requests {
        post(&mut client, caller, "/api/v1/provisioning-requests", &body).await?;
    }
    Ok(())
}

/// Waits until so many went well. None may go otherwise.
async fn until_ended(database: &mut PgConnection, wanted: usize) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let wanted = i64::try_from(wanted)?;
    loop {
        let (well, badly): (i64, i64) = sqlx::query_as(
            "SELECT count(*) FILTER (WHERE state = 'succeeded'),
                    count(*) FILTER (WHERE state IN ('failed', 'cancelled', 'refused', 'needs-attention')) FROM provisioning_request",
        )
        .fetch_one(&mut *database)
        .await?;
        if badly > 0 || Instant::now() > deadline {
            bail!("{well} of {wanted} runs went well, {badly} badly");
        }
        if well == wanted {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// How long something took, of all requests behind the first ones, in order.
async fn milliseconds(database: &mut PgConnection, what: &'static str, but: i64) -> Result<Vec<f64>> {
    let statement = format!(
        "SELECT (1000 * extract(epoch FROM {what}))::float8 AS ms FROM provisioning_request WHERE number > $1 ORDER BY ms"
    );
    Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).bind(but).fetch_all(database).await?)
}

/// Of values in order: what so many of a hundred keep within.
fn percentile<T: Copy + Default>(values: &[T], percent: usize) -> T {
    let at = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(at).copied().unwrap_or_default()
}

/// How many commits of one small row Postgres makes in a second.
async fn floor(cluster: &Cluster) -> Result<f64> {
    let mut connection = PgConnection::connect(&cluster.url()).await?;
    sqlx::query("CREATE TABLE bench_floor (n bigint)").execute(&mut connection).await?;
    let until = Instant::now() + COUNTING;
    let mut writing = JoinSet::new();
    for _ in 0..RUNNING {
        let url = cluster.url();
        writing.spawn(async move {
            let mut connection = PgConnection::connect(&url).await?;
            let mut made = 0_usize;
            while Instant::now() < until {
                sqlx::query("INSERT INTO bench_floor VALUES (1)").execute(&mut connection).await?;
                made += 1;
            }
            anyhow::Ok(made)
        });
    }
    let mut made = 0;
    while let Some(done) = writing.join_next().await {
        made += done??;
    }
    Ok(precise(made) / COUNTING.as_secs_f64())
}

#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
fn precise(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values: Vec<u32> = (1..=20).collect();
        assert_eq!([50, 95, 100].map(|p| percentile(&values, p)), [10, 19, 20]);
        assert_eq!(percentile(&[7], 95), 7);
        assert_eq!(percentile::<u32>(&[], 50), 0);
    }
}
