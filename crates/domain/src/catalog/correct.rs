//! One correction of an entity: what is managed in the portal and the facts beside it, together or not at all.

use serde_json::Value;

use super::{Entity, EntityEdit, EntityRef, Field, edit, fact};
use crate::{Cx, Result, error::both};

/// Edits the entity, if it is managed in the portal and `edit` says so, then sets the facts; one without a value is
/// taken back. `version` is what the caller looked at.
pub async fn correct(
    cx: &mut Cx<'_>,
    reference: &EntityRef,
    version: Option<i64>,
    edit: Option<EntityEdit>,
    facts: Vec<(Field, Option<Value>)>,
) -> Result<Entity> {
    let given: Vec<_> =
        facts.iter().filter_map(|(field, value)| value.clone().map(|v| (*field, v))).collect();
    let sound = fact::check_all(&given).map(drop);
    cx.atomically(async |cx| {
        let edited = match edit {
            Some(edit) => edit::edit(cx, reference, version, edit).await.map(|e| Some(e.version)),
            None => Ok(version),
        };
        let (version, ()) = both(edited, sound)?; // what is wrong in either is told at once
        fact::set_facts(cx, reference, facts, version).await
    })
    .await
}
