//! The catalog: entities, what they say about each other, who owns them and since when.

mod kind;
mod reference;

pub use kind::Kind;
pub use reference::{BadRef, EntityRef};
