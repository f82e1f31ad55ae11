//! One thing goes to another owner.

use serde::Serialize;
use serde_json::Value;

use super::{Owned, Owner, canonical, owned, rights::may_give, store, word::resolve};
use crate::{
    Cx, Error, Result,
    activity::{self, Act, Changed},
    catalog::store::apply::lock,
};

/// What came of a hand-over.
#[derive(Debug, Clone, Serialize)]
pub struct HandedOver {
    /// What was handed over.
    pub entity_ref: String,
    /// The owner before.
    pub from: Option<String>,
    /// The owner now.
    pub to: Owner,
    /// The entity's version now.
    pub version: i64,
    /// What the descriptor still says, if it says something else, and where.
    pub descriptor_says: Option<(String, String)>,
}

/// Gives an entity to another owner. `version` is the one the caller looked at; another one now is [`Error::Stale`].
pub async fn hand_over(
    cx: &mut Cx<'_>,
    entity_ref: &str,
    to: &str,
    reason: &str,
    version: Option<i64>,
) -> Result<HandedOver> {
    cx.writer()?;
    let reason = checked_reason(reason)?;
    let entity_ref = canonical(entity_ref);
    cx.atomically(async |cx| {
        lock(cx).await?;
        store::lock(cx, &entity_ref).await?;
        let thing = owned(cx, &entity_ref).await?;
        let to = resolve(cx, "owner", to).await?;
        // first of all: whoever is late must hear so, and not that what was theirs a moment ago is not theirs to give
        if version.is_some_and(|v| v != thing.version) {
            return Err(Error::Stale);
        }
        may_give(cx, &thing, &to).await?;
        check_receiver(&thing, &to)?;
        let moved = store::give(cx, thing.id, &to).await?;
        store::close_spans(cx, &[thing.id]).await?;
        store::open_spans(cx, &[thing.id], &to.owner_ref, &reason).await?;
        activity::record(cx, act(&thing, &to, &reason)).await?;
        let descriptor_says =
            thing.declared.clone().filter(|d| *d != to.owner_ref).zip(thing.declared_in.clone());
        Ok(HandedOver {
            entity_ref: entity_ref.clone(),
            from: thing.owner_ref,
            to,
            version: moved,
            descriptor_says,
        })
    })
    .await
}

fn check_receiver(thing: &Owned, to: &Owner) -> Result<()> {
    if matches!(thing.kind.as_str(), "group" | "user" | "location") {
        return Err(Error::invalid(
            "entity",
            format!("is a {}; these have no owner to hand over", thing.kind),
        ));
    }
    if thing.owner_ref.as_deref() == Some(&to.owner_ref) {
        return Err(Error::invalid("owner", format!("must be another owner; {} has it already", to.name)));
    }
    check_staffed(to)
}

/// Refuses a receiver in whom nobody is there to answer.
pub(super) fn check_staffed(to: &Owner) -> Result<()> {
    if to.staffed {
        return Ok(());
    }
    Err(Error::invalid(
        "owner",
        match to.team {
            Some(_) => format!("must be a team with somebody in it; {} has no active member", to.name),
            None => format!("must be somebody who is here; {} is not active any more", to.name),
        },
    ))
}

pub(super) fn checked_reason(reason: &str) -> Result<String> {
    let reason = reason.trim();
    if reason.chars().count() > 500 || reason.contains('\0') {
        return Err(Error::invalid("reason", "must have at most 500 characters"));
    }
    Ok(reason.to_owned())
}

/// A hand-over as the log keeps it.
pub(super) fn act(thing: &Owned, to: &Owner, reason: &str) -> Act {
    Act {
        entity_id: Some(thing.id),
        changes: vec![Changed::new(
            "owner",
            thing.owner_ref.as_deref().map_or(Value::Null, Value::from),
            to.owner_ref.as_str(),
        )],
        note: reason.to_owned(),
        ..Act::new("ownership.handed-over", &thing.entity_ref)
    }
}
