//! Who a cookie or a token stands for.

use jiff::Timestamp;

use crate::{Actor, Db, Result};

/// Remembers callers for seconds, so that a read costs one statement and not two. Forgets all of them whenever the
/// database says that a right was taken away (`callers_changed`).
#[derive(Debug, Default)]
pub struct Callers {}

impl Callers {
    /// The person of a session cookie; none if it is unknown, ended or its person inactive.
    pub async fn by_session(&self, _db: &Db, _secret: &str, _now: Timestamp) -> Result<Option<Actor>> {
        Ok(None)
    }

    /// The person of a bearer token; none if it is unknown, expired, revoked or its person inactive.
    pub async fn by_token(&self, _db: &Db, _secret: &str, _now: Timestamp) -> Result<Option<Actor>> {
        Ok(None)
    }
}
