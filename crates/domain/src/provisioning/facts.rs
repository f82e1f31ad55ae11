//! What expressions may name: who asks, for whom, for which service, and what is there already.

use serde_json::{Map, Value, json};

use super::{Offering, Resource, Scope, store};
use crate::{
    Cx, Error, PersonId, Result, TeamId,
    catalog::{self, Entity, EntityRef},
    people::{self, TeamName},
};

/// The tier that a request without a service, or of one without a tier, is held to: the lowest.
const LOWEST_TIER: i16 = 3;
/// Most of a team's things that an expression sees.
const MOST: i64 = 500;

/// What a request is about, beside its parameters.
#[derive(Debug, Default)]
pub(super) struct About<'a> {
    pub(super) requester: Option<PersonId>,
    pub(super) team: Option<&'a TeamName>,
    pub(super) service: Option<&'a Entity>,
    pub(super) environment: &'a str,
    pub(super) resource: Option<&'a Resource>,
}

/// The facts of a request, with these parameters, and what it costs.
pub(super) async fn scope(
    cx: &mut Cx<'_>,
    offering: &Offering,
    about: &About<'_>,
    params: &Map<String, Value>,
) -> Result<(Scope, Option<f64>)> {
    let requester = requester(cx, about.requester).await?;
    let existing = match about.team {
        Some(team) => {
            store::resource::existing(cx, team.id, offering.id, about.resource.map(|r| r.id), MOST).await?
        }
        None => Vec::new(),
    };
    let team = about
        .team
        .map_or_else(|| json!({ "slug": "", "name": "" }), |t| json!({ "slug": t.slug, "name": t.name }));
    let scope = Scope::default()
        .with("params", Value::Object(params.clone()))
        .with("requester", requester)
        .with("team", team)
        .with("service", service(about.service))
        .with("environment", json!(about.environment))
        .with("existing", json!({ "count": existing.len(), "items": existing }))
        .with("resource", about.resource.map_or(Value::Null, resource));
    let definition = offering.definition.clone();
    let asked = priced(&scope, about.resource, params);
    let cost = tokio::task::spawn_blocking(move || definition.monthly_cost(&asked))
        .await
        .map_err(|_| Error::Unavailable("reckoning the cost was interrupted; try again".into()))?;
    Ok((scope.with("cost", cost.map_or(json!(0.0), |c| json!(c))), cost))
}

/// What the cost of an action is reckoned with: the parameters of what it is done to, with those of the action over them.
fn priced(scope: &Scope, resource: Option<&Resource>, params: &Map<String, Value>) -> Scope {
    let Some(resource) = resource else { return scope.clone() };
    let mut all = resource.params.clone();
    all.extend(params.clone());
    scope.clone().with("params", Value::Object(all))
}

async fn requester(cx: &mut Cx<'_>, person: Option<PersonId>) -> Result<Value> {
    let Some(id) = person else {
        return Ok(
            json!({ "handle": "system", "name": "Portolan", "email": "", "admin": false, "teams": [] }),
        );
    };
    let person = people::person_by_id(cx, id).await?;
    let teams = people::team_ids_of(cx, id).await?;
    let teams: Vec<_> = people::team_names(cx, &teams).await?.into_iter().map(|t| t.slug).collect();
    Ok(
        json!({ "handle": person.handle, "name": person.name, "email": person.email, "admin": person.admin, "teams": teams }),
    )
}

fn service(entity: Option<&Entity>) -> Value {
    entity.map_or_else(
        || json!({ "name": "", "reference": "", "tier": LOWEST_TIER, "lifecycle": "" }),
        |e| {
            json!({
                "name": e.name, "reference": e.reference.as_str(), "tier": e.tier.unwrap_or(LOWEST_TIER),
                "lifecycle": e.lifecycle.as_deref().unwrap_or_default(),
            })
        },
    )
}

/// The facts of a request that nobody made, to try expressions with.
pub(super) fn made_up(params: Value, made: Option<Value>) -> Scope {
    let resource = made.map_or(Value::Null, |params| {
        json!({
            "id": "a", "name": "a", "version": 1, "environment": "production", "params": params, "outputs": {},
            "tier": LOWEST_TIER,
        })
    });
    Scope::default()
        .with("params", params)
        .with(
            "requester",
            json!({ "handle": "a", "name": "A", "email": "a@b", "admin": false, "teams": ["a"] }),
        )
        .with("team", json!({ "slug": "a", "name": "A" }))
        .with("service", service(None))
        .with("environment", json!("production"))
        .with("existing", json!({ "count": 1, "items": [] }))
        .with("resource", resource)
        .with("cost", json!(1.5))
}

/// What an action sees of what it is done to.
fn resource(resource: &Resource) -> Value {
    json!({
        "id": resource.id, "name": resource.name, "version": resource.version, "environment": resource.environment,
        "params": resource.params, "outputs": resource.values,
        "tier": resource.tier.unwrap_or(LOWEST_TIER),
    })
}

/// The service of that word; none for none.
pub(super) async fn service_of(cx: &mut Cx<'_>, word: &str) -> Result<Option<Entity>> {
    let word = word.trim();
    if word.is_empty() {
        return Ok(None);
    }
    let reference = EntityRef::parse(word, Some("component"), "default")
        .map_err(|problem| Error::invalid("service", problem.to_string()))?;
    match catalog::get(cx, &reference).await {
        Err(Error::NotFound { .. }) => {
            Err(Error::invalid("service", format!("is not in the catalog: there is no {reference}")))
        }
        entity => entity.map(Some),
    }
}

/// The team that it is for: the one that is named, else the only one the actor is in.
pub(super) async fn team_of(cx: &mut Cx<'_>, slug: &str) -> Result<TeamName> {
    let slug = slug.trim();
    if !slug.is_empty() {
        return match people::team(cx, slug).await {
            Ok(team) => Ok(TeamName { id: team.id, slug: team.slug, name: team.name }),
            Err(Error::NotFound { .. }) => {
                Err(Error::invalid("team", format!("is not known here: there is no team {slug:?}")))
            }
            Err(other) => Err(other),
        };
    }
    let own: Vec<TeamId> = match cx.actor().person {
        Some(me) => people::team_ids_of(cx, me).await?,
        None => Vec::new(),
    };
    match (own.as_slice(), people::team_names(cx, &own).await?.pop()) {
        ([_], Some(only)) => Ok(only),
        _ => Err(Error::invalid("team", "is needed: say which team it is for")),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::expression::HAVE, *};

    #[test]
    fn what_is_checked_of_a_fact_is_what_it_has() {
        let scope = made_up(json!({}), Some(json!({})));
        for (fact, told) in HAVE.iter().filter(|(fact, _)| *fact != "request") {
            let Some(Value::Object(has)) = scope.get(fact) else { panic!("{fact} is an object") };
            assert!(told.iter().all(|name| has.contains_key(*name)) && has.len() == told.len(), "{fact}");
        }
    }
}
