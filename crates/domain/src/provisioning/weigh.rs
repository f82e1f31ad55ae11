//! What whoever decides weighs: what a request changes, what it costs before and after, and how it went with the same team
//! and offering before.

use serde_json::{Map, Value};

use super::{Effect, Field, Holdings, Parameters, Request, RequestFilter, offering, request, resource};
use crate::{Cx, Limit, Result};

/// Earlier requests that are told.
const EARLIER: i64 = 6;

/// What there is to weigh about a request.
#[derive(Debug, Clone)]
pub struct Weighed {
    /// What is not as it is now, or as the offering proposes it.
    pub differences: Vec<Difference>,
    /// What it costs a month now; none for something new.
    pub cost_now: Option<f64>,
    /// What it will cost; none if it is gone then, or its cost is not told.
    pub cost_then: Option<f64>,
    /// The last requests of the team for the same offering, newest first, without this one.
    pub earlier: Vec<Request>,
    /// What the team has in all.
    pub holdings: Holdings,
}

/// A parameter that is not as it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// As it is now, or as the offering proposes it; none: nothing was there.
    pub before: Option<Value>,
    /// As it will be; none: it is gone.
    pub after: Option<Value>,
}

/// What there is to weigh about a request, for everybody who may look at it.
pub async fn weigh(cx: &mut Cx<'_>, asked: &Request) -> Result<Weighed> {
    cx.reader()?;
    let of = offering::known(cx, &asked.offering, Some(asked.version)).await?;
    let on = match (&asked.action, &asked.resource) {
        (Some(_), Some(on)) => Some(resource::known(cx, on.id).await?),
        _ => None,
    };
    let action =
        asked.action.as_ref().and_then(|name| of.definition.actions.iter().find(|a| a.name == *name));
    let fields = match action {
        Some(action) => {
            let own = Parameters::read(action.parameters.clone()).map(|p| p.fields()).unwrap_or_default();
            named(own, of.fields())
        }
        None => of.fields(),
    };
    // what is done already is told as it was asked: its resource has changed since
    let is_open = !asked.state.is_over();
    let differences = match &on {
        Some(on) if is_open => differences(&fields, &on.params, &asked.params, false),
        Some(_) => differences(&fields, &Map::new(), &asked.params, false),
        None => differences(&fields, &proposed(&fields), &asked.params, true),
    };
    let is_gone = action.is_some_and(|a| matches!(a.effect, Effect::Remove | Effect::Eject));
    let filter = RequestFilter {
        team: Some(asked.team.id),
        offering: Some(asked.offering_id),
        ..RequestFilter::default()
    };
    let earlier = request::requests(cx, &filter, None, Limit::new(EARLIER)?).await?.items;
    Ok(Weighed {
        differences,
        cost_now: on.as_ref().and_then(|on| on.cost),
        cost_then: asked.cost.filter(|_| !is_gone),
        earlier: earlier.into_iter().filter(|r| r.number != asked.number).collect(),
        holdings: resource::holdings(cx, asked.team.id).await?,
    })
}

/// The fields of an action, and after them those of the offering that it has no other of.
fn named(own: Vec<Field>, of_offering: Vec<Field>) -> Vec<Field> {
    let more: Vec<_> =
        of_offering.into_iter().filter(|field| own.iter().all(|known| known.name != field.name)).collect();
    own.into_iter().chain(more).collect()
}

fn proposed(fields: &[Field]) -> Map<String, Value> {
    fields.iter().filter_map(|f| Some((f.name.clone(), f.default.clone()?))).collect()
}

/// What is given and not as it was, in the order of the form. Where all is told, what had no value before is a difference too.
fn differences(
    fields: &[Field],
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    only_changed: bool,
) -> Vec<Difference> {
    let one = |(name, value): (&String, &Value)| {
        let was = before.get(name);
        let title = fields.iter().find(|f| f.name == *name).map_or_else(|| name.clone(), |f| f.title.clone());
        let is_told = was != Some(value) && (was.is_some() || !only_changed);
        is_told.then(|| Difference {
            name: name.clone(),
            title,
            before: was.cloned(),
            after: Some(value.clone()),
        })
    };
    let mut found: Vec<_> = after.iter().filter_map(one).collect();
    found.sort_by_key(|d| fields.iter().position(|f| f.name == d.name));
    found
}
