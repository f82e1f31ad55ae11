//! An incident, and what happened in it.

use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::State;
use crate::{
    ActionId, Error, FailureModeId, IncidentEntryId, IncidentId, IncidentRoleId, PageId, Result, TeamId,
    people::PersonName,
};

/// What each severity means, the worst first.
pub const SEVERITIES: [(i16, &str, &str); 4] = [
    (1, "Critical", "Customers cannot do what they came for, or data is lost."),
    (2, "Major", "Many customers or a whole team are hurt; there is no good way round."),
    (3, "Minor", "Some are hurt, or there is a way round."),
    (4, "Near miss", "Nobody was hurt, and somebody could have been."),
];

/// Who noticed it first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum NoticedBy {
    /// A machine of ours.
    Alert,
    /// Somebody of the company.
    Employee,
    /// A customer.
    Customer,
    /// A partner or supplier.
    Partner,
}

impl NoticedBy {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Alert, Self::Employee, Self::Customer, Self::Partner];

    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Employee => "employee",
            Self::Customer => "customer",
            Self::Partner => "partner",
        }
    }

    /// The words for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Alert => "An alert of ours",
            Self::Employee => "Somebody of the company",
            Self::Customer => "A customer",
            Self::Partner => "A partner or supplier",
        }
    }
}

impl std::str::FromStr for NoticedBy {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|n| n.as_str() == s)
            .ok_or_else(|| Error::invalid("noticed_by", "must be alert, employee, customer or partner"))
    }
}

/// Whether an objective saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum SloSaw {
    /// Nobody has looked yet; the review needs to know.
    Unknown,
    /// One did.
    Yes,
    /// There are some, and none did.
    No,
    /// None is declared for what was hurt.
    NoneDeclared,
}

impl SloSaw {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Yes, Self::No, Self::NoneDeclared];

    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Yes => "yes",
            Self::No => "no",
            Self::NoneDeclared => "none-declared",
        }
    }

    /// The words for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Unknown => "Not known yet",
            Self::Yes => "An objective saw it",
            Self::No => "No objective saw it",
            Self::NoneDeclared => "No objective is declared for it",
        }
    }
}

impl std::str::FromStr for SloSaw {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|n| n.as_str() == s)
            .ok_or_else(|| Error::invalid("slo_saw", "must be unknown, yes, no or none-declared"))
    }
}

/// What somebody does in an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum Role {
    /// Decides.
    Lead,
    /// Tells others.
    Communication,
    /// Writes down what happens.
    Notes,
    /// Knows the thing.
    Expert,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Lead, Self::Communication, Self::Notes, Self::Expert];

    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Communication => "communication",
            Self::Notes => "notes",
            Self::Expert => "expert",
        }
    }

    /// The words for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Lead => "Leads",
            Self::Communication => "Tells others",
            Self::Notes => "Takes notes",
            Self::Expert => "Knows it",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|n| n.as_str() == s)
            .ok_or_else(|| Error::invalid("role", "must be lead, communication, notes or expert"))
    }
}

/// Something that an incident hurts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affected {
    /// Reference.
    pub entity_ref: String,
    /// Title, else name.
    pub title: String,
    /// Tier.
    pub tier: Option<i16>,
}

/// An incident.
#[derive(Debug, Clone, Serialize)]
pub struct Incident {
    /// Key.
    pub id: IncidentId,
    /// What people call it by.
    pub number: i64,
    /// The team that runs it.
    pub team_id: TeamId,
    /// Its slug.
    pub team: String,
    /// Its name.
    pub team_name: String,
    /// What it is, in a line.
    pub title: String,
    /// 1, the worst, to 4.
    pub severity: i16,
    /// How it stands.
    pub state: State,
    /// What it hurts, what most rests on first.
    pub affected: Vec<Affected>,
    /// Who noticed it first.
    pub noticed_by: NoticedBy,
    /// Whether an objective saw it.
    pub slo_saw: SloSaw,
    /// The page it was opened from.
    pub page_id: Option<PageId>,
    /// The number of that page.
    pub page: Option<i64>,
    /// Where people meet about it.
    pub link: Option<String>,
    /// When it began to hurt.
    pub began_at: Timestamp,
    /// Who opened it.
    pub opened_by: Option<PersonName>,
    /// When.
    pub opened_at: Timestamp,
    /// When it ceased to hurt.
    pub mitigated_at: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// What others are told; empty: nothing yet.
    pub status_text: String,
    /// Since when.
    pub status_at: Option<Timestamp>,
    /// The review: what happened.
    pub happened: String,
    /// The review: what helped.
    pub helped: String,
    /// When the review was done.
    pub reviewed_at: Option<Timestamp>,
    /// Raised at each edit.
    pub version: i64,
    /// When anything happened to it.
    pub updated_at: Timestamp,
}

impl Incident {
    /// The word for its severity.
    pub fn severity_label(&self) -> &'static str {
        SEVERITIES.iter().find(|(n, ..)| *n == self.severity).map_or("Unknown", |(_, word, _)| word)
    }

    /// How long it hurt, until `now` if it still does.
    pub fn hurt_for(&self, now: Timestamp) -> SignedDuration {
        self.mitigated_at.or(self.ended_at).unwrap_or(now).duration_since(self.began_at)
    }

    pub(super) fn subject(&self) -> String {
        format!("incident:{}", self.number)
    }

    pub(super) fn called(&self) -> String {
        format!("incident {} of {}", self.number, self.team_name)
    }
}

/// What people said or decided.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Key.
    pub id: IncidentEntryId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EntryKind,
    /// Who; none: Portolan itself.
    pub author: Option<PersonName>,
    /// In words, Markdown.
    pub text: String,
}

/// What kind of entry it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum EntryKind {
    /// It was opened.
    Opened,
    /// A note.
    Note,
    /// What others were told.
    Status,
    /// It ceased to hurt.
    Mitigated,
    /// It was over.
    Ended,
    /// It was not over after all.
    Reopened,
    /// The review was done.
    Reviewed,
    /// Somebody took or gave back a role.
    Role,
    /// It is worse or less bad than was thought.
    Severity,
}

impl EntryKind {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Note => "note",
            Self::Status => "status",
            Self::Mitigated => "mitigated",
            Self::Ended => "ended",
            Self::Reopened => "reopened",
            Self::Reviewed => "reviewed",
            Self::Role => "role",
            Self::Severity => "severity",
        }
    }
}

/// A role and who has it.
#[derive(Debug, Clone, Serialize)]
pub struct RoleHeld {
    /// Key.
    pub id: IncidentRoleId,
    /// Which.
    pub role: Role,
    /// Who.
    pub person: PersonName,
    /// From when.
    pub from: Timestamp,
    /// Until when; none: still.
    pub until: Option<Timestamp>,
}

/// What somebody promised to do by when.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Action {
    /// Key.
    pub id: ActionId,
    /// Slug of the team whose it is.
    pub team: String,
    /// Its name.
    pub team_name: String,
    /// Number of the incident that it came out of.
    pub incident: Option<i64>,
    /// What, in a line.
    pub title: String,
    /// Handle of whoever promised it; none: nobody yet.
    pub owner: Option<String>,
    /// Their name.
    pub owner_name: Option<String>,
    /// By when.
    pub due_on: Date,
    /// The alert rule that it mends, as monitoring calls it.
    #[serde(default)]
    pub alert_rule: Option<String>,
    /// Whether it is open, done or dropped.
    pub state: ActionState,
    /// What came of it.
    pub outcome: String,
    /// When it was promised.
    pub created_at: Timestamp,
    /// When it was done or dropped.
    pub closed_at: Option<Timestamp>,
}

impl Action {
    /// Whether it should be done by now.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.state == ActionState::Open && self.due_on < today
    }
}

/// How an action stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum ActionState {
    /// It is to be done.
    Open,
    /// It is done.
    Done,
    /// It will not be done, with a reason.
    Dropped,
}

impl ActionState {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Dropped => "dropped",
        }
    }
}

impl std::str::FromStr for ActionState {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        match s {
            "open" => Ok(Self::Open),
            "done" => Ok(Self::Done),
            "dropped" => Ok(Self::Dropped),
            _ => Err(Error::invalid("state", "must be open, done or dropped")),
        }
    }
}

/// How a thing is known to fail.
#[derive(Debug, Clone, Serialize)]
pub struct FailureMode {
    /// Key.
    pub id: FailureModeId,
    /// What it is called.
    pub name: String,
    /// How one tells.
    pub signs: String,
    /// What to do, Markdown.
    pub remedy: String,
    /// Number of the incident in which it was learned.
    pub incident: Option<i64>,
    /// Who wrote it.
    pub written_by: Option<PersonName>,
    /// When.
    pub written_at: Timestamp,
}
