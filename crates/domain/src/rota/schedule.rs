//! A schedule as it is kept, and how it is found.

use std::collections::BTreeSet;

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{Coverage, Rotation, Window, store};
use crate::{
    Cursor, Cx, Error, HolidayCalendarId, LayerId, Limit, Page, Result, RotationId, ScheduleId,
    page::check_words, people::TeamName,
};

/// What a schedule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum Purpose {
    /// Being woken: a page needs a human before the next business day.
    OnCall,
    /// Answering requests in working hours.
    Support,
}

impl Purpose {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnCall => "on-call",
            Self::Support => "support",
        }
    }
}

impl std::str::FromStr for Purpose {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        match s {
            "on-call" => Ok(Self::OnCall),
            "support" => Ok(Self::Support),
            _ => Err(Error::invalid("purpose", "must be on-call or support")),
        }
    }
}

/// As much of a schedule as a link to it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScheduleName {
    /// Key.
    pub id: ScheduleId,
    /// Short unique name.
    pub slug: String,
    /// Name.
    pub name: String,
}

/// A schedule.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Key.
    pub id: ScheduleId,
    /// Whose it is.
    pub team: TeamName,
    /// Short unique name; it never changes.
    pub slug: String,
    /// Name.
    pub name: String,
    /// What it is about, in a sentence or two.
    pub description: String,
    /// What it is for.
    pub purpose: Purpose,
    /// IANA name of the zone in which hand-offs and windows are meant.
    pub time_zone: String,
    /// When somebody should be there.
    pub coverage: Coverage,
    /// Where its holidays come from.
    pub holiday_calendar: Option<HolidayCalendarId>,
    /// Shifts are kept until here; later ones are computed when asked for.
    pub(crate) projected_until: Timestamp,
    /// Raised at each edit; the `ETag`.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub updated_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

impl Schedule {
    /// Its name as links need it.
    pub fn name(&self) -> ScheduleName {
        ScheduleName { id: self.id, slug: self.slug.clone(), name: self.name.clone() }
    }

    /// The zone in which hand-offs and windows are meant.
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// The windows of its coverage; none: always.
    pub fn windows(&self) -> Option<&[Window]> {
        match &self.coverage {
            Coverage::Always => None,
            Coverage::Windows { windows, .. } => Some(windows),
        }
    }

    pub(crate) fn subject(&self) -> String {
        format!("schedule:{}", self.slug)
    }
}

/// Makes a coverage of what is kept; no windows mean always.
pub(crate) fn coverage_of(windows: Option<Vec<Window>>, holidays: BTreeSet<jiff::civil::Date>) -> Coverage {
    windows.map_or(Coverage::Always, |windows| Coverage::Windows { windows, holidays })
}

/// A layer with the versions of its rotation that count now or will.
#[derive(Debug, Clone)]
pub struct LayerRecord {
    /// Key.
    pub id: LayerId,
    /// Name.
    pub name: String,
    /// Higher replaces lower.
    pub priority: i32,
    /// The rotation in force, if any, then those to come.
    pub rotations: Vec<(RotationId, Rotation)>,
}

impl LayerRecord {
    /// The rotation in force at an instant, else the next to come.
    pub fn rotation_at(&self, at: Timestamp) -> Option<&Rotation> {
        self.rotations.iter().map(|(_, r)| r).find(|r| r.until.is_none_or(|until| until > at))
    }
}

/// Which schedules to list; empty means all open ones.
#[derive(Debug, Clone, Default)]
pub struct ScheduleFilter {
    /// Part of the schedule's or its team's name.
    pub q: Option<String>,
    /// Of this team (slug).
    pub team: Option<String>,
    /// For this purpose.
    pub purpose: Option<Purpose>,
    /// Closed ones too.
    pub closed: bool,
}

/// A schedule by slug.
pub async fn schedule(cx: &mut Cx<'_>, slug: &str) -> Result<Schedule> {
    may_read(cx)?;
    store::schedule_by_slug(cx, slug).await?.ok_or_else(|| Error::not_found("schedule", slug))
}

/// A schedule by key.
pub async fn schedule_by_id(cx: &mut Cx<'_>, id: ScheduleId) -> Result<Schedule> {
    may_read(cx)?;
    store::schedule_by_id(cx, id).await?.ok_or_else(|| Error::not_found("schedule", id.to_string()))
}

/// The layers of a schedule, the highest first, with what is in force and to come.
pub async fn layers(cx: &mut Cx<'_>, schedule: ScheduleId) -> Result<Vec<LayerRecord>> {
    may_read(cx)?;
    let now = cx.now();
    let mut layers = store::layers(cx, schedule, now).await?;
    layers.sort_by_key(|layer| std::cmp::Reverse(layer.priority));
    Ok(layers)
}

/// Schedules by name.
pub async fn schedules(
    cx: &mut Cx<'_>,
    filter: &ScheduleFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Schedule>> {
    may_read(cx)?;
    filter.q.as_deref().map_or(Ok(()), check_words)?;
    let key = after.as_ref().map(Cursor::key::<(String, ScheduleId)>).transpose()?;
    let rows = store::schedules(cx, filter, key, limit.probe()).await?;
    let total = store::count_schedules(cx, filter).await?;
    Ok(Page::cut(rows, limit, total, after.as_ref(), |s| (s.name.clone(), s.id)))
}

/// The open schedules of a team for a purpose, the oldest first: that one is asked first.
pub async fn schedules_of_team(
    cx: &mut Cx<'_>,
    team: crate::TeamId,
    purpose: Purpose,
) -> Result<Vec<Schedule>> {
    may_read(cx)?;
    store::schedules_of_team(cx, team, purpose).await
}

/// Everyone signed in reads: who is on call is no secret in the company.
pub(super) fn may_read(cx: &Cx<'_>) -> Result<()> {
    if cx.admin().is_err() {
        cx.reader()?;
    }
    Ok(())
}
