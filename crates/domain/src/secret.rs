//! Secrets that open doors: random, shown once, stored as their SHA-256.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// A new secret of 256 random bits. Nobody guesses it, so a plain hash of it is enough to store.
pub(crate) fn fresh(prefix: &str) -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| {
        Error::Unavailable("the system gives no random numbers; try again in a moment".into())
    })?;
    Ok(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// What is stored of a secret.
pub(crate) fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Whether a text can be such a secret at all; anything else need not bother the database.
pub(crate) fn looks_right(secret: &str, prefix: &str) -> bool {
    secret.strip_prefix(prefix).is_some_and(|s| {
        s.len() == 43 && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_look_right() {
        let (a, b) = (fresh("ptl_").unwrap(), fresh("ptl_").unwrap());
        assert_ne!(a, b);
        assert!(looks_right(&a, "ptl_") && looks_right(&b, "ptl_"));
        assert!(!looks_right(&a, "") && !looks_right("ptl_short", "ptl_") && !looks_right("", ""));
        assert_eq!(
            hex::encode(digest("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
