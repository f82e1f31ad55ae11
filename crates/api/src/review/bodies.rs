//! Bodies of reviews: a week, a snapshot, a month.

use jiff::Timestamp;
use portolan_domain::review::{Frozen, Organisation, Outlier, Review, Snapshot, TeamOutliers, TeamSeen};
use serde::Serialize;
use utoipa::ToSchema;

use super::parts::{
    ChangesBody, IncidentLineBody, OpenActionBody, PagesBody, PartBody, ShiftNoteBody, SlosBody, SupportBody,
    SupportNoteBody,
};
use crate::{
    body::{Json, List},
    people::bodies::{PersonLink, TeamLink},
};

/// A team, as it was called then.
#[derive(Debug, Serialize, ToSchema)]
struct TeamSeenBody {
    /// Slug.
    slug: String,
    /// Name.
    name: String,
}

impl From<TeamSeen> for TeamSeenBody {
    fn from(t: TeamSeen) -> Self {
        Self { slug: t.slug, name: t.name }
    }
}

/// A team's week.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OperationalReviewBody {
    /// Whose it is.
    team: TeamSeenBody,
    /// The ISO week.
    week: String,
    /// The zone in which it begins and ends.
    time_zone: String,
    /// Its first instant: Monday, 00:00.
    from: Timestamp,
    /// The first one after it.
    until: Timestamp,
    /// When all of this was gathered.
    as_of: Timestamp,
    /// Pages that opened in it.
    pages: PagesBody,
    /// What the team was asked in it.
    support: SupportBody,
    /// Production changes of what the team owned then.
    changes: ChangesBody,
    /// Incidents that the team runs and that hurt in it, the worst first.
    incidents: PartBody<IncidentLineBody>,
    /// What its services promise.
    slos: SlosBody,
    /// Notes of the shifts that began in it.
    shift_notes: PartBody<ShiftNoteBody>,
    /// What support left for the next week; null: nothing.
    support_note: Option<SupportNoteBody>,
    /// What was promised and was not done at its end (or now, while it runs), due first.
    open_actions: PartBody<OpenActionBody>,
}

impl From<Review> for OperationalReviewBody {
    fn from(r: Review) -> Self {
        Self {
            team: r.team.into(),
            week: r.week.to_string(),
            time_zone: r.time_zone,
            from: r.from,
            until: r.until,
            as_of: r.as_of,
            pages: r.pages.into(),
            support: r.support.into(),
            changes: r.changes.into(),
            incidents: PartBody::of(r.incidents, IncidentLineBody::from),
            slos: r.slos.into(),
            shift_notes: PartBody::of(r.shift_notes, ShiftNoteBody::from),
            support_note: r.support_note.map(SupportNoteBody::from),
            open_actions: PartBody::of(r.actions, OpenActionBody::from),
        }
    }
}

/// A frozen review, without what it holds.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FrozenBody {
    /// Its number in the team.
    number: i32,
    /// The ISO week.
    week: String,
    /// What the team says of the week, or why it did not wait for its end.
    note: String,
    /// Whether the week was not over.
    early: bool,
    /// Who froze it.
    frozen_by: PersonLink,
    /// When.
    frozen_at: Timestamp,
}

impl From<Frozen> for FrozenBody {
    fn from(f: Frozen) -> Self {
        Self {
            number: f.number,
            week: f.week.to_string(),
            note: f.note,
            early: f.is_early,
            frozen_by: f.frozen_by.into(),
            frozen_at: f.frozen_at,
        }
    }
}

/// A frozen review.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SnapshotBody {
    /// Its number and who froze it.
    #[serde(flatten)]
    frozen: FrozenBody,
    /// The number of the last one of the same week, if that is another one.
    later: Option<i32>,
    /// What was frozen.
    review: OperationalReviewBody,
}

impl From<Snapshot> for SnapshotBody {
    fn from(s: Snapshot) -> Self {
        Self { frozen: s.frozen.into(), later: s.later, review: s.review.into() }
    }
}

/// What stands out of a month.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OrganisationBody {
    /// The month.
    month: String,
    /// Its ISO weeks, up to the running one.
    weeks: Vec<String>,
    /// Teams that were looked at: those that you answer for.
    looked_at: usize,
    /// Those of which something stands out, by name.
    teams: List<TeamOutliersBody>,
    /// Incidents of severity 1 and 2 in the whole company, the worst first.
    incidents: PartBody<IncidentLineBody>,
}

impl From<Organisation> for OrganisationBody {
    fn from(o: Organisation) -> Self {
        let Json(teams) = List::of(o.teams, TeamOutliersBody::from);
        Self {
            month: o.month.to_string(),
            weeks: o.weeks.iter().map(ToString::to_string).collect(),
            looked_at: o.looked_at,
            teams,
            incidents: PartBody::of(o.incidents, IncidentLineBody::from),
        }
    }
}

/// A team and what stands out of it.
#[derive(Debug, Serialize, ToSchema)]
struct TeamOutliersBody {
    /// The team.
    team: TeamLink,
    /// What stands out.
    outliers: Vec<OutlierBody>,
}

impl From<TeamOutliers> for TeamOutliersBody {
    fn from(t: TeamOutliers) -> Self {
        Self { team: t.team.into(), outliers: t.outliers.into_iter().map(OutlierBody::from).collect() }
    }
}

/// Something that stands out.
#[derive(Debug, Serialize, ToSchema)]
struct OutlierBody {
    /// `pages`, `noise`, `essential`, `overdue` or `unjudged`.
    what: &'static str,
    /// `high`: worth a question; `alarm`: not sustainable.
    level: &'static str,
    /// The figure.
    value: i64,
    /// What it passed.
    threshold: i64,
    /// Both in words.
    words: String,
}

impl From<Outlier> for OutlierBody {
    fn from(o: Outlier) -> Self {
        let (what, level) = (o.what.as_str(), o.level.as_str());
        Self { what, level, value: o.value, threshold: o.threshold, words: o.words }
    }
}
