//! Passwords: argon2id, hashed off the request's thread and only a few at a time (each takes 19 MiB).

use std::sync::OnceLock;

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use tokio::sync::Semaphore;

use super::{sign_in, store};
use crate::check::Checks;
use crate::secret;
use crate::{
    Cx, Error, Result,
    activity::{self, Act},
};

/// Shortest password. Length is what makes guessing hopeless; rules about digits and signs make passwords worse.
pub const SHORTEST_PASSWORD: usize = 12;
const LONGEST_BYTES: usize = 1024;

static HASHING: Semaphore = Semaphore::const_new(2);

/// Sets the signed-in person's password. Whoever has one must know it; all other sessions end. `session` is the secret
/// of the session to keep.
pub async fn set_password(cx: &mut Cx<'_>, current: &str, new: &str, session: Option<&str>) -> Result<()> {
    cx.writer()?;
    let me = super::me(cx).await?;
    if let Some(hash) = store::password_hash(cx, me.id).await? {
        let account = me.handle.to_lowercase();
        let attempt = sign_in::attempt(cx, &account, "").await?;
        if !verify(current.to_owned(), Some(hash)).await? {
            return Err(Error::invalid("current", "is not your password"));
        }
        store::forget_attempt(cx, attempt).await?;
    }
    let mut checks = Checks::default();
    check(&mut checks, "password", new, &[&me.handle, &me.name, me.email.as_deref().unwrap_or_default()]);
    checks.done()?;
    let hash = hash(new.to_owned()).await?;
    cx.atomically(async |cx| {
        store::set_password_hash(cx, me.id, &hash).await?;
        store::end_sessions_of(cx, me.id, session.map(secret::digest).as_ref().map(<[u8; 32]>::as_slice))
            .await?;
        store::void_links_of(cx, me.id).await?;
        activity::record(cx, Act::new("person.password-set", super::person::subject(&me))).await
    })
    .await
}

/// Whether the signed-in person has a password.
pub async fn has_password(cx: &mut Cx<'_>) -> Result<bool> {
    let me = cx.reader()?;
    Ok(store::password_hash(cx, me).await?.is_some())
}

/// What a password must be. `about` is what guessers try first: the person's own names.
pub(super) fn check(checks: &mut Checks, field: &str, password: &str, about: &[&str]) {
    let length = password.chars().count();
    let lower = password.to_lowercase();
    if length < SHORTEST_PASSWORD {
        checks.problem(field, format!("needs {SHORTEST_PASSWORD} characters at least, this has {length}; a few words in a row are easy to keep in mind"));
    } else if password.len() > LONGEST_BYTES {
        checks.problem(field, format!("may have {LONGEST_BYTES} bytes at most"));
    } else if about.iter().any(|a| !a.is_empty() && a.to_lowercase() == lower) {
        checks.problem(field, "must not be your name, handle or e-mail address");
    } else if lower.chars().collect::<std::collections::HashSet<_>>().len() < 5 {
        checks.problem(field, "repeats too few characters; a few words in a row are easy to keep in mind");
    }
}

pub(super) async fn hash(password: String) -> Result<String> {
    blocking(move || {
        Ok(Argon2::default().hash_password(password.as_bytes()).map_err(unhashable)?.to_string())
    })
    .await
}

/// Whether a password fits. Without a stored hash it works just as long and says no: whether an account exists cannot
/// be told from the time an answer takes.
pub(super) async fn verify(password: String, stored: Option<String>) -> Result<bool> {
    static NOBODY: OnceLock<String> = OnceLock::new();
    blocking(move || {
        if password.len() > LONGEST_BYTES {
            return Ok(false);
        }
        let known = stored.is_some();
        let stored = match stored {
            Some(stored) => stored,
            None => {
                if let Some(nobody) = NOBODY.get() {
                    nobody.clone()
                } else {
                    let made = Argon2::default()
                        .hash_password(b"nobody has this password")
                        .map_err(unhashable)?
                        .to_string();
                    NOBODY.get_or_init(|| made).clone()
                }
            }
        };
        let parsed = PasswordHash::new(&stored).map_err(|e| {
            Error::Unavailable(format!(
                "a stored password cannot be read ({e}); ask an admin for a sign-in link"
            ))
        })?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && known)
    })
    .await
}

/// Runs heavy work beside the requests, a few at a time.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let unavailable = || Error::Unavailable("the portal is shutting down; try again in a moment".into());
    let turn = HASHING.acquire().await.map_err(|_| unavailable())?;
    // whoever goes away meanwhile gives the turn back when the work is done, not before
    let work = move || {
        let _turn = turn;
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| unavailable())?
}

fn unhashable(error: argon2::password_hash::Error) -> Error {
    Error::Unavailable(format!("the password could not be hashed ({error}); try again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(password: &str) -> Option<String> {
        let mut checks = Checks::default();
        check(&mut checks, "password", password, &["imke", "Imke van Dijk-Jansen", ""]);
        match checks.done() {
            Err(Error::Invalid(problems)) => Some(problems[0].message.clone()),
            _ => None,
        }
    }

    #[test]
    fn length_counts_and_own_names_do_not() {
        assert_eq!(complaint("correct horse battery"), None);
        assert_eq!(complaint("äöüäöüßßßéèê"), None);
        assert!(complaint("short").is_some_and(|m| m.contains("12 characters at least, this has 5")));
        assert!(complaint("imke VAN dijk-jansen").is_some_and(|m| m.contains("your name")));
        assert!(complaint("aaaaaaaaaaaaaaaa").is_some_and(|m| m.contains("too few")));
        assert!(complaint(&"x1y2z3w4".repeat(200)).is_some_and(|m| m.contains("at most")));
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_alone() {
        let stored = hash("correct horse battery".into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$"), "{stored}");
        assert!(verify("correct horse battery".into(), Some(stored.clone())).await.unwrap());
        assert!(!verify("Correct horse battery".into(), Some(stored)).await.unwrap());
        assert!(!verify("nobody has this password".into(), None).await.unwrap());
    }
}
