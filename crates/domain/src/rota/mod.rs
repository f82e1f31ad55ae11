//! Who is on call, when: schedules of teams, their layers of people who take turns, and who takes over from whom.
//!
//! What a schedule says is one pure function of a [`Plan`]: turns of rotations → cut to the coverage → higher layers
//! over lower ones → covers. Hand-offs are wall times of the plan's zone; only results are instants.
//!
//! Around it stands what is kept. [`create_schedule`] and [`change`] write what people decide, [`add_cover`] and
//! [`take_swap`] lay something over it, and each renews the shifts in its transaction: what is over is a fact and stays.
//! So [`on_call_of_team`], [`shifts_of_schedule`] and [`company_now`] only look. [`preview`] says what an edit would move,
//! [`warnings`] what is missing, [`named_in`] what is left of somebody who is gone.

mod away;
mod cover;
mod difference;
mod duty;
mod edit;
mod effective;
mod feed;
mod holiday;
pub mod ical;
pub mod load;
mod named;
mod oncall;
mod plan;
mod renew;
mod schedule;
mod shifts;
mod span;
mod store;
mod succession;
mod swap;
mod tell;
mod times;
mod turns;
mod typed_time;
mod warning;
mod window;

pub use away::{
    ASK_CALENDAR, Away, AwayCalendar, EVERY, ToAsk, away, away_calendar, calendar_failed, calendar_read,
    calendar_unchanged, remove_away_calendar, set_away_calendar, sweep_calendars, to_ask,
};
pub use cover::{CoverRecord, NewCover, add_cover, covers, withdraw_cover};
pub use difference::{Difference, differences};
pub use duty::{
    Contact, Duty, Held, MOST_DAYS, NowAndNext, Via, away_during, company_now, contacts, my_next_shifts,
    on_call_of_teams, on_duty, plan_of, shifts_of_person, shifts_of_schedule, shifts_of_team,
};
pub use edit::{
    Edit, LayerEdit, NewLayer, NewSchedule, Preview, ScheduleEdit, change, create_schedule, preview,
};
pub use effective::Effective;
pub use feed::{CalendarFeed, FEED_PREFIX, create_feed, feed_path, feeds, read_feed, revoke_feed, sweep};
pub use holiday::{
    Holiday, HolidayCalendar, create_holiday_calendar, delete_holiday_calendar, edit_holiday_calendar,
    holiday_calendar, holiday_calendars, holidays_of_file,
};
pub(crate) use named::check_successor;
pub use named::{NamedIn, named_in, preview_replacement, replace_person};
pub use oncall::{OnCall, on_call, on_call_of_entity, on_call_of_team, on_schedule};
pub use plan::{Cover, CoverKind, Coverage, Holder, Layer, Plan, Rotation, Shift, ShiftVia, Unit};
pub use renew::{HORIZON, renew_due};
pub use schedule::{
    LayerRecord, Purpose, Schedule, ScheduleFilter, ScheduleName, layers, schedule, schedule_by_id,
    schedules, schedules_of_team,
};
pub use shifts::{layer_shifts, shifts};
pub use succession::{following, next_hand_off};
pub use swap::{
    NewSwap, Swap, SwapFilter, SwapState, ask_swap, give_swap_back, swap, swaps, swaps_asked_of_me,
    take_swap, withdraw_swap,
};
pub use times::{add_covered, covered_between, next_covered};
pub use typed_time::{TypedTimeError, typed_time, wall_time};
pub use warning::{LOOK_AHEAD, Warning, warnings};
pub use window::{WallTime, Window, day_of, time_of, windows_of, word_of};

#[cfg(test)]
mod tests;
