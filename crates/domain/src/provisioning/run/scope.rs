//! What the expressions of a run may name: the facts it began with, and what its steps said since.

use serde_json::{Map, Value, json};

use crate::{
    Cx, Error, ProvisioningRequestId, Result,
    provisioning::{
        Fault, Offering, Request, Scope, Syntax, offering, plan::Plan, secrets, store, store::run::StepRow,
        text,
    },
    sealing::SealingKey,
};

/// A run, as far as it came.
pub(super) struct Run {
    pub(super) offering: Offering,
    pub(super) plan: Plan,
    pub(super) rows: Vec<StepRow>,
    pub(super) scope: Scope,
    /// What no log may tell.
    pub(super) hidden: Vec<String>,
    /// The request that made what this is done to, or this one: whose Terraform states it works on.
    pub(super) made_by: ProvisioningRequestId,
}

impl Run {
    pub(super) async fn load(cx: &mut Cx<'_>, key: Option<&SealingKey>, request: &Request) -> Result<Self> {
        let offering = offering::known(cx, &request.offering, Some(request.version)).await?;
        let plan = Plan::of(&offering.definition, request.action.as_deref())
            .ok_or_else(|| Error::not_found("action", request.action.clone().unwrap_or_default()))?;
        let (facts, sealed) = store::request::facts(cx, request.id).await?;
        let secret = secrets::open(key, request.id.0, sealed.as_deref())?;
        let mut hidden = secrets::texts(&secret);
        let rows = store::run::rows(cx, request.id).await?;
        let mut steps = Map::new();
        for row in &rows {
            let mut said = row.outputs.clone();
            let of_step = secrets::open(key, row.id.0, row.sealed.as_deref())?;
            hidden.extend(secrets::texts(&of_step));
            said.extend(of_step);
            put(&mut steps, row, Value::Object(said));
        }
        let mut scope = Scope::default();
        for (name, value) in facts {
            let value = if name == "params" { with_secrets(value, &secret) } else { value };
            scope = scope.with(&name, value);
        }
        let about =
            json!({ "number": request.number, "reason": request.reason, "costCentre": request.cost_centre });
        let scope =
            scope.with("request", about).with("steps", Value::Object(steps)).with("each", Value::Null);
        let made_by = match (&request.action, &request.resource) {
            (Some(_), Some(on)) => store::resource::made_by(cx, on.id).await?,
            _ => request.id,
        };
        Ok(Self { offering, plan, rows, scope, hidden, made_by })
    }

    /// The same for one item of a step that is done for each of several.
    pub(super) fn scope_for(&self, row: &StepRow) -> Scope {
        let each = row.value.clone().unwrap_or(Value::Null);
        self.scope.clone().with("each", each)
    }
}

/// The outputs of a step under its name; of one that is done for each, a list.
fn put(steps: &mut Map<String, Value>, row: &StepRow, said: Value) {
    if row.value.is_none() {
        steps.insert(row.step.clone(), said);
        return;
    }
    let list = steps.entry(row.step.clone()).or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(items) = list {
        items.push(said);
    }
}

fn with_secrets(params: Value, secret: &Map<String, Value>) -> Value {
    match params {
        Value::Object(mut open) => {
            open.extend(secret.clone());
            Value::Object(open)
        }
        other => other,
    }
}

impl Run {
    /// A value with its expressions filled in; not on a thread that others wait for.
    pub(super) async fn fill(&self, value: &Value, scope: &Scope) -> Result<Result<Value, Fault>> {
        let (syntax, value, scope) = (self.syntax(), value.clone(), scope.clone());
        elsewhere(move || text::fill_as(syntax, &value, &scope)).await
    }

    /// What went wrong with an expression, for people: it may quote a value, and that may be secret.
    pub(super) fn told(&self, fault: &impl std::fmt::Display) -> String {
        secrets::hidden(&fault.to_string(), &self.hidden)
    }

    /// Whether a condition holds.
    pub(super) async fn holds(&self, source: &str, scope: &Scope) -> Result<Result<bool, Fault>> {
        let (syntax, source, scope) = (self.syntax(), source.to_owned(), scope.clone());
        elsewhere(move || text::holds_as(syntax, &source, &scope)).await
    }

    /// The items of a list.
    pub(super) async fn list(&self, source: &str) -> Result<Result<Vec<Value>, Fault>> {
        let (syntax, source, scope) = (self.syntax(), source.to_owned(), self.scope.clone());
        elsewhere(move || text::list_as(syntax, &source, &scope)).await
    }

    fn syntax(&self) -> Syntax {
        self.offering.definition.syntax
    }
}

async fn elsewhere<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Error::Unavailable("an expression was interrupted; it is tried again".into()))
}
