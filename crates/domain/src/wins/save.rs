//! Writing a whole sheet at once, in as many statements for twenty entries as for one.

use super::{
    entry::{drafts, rewrites, write},
    named,
    record::{Entry, EntryEdit, MOST_ENTRIES, NewEntry, SheetEdit, Update, Words},
    store,
    update::{open, places},
};
use crate::{Cx, Error, Result, UpdateId, check::Checks};

/// Longest text above the entries.
const INTRO: usize = 5000;

/// Writes a whole sheet at once: edits, new entries, the order. All of it, or none. New entries that say nothing are left out. What is
/// past the caps is kept until it is handed up, so that nothing that somebody typed is lost.
pub async fn save(cx: &mut Cx<'_>, id: UpdateId, edit: SheetEdit) -> Result<Update> {
    if edit.entries.len() + edit.new.len() + edit.order.len() > 3 * MOST_ENTRIES {
        return Err(Error::invalid("entries", format!("may be {MOST_ENTRIES} at most")));
    }
    cx.atomically(async |cx| {
        let update = open(cx, id, None).await?;
        let held = store::entry::of_update(cx, id, false).await?;
        let mut checks = Checks::default();
        let intro = edit.intro.as_deref().map(|text| checks.text("intro", text, INTRO));

        let edited = meant(&held, &edit)?;
        let prefixes: Vec<_> = (0..edited.len()).map(|nth| format!("entries[{nth}].")).collect();
        let edited =
            prefixes.iter().zip(edited).map(|(prefix, (entry, edit))| (prefix.as_str(), entry, edit, true));
        let changes = rewrites(cx, &mut checks, update.team.id, edited.collect()).await?;

        let prefixes: Vec<_> = (0..edit.new.len()).map(|nth| format!("new[{nth}].")).collect();
        let new: Vec<_> = prefixes
            .iter()
            .zip(&edit.new)
            .filter(|(_, new)| !is_blank(new))
            .map(|(prefix, new)| {
                (prefix.as_str(), new, named::checked(&mut checks, prefix, &new.words, true))
            })
            .collect();
        if held.len() + new.len() > MOST_ENTRIES {
            checks
                .problem("new", format!("would make more than {MOST_ENTRIES} entries; put some back first"));
        }
        let mut drafts = drafts(cx, &mut checks, update.team.id, new).await?;
        checks.done()?;

        for (nth, draft) in drafts.iter_mut().enumerate() {
            draft.update = Some(id);
            // behind all that are there, in their order
            draft.place =
                i32::MAX - i32::try_from(MOST_ENTRIES).unwrap_or(0) + i32::try_from(nth).unwrap_or(0);
        }
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
        store::entry::insert(cx, &drafts).await?;
        if turned || !aside.is_empty() || !drafts.is_empty() {
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
    let Words { summary, situation, action, result, numbers } = &new.words;
    [summary, situation, action, result].into_iter().all(|text| text.trim().is_empty()) && numbers.is_empty()
}
