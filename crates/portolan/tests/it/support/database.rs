//! Databases on the Postgres that the tests were given.

use std::{env, time::Duration};

use portolan_domain::{Actor, Call, Clock, Db};
use sqlx::{Connection, Executor, PgConnection, PgPool};

/// An empty database of the test's own. Dropping it takes it away, whoever still uses it.
pub(crate) struct Database {
    /// Its address.
    pub(crate) url: String,
    name: String,
}

impl Database {
    pub(crate) fn new() -> Self {
        let name = format!("it_{}", uuid::Uuid::now_v7().simple());
        admin(format!("CREATE DATABASE {name}"));
        let mut url = server();
        url.set_path(&name);
        Self { url: url.into(), name }
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
