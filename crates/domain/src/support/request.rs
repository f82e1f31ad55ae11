//! A request for help, and what happened to it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Promise, State};
use crate::{
    Error, PageId, PersonId, Result, SupportEventId, SupportRequestId, TeamId, levels::Impact,
    people::PersonName,
};

/// What kind of help is asked for. Once one of them comes back every week, it is worth removing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum Category {
    /// Help with a production problem.
    ProductionProblem,
    /// A bug that is not critical.
    Bug,
    /// Help using the platform.
    PlatformUse,
    /// A feature request in disguise.
    Feature,
    /// Review of a contribution.
    Contribution,
    /// A broad design question, for office hours.
    Design,
}

impl Category {
    /// All of them, in the order in which people choose.
    pub const ALL: [Self; 6] = [
        Self::ProductionProblem,
        Self::Bug,
        Self::PlatformUse,
        Self::Feature,
        Self::Contribution,
        Self::Design,
    ];

    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProductionProblem => "production-problem",
            Self::Bug => "bug",
            Self::PlatformUse => "platform-use",
            Self::Feature => "feature",
            Self::Contribution => "contribution",
            Self::Design => "design",
        }
    }

    /// The words for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::ProductionProblem => "Help with a production problem",
            Self::Bug => "A bug that is not critical",
            Self::PlatformUse => "Help using it",
            Self::Feature => "Something that is missing",
            Self::Contribution => "Review of a contribution",
            Self::Design => "A design question",
        }
    }

    /// What removes it, once it comes back every week.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::ProductionProblem => "a runbook, or a fix of what keeps failing",
            Self::Bug => "a fix, and a test that keeps it fixed",
            Self::PlatformUse => "documentation where people look, or a safer default",
            Self::Feature => "an entry on the roadmap, and an answer that points to it",
            Self::Contribution => "a guide for contributors, and checks that answer before a person does",
            Self::Design => "office hours, announced",
        }
    }
}

impl std::str::FromStr for Category {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|c| c.as_str() == s).ok_or_else(|| {
            Error::invalid(
                "category",
                "must be production-problem, bug, platform-use, feature, contribution or design",
            )
        })
    }
}

/// What the queue is sorted by first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Urgency {
    /// An engineer at once.
    AtOnce,
    /// About something of tier 0 or 1.
    Critical,
    /// About something of tier 2.
    Important,
    /// All else.
    Usual,
}

impl Urgency {
    /// All of them, most urgent first.
    pub const ALL: [Self; 4] = [Self::AtOnce, Self::Critical, Self::Important, Self::Usual];

    /// Of what is asked at once or not, about something of this tier.
    pub(super) fn of(at_once: bool, tier: Option<i16>) -> Self {
        match tier {
            _ if at_once => Self::AtOnce,
            Some(0 | 1) => Self::Critical,
            Some(2) => Self::Important,
            _ => Self::Usual,
        }
    }

    pub(super) fn rank(self) -> i16 {
        match self {
            Self::AtOnce => 0,
            Self::Critical => 1,
            Self::Important => 2,
            Self::Usual => 3,
        }
    }

    pub(super) fn from_rank(rank: i16) -> Self {
        Self::ALL.into_iter().find(|u| u.rank() == rank).unwrap_or(Self::Usual)
    }

    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AtOnce => "at-once",
            Self::Critical => "critical",
            Self::Important => "important",
            Self::Usual => "usual",
        }
    }

    /// The words for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::AtOnce => "At once",
            Self::Critical => "Critical service",
            Self::Important => "Important service",
            Self::Usual => "All else",
        }
    }
}

/// A request.
#[derive(Debug, Clone, Serialize)]
pub struct Request {
    /// Key.
    pub id: SupportRequestId,
    /// What people call it by.
    pub number: i64,
    /// The team it is asked of.
    pub team_id: TeamId,
    /// Its slug.
    pub team: String,
    /// Its name.
    pub team_name: String,
    /// What it is about, if that is in the catalog, or was.
    pub entity_ref: Option<String>,
    /// Title of that, else its name; none: it is gone.
    pub entity_title: Option<String>,
    /// Tier of that, today.
    pub tier: Option<i16>,
    /// What it is, in a line.
    pub title: String,
    /// Where it happens.
    pub environment: String,
    /// How much it hurts.
    pub impact: Impact,
    /// What was tried.
    pub tried: String,
    /// What should come of it.
    pub wanted: String,
    /// Where to read on.
    pub links: Vec<String>,
    /// The page it came from.
    pub page_id: Option<PageId>,
    /// What kind of help it is.
    pub category: Category,
    /// What the queue is sorted by first.
    pub urgency: Urgency,
    /// What was promised when it was asked.
    #[serde(skip)]
    pub promise: Promise,
    /// How it stands.
    pub state: State,
    /// Whose it is.
    pub assignee: Option<PersonName>,
    /// Who asked.
    pub asked_by: PersonName,
    /// When.
    pub asked_at: Timestamp,
    /// By when the team owes a word; none: it owes none.
    pub due_at: Option<Timestamp>,
    /// When the first answer came.
    pub first_answered_at: Option<Timestamp>,
    /// Whether that was in time.
    pub first_answer_in_time: Option<bool>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// When anything happened to it.
    pub updated_at: Timestamp,
}

impl Request {
    /// Whether a word is owed since before `now`.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.due_at.is_some_and(|due| due < now)
    }

    /// Whether it is this person's.
    pub fn is_of(&self, person: Option<PersonId>) -> bool {
        person.is_some() && person == self.assignee.as_ref().map(|a| a.id)
    }

    /// What acts on it are recorded as done to.
    pub(super) fn subject(&self) -> String {
        format!("support:{}", self.number)
    }

    /// What a refusal calls it.
    pub(super) fn called(&self) -> String {
        format!("support request {} of {}", self.number, self.team_name)
    }
}

/// What happened to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum EventKind {
    /// It was asked.
    Asked,
    /// Whoever asked added something.
    Said,
    /// The team answered and goes on with it.
    Answered,
    /// The team answered or asked back; the next word is the requester's.
    AskedBack,
    /// The next word is the requester's, without a word here.
    Paused,
    /// It was given to somebody, or put back.
    Assigned,
    /// Its category or team changed.
    Moved,
    /// It was closed.
    Closed,
    /// It was not done after all.
    Reopened,
}

impl EventKind {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Said => "said",
            Self::Answered => "answered",
            Self::AskedBack => "asked-back",
            Self::Paused => "paused",
            Self::Assigned => "assigned",
            Self::Moved => "moved",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
        }
    }
}

/// One event of a request's thread.
#[derive(Debug, Clone, Serialize)]
pub struct Event {
    /// Key.
    pub id: SupportEventId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
    /// Who; none: Portolan itself.
    pub author: Option<PersonName>,
    /// To whom it was given.
    pub to: Option<PersonName>,
    /// What was said, in Markdown; of a move, from what to what.
    pub text: String,
}
