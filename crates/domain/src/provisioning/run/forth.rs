//! Forward: the guardrails once more, then step after step.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{DEATHS, OnState, Todo, Turn, came, note, outcome, register, scope::Run, step};
use crate::{
    Cx, Error, Result,
    provisioning::{
        ApprovalState, Blame, Effect, Failure, Move, Outcome, Request, Resource, ResourceState, Step,
        StepState, approval, ask,
        executors::{APPROVAL, REGISTER},
        facts, offering,
        plan::Plan,
        resource, secrets,
        state_work::StateWork,
        store,
        store::run::StepRow,
        tell, terraform_state,
    },
    sealing::SealingKey,
};

/// Most items of a step that is done for each of several.
const MOST_ITEMS: usize = 50;

/// Asks the guardrails again with the facts of now: what was let through yesterday may have filled the quota since.
pub(super) async fn begin(cx: &mut Cx<'_>, key: Option<&SealingKey>, request: &Request) -> Result<Turn> {
    let offering = offering::known(cx, &request.offering, Some(request.version)).await?;
    let mut plan = Plan::of(&offering.definition, request.action.as_deref())
        .ok_or_else(|| Error::not_found("action", request.action.clone().unwrap_or_default()))?;
    let service = match &request.service {
        Some(service) => facts::service_of(cx, &service.reference).await?,
        None => None,
    };
    let acted_on = match (&request.action, &request.resource) {
        (Some(_), Some(on)) => Some(resource::known(cx, on.id).await?),
        _ => None,
    };
    let about = facts::About {
        requester: request.requested_by.as_ref().map(|p| p.id),
        team: Some(&request.team),
        service: service.as_ref(),
        environment: &request.environment,
        resource: acted_on.as_ref(),
    };
    if let Some(why) = gone_by(cx.now(), request, &plan, acted_on.as_ref()) {
        return refuse(cx, request, Blame::Input, why).await;
    }
    store::request::lock_quota(cx, request.team.id, offering.id).await?;
    let (_, sealed) = store::request::facts(cx, request.id).await?;
    let mut params = request.params.clone();
    params.extend(secrets::open(key, request.id.0, sealed.as_deref())?);
    let (asked, cost) = facts::scope(cx, &offering, &about, &params).await?;
    let waived = store::waiver::in_force(cx, offering.id, request.team.id).await?;
    let mut verdict = plan.judge(asked.clone(), waived).await?;
    let taken = match plan.effect {
        None => ask::taken(cx, &offering, &asked).await?,
        Some(_) => None,
    };
    if verdict.stops() || taken.is_some() {
        let mut said: Vec<_> =
            verdict.misfits.iter().map(|(name, message)| format!("{name} {message}.")).collect();
        let stops =
            verdict.guardrails.iter().filter(|s| matches!(s.outcome, Outcome::Stops | Outcome::Broken));
        said.extend(stops.map(|s| s.message.clone()));
        said.extend(taken.map(|problem| format!("It {}.", problem.message)));
        let why = format!(
            "Before it ran, it was looked at again, and by now it may not be made: {}",
            said.join(" ")
        );
        let broken = verdict.guardrails.iter().any(|s| s.outcome == Outcome::Broken);
        return refuse(cx, request, if broken { Blame::Platform } else { Blame::Input }, why).await;
    }
    if let (None, Some(on)) = (&request.requested_by, &acted_on) {
        ask::guard_end(&mut plan, &mut verdict, on);
    }
    let known = store::approval::of_request(cx, request.id).await?;
    let new: Vec<_> = verdict
        .approvals
        .iter()
        .filter(|n| known.iter().all(|a| a.name != n.approval))
        .filter_map(|n| Some((plan.approvals.iter().find(|a| a.name == n.approval)?, n.because.as_str())))
        .collect();
    if !new.is_empty() {
        approval::ask(cx, request, &offering, &new).await?;
        store::request::set_needed_human(cx, request.id).await?;
        step(cx, request, Move::AskAnew).await?;
        return Ok(Turn::Over);
    }
    let facts = asked.with("params", Value::Object(request.params.clone()));
    store::request::begin(cx, request.id, &facts, &verdict, cost).await?;
    store::run::insert_steps(cx, request.id, &plan.steps).await?;
    note(cx, request.id, &begun(verdict.guardrails.len(), plan.steps.len())).await?;
    let request = step(cx, request, Move::Run).await?;
    turn(cx, key, request).await
}

/// What the log says when it begins.
fn begun(guardrails: usize, steps: usize) -> String {
    let hold = match guardrails {
        0 => "no guardrail to ask again".to_owned(),
        1 => "its guardrail was asked again, and holds".to_owned(),
        n => format!("guardrails asked again: {n} hold"),
    };
    format!("{hold}; {}", if steps == 1 { "1 step to do".to_owned() } else { format!("{steps} steps to do") })
}

/// Why there is no reason to begin it any more, whatever the guardrails say.
fn gone_by(now: Timestamp, request: &Request, plan: &Plan, on: Option<&Resource>) -> Option<String> {
    if let Some(on) = on {
        if on.state != ResourceState::Active {
            return Some(format!("{} is not there any more.", on.name));
        }
        let by_itself = request.requested_by.is_none() && plan.effect == Some(Effect::Remove);
        if by_itself && on.expires_at.is_none_or(|end| end > now) {
            return Some(format!("{} was renewed since, and stays.", on.name));
        }
    }
    let left = request.requested_by.as_ref().filter(|p| !p.active);
    left.map(|p| {
        format!("{} is not here any more; somebody else of {} asks for it anew.", p.name, request.team.name)
    })
}

async fn refuse(cx: &mut Cx<'_>, request: &Request, blame: Blame, why: String) -> Result<Turn> {
    let next = match blame {
        Blame::Input => "Change what it says, and ask again.",
        Blame::Platform | Blame::Outside => "The offering's team mends it; then ask again.",
    };
    let failure = Failure { blame, why, next: next.into() };
    store::request::set_failure(cx, request.id, Some(&failure)).await?;
    let request = step(cx, request, Move::Refuse).await?;
    tell::refused(cx, &request).await?;
    Ok(Turn::Over)
}

/// The next step of what runs; steps that the portal does itself are done on the way.
pub(super) async fn turn(cx: &mut Cx<'_>, key: Option<&SealingKey>, request: Request) -> Result<Turn> {
    loop {
        let run = Run::load(cx, key, &request).await?;
        let next =
            run.rows.iter().find(|r| !matches!(r.state, StepState::Done | StepState::Skipped)).cloned();
        let Some(row) = next else {
            outcome::succeed(cx, key, &request, &run).await?;
            return Ok(Turn::Over);
        };
        let Some(definition) = usize::try_from(row.position).ok().and_then(|at| run.plan.steps.get(at))
        else {
            return Err(Error::not_found("step", row.step));
        };
        if let Some(due) = row.due_at.filter(|due| *due > cx.now() && row.called_back.is_none()) {
            return Ok(Turn::Later(due));
        }
        let scope = run.scope_for(&row);
        let prepared = match prepare(cx, &request, &run, definition, &row).await? {
            Prepared::Settled => continue,
            Prepared::Broken(fault) => Err(fault),
            Prepared::Ready => run.fill(&definition.input, &scope).await?.map_err(|f| f.to_string()),
        };
        let input = match prepared {
            Ok(input) => input,
            Err(fault) => {
                let why = format!("The step {} cannot be begun: {fault}", row.step);
                came::stop(cx, &request, &row, &platform(&why, &run)).await?;
                return Ok(if run.offering.definition.on_failure == crate::provisioning::OnFailure::Undo {
                    Turn::Later(cx.now())
                } else {
                    Turn::Over
                });
            }
        };
        if row.uses == APPROVAL || row.uses == REGISTER {
            match own(cx, &request, &run, definition, &row, &input).await? {
                Own::Done => continue,
                Own::Waits => return Ok(Turn::Over),
                Own::Failed(why) => {
                    came::stop(cx, &request, &row, &platform(&why, &run)).await?;
                    return Ok(Turn::Over);
                }
            }
        }
        if row.attempts >= i32::try_from(definition.attempts).unwrap_or(i32::MAX).saturating_add(DEATHS) {
            let why = format!("Whoever did the step {} died at it each time.", row.step);
            came::stop(cx, &request, &row, &platform(&why, &run)).await?;
            return Ok(Turn::Over);
        }
        let row = match with_state(cx, &run, row.clone(), &input).await? {
            Ok(row) => row,
            Err(fault) => {
                let why = format!("The step {} cannot be begun: {fault}.", row.step);
                came::stop(cx, &request, &row, &platform(&why, &run)).await?;
                return Ok(Turn::Later(cx.now()));
            }
        };
        // coming again to look is no new attempt
        let attempt = if row.state == StepState::Later { row.attempts } else { row.attempts + 1 };
        let turn = store::run::begin(cx, row.id, StepState::Running, attempt).await?;
        if row.attempts == 0 {
            tell::pages(cx, &request).await?;
        }
        let on_state = on_state(cx, &run, &row).await?;
        return Ok(Turn::Do(Box::new(Todo {
            turn,
            on_state,
            ..todo(&request, &run, definition, &row, input, attempt, key)
        })));
    }
}

fn platform(why: &str, run: &Run) -> Failure {
    let next = format!("{} mends the offering; then it is tried again.", run.offering.team.name);
    Failure { blame: Blame::Platform, why: run.told(&why), next }
}

enum Prepared {
    /// It is to be done.
    Ready,
    /// It was skipped or spread out: look again.
    Settled,
    /// It cannot be told whether or for what it is to be done.
    Broken(String),
}

/// Asks the step's condition and spreads it over its items, before its first attempt.
async fn prepare(
    cx: &mut Cx<'_>,
    request: &Request,
    run: &Run,
    step: &Step,
    row: &StepRow,
) -> Result<Prepared> {
    if row.attempts > 0 || row.state != StepState::Waiting {
        return Ok(Prepared::Ready);
    }
    if let Some(each) = step.each.as_deref().filter(|_| row.value.is_none()) {
        let items = match run.list(each).await? {
            Ok(items) if items.len() <= MOST_ITEMS => items,
            Ok(items) => {
                return Ok(Prepared::Broken(format!("{} items are more than {MOST_ITEMS}", items.len())));
            }
            Err(fault) => return Ok(Prepared::Broken(fault.to_string())),
        };
        if items.is_empty() {
            store::run::skip(cx, row.id).await?;
        } else {
            store::run::spread(cx, row, &items).await?;
        }
        return Ok(Prepared::Settled);
    }
    let Some(condition) = &step.when else { return Ok(Prepared::Ready) };
    match run.holds(condition, &run.scope_for(row)).await? {
        Ok(true) => Ok(Prepared::Ready),
        Ok(false) => {
            store::run::skip(cx, row.id).await?;
            store::run::add_lines(
                cx,
                request.id,
                &row.step,
                &["skipped: its condition does not hold".into()],
            )
            .await?;
            Ok(Prepared::Settled)
        }
        Err(fault) => Ok(Prepared::Broken(fault.to_string())),
    }
}

enum Own {
    Done,
    Waits,
    Failed(String),
}

/// Steps that the portal does itself, in this transaction.
async fn own(
    cx: &mut Cx<'_>,
    request: &Request,
    run: &Run,
    step: &Step,
    row: &StepRow,
    input: &Value,
) -> Result<Own> {
    if row.uses == APPROVAL {
        let state = approval::ask_at_step(cx, request, step, input, &run.hidden).await?;
        if state == ApprovalState::Agreed {
            store::run::done(cx, row.id, &Map::new(), None, &Value::Null).await?;
            return Ok(Own::Done);
        }
        store::run::begin(cx, row.id, StepState::Later, 1).await?;
        return Ok(Own::Waits);
    }
    let Some(document) = input.get("document").and_then(Value::as_str).filter(|d| !d.trim().is_empty())
    else {
        return Ok(Own::Failed("There is no descriptor to take into the catalog.".into()));
    };
    let taken = match register::take(cx, request, input, document).await? {
        Ok(taken) => taken,
        Err(why) => return Ok(Own::Failed(format!("The catalog did not take the descriptor: {why}"))),
    };
    let lines: Vec<_> =
        taken.entities.iter().map(|reference| format!("{reference} is in the catalog")).collect();
    store::run::done(cx, row.id, &Map::new(), None, &taken.effect()).await?;
    store::run::add_lines(cx, request.id, &row.step, &lines).await?;
    Ok(Own::Done)
}

/// A step as the worker does it.
pub(super) fn todo(
    request: &Request,
    run: &Run,
    step: &Step,
    row: &StepRow,
    input: Value,
    attempt: i32,
    key: Option<&SealingKey>,
) -> Todo {
    let callback = key.map(|key| came::callback_path(key, row.id));
    let mut hidden = run.hidden.clone();
    hidden.extend(callback.iter().filter_map(|path| path.rsplit('/').next().map(str::to_owned)));
    Todo {
        step: row.id,
        name: row.step.clone(),
        uses: row.uses.clone(),
        input,
        effect: row.effect.clone(),
        attempt: u32::try_from(attempt).unwrap_or(1),
        undo: false,
        within: Duration::from_secs(u64::from(step.timeout_seconds)),
        request: request.id,
        number: request.number,
        offering: request.offering.clone(),
        requester: request.requested_by.as_ref().map_or("system", |p| p.handle.as_str()).to_owned(),
        team: request.team.slug.clone(),
        hidden,
        callback,
        called_back: came::told(key, row),
        maker: run.made_by.0,
        acts: request.action.is_some(),
        turn: 0,
        on_state: None,
    }
}

/// The step with the state that it works on written down, before it begins.
async fn with_state(
    cx: &mut Cx<'_>,
    run: &Run,
    mut row: StepRow,
    input: &Value,
) -> Result<Result<StepRow, String>> {
    let work = match StateWork::of(&row.uses, input, row.value.as_ref()) {
        Ok(Some(work)) => work,
        Ok(None) => return Ok(Ok(row)),
        Err(fault) => return Ok(Err(fault)),
    };
    if let Some(fault) = work.conflict(row.id, &run.rows) {
        return Ok(Err(fault));
    }
    if row.effect.is_none() {
        row.effect = Some(work.to_note());
        store::run::left(cx, row.id, row.effect.as_ref()).await?;
    }
    Ok(Ok(row))
}

/// The state that a step works on, as it stands.
pub(super) async fn on_state(cx: &mut Cx<'_>, run: &Run, row: &StepRow) -> Result<Option<OnState>> {
    let Some(work) = StateWork::noted(row) else { return Ok(None) };
    let id = work.id(run.made_by);
    let held = terraform_state::is_held_by(cx, id, row.id).await?;
    Ok(Some(OnState { id, held, planned: work.planned(&run.rows), former: None }))
}
