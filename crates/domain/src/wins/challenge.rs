//! Challenges stay open across cycles until somebody closes them.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    below, named,
    record::{Closing, Entry, Kind, Update, Words},
    store::{
        self,
        entry::{Draft, Named},
    },
    update::open,
};
use crate::{
    Cursor, Cx, Error, Limit, Page, Result, UpdateId, WinsEntryId,
    check::Checks,
    notify::{self, About, Notice, Recipient},
    people,
};

/// Characters a word on why may have.
const LONGEST: usize = 2_000;

/// Which challenges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stands {
    /// Not closed.
    #[default]
    Open,
    /// Closed.
    Closed,
    /// All.
    All,
}

/// Which challenges.
#[derive(Debug, Clone, Default)]
pub struct ChallengeFilter {
    /// Slug of a team; with those below it.
    pub team: Option<String>,
    /// How they stand.
    pub stands: Stands,
}

/// A challenge that teams told of, once however often it was told again.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Challenge {
    /// As it was told last.
    pub entry: Entry,
    /// In how many cycles it was told.
    pub told: i64,
    /// Days since it was told first, until it was closed or now.
    pub days: i64,
    /// Whether the actor may close it.
    pub may_close: bool,
}

/// Challenges that the actor may see, the oldest first. Lines of levels above are left out: they are the same challenges.
pub async fn challenges(
    cx: &mut Cx<'_>,
    filter: &ChallengeFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Challenge>> {
    let me = cx.reader()?;
    let key = after.as_ref().map(Cursor::key::<(Timestamp, WinsEntryId)>).transpose()?;
    let team = match &filter.team {
        Some(slug) => Some(people::team(cx, slug).await?.id),
        None => None,
    };
    let (rows, total) = store::challenge::list(cx, me, team, filter.stands, key, limit.probe()).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.last).collect();
    let mut entries = store::entry::any(cx, &ids).await?;
    store::entry::keep_answers_inside(cx, me, &mut entries).await?;
    let mut teams: Vec<_> = entries.iter().map(|entry| entry.team.id).collect();
    teams.sort();
    teams.dedup();
    let (now, may_write) = (cx.now(), cx.writer().is_ok());
    let closable = if may_write { store::challenge::closed_by(cx, me, &teams).await? } else { Vec::new() };
    let items = rows.into_iter().zip(entries).map(|(row, entry)| {
        let until = entry.closed.as_ref().map_or(now, |closed| closed.at);
        let days = (until.duration_since(row.since).as_hours() / 24).max(0);
        let is_mine = entry.author.as_ref().is_some_and(|author| author.id == me);
        let may_close = may_write && (is_mine || closable.contains(&entry.team.id));
        (row.since, row.first, Challenge { entry, told: row.told, days, may_close })
    });
    let page = Page::cut(items.collect(), limit, total, after.as_ref(), |(since, first, _)| (*since, *first));
    Ok(page.map(|(_, _, challenge)| challenge))
}

/// Whether the actor may close a challenge and open it again: its author, whoever writes the update that it is in (`writes`), and those
/// who lead the team or one above it.
pub(super) async fn may_close(cx: &mut Cx<'_>, entry: &Entry, writes: bool) -> Result<bool> {
    let me = cx.reader()?;
    if entry.kind != Kind::Challenge || cx.writer().is_err() {
        return Ok(false);
    }
    // whoever chose a line did not write what it was made of
    let is_mine = !entry.is_line && entry.author.as_ref().is_some_and(|author| author.id == me);
    Ok(is_mine || writes || !store::challenge::closed_by(cx, me, &[entry.team.id]).await?.is_empty())
}

/// A challenge that the actor may close or open again.
async fn theirs(cx: &mut Cx<'_>, id: WinsEntryId) -> Result<Entry> {
    let me = cx.writer()?;
    let not_there = || Error::not_found("challenge", id.to_string());
    let entry = store::entry::seen(cx, &[id]).await?.pop().ok_or_else(not_there)?;
    if entry.kind != Kind::Challenge {
        return Err(not_there());
    }
    let writes = store::update::rights(cx, me, entry.team.id, entry.update).await?.write;
    if may_close(cx, &entry, writes).await? {
        return Ok(entry);
    }
    let whom = people::leads_to_ask(cx, entry.team.id).await?;
    let whom = whom.first().map_or("an admin for a lead", |lead| lead.name.as_str());
    Err(Error::Forbidden(format!(
        "who wrote it and those who lead {} or a team above it close it; ask {whom}",
        entry.team.name
    )))
}

/// Closes a challenge wherever it is told, with a word on why; others who wrote it are told. One that was solved is offered as a win:
/// the draft waits in the team, and its key is told. For who wrote it, and those who lead the team or one above it.
pub async fn close_challenge(
    cx: &mut Cx<'_>,
    id: WinsEntryId,
    how: Closing,
    note: &str,
) -> Result<Option<WinsEntryId>> {
    let entry = theirs(cx, id).await?;
    let mut checks = Checks::default();
    let note = checks.text("note", note, LONGEST);
    checks.done()?;
    cx.atomically(async |cx| {
        let tellings: Vec<_> = store::challenge::tellings(cx, id).await?.iter().map(|one| one.id).collect();
        let closed = store::challenge::close(cx, &tellings, how, &note).await?;
        if closed.is_empty() {
            return Err(Error::Conflict("it is closed already".into()));
        }
        tell_closed(cx, &closed, how, &note).await?;
        // a line is a level's own words: whoever wrote the challenge tells how it was solved
        if how != Closing::Solved || entry.is_line {
            return Ok(None);
        }
        let win = solved(cx, &entry, &note);
        store::entry::insert(cx, std::slice::from_ref(&win)).await?;
        Ok(Some(win.id))
    })
    .await
}

/// Tells those who wrote a challenge that somebody else closed it: one notice each, of what they told last.
async fn tell_closed(
    cx: &mut Cx<'_>,
    closed: &[store::challenge::ClosedOne],
    how: Closing,
    note: &str,
) -> Result<()> {
    let (me, name) = (cx.actor().person, cx.actor().name.clone());
    let mut told = BTreeSet::new();
    let notices = closed.iter().filter(|one| !one.is_line).filter_map(|one| {
        let to = one.writer.filter(|to| Some(*to) != me && told.insert(*to))?;
        let about = About::new("wins-entry", one.id.0);
        let subject = format!("{name} closed “{}”: {}", one.summary, how.label().to_lowercase());
        Some(Notice {
            text: note.to_owned(),
            reason: "You wrote it. You can open it again.".into(),
            ..Notice::new(
                Recipient::Person(to),
                "wins.closed",
                subject,
                format!("/wins/entries/{}", one.id),
                about,
            )
        })
    });
    notify::send_all(cx, notices.collect()).await?;
    Ok(())
}

/// The win that a solved challenge is offered as: what was hard is how it was, and the word on how it was solved is what came of it.
fn solved(cx: &Cx<'_>, entry: &Entry, note: &str) -> Draft {
    let was = &entry.words;
    let summary =
        Some(format!("Solved: {}", was.summary)).filter(|text| text.chars().count() <= named::SUMMARY);
    let before = format!("{}\n\n{}", was.situation, was.result).trim().to_owned();
    let before = Some(before).filter(|text| text.chars().count() <= named::TEXT);
    let words = Words {
        summary: summary.unwrap_or_else(|| was.summary.clone()),
        situation: before.unwrap_or_else(|| was.situation.clone()),
        action: was.action.clone(),
        result: note.to_owned(),
        numbers: was.numbers.clone(),
    };
    Draft {
        topic: entry.topic,
        sensitivity: entry.sensitivity,
        source_link: format!("/wins/entries/{}", entry.id),
        solves: Some(entry.id),
        credits: entry.credits.iter().map(|person| person.id).collect(),
        about: entry.about.iter().map(|entity| entity.id).collect(),
        namings: entry.namings.iter().map(|naming| Named::from(naming.team.id)).collect(),
        ..Draft::new(cx, entry.team.id, Kind::Win, words)
    }
}

/// Opens a closed challenge again; a draft win that nobody edited is gone.
pub async fn reopen_challenge(cx: &mut Cx<'_>, id: WinsEntryId) -> Result<()> {
    theirs(cx, id).await?;
    cx.atomically(async |cx| {
        let tellings: Vec<_> = store::challenge::tellings(cx, id).await?.iter().map(|one| one.id).collect();
        if store::challenge::reopen(cx, id, &tellings).await? == 0 {
            return Err(Error::Conflict("it is open".into()));
        }
        Ok(())
    })
    .await
}

/// Tells an open challenge again in an update, in its last words; told already it is the same entry.
pub async fn tell_again(cx: &mut Cx<'_>, id: WinsEntryId, update: UpdateId) -> Result<Entry> {
    cx.atomically(async |cx| {
        let update = open(cx, update, None).await?;
        // locks them: whoever closes it just now comes first, and is seen
        let tellings = store::challenge::tellings(cx, id).await?;
        let not_there = || Error::not_found("challenge", id.to_string());
        let entry = store::entry::seen(cx, &[id]).await?.pop().ok_or_else(not_there)?;
        if entry.kind != Kind::Challenge || entry.team.id != update.team.id {
            return Err(not_there());
        }
        if entry.is_line {
            return Err(Error::Conflict("it came from below: those who handed it up tell it again".into()));
        }
        if entry.closed.is_some() {
            return Err(Error::Conflict("it is closed; open it again first".into()));
        }
        let told = tellings.iter().find(|one| one.update == Some(update.id));
        let again = match (told, tellings.first()) {
            (Some(told), _) => told.id,
            (None, None) => return Err(not_there()),
            (None, Some(last)) if last.open => {
                return Err(Error::Conflict(
                    "another update that is not handed up yet tells it; hand that up first".into(),
                ));
            }
            (None, Some(one)) => {
                let last = store::entry::any(cx, &[one.id]).await?.pop().ok_or(Error::Stale)?;
                let more = usize::from(last.goes_up());
                let place = below::room(cx, &update, Kind::Challenge, more).await? + 1;
                if one.update.is_none() {
                    // it went back to the team untold: it is that one which is told now
                    store::entry::place(cx, &[(last.id, Some(update.id), place)]).await?;
                    last.id
                } else {
                    let draft = next_telling(cx, &update, &last, place);
                    store::entry::insert(cx, std::slice::from_ref(&draft)).await?;
                    draft.id
                }
            }
        };
        if told.is_none() {
            store::update::touch(cx, update.id).await?;
        }
        store::entry::any(cx, &[again]).await?.pop().ok_or(Error::Stale)
    })
    .await
}

/// The next telling of a challenge: in the same words, by the same author, and shown to whom it was shown.
fn next_telling(cx: &Cx<'_>, update: &Update, last: &Entry, place: i32) -> Draft {
    let draft = Draft::new(cx, update.team.id, Kind::Challenge, last.words.clone());
    Draft {
        update: Some(update.id),
        place,
        topic: last.topic,
        sensitivity: last.sensitivity,
        source_link: last.source_link.clone(),
        again_of: Some(last.id),
        author: last.author.as_ref().map(|author| author.id).or(draft.author),
        credits: last.credits.iter().map(|person| person.id).collect(),
        about: last.about.iter().map(|entity| entity.id).collect(),
        namings: last.namings.iter().map(Named::from).collect(),
        ..draft
    }
}
