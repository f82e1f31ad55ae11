//! The context every operation runs in: a connection, who acts, and what time it is.

use jiff::Timestamp;
use sqlx::{Connection, PgConnection, PgPool, Postgres, pool::PoolConnection};

use crate::{
    Error, PersonId, Result,
    people::{Person, Preferences},
};

/// The database, so that faces never name its driver.
#[derive(Debug, Clone)]
pub struct Db {
    pool: PgPool,
}

impl Db {
    /// Over a pool made at the edge (settings decide its size and timeouts).
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// A connection for one call of `actor`, at `now`. Waits for a free connection as long as the pool's timeout.
    pub async fn call(&self, actor: Actor, now: Timestamp) -> Result<Call> {
        Ok(Call { conn: self.pool.acquire().await?, actor, now })
    }

    /// The pool itself, for what is not an operation: migrations, listeners, metrics.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }
}

/// One call: holds the connection for as long as it lives.
#[derive(Debug)]
pub struct Call {
    conn: PoolConnection<Postgres>,
    actor: Actor,
    now: Timestamp,
}

impl Call {
    /// The context to hand to operations.
    pub fn cx(&mut self) -> Cx<'_> {
        Cx { conn: &mut self.conn, actor: &self.actor, now: self.now }
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The instant of the call.
    pub fn now(&self) -> Timestamp {
        self.now
    }
}

/// The context of an operation.
#[derive(Debug)]
pub struct Cx<'c> {
    conn: &'c mut PgConnection,
    actor: &'c Actor,
    now: Timestamp,
}

impl Cx<'_> {
    /// The connection, for a slice's store.
    pub(crate) fn conn(&mut self) -> &mut PgConnection {
        self.conn
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        self.actor
    }

    /// The same connection and instant for an actor of other standing.
    pub(crate) fn acting<'a>(&'a mut self, actor: &'a Actor) -> Cx<'a> {
        Cx { conn: self.conn, actor, now: self.now }
    }

    /// The instant of the operation: one operation sees one time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The same connection and transaction, for another actor at another instant: a story of the past that is told now.
    pub fn acting_at<'a>(&'a mut self, actor: &'a Actor, now: Timestamp) -> Cx<'a> {
        Cx { conn: self.conn, actor, now }
    }

    /// Runs `act` in a transaction (a savepoint inside one): all of it happens, or none.
    pub async fn atomically<T>(&mut self, act: impl AsyncFnOnce(&mut Cx<'_>) -> Result<T>) -> Result<T> {
        let mut transaction = self.conn.begin().await?;
        let mut cx = Cx { conn: &mut transaction, actor: self.actor, now: self.now };
        match act(&mut cx).await {
            Ok(result) => {
                transaction.commit().await?;
                Ok(result)
            }
            Err(error) => {
                // at once: a dropped transaction keeps its locks until the connection is used again
                if let Err(lost) = transaction.rollback().await {
                    tracing::debug!(error = %lost, "a transaction could not be rolled back; the server does it");
                }
                Err(error)
            }
        }
    }

    /// The signed-in person, with a scope that allows reading.
    pub fn reader(&self) -> Result<PersonId> {
        self.actor.person.ok_or(Error::Unauthenticated)
    }

    /// The signed-in person, with a scope that allows writing. Whether they may write *this* is asked by the slice.
    pub fn writer(&self) -> Result<PersonId> {
        self.actor.writer()
    }

    /// An admin, with a scope that allows administration (or the system itself).
    pub fn admin(&self) -> Result<()> {
        if self.actor.via == Via::System || self.actor.via == Via::Cli {
            return Ok(());
        }
        self.reader()?;
        if !self.actor.admin {
            return Err(Error::Forbidden(
                "only an admin may do this; the admins are listed under People".into(),
            ));
        }
        if self.actor.scope < Scope::Admin {
            return Err(Error::Forbidden(
                "this token may not administer; make one with the scope \"admin\" on your account page"
                    .into(),
            ));
        }
        Ok(())
    }
}

/// What a credential allows, least first. A browser session allows all that its person may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize, sqlx::Type,
)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Scope {
    /// See what the person sees.
    Read,
    /// Also change what the person may change.
    Write,
    /// Also administer, if the person is an admin.
    Admin,
}

impl std::str::FromStr for Scope {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        match s {
            "read" => Ok(Self::Read),
            "write" => Ok(Self::Write),
            "admin" => Ok(Self::Admin),
            _ => Err(Error::invalid("scope", "must be read, write or admin")),
        }
    }
}

impl Scope {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// Through which face an act came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Via {
    /// A page in a browser.
    Page,
    /// The REST API.
    Api,
    /// An applied descriptor.
    Apply,
    /// A command on the server's own machine: whoever may run it owns the database anyway.
    Cli,
    /// Portolan itself (worker, demo).
    System,
}

impl Via {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Api => "api",
            Self::Apply => "apply",
            Self::Cli => "cli",
            Self::System => "system",
        }
    }
}

/// Who acts, as far as a decision needs it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The person; none for strangers and for Portolan itself.
    pub person: Option<PersonId>,
    /// Handle for the log; "stranger" or "system" without a person.
    pub handle: std::sync::Arc<str>,
    /// Name for greetings.
    pub name: std::sync::Arc<str>,
    /// Whether the person is an admin.
    pub admin: bool,
    /// What the credential allows.
    pub scope: Scope,
    /// Through which face.
    pub via: Via,
    /// IANA zone in which the person reads times.
    pub time_zone: std::sync::Arc<str>,
    /// What the person chose for themselves.
    pub preferences: Preferences,
}

impl Actor {
    /// Nobody known.
    pub fn stranger(via: Via) -> Self {
        Self::nobody("stranger", Scope::Read, via)
    }

    /// Portolan itself.
    pub fn system() -> Self {
        Self::nobody("system", Scope::Admin, Via::System)
    }

    /// Whoever runs a command on the server's machine.
    pub fn operator() -> Self {
        Self::nobody("operator", Scope::Admin, Via::Cli)
    }

    /// A known person with a credential.
    pub fn person(person: &Person, scope: Scope, via: Via) -> Self {
        Self {
            person: Some(person.id),
            handle: person.handle.as_str().into(),
            name: person.name.as_str().into(),
            admin: person.admin,
            scope,
            via,
            time_zone: person.time_zone.as_str().into(),
            preferences: person.preferences,
        }
    }

    /// The person, if the credential allows writing.
    pub fn writer(&self) -> Result<PersonId> {
        let person = self.person.ok_or(Error::Unauthenticated)?;
        if self.scope < Scope::Write {
            return Err(Error::Forbidden(
                "this token may only read; make one with the scope \"write\" on your account page".into(),
            ));
        }
        Ok(person)
    }

    fn nobody(handle: &str, scope: Scope, via: Via) -> Self {
        Self {
            person: None,
            handle: handle.into(),
            name: "".into(),
            admin: false,
            scope,
            via,
            time_zone: "UTC".into(),
            preferences: Preferences::default(),
        }
    }
}
