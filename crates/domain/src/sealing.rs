//! Secrets at rest: XChaCha20-Poly1305 under the portal's key, the nonce first.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::{Error, Result};

const NONCE: usize = 24;

/// Key that seals secrets at rest: of webhooks, and addresses that open a door by themselves.
#[derive(Clone)]
pub struct SealingKey([u8; 32]);

impl SealingKey {
    /// From 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Seals a secret. It opens only for the same `owner` (the row it belongs to), so sealed bytes cannot be moved
    /// from one row to another.
    pub(crate) fn seal(&self, secret: &[u8], owner: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| broken())?;
        let mut sealed = nonce.to_vec();
        sealed.extend(
            self.cipher()
                .encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: owner })
                .map_err(|_| broken())?,
        );
        Ok(sealed)
    }

    /// Opens what [`SealingKey::seal`] sealed for `owner`; none if the key, the owner or the bytes are not the same.
    pub(crate) fn open(&self, sealed: &[u8], owner: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE>()?;
        self.cipher().decrypt(&XNonce::from(*nonce), Payload { msg: text, aad: owner }).ok()
    }

    /// A token for one thing, which only whoever has the key can make: nothing need be stored to know it again. `label` says
    /// what kind of thing, so that a token for one kind is none for another.
    pub(crate) fn derive(&self, label: &str, of: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0)
            .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        mac.update(label.as_bytes());
        mac.update(&[0]);
        mac.update(of);
        hex::encode(mac.finalize().into_bytes())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }
}

/// The key, for what cannot be done without one.
pub(crate) fn required<'k>(key: Option<&'k SealingKey>, what: &str) -> Result<&'k SealingKey> {
    key.ok_or_else(|| {
        Error::Unavailable(format!(
            "{what} need a key to seal their secrets with; the operator sets PORTOLAN_SECRET_KEY"
        ))
    })
}

/// A new secret of 32 random bytes.
pub(crate) fn random() -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| broken())?;
    Ok(bytes)
}

fn broken() -> Error {
    Error::Unavailable("the system has no random numbers to make a secret of; try again in a moment".into())
}

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealingKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::SealingKey;

    #[test]
    fn tokens_are_made_again_and_differ_by_what_they_are_for() {
        let key = SealingKey::new([7; 32]);
        let made = key.derive("state", b"one");
        assert!(made.len() == 64 && key.derive("state", b"one") == made);
        for (label, of) in [("state", b"two".as_slice()), ("other", b"one"), ("stateo", b"ne")] {
            assert_ne!(key.derive(label, of), made, "{label}");
        }
        assert_ne!(SealingKey::new([8; 32]).derive("state", b"one"), made);
    }

    #[test]
    fn opens_only_with_the_same_key_for_the_same_owner_and_untouched() {
        let key = SealingKey::new([7; 32]);
        let sealed = key.seal(b"whsec", b"hook-1").unwrap();
        assert_eq!(key.open(&sealed, b"hook-1").as_deref(), Some(b"whsec".as_slice()));
        assert_eq!(key.open(&sealed, b"hook-2"), None);
        assert_eq!(SealingKey::new([8; 32]).open(&sealed, b"hook-1"), None);
        let mut touched = sealed.clone();
        touched[30] ^= 1;
        assert_eq!(key.open(&touched, b"hook-1"), None);
        assert_eq!(key.open(&sealed[..10], b"hook-1"), None);
        assert_ne!(key.seal(b"whsec", b"hook-1").unwrap(), sealed, "a nonce is never used twice");
    }
}
