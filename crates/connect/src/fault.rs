//! Places at which a test lets the process die, as the power would: named by `PORTOLAN_FAULT_POINT`, in debug builds alone.

/// Ends the process here, if a test asked for it. Nothing is flushed, nothing is said.
#[cfg(debug_assertions)]
pub fn point(name: &str) {
    static ASKED: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    let asked = ASKED.get_or_init(|| std::env::var("PORTOLAN_FAULT_POINT").ok());
    if asked.as_deref() == Some(name) {
        std::process::abort();
    }
}

/// Nothing, outside of tests.
#[cfg(not(debug_assertions))]
pub fn point(_name: &str) {}
