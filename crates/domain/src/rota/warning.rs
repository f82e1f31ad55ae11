//! What is wrong with schedules to come: time that nobody covers, people a page would not reach, people in two places, people
//! who are away.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{ScheduleName, schedule::may_read, store};
use crate::{Cx, Result, ScheduleId, people::PersonName};

/// How far ahead is looked: eight weeks.
pub const LOOK_AHEAD: SignedDuration = SignedDuration::from_hours(24 * 7 * 8);

/// Warnings of one kind and schedule at most.
pub(super) const MOST: i64 = 50;

/// Something wrong in what is to come. Intended nights of a schedule that covers working hours are none.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Warning {
    /// Nobody, though somebody should be there.
    Gap {
        /// On which schedule.
        schedule: ScheduleName,
        /// First instant.
        start: Timestamp,
        /// First instant after it.
        end: Timestamp,
    },
    /// It is the turn of somebody who left.
    Vacant {
        /// On which schedule.
        schedule: ScheduleName,
        /// First instant.
        start: Timestamp,
        /// First instant after it.
        end: Timestamp,
        /// Who left.
        person: PersonName,
    },
    /// No address and no number is known of somebody who will be on call.
    Unreachable {
        /// On which schedule.
        schedule: ScheduleName,
        /// Their first shift.
        start: Timestamp,
        /// Who cannot be reached.
        person: PersonName,
    },
    /// Somebody is on call on two schedules at once: whoever pages the one and then the other wakes the same person.
    DoubleBooked {
        /// On which schedule.
        schedule: ScheduleName,
        /// And on which other one.
        other: ScheduleName,
        /// First instant of both.
        start: Timestamp,
        /// First instant after it.
        end: Timestamp,
        /// Who.
        person: PersonName,
    },
    /// Somebody is on call while they are away, as their own calendar says.
    Away {
        /// On which schedule.
        schedule: ScheduleName,
        /// First instant of both.
        start: Timestamp,
        /// First instant after it.
        end: Timestamp,
        /// Who.
        person: PersonName,
    },
}

impl Warning {
    /// With which schedule.
    pub fn schedule(&self) -> ScheduleId {
        match self {
            Self::Gap { schedule, .. }
            | Self::Vacant { schedule, .. }
            | Self::Unreachable { schedule, .. }
            | Self::DoubleBooked { schedule, .. }
            | Self::Away { schedule, .. } => schedule.id,
        }
    }

    /// When it begins.
    pub fn start(&self) -> Timestamp {
        match self {
            Self::Gap { start, .. }
            | Self::Vacant { start, .. }
            | Self::Unreachable { start, .. }
            | Self::DoubleBooked { start, .. }
            | Self::Away { start, .. } => *start,
        }
    }
}

/// What is wrong with these schedules in the next eight weeks, by time; of each schedule and kind at most fifty. Four
/// statements, however many schedules.
pub async fn warnings(cx: &mut Cx<'_>, schedules: &[ScheduleId]) -> Result<Vec<Warning>> {
    may_read(cx)?;
    if schedules.is_empty() {
        return Ok(Vec::new());
    }
    let until = cx.now() + LOOK_AHEAD;
    let mut found = store::empty_and_missing(cx, schedules, until).await?;
    found.extend(store::unreachable(cx, schedules, until).await?);
    found.extend(store::double_bookings(cx, schedules, until).await?);
    found.extend(store::away_on_call(cx, schedules, until).await?);
    found.sort_by_key(Warning::start);
    Ok(found)
}
