//! A portal of the test's own: the program as it is shipped, on a database that goes when the test ends.

use std::time::Duration;

use portolan_domain::{Actor, Call, Clock, Db, people};
use sqlx::PgPool;

use super::{
    database::{Database, apart, as_system},
    http::Client,
    process::{self, Process},
};

/// Seals the secrets of hooks. An own Postgres has no data folder in which a key could lie.
pub(crate) const SECRET_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

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

    /// A portal with the demo company in it and these settings.
    pub(crate) fn demo_with(settings: &[(&str, &str)]) -> Self {
        Self::start_with(&["--demo"], settings)
    }

    /// A portal with the demo company in it, and few connections to its database.
    pub(crate) fn demo_with_few_connections(connections: u32) -> Self {
        Self::start_with(&["--demo"], &[("PORTOLAN_POOL_SIZE", &connections.to_string())])
    }

    fn start(flags: &[&str]) -> Self {
        Self::start_with(flags, &[])
    }

    /// A portal with nothing in it and these settings.
    pub(crate) fn empty_with(settings: &[(&str, &str)]) -> Self {
        Self::start_with(&[], settings)
    }

    /// Another replica on the same database.
    pub(crate) fn replica(&self, settings: &[(&str, &str)]) -> Process {
        let settings = [&[("PORTOLAN_SECRET_KEY", SECRET_KEY)], settings].concat();
        Process::start_with(&self.place(), &settings)
    }

    /// Where its database is.
    pub(crate) fn database_url(&self) -> &str {
        &self.database.url
    }

    /// Takes its database away for as long, as a restart of Postgres does.
    pub(crate) fn lose_its_database_for(&self, time: Duration) {
        self.database.lose_for(time);
    }

    /// Its process.
    pub(crate) fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Does something in its database as Portolan itself.
    pub(crate) fn as_system<T, F>(&self, act: impl FnOnce(Call) -> F + Send + 'static) -> T
    where
        T: Send + 'static,
        F: Future<Output = T> + Send,
    {
        as_system(&self.database.url, act)
    }

    fn start_with(flags: &[&str], settings: &[(&str, &str)]) -> Self {
        let database = if flags.contains(&"--demo") { Database::with_demo() } else { Database::new() };
        let flags = [&["--database-url", &database.url], flags].concat();
        let settings = [&[("PORTOLAN_SECRET_KEY", SECRET_KEY)], settings].concat();
        let process = Process::start_with(&flags, &settings);
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

    /// Flags that lead a command of the program to this portal's database.
    fn place(&self) -> [&str; 2] {
        ["--database-url", &self.database.url]
    }

    /// Makes an admin, as the operator does on the server's machine.
    pub(crate) fn make_admin(&self, handle: &str) {
        let made = process::create_admin(handle, &self.place());
        assert!(made.status.success(), "{made:?}");
    }

    /// Somebody with a token.
    pub(crate) fn with_token(&self, handle: &str, scope: &str) -> Client {
        Client::with_token(self.url(), &process::create_token(handle, scope, &self.place()))
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
