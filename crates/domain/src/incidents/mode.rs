//! Known failure modes of a thing: written after an incident, read at night.

use super::{FailureMode, open::LONGEST, store};
use crate::{
    Cx, EntityId, Error, FailureModeId, Result,
    activity::{self, Act},
    catalog::{self, Entity, EntityRef},
    check::Checks,
};

/// Failure modes of one thing that are shown at most: more than a page of them helps nobody at night.
const MOST: i64 = 50;

/// A failure mode to be written down.
#[derive(Debug, Clone)]
pub struct NewFailureMode {
    /// What it is called.
    pub name: String,
    /// How one tells.
    pub signs: String,
    /// What to do, Markdown.
    pub remedy: String,
    /// Number of the incident in which it was learned.
    pub incident: Option<i64>,
}

/// How a thing is known to fail, the newest first.
pub async fn failure_modes(cx: &mut Cx<'_>, entity: EntityId) -> Result<Vec<FailureMode>> {
    cx.reader()?;
    store::failure_modes(cx, entity, MOST).await
}

/// Writes down how a thing fails. Whoever answers for it may.
pub async fn add_failure_mode(
    cx: &mut Cx<'_>,
    reference: &EntityRef,
    new: NewFailureMode,
) -> Result<FailureMode> {
    cx.writer()?;
    let entity = catalog::get(cx, reference).await?;
    require(cx, &entity).await?;
    let mut checks = Checks::default();
    let name = checks.line("name", &new.name, 160);
    let signs = checks.text("signs", &new.signs, LONGEST);
    let remedy = checks.text("remedy", &new.remedy, LONGEST);
    let incident = match new.incident {
        Some(number) => {
            let incident = store::get(cx, number).await?.map(|incident| incident.id);
            if incident.is_none() {
                checks
                    .problem("incident", format!("must be the number of an incident; there is no {number}"));
            }
            incident
        }
        None => None,
    };
    checks.done()?;
    cx.atomically(async |cx| {
        let id = FailureModeId::new();
        store::insert_failure_mode(cx, id, entity.id, &name, &signs, &remedy, incident).await?;
        let act = Act {
            entity_id: Some(entity.id),
            note: name.clone(),
            ..Act::new("failure-mode.written", entity.reference.as_str())
        };
        activity::record(cx, act).await?;
        let modes = store::failure_modes(cx, entity.id, MOST).await?;
        modes.into_iter().find(|m| m.id == id).ok_or_else(|| Error::not_found("failure mode", id.to_string()))
    })
    .await
}

/// Says that it cannot happen any more.
pub async fn retire_failure_mode(cx: &mut Cx<'_>, reference: &EntityRef, id: FailureModeId) -> Result<()> {
    cx.writer()?;
    let entity = catalog::get(cx, reference).await?;
    require(cx, &entity).await?;
    cx.atomically(async |cx| {
        let Some(name) = store::retire_failure_mode(cx, entity.id, id).await? else {
            return Err(Error::not_found("failure mode", id.to_string()));
        };
        let act = Act {
            entity_id: Some(entity.id),
            note: name,
            ..Act::new("failure-mode.retired", entity.reference.as_str())
        };
        activity::record(cx, act).await
    })
    .await
}

async fn require(cx: &mut Cx<'_>, entity: &Entity) -> Result<()> {
    catalog::require_runs(cx, entity, &format!("what is known of {}", entity.label())).await
}
