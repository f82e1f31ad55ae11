//! Portolan's own facts, set in the portal where the descriptor is silent; and where each shown fact comes from.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    Entity, EntityRef,
    descriptor::{Descriptor, Facts, duration_seconds, runbook_problem, slos_from},
    edit,
    read::{self, may_read},
    store,
};
use crate::{
    Cx, EntityId, Error, Problem, Result,
    activity::{self, Act, Changed},
};

/// A fact that may be set in the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// 0 to 3.
    Tier,
    /// How much data may be lost: `15m`, or seconds.
    RecoveryPoint,
    /// How long it may be gone: `4h`, or seconds.
    RecoveryTime,
    /// Address of the runbook.
    Runbook,
    /// How to reach its people.
    Contact,
    /// A list of SLOs.
    Slos,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Tier, Self::RecoveryPoint, Self::RecoveryTime, Self::Runbook, Self::Contact, Self::Slos];

    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tier => "tier",
            Self::RecoveryPoint => "recovery_point",
            Self::RecoveryTime => "recovery_time",
            Self::Runbook => "runbook",
            Self::Contact => "contact",
            Self::Slos => "slos",
        }
    }

    /// Whether a descriptor states it.
    fn is_stated(self, facts: &Facts) -> bool {
        match self {
            Self::Tier => facts.tier.is_some(),
            Self::RecoveryPoint => facts.recovery_point_seconds.is_some(),
            Self::RecoveryTime => facts.recovery_time_seconds.is_some(),
            Self::Runbook => facts.runbook.is_some(),
            Self::Contact => facts.contact.is_some(),
            Self::Slos => facts.slos.is_some(),
        }
    }

    /// What is in force of an entity, as JSON; null for nothing.
    fn in_force(self, e: &Entity) -> Value {
        match self {
            Self::Tier => e.tier.into(),
            Self::RecoveryPoint => e.recovery_point_seconds.into(),
            Self::RecoveryTime => e.recovery_time_seconds.into(),
            Self::Runbook => e.runbook.clone().into(),
            Self::Contact => e.contact.clone().into(),
            Self::Slos => serde_json::from_str(e.slos_json.get())
                .ok()
                .filter(|v| *v != Value::Array(Vec::new()))
                .unwrap_or_default(),
        }
    }

    /// The value as it is kept, or what is wrong with it.
    fn check(self, value: &Value) -> Result<Value, Problem> {
        let wrong = |message: &str| Problem { field: self.as_str().into(), message: message.into() };
        let text = value.as_str().map(str::trim);
        match self {
            Self::Tier => {
                let tier = value.as_i64().or_else(|| text?.parse().ok()).filter(|t| (0..=3).contains(t));
                tier.map(Value::from).ok_or_else(|| wrong("must be 0, 1, 2 or 3"))
            }
            Self::RecoveryPoint | Self::RecoveryTime => {
                let seconds = value.as_i64().filter(|s| *s >= 0).map(|s| format!("{s}s"));
                let said = seconds.as_deref().or(text).unwrap_or_default();
                duration_seconds(said).map(Value::from).map_err(|message| wrong(&message))
            }
            Self::Runbook => {
                let address = text.unwrap_or_default();
                runbook_problem(address).map_or_else(|| Ok(address.into()), |message| Err(wrong(message)))
            }
            Self::Contact => {
                let said = text.filter(|t| !t.is_empty() && t.chars().count() <= 500);
                said.map(Value::from).ok_or_else(|| wrong("must have 1 to 500 characters"))
            }
            Self::Slos => {
                let slos = slos_from(value).map_err(|message| wrong(&message))?;
                Ok(serde_json::to_value(slos).unwrap_or_default())
            }
        }
    }
}

impl std::str::FromStr for Field {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|f| f.as_str() == text).ok_or_else(|| {
            Error::invalid("field", "must be tier, recovery_point, recovery_time, runbook, contact or slos")
        })
    }
}

/// Checks several values; all problems come back.
pub(super) fn check_all(facts: &[(Field, Value)]) -> Result<Vec<(Field, Value)>> {
    let (mut good, mut problems) = (Vec::new(), Vec::new());
    for (field, value) in facts {
        match field.check(value) {
            Ok(value) => good.push((*field, value)),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(good) } else { Err(Error::Invalid(problems)) }
}

/// Sets a fact that the descriptor does not state.
pub async fn set_fact(
    cx: &mut Cx<'_>,
    reference: &EntityRef,
    field: Field,
    value: &Value,
    version: Option<i64>,
) -> Result<Entity> {
    let value = field.check(value).map_err(|p| Error::Invalid(vec![p]))?;
    change(cx, reference, field, Some(value), version).await
}

/// Takes back a fact that was set in the portal.
pub async fn clear_fact(
    cx: &mut Cx<'_>,
    reference: &EntityRef,
    field: Field,
    version: Option<i64>,
) -> Result<Entity> {
    change(cx, reference, field, None, version).await
}

/// Sets several facts, or takes back those without a value: all of them or none.
pub(super) async fn set_facts(
    cx: &mut Cx<'_>,
    reference: &EntityRef,
    facts: Vec<(Field, Option<Value>)>,
    version: Option<i64>,
) -> Result<Entity> {
    let given: Vec<_> =
        facts.iter().filter_map(|(field, value)| value.clone().map(|v| (*field, v))).collect();
    let checked = check_all(&given)?;
    cx.atomically(async |cx| {
        let mut version = version;
        for (field, _) in &facts {
            let value = checked.iter().find(|(f, _)| f == field).map(|(_, v)| v.clone());
            version = Some(change(cx, reference, *field, value, version).await?.version);
        }
        read::known(cx, reference).await
    })
    .await
}

async fn change(
    cx: &mut Cx<'_>,
    reference: &EntityRef,
    field: Field,
    value: Option<Value>,
    version: Option<i64>,
) -> Result<Entity> {
    cx.atomically(async |cx| {
        store::apply::lock(cx).await?;
        store::ownership::lock(cx, reference.as_str()).await?;
        let now = read::known(cx, reference).await?;
        edit::require(cx, &now).await?;
        if field.is_stated(&stated(&now)) {
            let place = now.origin.as_ref().map_or_else(|| "its descriptor".into(), super::Origin::place);
            return Err(Error::Conflict(format!(
                "{} is set in {place}; change it there and apply it",
                field.as_str().replace('_', " ")
            )));
        }
        if version.is_some_and(|v| v != now.version) {
            return Err(Error::Stale);
        }
        let before = field.in_force(&now);
        match value {
            Some(value) if value == before => Ok(()),
            Some(value) => write(cx, now.id, reference.as_str(), field, &value, before).await,
            None if before.is_null() => Ok(()),
            None => {
                store::edit::clear_fact(cx, now.id, field.as_str()).await?;
                record(cx, now.id, reference.as_str(), field, before, Value::Null).await
            }
        }
    })
    .await?;
    read::known(cx, reference).await
}

/// Writes a checked fact and its trace.
pub(super) async fn write(
    cx: &mut Cx<'_>,
    id: EntityId,
    reference: &str,
    field: Field,
    value: &Value,
    before: Value,
) -> Result<()> {
    store::edit::set_fact(cx, id, field.as_str(), value).await?;
    record(cx, id, reference, field, before, value.clone()).await
}

async fn record(
    cx: &mut Cx<'_>,
    id: EntityId,
    reference: &str,
    field: Field,
    from: Value,
    to: Value,
) -> Result<()> {
    let changes = vec![Changed::new(field.as_str(), from, to)];
    activity::record(cx, Act { entity_id: Some(id), changes, ..Act::new("entity.fact-set", reference) }).await
}

/// What the entity's descriptor states.
fn stated(entity: &Entity) -> Facts {
    let document = serde_json::from_str(entity.descriptor.get()).unwrap_or_default();
    Descriptor::from_document(document).map(|d| d.facts).unwrap_or_default()
}

/// Where a fact comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provenance {
    /// A descriptor: `source:location`, as fresh as its last apply.
    Descriptor {
        /// Where to change it.
        place: String,
        /// When the source was last applied.
        at: Timestamp,
    },
    /// Said in the portal.
    Portal {
        /// Handle and name of whoever said it, if they are known.
        by: Option<(String, String)>,
        /// When.
        at: Timestamp,
    },
}

/// Where each fact of an entity comes from, by its field: `owner`, `tier`, `runbook`, …, and `descriptor` for the rest.
/// Fields without a value are left out.
pub async fn provenance(cx: &mut Cx<'_>, entity: &Entity) -> Result<Vec<(&'static str, Provenance)>> {
    may_read(cx)?;
    let rest = match &entity.origin {
        Some(origin) => Provenance::Descriptor { place: origin.place(), at: origin.applied_at },
        None => Provenance::Portal { by: None, at: entity.updated_at },
    };
    let said = store::edit::said(cx, entity.id).await?;
    let here = |field: &str| {
        said.iter().find(|s| s.field == field).map(|s| Provenance::Portal { by: s.by.clone(), at: s.at })
    };
    let stated = stated(entity);
    let mut all = vec![("descriptor", rest.clone())];
    if entity.owner.is_some() {
        all.push(("owner", here("owner").unwrap_or_else(|| rest.clone())));
    }
    for field in Field::ALL.into_iter().filter(|f| !f.in_force(entity).is_null()) {
        let from = if field.is_stated(&stated) { None } else { here(field.as_str()) };
        all.push((field.as_str(), from.unwrap_or_else(|| rest.clone())));
    }
    Ok(all)
}
