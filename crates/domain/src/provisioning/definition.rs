//! What an offering says: one version of its document, read and checked as a whole.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    executors::{APPROVAL, REGISTER},
    expression::{self, Names, Scope},
    parameters::{Field, Parameters},
    text::{self, Piece},
    trial,
};
use crate::Problem;

/// The `apiVersion` of an offering's document.
pub const API_VERSION: &str = "portolan.dev/v1";
/// Most steps, guardrails, approvals, outputs or actions of one offering.
const MOST: usize = 50;
/// Longest that one attempt of a step may take, in seconds: a worker is not held longer by one of them.
const LONGEST_ATTEMPT: u32 = 3_600;
/// Deepest that a schema's branches are looked through for names.
const DEEPEST_SCHEMA: usize = 8;
/// Longest description, in characters.
const LONGEST_TEXT: usize = 20_000;

/// What guardrails, conditions and costs may name.
pub const FACTS: &[&str] =
    &["params", "requester", "team", "service", "environment", "existing", "cost", "resource"];
/// What the values of steps and outputs may name.
pub const STEP_FACTS: &[&str] = &[
    "params",
    "requester",
    "team",
    "service",
    "environment",
    "existing",
    "cost",
    "request",
    "resource",
    "steps",
    "each",
];

/// A version of an offering, as its document says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Definition {
    /// Team that owns it: a slug.
    pub owner: String,
    /// Team that operates what it makes, and is on call for it; the owner if none is named.
    #[serde(default)]
    pub operated_by: Option<String>,
    /// Team that upgrades what it makes.
    #[serde(default)]
    pub upgraded_by: Option<String>,
    /// Team that answers questions about what it makes.
    #[serde(default)]
    pub supported_by: Option<String>,
    /// What help its users get, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_level: Option<SupportLevel>,
    /// How far it has come.
    pub stage: Stage,
    /// The offering to use instead, once it is deprecated.
    #[serde(default)]
    pub replacement: Option<String>,
    /// Why it is deprecated, for those who use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated_because: Option<String>,
    /// The most important tier it is proven for: 0 to 3.
    #[serde(default)]
    pub proven_for_tier: Option<u8>,
    /// What its users bring.
    pub experience: Experience,
    /// How it is shared.
    pub sharing: Sharing,
    /// What it makes, in words of the catalog; nothing if it registers nothing.
    #[serde(default)]
    pub makes: Option<Makes>,
    /// JSON Schema of what it asks for.
    #[serde(default)]
    pub parameters: Option<Value>,
    /// What one of it costs.
    #[serde(default)]
    pub cost: Option<Cost>,
    /// What has to hold.
    #[serde(default)]
    pub guardrails: Vec<Guardrail>,
    /// Who has to agree.
    #[serde(default)]
    pub approvals: Vec<Approval>,
    /// How the values of steps and outputs and the name of what is made are written. Guardrails, approvals and costs are CEL.
    #[serde(default, skip_serializing_if = "Syntax::is_cel")]
    pub syntax: Syntax,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// Whether a step that failed has what was made undone at once.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// What is handed out.
    #[serde(default)]
    pub outputs: Vec<Output>,
    /// How long what it makes is kept.
    #[serde(default)]
    pub expiry: Option<Expiry>,
    /// What can be done with it afterwards.
    #[serde(default)]
    pub actions: Vec<Action>,
    /// What is promised, in words.
    #[serde(default)]
    pub slo: Option<String>,
    /// Address of its documentation.
    #[serde(default)]
    pub docs: Option<String>,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal, $title:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
        #[sqlx(type_name = "text")]
        pub enum $name {
            $($(#[$of])* #[serde(rename = $word)] #[sqlx(rename = $word)] $variant,)+
        }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word of it in documents and the API.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// What people call it.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }
        }
    };
}

words! {
    /// How far an offering has come.
    Stage {
        /// Tried by those who make it.
        Alpha = "alpha", "Alpha";
        /// Tried by some who use it.
        Beta = "beta", "Beta";
        /// For everybody.
        General = "general", "General";
        /// Nothing new is made with it.
        Deprecated = "deprecated", "Deprecated";
        /// What was made with it is being moved away.
        Sunset = "sunset", "Sunset";
    }
}

words! {
    /// What the users of an offering bring, from what spares them most.
    Experience {
        /// Code.
        PushCode = "push-code", "Push code";
        /// An image.
        PushContainer = "push-container", "Push a container";
        /// Parameters of standard modules.
        Package = "package-with-standard-infrastructure-code", "Package with standard infrastructure code";
        /// Their own infrastructure code.
        CustomCode = "write-custom-infrastructure-code", "Write custom infrastructure code";
        /// A call.
        CallApi = "call-an-api", "Call an API";
    }
}

words! {
    /// How an offering is shared.
    Sharing {
        /// Somebody runs it for all.
        ManagedService = "managed-service", "managed service";
        /// Each has their own, made alike.
        PackagedService = "packaged-service", "packaged service";
        /// Code that is used as it is.
        SharedCode = "shared-code", "shared code";
        /// Code to begin with.
        ExampleCode = "example-code", "example code";
        /// Rules to follow.
        Principles = "principles-and-policies", "principles and policies";
    }
}

words! {
    /// What a guardrail says when it does not hold.
    Otherwise {
        /// It may go on, and is told.
        Warn = "warn", "Warns";
        /// People have to agree.
        Approve = "approve", "Asks";
        /// It may not be made.
        Deny = "deny", "Stops";
    }
}

words! {
    /// What happens when a step fails.
    #[derive(Default)]
    OnFailure {
        /// What was made stands, and somebody tries again or has it undone.
        #[default]
        Keep = "keep", "kept until somebody looks";
        /// What was made is undone at once.
        Undo = "undo", "undone at once";
    }
}

words! {
    /// How values are written.
    #[derive(Default)]
    Syntax {
        /// `${{ params.name }}`: what stands between the braces is CEL.
        #[default]
        Cel = "cel", "CEL";
        /// `${{ parameters.name }}`: as in Backstage, whose templates are written in Nunjucks.
        Nunjucks = "nunjucks", "Nunjucks";
    }
}

impl Syntax {
    fn is_cel(&self) -> bool {
        *self == Self::Cel
    }
}

/// What help the users of an offering get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SupportLevel {
    /// What is promised, in a sentence: who answers, how soon.
    pub text: String,
    /// When somebody answers, as `Mon–Fri 9:00–17:00`; whenever the team does, if it is not said.
    #[serde(default)]
    pub hours: Option<String>,
}

/// What an offering makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Makes {
    /// Kind of the catalog: `resource` or `component`.
    pub kind: String,
    /// Type within the kind, as `database`.
    #[serde(rename = "type")]
    pub kind_type: String,
    /// Its name in the catalog.
    pub name: String,
}

/// What one costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cost {
    /// Expression of the cost of a month.
    pub monthly: String,
    /// ISO 4217 code.
    pub currency: String,
}

/// What has to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Guardrail {
    /// Name, once within the offering: what a waiver names.
    pub name: String,
    /// Expression that has to hold.
    pub ensure: String,
    /// What if it does not.
    pub otherwise: Otherwise,
    /// What to change, in human language; may hold expressions.
    pub message: String,
    /// What is said if it holds.
    #[serde(default)]
    pub fits: Option<String>,
    /// The parameter to change.
    #[serde(default)]
    pub parameter: Option<String>,
    /// The approvals it asks for, by their names, where it asks.
    #[serde(default)]
    pub approvals: Vec<String>,
}

/// Who has to agree, and by when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approval {
    /// Name, once within the offering.
    pub name: String,
    /// Expression of when it is needed; none: only where a guardrail asks for it.
    #[serde(default)]
    pub when: Option<String>,
    /// Why, in human language.
    pub because: String,
    /// Whose word counts: `lead` (of the owning team), `offering-team`, `team:SLUG`, `person:HANDLE`.
    pub by: Vec<String>,
    /// Whether one of them is enough.
    #[serde(default)]
    pub need: Need,
    /// Hours to decide.
    #[serde(default = "three_days")]
    pub within_hours: u32,
}

fn three_days() -> u32 {
    72
}

words! {
    /// How many of those named have to agree.
    #[derive(Default)]
    Need {
        /// One of them.
        #[default]
        Any = "any", "one of them";
        /// Each of them.
        All = "all", "each of them";
    }
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// Name, once within the steps: `steps.ID.…` are its outputs.
    pub id: String,
    /// What people call it.
    #[serde(default)]
    pub title: Option<String>,
    /// The executor.
    pub uses: String,
    /// What it is given; may hold expressions.
    #[serde(default, rename = "with")]
    pub input: Value,
    /// Expression of whether it is done.
    #[serde(default, rename = "if")]
    pub when: Option<String>,
    /// Expression of a list: it is done for each, as `each`, and its outputs are a list.
    #[serde(default)]
    pub each: Option<String>,
    /// How often it is tried before it has failed.
    #[serde(default = "three")]
    pub attempts: u32,
    /// Seconds that one attempt may take.
    #[serde(default = "five_minutes")]
    pub timeout_seconds: u32,
}

fn three() -> u32 {
    3
}

fn five_minutes() -> u32 {
    300
}

/// What is handed out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    /// Name, once within the outputs.
    pub name: String,
    /// What people call it.
    #[serde(default)]
    pub title: Option<String>,
    /// What it is; may hold expressions.
    pub value: String,
    /// Shown once, and kept encrypted.
    #[serde(default)]
    pub secret: bool,
}

/// How long what is made is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expiry {
    /// Expression of the days until it is cleaned up; null: it is kept, and looked at.
    #[serde(default)]
    pub after_days: Option<String>,
    /// Days until somebody looks whether it is still needed.
    #[serde(default)]
    pub review_after_days: Option<u32>,
    /// Days before the end at which its team is told.
    #[serde(default = "usual_warnings")]
    pub warn_days: Vec<u32>,
}

fn usual_warnings() -> Vec<u32> {
    vec![14, 3]
}

/// What can be done with what was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Action {
    /// Name, once within the actions.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What it does.
    #[serde(default)]
    pub description: Option<String>,
    /// What becomes of what was made.
    #[serde(default)]
    pub effect: Effect,
    /// JSON Schema of what it asks for.
    #[serde(default)]
    pub parameters: Option<Value>,
    /// What has to hold.
    #[serde(default)]
    pub guardrails: Vec<Guardrail>,
    /// Who has to agree.
    #[serde(default)]
    pub approvals: Vec<Approval>,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// What is handed out.
    #[serde(default)]
    pub outputs: Vec<Output>,
}

words! {
    /// What an action makes of what was made.
    #[derive(Default)]
    Effect {
        /// It stays.
        #[default]
        Change = "change", "changes it";
        /// It is made like the newest version of the offering.
        Upgrade = "upgrade", "brings it to the newest version";
        /// It is gone.
        Remove = "remove", "removes it";
        /// It is its users' own from then on.
        Eject = "eject", "hands it over";
    }
}

impl Stage {
    /// Whether nothing new is made with it.
    pub fn is_given_up(self) -> bool {
        matches!(self, Self::Deprecated | Self::Sunset)
    }
}

/// Names that a document has, each with where.
type Placed<'d> = Vec<(String, &'d str)>;

impl Definition {
    /// Everything that is wrong with it, with where. `executors` are those that can be used.
    pub fn problems(&self, executors: &[&str]) -> Vec<Problem> {
        let mut p = Problems { found: Vec::new(), syntax: self.syntax };
        if self.stage.is_given_up() && self.replacement.is_none() {
            p.add("replacement", "is needed: say what to use instead, or \"none\"");
        }
        if self.proven_for_tier.is_some_and(|tier| tier > 3) {
            p.add("provenForTier", "must be 0 to 3");
        }
        let params = named(self.parameters.as_ref());
        let of_facts = [("params", params.clone())];
        let facts = Names { facts: FACTS, of: &of_facts };
        if let Some(makes) = &self.makes {
            if !matches!(makes.kind.as_str(), "resource" | "component") {
                p.add("makes.kind", "must be resource or component");
            }
            // the name is made when all steps are done
            let of =
                [("params", params.clone()), ("steps", self.steps.iter().map(|s| s.id.as_str()).collect())];
            let names = Names { facts: STEP_FACTS, of: &of };
            p.value("makes.name", &Value::String(makes.name.clone()), &names);
        }
        if let Some(cost) = &self.cost {
            p.expression("cost.monthly", &cost.monthly, &facts);
            if cost.currency.len() != 3 || !cost.currency.bytes().all(|b| b.is_ascii_uppercase()) {
                p.add("cost.currency", "must be three capitals, as EUR");
            }
        }
        if let Some(expiry) = &self.expiry {
            if let Some(after) = &expiry.after_days {
                p.expression("expiry.afterDays", after, &facts);
            }
            if expiry.warn_days.len() > 10 || expiry.warn_days.contains(&0) {
                p.add("expiry.warnDays", "must be ten numbers of one or more at most");
            }
        }
        let asked = Asked {
            at: "",
            named: params.clone(),
            parameters: self.parameters.as_ref(),
            guardrails: &self.guardrails,
            approvals: &self.approvals,
            steps: &self.steps,
            outputs: &self.outputs,
        };
        p.asked(&asked, executors);
        p.once("actions", self.actions.iter().map(|a| a.name.as_str()));
        for (n, action) in self.actions.iter().enumerate() {
            let own = named(action.parameters.as_ref());
            // an upgrade is asked for with all that the newest version asks for
            let also = params.iter().copied().filter(|_| action.effect == Effect::Upgrade);
            let asked = Asked {
                at: &format!("actions[{n}]."),
                named: own.into_iter().chain(also).collect(),
                parameters: action.parameters.as_ref(),
                guardrails: &action.guardrails,
                approvals: &action.approvals,
                steps: &action.steps,
                outputs: &action.outputs,
            };
            p.asked(&asked, executors);
        }
        self.promises(&mut p);
        for (field, problem) in trial::problems(self) {
            p.add(field, problem);
        }
        p.found
    }

    /// The teams and the people that it names, each with where.
    pub(super) fn named(&self) -> (Placed<'_>, Placed<'_>) {
        let roles = [
            ("operatedBy", &self.operated_by),
            ("upgradedBy", &self.upgraded_by),
            ("supportedBy", &self.supported_by),
        ];
        let mut teams = vec![("spec.owner".to_owned(), self.owner.as_str())];
        teams.extend(
            roles.into_iter().filter_map(|(field, team)| Some((format!("spec.{field}"), team.as_deref()?))),
        );
        let mut people = Vec::new();
        let of_actions =
            self.actions.iter().enumerate().map(|(n, a)| (format!("actions[{n}]."), &a.approvals));
        for (at, approvals) in std::iter::once((String::new(), &self.approvals)).chain(of_actions) {
            for (n, approval) in approvals.iter().enumerate() {
                let field = format!("spec.{at}approvals[{n}].by");
                for who in &approval.by {
                    match who.split_once(':') {
                        Some(("team", slug)) => teams.push((field.clone(), slug)),
                        Some(("person", handle)) => people.push((field.clone(), handle)),
                        _ => {}
                    }
                }
            }
        }
        (teams, people)
    }

    fn promises(&self, p: &mut Problems) {
        for (field, text) in [("slo", &self.slo), ("docs", &self.docs)] {
            if text.as_ref().is_some_and(|t| t.chars().count() > LONGEST_TEXT) {
                p.add(field, "is too long");
            }
        }
        let Some(level) = &self.support_level else { return };
        if level.text.trim().is_empty() {
            p.add("supportLevel.text", "is needed: say who answers, and how soon");
        }
        let hours = level.hours.as_deref().unwrap_or_default();
        for (field, text, most) in [("text", level.text.as_str(), 500), ("hours", hours, 100)] {
            if text.chars().count() > most {
                p.add(format!("supportLevel.{field}"), format!("may have {most} characters at most"));
            }
        }
    }

    /// Whether what it makes is its owner's to change, and so to operate: code, not something that is run for them.
    pub fn owner_operates(&self) -> bool {
        let is_code = self.makes.as_ref().is_some_and(|makes| makes.kind == "component");
        let brings = self.makes.is_none() && self.steps.iter().any(|step| step.uses == REGISTER);
        self.operated_by.is_none() && (is_code || brings)
    }

    /// What a month costs as its form proposes it, for nobody and nothing in particular; none if that cannot be told.
    pub fn proposed_cost(&self) -> Option<f64> {
        let params = self.parameters()?.with_defaults(&serde_json::Map::new());
        self.monthly_cost(&Scope::default().with("params", Value::Object(params)))
    }

    /// A text of it (a message, a reason) outside of any request: what a request fills in is named. `fields` are those of
    /// the form that asks.
    pub fn outline(text: &str, fields: &[Field]) -> Vec<Piece> {
        text::outline(text, &|name| fields.iter().find(|f| f.name == name).map(|f| f.title.clone()))
    }

    /// Its parameters. Only a definition without problems has them.
    pub fn parameters(&self) -> Option<Parameters> {
        Parameters::read(self.parameters.clone()).ok()
    }

    /// What a month costs; none if it has no cost, or none that can be told from these facts.
    pub fn monthly_cost(&self, scope: &Scope) -> Option<f64> {
        let cost = self.cost.as_ref()?;
        expression::evaluate(&cost.monthly, scope).ok()?.as_f64().filter(|n| n.is_finite() && *n >= 0.0)
    }
}

/// Whether it says whose word counts.
pub(super) fn is_rule(who: &str) -> bool {
    matches!(who, "lead" | "offering-team")
        || [who.strip_prefix("team:"), who.strip_prefix("person:")]
            .into_iter()
            .flatten()
            .any(|w| !w.is_empty())
}

/// The names of a schema's properties, those too that only some of its branches have.
fn named(parameters: Option<&Value>) -> Vec<&str> {
    let mut names = Vec::new();
    if let Some(root) = parameters {
        gather(root, root, 0, &mut names);
    }
    names
}

fn gather<'s>(root: &'s Value, at: &'s Value, depth: usize, names: &mut Vec<&'s str>) {
    if depth > DEEPEST_SCHEMA {
        return;
    }
    let properties = at.get("properties").and_then(Value::as_object).into_iter().flatten();
    for (name, _) in properties {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let lists = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|key| at.get(key)?.as_array()).flatten();
    let parts = ["if", "then", "else"].into_iter().filter_map(|key| at.get(key));
    let dependent =
        at.get("dependentSchemas").and_then(Value::as_object).into_iter().flatten().map(|(_, v)| v);
    let reference = at.get("$ref").and_then(Value::as_str).and_then(|r| root.pointer(r.strip_prefix('#')?));
    for part in lists.chain(parts).chain(dependent).chain(reference) {
        gather(root, part, depth + 1, names);
    }
}

/// What an offering and an action have in common.
struct Asked<'d> {
    at: &'d str,
    /// What expressions may name of `params`.
    named: Vec<&'d str>,
    parameters: Option<&'d Value>,
    guardrails: &'d [Guardrail],
    approvals: &'d [Approval],
    steps: &'d [Step],
    outputs: &'d [Output],
}

impl<'d> Asked<'d> {
    /// What is known once that many of its steps are done.
    fn after(&self, done: usize) -> [(&'static str, Vec<&'d str>); 2] {
        let steps = self.steps[..done].iter().map(|s| s.id.as_str()).collect();
        [("params", self.named.clone()), ("steps", steps)]
    }
}

struct Problems {
    found: Vec<Problem>,
    syntax: Syntax,
}

impl Problems {
    fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.found.push(Problem { field: format!("spec.{}", field.into()), message: message.into() });
    }

    fn expression(&mut self, field: &str, source: &str, names: &Names<'_>) {
        if let Err(fault) = expression::check(source, names) {
            self.add(field, fault.to_string());
        }
    }

    fn text(&mut self, field: &str, value: &Value, names: &Names<'_>) {
        for (below, problem) in text::problems(value, names) {
            let field = if below.is_empty() { field.to_owned() } else { format!("{field}.{below}") };
            self.add(field, problem);
        }
    }

    /// A value of a step or an output, in the syntax of the document.
    fn value(&mut self, field: &str, value: &Value, names: &Names<'_>) {
        for (below, problem) in text::problems_as(self.syntax, value, names) {
            let field = if below.is_empty() { field.to_owned() } else { format!("{field}.{below}") };
            self.add(field, problem);
        }
    }

    fn once<'n>(&mut self, field: &str, names: impl Iterator<Item = &'n str>) {
        let names: Vec<_> = names.collect();
        if names.len() > MOST {
            self.add(field, format!("may be {MOST} at most"));
        }
        for (n, name) in names.iter().enumerate() {
            let good = name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.len() <= 63
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
            if !good {
                let problem = "must begin with a letter and have letters, digits, - and _ alone";
                self.add(format!("{field}[{n}]"), format!("{name:?} {problem}"));
            }
            if names[..n].contains(name) {
                self.add(format!("{field}[{n}]"), format!("is the second of the name {name:?}"));
            }
        }
    }

    fn asked(&mut self, asked: &Asked<'_>, executors: &[&str]) {
        let at = asked.at;
        if let Err(problems) = Parameters::read(asked.parameters.cloned()) {
            for (below, problem) in problems {
                let dot = if below.is_empty() { "" } else { "." };
                self.add(format!("{at}parameters{dot}{below}"), problem);
            }
        }
        self.once(&format!("{at}guardrails"), asked.guardrails.iter().map(|g| g.name.as_str()));
        self.once(&format!("{at}approvals"), asked.approvals.iter().map(|a| a.name.as_str()));
        let of = [("params", asked.named.clone())];
        let facts = Names { facts: FACTS, of: &of };
        for (n, guardrail) in asked.guardrails.iter().enumerate() {
            self.guardrail(&format!("{at}guardrails[{n}]"), guardrail, asked.approvals, &facts);
        }
        for (n, approval) in asked.approvals.iter().enumerate() {
            self.approval(&format!("{at}approvals[{n}]"), approval, &facts);
        }
        self.steps(asked, executors);
        self.once(&format!("{at}outputs"), asked.outputs.iter().map(|o| o.name.as_str()));
        let of = asked.after(asked.steps.len());
        let names = Names { facts: STEP_FACTS, of: &of };
        for (n, output) in asked.outputs.iter().enumerate() {
            self.value(&format!("{at}outputs[{n}].value"), &Value::String(output.value.clone()), &names);
        }
    }

    fn guardrail(&mut self, at: &str, guardrail: &Guardrail, approvals: &[Approval], facts: &Names<'_>) {
        self.expression(&format!("{at}.ensure"), &guardrail.ensure, facts);
        self.text(&format!("{at}.message"), &Value::String(guardrail.message.clone()), facts);
        if guardrail.message.trim().is_empty() {
            self.add(format!("{at}.message"), "is needed: say what to change");
        }
        if let Some(fits) = &guardrail.fits {
            self.text(&format!("{at}.fits"), &Value::String(fits.clone()), facts);
        }
        let asks = guardrail.otherwise == Otherwise::Approve;
        if asks && guardrail.approvals.is_empty() {
            self.add(format!("{at}.approvals"), "is needed: name who is to agree, from the approvals");
        }
        if !asks && !guardrail.approvals.is_empty() {
            self.add(format!("{at}.approvals"), "is only for otherwise: approve");
        }
        for name in &guardrail.approvals {
            if approvals.iter().all(|a| a.name != *name) {
                self.add(
                    format!("{at}.approvals"),
                    format!("names {name:?}, which is none of the approvals"),
                );
            }
        }
    }

    fn approval(&mut self, at: &str, approval: &Approval, facts: &Names<'_>) {
        if let Some(when) = &approval.when {
            self.expression(&format!("{at}.when"), when, facts);
        }
        self.text(&format!("{at}.because"), &Value::String(approval.because.clone()), facts);
        if approval.by.is_empty() || approval.by.len() > 10 {
            self.add(format!("{at}.by"), "must name one to ten whose word counts");
        }
        for who in &approval.by {
            if !is_rule(who) {
                self.add(
                    format!("{at}.by"),
                    format!("{who:?} must be lead, offering-team, team:SLUG or person:HANDLE"),
                );
            }
        }
        if !(1..=24 * 60).contains(&approval.within_hours) {
            self.add(format!("{at}.withinHours"), "must be 1 to 1440");
        }
    }

    fn steps(&mut self, asked: &Asked<'_>, executors: &[&str]) {
        let (at, steps) = (asked.at, asked.steps);
        if steps.is_empty() {
            self.add(format!("{at}steps"), "must be one at least");
        }
        self.once(&format!("{at}steps"), steps.iter().map(|s| s.id.as_str()));
        for (n, step) in steps.iter().enumerate() {
            let at = format!("{at}steps[{n}]");
            let of = asked.after(n);
            let names = Names { facts: STEP_FACTS, of: &of };
            if !executors.contains(&step.uses.as_str()) {
                self.add(
                    format!("{at}.uses"),
                    format!("{:?} is no executor here; there are {}", step.uses, executors.join(", ")),
                );
            }
            self.value(&format!("{at}.with"), &step.input, &names);
            let condition = |when| text::check_condition(self.syntax, when, &names);
            if let Some(Err(fault)) = step.when.as_deref().map(condition) {
                self.add(format!("{at}.if"), fault.to_string());
            }
            if step.each.is_some() && step.uses == APPROVAL {
                self.add(
                    format!("{at}.each"),
                    "cannot be of an approval: one word is asked for, with all of it shown",
                );
            }
            let list = |each| text::check_list(self.syntax, each, &names);
            if let Some(Err(fault)) = step.each.as_deref().map(list) {
                self.add(format!("{at}.each"), fault.to_string());
            }
            if !(1..=10).contains(&step.attempts) {
                self.add(format!("{at}.attempts"), "must be 1 to 10");
            }
            if !(1..=LONGEST_ATTEMPT).contains(&step.timeout_seconds) {
                let problem =
                    format!("must be 1 to {LONGEST_ATTEMPT}; what takes longer is polled or calls back");
                self.add(format!("{at}.timeoutSeconds"), problem);
            }
        }
    }
}
