//! "Still ours": the owner's word that nothing has changed.

use super::{Owned, canonical, owned, store, word::team_of};
use crate::{
    Cx, Error, Result,
    activity::{self, Act},
    catalog::store::apply::lock,
    people,
};

/// "Still ours": the owner's word that nothing has changed.
pub async fn confirm(cx: &mut Cx<'_>, entity_ref: &str) -> Result<Owned> {
    cx.writer()?;
    let entity_ref = canonical(entity_ref);
    cx.atomically(async |cx| {
        lock(cx).await?;
        store::lock(cx, &entity_ref).await?;
        let thing = owned(cx, &entity_ref).await?;
        match (thing.team, thing.person) {
            (Some(team), _) => people::require_team(cx, Some(team), &thing.title).await?,
            (None, Some(person)) if cx.actor().person == Some(person) => {}
            (None, Some(_)) => {
                return Err(Error::Forbidden(format!(
                    "{} belongs to one person; only they can say that it still does",
                    thing.title
                )));
            }
            (None, None) => {
                return Err(Error::Conflict(format!(
                    "{} has no owner that could confirm it; hand it over to a team first",
                    thing.title
                )));
            }
        }
        store::confirm(cx, &[thing.id]).await?;
        activity::record(
            cx,
            Act { entity_id: Some(thing.id), ..Act::new("ownership.confirmed", &entity_ref) },
        )
        .await?;
        owned(cx, &entity_ref).await
    })
    .await
}

/// "All still ours", for a team. Returns how many.
pub async fn confirm_all(cx: &mut Cx<'_>, team: &str) -> Result<i64> {
    cx.writer()?;
    let (team, id) = team_of(cx, team).await?;
    people::require_team(cx, Some(id), &format!("what {} owns", team.name)).await?;
    cx.atomically(async |cx| {
        lock(cx).await?;
        let confirmed = store::confirm_team(cx, id).await?;
        let acts = confirmed.iter().map(|(id, entity_ref)| Act {
            entity_id: Some(*id),
            ..Act::new("ownership.confirmed", entity_ref)
        });
        activity::record_all(cx, acts.collect()).await?;
        Ok(i64::try_from(confirmed.len()).unwrap_or(i64::MAX))
    })
    .await
}
