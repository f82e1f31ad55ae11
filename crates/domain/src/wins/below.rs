//! What the level above makes of what it is handed: it sees, lifts, rewrites and merges.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    record::{Below, Entry, Kind, MOST_NUMBERS, Offered, Sensitivity, Update, Words},
    rights,
    store::{
        self,
        entry::{Draft, Named, Rewrite},
    },
    update::open,
};
use crate::{
    Cx, Error, PersonId, Result, UpdateId, WinsEntryId,
    notify::{self, About, Notice, Recipient},
};

/// The updates handed to this one, as the tree goes, with their entries that may go up. Of one that was not handed up, those handed to
/// it stand in its place, so that nobody who is late keeps others back. For whoever writes this one and those above it.
pub async fn below(cx: &mut Cx<'_>, id: UpdateId) -> Result<Vec<Below>> {
    let (_, rights) = rights::require_reader(cx, id).await?;
    let offers = store::below::offers(cx, id).await?;
    let entries: Vec<_> = offers.iter().filter_map(|offer| offer.entry).collect();
    // whoever writes an update chooses of all that was handed to it, also when they are asked to for this once; others see what they may
    let entries = if rights.write {
        store::entry::any(cx, &entries).await?
    } else {
        store::entry::seen(cx, &entries).await?
    };
    let mut entries: BTreeMap<_, _> = entries.into_iter().map(|entry| (entry.id, entry)).collect();
    let mut updates: Vec<_> = offers.iter().map(|offer| offer.update).collect();
    updates.dedup();
    let mut heads: BTreeMap<_, _> =
        store::update::heads(cx, &updates).await?.into_iter().map(|update| (update.id, update)).collect();
    heads.values_mut().for_each(rights::keep_draft_inside);
    let now = cx.now();
    let mut found: Vec<Below> = Vec::with_capacity(updates.len());
    for offer in offers {
        if let Some(update) = heads.remove(&offer.update) {
            found.push(Below { late: update.is_late(now), update, entries: Vec::new() });
        }
        let offered = offer.entry.and_then(|entry| entries.remove(&entry));
        if let (Some(entry), Some(last)) = (offered, found.last_mut()) {
            last.entries.push(Offered { entry, line: offer.line });
        }
    }
    Ok(found)
}

/// Makes a line of each of these entries from below, at the end, in their words; what was lifted already is the same line. Past the
/// caps it is refused. Their authors are told when the update is handed up.
pub async fn lift(cx: &mut Cx<'_>, id: UpdateId, entries: &[WinsEntryId]) -> Result<Vec<Entry>> {
    cx.atomically(async |cx| {
        let update = open(cx, id, None).await?;
        let offers: BTreeMap<_, _> = store::below::offers(cx, id)
            .await?
            .into_iter()
            .filter_map(|offer| Some((offer.entry?, offer.line)))
            .collect();
        let (mut lines, mut wanted) = (Vec::new(), Vec::new());
        for entry in entries {
            match offers.get(entry) {
                None => return Err(Error::not_found("entry", entry.to_string())),
                Some(None) if !wanted.contains(entry) => wanted.push(*entry),
                Some(line) => lines.extend(*line),
            }
        }
        // whoever lowers or takes back one of them at this moment comes first or waits
        store::below::hold(cx, &wanted).await?;
        let again = store::below::offers(cx, id).await?;
        if wanted.iter().any(|entry| !again.iter().any(|offer| offer.entry == Some(*entry))) {
            return Err(Error::Stale);
        }
        let origins = store::entry::any(cx, &wanted).await?;
        let mut drafts = Vec::with_capacity(origins.len());
        for kind in [Kind::Win, Kind::Challenge] {
            let chosen: Vec<_> = origins.iter().filter(|origin| origin.kind == kind).collect();
            let mut place = room(cx, &update, kind, chosen.len()).await?;
            for origin in chosen {
                place += 1;
                drafts.push(line_of(cx, &update, origin, place));
            }
        }
        store::entry::insert(cx, &drafts).await?;
        if !drafts.is_empty() {
            store::update::touch(cx, id).await?;
        }
        let made: BTreeMap<_, _> =
            drafts.iter().flat_map(|draft| draft.origins.iter().map(|origin| (*origin, draft.id))).collect();
        let mut found: Vec<WinsEntryId> = Vec::with_capacity(entries.len());
        for entry in entries {
            let line = made.get(entry).copied().or_else(|| offers.get(entry).copied().flatten());
            found.extend(line.filter(|line| !found.contains(line)));
        }
        store::entry::any(cx, &found).await
    })
    .await
}

/// A line in the words of what it is made of.
fn line_of(cx: &Cx<'_>, update: &Update, origin: &Entry, place: i32) -> Draft {
    Draft {
        update: Some(update.id),
        place,
        topic: origin.topic,
        sensitivity: origin.sensitivity,
        source_link: origin.source_link.clone(),
        credits: origin.credits.iter().map(|person| person.id).collect(),
        about: origin.about.iter().map(|entity| entity.id).collect(),
        namings: origin.namings.iter().map(Named::from).collect(),
        origins: vec![origin.id],
        ..Draft::new(cx, update.team.id, origin.kind, origin.words.clone())
    }
}

/// The last place of a kind in an update, if so many more that go up may stand behind it.
pub(super) async fn room(cx: &mut Cx<'_>, update: &Update, kind: Kind, more: usize) -> Result<i32> {
    let (count, last) = store::below::taken(cx, update.id, kind).await?;
    let most = update.most(kind);
    let after = count + i64::try_from(more).unwrap_or(i64::MAX);
    if more > 0 && after > i64::from(most) {
        let what = if kind == Kind::Win { "wins" } else { "challenges" };
        return Err(Error::Conflict(format!(
            "{} may hand up {most} {what} in this cycle, and with these it would be {after}; raise the limit or put one back",
            update.team.name
        )));
    }
    Ok(last)
}

/// Merges one line into another of the same update and kind: it takes over origins, credits, links, figures and texts, and the other
/// is gone. How far it may go is the least of both.
pub async fn merge(cx: &mut Cx<'_>, into: WinsEntryId, from: WinsEntryId) -> Result<Entry> {
    if into == from {
        return Err(Error::invalid("from", "must be another line: one cannot be merged into itself"));
    }
    let (first, update) = line(cx, into).await?;
    let (second, other) = line(cx, from).await?;
    if update != other {
        return Err(Error::Conflict("only lines of one update can be merged".into()));
    }
    if first.kind != second.kind {
        return Err(Error::Conflict("a win and a challenge cannot be merged".into()));
    }
    cx.atomically(async |cx| {
        open(cx, update, None).await?;
        // once more, behind the locks: somebody may have rewritten or merged them meanwhile, or lowered what they were made of
        let mut origins = store::below::origins(cx, into).await?;
        origins.extend(store::below::origins(cx, from).await?);
        store::below::hold(cx, &origins).await?;
        store::write::lock_all(cx, &[into, from]).await?;
        let found = store::entry::any(cx, &[into, from]).await?;
        let [first, second] = &found[..] else { return Err(Error::Stale) };
        let edit = Rewrite {
            words: both(&first.words, &second.words),
            topic: first.topic.or(second.topic),
            sensitivity: first.sensitivity.min(second.sensitivity),
            credits: Some(union(&first.credits, &second.credits, |person| person.id)),
            about: Some(union(&first.about, &second.about, |entity| entity.id)),
            ..Rewrite::from(first)
        };
        store::below::take_over(cx, into, from).await?;
        store::entry::rewrite(cx, &[edit]).await?;
        store::entry::delete(cx, &[from]).await?;
        store::write::renumber(cx, &[update]).await?;
        store::update::touch(cx, update).await?;
        store::entry::any(cx, &[into]).await?.pop().ok_or(Error::Stale)
    })
    .await
}

/// What two lines say, as one to be rewritten: the summary of the first, and nothing of the second is lost but figures past the most.
fn both(first: &Words, second: &Words) -> Words {
    let joined = |first: &str, second: &[&str]| {
        let mut parts: Vec<&str> = vec![first];
        parts.extend(second);
        let mut kept: Vec<&str> = Vec::new();
        for part in parts {
            if !part.is_empty() && !kept.contains(&part) {
                kept.push(part);
            }
        }
        kept.join("\n\n")
    };
    let mut numbers = first.numbers.clone();
    numbers.extend(second.numbers.iter().filter(|number| !first.numbers.contains(number)).cloned());
    numbers.truncate(MOST_NUMBERS);
    let also = if second.summary == first.summary { "" } else { second.summary.as_str() };
    Words {
        summary: first.summary.clone(),
        situation: joined(&first.situation, &[also, &second.situation]),
        action: joined(&first.action, &[&second.action]),
        result: joined(&first.result, &[&second.result]),
        numbers,
    }
}

fn union<T, K: Ord + Copy>(first: &[T], second: &[T], key: impl Fn(&T) -> K) -> Vec<K> {
    let mut seen = BTreeSet::new();
    first.iter().chain(second).map(key).filter(|key| seen.insert(*key)).collect()
}

/// Takes a line that was made of several entries apart: in its place stands a line of each, in the words of those who handed it up. Past
/// the caps it is refused.
pub async fn split(cx: &mut Cx<'_>, id: WinsEntryId) -> Result<Vec<Entry>> {
    let (_, update) = line(cx, id).await?;
    cx.atomically(async |cx| {
        let update = open(cx, update, None).await?;
        let whole = store::entry::any(cx, &[id]).await?.pop().ok_or(Error::Stale)?;
        let keys = store::below::origins(cx, id).await?;
        if keys.len() < 2 {
            return Err(Error::Conflict("it was made of one entry alone; rewrite it, or drop it".into()));
        }
        // whoever lowers or takes back one of them at this moment comes first or waits
        store::below::hold(cx, &keys).await?;
        if store::below::origins(cx, id).await? != keys {
            return Err(Error::Stale);
        }
        let origins = store::entry::any(cx, &keys).await?;
        store::entry::delete(cx, &[id]).await?;
        for kind in [Kind::Win, Kind::Challenge] {
            room(cx, &update, kind, origins.iter().filter(|origin| origin.kind == kind).count()).await?;
        }
        let place = |origin: &Entry| if origin.kind == whole.kind { whole.place } else { i32::MAX };
        let drafts: Vec<_> =
            origins.iter().map(|origin| line_of(cx, &update, origin, place(origin))).collect();
        store::entry::insert(cx, &drafts).await?;
        store::write::renumber(cx, &[update.id]).await?;
        store::update::touch(cx, update.id).await?;
        let made: Vec<_> = drafts.iter().map(|draft| draft.id).collect();
        store::entry::any(cx, &made).await
    })
    .await
}

/// A line and the update that it is in. To those who may not see it there is none.
async fn line(cx: &mut Cx<'_>, id: WinsEntryId) -> Result<(Entry, UpdateId)> {
    cx.writer()?;
    let not_there = || Error::not_found("entry", id.to_string());
    let entry = store::entry::seen(cx, &[id]).await?.pop().ok_or_else(not_there)?;
    match entry.update.filter(|_| entry.is_line) {
        Some(update) => Ok((entry, update)),
        None => Err(Error::Conflict("this was not chosen from below; put it back instead".into())),
    }
}

/// An entry may go less far than before: so do the lines that were made of it and are not published. What stays in its team is taken
/// from them, and a line of which nothing else is left is gone; those who made the lines are told. Asks for no permission, and leaves
/// the entry itself to the caller.
pub(super) async fn narrow(cx: &mut Cx<'_>, entry: WinsEntryId, to: Sensitivity) -> Result<()> {
    if to == Sensitivity::Publish {
        return Ok(());
    }
    let edges = store::below::lines_above(cx, entry).await?;
    let (mut made_of, mut lines) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::new());
    for edge in edges {
        made_of.entry(edge.line).or_default().push(edge.origin);
        lines.insert(edge.line, (edge.summary, edge.writer, edge.update));
    }
    let all: Vec<_> = made_of.keys().copied().collect();
    let (touched, words) = if to == Sensitivity::Up {
        store::below::lower(cx, &all).await?;
        (all, "may not be published any more, for what it was made of may not")
    } else {
        let gone = without(entry, &made_of);
        let direct: Vec<_> =
            made_of.iter().filter(|(_, origins)| origins.contains(&entry)).map(|(line, _)| *line).collect();
        store::below::take_from(cx, entry, &direct).await?;
        store::entry::delete(cx, &gone).await?;
        // what is left of a merged line may still have its words: it is not published until its writer looked at it
        let left: Vec<_> = all.iter().copied().filter(|line| !gone.contains(line)).collect();
        store::below::lower(cx, &left).await?;
        (all, "lost what it was made of, which stays in its team now: rewrite it before it is published")
    };
    let me = cx.actor().person;
    let told = touched.iter().filter_map(|id| lines.get(id)).filter(|(_, writer, _)| *writer != me);
    let notices =
        told.filter_map(|(summary, writer, update)| Some(notice(summary, (*writer)?, (*update)?, words)));
    notify::send_all(cx, notices.collect()).await?;
    Ok(())
}

/// The lines of which nothing is left without an entry, as far up as that goes.
fn without(entry: WinsEntryId, made_of: &BTreeMap<WinsEntryId, Vec<WinsEntryId>>) -> Vec<WinsEntryId> {
    let mut gone = BTreeSet::from([entry]);
    loop {
        let more: Vec<_> = made_of
            .iter()
            .filter(|(line, origins)| {
                !gone.contains(*line) && origins.iter().all(|origin| gone.contains(origin))
            })
            .map(|(line, _)| *line)
            .collect();
        if more.is_empty() {
            gone.remove(&entry);
            return gone.into_iter().collect();
        }
        gone.extend(more);
    }
}

fn notice(summary: &str, to: PersonId, update: UpdateId, words: &str) -> Notice {
    let link = format!("/wins/updates/{update}");
    let about = About::new("wins-update", update.0);
    let subject = format!("“{summary}” {words}");
    Notice {
        reason: "You chose it from below.".into(),
        ..Notice::new(Recipient::Person(to), "wins.narrowed", subject, link, about)
    }
}
