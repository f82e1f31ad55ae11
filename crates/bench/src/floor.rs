//! The two floors under every operation: its recorded statements through the same kind of pool with nothing around
//! them, and with a bare axum handler around them that returns the bytes of the rows as they came.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    routing,
};
use serde::{Deserialize, Serialize};
use sqlx::{
    AssertSqlSafe, Encode, PgConnection, PgPool, Postgres, Row, Type, ValueRef,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgConnectOptions, PgPoolOptions, PgTypeInfo, types::Oid},
};
use tokio::{net::TcpListener, task::JoinSet};

use crate::{
    load::Run,
    tape::{Script, Step},
};

/// Settings of a connection.
pub(crate) type Settings = Vec<(String, String)>;

/// A pool like the server's, whose connections have the server's settings.
pub(crate) async fn pool(url: &str, connections: u32, settings: &Settings) -> Result<PgPool> {
    let options =
        url.parse::<PgConnectOptions>()?.options(settings.iter().map(|(name, value)| (name, value)));
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .min_connections(connections)
        .test_before_acquire(false); // the server asks only what has rested, and here nothing rests
    pool.connect_with(options).await.context("connect to the database under test")
}

/// A value as it was on the wire.
struct Raw<'v> {
    kind: u32,
    bytes: Option<&'v [u8]>,
}

impl Type<Postgres> for Raw<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(0))
    }
}

impl Encode<'_, Postgres> for Raw<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let Some(bytes) = self.bytes else { return Ok(IsNull::Yes) };
        buffer.extend_from_slice(bytes);
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(self.kind)))
    }
}

/// Plays a script and appends the bytes of all its rows to `out`.
async fn play(connection: &mut PgConnection, script: &[Step], out: &mut Vec<u8>) -> Result<(), sqlx::Error> {
    for step in script {
        match step {
            Step::Plain(sql) => {
                sqlx::raw_sql(AssertSqlSafe(Arc::clone(sql))).execute(&mut *connection).await?;
            }
            Step::Prepared { sql, types, values } => {
                // The text is the server's own, read on the wire a moment ago.
                let mut query = sqlx::query(AssertSqlSafe(Arc::clone(sql)));
                for (kind, value) in types.iter().zip(values) {
                    query = query.bind(Raw { kind: *kind, bytes: value.as_deref() });
                }
                for row in query.fetch_all(&mut *connection).await? {
                    for column in 0..row.len() {
                        let value = row.try_get_raw(column)?;
                        if !value.is_null() {
                            out.extend_from_slice(value.as_bytes().map_err(sqlx::Error::Decode)?);
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

/// The first floor: `tasks` tasks play the scripts in turn for `duration`.
pub(crate) async fn drive(
    pool: &PgPool,
    scripts: &Arc<Vec<Script>>,
    tasks: usize,
    duration: Duration,
) -> Result<Run> {
    let started = Instant::now();
    let until = started + duration;
    let mut players = JoinSet::new();
    for n in 0..tasks {
        let (pool, scripts) = (pool.clone(), Arc::clone(scripts));
        let offset = n * scripts.len() / tasks;
        players.spawn(player(pool, scripts, offset, until));
    }
    let mut run = Run::default();
    while let Some(done) = players.join_next().await {
        let part = done??;
        run.latencies.extend(part.latencies);
        run.bytes += part.bytes;
    }
    run.elapsed = started.elapsed();
    Ok(run)
}

async fn player(pool: PgPool, scripts: Arc<Vec<Script>>, offset: usize, until: Instant) -> Result<Run> {
    let mut run = Run { latencies: Vec::with_capacity(64 * 1024), ..Run::default() };
    let mut out = Vec::new();
    let mut before = Instant::now();
    for script in scripts.iter().cycle().skip(offset) {
        out.clear();
        play(&mut *pool.acquire().await?, script, &mut out).await?;
        let now = Instant::now();
        run.latencies.push(now - before);
        run.bytes += out.len();
        before = now;
        if now >= until {
            break;
        }
    }
    Ok(run)
}

/// All that was recorded.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Tape {
    /// Settings of the server's connections.
    pub(crate) settings: Settings,
    /// Scripts of all operations, in their order.
    pub(crate) scripts: Vec<Vec<Script>>,
}

/// The second floor, a process of its own as the server is: `GET /{operation}/{script}`. Prints its port and serves.
pub(crate) async fn serve(url: &str, connections: u32, tape: Tape) -> Result<()> {
    let pool = pool(url, connections, &tape.settings).await?;
    let router =
        Router::new().route("/{operation}/{script}", routing::get(answer)).with_state((pool, Arc::new(tape)));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    axum::serve(listener, router).await?;
    Ok(())
}

async fn answer(
    State((pool, tape)): State<(PgPool, Arc<Tape>)>,
    Path((operation, script)): Path<(usize, usize)>,
) -> Result<Vec<u8>, (StatusCode, String)> {
    let script = tape.scripts.get(operation).and_then(|scripts| scripts.get(script));
    let script = script.ok_or_else(|| (StatusCode::NOT_FOUND, "no such script".to_owned()))?;
    let broken = |error: sqlx::Error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
    let mut out = Vec::with_capacity(4096);
    let mut connection = pool.acquire().await.map_err(broken)?;
    play(&mut connection, script, &mut out).await.map_err(broken)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::Arc, time::Duration};

    use sqlx::{
        PgPool,
        postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
    };

    use super::{drive, play};
    use crate::tape::{Recorder, Script};

    /// A client that goes through the recorder, on the test's own database.
    async fn recorded(options: &PgConnectOptions) -> (PgPool, Recorder) {
        let socket = options.get_socket().map_or(Path::new("/var/run/postgresql"), |folder| folder.as_path());
        let socket = socket.join(format!(".s.PGSQL.{}", options.get_port()));
        let recorder = Recorder::start(socket).await.unwrap();
        let through = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(recorder.port)
            .username(options.get_username())
            .database(options.get_database().unwrap())
            .ssl_mode(PgSslMode::Disable);
        (PgPoolOptions::new().max_connections(1).connect_with(through).await.unwrap(), recorder)
    }

    #[sqlx::test]
    async fn what_was_recorded_plays_again_with_its_values(pool: PgPool) {
        sqlx::raw_sql("CREATE TABLE t (id uuid, n int8, tags text[]); INSERT INTO t VALUES (gen_random_uuid(), 7, '{a,b}')")
            .execute(&pool)
            .await
            .unwrap();
        let (client, recorder) = recorded(&pool.connect_options()).await;
        recorder.begin();
        let mut transaction = client.begin().await.unwrap();
        let ask = "SELECT 'found ' || n::text || array_to_string(tags, '+') FROM t WHERE n = $1 AND tags && $2 AND $3::text IS NULL";
        let found: String = sqlx::query_scalar(ask)
            .bind(7_i64)
            .bind(vec!["b".to_owned(), "c".to_owned()])
            .bind(None::<String>)
            .fetch_one(&mut *transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        let script = recorder.end();
        assert_eq!(script.iter().map(crate::tape::Step::sql).collect::<Vec<_>>(), ["BEGIN", ask, "COMMIT"]);

        let mut out = Vec::new();
        play(&mut pool.acquire().await.unwrap(), &script, &mut out).await.unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), found);

        let scripts: Arc<Vec<Script>> = Arc::new(vec![script]);
        let run = drive(&pool, &scripts, 2, Duration::from_millis(100)).await.unwrap();
        assert_eq!(run.bytes, run.latencies.len() * found.len());
    }
}
