//! A connection of the server's admin, and what it finds.

use std::time::Duration;

use postgres_protocol::escape::escape_literal;
use rustls::ClientConfig;
use rustls_platform_verifier::ConfigVerifierExt;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, NoTls, config::SslMode, error::SqlState};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    mark::{self, Mark},
    name::Name,
    server::{Place, Server},
};
use crate::executors::Failed;

const CONNECTING: Duration = Duration::from_secs(10);
/// Copying an empty database takes a busy server long; waiting for another who works on the same name does not.
const LIMITS: &str = "SET statement_timeout = '120s'; SET lock_timeout = '30s'; SET idle_in_transaction_session_timeout = '60s'; SET search_path = pg_catalog";

/// A connection of the admin. Dropping it closes it, and what it locked is free.
pub(super) struct Session<'s> {
    pub(super) server: &'s Server,
    client: Client,
    driver: JoinHandle<()>,
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// What is there under a name.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Whether there is a role.
    pub(super) role: bool,
    /// Its comment.
    pub(super) comment: Option<String>,
    /// Who owns the database; none if there is no database.
    pub(super) owner: Option<String>,
}

impl Found {
    /// Who made the role; none if there is no role of ours.
    pub(super) fn mark(&self) -> Option<Mark> {
        self.comment.as_deref().and_then(mark::read)
    }

    /// Whether this very step made it.
    pub(super) fn is_of_step(&self, key: uuid::Uuid) -> bool {
        self.mark().is_some_and(|mark| mark.key == key)
    }

    /// Whether the request made it that the actions on it belong to.
    pub(super) fn is_of_request(&self, maker: uuid::Uuid) -> bool {
        self.mark().is_some_and(|mark| mark.maker == maker)
    }
}

impl<'s> Session<'s> {
    /// Connects to the server's own database, or to another of its databases.
    pub(super) async fn open(server: &'s Server, database: Option<&Name>) -> Result<Self, Failed> {
        let mut config = Config::new();
        match &server.place {
            Place::Host(host) => config.host(host),
            Place::Socket(folder) => config.host_path(folder),
        };
        config
            .port(server.port)
            .user(&server.user)
            .dbname(database.map_or(server.database.as_str(), Name::as_str))
            .application_name("portolan provisioning")
            .connect_timeout(CONNECTING)
            .ssl_mode(if server.tls { SslMode::Require } else { SslMode::Disable });
        if let Some(password) = &server.password {
            config.password(password.reveal());
        }
        let connecting = async {
            if server.tls {
                let tls = ClientConfig::with_platform_verifier().map_err(|error| {
                    Failed::platform(
                        format!("This machine's certificates cannot be read: {error}."),
                        "The portal's operator installs the system's certificates (ca-certificates).",
                    )
                })?;
                let (client, connection) = config
                    .connect(MakeRustlsConnect::new(tls))
                    .await
                    .map_err(|error| failed(server, &error))?;
                Ok((client, tokio::spawn(async move { drop(connection.await) })))
            } else {
                let (client, connection) =
                    config.connect(NoTls).await.map_err(|error| failed(server, &error))?;
                Ok((client, tokio::spawn(async move { drop(connection.await) })))
            }
        };
        let (client, driver) = tokio::time::timeout(2 * CONNECTING, connecting)
            .await
            .map_err(|_| away(server, "it did not answer in time"))??;
        let session = Self { server, client, driver };
        session.run(LIMITS).await?;
        Ok(session)
    }

    /// Holds a name until this session ends: whoever else works on it waits.
    pub(super) async fn hold(&self, name: &Name) -> Result<(), Failed> {
        let lock = format!("portolan:{}", name.as_str());
        self.client
            .execute("SELECT pg_advisory_lock(hashtextextended($1, 0))", &[&lock])
            .await
            .map(drop)
            .map_err(|error| failed(self.server, &error))
    }

    /// Runs statements. Names in them are quoted by [`Name::quoted`], texts by [`text`].
    pub(super) async fn run(&self, statements: &str) -> Result<(), Failed> {
        self.client.batch_execute(statements).await.map_err(|error| failed(self.server, &error))
    }

    /// What is there under a name.
    pub(super) async fn find(&self, name: &Name) -> Result<Found, Failed> {
        let row = self
            .client
            .query_one(
                "SELECT r.oid IS NOT NULL, shobj_description(r.oid, 'pg_authid'), pg_get_userbyid(d.datdba)::text
                 FROM (SELECT $1::text AS name) n
                 LEFT JOIN pg_roles r ON r.rolname = n.name
                 LEFT JOIN pg_database d ON d.datname = n.name",
                &[&name.as_str()],
            )
            .await
            .map_err(|error| failed(self.server, &error))?;
        Ok(Found { role: row.get(0), comment: row.get(1), owner: row.get(2) })
    }

    /// Whether the admin may do all, or needs to be a member of the roles it makes databases for.
    pub(super) async fn is_superuser(&self) -> Result<bool, Failed> {
        let row = self
            .client
            .query_one("SELECT rolsuper FROM pg_roles WHERE rolname = current_user", &[])
            .await
            .map_err(|error| failed(self.server, &error))?;
        Ok(row.get(0))
    }
}

/// A text for a statement.
pub(super) fn text(plain: &str) -> String {
    escape_literal(&plain.replace('\0', ""))
}

fn away(server: &Server, why: &str) -> Failed {
    Failed::outside(
        format!("The database server {} cannot be reached: {why}.", server.name),
        "It is tried again. If it stays so, whoever operates the server looks after it.",
    )
}

/// What went wrong, whose turn it is, and whether it is worth another attempt.
pub(super) fn failed(server: &Server, error: &tokio_postgres::Error) -> Failed {
    let Some(told) = error.as_db_error() else {
        let mut cause: &dyn std::error::Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        return away(server, &cause.to_string());
    };
    let (name, code) = (&server.name, told.code());
    let operator = "The portal's operator looks at PORTOLAN_PROVISION_POSTGRES and at the server.";
    if *code == SqlState::INSUFFICIENT_PRIVILEGE {
        return Failed::platform(
            format!(
                "The portal's account on the database server {name} may not do this: {}.",
                told.message()
            ),
            "Whoever operates the server gives it CREATEDB and CREATEROLE.",
        );
    }
    match code.code() {
        // login refused
        "28000" | "28P01" | "3D000" => Failed::platform(
            format!("The database server {name} does not let the portal in: {}.", told.message()),
            operator,
        ),
        // too many connections, out of memory or disk, starting or stopping, in use just now, waited too long
        "55006" | "55P03" | "57014" => Failed::outside(
            format!("The database server {name} is busy with something else: {}.", told.message()),
            "It is tried again by itself.",
        ),
        code if code.starts_with("53") || code.starts_with("57P") || code.starts_with("08") => {
            away(server, told.message())
        }
        code => Failed::platform(
            format!("The database server {name} refused: {} ({code}).", told.message()),
            operator,
        )
        .once_more(),
    }
}

/// A new password: 32 random bytes. Only letters, digits, `-` and `_`, so that nothing needs to quote it.
pub(super) fn password() -> Result<String, Failed> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| {
        Failed::outside("The portal's machine has no random numbers for a password.", "It is tried again.")
    })?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What the server is given instead of a password: it checks it and cannot tell it, nor can its log.
pub(super) fn verifier(password: &str) -> String {
    text(&postgres_protocol::password::scram_sha_256(password.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_passwords_are_quoted() {
        assert_eq!(text("it's"), "'it''s'");
        assert_eq!(text("a\\'; DROP"), " E'a\\\\''; DROP'");
        assert_eq!(text("a\0b"), "'ab'");
        let (one, two) = (password().unwrap(), password().unwrap());
        assert!(one != two && one.len() == 43);
        let verifier = verifier(&one);
        assert!(verifier.starts_with("'SCRAM-SHA-256$4096:") && !verifier.contains(&one), "{verifier}");
    }
}
