//! Who is told of a page, and who next.

mod plan;

pub use plan::{Next, Plan, Progress, Reached, Step, Target};
