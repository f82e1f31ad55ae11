//! Times of the week, as people write them.
//!
//! `{"days": ["mon", "fri"], "from": "22:00", "to": "06:00"}` is several windows of a day each, where one that ends before
//! it begins crosses midnight and belongs to the day it begins on, and equal times are the whole day.
//! `{"from_day": "fri", "from": "20:00", "to_day": "mon", "to": "08:00"}` is one over days. What is kept is always
//! `{"start_day": "fri", "start": "20:00", "end_day": "mon", "end": "08:00"}`.

use jiff::civil::{Time, Weekday};
use serde::{Deserialize, Serialize};

/// A span of the week between two wall times. An end that is not after the start lies in the next week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Window {
    /// First wall time.
    pub start: WallTime,
    /// First wall time after it.
    pub end: WallTime,
}

/// A time of a day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WallTime {
    /// The day.
    pub day: Weekday,
    /// The time, to the minute.
    pub time: Time,
}

const DAYS: [(&str, &str, Weekday); 7] = [
    ("mon", "monday", Weekday::Monday),
    ("tue", "tuesday", Weekday::Tuesday),
    ("wed", "wednesday", Weekday::Wednesday),
    ("thu", "thursday", Weekday::Thursday),
    ("fri", "friday", Weekday::Friday),
    ("sat", "saturday", Weekday::Saturday),
    ("sun", "sunday", Weekday::Sunday),
];

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    start_day: String,
    start: String,
    end_day: String,
    end: String,
}

impl TryFrom<Stored> for Window {
    type Error = String;
    fn try_from(stored: Stored) -> Result<Self, String> {
        let at =
            |day: &str, time: &str| Ok::<_, String>(WallTime { day: day_of(day)?, time: time_of(time)? });
        Ok(Self { start: at(&stored.start_day, &stored.start)?, end: at(&stored.end_day, &stored.end)? })
    }
}

impl From<Window> for Stored {
    fn from(window: Window) -> Self {
        Self {
            start_day: word_of(window.start.day).into(),
            start: window.start.time.strftime("%H:%M").to_string(),
            end_day: word_of(window.end.day).into(),
            end: window.end.time.strftime("%H:%M").to_string(),
        }
    }
}

/// The three letters of a day.
pub fn word_of(day: Weekday) -> &'static str {
    DAYS[usize::from(day.to_monday_zero_offset().unsigned_abs())].0
}

/// The day of its name, whole or the first three letters.
pub(super) fn day_of(word: &str) -> Result<Weekday, String> {
    let small = word.trim().to_lowercase();
    DAYS.iter()
        .find(|(short, long, _)| small == *short || small == *long)
        .map(|(_, _, day)| *day)
        .ok_or_else(|| format!("{word:?} is no day: write mon, tue, wed, thu, fri, sat or sun"))
}

/// The time of `20:00` (seconds are cut); `24:00` is midnight.
pub(super) fn time_of(word: &str) -> Result<Time, String> {
    let unknown = || format!("{word:?} is no time of the day: write it like 08:00 or 20:30");
    let mut parts = word.trim().splitn(3, ':');
    let mut part = |most: i8| {
        let part =
            parts.next().filter(|p| (1..=2).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()));
        part.and_then(|p| p.parse::<i8>().ok()).filter(|n| *n <= most)
    };
    match (part(24), part(59), part(59)) {
        (Some(24), Some(0), None | Some(0)) => Ok(Time::midnight()),
        (Some(hour), Some(minute), _) if hour < 24 => Time::new(hour, minute, 0, 0).map_err(|_| unknown()),
        _ => Err(unknown()),
    }
}
