//! The catalog: entities, what they say about each other, who owns them and since when.

pub mod findings;
mod kind;
pub mod likely;
pub mod ownership;
mod reference;
mod store;

pub use kind::Kind;
pub use reference::{BadRef, EntityRef};
