//! How much is asked of whom. Figures help the team and its chain; they rank nobody.

mod share;

pub use share::{TooOften, too_often};
