//! Who may give what to whom.

use jiff::SignedDuration;

use super::{Owned, Owner, store, word::resolve};
use crate::{Cx, Error, PersonId, Result, people};

/// Whoever was handed-over from may get it back at once from the same hands: an undo needs no new rights.
const UNDO: SignedDuration = SignedDuration::from_hours(1);

/// To whom the actor may hand it back, having given it away a moment ago.
pub async fn may_hand_back(cx: &mut Cx<'_>, thing: &Owned) -> Result<Option<Owner>> {
    let Ok(me) = cx.writer() else { return Ok(None) };
    let before = given_lately(cx, thing, me).await?;
    if before.is_empty() { Ok(None) } else { resolve(cx, "owner", &before).await.map(Some) }
}

/// Whether the actor may hand it over, or take it if it is nobody's.
pub async fn may_hand_over(cx: &mut Cx<'_>, thing: &Owned) -> Result<bool> {
    let Ok(me) = cx.writer() else { return Ok(false) };
    if cx.admin().is_ok() || (thing.person == Some(me) && thing.team.is_none()) {
        return Ok(true);
    }
    if !thing.staffed {
        return Ok(!people::team_ids_of(cx, me).await?.is_empty());
    }
    match thing.team {
        Some(team) => Ok(people::team_rights(cx, team).await?.edit),
        None => Ok(false),
    }
}

async fn given_lately(cx: &mut Cx<'_>, thing: &Owned, me: PersonId) -> Result<String> {
    let since = cx.now().saturating_sub(UNDO).unwrap_or_default();
    store::given_by(cx, thing.id, me, since).await
}

/// Refuses whoever may not give it to this owner, saying why and whom to ask.
pub(super) async fn may_give(cx: &mut Cx<'_>, thing: &Owned, to: &Owner) -> Result<()> {
    let me = cx.writer()?;
    if cx.admin().is_ok() || (thing.person == Some(me) && thing.team.is_none()) {
        return Ok(());
    }
    if given_lately(cx, thing, me).await? == to.owner_ref {
        return Ok(());
    }
    if !thing.staffed {
        return match to.team {
            Some(team) => people::require_team(cx, Some(team), &format!("what {} owns", to.name)).await,
            None => {
                Err(Error::Forbidden(format!("{} has no owner; take it for a team of yours", thing.title)))
            }
        };
    }
    match thing.team {
        Some(team) => people::require_team(cx, Some(team), &thing.title).await,
        None => Err(Error::Forbidden(format!(
            "{} belongs to one person; only they or an admin can hand it over",
            thing.title
        ))),
    }
}
