//! Bodies of the slice, out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use portolan_domain::{
    notify::Told,
    paging::{self, PageEvent, Paged, PagedView, Policy, StepTarget},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::people::bodies::{PersonLink, TeamLink};

/// A page: what woke somebody.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PageBody {
    /// Key.
    id: uuid::Uuid,
    /// Its number, to be said on the telephone; addresses take it too.
    number: i64,
    /// `open`, `acknowledged`, `resolved`, or `suppressed` by maintenance.
    state: &'static str,
    /// The team that answers for it.
    team: TeamLink,
    /// Reference of what it is about.
    entity: Option<String>,
    /// Tier of that.
    tier: Option<i16>,
    /// What is wrong, in a line.
    summary: String,
    /// What a person says that it does, and to whom.
    impact: String,
    /// `critical`, `error`, `warning`, `info` or `unknown`, as the sender says.
    severity: &'static str,
    /// `now` or `working-hours`.
    urgency: &'static str,
    /// Who paged, if it was a person.
    raised_by: Option<PersonLink>,
    /// Where to look on.
    link: Option<String>,
    /// Where it says what to do.
    runbook: Option<String>,
    /// When it opened.
    opened_at: Timestamp,
    /// When somebody first said that they were on it.
    acknowledged_at: Option<Timestamp>,
    /// Who did.
    acknowledged_by: Option<PersonLink>,
    /// Who is on it, or was asked to be.
    assignee: Option<PersonLink>,
    /// When it was over.
    resolved_at: Option<Timestamp>,
    /// Who said so; absent if what raised it did.
    resolved_by: Option<PersonLink>,
    /// `real-impact`, `no-impact`, `false-alarm` or `duplicate`.
    judgement: Option<&'static str>,
    /// When the next step is told, if nobody is on it until then.
    next_at: Option<Timestamp>,
    /// When everybody had been told as often as the policy says.
    exhausted_at: Option<Timestamp>,
    /// True if nobody was on call.
    unmanned: bool,
    /// Alerts it gathered.
    alerts: i64,
    /// How many of them fire.
    firing: i64,
    /// How often they were told.
    times_told: i64,
}

impl From<Paged> for PageBody {
    fn from(p: Paged) -> Self {
        Self {
            id: p.id.0,
            number: p.number,
            state: p.state.as_str(),
            team: p.team.into(),
            entity: p.entity_ref,
            tier: p.tier,
            summary: p.summary,
            impact: p.impact,
            severity: p.severity.as_str(),
            urgency: p.urgency.as_str(),
            raised_by: p.raised_by.map(PersonLink::from),
            link: p.link,
            runbook: p.runbook,
            opened_at: p.opened_at,
            acknowledged_at: p.acknowledged_at,
            acknowledged_by: p.acknowledged_by.map(PersonLink::from),
            assignee: p.assignee.map(PersonLink::from),
            resolved_at: p.resolved_at,
            resolved_by: p.resolved_by.map(PersonLink::from),
            judgement: p.judgement.map(paging::Judgement::as_str),
            next_at: p.next_at,
            exhausted_at: p.exhausted_at,
            unmanned: p.unmanned,
            alerts: p.alerts,
            firing: p.firing,
            times_told: p.times,
        }
    }
}

/// A page with all that is known of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PageViewBody {
    /// The page.
    #[serde(flatten)]
    page: PageBody,
    /// Name of the policy it was opened under; absent: the team has none, and these are the usual steps.
    policy: Option<String>,
    /// Its steps as they were when it opened.
    steps: Vec<PlannedStepBody>,
    /// How often the steps begin anew.
    repeats: u32,
    /// The alerts it gathered, those that fire first; 200 at most.
    alert_list: Vec<AlertBody>,
    /// What happened to it, oldest first; 500 at most.
    timeline: Vec<EventBody>,
}

/// A step of a page.
#[derive(Debug, Serialize, ToSchema)]
struct PlannedStepBody {
    /// Who is told, in words.
    to: String,
    /// Minutes until the next step.
    minutes: u32,
}

/// An alert.
#[derive(Debug, Serialize, ToSchema)]
struct AlertBody {
    /// What it is known by in its group.
    fingerprint: String,
    /// What is wrong, in a line.
    summary: String,
    /// How bad the sender thinks it is.
    severity: &'static str,
    /// Labels, by name.
    labels: BTreeMap<String, String>,
    /// Where to look on.
    link: Option<String>,
    /// When it was first told.
    fired_at: Timestamp,
    /// When it was last told.
    told_at: Timestamp,
    /// How often it was told.
    times: i64,
    /// When it ceased.
    resolved_at: Option<Timestamp>,
}

/// Something that happened to a page.
#[derive(Debug, Serialize, ToSchema)]
struct EventBody {
    /// When.
    at: Timestamp,
    /// `opened`, `told`, `escalated`, `acknowledged`, …
    kind: &'static str,
    /// Who did it; absent: Portolan itself, or what raised the page.
    by: Option<PersonLink>,
    /// Whom it was done to.
    to: Option<PersonLink>,
    /// In words.
    text: String,
    /// What it turned out to be.
    judgement: Option<&'static str>,
    /// How telling them went.
    deliveries: Vec<DeliveryBody>,
}

/// How telling somebody went.
#[derive(Debug, Serialize, ToSchema)]
struct DeliveryBody {
    /// Whom, in words.
    to: String,
    /// The address it went to.
    address: Option<String>,
    /// `pending`, `delivered` or `failed`.
    #[schema(value_type = String)]
    state: portolan_domain::notify::State,
    /// Why it is not there.
    error: Option<String>,
    /// When it was there, or given up.
    at: Option<Timestamp>,
}

impl From<Told> for DeliveryBody {
    fn from(t: Told) -> Self {
        Self { to: t.to, address: t.sent_to, state: t.state, error: t.error, at: t.settled_at }
    }
}

impl From<PageEvent> for EventBody {
    fn from(e: PageEvent) -> Self {
        Self {
            at: e.at,
            kind: e.kind.as_str(),
            by: e.actor.map(PersonLink::from),
            to: e.person.map(PersonLink::from),
            text: e.text,
            judgement: e.judgement.map(paging::Judgement::as_str),
            deliveries: e.deliveries.into_iter().map(DeliveryBody::from).collect(),
        }
    }
}

impl From<PagedView> for PageViewBody {
    fn from(v: PagedView) -> Self {
        let steps = v.steps.into_iter().zip(v.plan.steps.iter().map(|s| s.minutes));
        let alert = |a: paging::Alert| AlertBody {
            fingerprint: a.fingerprint,
            summary: a.summary,
            severity: a.severity.as_str(),
            labels: a.labels,
            link: a.link,
            fired_at: a.fired_at,
            told_at: a.told_at,
            times: a.times,
            resolved_at: a.resolved_at,
        };
        Self {
            page: v.page.into(),
            policy: v.policy.map(|p| p.1),
            steps: steps.map(|(to, minutes)| PlannedStepBody { to, minutes }).collect(),
            repeats: v.plan.repeats,
            alert_list: v.alerts.into_iter().map(alert).collect(),
            timeline: v.events.into_iter().map(EventBody::from).collect(),
        }
    }
}

/// An escalation policy.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PolicyBody {
    /// Short unique name.
    slug: String,
    /// Name.
    name: String,
    /// Whose it is.
    team: TeamLink,
    /// Whether it is for whatever the team owns that has none of its own.
    default: bool,
    /// How often the steps begin anew after the last one.
    repeats: u32,
    /// Its steps.
    steps: Vec<StepBody>,
    /// How many services have it as their own.
    services: i64,
    /// When it was last edited.
    updated_at: Timestamp,
    /// Since when it is closed.
    closed_at: Option<Timestamp>,
}

/// A step: one of `schedule`, `team`, `person` and `lead_of`.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct StepBody {
    /// Whoever is on call on this schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<String>,
    /// Whoever is on call for this team.
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<String>,
    /// This person.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    /// Whoever leads this team.
    #[serde(skip_serializing_if = "Option::is_none")]
    lead_of: Option<String>,
    /// Minutes until the next step.
    minutes: u32,
}

impl From<Policy> for PolicyBody {
    fn from(p: Policy) -> Self {
        let step = |s: paging::PolicyStep| {
            let none = StepBody { minutes: s.minutes, ..StepBody::default() };
            match s.to {
                StepTarget::Schedule(s) => StepBody { schedule: Some(s.slug), ..none },
                StepTarget::Team(t) => StepBody { team: Some(t.slug), ..none },
                StepTarget::Person(p) => StepBody { person: Some(p.handle), ..none },
                StepTarget::Lead(t) => StepBody { lead_of: Some(t.slug), ..none },
            }
        };
        Self {
            slug: p.slug,
            name: p.name,
            team: p.team.into(),
            default: p.is_default,
            repeats: p.repeats,
            steps: p.steps.into_iter().map(step).collect(),
            services: p.services,
            updated_at: p.updated_at,
            closed_at: p.closed_at,
        }
    }
}
