//! The shapes of support on the wire.

use jiff::Timestamp;
use portolan_domain::{
    levels::{AtOnce, Engagement, Impact, Level, Levels},
    support::{Category, Event, Foreseen, Request},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A request for help. Only a title, the impact, the category, and the entity or the team are needed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRequestBody {
    /// What it is about: `checkout-api`, or a full reference for what is not a component.
    pub(super) entity: Option<String>,
    /// Slug of the team that is asked; the owner's team if absent.
    pub(super) team: Option<String>,
    /// What it is, in a line.
    pub(super) title: String,
    /// Where it happens: `production`, `staging`, …
    #[serde(default)]
    pub(super) environment: String,
    /// `question`, `slowed`, `blocked` or `outage`.
    #[schema(value_type = String)]
    pub(super) impact: Impact,
    /// What was tried, in Markdown.
    #[serde(default)]
    pub(super) tried: String,
    /// What should come of it, in Markdown.
    #[serde(default)]
    pub(super) wanted: String,
    /// Where to read on; ten at most.
    #[serde(default)]
    pub(super) links: Vec<String>,
    /// `production-problem`, `bug`, `platform-use`, `feature`, `contribution` or `design`.
    #[schema(value_type = String)]
    pub(super) category: Category,
    /// Key of the page it came from.
    pub(super) page: Option<uuid::Uuid>,
}

/// A request for help.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RequestBody {
    /// What people call it by.
    number: i64,
    /// Slug of the team it is asked of.
    team: String,
    /// What it is about.
    entity: Option<String>,
    /// What it is, in a line.
    title: String,
    /// Where it happens.
    environment: String,
    /// How much it hurts.
    impact: &'static str,
    /// What was tried.
    tried: String,
    /// What should come of it.
    wanted: String,
    /// Where to read on.
    links: Vec<String>,
    /// Key of the page it came from.
    page: Option<uuid::Uuid>,
    /// What kind of help it is.
    category: &'static str,
    /// `at-once`, `critical`, `important` or `usual`: what the queue is sorted by first.
    urgency: &'static str,
    /// Minutes of support hours that were promised until the first answer.
    first_answer_minutes: i32,
    /// Minutes of support hours that were promised until each of the next.
    next_answer_minutes: i32,
    /// `waiting`, `with-someone`, `waiting-for-requester`, `closed` or `reopened`.
    state: &'static str,
    /// Handle of whoever has it; null: nobody.
    assignee: Option<String>,
    /// Handle of whoever asked.
    asked_by: String,
    /// When.
    asked_at: Timestamp,
    /// By when the team owes a word; null: it owes none.
    due_at: Option<Timestamp>,
    /// When the first answer came.
    first_answered_at: Option<Timestamp>,
    /// Whether that was in time.
    first_answer_in_time: Option<bool>,
    /// When it was closed.
    closed_at: Option<Timestamp>,
    /// When anything happened to it.
    updated_at: Timestamp,
}

impl From<Request> for RequestBody {
    fn from(r: Request) -> Self {
        Self {
            number: r.number,
            team: r.team,
            entity: r.entity_ref,
            title: r.title,
            environment: r.environment,
            impact: r.impact.as_str(),
            tried: r.tried,
            wanted: r.wanted,
            links: r.links,
            page: r.page_id.map(|id| id.0),
            category: r.category.as_str(),
            urgency: r.urgency.as_str(),
            first_answer_minutes: r.promise.first_answer_minutes,
            next_answer_minutes: r.promise.next_answer_minutes,
            state: r.state.as_str(),
            assignee: r.assignee.map(|p| p.handle),
            asked_by: r.asked_by.handle,
            asked_at: r.asked_at,
            due_at: r.due_at,
            first_answered_at: r.first_answered_at,
            first_answer_in_time: r.first_answer_in_time,
            closed_at: r.closed_at,
            updated_at: r.updated_at,
        }
    }
}

/// One event of a thread.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventBody {
    /// When.
    at: Timestamp,
    /// `asked`, `said`, `answered`, `asked-back`, `paused`, `assigned`, `moved`, `closed` or `reopened`.
    kind: &'static str,
    /// Handle of who did it; null: Portolan itself.
    author: Option<String>,
    /// Handle of whom it was given to.
    to: Option<String>,
    /// What was said, in Markdown.
    text: String,
}

impl From<Event> for EventBody {
    fn from(e: Event) -> Self {
        Self {
            at: e.at,
            kind: e.kind.as_str(),
            author: e.author.map(|p| p.handle),
            to: e.to.map(|p| p.handle),
            text: e.text,
        }
    }
}

/// A request and all that happened to it, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ThreadBody {
    /// The request.
    #[serde(flatten)]
    pub(super) request: RequestBody,
    /// What happened.
    pub(super) events: Vec<EventBody>,
}

/// When somebody looks at it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EngagementBody {
    /// Slug of the team that would be asked.
    team: String,
    /// `now`: the team may be paged for it; else `in-working-hours`.
    when: &'static str,
    /// Minutes of support hours until the first answer, if not at once.
    first_answer_minutes: Option<i32>,
    /// The instant that is.
    by: Option<Timestamp>,
    /// Why, in sentences.
    why: Vec<String>,
    /// Handle of whoever has the support shift now, or the next one.
    on_duty: Option<String>,
}

impl From<Foreseen> for EngagementBody {
    fn from(f: Foreseen) -> Self {
        let why = f.decision.engagement.why().to_vec();
        let (when, first_answer_minutes, by) = match f.decision.engagement {
            Engagement::Now { .. } => ("now", None, None),
            Engagement::InWorkingHours { first_answer_minutes, by, .. } => {
                ("in-working-hours", Some(first_answer_minutes), by)
            }
        };
        Self {
            team: f.team.slug,
            when,
            first_answer_minutes,
            by,
            why,
            on_duty: f.on_duty.map(|duty| duty.person.handle),
        }
    }
}

/// What a team promises for one tier.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LevelBody {
    /// The tier, 0 to 3; null: what has no tier, and what is asked of the team itself.
    tier: Option<i16>,
    /// Who may have an engineer at once: `nobody`, `dependents` or `anyone`.
    #[schema(value_type = String)]
    at_once: AtOnce,
    /// From which impact on: `question`, `slowed`, `blocked` or `outage`.
    #[schema(value_type = String)]
    least_impact: Impact,
    /// Whether only what happens in production counts.
    only_production: bool,
    /// Minutes of support hours until the first answer.
    first_answer_minutes: i32,
    /// Minutes of support hours until each of the next.
    next_answer_minutes: i32,
}

impl From<Level> for LevelBody {
    fn from(l: Level) -> Self {
        Self {
            tier: l.tier,
            at_once: l.at_once,
            least_impact: l.least_impact,
            only_production: l.only_production,
            first_answer_minutes: l.first_answer_minutes,
            next_answer_minutes: l.next_answer_minutes,
        }
    }
}

impl From<LevelBody> for Level {
    fn from(l: LevelBody) -> Self {
        Self {
            tier: l.tier,
            at_once: l.at_once,
            least_impact: l.least_impact,
            only_production: l.only_production,
            first_answer_minutes: l.first_answer_minutes,
            next_answer_minutes: l.next_answer_minutes,
        }
    }
}

/// What a team promises.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LevelsBody {
    /// One for each tier, and one for what has none.
    levels: Vec<LevelBody>,
    /// Whether the team set them; else they are the usual ones.
    set_by_team: bool,
}

impl From<Levels> for LevelsBody {
    fn from(l: Levels) -> Self {
        Self { set_by_team: l.set.is_some(), levels: l.rows.into_iter().map(LevelBody::from).collect() }
    }
}
