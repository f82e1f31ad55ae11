//! Times of the week, as people write them.
//!
//! `{"days": ["mon", "fri"], "from": "22:00", "to": "06:00"}` is a window on each of these days: one that ends before it
//! begins crosses midnight and belongs to the day it begins on, and equal times are the whole day.
//! `{"from_day": "fri", "from": "20:00", "to_day": "mon", "to": "08:00"}` is one over days. What is kept is always
//! `{"start_day": "fri", "start": "20:00", "end_day": "mon", "end": "08:00"}`, which may be written too.

use jiff::civil::{Time, Weekday};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Error, Problem, Result};

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

const MOST: usize = 50; // windows of one list: seven days with a handful each
const DAY: i32 = 24 * 60;
const WEEK: i32 = 7 * DAY;

impl Window {
    /// Minutes of the wall clock from its start to its end; at most a week.
    fn minutes(self) -> i32 {
        match (minute_of_week(self.end) - minute_of_week(self.start)).rem_euclid(WEEK) {
            0 => WEEK,
            minutes => minutes,
        }
    }

    /// Whether it is longer than a day.
    pub(super) fn is_long(self) -> bool {
        self.minutes() > DAY
    }

    /// Midnights of the wall clock that lie between its start and its end.
    pub(super) fn nights(self) -> i32 {
        (minute_of_week(self.start) % DAY + self.minutes()) / DAY
    }
}

fn minute_of_week(at: WallTime) -> i32 {
    i32::from(at.day.to_monday_zero_offset()) * DAY
        + i32::from(at.time.hour()) * 60
        + i32::from(at.time.minute())
}

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
        let at = |day: &str, time: &str| {
            let time = time_of(time).ok_or_else(|| format!("{time:?} {NO_TIME}"))?;
            Ok::<_, String>(WallTime { day: day_of(day).ok_or_else(|| format!("{day:?} {NO_DAY}"))?, time })
        };
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

const NO_DAY: &str = "is no day: write mon, tue, wed, thu, fri, sat or sun";
const NO_TIME: &str = "is no time of the day: write it like 08:00 or 20:30";

/// The three letters of a day.
pub fn word_of(day: Weekday) -> &'static str {
    DAYS[usize::from(day.to_monday_zero_offset().unsigned_abs())].0
}

/// The day of its name, whole or the first three letters.
pub fn day_of(word: &str) -> Option<Weekday> {
    let small = word.trim().to_lowercase();
    DAYS.iter().find(|(short, long, _)| small == *short || small == *long).map(|(_, _, day)| *day)
}

/// The time of `20:00`; seconds are cut.
pub fn time_of(word: &str) -> Option<Time> {
    let number = |part: &str| {
        let digits = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if digits { part.parse::<i8>().ok() } else { None }
    };
    match word.trim().split(':').map(number).collect::<Option<Vec<_>>>()?[..] {
        [hour, minute] | [hour, minute, 0..=59] => Time::new(hour, minute, 0, 0).ok(),
        _ => None,
    }
}

/// The windows of a list in any of the written forms, or everything that is wrong with it, named below `field`.
pub fn windows_of(field: &str, written: &Value) -> Result<Vec<Window>> {
    let list = match written {
        Value::Array(list) if list.len() <= MOST => list,
        Value::Array(_) => return Err(Error::invalid(field, format!("must have at most {MOST} windows"))),
        Value::Null => return Ok(Vec::new()),
        _ => return Err(Error::invalid(field, "must be a list of windows")),
    };
    let (mut windows, mut problems) = (Vec::new(), Vec::new());
    for (index, written) in list.iter().enumerate() {
        let mut reader = Reader { field: format!("{field}[{index}]"), problems: &mut problems };
        match written {
            Value::Object(written) => windows.extend(reader.window(written)),
            _ => reader.wrong("", "must have days, from and to"),
        }
    }
    if problems.is_empty() { Ok(windows) } else { Err(Error::Invalid(problems)) }
}

struct Reader<'p> {
    field: String,
    problems: &'p mut Vec<Problem>,
}

impl Reader<'_> {
    fn wrong(&mut self, key: &str, message: impl Into<String>) {
        let field = if key.is_empty() { self.field.clone() } else { format!("{}.{key}", self.field) };
        self.problems.push(Problem { field, message: message.into() });
    }

    fn window(&mut self, written: &Map<String, Value>) -> Vec<Window> {
        let keys: &[&str] = if written.contains_key("days") {
            &["days", "from", "to"]
        } else if written.contains_key("start_day") {
            &["start_day", "start", "end_day", "end"]
        } else {
            &["from_day", "from", "to_day", "to"]
        };
        for unknown in written.keys().filter(|key| !keys.contains(&key.as_str())) {
            self.wrong(unknown, format!("does not belong here; a window has {}", keys.join(", ")));
        }
        match keys {
            ["days", from, to] => self.on_days(written, from, to),
            [start_day, start, end_day, end] => {
                let start = (self.day(written, start_day), self.time(written, start));
                let end = (self.day(written, end_day), self.end(written, end));
                let ((Some(day), Some(time)), (Some(end_day), Some((end, full)))) = (start, end) else {
                    return Vec::new();
                };
                let end_day = if full { end_day.next() } else { end_day };
                vec![Window { start: WallTime { day, time }, end: WallTime { day: end_day, time: end } }]
            }
            _ => Vec::new(),
        }
    }

    fn on_days(&mut self, written: &Map<String, Value>, from: &str, to: &str) -> Vec<Window> {
        let (from, to) = (self.time(written, from), self.end(written, to).map(|(time, _)| time));
        let days = match &written["days"] {
            Value::Array(days) if (1..=7).contains(&days.len()) => days.as_slice(),
            _ => {
                self.wrong("days", "must be a list of one to seven days");
                &[]
            }
        };
        let days: Vec<_> = days.iter().map(|day| self.named_day("days", day.as_str())).collect();
        let (Some(from), Some(to)) = (from, to) else { return Vec::new() };
        let window = |day: Weekday| Window {
            start: WallTime { day, time: from },
            end: WallTime { day: if to <= from { day.next() } else { day }, time: to },
        };
        days.into_iter().flatten().map(window).collect()
    }

    fn day(&mut self, written: &Map<String, Value>, key: &str) -> Option<Weekday> {
        self.named_day(key, written.get(key).and_then(Value::as_str))
    }

    fn named_day(&mut self, key: &str, word: Option<&str>) -> Option<Weekday> {
        let day = word.and_then(day_of);
        match (day, word) {
            (Some(_), _) => {}
            (None, Some(word)) => self.wrong(key, format!("{word:?} {NO_DAY}")),
            (None, None) => self.wrong(key, "is needed: mon, tue, wed, thu, fri, sat or sun"),
        }
        day
    }

    /// The time at which a window ends, and whether it is written as the end of its day.
    fn end(&mut self, written: &Map<String, Value>, key: &str) -> Option<(Time, bool)> {
        match written.get(key).and_then(Value::as_str).map(str::trim) {
            Some("24:00") => Some((Time::midnight(), true)),
            _ => self.time(written, key).map(|time| (time, false)),
        }
    }

    fn time(&mut self, written: &Map<String, Value>, key: &str) -> Option<Time> {
        let word = written.get(key).and_then(Value::as_str);
        let time = word.and_then(time_of);
        match (time, word) {
            (Some(_), _) => {}
            (None, Some(word)) => self.wrong(key, format!("{word:?} {NO_TIME}")),
            (None, None) => self.wrong(key, "is needed: a time like 08:00"),
        }
        time
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::windows_of;
    use crate::Error;

    fn kept(written: &serde_json::Value) -> serde_json::Value {
        serde_json::to_value(windows_of("coverage", written).unwrap()).unwrap()
    }

    #[test]
    fn both_written_forms_become_the_one_that_is_kept() {
        assert_eq!(
            kept(&json!([{"days": ["Mon", "sunday"], "from": "22:00", "to": "6:00"}])),
            json!([
                {"start_day": "mon", "start": "22:00", "end_day": "tue", "end": "06:00"},
                {"start_day": "sun", "start": "22:00", "end_day": "mon", "end": "06:00"},
            ]),
            "a window over midnight belongs to the day it begins on"
        );
        let weekend = json!([{"from_day": "fri", "from": "20:00:59", "to_day": "mon", "to": "08:00"}]);
        let canonical = json!([{"start_day": "fri", "start": "20:00", "end_day": "mon", "end": "08:00"}]);
        assert_eq!(kept(&weekend), canonical);
        assert_eq!(kept(&canonical), canonical, "what is kept may be written");
        assert_eq!(
            serde_json::from_value::<Vec<super::Window>>(canonical.clone()).unwrap(),
            windows_of("coverage", &canonical).unwrap()
        );
    }

    #[test]
    fn equal_times_are_the_whole_day() {
        for to in ["00:00", "24:00"] {
            let days = kept(&json!([{"days": ["wed"], "from": "00:00", "to": to}]));
            assert_eq!(
                days,
                json!([{"start_day": "wed", "start": "00:00", "end_day": "thu", "end": "00:00"}])
            );
        }
    }

    #[test]
    fn a_day_may_end_at_24() {
        assert_eq!(
            kept(&json!([{"from_day": "mon", "from": "08:00", "to_day": "fri", "to": "24:00"}])),
            json!([{"start_day": "mon", "start": "08:00", "end_day": "sat", "end": "00:00"}])
        );
        assert!(windows_of("w", &json!([{"days": ["mon"], "from": "24:00", "to": "08:00"}])).is_err());
    }

    #[test]
    fn lengths_count_over_the_end_of_the_week() {
        let window = |written| windows_of("w", &json!([written])).unwrap()[0];
        let weekend = window(json!({"from_day": "fri", "from": "20:00", "to_day": "mon", "to": "08:00"}));
        assert_eq!((weekend.minutes(), weekend.nights(), weekend.is_long()), (60 * 60, 3, true));
        let night = window(json!({"days": ["sun"], "from": "22:00", "to": "06:00"}));
        assert_eq!((night.minutes(), night.nights(), night.is_long()), (8 * 60, 1, false));
        let week = window(json!({"from_day": "mon", "from": "09:00", "to_day": "mon", "to": "09:00"}));
        assert_eq!((week.minutes(), week.nights()), (7 * 24 * 60, 7));
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let written = json!([
            {"days": ["mon", "someday"], "from": "25:00"},
            {"from_day": "fri", "from": "8h", "to": "08:00", "zone": "UTC"},
            7,
        ]);
        let Err(Error::Invalid(problems)) = windows_of("coverage", &written) else { panic!() };
        let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "coverage[0].from",
                "coverage[0].to",
                "coverage[0].days",
                "coverage[1].zone",
                "coverage[1].from",
                "coverage[1].to_day",
                "coverage[2]",
            ]
        );
        assert!(problems[2].message.contains("\"someday\" is no day"), "{}", problems[2].message);
        let many = serde_json::Value::Array(vec![json!({}); 51]);
        assert!(windows_of("coverage", &many).is_err());
    }
}
