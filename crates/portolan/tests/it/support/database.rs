//! Databases on the Postgres that the tests were given.

use std::{
    env,
    time::{Duration, UNIX_EPOCH},
};

use portolan_domain::{Actor, Call, Clock, Db};
use sqlx::{Connection, Executor, PgConnection, PgPool};

use super::process::{run, stderr};

/// Guards the making of the demo's template, between all tests that run now.
const MAKING: i64 = 0x0064_656d_6f20_6462;
/// So many seconds a template is young: the demo's story ends when it is loaded.
const YOUNG: u64 = 30 * 60;

/// An empty database of the test's own. Dropping it takes it away, whoever still uses it.
pub(crate) struct Database {
    /// Its address.
    pub(crate) url: String,
    name: String,
}

impl Database {
    pub(crate) fn new() -> Self {
        Self::made(|name| admin(format!("CREATE DATABASE {name}")))
    }

    /// One with the demo company in it: a copy, for its year takes many seconds to tell and every test would tell the same.
    pub(crate) fn with_demo() -> Self {
        Self::made(copy_demo)
    }

    fn made(make: impl FnOnce(&str)) -> Self {
        let name = format!("it_{}", uuid::Uuid::now_v7().simple());
        make(&name);
        Self { url: address(&name), name }
    }

    /// Throws out everybody who uses it, and lets nobody in for as long.
    pub(crate) fn lose_for(&self, time: Duration) {
        let name = &self.name;
        admin(format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
        admin(format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"));
        std::thread::sleep(time);
        admin(format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"));
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        admin(format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

/// Copies a database into which this build of the program loaded the demo lately. The first test that asks makes that one; nobody drops
/// it while another copies it.
fn copy_demo(name: &str) {
    let program = std::fs::metadata(env!("CARGO_BIN_EXE_portolan")).expect("the program is there");
    let built = program.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).expect("a time");
    let now = UNIX_EPOCH.elapsed().expect("a time").as_secs() / YOUNG;
    let made = format!("demo_{}_{now}", built.as_millis());
    let copy = format!("CREATE DATABASE {name} TEMPLATE {made}");
    apart(async move {
        let mut one =
            PgConnection::connect(server().as_str()).await.expect("the Postgres to test on answers");
        let locked = sqlx::query("SELECT pg_advisory_lock($1)").bind(MAKING).execute(&mut one).await;
        locked.expect("one test at a time makes it");
        let old: Vec<String> =
            sqlx::query_scalar("SELECT datname::text FROM pg_database WHERE datname LIKE 'demo\\_%'")
                .fetch_all(&mut one)
                .await
                .expect("names");
        if !old.contains(&made) {
            for old in old {
                let _ = one.execute(sqlx::AssertSqlSafe(format!("DROP DATABASE IF EXISTS {old}"))).await;
            }
            let making = format!("new_{made}");
            for statement in
                [format!("DROP DATABASE IF EXISTS {making}"), format!("CREATE DATABASE {making}")]
            {
                one.execute(sqlx::AssertSqlSafe(statement)).await.expect("an empty database");
            }
            let loaded = run(["demo", "--database-url", &address(&making)]);
            assert!(loaded.status.success(), "{}", stderr(&loaded));
            let rename = format!("ALTER DATABASE {making} RENAME TO {made}");
            one.execute(sqlx::AssertSqlSafe(rename)).await.expect("the demo is whole");
        }
        one.execute(sqlx::AssertSqlSafe(copy)).await.expect("a copy of the demo");
    });
}

/// Where a database of the server is.
fn address(name: &str) -> String {
    let mut url = server();
    url.set_path(name);
    url.into()
}

fn server() -> url::Url {
    let text =
        env::var("DATABASE_URL").expect("DATABASE_URL names the Postgres to test on; `make test` sets it");
    text.parse().expect("an address")
}

fn admin(statement: String) {
    apart(async move {
        let mut connection =
            PgConnection::connect(server().as_str()).await.expect("the Postgres to test on answers");
        connection.execute(sqlx::AssertSqlSafe(statement)).await.expect("a database comes or goes");
    });
}

/// Does something in the database at `url` as Portolan itself, beside whatever portal works on it.
pub(crate) fn as_system<T, F>(url: &str, act: impl FnOnce(Call) -> F + Send + 'static) -> T
where
    T: Send + 'static,
    F: Future<Output = T> + Send,
{
    let url = url.to_owned();
    apart(async move {
        let db = Db::new(PgPool::connect(&url).await.expect("the database answers"));
        act(db.call(Actor::system(), Clock::system().now()).await.expect("a call")).await
    })
}

/// Runs work on a thread and runtime of its own, so that tests with and without a runtime may ask for it.
pub(crate) fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let work = move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
    };
    std::thread::spawn(work).join().expect("it is done")
}
