//! What was deployed where, by whom, how it went: told by pipelines.

/// Key that seals webhook secrets at rest.
#[derive(Clone)]
pub struct SealingKey([u8; 32]);

impl SealingKey {
    /// From 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealingKey(..)")
    }
}
