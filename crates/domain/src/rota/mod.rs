//! Who is on call, when: schedules of teams, their layers of people who take turns, and who takes over from whom.
//!
//! What a schedule says is one pure function of a [`Plan`]: turns of rotations → cut to the coverage → higher layers
//! over lower ones → covers. Hand-offs are wall times of the plan's zone; only results are instants.

mod difference;
pub mod ical;
mod plan;
mod shifts;
mod span;
mod succession;
mod times;
mod turns;
mod typed_time;
mod window;

pub use difference::{Difference, differences};
pub use plan::{Cover, CoverKind, Coverage, Holder, Layer, Plan, Rotation, Shift, ShiftVia, Unit};
pub use shifts::{gaps, layer_shifts, shifts};
pub use succession::{following, next_hand_off};
pub use times::{add_covered, covered_between};
pub use typed_time::{TypedTimeError, typed_time, wall_time};
pub use window::{WallTime, Window, day_of, time_of, windows_of, word_of};

#[cfg(test)]
mod tests;
