//! Asking: what policy says before anything is written, and then the request itself.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{
    Approval, Checked, Effect, Foreseen, GivenUp, Move, Need, Needed, NewRequest, Offering, Outcome, Request,
    Resource, Said, Scope, State, Verdict, approval, facts, offering, picked,
    plan::Plan,
    resource::{self, usable},
    run,
    secrets::{self, Parts},
    store::{self, request::Row},
    tell, text, upgrade,
};
use crate::{
    Cx, EntityId, Error, Problem, ProvisioningRequestId, ResourceId, Result,
    activity::{self, Act},
    catalog::{self, Entity, EntityRef},
    check::Checks,
    people::{self, TeamName},
    sealing::{self, SealingKey},
    settings,
};

/// Most requests of one person that are not over: more than anybody means to have.
const MOST_OPEN: i64 = 1_000;
/// The approval of what ended and is important.
const END: &str = "end-of-something-important";
/// Longest reason, in characters.
const LONGEST: usize = 2_000;

/// A request as it was looked at.
struct Looked {
    checked: Checked,
    plan: Plan,
    service: Option<EntityId>,
    environment: String,
    cost_centre: String,
    reason: String,
}

/// What policy says to a request, without asking for it. Nothing is written.
pub async fn check(cx: &mut Cx<'_>, new: &NewRequest) -> Result<Checked> {
    cx.reader()?;
    Ok(look(cx, new).await?.checked)
}

async fn look(cx: &mut Cx<'_>, new: &NewRequest) -> Result<Looked> {
    let offering = offering::known(cx, new.offering.trim(), None).await?;
    let mut problems = Vec::new();
    if let Some(end) = offering::given_up(cx, &offering).await? {
        problems.push(Problem { field: "offering".into(), message: given_up(&offering, &end) });
    }
    let team = kept(facts::team_of(cx, &new.team).await, &mut problems)?;
    if let Some(team) = &team
        && !people::team_rights(cx, team.id).await?.edit
    {
        let message = format!(
            "must be one that you are in or lead: whoever is in {} asks for it, or an admin",
            team.name
        );
        problems.push(Problem { field: "team".into(), message });
    }
    let service = kept(facts::service_of(cx, &new.service).await, &mut problems)?.flatten();
    let plan = Plan::of(&offering.definition, None).ok_or_else(|| broken(&offering))?;
    looked(cx, offering, plan, Subject { team, service, resource: None }, new, problems).await
}

/// What it is done for or to.
struct Subject<'r> {
    team: Option<TeamName>,
    service: Option<Entity>,
    resource: Option<&'r Resource>,
}

async fn looked(
    cx: &mut Cx<'_>,
    offering: Offering,
    plan: Plan,
    subject: Subject<'_>,
    new: &NewRequest,
    mut problems: Vec<Problem>,
) -> Result<Looked> {
    let mut checks = Checks::default();
    let environment =
        checks.optional_line("environment", Some(&new.environment), 63).unwrap_or_default().to_lowercase();
    let cost_centre = checks.optional_line("costCentre", Some(&new.cost_centre), 63).unwrap_or_default();
    if subject.resource.is_none() {
        let strange = picked::environment(cx, &environment).await?;
        problems.extend(strange.map(|message| Problem { field: "environment".into(), message }));
    }
    let cost_centre = match &subject.team {
        Some(team) if cost_centre.is_empty() && subject.resource.is_none() => who_pays(cx, team).await?,
        _ => cost_centre,
    };
    let reason = checks.text("reason", &new.reason, LONGEST);
    kept(checks.done(), &mut problems)?;
    problems.extend(unkeepable(&new.params));
    let params = plan.parameters.with_defaults(&new.params);
    let about = facts::About {
        requester: cx.actor().person,
        team: subject.team.as_ref(),
        service: subject.service.as_ref(),
        environment: &environment,
        resource: subject.resource,
    };
    let (scope, cost) = facts::scope(cx, &offering, &about, &params).await?;
    let (waived, mut waivers) = match &subject.team {
        Some(team) => (
            store::waiver::in_force(cx, offering.id, team.id).await?,
            store::waiver::asked(cx, offering.id, team.id).await?,
        ),
        None => (Vec::new(), Vec::new()),
    };
    let mut verdict = plan.judge(scope.clone(), waived).await?;
    if let Some(said) = proven(&offering, subject.service.as_ref()) {
        verdict.guardrails.push(said);
    }
    verdict.guardrails.extend(priceless(&offering, &plan, &verdict, cost));
    // one that is asked for is of interest where its guardrail does not hold
    let holds =
        |name: &str| verdict.guardrails.iter().all(|s| s.guardrail != name || s.outcome == Outcome::Fits);
    waivers.retain(|waiver| !holds(&waiver.guardrail));
    problems.extend(picked::problems(cx, &plan.parameters, &params).await?);
    if plan.effect.is_none() && verdict.misfits.is_empty() {
        problems.extend(taken(cx, &offering, &scope).await?);
        problems.extend(awaited(cx, &offering, &params).await?);
    }
    let approvals = foreseen(cx, &offering, &plan, &verdict, subject.team.as_ref()).await?;
    let (expires_at, review_at) = ends(&offering, &scope, cx.now()).await;
    let checked = Checked {
        currency: offering.definition.cost.as_ref().map(|c| c.currency.clone()),
        offering,
        team: subject.team,
        params,
        problems,
        verdict,
        approvals,
        waivers,
        cost_centre: cost_centre.clone(),
        cost,
        expires_at,
        review_at,
    };
    Ok(Looked { checked, plan, service: subject.service.map(|s| s.id), environment, cost_centre, reason })
}

/// What costs something that cannot be told is not made: guardrails about its cost would speak of nothing.
fn priceless(offering: &Offering, plan: &Plan, verdict: &Verdict, cost: Option<f64>) -> Option<Said> {
    let ends = matches!(plan.effect, Some(Effect::Remove | Effect::Eject));
    let told = offering.definition.cost.is_none() || cost.is_some();
    (!ends && !told && verdict.misfits.is_empty()).then(|| Said {
        guardrail: "cost".into(),
        outcome: Outcome::Broken,
        message: format!(
            "What it costs cannot be told from this, which is a fault of the offering: tell {}",
            offering.team.name
        ),
        parameter: None,
    })
}

/// The cost centre that a team's descriptor names; empty if it names none.
async fn who_pays(cx: &mut Cx<'_>, team: &TeamName) -> Result<String> {
    let annotation = settings::read(cx).await?.cost_centre_annotation;
    let said = catalog::annotation_of_team(cx, team.id, &annotation).await?.unwrap_or_default();
    Ok(said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(63).collect())
}

/// What no database keeps: a NUL, which nobody types.
fn unkeepable(params: &Map<String, Value>) -> Option<Problem> {
    fn has_nul(value: &Value) -> bool {
        match value {
            Value::String(text) => text.contains('\0'),
            Value::Array(items) => items.iter().any(has_nul),
            Value::Object(fields) => fields.iter().any(|(name, field)| name.contains('\0') || has_nul(field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    let (name, _) = params.iter().find(|(name, value)| name.contains('\0') || has_nul(value))?;
    let field = format!("params.{}", name.replace('\0', ""));
    Some(Problem { field, message: "may not have a NUL character in it".into() })
}

/// A value, or its problems among the others.
fn kept<T>(found: Result<T>, problems: &mut Vec<Problem>) -> Result<Option<T>> {
    match found {
        Ok(value) => Ok(Some(value)),
        Err(Error::Invalid(more)) => {
            problems.extend(more);
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

fn broken(offering: &Offering) -> Error {
    Error::Unavailable(format!(
        "{} cannot be read; tell {}, whose product it is",
        offering.title, offering.team.name
    ))
}

fn given_up(offering: &Offering, end: &GivenUp) -> String {
    let stage = offering.definition.stage.title().to_lowercase();
    match &end.replacement {
        Some(replacement) => {
            let (title, name) = (&replacement.title, &replacement.name);
            format!("is {stage}: nothing new is made with it; ask for {title} ({name}) instead")
        }
        None => format!("is {stage}: nothing new is made with it, and nothing takes its place"),
    }
}

/// Said of a service that more rests on than the offering is proven for.
fn proven(offering: &Offering, service: Option<&Entity>) -> Option<Said> {
    let (proven, tier) = (offering.definition.proven_for_tier?, service?.tier?);
    (tier < i16::from(proven)).then(|| Said {
        guardrail: "proven-for-tier".into(),
        outcome: Outcome::Warns,
        message: format!(
            "It is proven for tier {proven} and below, and the service is tier {tier}: talk to {} first.",
            offering.team.name
        ),
        parameter: Some("service".into()),
    })
}

/// A name that the catalog has already cannot be had again.
pub(super) async fn taken(cx: &mut Cx<'_>, offering: &Offering, scope: &Scope) -> Result<Option<Problem>> {
    let Some(reference) = entity_of(offering, scope).await else { return Ok(None) };
    match catalog::get(cx, &reference).await {
        Ok(_) => Ok(Some(Problem {
            field: "params.name".into(),
            message: format!("would make {reference}, which the catalog has already; choose another name"),
        })),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Nor one that another request would make.
async fn awaited(
    cx: &mut Cx<'_>,
    offering: &Offering,
    params: &Map<String, Value>,
) -> Result<Option<Problem>> {
    let name = params.get("name").and_then(Value::as_str).filter(|_| offering.definition.makes.is_some());
    let Some(name) = name else { return Ok(None) };
    let before = store::request::open_for(cx, offering.id, name).await?;
    Ok(before.map(|number| Problem {
        field: "params.name".into(),
        message: format!("is asked for already by request {number}; choose another name, or wait for it"),
    }))
}

/// What it will be in the catalog; none if that is known only when it is there.
pub(super) async fn entity_of(offering: &Offering, scope: &Scope) -> Option<EntityRef> {
    let makes = offering.definition.makes.clone()?;
    let scope = scope.clone();
    let syntax = offering.definition.syntax;
    let name = tokio::task::spawn_blocking(move || text::fill_as(syntax, &Value::String(makes.name), &scope));
    let name = name.await.ok()?.ok()?;
    EntityRef::parse(name.as_str()?, Some(&makes.kind), "default").ok()
}

async fn foreseen(
    cx: &mut Cx<'_>,
    offering: &Offering,
    plan: &Plan,
    verdict: &Verdict,
    team: Option<&TeamName>,
) -> Result<Vec<Foreseen>> {
    let mut found = Vec::new();
    for needed in &verdict.approvals {
        let Some(rule) = plan.approvals.iter().find(|a| a.name == needed.approval) else { continue };
        let mut by = Vec::new();
        for approver in
            approval::resolve(cx, offering, team.map(|t| t.id), &rule.by, cx.actor().person).await?
        {
            if by.len() < 5 && by.iter().all(|known: &people::PersonName| known.id != approver.person.id) {
                by.push(approver.person);
            }
        }
        found.push(Foreseen {
            name: needed.approval.clone(),
            because: needed.because.clone(),
            by,
            within_hours: rule.within_hours,
        });
    }
    Ok(found)
}

/// When what is made ends, and when it is looked at.
pub(super) async fn ends(
    offering: &Offering,
    scope: &Scope,
    from: Timestamp,
) -> (Option<Timestamp>, Option<Timestamp>) {
    let Some(expiry) = offering.definition.expiry.clone() else { return (None, None) };
    let in_days = |days: i64| from.checked_add(SignedDuration::from_hours(24 * days.clamp(0, 36_500))).ok();
    let review = expiry.review_after_days.and_then(|days| in_days(i64::from(days)));
    let Some(after) = expiry.after_days else { return (None, review) };
    let scope = scope.clone();
    let days = tokio::task::spawn_blocking(move || super::expression::evaluate(&after, &scope)).await;
    let days = days.ok().and_then(Result::ok).and_then(|days| days.as_f64());
    // whole days, and a day at least: what is to live for half a day must not be gone before it is there
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and is clamped")]
    let end = days.filter(|d| *d > 0.0).and_then(|d| in_days(d.ceil() as i64));
    (end, review)
}

/// Asks for something. What policy stops is refused here, and nothing is written; the same key of the same person is the
/// same request.
pub async fn submit(
    cx: &mut Cx<'_>,
    key: Option<&SealingKey>,
    new: NewRequest,
    idempotency_key: Option<&str>,
) -> Result<Request> {
    let me = cx.writer()?;
    let asked = json!([
        new.offering.trim(),
        new.team,
        new.service,
        new.environment,
        new.cost_centre,
        new.reason,
        new.params
    ]);
    let hash = hash_of(key, &asked);
    if let Some(known) = repeated(cx, idempotency_key, &hash).await? {
        return Ok(known);
    }
    if store::request::open_of(cx, me).await? >= MOST_OPEN {
        return Err(Error::Conflict(format!(
            "you have {MOST_OPEN} requests that are not over; wait for them, or cancel some"
        )));
    }
    // boxed: looking holds a good deal while it waits
    let looked = Box::pin(look(cx, &new)).await?;
    let id = ProvisioningRequestId::new();
    let once = idempotency_key.map(|key| (key, hash.as_slice()));
    hand_in(cx, key, looked, Kept { id, draft: false, action: None, resource: None, once }).await
}

/// What was asked for, in so many bytes, whatever the order of its names. Secrets are in it: with a key nobody can try out
/// which.
fn hash_of(key: Option<&SealingKey>, asked: &Value) -> [u8; 32] {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(sorted).collect(),
            Value::Object(fields) => {
                let mut names: Vec<_> = fields.keys().collect();
                names.sort();
                names.into_iter().map(|name| (name.clone(), sorted(&fields[name]))).collect()
            }
            other => other.clone(),
        }
    }
    let text = sorted(asked).to_string();
    Sha256::digest(key.map_or_else(|| text.clone(), |key| key.derive("provisioning-asked", text.as_bytes())))
        .into()
}

/// The request that this key made already.
///
/// # Errors
///
/// Another thing was asked for with the same key.
async fn repeated(cx: &mut Cx<'_>, key: Option<&str>, hash: &[u8]) -> Result<Option<Request>> {
    let (Some(key), Some(me)) = (key, cx.actor().person) else { return Ok(None) };
    if key.is_empty() || key.len() > 255 || key.chars().any(char::is_control) {
        return Err(Error::invalid("Idempotency-Key", "must have 1 to 255 characters"));
    }
    let Some((number, known)) = store::request::by_key(cx, me, key).await? else { return Ok(None) };
    if known.is_some_and(|known| known != hash) {
        let problem =
            format!("was used for request {number}, which asked for something else; take a new key");
        return Err(Error::invalid("Idempotency-Key", problem));
    }
    store::request::get(cx, number).await
}

/// How a request is kept.
struct Kept<'k> {
    id: ProvisioningRequestId,
    /// Whether it stands there as a draft already.
    draft: bool,
    action: Option<&'k str>,
    resource: Option<ResourceId>,
    /// The caller's key, and the hash of what they asked for with it.
    once: Option<(&'k str, &'k [u8])>,
}

async fn hand_in(
    cx: &mut Cx<'_>,
    key: Option<&SealingKey>,
    looked: Looked,
    kept: Kept<'_>,
) -> Result<Request> {
    refuse(&looked.checked)?;
    if looked.plan.outputs.iter().any(|o| o.secret) {
        // said now: when the credentials are there, it would be too late
        sealing::required(key, "credentials")?;
    }
    let Some(team) = looked.checked.team.clone() else { return Err(Error::invalid("team", "is needed")) };
    let parts = secrets::split(&looked.plan.parameters, looked.checked.params.clone());
    let sealed = secrets::seal(key, kept.id.0, &parts.secret)?;
    cx.atomically(async |cx| {
        let row = Row {
            id: kept.id,
            offering: looked.checked.offering.id,
            version: looked.checked.offering.version,
            action: kept.action,
            resource: kept.resource,
            team: team.id,
            service: looked.service,
            environment: &looked.environment,
            cost_centre: &looked.cost_centre,
            reason: &looked.reason,
            params: &parts.open,
            sealed: sealed.as_deref(),
            verdict: &looked.checked.verdict,
            cost: looked.checked.cost,
            currency: looked.checked.currency.as_deref(),
            idempotency_key: kept.once.map(|(key, _)| key),
            asked_hash: kept.once.map(|(_, hash)| hash),
        };
        let number = store::request::write(cx, &row, kept.draft, true).await?;
        let request = store::request::get(cx, number).await?.ok_or_else(|| gone(number))?;
        let asked: Vec<_> = looked
            .checked
            .verdict
            .approvals
            .iter()
            .filter_map(|n| {
                Some((looked.plan.approvals.iter().find(|a| a.name == n.approval)?, n.because.as_str()))
            })
            .collect();
        let act = Act { note: request.title(), ..Act::new("provisioning.asked", request.subject()) };
        activity::record(cx, act).await?;
        run::note(cx, request.id, &format!("asked by {}", cx.actor().name.clone())).await?;
        let needed = if asked.is_empty() { Move::Approve } else { Move::Submit };
        approval::ask(cx, &request, &looked.checked.offering, &asked).await?;
        let request = run::step(cx, &request, needed).await?;
        tell::asked(cx, &request).await?;
        Ok(request)
    })
    .await
}

pub(super) fn gone(number: i64) -> Error {
    Error::not_found("provisioning request", number.to_string())
}

fn refuse(checked: &Checked) -> Result<()> {
    if checked.goes() { Ok(()) } else { Err(Error::Invalid(checked.hindrances())) }
}

/// Keeps what was written so far: a new draft, or the one of that number. Only whoever writes it sees it. What is secret is
/// not kept: it is given when the draft is handed in.
pub async fn save_draft(cx: &mut Cx<'_>, new: NewRequest, number: Option<i64>) -> Result<Request> {
    let me = cx.writer()?;
    let before = match number {
        Some(number) => Some(own_draft(cx, number).await?),
        None => None,
    };
    if before.is_none() && store::request::open_of(cx, me).await? >= MOST_OPEN {
        return Err(Error::Conflict(format!(
            "you have {MOST_OPEN} requests that are not over; discard some"
        )));
    }
    let looked = look(cx, &new).await?;
    let Some(team) = looked.checked.team.clone() else { return Err(Error::Invalid(looked.checked.problems)) };
    let id = before.as_ref().map_or_else(ProvisioningRequestId::new, |b| b.id);
    let Parts { open, .. } = secrets::split(&looked.plan.parameters, new.params);
    if let Some(problem) = unkeepable(&open) {
        return Err(Error::Invalid(vec![problem]));
    }
    cx.atomically(async |cx| {
        let row = Row {
            id,
            offering: looked.checked.offering.id,
            version: looked.checked.offering.version,
            action: None,
            resource: None,
            team: team.id,
            service: looked.service,
            environment: &looked.environment,
            cost_centre: &looked.cost_centre,
            reason: &looked.reason,
            params: &open,
            sealed: None,
            verdict: &looked.checked.verdict,
            cost: looked.checked.cost,
            currency: looked.checked.currency.as_deref(),
            idempotency_key: None,
            asked_hash: None,
        };
        let number = store::request::write(cx, &row, before.is_some(), false).await?;
        store::request::get(cx, number).await?.ok_or_else(|| gone(number))
    })
    .await
}

/// Hands a draft in, as it reads now.
pub async fn submit_draft(
    cx: &mut Cx<'_>,
    key: Option<&SealingKey>,
    number: i64,
    new: NewRequest,
) -> Result<Request> {
    let draft = own_draft(cx, number).await?;
    let looked = look(cx, &new).await?;
    let kept = Kept { id: draft.id, draft: true, action: None, resource: None, once: None };
    hand_in(cx, key, looked, kept).await
}

/// Throws a draft away.
pub async fn discard(cx: &mut Cx<'_>, number: i64) -> Result<()> {
    let draft = own_draft(cx, number).await?;
    store::request::delete_draft(cx, draft.id).await
}

async fn own_draft(cx: &mut Cx<'_>, number: i64) -> Result<Request> {
    let me = cx.writer()?;
    let request = store::request::get(cx, number).await?.ok_or_else(|| gone(number))?;
    if request.requested_by.as_ref().map(|p| p.id) != Some(me) {
        return Err(gone(number));
    }
    if request.state != State::Draft {
        return Err(Error::Conflict(format!(
            "request {number} was handed in; a change of it is a new request"
        )));
    }
    Ok(request)
}

/// What policy says to an action on something that was made, without doing it.
pub async fn check_action(
    cx: &mut Cx<'_>,
    id: ResourceId,
    action: &str,
    params: &Map<String, Value>,
) -> Result<Checked> {
    cx.reader()?;
    let resource = resource::resource(cx, id).await?;
    Ok(look_at_action(cx, &resource, action, params, "").await?.checked)
}

/// Asks for an action on something that was made. Its team and the offering's may.
pub async fn act(
    cx: &mut Cx<'_>,
    key: Option<&SealingKey>,
    id: ResourceId,
    action: &str,
    params: Map<String, Value>,
    reason: &str,
    idempotency_key: Option<&str>,
) -> Result<Request> {
    if cx.admin().is_err() {
        cx.writer()?;
    }
    let hash = hash_of(key, &json!([id, action, params, reason]));
    if let Some(known) = repeated(cx, idempotency_key, &hash).await? {
        return Ok(known);
    }
    let resource = usable(cx, id).await?;
    let looked = look_at_action(cx, &resource, action, &params, reason).await?;
    let kept = Kept {
        id: ProvisioningRequestId::new(),
        draft: false,
        action: Some(action),
        resource: Some(id),
        once: idempotency_key.map(|key| (key, hash.as_slice())),
    };
    cx.atomically(async |cx| {
        // the service before what uses it, as whoever deletes it does
        store::request::hold_service(cx, looked.service).await?;
        // one at a time: two that change the same thing would undo each other
        let now = resource::locked(cx, id).await?;
        resource::there(&now)?;
        if let Some(number) = now.open_request {
            let problem = format!("request {number} is at it already; wait until it is over, or cancel it");
            return Err(Error::Conflict(problem));
        }
        hand_in(cx, key, looked, kept).await
    })
    .await
}

/// Asks for the removal of what ended, by Portolan itself. What tier 0 or 1 rests on needs the lead's word, whatever the
/// offering says.
pub(super) async fn end_of(cx: &mut Cx<'_>, resource: &Resource, action: &str) -> Result<Request> {
    let mut looked = look_at_action(cx, resource, action, &Map::new(), "Its time is over.").await?;
    guard_end(&mut looked.plan, &mut looked.checked.verdict, resource);
    let id = ProvisioningRequestId::new();
    let kept = Kept { id, draft: false, action: Some(action), resource: Some(resource.id), once: None };
    cx.atomically(async |cx| {
        let now = resource::locked(cx, resource.id).await?;
        if let Some(number) = now.open_request {
            return Err(Error::Conflict(format!("request {number} is at it")));
        }
        resource::there(&now)?;
        if now.expires_at.is_none_or(|end| end > cx.now()) {
            return Err(Error::Conflict(format!("{} was renewed at this moment", now.name)));
        }
        hand_in(cx, None, looked, kept).await
    })
    .await
}

/// What tier 0 or 1 rests on is not removed by Portolan without the lead's word, whatever the offering says.
pub(super) fn guard_end(plan: &mut Plan, verdict: &mut Verdict, resource: &Resource) {
    let named = |n: &Needed| plan.approvals.iter().find(|a| a.name == n.approval);
    let by_lead =
        |a: &Approval| a.by.iter().any(|rule| rule == "lead") && (a.need == Need::All || a.by.len() == 1);
    let asked = verdict.approvals.iter().filter_map(named).any(by_lead);
    if plan.effect != Some(Effect::Remove) || asked || resource.tier.is_none_or(|tier| tier > 1) {
        return;
    }
    let because = format!(
        "Its time is over, and a service of tier 0 or 1 uses it: is {} to be removed?",
        resource.name
    );
    verdict.approvals.push(Needed { approval: END.into(), because: because.clone() });
    plan.approvals.push(Approval {
        name: END.into(),
        when: None,
        because,
        by: vec!["lead".into()],
        need: Need::Any,
        within_hours: 24 * 7,
    });
}

async fn look_at_action(
    cx: &mut Cx<'_>,
    resource: &Resource,
    action: &str,
    params: &Map<String, Value>,
    reason: &str,
) -> Result<Looked> {
    let offering = resource::offering_for(cx, resource, action).await?;
    let plan =
        Plan::of(&offering.definition, Some(action)).ok_or_else(|| Error::not_found("action", action))?;
    let service = match &resource.service {
        Some(service) => facts::service_of(cx, &service.reference).await?,
        None => None,
    };
    let params = match plan.effect {
        Some(Effect::Upgrade) => upgrade::kept(&plan.parameters, resource, params),
        _ => params.clone(),
    };
    let new = NewRequest {
        offering: offering.name.clone(),
        environment: resource.environment.clone(),
        cost_centre: resource.cost_centre.clone(),
        reason: reason.to_owned(),
        params,
        ..NewRequest::default()
    };
    let subject = Subject { team: Some(resource.team.clone()), service, resource: Some(resource) };
    looked(cx, offering, plan, subject, &new, Vec::new()).await
}
