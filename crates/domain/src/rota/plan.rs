//! What a schedule is, as values, and what follows from it. Nothing here knows the database or the clock.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

use super::Window;
use crate::{CoverId, LayerId, PersonId};

/// Everything that the shifts of a schedule follow from.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The zone in which hand-offs and windows are meant.
    pub zone: TimeZone,
    /// When somebody should be on call.
    pub coverage: Coverage,
    /// Who takes turns.
    pub layers: Vec<Layer>,
    /// Overrides and taken swaps, in the order in which they were decided: a later one wins.
    pub covers: Vec<Cover>,
    /// People who were deactivated, and since when. What is theirs from then on is vacant.
    pub left: BTreeMap<PersonId, Timestamp>,
}

/// When somebody should be on call. Outside of it nobody is missing, and rotations put nobody on call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coverage {
    /// Day and night.
    Always,
    /// At these times of the week, but on holidays.
    Windows {
        /// The times.
        windows: Vec<Window>,
        /// A window that begins on one of these days does not count; of a window longer than a day, the day itself.
        holidays: BTreeSet<Date>,
    },
}

/// People who take turns. Where layers overlap, the one with the higher priority is on call and the other is not; with
/// equal priority both are.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Key.
    pub id: LayerId,
    /// Higher replaces lower.
    pub priority: i32,
    /// Versions of how the turns go, disjoint in time and by `from`.
    pub rotations: Vec<Rotation>,
}

/// How the turns of a layer go, from one edit to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// In force from here.
    pub from: Timestamp,
    /// In force up to here.
    pub until: Option<Timestamp>,
    /// The zone of its hand-offs and restrictions, where it is another than the plan's: of a region that follows the sun.
    pub zone: Option<TimeZone>,
    /// The hand-off that begins turn 0, as a wall time of its zone. It may lie before `from`: then the first
    /// turn in force is a partial one. Nobody has a turn before it.
    pub anchor: DateTime,
    /// The hand-off is every so many …
    pub every: u32,
    /// … of these.
    pub unit: Unit,
    /// With days as unit: count only days on which a restriction begins (without restrictions: a window of the coverage)
    /// and that are no holiday.
    pub only_active_days: bool,
    /// Turns count only at these times of the week; empty means always.
    pub restrictions: Vec<Window>,
    /// Who takes turns, in order. `None` is a turn of nobody, on purpose: it lets the layers below through.
    pub participants: Vec<Option<PersonId>>,
    /// Index of the participant who has turn 0.
    pub first: usize,
}

impl Rotation {
    /// The zone in which its hand-offs and restrictions are meant.
    pub fn zone<'z>(&'z self, plan: &'z Plan) -> &'z TimeZone {
        self.zone.as_ref().unwrap_or(&plan.zone)
    }
}

/// What the turns of a rotation are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum Unit {
    /// Hours of the wall clock.
    Hours,
    /// Days.
    Days,
    /// Weeks.
    Weeks,
    /// Months, counted from the anchor; in a month without that day, the last one.
    Months,
}

impl Unit {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hours => "hours",
            Self::Days => "days",
            Self::Weeks => "weeks",
            Self::Months => "months",
        }
    }

    /// The longest turn, about a year (of hours: six weeks).
    pub fn most(self) -> u32 {
        match self {
            Self::Hours => 1000,
            Self::Days => 366,
            Self::Weeks => 52,
            Self::Months => 12,
        }
    }
}

impl std::str::FromStr for Unit {
    type Err = crate::Error;
    fn from_str(s: &str) -> crate::Result<Self> {
        match s {
            "hours" => Ok(Self::Hours),
            "days" => Ok(Self::Days),
            "weeks" => Ok(Self::Weeks),
            "months" => Ok(Self::Months),
            _ => Err(crate::Error::invalid("unit", "must be hours, days, weeks or months")),
        }
    }
}

/// Somebody takes over from what the rotations say. Covers are not cut by the coverage: one may put somebody on call
/// outside of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// Key.
    pub id: CoverId,
    /// First instant.
    pub start: Timestamp,
    /// First instant after it.
    pub end: Timestamp,
    /// What it does.
    pub what: CoverKind,
    /// Whether it is a swap that was taken.
    pub swap: bool,
}

/// What a cover does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoverKind {
    /// One person for another, as far as the other is on call (or their turn is vacant). It leaves others who are on
    /// call with them alone.
    Replace {
        /// Who is replaced.
        out: PersonId,
        /// By whom.
        by: PersonId,
    },
    /// Somebody beside those who are on call.
    Add(PersonId),
    /// Nobody at all, on purpose.
    Nobody,
}

/// One person's time on call, or a time without anybody. Half-open: at `end` the next one is on call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// What stays the same when another person takes it: the layer (or the cover that added it) and when its uncut
    /// turn begins. Later pieces of a cut turn have their own beginning behind a `+`.
    pub key: String,
    /// First instant.
    pub start: Timestamp,
    /// First instant after it.
    pub end: Timestamp,
    /// Who has it.
    pub holder: Holder,
    /// The layer whose turn it is; none for who was added and for gaps.
    pub layer: Option<LayerId>,
    /// Where it comes from.
    pub via: ShiftVia,
    /// Who would have had it, had nobody taken over.
    pub instead_of: Option<PersonId>,
}

/// Who has a shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// This person.
    Person(PersonId),
    /// This person had it and was deactivated: nobody is on call until somebody takes it.
    Vacant(PersonId),
    /// Nobody, on purpose.
    Nobody,
    /// Nobody, though the coverage asks for somebody.
    Gap,
}

impl Holder {
    /// The person who is on call.
    pub fn person(self) -> Option<PersonId> {
        match self {
            Self::Person(person) => Some(person),
            Self::Vacant(_) | Self::Nobody | Self::Gap => None,
        }
    }

    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::Vacant(_) => "vacant",
            Self::Nobody => "nobody",
            Self::Gap => "gap",
        }
    }
}

/// Where a shift comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShiftVia {
    /// A turn of a rotation (and for a gap: that there is none).
    Rotation,
    /// An override.
    Override(CoverId),
    /// A swap that was taken.
    Swap(CoverId),
}

impl ShiftVia {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rotation => "rotation",
            Self::Override(_) => "override",
            Self::Swap(_) => "swap",
        }
    }

    /// The cover it comes from.
    pub fn cover(self) -> Option<CoverId> {
        match self {
            Self::Rotation => None,
            Self::Override(cover) | Self::Swap(cover) => Some(cover),
        }
    }
}
