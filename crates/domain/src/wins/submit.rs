//! Handing an update up, and taking it back.

use super::{
    naming,
    record::{Entry, SheetEdit, Update, UpdateState},
    rights::require_writer,
    save::save,
    store,
    update::{open, require_caps, subject},
};
use crate::{
    Cx, Error, Result, UpdateId,
    activity::{self, Act},
};

/// Hands an update up. Entries above the caps are refused, and so is one with nothing in it: that nothing major happened is said by
/// [`quiet`]. After its due time it is late; after the cycle is closed it is refused, and what is in it waits for the next one.
pub async fn submit(cx: &mut Cx<'_>, id: UpdateId, version: Option<i64>) -> Result<Update> {
    cx.atomically(async |cx| {
        let update = open(cx, id, version).await?;
        let entries = store::entry::of_update(cx, id, false).await?;
        if !entries.iter().any(Entry::goes_up) {
            return Err(Error::Conflict(
                "there is nothing in it that goes up: say that nothing major happened, or choose something first"
                    .into(),
            ));
        }
        require_caps(&update, &entries)?;
        store::write::set_submitted(cx, id, false).await?;
        activity::record(cx, Act::near(update.team.id, "wins.submitted", subject(&update))).await?;
        naming::show_to_leads(cx, id).await?;
        naming::tell_lifted(cx, &update).await?;
        store::update::head(cx, id).await
    })
    .await
}

/// Says that nothing major happened, and hands that up: one press. What is in the update waits in the team again, if that is wanted
/// (`put_back`); unless it is, an update with something in it is refused. What stands above its entries stays.
pub async fn quiet(cx: &mut Cx<'_>, id: UpdateId, version: Option<i64>, put_back: bool) -> Result<Update> {
    cx.atomically(async |cx| {
        let update = open(cx, id, version).await?;
        let entries = store::entry::of_update(cx, id, false).await?;
        if entries.iter().any(|entry| entry.is_line) {
            return Err(Error::Conflict(
                "lines were chosen for it: drop them first, then say that nothing major happened".into(),
            ));
        }
        if !(entries.is_empty() || put_back) {
            return Err(Error::Conflict(match entries.len() {
                1 => "an entry is in it: put it back first, so that it waits for the next cycle, or hand it up".into(),
                n => format!("{n} entries are in it: put them back first, so that they wait for the next cycle, or hand them up"),
            }));
        }
        let back: Vec<_> = entries.iter().map(|entry| (entry.id, None, 0)).collect();
        store::entry::place(cx, &back).await?;
        store::write::set_submitted(cx, id, true).await?;
        activity::record(cx, Act::near(update.team.id, "wins.quiet", subject(&update))).await?;
        store::update::head(cx, id).await
    })
    .await
}

/// Takes back what was handed up, while the level above has made nothing of it and has not handed up itself.
pub async fn recall(cx: &mut Cx<'_>, id: UpdateId, version: Option<i64>) -> Result<Update> {
    cx.atomically(async |cx| {
        cx.writer()?;
        store::update::lock(cx, id).await?;
        let update = require_writer(cx, id).await?;
        if update.state != UpdateState::Submitted {
            return Err(Error::Conflict(match update.state {
                UpdateState::Open => "it was not handed up".into(),
                _ => "its cycle is over; what is wrong with it goes into an addendum".into(),
            }));
        }
        if version.is_some_and(|v| v != update.version) {
            return Err(Error::Stale);
        }
        // above, somebody may be lifting from it just now: they lock their own update first
        if let Some(parent) = update.parent {
            store::update::lock(cx, parent).await?;
        }
        if let Some(why) = stays_up(cx, &update).await? {
            return Err(Error::Conflict(why));
        }
        store::write::set_open(cx, id).await?;
        activity::record(cx, Act::near(update.team.id, "wins.recalled", subject(&update))).await?;
        store::update::head(cx, id).await
    })
    .await
}

/// Takes back what was handed up, and writes what was typed for it too late: both, or neither.
pub async fn resume(cx: &mut Cx<'_>, id: UpdateId, edit: SheetEdit) -> Result<Update> {
    cx.atomically(async |cx| {
        recall(cx, id, edit.version).await?;
        save(cx, id, SheetEdit { version: None, ..edit }).await
    })
    .await
}

/// Why an update that was handed up cannot be taken back, if so: the level above made something of it, or handed up itself.
pub async fn stays_up(cx: &mut Cx<'_>, update: &Update) -> Result<Option<String>> {
    let (lifted, above) = store::write::taken_up(cx, update).await?;
    let whom = update.handed_to.as_ref().map_or("the level above", |t| t.name.as_str());
    Ok(if above.is_some_and(|state| state != UpdateState::Open) {
        Some(format!("{whom} has handed up already; say the rest in the next cycle"))
    } else {
        lifted.then(|| format!("{whom} has chosen from it already; ask them to drop that line first"))
    })
}
