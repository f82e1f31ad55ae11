//! Who is on call, when: schedules of teams, their layers of people who take turns, and who takes over from whom.
//!
//! What a schedule says is one pure function of a [`Plan`]: turns of rotations → cut to the coverage → higher layers
//! over lower ones → covers. Hand-offs are wall times of the plan's zone; only results are instants.

mod plan;
mod window;

pub use plan::{Cover, CoverKind, Coverage, Holder, Layer, Plan, Rotation, Shift, ShiftVia, Unit};
pub use window::{WallTime, Window, word_of};
