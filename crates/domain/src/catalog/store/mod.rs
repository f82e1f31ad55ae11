//! SQL of the catalog.

pub(super) mod findings;
pub(super) mod likely;
pub(super) mod ownership;
