//! Who a cookie or a token stands for.

use std::{
    collections::HashMap,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use jiff::{SignedDuration, Timestamp};

use super::{TOKEN_PREFIX, session, store, token};
use crate::secret;
use crate::{Actor, Call, Db, Result, SessionId, TokenId, Via};

const MOST: usize = 10_000;
const FRESH: SignedDuration = SignedDuration::from_secs(10);
const TOUCH_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// Remembers callers for seconds, so that a read costs one statement and not two. Forgets all of them whenever the
/// database says that a right was taken away (`callers_changed`); remembers nobody while nothing listens for that.
#[derive(Debug, Default)]
pub struct Callers {
    known: RwLock<HashMap<[u8; 32], Known>>,
    listening: AtomicBool,
    /// Raised at each forgetting: what was looked up before is not remembered after.
    forgettings: AtomicU64,
}

#[derive(Debug)]
struct Known {
    actor: Actor,
    expires_at: Option<Timestamp>,
    fresh_until: Timestamp,
}

enum Used {
    Session(SessionId),
    Token(TokenId),
}

impl Callers {
    /// The person of a session cookie; none if it is unknown, ended or its person inactive.
    pub async fn by_session(&self, db: &Db, secret: &str, now: Timestamp) -> Result<Option<Actor>> {
        if !secret::looks_right(secret, "") {
            return Ok(None);
        }
        let digest = secret::digest(secret);
        if let Some(actor) = self.recall(&digest, now) {
            return Ok(Some(actor));
        }
        let before = self.forgettings.load(Ordering::Acquire);
        let mut call = db.call(Actor::stranger(Via::Page), now).await?;
        let Some(found) = store::caller_by_session(&mut call.cx(), &digest).await? else { return Ok(None) };
        drop(call);
        note_use(db, Used::Session(found.id), found.last_seen_at, now);
        self.remember(before, digest, &found.actor, found.expires_at, now);
        Ok(Some(found.actor))
    }

    /// Whether a session still holds. Asking is no use of it.
    pub async fn is_session(&self, db: &Db, secret: &str, now: Timestamp) -> Result<bool> {
        if !secret::looks_right(secret, "") {
            return Ok(false);
        }
        let digest = secret::digest(secret);
        if self.recall(&digest, now).is_some() {
            return Ok(true);
        }
        let mut call = db.call(Actor::stranger(Via::Page), now).await?;
        Ok(store::caller_by_session(&mut call.cx(), &digest).await?.is_some())
    }

    /// The person of a bearer token; none if it is unknown, expired, revoked or its person inactive.
    pub async fn by_token(&self, db: &Db, secret: &str, now: Timestamp) -> Result<Option<Actor>> {
        if !secret::looks_right(secret, TOKEN_PREFIX) {
            return Ok(None);
        }
        let digest = secret::digest(secret);
        if let Some(actor) = self.recall(&digest, now) {
            return Ok(Some(actor));
        }
        let before = self.forgettings.load(Ordering::Acquire);
        let mut call = db.call(Actor::stranger(Via::Api), now).await?;
        let Some(found) = store::caller_by_token(&mut call.cx(), &digest).await? else { return Ok(None) };
        drop(call);
        note_use(db, Used::Token(found.id), found.last_seen_at, now);
        self.remember(before, digest, &found.actor, found.expires_at, now);
        Ok(Some(found.actor))
    }

    /// Forgets everybody: a right was taken away, nobody knows whose.
    pub fn forget_all(&self) {
        self.forgettings.fetch_add(1, Ordering::AcqRel);
        self.known.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Says whether something listens for `callers_changed`. While nothing does, every caller is looked up.
    pub fn set_listening(&self, listening: bool) {
        self.listening.store(listening, Ordering::Release);
        self.forget_all(); // what was said while nobody listened is lost
    }

    /// A caller from memory: no statement, and no allocation (an actor's texts are shared).
    fn recall(&self, digest: &[u8; 32], now: Timestamp) -> Option<Actor> {
        if !self.listening.load(Ordering::Acquire) {
            return None;
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let caller = known.get(digest)?;
        let valid = caller.fresh_until > now && caller.expires_at.is_none_or(|e| e > now);
        valid.then(|| caller.actor.clone())
    }

    fn remember(
        &self,
        before: u64,
        digest: [u8; 32],
        actor: &Actor,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) {
        if !self.listening.load(Ordering::Acquire) {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if self.forgettings.load(Ordering::Acquire) != before {
            return;
        }
        if known.len() >= MOST {
            known.retain(|_, caller| caller.fresh_until > now);
        }
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(digest, Known { actor: actor.clone(), expires_at, fresh_until: now + FRESH });
    }
}

/// Notes that a credential is in use: once a minute, and not in the request's way.
fn note_use(db: &Db, used: Used, last: Option<Timestamp>, now: Timestamp) {
    if last.is_some_and(|last| now.duration_since(last) < TOUCH_AFTER) {
        return;
    }
    let db = db.clone();
    tokio::spawn(async move {
        let noted = async {
            let mut call: Call = db.call(Actor::system(), now).await?;
            match used {
                Used::Session(id) => session::touch(&mut call.cx(), id).await,
                Used::Token(id) => token::touch(&mut call.cx(), id).await,
            }
        };
        if let Err(error) = noted.await {
            tracing::debug!(%error, "the use of a session or token could not be noted");
        }
    });
}
