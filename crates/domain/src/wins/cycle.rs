//! Cycles, and which teams take part in them.

use jiff::civil::Date;

use super::{
    record::{Cycle, Update},
    rights::{as_read, keep_draft_inside, rights_over},
    store,
};
use crate::{Cursor, Cx, CycleId, Error, Limit, Page, Result, UpdateId, people};

/// The cycles of all plans, newest first.
pub async fn cycles(cx: &mut Cx<'_>, after: Option<Cursor>, limit: Limit) -> Result<Page<Cycle>> {
    may_read(cx)?;
    let key = after.as_ref().map(Cursor::key::<(Date, CycleId)>).transpose()?;
    let rows = store::cycle::cycles(cx, key, limit.probe()).await?;
    let all = store::cycle::count(cx).await?;
    Ok(Page::cut(rows, limit, all, after.as_ref(), |c| (c.starts_on, c.id)))
}

/// One cycle.
pub async fn cycle(cx: &mut Cx<'_>, id: CycleId) -> Result<Cycle> {
    may_read(cx)?;
    store::cycle::cycle(cx, id).await?.ok_or_else(|| Error::not_found("cycle", id.to_string()))
}

/// The updates of a cycle that the actor may read or writes, the top first, then as the tree goes; those of a cycle are bounded by
/// its teams, and paged. Counts of entries are those that they may see.
pub async fn updates_of(
    cx: &mut Cx<'_>,
    id: CycleId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Update>> {
    let me = cx.reader()?;
    cycle(cx, id).await?;
    let key = after.as_ref().map(Cursor::key::<UpdateId>).transpose()?;
    let (ids, all) = store::cycle::readable(cx, id, me, key, limit.probe()).await?;
    let mut heads = store::update::heads(cx, &ids).await?;
    // whoever writes one of them reads its words on its own page
    heads.iter_mut().for_each(keep_draft_inside);
    heads.sort_by_key(|update| ids.iter().position(|id| *id == update.id));
    Ok(Page::cut(heads, limit, all, after.as_ref(), |u| u.id))
}

/// The update that a team writes now: the oldest one that is open, else the newest; none: the team takes no part, or the actor is
/// neither in it nor above or beside it.
pub async fn current_update(cx: &mut Cx<'_>, team: &str) -> Result<Option<Update>> {
    cx.reader()?;
    let team = people::team(cx, team).await?;
    let Some(update) = store::update::current(cx, team.id).await? else { return Ok(None) };
    let rights = rights_over(cx, &update).await?;
    Ok((rights.inside || rights.write || rights.read).then(|| as_read(update, rights)))
}

/// Everyone signed in may know when what is due; commands on the server's machine and Portolan itself do too.
fn may_read(cx: &Cx<'_>) -> Result<()> {
    if cx.admin().is_err() {
        cx.reader()?;
    }
    Ok(())
}
