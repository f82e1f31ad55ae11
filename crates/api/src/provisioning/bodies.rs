//! The shapes of self-service on the wire.

use jiff::Timestamp;
use portolan_domain::provisioning::{
    ApprovalOf, Checked, Credential, Difference, Effect, Failure, Figures, Listed, LogLine, NewRequest,
    Offering, Request, Resource, Said, StepOf, SupportLevel, VersionLine, Waiver, Weighed, Wish,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// What somebody asks for. Only the offering, its parameters, and for those in several teams the team are needed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRequestBody {
    /// Name of the offering; not needed where the path names it.
    #[serde(default)]
    pub(super) offering: String,
    /// Slug of the team that it is for; your only team if absent.
    #[serde(default)]
    pub(super) team: String,
    /// The service that it is for: `checkout-api`, or a full reference.
    #[serde(default)]
    pub(super) service: String,
    /// Where it is used, as `production`.
    #[serde(default)]
    pub(super) environment: String,
    /// Who pays.
    #[serde(default)]
    pub(super) cost_centre: String,
    /// Why, for those who have to agree.
    #[serde(default)]
    pub(super) reason: String,
    /// The parameters by name; what is absent has its default.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(super) params: Map<String, Value>,
}

impl From<NewRequestBody> for NewRequest {
    fn from(b: NewRequestBody) -> Self {
        Self {
            offering: b.offering,
            team: b.team,
            service: b.service,
            environment: b.environment,
            cost_centre: b.cost_centre,
            reason: b.reason,
            params: b.params,
        }
    }
}

/// How requests of an offering went in the last 90 days.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FiguresBody {
    /// What was made with it and still exists.
    in_use: i64,
    /// Teams that have something of it.
    teams: i64,
    /// Requests that ended well.
    succeeded: i64,
    /// Seconds from asking to having, for half of them.
    usual_seconds: Option<i64>,
    /// The same for nine of ten.
    slow_seconds: Option<i64>,
    /// Of those that ended well, how many needed no human, in percent.
    unattended_percent: Option<i64>,
    /// Requests that failed or wait because of what was asked.
    failed_by_input: i64,
    /// … because of the offering.
    failed_by_platform: i64,
    /// … because of somebody else's system.
    failed_by_outside: i64,
    /// Mean of the answers to "how was it", 1 to 5.
    satisfaction: Option<f64>,
    /// Of those who were asked, how many answered, in percent.
    response_percent: Option<i64>,
}

impl From<Figures> for FiguresBody {
    fn from(f: Figures) -> Self {
        Self {
            in_use: f.in_use,
            teams: f.teams,
            succeeded: f.succeeded,
            usual_seconds: f.usual_seconds,
            slow_seconds: f.slow_seconds,
            unattended_percent: f.unattended_percent(),
            failed_by_input: f.failed_by_input,
            failed_by_platform: f.failed_by_platform,
            failed_by_outside: f.failed_by_outside,
            satisfaction: f.satisfaction,
            response_percent: f.response_percent(),
        }
    }
}

/// An offering in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListedBody {
    /// Its unique name.
    name: String,
    /// What people call it.
    title: String,
    /// What it gives, in a line.
    lead: String,
    /// Slug of the team whose product it is.
    team: String,
    /// `alpha`, `beta`, `general`, `deprecated` or `sunset`.
    stage: &'static str,
    /// What its users bring: `push-code`, `push-container`, …
    experience: &'static str,
    /// How it is shared: `managed-service`, `packaged-service`, …
    sharing: &'static str,
    /// Type of what it makes.
    makes: Option<String>,
    /// The newest version.
    version: i32,
    /// How it went.
    figures: FiguresBody,
}

impl From<Listed> for ListedBody {
    fn from(l: Listed) -> Self {
        Self {
            name: l.name,
            title: l.title,
            lead: l.lead,
            team: l.team.slug,
            stage: l.stage.as_str(),
            experience: l.experience.as_str(),
            sharing: l.sharing.as_str(),
            makes: l.makes,
            version: l.version,
            figures: l.figures.into(),
        }
    }
}

/// An offering.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OfferingBody {
    /// Its unique name.
    name: String,
    /// What people call it.
    title: String,
    /// What it is, Markdown.
    description: String,
    /// Slug of the team whose product it is.
    team: String,
    /// This version.
    version: i32,
    /// The newest.
    newest: i32,
    /// What it says: parameters (JSON Schema 2020-12), guardrails, approvals, steps, outputs, actions.
    #[schema(value_type = Object)]
    spec: Value,
    /// What help its users get.
    support_level: Option<SupportLevelBody>,
    /// What is promised of it.
    slo: Option<String>,
    /// Address of its documentation.
    docs: Option<String>,
    /// As it was written.
    source: String,
    /// Handle of whoever wrote this version.
    written_by: Option<String>,
    /// When.
    written_at: Timestamp,
    /// How its requests went.
    figures: FiguresBody,
    /// Its versions, newest first.
    versions: Vec<VersionBody>,
}

/// What help the users of an offering get.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SupportLevelBody {
    /// What is promised, in a sentence.
    text: String,
    /// When somebody answers.
    hours: Option<String>,
}

impl From<SupportLevel> for SupportLevelBody {
    fn from(level: SupportLevel) -> Self {
        Self { text: level.text, hours: level.hours }
    }
}

impl OfferingBody {
    pub(super) fn new(o: Offering, figures: Figures, versions: Vec<VersionLine>) -> Self {
        Self {
            spec: serde_json::to_value(&o.definition).unwrap_or_default(),
            support_level: o.definition.support_level.map(SupportLevelBody::from),
            slo: o.definition.slo,
            docs: o.definition.docs,
            name: o.name,
            title: o.title,
            description: o.description,
            team: o.team.slug,
            version: o.version,
            newest: o.newest,
            source: o.source,
            written_by: o.written_by.map(|p| p.handle),
            written_at: o.written_at,
            figures: figures.into(),
            versions: versions.into_iter().map(VersionBody::from).collect(),
        }
    }
}

/// A version of an offering.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VersionBody {
    /// Which, from 1.
    number: i32,
    /// Handle of whoever wrote it.
    written_by: Option<String>,
    /// When.
    written_at: Timestamp,
    /// What was made with it and still exists.
    in_use: i64,
}

impl From<VersionLine> for VersionBody {
    fn from(v: VersionLine) -> Self {
        let written_by = v.written_by.map(|p| p.handle);
        Self { number: v.number, written_by, written_at: v.written_at, in_use: v.in_use }
    }
}

/// What policy says to a request, before it is made.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckBody {
    /// Whether it can be asked for as it is.
    goes: bool,
    /// What is wrong: of fields and parameters (`params.NAME`).
    problems: Vec<ProblemBody>,
    /// What each guardrail says.
    guardrails: Vec<SaidBody>,
    /// Whose word will be needed.
    approvals: Vec<ForeseenBody>,
    /// A month.
    cost: Option<f64>,
    /// In what: ISO 4217.
    currency: Option<String>,
    /// Who pays: what was given, else what the team's descriptor says.
    cost_centre: String,
    /// The parameters with their defaults, but for secret ones.
    #[schema(value_type = Object)]
    params: Map<String, Value>,
    /// When it would be cleaned up.
    expires_at: Option<Timestamp>,
    /// When somebody would look whether it is needed.
    review_at: Option<Timestamp>,
}

impl From<Checked> for CheckBody {
    fn from(c: Checked) -> Self {
        let secret: Vec<_> = c.offering.fields().into_iter().filter(|f| f.secret).map(|f| f.name).collect();
        let misfits = c
            .verdict
            .misfits
            .iter()
            .map(|(name, message)| ProblemBody { field: format!("params.{name}"), message: message.clone() });
        let problems =
            c.problems.iter().map(|p| ProblemBody { field: p.field.clone(), message: p.message.clone() });
        Self {
            goes: c.goes(),
            problems: problems.chain(misfits).collect(),
            guardrails: c.verdict.guardrails.iter().map(SaidBody::from).collect(),
            approvals: c
                .approvals
                .into_iter()
                .map(|a| ForeseenBody {
                    name: a.name,
                    because: a.because,
                    by: a.by.into_iter().map(|p| p.handle).collect(),
                    within_hours: a.within_hours,
                })
                .collect(),
            cost: c.cost,
            currency: c.currency,
            cost_centre: c.cost_centre,
            params: c.params.into_iter().filter(|(name, _)| !secret.contains(name)).collect(),
            expires_at: c.expires_at,
            review_at: c.review_at,
        }
    }
}

/// One thing wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProblemBody {
    /// Where.
    field: String,
    /// What to do about it.
    message: String,
}

/// What a guardrail says.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SaidBody {
    /// Which.
    guardrail: String,
    /// `fits`, `waived`, `warns`, `asks`, `stops` or `broken`.
    #[schema(value_type = String)]
    outcome: portolan_domain::provisioning::Outcome,
    /// It in human language.
    message: String,
    /// The parameter to change.
    parameter: Option<String>,
}

impl From<&Said> for SaidBody {
    fn from(s: &Said) -> Self {
        let (guardrail, message) = (s.guardrail.clone(), s.message.clone());
        Self { guardrail, outcome: s.outcome, message, parameter: s.parameter.clone() }
    }
}

/// An approval that will be needed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ForeseenBody {
    /// Its name.
    name: String,
    /// Why.
    because: String,
    /// Handles of those who may give it; a few of them.
    by: Vec<String>,
    /// Hours to decide.
    within_hours: u32,
}

/// Why something failed, and what to do.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FailureBody {
    /// Whose turn it is: `input` (yours), `platform` (the offering's team) or `outside`.
    fault: &'static str,
    /// What happened.
    why: String,
    /// What to do about it.
    next: String,
}

impl From<Failure> for FailureBody {
    fn from(f: Failure) -> Self {
        Self { fault: f.blame.as_str(), why: f.why, next: f.next }
    }
}

/// A provisioning request.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RequestBody {
    /// What people call it by.
    number: i64,
    /// What it is called.
    title: String,
    /// Name of the offering.
    offering: String,
    /// The version of it.
    version: i32,
    /// What is done with what exists; null: something new.
    action: Option<String>,
    /// What becomes of it: `change`, `upgrade`, `remove` or `eject`.
    effect: Option<&'static str>,
    /// Key of that, or of what came of it.
    resource: Option<Uuid>,
    /// Slug of the team that it is for.
    team: String,
    /// Reference of the service that it is for.
    service: Option<String>,
    /// Where it is used.
    environment: String,
    /// Who pays.
    cost_centre: String,
    /// Why.
    reason: String,
    /// The parameters, but for secret ones.
    #[schema(value_type = Object)]
    params: Map<String, Value>,
    /// `draft`, `awaiting-approval`, `approved`, `refused`, `running`, `needs-attention`, `succeeded`, `failed` or `cancelled`.
    state: &'static str,
    /// While it runs: `undo` or `cancel`, if what was made is being taken away.
    wish: Option<&'static str>,
    /// What the guardrails said last.
    guardrails: Vec<SaidBody>,
    /// A month.
    cost: Option<f64>,
    /// In what.
    currency: Option<String>,
    /// Why it failed or waits for somebody.
    failure: Option<FailureBody>,
    /// Something that was made could not be undone.
    left_over: bool,
    /// Handle of whoever asked; null: Portolan itself.
    requested_by: Option<String>,
    /// Number of the support request about it.
    support_request: Option<i64>,
    /// How it was, 1 to 5.
    satisfaction: Option<i16>,
    /// When it was begun to be written.
    created_at: Timestamp,
    /// When it was handed in.
    submitted_at: Option<Timestamp>,
    /// When it was let through or refused.
    decided_at: Option<Timestamp>,
    /// When it began to run.
    started_at: Option<Timestamp>,
    /// When it was over.
    ended_at: Option<Timestamp>,
}

impl From<Request> for RequestBody {
    fn from(r: Request) -> Self {
        Self {
            title: r.title(),
            effect: r.effect.map(Effect::as_str),
            number: r.number,
            offering: r.offering,
            version: r.version,
            action: r.action,
            resource: r.resource.map(|x| x.id.0),
            team: r.team.slug,
            service: r.service.map(|s| s.reference),
            environment: r.environment,
            cost_centre: r.cost_centre,
            reason: r.reason,
            params: r.params,
            state: r.state.as_str(),
            wish: r.wish.map(Wish::as_str),
            guardrails: r.verdict.guardrails.iter().map(SaidBody::from).collect(),
            cost: r.cost,
            currency: r.currency,
            failure: r.failure.map(FailureBody::from),
            left_over: r.left_over,
            requested_by: r.requested_by.map(|p| p.handle),
            support_request: r.support_number,
            satisfaction: r.satisfaction,
            created_at: r.created_at,
            submitted_at: r.submitted_at,
            decided_at: r.decided_at,
            started_at: r.started_at,
            ended_at: r.ended_at,
        }
    }
}

/// A request with its approvals and the steps of its run.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FullRequestBody {
    /// The request.
    #[serde(flatten)]
    pub(super) request: RequestBody,
    /// Whose word is needed, and what they said.
    pub(super) approvals: Vec<ApprovalBody>,
    /// The steps, in order; none before it ran.
    pub(super) steps: Vec<StepBody>,
    /// What there is to weigh, if it waits for your word.
    pub(super) weighing: Option<WeighingBody>,
}

/// What whoever decides weighs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WeighingBody {
    /// Parameters that are not as they are now, or as the offering proposes them.
    differences: Vec<DifferenceBody>,
    /// What it costs a month now; null for something new.
    cost_now: Option<f64>,
    /// What it will cost; null if it is gone then, or its cost is not told.
    cost_then: Option<f64>,
    /// The last requests of the team for the same offering, newest first.
    earlier: Vec<EarlierBody>,
    /// How many things the team has by self-service.
    team_has: i64,
    /// What these cost a month.
    team_pays: Vec<SumBody>,
}

/// A parameter that is not as it was.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DifferenceBody {
    /// Its name.
    parameter: String,
    /// As it is now, or as the offering proposes it; null if nothing was there.
    before: Option<Value>,
    /// As it will be.
    after: Option<Value>,
}

/// A request that was made before.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EarlierBody {
    /// Its number.
    number: i64,
    /// What it is called.
    title: String,
    /// How it stands.
    state: &'static str,
    /// When it was handed in.
    submitted_at: Option<Timestamp>,
}

/// An amount of money.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SumBody {
    /// In what: ISO 4217.
    currency: String,
    /// How much.
    amount: f64,
}

impl From<Weighed> for WeighingBody {
    fn from(w: Weighed) -> Self {
        let difference =
            |d: Difference| DifferenceBody { parameter: d.name, before: d.before, after: d.after };
        let earlier = |r: Request| EarlierBody {
            number: r.number,
            title: r.title(),
            state: r.state.as_str(),
            submitted_at: r.submitted_at,
        };
        let sum = |(currency, amount)| SumBody { currency, amount };
        Self {
            differences: w.differences.into_iter().map(difference).collect(),
            cost_now: w.cost_now,
            cost_then: w.cost_then,
            earlier: w.earlier.into_iter().map(earlier).collect(),
            team_has: w.holdings.count,
            team_pays: w.holdings.cost.into_iter().map(sum).collect(),
        }
    }
}

/// An approval of a request.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ApprovalBody {
    /// Key: what a decision names.
    id: Uuid,
    /// Its name within the offering.
    name: String,
    /// The step that waits for it; empty: the whole request.
    step: String,
    /// Why it is needed.
    because: String,
    /// What to look at.
    shown: String,
    /// `waiting`, `agreed`, `refused`, `lapsed` or `dropped`.
    #[schema(value_type = String)]
    state: portolan_domain::provisioning::ApprovalState,
    /// By when.
    due_at: Timestamp,
    /// Whether you may decide.
    mine: bool,
    /// Who may decide, and what they said.
    approvers: Vec<ApproverBody>,
}

/// Somebody who may decide.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ApproverBody {
    /// In which role.
    rule: String,
    /// Handle.
    person: String,
    /// How they came to it: `rule`, `stand-in`, `escalation` or `delegation`.
    by: String,
    /// What they said; null: nothing yet.
    agreed: Option<bool>,
    /// In words.
    note: String,
}

impl From<ApprovalOf> for ApprovalBody {
    fn from(a: ApprovalOf) -> Self {
        let approver = |v: portolan_domain::provisioning::Approver| ApproverBody {
            rule: v.rule,
            person: v.person.handle,
            by: v.by,
            agreed: v.agreed,
            note: v.note,
        };
        Self {
            id: a.id.0,
            name: a.name,
            step: a.step,
            because: a.because,
            shown: a.shown,
            state: a.state,
            due_at: a.due_at,
            mine: a.mine,
            approvers: a.approvers.into_iter().map(approver).collect(),
        }
    }
}

/// A step of a run.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StepBody {
    /// Its name within the offering.
    step: String,
    /// What people call it.
    title: String,
    /// The executor.
    uses: String,
    /// `waiting`, `running`, `later`, `done`, `skipped`, `failed`, `undoing`, `undone` or `left`.
    state: &'static str,
    /// How often it was begun.
    attempts: i32,
    /// When it is looked at again.
    due_at: Option<Timestamp>,
    /// Why it failed.
    failure: Option<FailureBody>,
    /// When it was begun first.
    started_at: Option<Timestamp>,
    /// When it was over.
    ended_at: Option<Timestamp>,
}

impl From<StepOf> for StepBody {
    fn from(s: StepOf) -> Self {
        Self {
            step: s.step,
            title: s.title,
            uses: s.uses,
            state: s.state.as_str(),
            attempts: s.attempts,
            due_at: s.due_at,
            failure: s.failure.map(FailureBody::from),
            started_at: s.started_at,
            ended_at: s.ended_at,
        }
    }
}

/// A line of a run's log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LineBody {
    /// Its place: give the last one as `after` to read on.
    line: i64,
    /// The step; empty for the run itself.
    step: String,
    /// When.
    at: Timestamp,
    /// What.
    text: String,
}

impl From<LogLine> for LineBody {
    fn from(l: LogLine) -> Self {
        Self { line: l.line, step: l.step, at: l.at, text: l.text }
    }
}

/// Something that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ResourceBody {
    /// Key.
    id: Uuid,
    /// Its name.
    name: String,
    /// Reference of its entity in the catalog.
    entity: Option<String>,
    /// Name of the offering.
    offering: String,
    /// The version it is like.
    version: i32,
    /// The newest version of the offering.
    newest: i32,
    /// Number of the request that made it.
    request: i64,
    /// Handle of whoever asked for it.
    requested_by: Option<String>,
    /// Slug of the team that owns it.
    team: String,
    /// … that operates it, on call for it; its owner once it is taken over.
    operated_by: String,
    /// … that answers questions about it.
    supported_by: String,
    /// Reference of the service that it is for.
    service: Option<String>,
    /// Where it is used.
    environment: String,
    /// Who pays.
    cost_centre: String,
    /// The parameters, but for secret ones.
    #[schema(value_type = Object)]
    params: Map<String, Value>,
    /// Names of those that are not the defaults.
    nonstandard: Vec<String>,
    /// What was handed out, by the names of the outputs.
    #[schema(value_type = Object)]
    outputs: Map<String, Value>,
    /// A month.
    cost: Option<f64>,
    /// In what.
    currency: Option<String>,
    /// `active`, `removed` or `ejected`.
    #[schema(value_type = String)]
    state: portolan_domain::provisioning::ResourceState,
    /// Since when it is there.
    made_at: Timestamp,
    /// Since when it is gone, or its team's own.
    ended_at: Option<Timestamp>,
    /// Handle of whoever had it removed or took it over; null: Portolan itself.
    ended_by: Option<String>,
    /// When it is cleaned up.
    expires_at: Option<Timestamp>,
    /// When somebody looks whether it is needed.
    review_at: Option<Timestamp>,
    /// Number of a request to do with it that is not over.
    open_request: Option<i64>,
}

impl From<Resource> for ResourceBody {
    fn from(r: Resource) -> Self {
        Self {
            id: r.id.0,
            name: r.name,
            entity: r.entity_ref,
            offering: r.offering,
            version: r.version,
            newest: r.newest,
            request: r.request_number,
            requested_by: r.requested_by.map(|p| p.handle),
            team: r.team.slug,
            operated_by: r.operated_by.slug,
            supported_by: r.supported_by.slug,
            service: r.service.map(|s| s.reference),
            environment: r.environment,
            cost_centre: r.cost_centre,
            params: r.params,
            nonstandard: r.unusual,
            outputs: r.values,
            cost: r.cost,
            currency: r.currency,
            state: r.state,
            made_at: r.made_at,
            ended_at: r.ended_at,
            ended_by: r.ended_by.map(|p| p.handle),
            expires_at: r.expires_at,
            review_at: r.review_at,
            open_request: r.open_request,
        }
    }
}

/// Whether a credential was shown.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CredentialBody {
    /// Its name.
    name: String,
    /// What people call it.
    title: String,
    /// When it was made.
    made_at: Timestamp,
    /// When it was shown; null: it was not.
    shown_at: Option<Timestamp>,
    /// Handle of whoever saw it.
    shown_to: Option<String>,
}

impl From<Credential> for CredentialBody {
    fn from(c: Credential) -> Self {
        let shown_to = c.shown_to.map(|p| p.handle);
        Self { name: c.name, title: c.title, made_at: c.made_at, shown_at: c.shown_at, shown_to }
    }
}

/// A guardrail that a team need not keep for a while.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WaiverBody {
    /// Key.
    id: Uuid,
    /// Name of the offering.
    offering: String,
    /// The guardrail.
    guardrail: String,
    /// Slug of the team.
    team: String,
    /// Why.
    reason: String,
    /// Until when.
    ends_at: Timestamp,
    /// `asked`, `granted`, `refused` or `withdrawn`.
    #[schema(value_type = String)]
    state: portolan_domain::provisioning::WaiverState,
    /// Handle of whoever asked.
    asked_by: String,
    /// Handle of whoever decided.
    decided_by: Option<String>,
    /// In words.
    note: String,
}

impl From<Waiver> for WaiverBody {
    fn from(w: Waiver) -> Self {
        Self {
            id: w.id.0,
            offering: w.offering,
            guardrail: w.guardrail,
            team: w.team.slug,
            reason: w.reason,
            ends_at: w.ends_at,
            state: w.state,
            asked_by: w.asked_by.handle,
            decided_by: w.decided_by.map(|p| p.handle),
            note: w.note,
        }
    }
}
