//! The statements of schedules.

mod away;
mod cover;
mod feed;
mod holiday;
mod joined;
mod named;
mod plan;
mod schedule;
mod shift;
mod swap;
mod warning;

pub(super) use away::{
    away, away_calendar, calendar_asked, calendar_read, calendar_to_ask, calendars_not_asked_since, put_away,
    put_away_calendar, remove_away_calendar,
};
pub(super) use cover::{
    count_covers_to_come, cover, cover_of, covers_to_come, insert_cover, rename_covers, withdraw_cover,
    withdraw_covers_of_swap,
};
pub(super) use feed::{delete_cancelled, feeds, insert_feed, open_feed, revoke_feed, touch_feed};
pub(super) use holiday::{
    delete_calendar, holiday_calendars, holidays, holidays_of_schedules, insert_calendar, lock_calendar,
    put_holidays, rename_calendar, schedules_with_calendar,
};
pub(super) use joined::joined;
pub(super) use named::named_in;
pub(super) use plan::{end_rotations, insert_layer, insert_rotation, layers, plan, update_layer};
pub(super) use schedule::{
    count_schedules, insert_schedule, lock_schedule, schedule_by_id, schedule_by_slug, schedules,
    schedules_by_ids, schedules_by_team, schedules_of_team, schedules_to_renew, touch_schedule,
    update_schedule,
};
pub(super) use shift::{
    contacts, duties_around, duties_of_person, duties_of_schedule, duties_of_schedules, feed_of_person,
    feed_of_schedule, first_duties_of_person, held_by_people, kept_from, on_call_of_teams, taken_uids,
    write_renewal,
};
pub(super) use swap::{
    count_swaps, give_swap_back, insert_swap, is_on_schedule, is_participant, rename_swaps, swap, swaps,
    swaps_asked_of, take_swap, withdraw_swap,
};
pub(super) use warning::{away_on_call, double_bookings, empty_and_missing, unreachable};
