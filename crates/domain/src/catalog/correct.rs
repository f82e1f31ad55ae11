//! One correction of an entity: what is managed in the portal and the facts beside it, together or not at all.

use serde_json::Value;

use super::{Entity, EntityEdit, EntityRef, Field, edit, fact};
use crate::{Cx, Result};

/// Edits the entity, if it is managed in the portal and `edit` says so, then sets the facts; one without a value is
/// taken back. `version` is what the caller looked at.
pub async fn correct(
    cx: &mut Cx<'_>,
    reference: &EntityRef,
    version: Option<i64>,
    edit: Option<EntityEdit>,
    facts: Vec<(Field, Option<Value>)>,
) -> Result<Entity> {
    cx.atomically(async |cx| {
        let version = match edit {
            Some(edit) => Some(edit::edit(cx, reference, version, edit).await?.version),
            None => version,
        };
        fact::set_facts(cx, reference, facts, version).await
    })
    .await
}
