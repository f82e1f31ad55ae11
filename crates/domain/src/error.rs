//! One error for every operation. It states facts; each face translates it once.

use std::time::Duration;

/// What an operation returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One thing wrong with an input: where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// Name of the field, as the caller knows it; dotted path inside a document.
    pub field: String,
    /// A sentence part that follows the field's name: "must be from 1 to 200".
    pub message: String,
}

/// Why an operation did not happen. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not exist, or the actor may not know that it does.
    #[error("there is no {what} {key:?}")]
    NotFound {
        /// What kind of thing: "service", "team".
        what: &'static str,
        /// The key that was looked for.
        key: String,
    },
    /// The input breaks rules; all broken rules are listed.
    #[error("{}", problems_text(.0))]
    Invalid(Vec<Problem>),
    /// It clashes with what is there.
    #[error("{0}")]
    Conflict(String),
    /// Somebody else changed the thing meanwhile (the caller named an older version).
    #[error("it was changed meanwhile; load it again and repeat the edit")]
    Stale,
    /// Nobody is signed in.
    #[error("sign in first")]
    Unauthenticated,
    /// The actor may not; the message says why and whom to ask.
    #[error("{0}")]
    Forbidden(String),
    /// Too many tries.
    #[error("too many tries; wait {} s", .0.as_secs())]
    Throttled(Duration),
    /// Something Portolan needs does not answer, or is not set up; the message says what to do.
    #[error("{0}")]
    Unavailable(String),
    /// The database failed in a way that no rule explains.
    #[error("database: {0}")]
    Database(#[source] sqlx::Error),
}

impl Error {
    /// One problem with one field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Problem { field: field.into(), message: message.into() }])
    }

    /// Nothing there under this key.
    pub fn not_found(what: &'static str, key: impl Into<String>) -> Self {
        Self::NotFound { what, key: key.into() }
    }

    /// The named constraint that a failed statement broke, if it was that.
    pub(crate) fn constraint(error: &sqlx::Error) -> Option<&str> {
        error.as_database_error().and_then(|e| e.constraint())
    }

    /// The database does not answer just now: the operator reads why, the caller is told to come again.
    fn away(error: &sqlx::Error) -> Self {
        tracing::warn!(%error, "the database does not answer");
        Self::Unavailable("the database does not answer; try again in a moment".into())
    }
}

/// What two checks of one input found: both results, or the problems of both.
pub(crate) fn both<A, B>(first: Result<A>, second: Result<B>) -> Result<(A, B)> {
    match (first, second) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(Error::Invalid(mut a)), Err(Error::Invalid(b))) => {
            a.extend(b);
            Err(Error::Invalid(a))
        }
        (Err(e), _) | (_, Err(e)) => Err(e),
    }
}

fn problems_text(problems: &[Problem]) -> String {
    problems.iter().map(|p| format!("{} {}", p.field, p.message)).collect::<Vec<_>>().join("; ")
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut => {
                Self::Unavailable("the database has no free connection; try again in a moment".into())
            }
            // 40001 serialization_failure, 40P01 deadlock_detected: the same request may work the next time
            sqlx::Error::Database(e) if matches!(e.code().as_deref(), Some("40001" | "40P01")) => {
                Self::Conflict("somebody changed the same thing at the same moment; try again".into())
            }
            // 57014 query_canceled: the statement's time was over
            sqlx::Error::Database(e) if e.code().as_deref() == Some("57014") => Self::Unavailable(
                "this took the database too long; try again in a moment, or ask for less at once".into(),
            ),
            // 22021 character_not_in_repertoire, in JSON 22P05 untranslatable_character: Postgres keeps no NUL, so nothing
            // of that name can be there
            sqlx::Error::Database(e) if matches!(e.code().as_deref(), Some("22021" | "22P05")) => {
                Self::invalid("text", "must not contain the character NUL")
            }
            // 22008 datetime_field_overflow: before 4713 BC
            sqlx::Error::Database(e) if e.code().as_deref() == Some("22008") => {
                Self::invalid("time", "lies too far in the past to be kept")
            }
            // 57P01, 57P02, 57P03: it is being stopped, or is just starting
            sqlx::Error::Database(e) if e.code().is_some_and(|code| code.starts_with("57P")) => {
                Self::away(&error)
            }
            sqlx::Error::Io(_) => Self::away(&error),
            _ => Self::Database(error),
        }
    }
}
