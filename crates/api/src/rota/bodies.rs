//! Shapes that several of the addresses use.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use portolan_domain::{
    Error,
    people::PersonName,
    rota::{self, Contact, Difference, Duty, Holder, LayerRecord, Rotation, Schedule, ScheduleName, Window},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// A person on call, with how to reach them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ContactBody {
    /// Short unique name.
    handle: String,
    /// Full name.
    name: String,
    /// E-mail address.
    email: Option<String>,
    /// Telephone number.
    phone: Option<String>,
    /// IANA zone they live in.
    time_zone: String,
}

impl From<&Contact> for ContactBody {
    fn from(c: &Contact) -> Self {
        Self {
            handle: c.handle.clone(),
            name: c.name.clone(),
            email: c.email.clone(),
            phone: c.phone.clone(),
            time_zone: c.time_zone.clone(),
        }
    }
}

/// A person by name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NameBody {
    /// Short unique name.
    handle: String,
    /// Full name.
    name: String,
}

impl From<&PersonName> for NameBody {
    fn from(p: &PersonName) -> Self {
        Self { handle: p.handle.clone(), name: p.name.clone() }
    }
}

impl From<&Contact> for NameBody {
    fn from(c: &Contact) -> Self {
        Self { handle: c.handle.clone(), name: c.name.clone() }
    }
}

/// A schedule by name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ScheduleNameBody {
    /// Short unique name.
    slug: String,
    /// Name.
    name: String,
}

impl From<&ScheduleName> for ScheduleNameBody {
    fn from(s: &ScheduleName) -> Self {
        Self { slug: s.slug.clone(), name: s.name.clone() }
    }
}

/// A shift, or a time without anybody. Half-open: at `end` the next one is on call.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ShiftBody {
    /// Stays the same when another person takes it.
    uid: String,
    /// On which schedule.
    schedule: String,
    /// First instant.
    start: Timestamp,
    /// First instant after it.
    end: Timestamp,
    /// `person`; `vacant`: the person has left; `nobody`: on purpose; `gap`: nobody, though somebody should be there.
    held: &'static str,
    /// Who has it, or for a vacant one had it.
    person: Option<ContactBody>,
    /// `rotation`, `override` or `swap`.
    via: &'static str,
    /// The layer whose turn it is.
    layer: Option<uuid::Uuid>,
    /// Who would have had it, had nobody taken over.
    instead_of: Option<NameBody>,
    /// Why somebody else has it.
    reason: String,
}

impl From<&Duty> for ShiftBody {
    fn from(d: &Duty) -> Self {
        Self {
            uid: d.uid.clone(),
            schedule: d.schedule.slug.clone(),
            start: d.start,
            end: d.end,
            held: d.held.as_str(),
            person: d.person.as_ref().map(ContactBody::from),
            via: d.via.as_str(),
            layer: d.layer.map(|l| l.0),
            instead_of: d.instead_of.as_ref().map(NameBody::from),
            reason: d.reason.clone(),
        }
    }
}

/// Weekly windows on their way in: `[{"days":["mon","fri"],"from":"22:00","to":"06:00"}]`, or over days
/// `[{"from_day":"fri","from":"20:00","to_day":"mon","to":"08:00"}]`.
pub(super) fn windows(field: &str, written: &Value) -> Result<Vec<Window>, Error> {
    rota::windows_of(field, written)
}

/// A window on its way out.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WindowBody {
    /// `mon` to `sun`.
    start_day: &'static str,
    /// Wall time.
    start: String,
    /// `mon` to `sun`; before the start, it lies in the next week.
    end_day: &'static str,
    /// Wall time.
    end: String,
}

impl From<&Window> for WindowBody {
    fn from(w: &Window) -> Self {
        let time = |t: jiff::civil::Time| t.strftime("%H:%M").to_string();
        Self {
            start_day: rota::word_of(w.start.day),
            start: time(w.start.time),
            end_day: rota::word_of(w.end.day),
            end: time(w.end.time),
        }
    }
}

/// A schedule.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ScheduleBody {
    /// Short unique name.
    slug: String,
    /// Name.
    name: String,
    /// What it is about.
    description: String,
    /// Slug of the team it belongs to.
    team: String,
    /// `on-call` or `support`.
    purpose: &'static str,
    /// IANA name of the zone in which hand-offs and windows are meant.
    time_zone: String,
    /// When somebody should be there; null: always.
    coverage: Option<Vec<WindowBody>>,
    /// The calendar of its holidays.
    holiday_calendar: Option<uuid::Uuid>,
    /// When it was made.
    created_at: Timestamp,
    /// When it was last changed.
    updated_at: Timestamp,
    /// When it was closed.
    closed_at: Option<Timestamp>,
}

impl From<&Schedule> for ScheduleBody {
    fn from(s: &Schedule) -> Self {
        Self {
            slug: s.slug.clone(),
            name: s.name.clone(),
            description: s.description.clone(),
            team: s.team.slug.clone(),
            purpose: s.purpose.as_str(),
            time_zone: s.time_zone.clone(),
            coverage: s.windows().map(|w| w.iter().map(WindowBody::from).collect()),
            holiday_calendar: s.holiday_calendar.map(|c| c.0),
            created_at: s.created_at,
            updated_at: s.updated_at,
            closed_at: s.closed_at,
        }
    }
}

/// A layer with the versions of its rotation that count now or will.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LayerBody {
    /// Key.
    id: uuid::Uuid,
    /// Name.
    name: String,
    /// Where layers overlap, the one with the higher priority is on call; equal ones are both.
    priority: i32,
    /// The rotation in force, if any, then those to come.
    rotations: Vec<RotationBody>,
}

/// A version of a rotation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RotationBody {
    /// In force from here.
    from: Timestamp,
    /// Up to here.
    until: Option<Timestamp>,
    /// IANA name of the zone of its hand-offs and restrictions; null: the schedule's.
    time_zone: Option<String>,
    /// A hand-off, as a wall time of that zone, from which turns are counted.
    hand_off: String,
    /// The hand-off is every so many …
    every: u32,
    /// … `hours`, `days`, `weeks` or `months`.
    unit: &'static str,
    /// Turns count only days on which the layer has a window and that are no holiday.
    only_active_days: bool,
    /// Weekly windows in which the layer counts; none: always.
    restrictions: Vec<WindowBody>,
    /// Handles in order; null is a turn of nobody.
    participants: Vec<Option<String>>,
}

impl LayerBody {
    /// With the handles of its people.
    pub(super) fn of(layer: &LayerRecord, people: &[Contact]) -> Self {
        let rotation = |r: &Rotation| RotationBody {
            from: r.from,
            until: r.until,
            time_zone: r.zone.as_ref().and_then(TimeZone::iana_name).map(str::to_owned),
            hand_off: r.anchor.to_string(),
            every: r.every,
            unit: r.unit.as_str(),
            only_active_days: r.only_active_days,
            restrictions: r.restrictions.iter().map(WindowBody::from).collect(),
            participants: r
                .participants
                .iter()
                .map(|p| p.and_then(|id| people.iter().find(|c| c.id == id)).map(|c| c.handle.clone()))
                .collect(),
        };
        Self {
            id: layer.id.0,
            name: layer.name.clone(),
            priority: layer.priority,
            rotations: layer.rotations.iter().map(|(_, r)| rotation(r)).collect(),
        }
    }
}

/// A time at which others are on call than was planned.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DifferenceBody {
    /// First instant.
    start: Timestamp,
    /// First instant after it.
    end: Timestamp,
    /// Handles of who was to be on call; a gap is told as `gap`, a vacant turn as `vacant`.
    before: Vec<String>,
    /// Handles of who is to be.
    after: Vec<String>,
}

/// Differences with the handles of their people.
pub(super) fn differences(differences: &[Difference], people: &[Contact]) -> Vec<DifferenceBody> {
    let word = |holder: &Holder| {
        let known = holder.person().and_then(|id| people.iter().find(|c| c.id == id));
        known.map_or_else(|| holder.as_str().to_owned(), |c| c.handle.clone())
    };
    differences
        .iter()
        .map(|d| DifferenceBody {
            start: d.start,
            end: d.end,
            before: d.before.iter().map(word).collect(),
            after: d.after.iter().map(word).collect(),
        })
        .collect()
}

/// What an edit would do over half a year, the 26 weeks for which shifts are planned.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PreviewBody {
    /// When others would be on call than now is planned.
    differences: Vec<DifferenceBody>,
    /// Who would be on call more often than the settings bear: saving it needs a `reason`.
    too_often: Vec<TooOftenBody>,
}

/// Somebody who would be on call too often.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TooOftenBody {
    /// Who.
    person: NameBody,
    /// One in so many.
    one_in: f64,
}

impl From<rota::Preview> for PreviewBody {
    fn from(p: rota::Preview) -> Self {
        Self {
            differences: differences(&p.differences, &p.people),
            too_often: p
                .too_often
                .iter()
                .map(|t| TooOftenBody {
                    person: NameBody::from(&t.person),
                    one_in: (t.one_in * 10.0).round() / 10.0,
                })
                .collect(),
        }
    }
}

/// Whether to save an edit, or only say what it would do.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Looking {
    /// `true`: nothing is saved; the answer is what would change and for whom.
    #[serde(default)]
    pub(super) preview: bool,
}

/// A wall time of a schedule: `2026-11-23T09:00`.
pub(super) fn wall(field: &str, text: &str) -> Result<DateTime, Error> {
    text.trim().parse::<DateTime>().map_err(|_| {
        Error::invalid(field, format!("must be a wall time like 2026-11-23T09:00, and not {text:?}"))
    })
}

/// An instant: with an offset it is one, without it is a wall time of the schedule's zone that must exist once.
pub(super) fn instant(field: &str, text: &str, zone: &TimeZone) -> Result<Timestamp, Error> {
    rota::typed_time(text, zone).map_err(|e| Error::invalid(field, e.to_string()))
}
