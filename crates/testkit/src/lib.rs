//! Builders for tests: a portal over a test's own database, and people and teams in it.
//!
//! ```ignore
//! let bed = Bed::new(pool);
//! let imke = bed.person("imke").await;
//! let basket = bed.team("basket").await;
//! bed.join(&imke, &basket).await;
//! let mut call = bed.as_person(&imke).await;
//! people::edit_team(&mut call.cx(), "basket", edit, None).await?;
//! ```
//! A builder panics where a test would: what it builds must be possible.

mod bed;
pub mod catalog;
mod people;
pub mod rota;

pub use bed::{Bed, MIDNIGHT_CALL};
pub use people::{PASSWORD, group, token, user};
