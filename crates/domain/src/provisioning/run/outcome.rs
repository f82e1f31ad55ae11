//! The end of a run that went well: what was made is written down, handed out and told.

use serde_json::{Map, Value};

use super::{note, register, scope::Run, step};
use crate::{
    Cx, EntityId, Error, ResourceId, Result, TeamId,
    activity::{self, Act},
    catalog::{self, EntityEdit, EntityRef, Kind, NewEntity},
    people::{self, TeamName},
    provisioning::{
        Effect, Move, Offering, Request, Resource, ResourceState,
        ask::{ends, entity_of},
        executors::REGISTER,
        resource, secrets, store,
        store::resource::{NewRow, Terms},
        tell, upgrade,
    },
    sealing::{self, SealingKey},
};

pub(super) async fn succeed(
    cx: &mut Cx<'_>,
    key: Option<&SealingKey>,
    request: &Request,
    run: &Run,
) -> Result<()> {
    let handed = hand_out(cx, request, run).await?;
    let id = match (request.action.as_ref(), &request.resource, run.plan.effect) {
        (Some(_), Some(on), Some(effect)) => {
            act_on(cx, request, run, on.id, effect, &handed.open).await?;
            on.id
        }
        _ => make(cx, request, run, &handed.open).await?,
    };
    for (name, title, value) in &handed.secret {
        let key = sealing::required(key, "credentials")?;
        let sealed = key.seal(value.as_bytes(), &owner_of(id, name))?;
        store::resource::put_secret(cx, id, name, title, &sealed).await?;
    }
    store::request::set_resource(cx, request.id, id).await?;
    store::request::set_failure(cx, request.id, None).await?;
    note(cx, request.id, "done").await?;
    let request = step(cx, request, Move::Succeed).await?;
    activity::record(
        cx,
        Act { note: request.title(), ..Act::new("provisioning.succeeded", request.subject()) },
    )
    .await?;
    tell::succeeded(cx, &request).await
}

/// What a credential is sealed for.
pub(in crate::provisioning) fn owner_of(id: ResourceId, name: &str) -> Vec<u8> {
    [id.0.as_bytes().as_slice(), name.as_bytes()].concat()
}

struct Handed {
    open: Map<String, Value>,
    /// Name, title and value.
    secret: Vec<(String, String, String)>,
}

/// What is handed out. An output that cannot be told is left out, and the log says so: what was made is there all the same.
async fn hand_out(cx: &mut Cx<'_>, request: &Request, run: &Run) -> Result<Handed> {
    let mut handed = Handed { open: Map::new(), secret: Vec::new() };
    for output in &run.plan.outputs {
        let value = match run.fill(&Value::String(output.value.clone()), &run.scope).await? {
            Ok(Value::String(text)) => text,
            Ok(Value::Null) => continue,
            Ok(other) => other.to_string(),
            Err(fault) => {
                let why = run.told(&fault);
                note(cx, request.id, &format!("the output {} cannot be told: {why}", output.name)).await?;
                continue;
            }
        };
        let value = value.replace('\0', ""); // Postgres keeps none
        let title = output.title.clone().unwrap_or_else(|| output.name.clone());
        if output.secret {
            handed.secret.push((output.name.clone(), title, value));
        } else if run.hidden.iter().any(|hidden| hidden.len() >= 4 && value.contains(hidden.as_str())) {
            note(cx, request.id, &format!("the output {} holds a secret and is not shown", output.name))
                .await?;
        } else {
            handed.open.insert(output.name.clone(), serde_json::json!({ "title": title, "value": value }));
        }
    }
    Ok(handed)
}

async fn make(
    cx: &mut Cx<'_>,
    request: &Request,
    run: &Run,
    outputs: &Map<String, Value>,
) -> Result<ResourceId> {
    let offering = &run.offering;
    let reference = entity_of(offering, &run.scope).await;
    let entity = match &reference {
        Some(reference) => register(cx, request, run, reference).await?,
        None => None,
    };
    let text = |name: &str| request.params.get(name).and_then(Value::as_str).map(str::to_owned);
    let name = reference.as_ref().map(|r| r.name().to_owned()).or_else(|| text("name"));
    let (expires_at, review_at) = ends(offering, &run.scope, cx.now()).await;
    let d = &offering.definition;
    let operator = operator(cx, request, offering).await?;
    let row = NewRow {
        id: ResourceId::new(),
        name: name.unwrap_or_else(|| format!("{}-{}", offering.name, request.number)),
        entity,
        operated_by: operator.id,
        supported_by: team_of(cx, d.supported_by.as_deref(), offering.team.id).await?,
        unusual: resource::unusual(offering, &request.params),
        outputs,
        terms: Terms {
            expires_at,
            review_at,
            warn_at: resource::first_warning(d.expiry.as_ref(), expires_at.or(review_at), cx.now()),
        },
    };
    store::resource::insert(cx, request, &row).await?;
    Ok(row.id)
}

/// Who operates what is made: whom the offering names; else its own team, or the owner where it is the owner's to change.
async fn operator(cx: &mut Cx<'_>, request: &Request, offering: &Offering) -> Result<TeamName> {
    let d = &offering.definition;
    let otherwise = if d.owner_operates() { &request.team } else { &offering.team };
    let Some(slug) = d.operated_by.as_deref() else { return Ok(otherwise.clone()) };
    match people::team(cx, slug).await {
        Ok(team) => Ok(TeamName { id: team.id, slug: team.slug, name: team.name }),
        Err(Error::NotFound { .. }) => Ok(otherwise.clone()),
        Err(other) => Err(other),
    }
}

async fn team_of(cx: &mut Cx<'_>, slug: Option<&str>, otherwise: TeamId) -> Result<TeamId> {
    let Some(slug) = slug else { return Ok(otherwise) };
    match people::team(cx, slug).await {
        Ok(team) => Ok(team.id),
        Err(Error::NotFound { .. }) => Ok(otherwise),
        Err(other) => Err(other),
    }
}

/// Brings what was made into the catalog, unless a step of its own did. What is there under that name and came from
/// somebody else is theirs.
async fn register(
    cx: &mut Cx<'_>,
    request: &Request,
    run: &Run,
    reference: &EntityRef,
) -> Result<Option<EntityId>> {
    let offering = &run.offering;
    match catalog::get(cx, reference).await {
        Ok(entity) if register::brought(&run.rows, reference.as_str()) => return Ok(Some(entity.id)),
        Ok(_) => {
            let line = format!(
                "{reference} is in the catalog already and is somebody else's: this has no entry there"
            );
            note(cx, request.id, &line).await?;
            return Ok(None);
        }
        Err(Error::NotFound { .. }) => {}
        Err(other) => return Err(other),
    }
    let Some(makes) = &offering.definition.makes else { return Ok(None) };
    let kind = if makes.kind == "component" { Kind::Component } else { Kind::Resource };
    let about =
        format!("Made with {} (version {}), request {}.", offering.title, offering.version, request.number);
    let operator = operator(cx, request, offering).await?.slug;
    let new = NewEntity {
        kind,
        namespace: String::new(),
        name: reference.name().to_owned(),
        owner: request.team.slug.clone(),
        edit: EntityEdit {
            description: Some(about),
            type_name: Some(makes.kind_type.clone()),
            lifecycle: (kind == Kind::Component).then(|| "production".to_owned()),
            operated_by: Some(operator).filter(|team| *team != request.team.slug),
            ..EntityEdit::default()
        },
        facts: Vec::new(),
    };
    match catalog::register(cx, new).await {
        Ok(entity) => Ok(Some(entity.id)),
        Err(Error::Invalid(problems)) => {
            let why = problems.first().map(|p| format!("{} {}", p.field, p.message)).unwrap_or_default();
            note(cx, request.id, &format!("the catalog did not take {reference}: {why}")).await?;
            Ok(None)
        }
        Err(Error::Conflict(why)) => {
            note(cx, request.id, &format!("the catalog did not take {reference}: {why}")).await?;
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

async fn act_on(
    cx: &mut Cx<'_>,
    request: &Request,
    run: &Run,
    id: ResourceId,
    effect: Effect,
    outputs: &Map<String, Value>,
) -> Result<()> {
    let before = resource::known(cx, id).await?;
    let params = match run.offering.definition.parameters() {
        Some(parameters) => {
            let known = parameters.fields();
            let given = secrets::split(&run.plan.parameters, request.params.clone()).open.into_iter();
            let given = given.filter(|(name, _)| known.iter().any(|f| f.name == *name));
            if effect == Effect::Upgrade {
                parameters.with_defaults(&upgrade::kept(&parameters, &before, &given.collect()))
            } else {
                before.params.clone().into_iter().chain(given).collect()
            }
        }
        None => before.params.clone(),
    };
    if effect == Effect::Remove {
        // the catalog's lock before the row: an apply that changes owners takes them in this order
        leave_catalog(cx, request, run, &before).await?;
    }
    if effect == Effect::Eject {
        no_operator(cx, request, &before).await?;
    }
    let end = match effect {
        Effect::Change | Effect::Upgrade => None,
        Effect::Remove => Some(ResourceState::Removed),
        Effect::Eject => Some(ResourceState::Ejected),
    };
    let version = if effect == Effect::Upgrade { run.offering.version } else { before.version };
    let unusual = resource::unusual(&run.offering, &params);
    let cost = run
        .offering
        .definition
        .monthly_cost(&run.scope.clone().with("params", Value::Object(params.clone())));
    store::resource::change(cx, id, version, &params, &unusual, outputs, cost).await?;
    let Some(end) = end else { return Ok(()) };
    store::resource::end(cx, id, end).await
}

/// Nobody but its owner operates it from now on, says its entry; one that is described elsewhere says what it says.
async fn no_operator(cx: &mut Cx<'_>, request: &Request, before: &Resource) -> Result<()> {
    let reference = before.entity_ref.as_deref().and_then(|r| EntityRef::parse(r, None, "default").ok());
    let Some(reference) = reference else { return Ok(()) };
    let edit = EntityEdit { operated_by: Some(String::new()), ..EntityEdit::default() };
    match catalog::edit(cx, &reference, None, edit).await {
        Ok(_) | Err(Error::NotFound { .. } | Error::Conflict(_)) => Ok(()),
        // what is done is done: an entry that cannot be written is no reason to do it again
        Err(refused @ Error::Invalid(_)) => {
            note(cx, request.id, &format!("its catalog entry names its former operator still: {refused}"))
                .await
        }
        Err(other) => Err(other),
    }
}

/// Takes what is removed out of the catalog: what the run that made it brought in, and its own entry.
async fn leave_catalog(cx: &mut Cx<'_>, request: &Request, run: &Run, before: &Resource) -> Result<()> {
    for row in store::run::rows(cx, run.made_by).await?.iter().filter(|row| row.uses == REGISTER) {
        register::withdraw(cx, row, before.team.id).await?;
    }
    let reference = before.entity_ref.as_deref().and_then(|r| EntityRef::parse(r, None, "default").ok());
    let Some(reference) = reference else { return Ok(()) };
    match catalog::delete(cx, &reference, None).await {
        Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
        Err(Error::Conflict(why)) => note(cx, request.id, &format!("its catalog entry stays: {why}")).await,
        Err(other) => Err(other),
    }
}
