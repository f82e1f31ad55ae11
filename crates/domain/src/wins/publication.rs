//! Publishing: what was handed up is kept as a document and sent to its readers. It never changes; a correction is an addendum.

use jiff::Timestamp;
use serde::Serialize;

use super::{
    document::{Addendum, Document, FORM, Line, Link},
    letter,
    publishing::Held,
    record::{Audience, Cycle, Entry, Kind, Sensitivity, Update, UpdateState},
    rights, store,
};
use crate::{
    Cursor, Cx, Error, Limit, Page, PublicationId, Result, UpdateId, WinsEntryId,
    activity::{self, Act},
    check::Checks,
    page::Total,
    people::{PersonName, TeamName},
};

/// A publication.
#[derive(Debug, Clone, Serialize)]
pub struct Publication {
    /// Key.
    pub id: PublicationId,
    /// The update that it is of.
    pub update: UpdateId,
    /// Whose it is, as it is called now.
    pub team: TeamName,
    /// The cycle.
    pub cycle: Cycle,
    /// Who reads it.
    pub audience: Audience,
    /// What was published.
    pub document: Document,
    /// The very bytes that were kept, and their SHA-256 in hexadecimal.
    pub bytes: String,
    /// SHA-256 of the bytes.
    pub hash: String,
    /// When.
    pub published_at: Timestamp,
    /// What was said afterwards, in order.
    pub addenda: Vec<Addendum>,
    /// How many people may read it as of today: who is near the team or on its lists, or everyone. Zero in lists, where nobody counts.
    pub readers: i64,
    /// Whether the actor may add to it: whoever writes for the team. Not told in lists.
    pub may_add: bool,
}

impl Publication {
    /// As Markdown, with what was said afterwards.
    pub fn markdown(&self, base_url: &str) -> String {
        self.document.markdown_with(&self.addenda, base_url)
    }

    /// As plain text, with what was said afterwards.
    pub fn text(&self, base_url: &str) -> String {
        self.document.text_with(&self.addenda, base_url)
    }
}

/// Which publications.
#[derive(Debug, Clone, Default)]
pub struct PublicationFilter {
    /// Slug of a team; this very one.
    pub team: Option<String>,
    /// Only from this height on.
    pub level: Option<i16>,
}

/// Publishes what was handed up, now. Challenges that a team they name may still answer are refused, with until when. For whoever
/// writes the top update; what is below it is published when its cycle ends.
pub async fn publish(cx: &mut Cx<'_>, id: UpdateId) -> Result<Publication> {
    rights::require_writer(cx, id).await?;
    let kept = cx
        .atomically(async |cx| {
            let update = held(cx, id).await?;
            may_be_published(&update)?;
            let entries = publishable(cx, id).await?;
            if let Some(held) = entries.iter().find_map(|entry| Held::of(cx, entry, &update)) {
                return Err(Error::Conflict(held.why));
            }
            keep(cx, &update, &entries).await
        })
        .await?;
    publication_by_id(cx, kept).await
}

/// Publishes what was handed up, because it is time: asks nobody, and leaves out what a team may still answer. Such an entry, or
/// line, waits in its team for the next cycle.
pub(super) async fn close_update(cx: &mut Cx<'_>, update: &Update) -> Result<()> {
    let id = update.id;
    cx.atomically(async |cx| {
        let update = held(cx, id).await?;
        if update.state != UpdateState::Submitted {
            return Ok(());
        }
        let (clear, waiting): (Vec<_>, Vec<_>) =
            publishable(cx, id).await?.into_iter().partition(|entry| Held::of(cx, entry, &update).is_none());
        let back: Vec<_> = waiting.iter().map(|entry| (entry.id, None, 0)).collect();
        store::entry::place(cx, &back).await?;
        keep(cx, &update, &clear).await?;
        Ok(())
    })
    .await
}

/// The head of an update that nobody changes until the transaction ends.
async fn held(cx: &mut Cx<'_>, id: UpdateId) -> Result<Update> {
    store::update::lock(cx, id).await?.ok_or_else(|| Error::not_found("update", id.to_string()))?;
    store::update::head(cx, id).await
}

/// Refuses what cannot be published by hand as it stands.
pub(super) fn may_be_published(update: &Update) -> Result<()> {
    let no = match update.state {
        UpdateState::Published => "this update is published already; add to it instead".into(),
        UpdateState::Open => "hand the update up first, then publish it".into(),
        UpdateState::Missed => {
            "its cycle was closed before it was handed up; what was in it waits for the next one".into()
        }
        UpdateState::Submitted => match &update.handed_to {
            Some(above) => format!(
                "this update was handed to {}, and is published when the cycle ends; only the one at the top is published by hand",
                above.name
            ),
            None => return Ok(()),
        },
    };
    Err(Error::Conflict(no))
}

/// What of an update may be published, in order; locked.
async fn publishable(cx: &mut Cx<'_>, id: UpdateId) -> Result<Vec<Entry>> {
    store::write::lock_of_update(cx, id).await?;
    let mut entries = store::entry::of_update(cx, id, false).await?;
    entries.retain(|entry| entry.sensitivity == Sensitivity::Publish && !entry.set_aside);
    Ok(entries)
}

/// Keeps a document of these entries and sends it to its readers.
async fn keep(cx: &mut Cx<'_>, update: &Update, entries: &[Entry]) -> Result<PublicationId> {
    let document = document(cx, update, entries, update.submitted_by.as_ref()).await?;
    let id = PublicationId::new();
    let keys: Vec<WinsEntryId> = entries.iter().map(|entry| entry.id).collect();
    store::publication::keep(cx, id, update, &document, &keys).await?;
    let act = Act {
        note: format!("{}, {}", update.cycle.title(), update.cycle.slug),
        ..told_to_readers(update, "wins.published")
    };
    activity::record(cx, act).await?;
    letter::send(cx, id, update.team.id, None).await?;
    Ok(id)
}

/// An act that is no more widely told than what was published.
fn told_to_readers(update: &Update, verb: &'static str) -> Act {
    let subject = format!("team:{}", update.team.slug);
    match update.audience {
        Audience::Everyone => Act::new(verb, subject),
        Audience::Circle => Act::near(update.team.id, verb, subject),
    }
}

/// The document of an update with these entries.
pub(super) async fn document(
    cx: &mut Cx<'_>,
    update: &Update,
    entries: &[Entry],
    by: Option<&PersonName>,
) -> Result<Document> {
    let keys: Vec<_> = entries.iter().map(|entry| entry.id).collect();
    let mut sources = store::publication::sources(cx, &keys).await?;
    let (teams, from, quiet) = store::publication::chosen_from(cx, update.id).await?;
    let (wins, challenges) = entries
        .iter()
        .map(|entry| line(entry, &sources.remove(&entry.id).unwrap_or_default(), &update.cycle))
        .partition(|line| line.kind == Kind::Win);
    Ok(Document {
        form: FORM,
        team: team_link(&update.team),
        cycle: update.cycle.slug.clone(),
        title: update.cycle.title(),
        starts_on: update.cycle.starts_on,
        ends_on: update.cycle.ends_on,
        written_by: by.map(person_link),
        published_at: cx.now(),
        intro: update.intro.clone(),
        wins,
        challenges,
        teams,
        entries: from,
        quiet,
        is_quiet: update.quiet,
    })
}

/// An entry as a line of a document.
fn line(entry: &Entry, teams: &[TeamName], cycle: &Cycle) -> Line {
    let answer = |naming: &super::record::Naming| {
        let said = naming.attached && naming.is_answered();
        (team_link(&naming.team), if said { naming.answer.clone() } else { String::new() })
    };
    let about = |entity: &super::record::AboutEntity| Link {
        label: entity.title.clone(),
        path: format!("/catalog/{}", entity.entity_ref.replacen(':', "/", 1)),
    };
    let since = || entry.since.in_tz(&cycle.time_zone).map(|since| since.date()).ok();
    Line {
        id: entry.id,
        kind: entry.kind,
        words: entry.words.clone(),
        topic: entry.topic,
        teams: teams.iter().map(team_link).collect(),
        about: entry.about.iter().map(about).collect(),
        people: entry.credits.iter().map(person_link).collect(),
        answers: entry.namings.iter().filter(|naming| naming.is_answered()).map(answer).collect(),
        since: if entry.kind == Kind::Challenge { since() } else { None },
    }
}

fn team_link(team: &TeamName) -> Link {
    Link { label: team.name.clone(), path: format!("/teams/{}", team.slug) }
}

fn person_link(person: &PersonName) -> Link {
    Link { label: person.name.clone(), path: format!("/people/{}", person.handle) }
}

/// The publication of a team in a cycle (slugs).
pub async fn publication(cx: &mut Cx<'_>, team: &str, cycle: &str) -> Result<Publication> {
    let me = cx.reader()?;
    let found = store::publication::by_slugs(cx, me, team, cycle).await?;
    whole(cx, found.ok_or_else(|| Error::not_found("publication", format!("{team} {cycle}")))?).await
}

/// A publication by its key.
pub async fn publication_by_id(cx: &mut Cx<'_>, id: PublicationId) -> Result<Publication> {
    let me = cx.reader()?;
    let found = store::publication::by_id(cx, me, id).await?;
    whole(cx, found.ok_or_else(|| Error::not_found("publication", id.to_string()))?).await
}

/// A publication with what stands beside it.
async fn whole(cx: &mut Cx<'_>, mut publication: Publication) -> Result<Publication> {
    let mut addenda = store::publication::addenda(cx, &[publication.id]).await?;
    publication.addenda = addenda.remove(&publication.id).unwrap_or_default();
    publication.readers =
        store::publication::readers(cx, publication.team.id, publication.update, publication.audience)
            .await?;
    let update = store::update::head(cx, publication.update).await?;
    publication.may_add = rights::rights_over(cx, &update).await?.write;
    Ok(publication)
}

/// Publications that the actor may read, newest first. The bytes are left out of lists (empty).
pub async fn publications(
    cx: &mut Cx<'_>,
    filter: &PublicationFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Publication>> {
    let me = cx.reader()?;
    let key = after.as_ref().map(Cursor::key::<(Timestamp, PublicationId)>).transpose()?;
    let mut rows = store::publication::list(cx, me, filter, key, limit.probe()).await?;
    let total = Total::bounded(store::publication::count(cx, me, filter, Total::MOST).await?);
    let keys: Vec<_> = rows.iter().map(|publication| publication.id).collect();
    let mut addenda = store::publication::addenda(cx, &keys).await?;
    for publication in &mut rows {
        publication.addenda = addenda.remove(&publication.id).unwrap_or_default();
        publication.bytes = String::new();
    }
    Ok(Page::cut(rows, limit, total, after.as_ref(), |p| (p.published_at, p.id)))
}

/// Says something of a publication afterwards; it stands beside it, and its readers by letter are told.
pub async fn add_addendum(cx: &mut Cx<'_>, id: PublicationId, text: &str) -> Result<Addendum> {
    cx.writer()?;
    let publication = publication_by_id(cx, id).await?;
    // says whom to ask where the actor may not
    let update = match rights::require_writer(cx, publication.update).await {
        Err(Error::NotFound { .. }) => {
            let team = &publication.team.name;
            return Err(Error::Forbidden(format!(
                "whoever writes the update of {team} adds to what it published"
            )));
        }
        update => update?,
    };
    let mut checks = Checks::default();
    let text = checks.text("text", text, 4_000);
    if text.is_empty() {
        checks.problem("text", "is needed: what is to be said of it");
    }
    checks.done()?;
    let addendum = uuid::Uuid::now_v7();
    cx.atomically(async |cx| {
        store::publication::add(cx, addendum, id, &text).await?;
        let act = Act { note: update.cycle.slug.clone(), ..told_to_readers(&update, "wins.added-to") };
        activity::record(cx, act).await?;
        letter::send(cx, id, update.team.id, Some(addendum)).await
    })
    .await?;
    let mut addenda = store::publication::addenda(cx, &[id]).await?;
    let said = addenda.remove(&id).and_then(|mut said| said.pop());
    said.ok_or_else(|| Error::not_found("publication", id.to_string()))
}
