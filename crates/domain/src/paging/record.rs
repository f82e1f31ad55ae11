//! A page as it stands, and what happened to it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Judgement, Plan, Severity, State};
use crate::{
    AlertId, EntityId, Error, MaintenanceId, NoticeId, PageEventId, PageId, PersonId, PolicyId,
    notify::Told,
    people::{PersonName, TeamName},
};

/// Whether it wakes somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum Urgency {
    /// Whoever is on call is told at once, at any hour.
    Now,
    /// Whoever is on call is told when their next working day begins; within working hours at once.
    WorkingHours,
}

impl Urgency {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::WorkingHours => "working-hours",
        }
    }
}

impl std::str::FromStr for Urgency {
    type Err = Error;
    fn from_str(s: &str) -> crate::Result<Self> {
        match s {
            "now" => Ok(Self::Now),
            "working-hours" => Ok(Self::WorkingHours),
            _ => Err(Error::invalid("urgency", "must be now or working-hours")),
        }
    }
}

/// A page, as a list shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Paged {
    /// Key.
    pub id: PageId,
    /// Its number, to be said on the telephone.
    pub number: i64,
    /// How it stands.
    pub state: State,
    /// The team that answers for it.
    pub team: TeamName,
    /// What it is about, if that is known.
    pub entity_id: Option<EntityId>,
    /// The reference of that; it stays when the thing is gone.
    pub entity_ref: Option<String>,
    /// Its title, else name.
    pub entity_title: Option<String>,
    /// Its tier.
    pub tier: Option<i16>,
    /// What is wrong, in a line.
    pub summary: String,
    /// What a person says that it does, and to whom.
    pub impact: String,
    /// How bad the sender thinks it is.
    pub severity: Severity,
    /// Whether it wakes somebody.
    pub urgency: Urgency,
    /// Who paged, if it was a person.
    pub raised_by: Option<PersonName>,
    /// Where to look on.
    pub link: Option<String>,
    /// Where it says what to do: the alert's word, else the service's.
    pub runbook: Option<String>,
    /// When it opened.
    pub opened_at: Timestamp,
    /// When somebody first said that they were on it.
    pub acknowledged_at: Option<Timestamp>,
    /// Who did.
    pub acknowledged_by: Option<PersonName>,
    /// Who is on it, or was asked to be.
    pub assignee: Option<PersonName>,
    /// When it was over.
    pub resolved_at: Option<Timestamp>,
    /// Who said so; none if what raised it did.
    pub resolved_by: Option<PersonName>,
    /// What it turned out to be.
    pub judgement: Option<Judgement>,
    /// Who said so.
    pub judged_by: Option<PersonName>,
    /// When the next step is told, if nobody is on it until then.
    pub next_at: Option<Timestamp>,
    /// When everybody had been told as often as the plan says.
    pub exhausted_at: Option<Timestamp>,
    /// Whether nobody was on call.
    pub unmanned: bool,
    /// The maintenance window that keeps it quiet.
    pub suppressed_by: Option<MaintenanceId>,
    /// Alerts it gathered.
    pub alerts: i64,
    /// How many of them fire.
    pub firing: i64,
    /// How often they were told.
    pub times: i64,
}

impl Paged {
    /// Whether it waits for a person's word on what it was.
    pub fn is_unjudged(&self) -> bool {
        self.state == State::Resolved && self.judgement.is_none()
    }
}

/// A page with all that is known of it.
#[derive(Debug, Clone)]
pub struct PagedView {
    /// It, as a list shows it.
    pub page: Paged,
    /// The policy it was opened under; none: the team has none, and these are the usual steps.
    pub policy: Option<(PolicyId, String)>,
    /// Its steps.
    pub plan: Plan,
    /// The steps, each with whom it tells, in words.
    pub steps: Vec<String>,
    /// How often the steps have begun anew, and the step last told.
    pub told: Option<(u32, u32)>,
    /// The alerts it gathered, those that fire first (at most 200).
    pub alerts: Vec<Alert>,
    /// What happened to it, oldest first (at most 500).
    pub events: Vec<PageEvent>,
    /// Whether the actor may act on it.
    pub may_act: bool,
}

/// An alert, from when it fired.
#[derive(Debug, Clone, Serialize)]
pub struct Alert {
    /// Key.
    pub id: AlertId,
    /// What it is known by in its group.
    pub fingerprint: String,
    /// What is wrong, in a line.
    pub summary: String,
    /// How bad the sender thinks it is.
    pub severity: Severity,
    /// Its labels, by name.
    pub labels: std::collections::BTreeMap<String, String>,
    /// Where to look on.
    pub link: Option<String>,
    /// When it was first told.
    pub fired_at: Timestamp,
    /// When it was last told.
    pub told_at: Timestamp,
    /// How often it was told.
    pub times: i64,
    /// When it ceased.
    pub resolved_at: Option<Timestamp>,
}

/// What can happen to a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum EventKind {
    /// It opened.
    Opened,
    /// A maintenance window keeps it quiet.
    Suppressed,
    /// The window is over, and it goes on.
    Released,
    /// More alerts of the group fired.
    Alerts,
    /// Somebody was told.
    Told,
    /// There was nobody to tell.
    Unmanned,
    /// The next step's turn came.
    Escalated,
    /// Everybody was told as often as the plan says.
    Exhausted,
    /// Somebody is on it.
    Acknowledged,
    /// Somebody else was asked to be.
    Reassigned,
    /// Somebody was brought in.
    Responder,
    /// Somebody noted something.
    Note,
    /// It is over.
    Resolved,
    /// Somebody said what it was.
    Judged,
}

impl EventKind {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Suppressed => "suppressed",
            Self::Released => "released",
            Self::Alerts => "alerts",
            Self::Told => "told",
            Self::Unmanned => "unmanned",
            Self::Escalated => "escalated",
            Self::Exhausted => "exhausted",
            Self::Acknowledged => "acknowledged",
            Self::Reassigned => "reassigned",
            Self::Responder => "responder",
            Self::Note => "note",
            Self::Resolved => "resolved",
            Self::Judged => "judged",
        }
    }

    /// Whether it may change for whom the page waits.
    pub(super) fn changes_who_waits(self) -> bool {
        match self {
            Self::Opened
            | Self::Alerts
            | Self::Unmanned
            | Self::Escalated
            | Self::Exhausted
            | Self::Note
            | Self::Judged => false,
            Self::Suppressed
            | Self::Released
            | Self::Told
            | Self::Acknowledged
            | Self::Reassigned
            | Self::Responder
            | Self::Resolved => true,
        }
    }
}

/// Something that happened to a page.
#[derive(Debug, Clone, Serialize)]
pub struct PageEvent {
    /// Key; its order is the order of time.
    pub id: PageEventId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
    /// Who did it; none: Portolan itself, or what raised the page.
    pub actor: Option<PersonName>,
    /// Whom it was done to.
    pub person: Option<PersonName>,
    /// In words.
    pub text: String,
    /// What it turned out to be, if it is that.
    pub judgement: Option<Judgement>,
    /// How telling them went, by each way.
    pub deliveries: Vec<Told>,
}

/// What is kept of an event besides its words.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Detail {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) notices: Vec<NoticeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) judgement: Option<Judgement>,
}

/// An event to be written.
#[derive(Debug, Clone)]
pub(super) struct NewEvent {
    pub(super) kind: EventKind,
    pub(super) actor: Option<PersonId>,
    pub(super) person: Option<PersonId>,
    pub(super) text: String,
    pub(super) detail: Detail,
}

impl NewEvent {
    /// Portolan's own.
    pub(super) fn new(kind: EventKind, text: impl Into<String>) -> Self {
        Self { kind, actor: None, person: None, text: text.into(), detail: Detail::default() }
    }

    /// A person's.
    pub(super) fn by(kind: EventKind, actor: Option<PersonId>, text: impl Into<String>) -> Self {
        Self { actor, ..Self::new(kind, text) }
    }

    /// The same, done to somebody.
    pub(super) fn to(self, person: PersonId) -> Self {
        Self { person: Some(person), ..self }
    }
}
