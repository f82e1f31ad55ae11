//! Sessions: one per browser, listed for their person and ended one by one or all together.

use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use super::{Device, SignedIn, store};
use crate::secret;
use crate::{Cx, Error, PersonId, Result, SessionId};

/// A session ends after this long without use, and in any case after [`LAST_DAYS`].
const IDLE_DAYS: i64 = 14;
const LAST_DAYS: i32 = 90;

/// A browser that is signed in.
#[derive(Debug, Clone, Serialize)]
pub struct Session {
    /// Key.
    pub id: SessionId,
    /// What the browser says it is.
    pub user_agent: String,
    /// Where it signed in from.
    pub address: String,
    /// When it signed in.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// When it ends if it is not used.
    pub expires_at: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// The signed-in person's sessions, the last used first. `current` is the secret of the one that asks.
pub async fn sessions(cx: &mut Cx<'_>, current: Option<&str>) -> Result<Vec<Session>> {
    let me = cx.reader()?;
    let digest = current.map(secret::digest);
    store::sessions(cx, me, digest.as_ref().map(<[u8; 32]>::as_slice)).await
}

/// Ends one of the signed-in person's sessions.
pub async fn end_session(cx: &mut Cx<'_>, id: SessionId) -> Result<()> {
    let me = cx.writer()?;
    if store::end_session(cx, me, id).await? {
        Ok(())
    } else {
        Err(Error::not_found("session", id.to_string()))
    }
}

/// Signs the person out everywhere, or everywhere but in the session with this secret. Says how many ended.
pub async fn end_all_sessions(cx: &mut Cx<'_>, but: Option<&str>) -> Result<u64> {
    let me = cx.writer()?;
    let digest = but.map(secret::digest);
    store::end_sessions_of(cx, me, digest.as_ref().map(<[u8; 32]>::as_slice)).await
}

/// Ends the session with this secret. Knowing the secret is permission enough.
pub async fn sign_out(cx: &mut Cx<'_>, session: &str) -> Result<()> {
    store::end_session_by_secret(cx, &secret::digest(session)).await
}

/// Begins a session for an active person.
pub(super) async fn begin(cx: &mut Cx<'_>, person: PersonId, device: &Device) -> Result<SignedIn> {
    let (secret, expires_at) = (secret::fresh("")?, idle_end(cx.now()));
    if !store::insert_session(cx, person, &secret::digest(&secret), device, expires_at).await? {
        return Err(Error::Unauthenticated);
    }
    let person = store::person_by_id(cx, person).await?.ok_or(Error::Unauthenticated)?;
    Ok(SignedIn { secret, expires_at, person })
}

/// Notes that a session is in use and moves its end on, once a minute at most.
pub(super) async fn touch(cx: &mut Cx<'_>, id: SessionId) -> Result<()> {
    let (now, a_minute_ago) = (cx.now(), cx.now() - 1.minute());
    store::touch_session(cx, id, a_minute_ago, idle_end(now), LAST_DAYS).await
}

fn idle_end(now: Timestamp) -> Timestamp {
    now + (IDLE_DAYS * 24).hours()
}
