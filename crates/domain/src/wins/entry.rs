//! Entries: jotted by anyone in a team, any day.

use jiff::{SignedDuration, Timestamp};

use super::{
    below, challenge,
    named::{self, Found, Wanted},
    naming,
    record::{
        Entry, EntryEdit, EntryRights, Kind, MOST_ENTRIES, NewEntry, Sensitivity, Update, UpdateState, Words,
    },
    store::{
        self,
        entry::{Draft, Named, Rewrite},
    },
};
use crate::{
    Cursor, Cx, Error, Limit, Page, Result, TeamId, UpdateId, WinsEntryId,
    check::Checks,
    people::{self, TeamName},
};

/// How long what is said in the same words by the same person is one entry: a button that was pressed twice, a call that was repeated.
const AT_ONCE: SignedDuration = SignedDuration::from_mins(1);

/// Jots an entry; it waits in the team until whoever writes its update chooses it. For whoever is in the team or leads one above. The
/// same in the same words within a minute is the entry that is there.
pub async fn jot(cx: &mut Cx<'_>, new: NewEntry) -> Result<Entry> {
    let me = cx.writer()?;
    let team = jotted_in(cx, &new.team).await?;
    let (may, waiting) = store::write::may_jot(cx, me, team.id).await?;
    if !may {
        return Err(Error::Forbidden(format!(
            "those in {} and those who lead it jot its wins and challenges; jot it in a team of yours",
            team.name
        )));
    }
    let mut checks = Checks::default();
    let words = named::checked(&mut checks, "", &new.words);
    let mut drafts = drafts(cx, &mut checks, team.id, vec![("", &new, words)]).await?;
    checks.done()?;
    cx.atomically(async |cx| {
        let known = written_just_now(cx, team.id, &mut drafts, |_| true).await?;
        if drafts.is_empty() {
            let ids: Vec<_> = known.into_iter().map(|(entry, _)| entry).collect();
            return only(store::entry::any(cx, &ids).await?, &team.slug);
        }
        if usize::try_from(waiting).is_ok_and(|n| n >= MOST_ENTRIES) {
            return Err(Error::Conflict(format!(
                "{waiting} entries wait in {} already; choose from them or remove some first",
                team.name
            )));
        }
        store::entry::insert(cx, &drafts).await?;
        let ids: Vec<_> = drafts.iter().map(|draft| draft.id).collect();
        only(store::entry::any(cx, &ids).await?, &team.slug)
    })
    .await
}

/// Whether the actor may jot entries of a team.
pub async fn may_jot(cx: &mut Cx<'_>, team: TeamId) -> Result<bool> {
    let Ok(me) = cx.writer() else { return Ok(false) };
    Ok(store::write::may_jot(cx, me, team).await?.0)
}

/// Takes those out of new entries of a team that the actor wrote in the same words a moment ago; returns the entries that they are, and
/// the updates that these are in. Entries in updates that are not `meant` are others.
pub(super) async fn written_just_now(
    cx: &mut Cx<'_>,
    team: TeamId,
    drafts: &mut Vec<Draft>,
    meant: impl Fn(Option<UpdateId>) -> bool,
) -> Result<Vec<(WinsEntryId, Option<UpdateId>)>> {
    let me = cx.writer()?;
    store::write::lock_writing(cx, me, team).await?;
    let after = cx.now() - AT_ONCE;
    let mut written = store::write::written_after(cx, drafts, after).await?;
    written.retain(|(.., update)| meant(*update));
    let mut known = Vec::new();
    drafts.retain(|draft| match written.iter().find(|(of, ..)| *of == draft.id) {
        Some((_, entry, update)) => {
            known.push((*entry, *update));
            false
        }
        None => true,
    });
    Ok(known)
}

/// The team in which something is jotted: the one that is named, else the only one that the actor is in.
async fn jotted_in(cx: &mut Cx<'_>, slug: &str) -> Result<TeamName> {
    let slug = slug.trim();
    if slug.is_empty() {
        let me = cx.reader()?;
        let mine = people::team_ids_of(cx, me).await?;
        let mut mine = people::team_names(cx, &mine).await?;
        return match (mine.pop(), mine.as_slice()) {
            (Some(one), []) => Ok(one),
            (Some(one), others) => {
                let slugs: Vec<_> = others.iter().chain([&one]).map(|t| t.slug.as_str()).collect();
                Err(Error::invalid(
                    "team",
                    format!("is needed: you are in several; choose one of {}", slugs.join(", ")),
                ))
            }
            (None, _) => Err(Error::invalid("team", "is needed: you are in none, so say whose it is")),
        };
    }
    match people::teams_by_slug(cx, &[slug]).await?.pop() {
        Some(team) => Ok(team),
        None => Err(Error::invalid("team", format!("is not known here: there is no team {slug:?}"))),
    }
}

/// New entries of one team as they will be written, each with its prefix of fields and its words, which are checked.
pub(super) async fn drafts(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    team: TeamId,
    new: Vec<(&str, &NewEntry, Words)>,
) -> Result<Vec<Draft>> {
    let wanted: Vec<_> = new
        .iter()
        .map(|(prefix, entry, words)| Wanted {
            prefix: (*prefix).to_owned(),
            credits: Some(&entry.credits),
            about: Some(&entry.about),
            teams: Some(&entry.teams),
            words: Some(words),
            had: None,
        })
        .collect();
    let found = named::find(cx, checks, team, &wanted).await?;
    let mut drafts = Vec::new();
    for ((prefix, entry, words), found) in new.into_iter().zip(found) {
        let Found { credits, about, namings } = found;
        let mut credits = credits.unwrap_or_default();
        if credits.is_empty() {
            credits.extend(cx.actor().person);
        }
        let link = named::checked_path(checks, &format!("{prefix}source_link"), &entry.source_link);
        drafts.push(Draft {
            topic: entry.topic,
            sensitivity: entry.sensitivity.unwrap_or(Sensitivity::Publish),
            source_link: link,
            credits,
            about: about.unwrap_or_default(),
            namings: namings.unwrap_or_default().into_iter().map(Named::from).collect(),
            ..Draft::new(cx, team, entry.kind.unwrap_or(Kind::Win), words)
        });
    }
    Ok(drafts)
}

/// One entry.
pub async fn entry(cx: &mut Cx<'_>, id: WinsEntryId) -> Result<Entry> {
    cx.reader()?;
    only(store::entry::seen(cx, &[id]).await?, &id.to_string())
}

/// The only one of a list that was asked for by a key.
pub(super) fn only(mut entries: Vec<Entry>, key: &str) -> Result<Entry> {
    entries.pop().ok_or_else(|| Error::not_found("entry", key))
}

/// An entry that is about to be changed; it and its update are locked.
pub(super) struct Reached {
    pub(super) entry: Entry,
    pub(super) update: Option<Update>,
    /// Whether the actor writes the team's update.
    pub(super) writes: bool,
}

impl Reached {
    /// Refuses what was handed up or published.
    fn require_open(&self) -> Result<()> {
        match self.update.as_ref().map(|u| u.state) {
            None | Some(UpdateState::Open) => Ok(()),
            Some(UpdateState::Submitted) => Err(Error::Conflict(
                "it was handed up; take the update back first, or only lower how far it may go".into(),
            )),
            Some(UpdateState::Published | UpdateState::Missed) => Err(Error::Conflict(
                "its cycle is over and it stays as it is; what is wrong with it goes into an addendum".into(),
            )),
        }
    }

    /// Refuses whoever does not write the update; while it waits in the team, its author may.
    fn require_author(&self, cx: &Cx<'_>) -> Result<()> {
        let me = cx.actor().person;
        let own = self.update.is_none() && self.entry.author.as_ref().map(|a| a.id) == me;
        if self.writes || own {
            return Ok(());
        }
        Err(Error::Forbidden(format!(
            "who wrote it, while it waits, and whoever writes the update of {} may change it",
            self.entry.team.name
        )))
    }

    /// Whether it was handed up and is not published: how far it may go can only be lowered.
    fn is_handed_up(&self) -> bool {
        self.entry.publication.is_none()
            && self.update.as_ref().is_some_and(|update| update.state == UpdateState::Submitted)
    }
}

/// What the actor may do with an entry that they see.
pub async fn entry_rights(cx: &mut Cx<'_>, entry: &Entry) -> Result<EntryRights> {
    let Ok(me) = cx.writer() else { return Ok(EntryRights::default()) };
    let writes = store::update::rights(cx, me, entry.team.id, entry.update).await?.write;
    let update = match entry.update {
        Some(update) => Some(store::update::head(cx, update).await?),
        None => None,
    };
    let reached = Reached { entry: entry.clone(), update, writes };
    let edit = reached.require_open().is_ok() && reached.require_author(cx).is_ok();
    let mut lower = Vec::new();
    if writes && reached.is_handed_up() && !store::below::is_published_above(cx, entry.id).await? {
        lower.extend(Sensitivity::ALL.iter().rev().filter(|to| **to < entry.sensitivity));
    }
    Ok(EntryRights {
        edit,
        lower,
        attach: writes && entry.update.is_some() && entry.publication.is_none(),
        close: !entry.is_line && challenge::may_close(cx, entry, writes).await?,
    })
}

/// Locks an entry and its update. Who may neither write nor see it hears that there is none.
pub(super) async fn reach(cx: &mut Cx<'_>, id: WinsEntryId) -> Result<Reached> {
    let me = cx.writer()?;
    let key = id.to_string();
    let before = only(store::entry::any(cx, &[id]).await?, &key)?;
    let rights = store::update::rights(cx, me, before.team.id, before.update).await?;
    if !rights.write && store::entry::seen(cx, &[id]).await?.is_empty() {
        return Err(Error::not_found("entry", key));
    }
    // an update comes before its entries, as wherever both are locked
    if let Some(update) = before.update {
        store::update::lock(cx, update).await?;
    }
    match store::write::lock(cx, id).await? {
        None => return Err(Error::not_found("entry", key)),
        Some(update) if update != before.update => return Err(Error::Stale),
        Some(_) => {}
    }
    let entry = only(store::entry::any(cx, &[id]).await?, &key)?;
    let update = match entry.update {
        Some(update) => Some(store::update::head(cx, update).await?),
        None => None,
    };
    Ok(Reached { entry, update, writes: rights.write })
}

/// Edits an entry that was not handed up. For who wrote it while it waits, and for whoever writes the team's update. Of what was handed
/// up, how far it may go can still be lowered until it is published.
pub async fn edit_entry(
    cx: &mut Cx<'_>,
    id: WinsEntryId,
    edit: EntryEdit,
    version: Option<i64>,
) -> Result<Entry> {
    cx.writer()?;
    cx.atomically(async |cx| {
        let reached = reach(cx, id).await?;
        reached.require_author(cx)?;
        let entry = &reached.entry;
        if version.is_some_and(|v| v != entry.version) {
            return Err(Error::Stale);
        }
        if let Some(to) = lowers_alone(entry, &edit)
            && reached.is_handed_up()
        {
            if store::below::is_published_above(cx, id).await? {
                return Err(Error::Conflict(
                    "a level above has published what it made of it, and that stays as it is; ask them for an addendum".into(),
                ));
            }
            store::entry::rewrite(cx, &[Rewrite { sensitivity: to, ..Rewrite::from(entry) }]).await?;
            below::narrow(cx, id, to).await?;
        } else {
            reached.require_open()?;
            let mut checks = Checks::default();
            let changes = rewrites(cx, &mut checks, entry.team.id, vec![("", entry, &edit)]).await?;
            checks.done()?;
            write(cx, &changes).await?;
            let aside = edit.set_aside == Some(true) && entry.update.is_some();
            if aside {
                store::entry::place(cx, &[(id, None, 0)]).await?;
            }
            if let Some(update) = entry.update {
                store::write::renumber(cx, &[update]).await?;
                store::update::touch(cx, update).await?;
            }
        }
        only(store::entry::any(cx, &[id]).await?, &id.to_string())
    })
    .await
}

/// What an edit lowers, if it does nothing else.
fn lowers_alone(entry: &Entry, edit: &EntryEdit) -> Option<Sensitivity> {
    let EntryEdit { kind, words, topic, sensitivity, credits, about, teams, set_aside } = edit;
    let alone = kind.is_none_or(|kind| kind == entry.kind)
        && words.as_ref().is_none_or(|words| *words == entry.words)
        && topic.is_none_or(|topic| topic == entry.topic)
        && credits.is_none()
        && about.is_none()
        && teams.is_none()
        && set_aside.is_none_or(|aside| aside == entry.set_aside);
    sensitivity.filter(|to| alone && *to < entry.sensitivity)
}

/// Entries of one team as edits leave them, and whom they name then; each with its prefix of fields.
pub(super) async fn rewrites(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    team: TeamId,
    edits: Vec<(&str, &Entry, &EntryEdit)>,
) -> Result<Vec<(Rewrite, Option<Vec<TeamId>>)>> {
    let words: Vec<Option<Words>> = edits
        .iter()
        .map(|(prefix, _, edit)| edit.words.as_ref().map(|words| named::checked(checks, prefix, words)))
        .collect();
    let wanted: Vec<_> = edits
        .iter()
        .zip(&words)
        .map(|((prefix, entry, edit), words)| Wanted {
            prefix: (*prefix).to_owned(),
            credits: edit.credits.as_deref(),
            about: edit.about.as_deref(),
            teams: edit.teams.as_deref(),
            // texts that stay as they are name whom they named
            words: words.as_ref().filter(|words| **words != entry.words),
            had: Some(entry),
        })
        .collect();
    let found = named::find(cx, checks, team, &wanted).await?;
    drop(wanted);
    let raised: Vec<_> = edits
        .iter()
        .filter(|(_, entry, edit)| entry.is_line && edit.sensitivity.is_some_and(|to| to > entry.sensitivity))
        .map(|(_, entry, _)| entry.id)
        .collect();
    let least =
        if raised.is_empty() { Vec::new() } else { store::write::least_of_origins(cx, &raised).await? };
    let mut rewrites = Vec::new();
    for (((prefix, entry, edit), words), found) in edits.into_iter().zip(words).zip(found) {
        let sensitivity = edit.sensitivity.unwrap_or(entry.sensitivity);
        if least.iter().any(|(line, least)| *line == entry.id && sensitivity > *least) {
            checks.problem(
                &format!("{prefix}sensitivity"),
                "may be no more than what it was made of; ask those who wrote that",
            );
        }
        let kind = edit.kind.unwrap_or(entry.kind);
        if kind != entry.kind && entry.closed.is_some() {
            checks.problem(
                &format!("{prefix}kind"),
                "stays: it is a challenge that was closed; open it again first",
            );
        }
        if kind != entry.kind && entry.is_line {
            checks.problem(
                &format!("{prefix}kind"),
                "stays: a line is what it was made of; ask those who wrote that",
            );
        }
        if edit.set_aside == Some(true) && entry.is_line && entry.update.is_some() {
            checks
                .problem(&format!("{prefix}set_aside"), "is for what waits in a team; drop the line instead");
        }
        let rewrite = Rewrite {
            id: entry.id,
            kind,
            words: words.unwrap_or_else(|| entry.words.clone()),
            topic: edit.topic.unwrap_or(entry.topic),
            sensitivity,
            set_aside: edit.set_aside.unwrap_or(entry.set_aside),
            credits: found.credits,
            about: found.about,
        };
        rewrites.push((rewrite, found.namings));
    }
    Ok(rewrites)
}

/// Writes edits, and whom entries name after them.
pub(super) async fn write(cx: &mut Cx<'_>, changes: &[(Rewrite, Option<Vec<TeamId>>)]) -> Result<()> {
    let rewrites: Vec<_> = changes.iter().map(|(rewrite, _)| rewrite.clone()).collect();
    store::entry::rewrite(cx, &rewrites).await?;
    let named: Vec<_> =
        changes.iter().filter_map(|(rewrite, named)| Some((rewrite.id, named.clone()?))).collect();
    if named.is_empty() { Ok(()) } else { naming::rename(cx, &named).await }
}

/// Removes an entry that was not handed up.
pub async fn remove_entry(cx: &mut Cx<'_>, id: WinsEntryId) -> Result<()> {
    cx.writer()?;
    cx.atomically(async |cx| {
        let reached = reach(cx, id).await?;
        reached.require_author(cx)?;
        reached.require_open()?;
        store::entry::delete(cx, &[id]).await?;
        if let Some(update) = reached.entry.update {
            store::write::renumber(cx, &[update]).await?;
            store::update::touch(cx, update).await?;
        }
        Ok(())
    })
    .await
}

/// What the actor wrote or is credited in, in any team, from one instant until another, newest first. Lines made of those are left out.
pub async fn mine(
    cx: &mut Cx<'_>,
    kind: Option<Kind>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Entry>> {
    let me = cx.reader()?;
    let key = after.as_ref().map(Cursor::key::<(Timestamp, WinsEntryId)>).transpose()?;
    let ids = store::write::mine(cx, me, kind, from, until, key, limit.probe()).await?;
    let entries = store::entry::seen(cx, &ids).await?;
    let total = store::write::count_mine(cx, me, kind, from, until).await?;
    Ok(Page::cut(entries, limit, total, after.as_ref(), |e| (e.created_at, e.id)))
}
