//! Writing a whole sheet at once, in as many statements for twenty entries as for one.

use super::{
    entry::{drafts, rewrites, write, written_just_now},
    named,
    record::{Entry, EntryEdit, MOST_ENTRIES, NewEntry, SheetEdit, Update, Words},
    store::{self, entry::Draft},
    update::{open, places, take_in},
};
use crate::{Cx, Error, Result, UpdateId, check::Checks};

/// Longest text above the entries.
const INTRO: usize = 5000;

/// Writes a whole sheet at once: edits, new entries, the order. All of it, or none. New entries that say nothing are left out, and those
/// that the actor wrote in the same words a moment ago are not written twice. What is past the caps is kept until it is handed up, so
/// that nothing that somebody typed is lost.
pub async fn save(cx: &mut Cx<'_>, id: UpdateId, edit: SheetEdit) -> Result<Update> {
    if edit.entries.len() + edit.new.len() + edit.order.len() > 3 * MOST_ENTRIES {
        return Err(Error::invalid("entries", format!("may be {MOST_ENTRIES} at most")));
    }
    cx.atomically(async |cx| {
        let update = open(cx, id, edit.version).await?;
        store::write::lock_of_update(cx, id).await?;
        let held = store::entry::of_update(cx, id, false).await?;
        let mut checks = Checks::default();
        let intro = edit.intro.as_deref().map(|text| checks.text("intro", text, INTRO));

        let edited = meant(&held, &edit)?;
        let prefixes: Vec<_> = (0..edited.len()).map(|nth| format!("entries[{nth}].")).collect();
        let edited =
            prefixes.iter().zip(edited).map(|(prefix, (entry, edit))| (prefix.as_str(), entry, edit));
        let changes = rewrites(cx, &mut checks, update.team.id, edited.collect()).await?;

        let prefixes: Vec<_> = (0..edit.new.len()).map(|nth| format!("new[{nth}].")).collect();
        let new: Vec<_> = prefixes
            .iter()
            .zip(&edit.new)
            .filter(|(_, new)| !is_blank(new))
            .map(|(prefix, new)| (prefix.as_str(), new, named::checked(&mut checks, prefix, &new.words)))
            .collect();
        if !new.is_empty() && held.len() + new.len() > MOST_ENTRIES {
            checks
                .problem("new", format!("would make more than {MOST_ENTRIES} entries; put some back first"));
        }
        let drafts = drafts(cx, &mut checks, update.team.id, new).await?;
        checks.done()?;

        let turned = changes.iter().any(|(c, _)| held.iter().any(|h| h.id == c.id && h.kind != c.kind));
        write(cx, &changes).await?;
        if !edit.order.is_empty() {
            let after: Vec<Entry> = held
                .iter()
                .cloned()
                .map(|h| match changes.iter().find(|(c, _)| c.id == h.id) {
                    Some((change, _)) => Entry { kind: change.kind, ..h },
                    None => h,
                })
                .collect();
            store::entry::place(cx, &places(id, &after, &edit.order)).await?;
        }
        let aside: Vec<_> =
            changes.iter().filter(|(c, _)| c.set_aside).map(|(c, _)| (c.id, None, 0)).collect();
        store::entry::place(cx, &aside).await?;
        if add(cx, &update, drafts).await? || turned || !aside.is_empty() {
            store::write::renumber(cx, &[id]).await?;
        }
        if let Some(intro) = intro.filter(|intro| *intro != update.intro) {
            store::write::set_intro(cx, id, &intro).await?;
        }
        store::update::touch(cx, id).await?;
        store::update::head(cx, id).await
    })
    .await
}

/// Puts new entries behind those that are in an update, in their order; whether that changed anything. What was written a moment ago
/// and waits in the team is taken in.
async fn add(cx: &mut Cx<'_>, update: &Update, mut drafts: Vec<Draft>) -> Result<bool> {
    if drafts.is_empty() {
        return Ok(false);
    }
    let meant = |of: Option<UpdateId>| of.is_none_or(|of| of == update.id);
    let known = written_just_now(cx, update.team.id, &mut drafts, meant).await?;
    let waiting: Vec<_> = known.into_iter().filter(|(_, of)| of.is_none()).map(|(entry, _)| entry).collect();
    // somebody may be taking one of them into another cycle's update just now: there it stays
    store::write::lock_all(cx, &waiting).await?;
    let mut waiting = store::entry::any(cx, &waiting).await?;
    waiting.retain(|entry| entry.update.is_none());
    take_in(cx, update.id, &waiting).await?;
    for (nth, draft) in drafts.iter_mut().enumerate() {
        draft.update = Some(update.id);
        draft.place = i32::MAX - i32::try_from(MOST_ENTRIES).unwrap_or(0) + i32::try_from(nth).unwrap_or(0);
    }
    store::entry::insert(cx, &drafts).await?;
    Ok(!drafts.is_empty() || !waiting.is_empty())
}

/// The entries that were edited, with their edits; in the versions that were shown.
fn meant<'e>(held: &'e [Entry], edit: &'e SheetEdit) -> Result<Vec<(&'e Entry, &'e EntryEdit)>> {
    let mut meant: Vec<(&Entry, &EntryEdit)> = Vec::new();
    for (id, edit, version) in &edit.entries {
        // somebody put it back, or removed it, since the form was shown
        let entry = held.iter().find(|e| e.id == *id).ok_or(Error::Stale)?;
        if version.is_some_and(|v| v != entry.version) {
            return Err(Error::Stale);
        }
        if meant.iter().any(|(e, _)| e.id == *id) {
            return Err(Error::invalid("entries", "must each be named once"));
        }
        meant.push((entry, edit));
    }
    Ok(meant)
}

/// Whether a new entry says nothing: a row of a form that nobody filled in.
fn is_blank(new: &NewEntry) -> bool {
    let NewEntry { words, credits, about, teams, .. } = new;
    let Words { summary, situation, action, result, numbers } = words;
    [summary, situation, action, result].into_iter().all(|text| text.trim().is_empty())
        && numbers.is_empty()
        && [credits, about, teams].into_iter().all(Vec::is_empty)
}
