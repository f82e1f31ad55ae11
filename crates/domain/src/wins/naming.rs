//! A challenge that names another team: its lead is shown it, may answer, and has 48 hours for that.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    record::{Entry, MOST_NAMED, Naming, Sensitivity, Update, Words},
    rights,
    store::{
        self,
        entry::{Named, Parts},
    },
};
use crate::{
    Cx, EntityId, Error, PersonId, Result, TeamId, UpdateId, WinsEntryId,
    check::{Checks, is_key},
    notify::{self, About, Notice, Recipient},
    people::{self, TeamName},
};

/// Characters an answer may have.
const LONGEST: usize = 2_000;

/// The challenges that name a team which the actor leads (or stands in for), were shown and are not answered, oldest first; at most 50.
pub async fn waiting_for_answer(cx: &mut Cx<'_>) -> Result<Vec<(Entry, TeamName)>> {
    let me = cx.reader()?;
    let waiting = store::naming::waiting(cx, me).await?;
    let mut ids: Vec<_> = waiting.iter().map(|one| one.entry).collect();
    ids.dedup();
    // whoever was shown a challenge reads it, however far they are from those who wrote it
    let entries: BTreeMap<_, _> =
        store::entry::any(cx, &ids).await?.into_iter().map(|entry| (entry.id, entry)).collect();
    let asked = |one: store::naming::Waiting| {
        let mut entry = entries.get(&one.entry)?.clone();
        for naming in entry.namings.iter_mut().filter(|n| n.team.id != one.team.id && !n.attached) {
            naming.answer.clear();
        }
        Some((entry, one.team))
    };
    Ok(waiting.into_iter().filter_map(asked).collect())
}

/// Answers for a team that a challenge names; an empty answer says it was seen. For its lead, deputy and those above. The author of the
/// challenge is told.
pub async fn answer_naming(cx: &mut Cx<'_>, entry: WinsEntryId, team: &str, answer: &str) -> Result<Naming> {
    let me = cx.writer()?;
    let mut checks = Checks::default();
    let answer = checks.text("answer", answer, LONGEST);
    checks.done()?;
    let not_there = || Error::not_found("entry", entry.to_string());
    let team = people::team(cx, team).await?;
    let shown = store::naming::shown_at(cx, entry, team.id).await?.is_some();
    if !(shown && store::plan::chain(cx, team.id, me).await?.1) {
        let seen = store::entry::seen(cx, &[entry]).await?.pop().ok_or_else(not_there)?;
        return Err(if seen.namings.iter().any(|naming| naming.team.id == team.id) && shown {
            let words = format!("the lead of {}, its deputy and those above answer for it", team.name);
            Error::Forbidden(words)
        } else {
            Error::Conflict(format!("{} is not asked: it is not named, or was not shown this yet", team.name))
        });
    }
    cx.atomically(async |cx| {
        let askers = store::naming::answer(cx, entry, team.id, &answer).await?;
        let said = if answer.is_empty() { "has seen" } else { "answered" };
        let notices = askers.into_iter().map(|asker| {
            let subject = format!("{} {said} the challenge “{}”", team.name, asker.summary);
            let link = format!("/wins/entries/{}", asker.entry);
            let about = About::new("wins-entry", asker.entry.0);
            Notice {
                text: answer.clone(),
                reason: "You wrote it or handed it up, and it names them.".into(),
                ..Notice::new(Recipient::Person(asker.to), "wins.answered", subject, link, about)
            }
        });
        notify::send_all(cx, notices.collect()).await?;
        naming(cx, entry, team.id).await
    })
    .await
}

/// Whether a team's answer is published with the challenge; so it is with the lines that were made of it, are not published and have the
/// same answer, whose writers are told. What is so already is left alone, here and above. For whoever writes the update.
pub async fn attach_answer(
    cx: &mut Cx<'_>,
    entry: WinsEntryId,
    team: &str,
    attached: bool,
) -> Result<Naming> {
    cx.writer()?;
    let seen = store::entry::seen(cx, &[entry]).await?.pop();
    let seen = seen.ok_or_else(|| Error::not_found("entry", entry.to_string()))?;
    let Some(update) = seen.update else {
        return Err(Error::Conflict("it waits in the team; take it into an update first".into()));
    };
    rights::require_writer(cx, update).await?;
    let team = people::team(cx, team).await?;
    cx.atomically(async |cx| {
        // updates come before their entries, those below first, as wherever both are locked: whoever lifts, saves or publishes above comes
        // before this or after it
        store::update::lock(cx, update).await?;
        let mut above: Vec<_> =
            store::naming::unpublished_above(cx, entry).await?.into_iter().filter_map(|(_, of)| of).collect();
        above.dedup();
        for above in above {
            store::update::lock(cx, above).await?;
        }
        // once more, behind the locks
        let lines = store::naming::unpublished_above(cx, entry).await?;
        let mut unpublished: Vec<_> = lines.into_iter().map(|(line, _)| line).collect();
        unpublished.push(entry);
        store::write::lock_all(cx, &unpublished).await?;
        let now = store::entry::any(cx, &[entry]).await?.pop().ok_or(Error::Stale)?;
        if now.publication.is_some() {
            return Err(Error::Conflict("it is published, and stays as it is; write an addendum".into()));
        }
        if now.update != Some(update) {
            return Err(Error::Stale);
        }
        let own =
            now.namings.into_iter().find(|naming| naming.team.id == team.id && !naming.answer.is_empty());
        let Some(own) = own else {
            return Err(Error::Conflict(format!("{} gave no answer that could be attached", team.name)));
        };
        if own.reworded {
            return Err(Error::Conflict(format!(
                "{} answered to other words; it is asked anew when the update is handed up",
                team.name
            )));
        }
        if own.attached == attached {
            return Ok(own);
        }
        let changed = store::naming::attach(cx, &unpublished, team.id, &own.answer, attached).await?;
        let updates: BTreeSet<_> = changed.iter().filter_map(|one| one.update).collect();
        for update in updates {
            store::update::touch(cx, update).await?;
        }
        let me = cx.actor().person;
        let above = changed.into_iter().filter(|one| one.entry != entry);
        let notices = above.filter_map(|one| {
            let to = one.writer.filter(|to| Some(*to) != me)?;
            let what = if attached { "goes with" } else { "is left out of" };
            let subject = format!("The answer of {} {what} “{}”", team.name, one.summary);
            let link = format!("/wins/entries/{}", one.entry);
            let about = About::new("wins-entry", one.entry.0);
            Some(Notice {
                reason: "You chose it from below.".into(),
                ..Notice::new(Recipient::Person(to), "wins.attached", subject, link, about)
            })
        });
        let notices = notices.collect();
        notify::send_all(cx, notices).await?;
        naming(cx, entry, team.id).await
    })
    .await
}

/// How an entry names a team, now.
async fn naming(cx: &mut Cx<'_>, entry: WinsEntryId, team: TeamId) -> Result<Naming> {
    let entry = store::entry::any(cx, &[entry]).await?.pop().ok_or(Error::Stale)?;
    entry.namings.into_iter().find(|naming| naming.team.id == team).ok_or(Error::Stale)
}

/// What an entry says, as far as it may name other teams.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'a> {
    /// Whose entry it is: neither it nor a team below it is another team.
    pub(super) team: TeamId,
    /// Slugs that were given; an unknown one is refused.
    pub(super) teams: &'a [String],
    /// What it says: `@slug` names a team; where there is none of that slug it is only a word.
    pub(super) words: &'a Words,
    /// What it is about: owners are named.
    pub(super) about: &'a [EntityId],
}

/// Whom each of these entries names, in one statement and in their order.
pub(super) async fn named_teams(cx: &mut Cx<'_>, entries: &[Names<'_>]) -> Result<Vec<Vec<TeamId>>> {
    let given: Vec<Vec<String>> = entries
        .iter()
        .map(|entry| entry.teams.iter().map(|slug| slug.trim().to_lowercase()).collect())
        .collect();
    let slugs: Vec<Vec<String>> = entries
        .iter()
        .zip(&given)
        .map(|(entry, given)| {
            let mentioned = mentions(entry.words);
            given.iter().filter(|slug| is_key(slug)).cloned().chain(mentioned).collect()
        })
        .collect();
    if slugs.iter().all(Vec::is_empty) && entries.iter().all(|entry| entry.about.is_empty()) {
        return unknown(&given, &[]).map(|()| vec![Vec::new(); entries.len()]);
    }
    let found = store::naming::named(cx, entries, &slugs).await?;
    unknown(&given, &found)?;
    let mut named = vec![Vec::new(); entries.len()];
    for one in found.into_iter().filter(|one| one.other) {
        if let Some(teams) = usize::try_from(one.nth).ok().and_then(|nth| named.get_mut(nth)) {
            teams.push(one.team);
        }
    }
    Ok(named)
}

/// Writes whom entries name now, after an edit: who was shown it already stays so, and so do those whom the origins of a line name.
pub(super) async fn rename(cx: &mut Cx<'_>, entries: &[(WinsEntryId, Vec<TeamId>)]) -> Result<()> {
    store::naming::forget(cx, entries).await?;
    let mut parts = Parts::default();
    for (entry, teams) in entries {
        parts.namings.extend(teams.iter().map(|team| (*entry, Named::from(*team))));
    }
    store::entry::add_parts(cx, &parts).await
}

/// Refuses slugs that were given and that no team has.
fn unknown(given: &[Vec<String>], found: &[store::naming::Found]) -> Result<()> {
    let known: BTreeSet<_> = found.iter().map(|one| one.slug.as_str()).collect();
    match given.iter().flatten().find(|slug| !known.contains(slug.as_str())) {
        Some(slug) => Err(Error::invalid("teams", format!("must be there, and no team is called {slug:?}"))),
        None => Ok(()),
    }
}

/// The slugs that stand as `@slug` in a text, in lower case, each once; at most [`MOST_NAMED`]. Not those in an e-mail address.
fn mentions(words: &Words) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in [&words.summary, &words.situation, &words.action, &words.result] {
        let mut before = None;
        for (at, c) in text.char_indices() {
            let begins =
                c == '@' && before.is_none_or(|b: char| !b.is_alphanumeric() && !"._-@/".contains(b));
            before = Some(c);
            if !begins || found.len() == MOST_NAMED {
                continue;
            }
            let rest = &text[at + 1..];
            let end =
                rest.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(rest.len());
            let slug = rest[..end].trim_end_matches(['.', '_', '-']);
            if is_key(slug) {
                found.insert(slug.to_lowercase());
            }
        }
    }
    found
}

/// Shows the challenges of an update that is handed up to the leads of the teams they name, once, if they may be published; those that
/// were rewritten since, once more.
pub(super) async fn show_to_leads(cx: &mut Cx<'_>, update: UpdateId) -> Result<()> {
    let me = cx.actor().person;
    let mut told = BTreeMap::<(WinsEntryId, PersonId), (store::naming::Shown, Vec<String>)>::new();
    for shown in store::naming::show(cx, update).await? {
        let Some(to) = shown.to.filter(|to| Some(*to) != me) else { continue };
        let named = shown.named.clone();
        told.entry((shown.entry, to)).or_insert_with(|| (shown, Vec::new())).1.push(named);
    }
    let notices = told.into_iter().map(|((entry, to), (shown, named))| {
        let named = named.join(" and ");
        let about = About::new("wins-entry", entry.0);
        let (subject, text) = if shown.again {
            (
                format!("A challenge that names {named} has other words now: {}", shown.summary),
                "You were shown it before, in other words. Answer these, or they may be published without, once the 48 hours that \
                 began then are over.",
            )
        } else {
            (
                format!("A challenge of {} names {named}: {}", shown.from, shown.summary),
                "Say what you have to say to it within 48 hours: your answer can be published with it. After that it may be \
                 published without.",
            )
        };
        Notice {
            text: text.into(),
            reason: format!("You answer for {named}."),
            ..Notice::new(Recipient::Person(to), "wins.named", subject, format!("/wins/entries/{entry}"), about)
        }
    });
    notify::send_all(cx, notices.collect()).await?;
    Ok(())
}

/// Tells whoever wrote the origins of an update's lines, or is credited in them, what was lifted and in which words: when it is handed
/// up, one notice for each person, and nothing that they were told before.
pub(super) async fn tell_lifted(cx: &mut Cx<'_>, update: &Update) -> Result<()> {
    let told = store::naming::tell_lifted(cx, update.id).await?;
    if told.is_empty() {
        return Ok(());
    }
    let by = &update.team.name;
    // the top hands up to nobody: what it chose is published, or read nowhere else
    let is = |one: &store::naming::Told| match (&update.handed_to, one.sensitivity) {
        (Some(_), _) => "is handed up",
        (None, Sensitivity::Publish) => "is to be published",
        (None, _) => "was chosen, but may not be published,",
    };
    let notices = told.chunk_by(|a, b| a.to == b.to).filter_map(|theirs| {
        let first = theirs.first()?;
        let (subject, link) = match theirs {
            [one] => (format!("{by} chose “{}”", one.theirs), format!("/wins/entries/{}", one.origin)),
            more => (format!("{by} chose {} entries of yours", more.len()), "/wins/mine".into()),
        };
        let lines = theirs.iter().map(|one| match (one.rewritten, one.now == one.theirs) {
            (false, _) => format!("“{}” {} word for word.", one.theirs, is(one)),
            (true, true) => format!("“{}” {} and the text below it was rewritten.", one.theirs, is(one)),
            (true, false) => format!("“{}” {} as “{}”.", one.theirs, is(one), one.now),
        });
        Some(Notice {
            text: lines.collect::<Vec<_>>().join("\n"),
            reason: "You wrote it, or are credited in it.".into(),
            ..Notice::new(
                Recipient::Person(first.to),
                "wins.lifted",
                subject,
                link,
                About::new("wins-update", update.id.0),
            )
        })
    });
    let notices: Vec<_> = notices.collect();
    notify::send_all(cx, notices).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named_in(text: &str) -> Vec<String> {
        mentions(&Words { result: text.into(), ..Words::default() }).into_iter().collect()
    }

    #[test]
    fn a_mention_is_a_slug_behind_an_at_sign() {
        assert_eq!(named_in("We wait for @Pricing."), ["pricing"]);
        assert_eq!(named_in("(@slot-planner, @pricing-2)"), ["pricing-2", "slot-planner"]);
        assert_eq!(named_in("imke@fairhaven.example"), Vec::<String>::new(), "an address is no mention");
        assert_eq!(named_in("@ @- @@x"), Vec::<String>::new());
        assert_eq!(named_in("@pricing @pricing"), ["pricing"]);
    }

    #[test]
    fn mentions_have_an_end() {
        let many: Vec<_> = (0..100).map(|n| format!("@team-{n}")).collect();
        assert_eq!(named_in(&many.join(" ")).len(), MOST_NAMED);
    }
}
