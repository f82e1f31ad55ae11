//! What is known of offerings, requests and what was made: the records that faces show.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Definition, Effect, Experience, Field, Need, Outcome, Sharing, Stage, State, Verdict};
use crate::{
    ApprovalId, EntityId, OfferingId, PersonId, Problem, ProvisioningRequestId, ResourceId, StepId, TeamId,
    WaiverId,
    people::{PersonName, TeamName},
};

/// An offering in a list.
#[derive(Debug, Clone, Serialize)]
pub struct Listed {
    /// Its unique name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What it gives, in a line.
    pub lead: String,
    /// Whose product it is.
    pub team: TeamName,
    /// How far it has come.
    pub stage: Stage,
    /// What its users bring.
    pub experience: Experience,
    /// How it is shared.
    pub sharing: Sharing,
    /// What it makes, as `database`; none if it registers nothing.
    pub makes: Option<String>,
    /// The newest version.
    pub version: i32,
    /// How it went so far.
    pub figures: Figures,
}

/// How requests of an offering went in the last 90 days; what exists is counted as of now.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Figures {
    /// What was made with it and still exists.
    pub in_use: i64,
    /// Teams that have something of it.
    pub teams: i64,
    /// Requests that ended well.
    pub succeeded: i64,
    /// Seconds from asking to having, the half of them at most; none before the first.
    pub usual_seconds: Option<i64>,
    /// The same for nine of ten.
    pub slow_seconds: Option<i64>,
    /// Of those that succeeded, how many needed nobody's word or hand.
    pub without_a_human: i64,
    /// Requests that failed or wait for somebody because of what was asked.
    pub failed_by_input: i64,
    /// … because of the offering.
    pub failed_by_platform: i64,
    /// … because of somebody else's system.
    pub failed_by_outside: i64,
    /// Answers to "how was it", and their mean, 1 to 5.
    pub answers: i64,
    /// The mean of the answers; none if there is none.
    pub satisfaction: Option<f64>,
}

impl Figures {
    /// Of those who were asked how it was, how many said, in percent.
    pub fn response_percent(&self) -> Option<i64> {
        (self.succeeded > 0).then(|| 100 * self.answers / self.succeeded)
    }

    /// Of those that succeeded, how many needed no human, in percent.
    pub fn unattended_percent(&self) -> Option<i64> {
        (self.succeeded > 0).then(|| 100 * self.without_a_human / self.succeeded)
    }
}

/// An offering, at one of its versions.
#[derive(Debug, Clone)]
pub struct Offering {
    /// Key.
    pub id: OfferingId,
    /// Its unique name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What it is, Markdown.
    pub description: String,
    /// Whose product it is.
    pub team: TeamName,
    /// This version.
    pub version: i32,
    /// The newest.
    pub newest: i32,
    /// As it was written.
    pub source: String,
    /// As it was read.
    pub definition: Definition,
    /// Who wrote this version, if it was a person.
    pub written_by: Option<PersonName>,
    /// When.
    pub written_at: Timestamp,
}

impl Offering {
    /// The fields of its form.
    pub fn fields(&self) -> Vec<Field> {
        self.definition.parameters().map(|p| p.fields()).unwrap_or_default()
    }
}

/// An offering that nothing new is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenUp {
    /// Since when.
    pub since: Timestamp,
    /// What to ask for instead; none: nothing takes its place.
    pub replacement: Option<OfferingName>,
}

/// An offering, as others name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferingName {
    /// Its unique name.
    pub name: String,
    /// What people call it.
    pub title: String,
}

/// A version of an offering in its history.
#[derive(Debug, Clone, Serialize)]
pub struct VersionLine {
    /// Which, from 1.
    pub number: i32,
    /// Who wrote it, if it was a person.
    pub written_by: Option<PersonName>,
    /// When.
    pub written_at: Timestamp,
    /// What was made with it and still exists.
    pub in_use: i64,
}

/// What came of writing an offering.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Written {
    /// Its name.
    pub name: String,
    /// The newest version by now.
    pub version: i32,
    /// Whether this wrote it; false if it says what it said before.
    pub changed: bool,
}

/// What somebody asks for.
#[derive(Debug, Clone, Default)]
pub struct NewRequest {
    /// Name of the offering.
    pub offering: String,
    /// Slug of the team that it is for; the only team of whoever asks, if they have one only.
    pub team: String,
    /// The service that it is for: a reference, or the name of a component; empty for none.
    pub service: String,
    /// Where it is used, as `production`; may be empty.
    pub environment: String,
    /// Who pays; may be empty.
    pub cost_centre: String,
    /// Why, for those who have to agree; may be empty.
    pub reason: String,
    /// The parameters. What is not given has its default.
    pub params: Map<String, Value>,
}

/// What policy says to a request before it is made.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The offering.
    pub offering: Offering,
    /// The team, if it is known by now.
    pub team: Option<TeamName>,
    /// The parameters with their defaults.
    pub params: Map<String, Value>,
    /// What else is wrong, with the field: the team, the service.
    pub problems: Vec<crate::Problem>,
    /// What policy says; it is only said of parameters that fit.
    pub verdict: Verdict,
    /// Whose word is needed, with the people who may give it.
    pub approvals: Vec<Foreseen>,
    /// Waivers of what does not hold that the team asked for and nobody decided yet.
    pub waivers: Vec<Waiver>,
    /// Who pays: what was given, else what the team's descriptor says; may be empty.
    pub cost_centre: String,
    /// A month.
    pub cost: Option<f64>,
    /// In what: ISO 4217.
    pub currency: Option<String>,
    /// When it is cleaned up, if it is.
    pub expires_at: Option<Timestamp>,
    /// When somebody looks whether it is needed.
    pub review_at: Option<Timestamp>,
}

impl Checked {
    /// Whether it can be asked for as it is.
    pub fn goes(&self) -> bool {
        self.problems.is_empty() && !self.verdict.stops()
    }

    /// All that keeps it from being asked for, each with its field: `params.NAME` of a parameter, `guardrail.NAME` of one
    /// that speaks of none.
    pub fn hindrances(&self) -> Vec<Problem> {
        let param = |name: &str| if name == "service" { name.to_owned() } else { format!("params.{name}") };
        let misfits = self.verdict.misfits.iter().map(|(name, message)| (format!("params.{name}"), message));
        let stops =
            self.verdict.guardrails.iter().filter(|s| matches!(s.outcome, Outcome::Stops | Outcome::Broken));
        let stops = stops.map(|s| match &s.parameter {
            Some(name) => (param(name), &s.message),
            None => (format!("guardrail.{}", s.guardrail), &s.message),
        });
        let told = misfits.chain(stops).map(|(field, message)| Problem { field, message: message.clone() });
        self.problems.iter().cloned().chain(told).collect()
    }
}

/// An approval that will be needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Foreseen {
    /// Its name.
    pub name: String,
    /// Why.
    pub because: String,
    /// Who may give it; a few of them.
    pub by: Vec<PersonName>,
    /// Hours to decide.
    pub within_hours: u32,
}

/// Whose turn it is when something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Blame {
    /// Whoever asked: something they gave cannot be.
    Input,
    /// The offering's team.
    Platform,
    /// A system that neither of them runs.
    Outside,
}

impl Blame {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Platform => "platform",
            Self::Outside => "outside",
        }
    }
}

/// Why something failed, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Whose turn it is.
    pub blame: Blame,
    /// What happened.
    pub why: String,
    /// What to do about it.
    pub next: String,
}

/// What somebody wants of a request that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Wish {
    /// It cannot be made: what was made is undone.
    Undo,
    /// It is taken back: what was made is undone.
    Cancel,
}

impl Wish {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Undo => "undo",
            Self::Cancel => "cancel",
        }
    }
}

/// A provisioning request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Key.
    pub id: ProvisioningRequestId,
    /// What people say.
    pub number: i64,
    /// Name of the offering.
    pub offering: String,
    /// Key of the offering.
    pub offering_id: OfferingId,
    /// What people call it.
    pub offering_title: String,
    /// Whose product it is.
    pub offering_team: TeamName,
    /// The version it was asked of.
    pub version: i32,
    /// What is done with what exists; none: something new is made.
    pub action: Option<String>,
    /// What people call that.
    pub action_title: Option<String>,
    /// What becomes of what exists; none: something new is made.
    pub effect: Option<Effect>,
    /// What that is, or what came of the request.
    pub resource: Option<ResourceName>,
    /// For whom.
    pub team: TeamName,
    /// For which service.
    pub service: Option<ServiceName>,
    /// Where it is used.
    pub environment: String,
    /// Who pays.
    pub cost_centre: String,
    /// Why.
    pub reason: String,
    /// The parameters, but for secret ones.
    pub params: Map<String, Value>,
    /// How it stands.
    pub state: State,
    /// What is wanted of it while it runs.
    pub wish: Option<Wish>,
    /// What policy said last.
    pub verdict: Verdict,
    /// A month.
    pub cost: Option<f64>,
    /// In what.
    pub currency: Option<String>,
    /// Why it failed or waits for somebody.
    pub failure: Option<Failure>,
    /// Something that was made could not be undone.
    pub left_over: bool,
    /// Who asked; none: Portolan itself, when a lease ended.
    pub requested_by: Option<PersonName>,
    /// Number of the support request that was opened from it.
    pub support_number: Option<i64>,
    /// How whoever asked found it, 1 to 5.
    pub satisfaction: Option<i16>,
    /// When it was begun to be written.
    pub created_at: Timestamp,
    /// When it was handed in.
    pub submitted_at: Option<Timestamp>,
    /// When it was let through or refused.
    pub decided_at: Option<Timestamp>,
    /// When the worker began.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// When anything changed.
    pub updated_at: Timestamp,
}

impl Request {
    /// What it is called: "Database slot-planner", or what is done with what exists: "Change the size: slot-planner".
    pub fn title(&self) -> String {
        let name = self.resource.as_ref().map(|r| r.name.as_str());
        let name = name.or_else(|| self.params.get("name").and_then(Value::as_str));
        titled(&self.offering_title, self.action_title.as_deref(), name)
    }

    /// What it is about: "Database slot-planner", whatever is done with it.
    pub fn thing(&self) -> String {
        let name = self.resource.as_ref().map(|r| r.name.as_str());
        titled(&self.offering_title, None, name.or_else(|| self.params.get("name").and_then(Value::as_str)))
    }

    /// What activity calls it.
    pub fn subject(&self) -> String {
        format!("provisioning-request:{}", self.number)
    }

    /// Path of its page.
    pub fn link(&self) -> String {
        format!("/provision/requests/{}", self.number)
    }
}

/// What a request is called, by the titles of its offering and of what is done, and by the name of what it is about.
pub(super) fn titled(offering: &str, action: Option<&str>, name: Option<&str>) -> String {
    match (action, name) {
        (Some(action), name) => format!("{action}: {}", name.unwrap_or(offering)),
        (None, Some(name)) => format!("{offering} {name}"),
        (None, None) => offering.to_owned(),
    }
}

/// Something that was made, as others name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceName {
    /// Key.
    pub id: ResourceId,
    /// Its name.
    pub name: String,
}

/// A service, as others name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceName {
    /// Key.
    pub id: EntityId,
    /// Its reference.
    pub reference: String,
    /// Title, else name.
    pub title: String,
}

/// Which requests to list; empty means all that the actor may see: everybody signed in sees what is not a draft.
#[derive(Debug, Clone, Default)]
pub struct RequestFilter {
    /// Of this team.
    pub team: Option<TeamId>,
    /// Of this offering.
    pub offering: Option<OfferingId>,
    /// By this person; their drafts are among them, if they are the actor.
    pub by: Option<PersonId>,
    /// To do with this resource.
    pub resource: Option<ResourceId>,
    /// Those that wait for the word of this person.
    pub awaiting: Option<PersonId>,
    /// In one of these states; none for all.
    pub states: Vec<State>,
}

/// How an approval stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum ApprovalState {
    /// Nobody said anything yet, or not everybody.
    Waiting,
    /// Everybody needed agreed.
    Agreed,
    /// Somebody said no.
    Refused,
    /// The time for it is over.
    Lapsed,
    /// It is not needed any more.
    Dropped,
}

/// An approval of a request.
#[derive(Debug, Clone, Serialize)]
pub struct ApprovalOf {
    /// Key.
    pub id: ApprovalId,
    /// Its name within the offering.
    pub name: String,
    /// The step that waits for it; empty: the whole request.
    pub step: String,
    /// Why it is needed.
    pub because: String,
    /// What to look at, as the plan of a step before; may be empty.
    pub shown: String,
    /// How many of those named have to agree.
    pub need: super::Need,
    /// How it stands.
    pub state: ApprovalState,
    /// Since when.
    pub asked_at: Timestamp,
    /// By when.
    pub due_at: Timestamp,
    /// When it was passed on because time was over.
    pub escalated_at: Option<Timestamp>,
    /// Who may decide, and who did.
    pub approvers: Vec<Approver>,
    /// Whether the actor may decide.
    pub mine: bool,
}

/// Somebody who may decide.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Approver {
    /// In which role: `lead`, `offering-team`, `team:SLUG`, `person:HANDLE`.
    pub rule: String,
    /// Who.
    pub person: PersonName,
    /// How they came to it: `rule`, `stand-in`, `escalation`, `delegation`.
    pub by: String,
    /// What they said; none: nothing yet.
    pub agreed: Option<bool>,
    /// In words.
    pub note: String,
    /// When.
    pub at: Option<Timestamp>,
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum StepState {
    /// Its turn has not come.
    Waiting,
    /// Somebody is at it.
    Running,
    /// It is on its way outside, and looked at again.
    Later,
    /// It is done.
    Done,
    /// Its condition did not hold.
    Skipped,
    /// It failed as often as it is tried.
    Failed,
    /// What it made is being undone.
    Undoing,
    /// What it made is undone.
    Undone,
    /// What it made could not be undone.
    Left,
}

impl StepState {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Later => "later",
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
            Self::Left => "left",
        }
    }
}

/// A step of a run.
#[derive(Debug, Clone, Serialize)]
pub struct StepOf {
    /// Key: the idempotency key of what it does outside.
    pub id: StepId,
    /// Its name within the offering.
    pub step: String,
    /// What people call it.
    pub title: String,
    /// The executor.
    pub uses: String,
    /// How it stands.
    pub state: StepState,
    /// How often it was begun.
    pub attempts: i32,
    /// When it is looked at again.
    pub due_at: Option<Timestamp>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// When it was begun first.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
}

/// A line of a run's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// Its place: lines are read on from it.
    pub line: i64,
    /// The step; empty for the run itself.
    pub step: String,
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: String,
}

/// How something that was made stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum ResourceState {
    /// It is there.
    Active,
    /// It is gone.
    Removed,
    /// It is its users' own.
    Ejected,
}

/// Something that was made.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Key.
    pub id: ResourceId,
    /// Its name.
    pub name: String,
    /// Reference of its entity in the catalog, if it has one.
    pub entity_ref: Option<String>,
    /// Name of the offering.
    pub offering: String,
    /// Key of the offering.
    pub offering_id: OfferingId,
    /// What people call the offering.
    pub offering_title: String,
    /// The version it is like.
    pub version: i32,
    /// The newest version of the offering.
    pub newest: i32,
    /// How far the offering has come.
    pub stage: Stage,
    /// Number of the request that made it.
    pub request_number: i64,
    /// Who asked for it.
    pub requested_by: Option<PersonName>,
    /// Who owns it.
    pub team: TeamName,
    /// Who operates it: on call for it.
    pub operated_by: TeamName,
    /// Who answers questions about it.
    pub supported_by: TeamName,
    /// For which service.
    pub service: Option<ServiceName>,
    /// Where it is used.
    pub environment: String,
    /// Who pays.
    pub cost_centre: String,
    /// The parameters, but for secret ones.
    pub params: Map<String, Value>,
    /// Names of those that are not the defaults.
    pub unusual: Vec<String>,
    /// What was handed out, but for secrets: title and value.
    pub outputs: Vec<(String, String)>,
    /// The same by the names of the outputs: what its actions are given.
    pub values: Map<String, Value>,
    /// The highest tier that rests on it: of its service, if it has one.
    pub tier: Option<i16>,
    /// A month.
    pub cost: Option<f64>,
    /// In what.
    pub currency: Option<String>,
    /// How it stands.
    pub state: ResourceState,
    /// Since when it is there.
    pub made_at: Timestamp,
    /// Since when it is gone, or its users' own.
    pub ended_at: Option<Timestamp>,
    /// Who had it removed or took it over; none: Portolan itself, or nobody did.
    pub ended_by: Option<PersonName>,
    /// When it is cleaned up, if it is.
    pub expires_at: Option<Timestamp>,
    /// When somebody looks whether it is needed.
    pub review_at: Option<Timestamp>,
    /// Number of a request to do with it that is not over.
    pub open_request: Option<i64>,
}

impl Resource {
    /// Path of its page.
    pub fn link(&self) -> String {
        format!("/provision/resources/{}", self.id)
    }

    /// Whether its offering has moved on since; nobody brings what is gone or taken over to a newer version.
    pub fn is_behind(&self) -> bool {
        self.is_there() && self.version < self.newest
    }

    /// Whether it is there, and its offering looks after it.
    pub fn is_there(&self) -> bool {
        self.state == ResourceState::Active
    }

    /// Whether its users took it over.
    pub fn is_taken_over(&self) -> bool {
        self.state == ResourceState::Ejected
    }
}

/// Which resources to list.
#[derive(Debug, Clone, Default)]
pub struct ResourceFilter {
    /// Of this team.
    pub team: Option<TeamId>,
    /// Of this offering.
    pub offering: Option<OfferingId>,
    /// Only those whose end or review is before this.
    pub due_before: Option<Timestamp>,
    /// Only those made with an older version than the newest.
    pub behind: bool,
    /// Also those that are gone.
    pub gone: bool,
    /// Also those that their users took over.
    pub taken_over: bool,
}

/// What a team has, in sum.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Holdings {
    /// How many.
    pub count: i64,
    /// What they cost a month, by currency.
    pub cost: Vec<(String, f64)>,
    /// How many end or are to be looked at in the next 30 days.
    pub due_soon: i64,
    /// How many are of an older version.
    pub behind: i64,
}

/// Credentials of something that was made: whether they were shown.
#[derive(Debug, Clone, Serialize)]
pub struct Credential {
    /// Name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it was shown; once is all.
    pub shown_at: Option<Timestamp>,
    /// To whom.
    pub shown_to: Option<PersonName>,
}

/// How a waiver stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum WaiverState {
    /// The offering's team is asked.
    Asked,
    /// It holds until its end.
    Granted,
    /// They said no.
    Refused,
    /// It is not wanted any more, or was taken back.
    Withdrawn,
}

/// A guardrail that a team need not keep for a while.
#[derive(Debug, Clone, Serialize)]
pub struct Waiver {
    /// Key.
    pub id: WaiverId,
    /// Name of the offering.
    pub offering: String,
    /// What people call the offering.
    pub offering_title: String,
    /// The guardrail.
    pub guardrail: String,
    /// Which team.
    pub team: TeamName,
    /// Why.
    pub reason: String,
    /// Until when.
    pub ends_at: Timestamp,
    /// How it stands.
    pub state: WaiverState,
    /// Who asked.
    pub asked_by: PersonName,
    /// When.
    pub asked_at: Timestamp,
    /// Who decided.
    pub decided_by: Option<PersonName>,
    /// In words.
    pub note: String,
    /// Whether the actor may decide.
    pub mine: bool,
}

impl Waiver {
    /// The last day on which the guardrail need not be kept (UTC).
    pub fn last_day(&self) -> Date {
        let last = self.ends_at.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(self.ends_at);
        last.to_zoned(TimeZone::UTC).date()
    }

    /// Path of the place where it stands, and is decided.
    pub fn link(&self) -> String {
        format!("/provision/waivers#waiver-{}", self.id)
    }
}

/// Something that waits for somebody's word.
#[derive(Debug, Clone, Serialize)]
pub struct WaitsOn {
    /// Number of the request.
    pub number: i64,
    /// What is asked for.
    pub title: String,
    /// For whom.
    pub team: String,
    /// Where it is used; may be empty.
    pub environment: String,
    /// For which service, by its title.
    pub service: Option<String>,
    /// Why their word is needed.
    pub because: String,
    /// By when.
    pub due_at: Timestamp,
    /// How many others are asked.
    pub others: i64,
    /// Whether one word is enough, or each of them has to agree.
    pub need: Need,
}
