//! A portal of the test's own: the program as it is shipped, on a database that goes when the test ends.

use std::env;

use portolan_domain::{Actor, Clock, Db, people};
use sqlx::{Connection, Executor, PgConnection, PgPool};

use super::http::Client;
use super::process::{Process, run, stdout};

/// A running portal.
pub(crate) struct Portal {
    process: Process,
    database: Database,
}

impl Portal {
    /// A portal with nothing in it.
    pub(crate) fn empty() -> Self {
        Self::start(&[])
    }

    /// A portal with the demo company in it.
    pub(crate) fn demo() -> Self {
        Self::start(&["--demo"])
    }

    /// A portal with the demo company in it, and few connections to its database.
    pub(crate) fn demo_with_few_connections(connections: u32) -> Self {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), format!("PORTOLAN_POOL_SIZE={connections}\n")).expect("settings");
        Self::start(&["--demo", "--settings", file.path().to_str().expect("text")])
    }

    fn start(flags: &[&str]) -> Self {
        let database = Database::new();
        let process = Process::start(&[&["--database-url", &database.url], flags].concat());
        Self { process, database }
    }

    /// Path of the set-up link that it printed.
    pub(crate) fn set_up_path(&self) -> String {
        self.process.printed("/set-up/")
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &str {
        &self.process.url
    }

    /// Somebody nobody knows.
    pub(crate) fn stranger(&self) -> Client {
        Client::new(self.url())
    }

    /// Somebody with a token.
    pub(crate) fn with_token(&self, handle: &str, scope: &str) -> Client {
        let name = format!("test {scope}");
        let command = ["admin", "token", "create", "--database-url", &self.database.url];
        let output = run(command.into_iter().chain(["--person", handle, "--name", &name, "--scope", scope]));
        assert!(output.status.success(), "{output:?}");
        Client::with_token(self.url(), &stdout(&output))
    }

    /// A one-time sign-in link of somebody.
    pub(crate) fn sign_in_link(&self, handle: &str) -> String {
        let (url, handle) = (self.database.url.clone(), handle.to_owned());
        apart(async move {
            let db = Db::new(PgPool::connect(&url).await.expect("the database answers"));
            let mut call = db.call(Actor::operator(), Clock::system().now()).await.expect("a call");
            people::create_sign_in_link(&mut call.cx(), &handle).await.expect("a link").secret
        })
    }

    /// Somebody with a browser session.
    pub(crate) fn signed_in(&self, handle: &str) -> Client {
        let (url, link) = (self.database.url.clone(), self.sign_in_link(handle));
        let secret = apart(async move {
            let db = Db::new(PgPool::connect(&url).await.expect("the database answers"));
            let mut call = db.call(Actor::operator(), Clock::system().now()).await.expect("a call");
            people::use_sign_in_link(&mut call.cx(), &link, &people::Device::default())
                .await
                .expect("a session")
                .secret
        });
        Client::with_cookie(self.url(), portolan_web::SESSION_COOKIE, &secret)
    }
}

/// A database of its own on the test server.
struct Database {
    url: String,
    name: String,
}

impl Database {
    fn new() -> Self {
        let name = format!("it_{}", uuid::Uuid::now_v7().simple());
        admin(format!("CREATE DATABASE {name}"));
        let mut url = server();
        url.set_path(&name);
        Self { url: url.into(), name }
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

/// Runs work on a thread and runtime of its own, so that tests with and without a runtime may ask for it.
fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let work = move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
    };
    std::thread::spawn(work).join().expect("it is done")
}
