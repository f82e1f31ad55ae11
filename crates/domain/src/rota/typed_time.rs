//! Times that a person types: a wall time that comes twice or not at all is refused, with what they may have meant.

use jiff::{
    Timestamp,
    civil::DateTime,
    fmt::temporal::DateTimeParser,
    tz::{AmbiguousOffset, Disambiguation, TimeZone},
};

use super::span::minute;

/// Why a typed time is no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TypedTimeError {
    /// It is not written as a time.
    #[error("{0:?} is no time: write it like 2026-11-21T08:00")]
    Unreadable(String),
    /// The clocks went back: it comes twice.
    #[error(
        "comes twice on that day in {zone}, because the clocks go back: write {} or {}",
        written(*first, zone), written(*second, zone)
    )]
    Twice {
        /// The zone it is meant in.
        zone: String,
        /// The first time it comes.
        first: Timestamp,
        /// The second time.
        second: Timestamp,
    },
    /// The clocks went forward over it.
    #[error(
        "does not exist on that day in {zone}, because the clocks go forward: the nearest times are {} and {}",
        written(*before, zone), written(*after, zone)
    )]
    Never {
        /// The zone it is meant in.
        zone: String,
        /// The last minute before the change.
        before: Timestamp,
        /// The first minute after it.
        after: Timestamp,
    },
}

/// The instant of a time as typed: `2026-11-21T08:00` in `zone`, or with an offset (`2026-11-01T01:30-05:00`, `…Z`), which
/// says it without doubt. Seconds are cut.
pub fn typed_time(text: &str, zone: &TimeZone) -> Result<Timestamp, TypedTimeError> {
    static PARSER: DateTimeParser = DateTimeParser::new();
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(minute(at));
    }
    let wall = PARSER.parse_datetime(text).map_err(|_| TypedTimeError::Unreadable(text.to_owned()))?;
    wall_time(wall, zone)
}

/// The instant of a wall time in a zone.
pub fn wall_time(wall: DateTime, zone: &TimeZone) -> Result<Timestamp, TypedTimeError> {
    let name = zone.iana_name().unwrap_or("UTC").to_owned();
    let ambiguous = zone.to_ambiguous_timestamp(wall);
    let unreadable = || TypedTimeError::Unreadable(wall.to_string());
    let at = |offset: jiff::tz::Offset| offset.to_timestamp(wall).map_err(|_| unreadable());
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => {
            let at = ambiguous.disambiguate(Disambiguation::Reject).map_err(|_| unreadable())?;
            Ok(minute(at))
        }
        AmbiguousOffset::Fold { before, after } => {
            Err(TypedTimeError::Twice { zone: name, first: minute(at(before)?), second: minute(at(after)?) })
        }
        AmbiguousOffset::Gap { after, .. } => {
            // read with the offset of after the change, it lies before the change; the next one is the change itself
            let change = zone.following(at(after)?).next().ok_or_else(unreadable)?.timestamp();
            let before = change - jiff::SignedDuration::from_mins(1);
            Err(TypedTimeError::Never { zone: name, before: minute(before), after: change })
        }
    }
}

/// As it may be typed: with its offset.
fn written(at: Timestamp, zone: &str) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M%:z").to_string()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::{TypedTimeError, typed_time};

    fn read(text: &str, zone: &str) -> Result<String, TypedTimeError> {
        typed_time(text, &TimeZone::get(zone).unwrap()).map(|at| at.to_string())
    }

    #[test]
    fn a_plain_time_is_read_in_its_zone() {
        assert_eq!(read("2026-11-21T08:00", "Europe/Berlin").unwrap(), "2026-11-21T07:00:00Z");
        assert_eq!(read(" 2026-11-21 08:00:59 ", "UTC").unwrap(), "2026-11-21T08:00:00Z");
        assert_eq!(read("2026-11-21T08:00Z", "Asia/Kathmandu").unwrap(), "2026-11-21T08:00:00Z");
    }

    #[test]
    fn a_time_that_comes_twice_is_refused_with_both_readings() {
        let error = read("2026-11-01T01:30", "America/Chicago").unwrap_err();
        assert_eq!(
            error.to_string(),
            "comes twice on that day in America/Chicago, because the clocks go back: write \
             2026-11-01T01:30-05:00 or 2026-11-01T01:30-06:00"
        );
        for (reading, instant) in [("-05:00", "2026-11-01T06:30:00Z"), ("-06:00", "2026-11-01T07:30:00Z")] {
            let text = format!("2026-11-01T01:30{reading}");
            assert_eq!(
                read(&text, "America/Chicago").unwrap(),
                instant,
                "what the message says can be typed"
            );
        }
    }

    #[test]
    fn a_time_that_does_not_exist_is_refused_with_its_neighbours() {
        for (text, zone, neighbours) in [
            ("2026-03-08T02:30", "America/Chicago", "2026-03-08T01:59-06:00 and 2026-03-08T03:00-05:00"),
            ("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-04T01:59+10:30 and 2026-10-04T02:30+11:00"),
            ("2018-11-04T00:00", "America/Sao_Paulo", "2018-11-03T23:59-03:00 and 2018-11-04T01:00-02:00"),
            ("2011-12-30T12:00", "Pacific/Apia", "2011-12-29T23:59-10:00 and 2011-12-31T00:00+14:00"),
        ] {
            let message = read(text, zone).unwrap_err().to_string();
            assert!(message.ends_with(&format!("the nearest times are {neighbours}")), "{message}");
        }
    }

    #[test]
    fn what_is_no_time_is_said_so() {
        let error = read("tomorrow", "UTC").unwrap_err();
        assert_eq!(error.to_string(), "\"tomorrow\" is no time: write it like 2026-11-21T08:00");
    }
}
