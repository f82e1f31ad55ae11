//! What a team hands up: chosen, ordered, checked.

use super::{
    checker,
    entry::{only, reach},
    record::{Audience, Checked, Entry, Kind, MOST_ENTRIES, Sheet, Update, UpdateRights, UpdateState},
    rights::{require_reader, require_writer},
    store::{self, entry::Rewrite},
};
use crate::{
    Cx, Error, Result, UpdateId, WinsEntryId,
    activity::{self, Act, Changed},
    check::Checks,
    notify::{self, About, Notice, Recipient},
    people,
};

/// The head of a team's update in a cycle (slugs), and what the actor may do with it.
pub async fn update(cx: &mut Cx<'_>, team: &str, cycle: &str) -> Result<(Update, UpdateRights)> {
    cx.reader()?;
    let not_found = || Error::not_found("update", format!("{team}/{cycle}"));
    let head = store::update::head_of(cx, team, cycle).await?.ok_or_else(not_found)?;
    match require_reader(cx, head.id).await {
        Err(Error::NotFound { .. }) => Err(not_found()),
        found => found,
    }
}

/// The head of an update by its key.
pub async fn update_by_id(cx: &mut Cx<'_>, id: UpdateId) -> Result<(Update, UpdateRights)> {
    require_reader(cx, id).await
}

/// An update with its entries and what a reader would miss. Those above and beside see what was handed up; before that it is empty for
/// them.
pub async fn sheet(cx: &mut Cx<'_>, id: UpdateId) -> Result<Sheet> {
    let (update, rights) = require_reader(cx, id).await?;
    let entries = store::entry::of_update(cx, id, !rights.write).await?;
    let (mut wins, mut challenges): (Vec<_>, Vec<_>) = entries.into_iter().partition(|e| e.kind == Kind::Win);
    let mut sheet = Sheet {
        update,
        rights,
        wins: Vec::new(),
        challenges: Vec::new(),
        waiting: Vec::new(),
        still_open: Vec::new(),
        hints: Vec::new(),
    };
    let mut glossary = None;
    // hints help those who write; readers of what was handed up miss it, or do not
    if rights.inside || rights.write {
        let terms = store::plan::glossary(cx, sheet.update.team.id).await?;
        glossary = Some(terms.into_iter().map(|t| t.short).collect::<Vec<_>>());
        let before = store::write::counts_before(cx, &sheet.update).await?;
        sheet.hints = checker::of_update(&wins, &challenges, &before);
        sheet.waiting = store::entry::waiting(cx, sheet.update.team.id).await?;
        sheet.still_open = store::entry::still_open(cx, sheet.update.team.id, id).await?;
    }
    let most_words = sheet.update.most_words;
    let checked = |entry: Entry| {
        let hints = glossary.as_ref().map(|known| checker::of_entry(&entry, most_words, known));
        Checked { hints: hints.unwrap_or_default(), entry }
    };
    sheet.wins = wins.drain(..).map(&checked).collect();
    sheet.challenges = challenges.drain(..).map(&checked).collect();
    Ok(sheet)
}

/// An update that its writer is about to change, locked: being written, in the version that they saw.
pub(super) async fn open(cx: &mut Cx<'_>, id: UpdateId, version: Option<i64>) -> Result<Update> {
    cx.writer()?;
    store::update::lock(cx, id).await?;
    let update = require_writer(cx, id).await?;
    require_open(&update)?;
    if version.is_some_and(|v| v != update.version) {
        return Err(Error::Stale);
    }
    Ok(update)
}

/// Refuses an update that is not being written any more.
fn require_open(update: &Update) -> Result<()> {
    let why = match update.state {
        UpdateState::Open if update.cycle.published_at.is_none() => return Ok(()),
        UpdateState::Submitted => "it was handed up already; take it back first to change it",
        UpdateState::Published => {
            "it was published and stays as it is; what is wrong with it goes into an addendum"
        }
        UpdateState::Open | UpdateState::Missed => {
            "its cycle is closed; what was written for it waits in the team for the next one"
        }
    };
    Err(Error::Conflict(why.into()))
}

/// Refuses more entries than an update may hand up; what stays in the team is not handed up.
pub(super) fn require_caps(update: &Update, entries: &[Entry]) -> Result<()> {
    let mut problems = Checks::default();
    for (kind, field) in [(Kind::Win, "wins"), (Kind::Challenge, "challenges")] {
        let count = entries.iter().filter(|e| e.kind == kind && e.goes_up()).count();
        let most = update.most(kind);
        if usize::try_from(most).is_ok_and(|most| count > most) {
            let team = &update.team.name;
            let message = format!(
                "are {count}, and {team} may hand up {most}: put back what matters least, or raise the limit"
            );
            problems.problem(field, message);
        }
    }
    problems.done()
}

/// Takes entries that wait in the team into its update, at the end. Past the caps it is refused, with what to do.
pub async fn choose(
    cx: &mut Cx<'_>,
    id: UpdateId,
    entries: &[WinsEntryId],
    version: Option<i64>,
) -> Result<Update> {
    if entries.len() > MOST_ENTRIES {
        return Err(Error::invalid("entries", format!("may be {MOST_ENTRIES} at most")));
    }
    cx.atomically(async |cx| {
        let update = open(cx, id, version).await?;
        let mut held = store::entry::of_update(cx, id, false).await?;
        let mut wanted: Vec<WinsEntryId> = Vec::new();
        for entry in entries {
            if !wanted.contains(entry) && held.iter().all(|h| h.id != *entry) {
                wanted.push(*entry);
            }
        }
        if held.len() + wanted.len() > MOST_ENTRIES {
            return Err(Error::Conflict(format!(
                "an update holds {MOST_ENTRIES} entries at most; put some back first"
            )));
        }
        // somebody may be taking one of them into another cycle's update just now: it is looked at when they are done
        store::write::lock_all(cx, &wanted).await?;
        let chosen = store::entry::seen(cx, &wanted).await?;
        for key in &wanted {
            match chosen.iter().find(|e| e.id == *key) {
                Some(e) if e.team.id == update.team.id && e.update.is_none() => {}
                Some(e) if e.team.id == update.team.id => {
                    return Err(Error::Conflict(format!(
                        "{:?} is in another update already",
                        e.words.summary
                    )));
                }
                _ => return Err(Error::not_found("entry", key.to_string())),
            }
        }
        held.extend(chosen.iter().cloned());
        require_caps(&update, &held)?;
        take_in(cx, id, &chosen).await?;
        store::write::renumber(cx, &[id]).await?;
        store::update::touch(cx, id).await?;
        store::update::head(cx, id).await
    })
    .await
}

/// Takes entries into an update, behind the others; none of them is set aside any more.
pub(super) async fn take_in(cx: &mut Cx<'_>, id: UpdateId, entries: &[Entry]) -> Result<()> {
    let places: Vec<_> = entries.iter().map(|e| (e.id, Some(id), i32::MAX)).collect();
    store::entry::place(cx, &places).await?;
    let aside = entries.iter().filter(|e| e.set_aside);
    let taken_up: Vec<_> = aside.map(|e| Rewrite { set_aside: false, ..Rewrite::from(e) }).collect();
    store::entry::rewrite(cx, &taken_up).await
}

/// Puts an entry of an open update back to what waits in the team. A line that was made of entries below is dropped instead.
pub async fn put_back(cx: &mut Cx<'_>, entry: WinsEntryId) -> Result<Entry> {
    cx.writer()?;
    cx.atomically(async |cx| {
        let reached = reach(cx, entry).await?;
        let Some(update) = &reached.update else { return Ok(reached.entry) };
        require_writer(cx, update.id).await?;
        require_open(update)?;
        let after = if reached.entry.is_line {
            store::entry::delete(cx, &[entry]).await?;
            reached.entry.clone()
        } else {
            store::entry::place(cx, &[(entry, None, 0)]).await?;
            only(store::entry::any(cx, &[entry]).await?, &entry.to_string())?
        };
        store::write::renumber(cx, &[update.id]).await?;
        store::update::touch(cx, update.id).await?;
        Ok(after)
    })
    .await
}

/// Puts the entries of an open update in order: all of one kind, or all of both.
pub async fn order(
    cx: &mut Cx<'_>,
    id: UpdateId,
    entries: &[WinsEntryId],
    version: Option<i64>,
) -> Result<Update> {
    cx.atomically(async |cx| {
        open(cx, id, version).await?;
        let held = store::entry::of_update(cx, id, false).await?;
        let kinds: Vec<_> = held.iter().filter(|e| entries.contains(&e.id)).map(|e| e.kind).collect();
        let expected = held.iter().filter(|e| kinds.contains(&e.kind)).count();
        let known = entries.iter().enumerate().all(|(nth, e)| {
            held.iter().any(|h| h.id == *e) && !entries.iter().take(nth).any(|before| before == e)
        });
        if !known || entries.len() != expected {
            return Err(Error::invalid(
                "entries",
                "must be all wins, all challenges, or all of both, each once; load them again",
            ));
        }
        store::entry::place(cx, &places(id, &held, entries)).await?;
        store::update::touch(cx, id).await?;
        store::update::head(cx, id).await
    })
    .await
}

/// Places of entries, each kind from 1: those of `order` first, in it, then the others as they stood.
pub(super) fn places(
    id: UpdateId,
    held: &[Entry],
    order: &[WinsEntryId],
) -> Vec<(WinsEntryId, Option<UpdateId>, i32)> {
    let rank = |e: &Entry| order.iter().position(|o| *o == e.id).unwrap_or(usize::MAX);
    let mut sorted: Vec<&Entry> = held.iter().collect();
    sorted.sort_by_key(|e| rank(e));
    let (mut wins, mut challenges) = (0, 0);
    let mut next = |kind| {
        let counter = if kind == Kind::Win { &mut wins } else { &mut challenges };
        *counter += 1;
        *counter
    };
    sorted.into_iter().map(|e| (e.id, Some(id), next(e.kind))).collect()
}

/// Asks somebody (handle or e-mail address) to write this one, or nobody any more; they are told.
pub async fn delegate(cx: &mut Cx<'_>, id: UpdateId, who: Option<&str>) -> Result<Update> {
    cx.atomically(async |cx| {
        let update = open(cx, id, None).await?;
        let mut checks = Checks::default();
        let person = match who.map(str::trim).filter(|w| !w.is_empty()) {
            Some(word) => people::person_meant(cx, &mut checks, "who", word).await?,
            None => None,
        };
        if let Some(person) = person.as_ref().filter(|p| !p.active) {
            checks.problem("who", format!("must be somebody who is here; {} left", person.name));
        }
        checks.done()?;
        let before = update.delegate.as_ref().map(|d| d.id);
        let after = person.as_ref().map(|p| p.id);
        if before != after {
            store::write::set_delegate(cx, id, after).await?;
            let handle = |name: Option<String>| name.map_or(serde_json::Value::Null, Into::into);
            let change = Changed::new(
                "delegate",
                handle(update.delegate.as_ref().map(|d| d.handle.clone())),
                handle(person.as_ref().map(|p| p.handle.clone())),
            );
            activity::record(
                cx,
                Act {
                    changes: vec![change],
                    ..Act::near(update.team.id, "wins.delegated", subject(&update))
                },
            )
            .await?;
        }
        if let Some(person) = person.filter(|p| before != Some(p.id) && Some(p.id) != cx.actor().person) {
            let notice = Notice {
                text: due(cx, &update, &person.time_zone),
                reason: format!("{} asked you to.", cx.actor().name),
                ..Notice::new(
                    Recipient::Person(person.id),
                    "wins.delegated",
                    format!("You write the update of {}: {}", update.team.name, update.cycle.title()),
                    format!("/wins/updates/{id}"),
                    About::new("wins-update", id.0),
                )
            };
            notify::send(cx, notice).await?;
        }
        store::update::head(cx, id).await
    })
    .await
}

/// When an update is or was due, as somebody reads it where they are.
fn due(cx: &Cx<'_>, update: &Update, zone: &str) -> String {
    let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let at = update.due_at.to_zoned(zone).strftime("%A, %-d %B, %H:%M %Z").to_string();
    if update.is_late(cx.now()) {
        format!("It was due {at}: handed up before the cycle is published, it is late but in it.")
    } else {
        format!("It is due {at}.")
    }
}

/// Raises or lowers how many wins and challenges this update may hand up, 1 to 20 and 0 to 20. For the lead of the team and those above.
pub async fn raise_limits(cx: &mut Cx<'_>, id: UpdateId, wins: i16, challenges: i16) -> Result<Update> {
    let me = cx.writer()?;
    let mut checks = Checks::default();
    if !(1..=20).contains(&wins) {
        checks.problem("wins", "must be from 1 to 20");
    }
    if !(0..=20).contains(&challenges) {
        checks.problem("challenges", "must be from 0 to 20");
    }
    checks.done()?;
    cx.atomically(async |cx| {
        store::update::lock(cx, id).await?;
        let (update, _) = require_reader(cx, id).await?;
        if !store::write::leads(cx, me, update.team.id).await? {
            return Err(Error::Forbidden(format!(
                "the lead of {}, its deputy and those who lead above it set how much it may hand up",
                update.team.name
            )));
        }
        require_open(&update)?;
        if (wins, challenges) != (update.most_wins, update.most_challenges) {
            store::write::set_limits(cx, id, wins, challenges).await?;
            let changes = vec![
                Changed::new("wins", update.most_wins, wins),
                Changed::new("challenges", update.most_challenges, challenges),
            ];
            activity::record(
                cx,
                Act { changes, ..Act::near(update.team.id, "wins.limits-set", subject(&update)) },
            )
            .await?;
        }
        store::update::head(cx, id).await
    })
    .await
}

/// Says who reads what this update publishes, before it is published.
pub async fn set_audience(cx: &mut Cx<'_>, id: UpdateId, audience: Audience) -> Result<Update> {
    cx.atomically(async |cx| {
        cx.writer()?;
        store::update::lock(cx, id).await?;
        let update = require_writer(cx, id).await?;
        // who reads it is no part of what was handed up, so it may change until the day of publishing
        if update.state != UpdateState::Submitted {
            require_open(&update)?;
        }
        if audience != update.audience {
            store::write::set_audience(cx, id, audience).await?;
            let change = Changed::new("audience", update.audience.as_str(), audience.as_str());
            activity::record(
                cx,
                Act {
                    changes: vec![change],
                    ..Act::near(update.team.id, "wins.audience-set", subject(&update))
                },
            )
            .await?;
        }
        store::update::head(cx, id).await
    })
    .await
}

/// An update as a subject of activity.
pub(super) fn subject(update: &Update) -> String {
    format!("wins-update:{}/{}", update.team.slug, update.cycle.slug)
}
