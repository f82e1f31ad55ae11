//! SQL of notices and webhooks.

pub(super) mod endpoint;
pub(super) mod notice;
