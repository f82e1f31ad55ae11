//! A portal of the test's own: the program as it is shipped, on a database that goes when the test ends.

use std::{
    env,
    io::{BufRead, BufReader, Read as _},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use sqlx::{Connection, Executor, PgConnection};

use super::http::Client;

/// A running portal.
pub struct Portal {
    process: Child,
    database: Database,
    /// Where it is.
    pub base_url: String,
    /// What it printed before it was ready.
    pub printed: String,
}

impl Portal {
    /// An empty portal.
    pub fn empty() -> Self {
        Self::start(Database::new(), &[])
    }

    /// A portal with the demo company in it.
    pub fn demo() -> Self {
        Self::start(Database::new(), &["--demo"])
    }

    /// Starts one on a database, with these flags.
    pub fn start(database: Database, flags: &[&str]) -> Self {
        Self::listening(database, "127.0.0.1:0", flags)
    }

    /// The same, on an address.
    pub fn listening(database: Database, address: &str, flags: &[&str]) -> Self {
        let mut process = command(&database)
            .args(["serve", "--listen", address])
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the portal starts");
        let (tell, told) = mpsc::channel();
        let lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        let mut printed = String::new();
        let base_url = loop {
            let line = told
                .recv_timeout(Duration::from_secs(60))
                .unwrap_or_else(|_| panic!("the portal did not say where it is:\n{printed}"));
            printed += &line;
            printed.push('\n');
            if let Some(url) = line.strip_prefix("Portolan is at ") {
                break url.trim().to_owned();
            }
        };
        while let Ok(line) = told.recv_timeout(Duration::from_millis(300)) {
            printed += &line;
            printed.push('\n');
        }
        Self { process, database, base_url, printed }
    }

    /// Runs another command of the program on the same database; returns what it printed.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = command(&self.database)
            .args(arguments)
            .stderr(Stdio::piped())
            .output()
            .expect("the command runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    /// A token of a person.
    pub fn token(&self, handle: &str, scope: &str) -> String {
        self.run(&[
            "admin",
            "token",
            "create",
            "--person",
            handle,
            "--name",
            &format!("test {scope}"),
            "--scope",
            scope,
        ])
    }

    /// Somebody nobody knows.
    pub fn stranger(&self) -> Client {
        Client::new(&self.base_url)
    }

    /// Somebody with a token.
    pub fn with_token(&self, handle: &str, scope: &str) -> Client {
        Client::with_token(&self.base_url, &self.token(handle, scope))
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let mut rest = String::new();
        if std::thread::panicking()
            && let Some(mut stderr) = self.process.stderr.take()
        {
            let _ = stderr.read_to_string(&mut rest);
            eprintln!("the portal said:\n{rest}");
        }
    }
}

fn command(database: &Database) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portolan"));
    command.env("DATABASE_URL", &database.url).env_remove("PORTOLAN_URL").env_remove("PORTOLAN_TOKEN");
    command
}

/// A database of its own on the test server.
pub struct Database {
    pub url: String,
    name: String,
}

impl Database {
    /// An empty one.
    pub fn new() -> Self {
        let name = format!("it_{}", uuid::Uuid::now_v7().simple());
        admin(&format!("CREATE DATABASE {name}"));
        let mut url = server();
        url.set_path(&name);
        Self { url: url.into(), name }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        admin(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

fn server() -> url::Url {
    env::var("DATABASE_URL")
        .expect("DATABASE_URL names the Postgres to test on; `make test` sets it")
        .parse()
        .expect("an address")
}

fn admin(statement: &str) {
    let (url, statement) = (server(), statement.to_owned());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut connection =
                PgConnection::connect(url.as_str()).await.expect("the Postgres to test on answers");
            connection.execute(sqlx::AssertSqlSafe(statement)).await.expect("a database comes or goes");
        });
    })
    .join()
    .expect("the statement ran");
}
