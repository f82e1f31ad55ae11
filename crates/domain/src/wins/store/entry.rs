//! Entries as rows, with whoever and whatever they name, in one statement however many they are.

use jiff::Timestamp;
use sqlx::types::Json;

use super::super::record::{
    AboutEntity, Closed, Closing, Entry, Kind, MOST_ENTRIES, Naming, Number, Sensitivity, Topic, Words,
};
use crate::{
    Cx, EntityId, PersonId, PublicationId, Result, TeamId, UpdateId, WinsEntryId,
    people::{PersonName, TeamName},
};

struct Row {
    id: WinsEntryId,
    team_id: TeamId,
    team_slug: String,
    team_name: String,
    update_id: Option<UpdateId>,
    place: i32,
    kind: Kind,
    summary: String,
    situation: String,
    action: String,
    result: String,
    numbers: Json<Vec<Number>>,
    topic: Option<Topic>,
    sensitivity: Sensitivity,
    set_aside: bool,
    source_link: String,
    is_line: bool,
    again_of: Option<WinsEntryId>,
    closed_as: Option<Closing>,
    closed_at: Option<jiff_sqlx::Timestamp>,
    closed_by: Option<Json<PersonName>>,
    closed_note: String,
    since: jiff_sqlx::Timestamp,
    publication_id: Option<PublicationId>,
    author: Option<Json<PersonName>>,
    credits: Json<Vec<PersonName>>,
    about: Json<Vec<AboutEntity>>,
    namings: Json<Vec<Naming>>,
    created_at: jiff_sqlx::Timestamp,
    updated_at: jiff_sqlx::Timestamp,
    version: i64,
}

impl From<Row> for Entry {
    fn from(r: Row) -> Self {
        let closed = r.closed_as.zip(r.closed_at).map(|(how, at)| Closed {
            how,
            at: at.to_jiff(),
            by: r.closed_by.map(|by| by.0),
            note: r.closed_note,
        });
        Self {
            id: r.id,
            team: TeamName { id: r.team_id, slug: r.team_slug, name: r.team_name },
            update: r.update_id,
            place: r.place,
            kind: r.kind,
            words: Words {
                summary: r.summary,
                situation: r.situation,
                action: r.action,
                result: r.result,
                numbers: r.numbers.0,
            },
            topic: r.topic,
            sensitivity: r.sensitivity,
            set_aside: r.set_aside,
            source_link: r.source_link,
            is_line: r.is_line,
            again_of: r.again_of,
            closed,
            since: r.since.to_jiff(),
            publication: r.publication_id,
            author: r.author.map(|author| author.0),
            credits: r.credits.0,
            about: r.about.0,
            namings: r.namings.0,
            created_at: r.created_at.to_jiff(),
            updated_at: r.updated_at.to_jiff(),
            version: r.version,
        }
    }
}

/// `entries!(rest, arguments…)` is the checked statement that selects entries `e`; all parts are literals. A challenge is said since the
/// first of those that it tells again or was made of.
macro_rules! entries {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT e.id AS "id: WinsEntryId", t.id AS "team_id: TeamId", t.slug AS team_slug, t.name AS team_name,
                      e.update_id AS "update_id: UpdateId", e.place, e.kind AS "kind: Kind", e.summary, e.situation, e.action, e.result,
                      e.numbers AS "numbers: Json<Vec<Number>>", e.topic AS "topic: Topic", e.sensitivity AS "sensitivity: Sensitivity",
                      e.set_aside, e.source_link, EXISTS (SELECT FROM wins_origin o WHERE o.line_id = e.id) AS "is_line!",
                      e.again_of AS "again_of: WinsEntryId", e.closed_as AS "closed_as: Closing", e.closed_at,
                      (SELECT jsonb_build_object('id', p.id, 'handle', p.handle, 'name', p.name, 'active', p.active)
                       FROM person p WHERE p.id = e.closed_by) AS "closed_by: Json<PersonName>", e.closed_note,
                      CASE WHEN e.kind = 'win' THEN e.created_at ELSE (
                          WITH RECURSIVE told AS (
                              SELECT e.id AS id, e.again_of AS again_of, e.created_at AS at
                              UNION
                              SELECT x.id, x.again_of, x.created_at FROM told CROSS JOIN LATERAL (
                                  SELECT told.again_of AS id WHERE told.again_of IS NOT NULL
                                  UNION ALL SELECT o.origin_id FROM wins_origin o WHERE o.line_id = told.id) n JOIN wins_entry x ON x.id = n.id)
                          SELECT min(told.at) FROM told) END AS "since!",
                      e.publication_id AS "publication_id: PublicationId",
                      (SELECT jsonb_build_object('id', p.id, 'handle', p.handle, 'name', p.name, 'active', p.active)
                       FROM person p WHERE p.id = e.created_by) AS "author: Json<PersonName>",
                      (SELECT coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'handle', p.handle, 'name', p.name, 'active', p.active)
                                                 ORDER BY lower(p.name), p.id), '[]')
                       FROM wins_credit c JOIN person p ON p.id = c.person_id WHERE c.entry_id = e.id) AS "credits!: Json<Vec<PersonName>>",
                      (SELECT coalesce(jsonb_agg(jsonb_build_object('id', y.id, 'entity_ref', y.ref, 'title', coalesce(y.title, y.name))
                                                 ORDER BY lower(coalesce(y.title, y.name)), y.id), '[]')
                       FROM wins_about a JOIN entity y ON y.id = a.entity_id WHERE a.entry_id = e.id) AS "about!: Json<Vec<AboutEntity>>",
                      (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                  'team', jsonb_build_object('id', nt.id, 'slug', nt.slug, 'name', nt.name),
                                  'shown_at', n.shown_at, 'answered_at', n.answered_at,
                                  'answered_by', (SELECT jsonb_build_object('id', p.id, 'handle', p.handle, 'name', p.name, 'active', p.active)
                                                  FROM person p WHERE p.id = n.answered_by),
                                  'answer', n.answer, 'attached', n.attached,
                                  'reworded', n.reworded) ORDER BY lower(nt.name), nt.id), '[]')
                       FROM wins_naming n JOIN team nt ON nt.id = n.team_id WHERE n.entry_id = e.id) AS "namings!: Json<Vec<Naming>>",
                      e.created_at, e.updated_at, e.version
               FROM wins_entry e JOIN team t ON t.id = e.team_id "#
                + $rest
            $(, $argument)*
        )
    };
}

fn all(rows: Vec<Row>) -> Vec<Entry> {
    rows.into_iter().map(Entry::from).collect()
}

pub(super) fn keys(ids: &[WinsEntryId]) -> Vec<uuid::Uuid> {
    ids.iter().map(|id| id.0).collect()
}

/// Those of these entries that the actor may see, in the order in which they were asked for.
pub(in super::super) async fn seen(cx: &mut Cx<'_>, ids: &[WinsEntryId]) -> Result<Vec<Entry>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (me, now) = (cx.reader()?, jiff_sqlx::Timestamp::from(cx.now()));
    let rows = entries!(
        "JOIN unnest($1::uuid[]) WITH ORDINALITY AS w (id, nth) ON w.id = e.id
         WHERE e.id IN (SELECT v.entry_id FROM wins_visible($2, $3) v WHERE v.entry_id = ANY($1)) ORDER BY w.nth",
        &keys(ids),
        me as PersonId,
        now as _,
    )
    .fetch_all(cx.conn())
    .await?;
    let mut entries = all(rows);
    keep_answers_inside(cx, me, &mut entries).await?;
    Ok(entries)
}

/// What a named team answered is read by those the entry is of or was handed to, by who wrote it or is credited; by others where it was
/// attached. So is why a challenge was closed.
pub(in super::super) async fn keep_answers_inside(
    cx: &mut Cx<'_>,
    me: PersonId,
    entries: &mut [Entry],
) -> Result<()> {
    let holds = |entry: &Entry| {
        entry.closed.as_ref().is_some_and(|closed| !closed.note.is_empty())
            || entry.namings.iter().any(|naming| !naming.attached && !naming.answer.is_empty())
    };
    let own = |entry: &Entry| entry.author.iter().chain(&entry.credits).any(|person| person.id == me);
    if !entries.iter().any(|entry| holds(entry) && !own(entry)) {
        return Ok(());
    }
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let near = sqlx::query_scalar!(
        r#"SELECT n.team_id AS "id!: TeamId" FROM wins_nearness($1, $2) n WHERE n.grade >= 2"#,
        me as PersonId,
        now as _,
    )
    .fetch_all(cx.conn())
    .await?;
    for entry in entries.iter_mut().filter(|entry| !own(entry) && !near.contains(&entry.team.id)) {
        for naming in entry.namings.iter_mut().filter(|naming| !naming.attached) {
            naming.answer.clear();
        }
        if let Some(closed) = &mut entry.closed {
            closed.note.clear();
        }
    }
    Ok(())
}

/// These entries, whoever asks, in the order in which they were asked for: for what is told to nobody, or was allowed before.
pub(in super::super) async fn any(cx: &mut Cx<'_>, ids: &[WinsEntryId]) -> Result<Vec<Entry>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = entries!(
        "JOIN unnest($1::uuid[]) WITH ORDINALITY AS w (id, nth) ON w.id = e.id ORDER BY w.nth",
        &keys(ids),
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(all(rows))
}

/// The entries of an update, wins first, each kind in its order; all, or those that the actor may see.
pub(in super::super) async fn of_update(
    cx: &mut Cx<'_>,
    id: UpdateId,
    seen_only: bool,
) -> Result<Vec<Entry>> {
    if !seen_only {
        let rows = entries!("WHERE e.update_id = $1 ORDER BY e.kind DESC, e.place, e.id", id as UpdateId)
            .fetch_all(cx.conn())
            .await?;
        return Ok(all(rows));
    }
    let (me, now) = (cx.reader()?, jiff_sqlx::Timestamp::from(cx.now()));
    let rows = entries!(
        "WHERE e.update_id = $1 AND e.id IN (SELECT v.entry_id FROM wins_visible($2, $3) v) ORDER BY e.kind DESC, e.place, e.id",
        id as UpdateId,
        me as PersonId,
        now as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(all(rows))
}

/// What waits in a team and the actor may see: newest first, what was put aside last.
pub(in super::super) async fn waiting(cx: &mut Cx<'_>, team: TeamId) -> Result<Vec<Entry>> {
    let (me, now) = (cx.reader()?, jiff_sqlx::Timestamp::from(cx.now()));
    let rows = entries!(
        "WHERE e.team_id = $1 AND e.update_id IS NULL AND e.id IN (SELECT v.entry_id FROM wins_visible($2, $3) v)
         ORDER BY e.set_aside, e.created_at DESC, e.id DESC LIMIT $4",
        team as TeamId,
        me as PersonId,
        now as _,
        i64::try_from(MOST_ENTRIES).unwrap_or(i64::MAX),
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(all(rows))
}

/// Challenges that a team handed up in other updates, that are not closed and that nobody told again; oldest first. Lines are left out:
/// those who handed them up tell them again.
pub(in super::super) async fn still_open(
    cx: &mut Cx<'_>,
    team: TeamId,
    update: UpdateId,
) -> Result<Vec<Entry>> {
    let (me, now) = (cx.reader()?, jiff_sqlx::Timestamp::from(cx.now()));
    let rows = entries!(
        "JOIN wins_update u ON u.id = e.update_id AND u.state IN ('submitted', 'published')
         WHERE e.team_id = $1 AND e.kind = 'challenge' AND e.closed_at IS NULL AND e.update_id <> $2
           AND NOT EXISTS (SELECT FROM wins_entry n WHERE n.again_of = e.id) AND NOT EXISTS (SELECT FROM wins_origin o WHERE o.line_id = e.id)
           AND e.id IN (SELECT v.entry_id FROM wins_visible($3, $4) v)
         ORDER BY e.created_at, e.id LIMIT $5",
        team as TeamId,
        update as UpdateId,
        me as PersonId,
        now as _,
        i64::try_from(MOST_ENTRIES).unwrap_or(i64::MAX),
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(all(rows))
}

/// A team that an entry names, as it is written down.
#[derive(Debug, Clone)]
pub(in super::super) struct Named {
    pub(in super::super) team: TeamId,
    pub(in super::super) shown_at: Option<Timestamp>,
    pub(in super::super) answered_at: Option<Timestamp>,
    pub(in super::super) answered_by: Option<PersonId>,
    pub(in super::super) answer: String,
    pub(in super::super) attached: bool,
    pub(in super::super) reworded: bool,
}

impl From<TeamId> for Named {
    /// Named, and not told yet.
    fn from(team: TeamId) -> Self {
        Self {
            team,
            shown_at: None,
            answered_at: None,
            answered_by: None,
            answer: String::new(),
            attached: false,
            reworded: false,
        }
    }
}

impl From<&Naming> for Named {
    /// As another entry names it: who was told and answered keeps that.
    fn from(n: &Naming) -> Self {
        Self {
            team: n.team.id,
            shown_at: n.shown_at,
            answered_at: n.answered_at,
            answered_by: n.answered_by.as_ref().map(|p| p.id),
            answer: n.answer.clone(),
            attached: n.attached,
            reworded: n.reworded,
        }
    }
}

/// An entry that is about to be written.
#[derive(Debug, Clone)]
pub(in super::super) struct Draft {
    pub(in super::super) id: WinsEntryId,
    pub(in super::super) team: TeamId,
    pub(in super::super) update: Option<UpdateId>,
    pub(in super::super) place: i32,
    pub(in super::super) kind: Kind,
    pub(in super::super) words: Words,
    pub(in super::super) topic: Option<Topic>,
    pub(in super::super) sensitivity: Sensitivity,
    pub(in super::super) source_key: Option<String>,
    pub(in super::super) source_link: String,
    pub(in super::super) again_of: Option<WinsEntryId>,
    pub(in super::super) solves: Option<WinsEntryId>,
    pub(in super::super) author: Option<PersonId>,
    pub(in super::super) credits: Vec<PersonId>,
    pub(in super::super) about: Vec<EntityId>,
    pub(in super::super) namings: Vec<Named>,
    pub(in super::super) origins: Vec<WinsEntryId>,
}

impl Draft {
    /// An entry of a team that waits there, by the actor, with nothing but words.
    pub(in super::super) fn new(cx: &Cx<'_>, team: TeamId, kind: Kind, words: Words) -> Self {
        Self {
            id: WinsEntryId::new(),
            team,
            update: None,
            place: 0,
            kind,
            words,
            topic: None,
            sensitivity: Sensitivity::Publish,
            source_key: None,
            source_link: String::new(),
            again_of: None,
            solves: None,
            author: cx.actor().person,
            credits: Vec::new(),
            about: Vec::new(),
            namings: Vec::new(),
            origins: Vec::new(),
        }
    }
}

/// What entries say, as the columns that they are written in.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub(super) kinds: Vec<String>,
    pub(super) summaries: Vec<String>,
    pub(super) situations: Vec<String>,
    pub(super) actions: Vec<String>,
    pub(super) results: Vec<String>,
    /// As JSON.
    pub(super) numbers: Vec<String>,
    pub(super) topics: Vec<Option<String>>,
    pub(super) sensitivities: Vec<String>,
}

impl Columns {
    pub(super) fn of<'e>(
        entries: impl Iterator<Item = (Kind, &'e Words, Option<Topic>, Sensitivity)>,
    ) -> Self {
        let mut columns = Self::default();
        for (kind, words, topic, sensitivity) in entries {
            columns.kinds.push(kind.as_str().to_owned());
            columns.summaries.push(words.summary.clone());
            columns.situations.push(words.situation.clone());
            columns.actions.push(words.action.clone());
            columns.results.push(words.result.clone());
            columns.numbers.push(serde_json::to_string(&words.numbers).unwrap_or_else(|_| "[]".into()));
            columns.topics.push(topic.map(|topic| topic.as_str().to_owned()));
            columns.sensitivities.push(sensitivity.as_str().to_owned());
        }
        columns
    }

    pub(super) fn of_drafts(drafts: &[Draft]) -> Self {
        Self::of(drafts.iter().map(|draft| (draft.kind, &draft.words, draft.topic, draft.sensitivity)))
    }
}

/// Writes entries with all that they name: two statements, however many there are.
pub(in super::super) async fn insert(cx: &mut Cx<'_>, drafts: &[Draft]) -> Result<()> {
    if drafts.is_empty() {
        return Ok(());
    }
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let said = Columns::of_drafts(drafts);
    let key = |f: fn(&Draft) -> Option<uuid::Uuid>| drafts.iter().map(f).collect::<Vec<Option<uuid::Uuid>>>();
    let places: Vec<_> = drafts.iter().map(|d| d.place).collect();
    let source_keys: Vec<_> = drafts.iter().map(|d| d.source_key.clone()).collect();
    let source_links: Vec<_> = drafts.iter().map(|d| d.source_link.clone()).collect();
    sqlx::query!(
        "INSERT INTO wins_entry (id, team_id, update_id, place, kind, summary, situation, action, result, numbers, topic, sensitivity,
                                 source_key, source_link, again_of, solves, created_by, created_at, updated_at)
         SELECT id, team, upd, place, kind, summary, situation, action, result, numbers::jsonb, topic, sensitivity, source_key, source_link,
                again_of, solves, author, $1, $1
         FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
                     $12::text[], $13::text[], $14::text[], $15::text[], $16::uuid[], $17::uuid[], $18::uuid[])
              AS n (id, team, upd, place, kind, summary, situation, action, result, numbers, topic, sensitivity, source_key, source_link,
                    again_of, solves, author)",
        now as _,
        &drafts.iter().map(|d| d.id.0).collect::<Vec<_>>(),
        &drafts.iter().map(|d| d.team.0).collect::<Vec<_>>(),
        &key(|d| d.update.map(|u| u.0)) as &[Option<uuid::Uuid>],
        &places,
        &said.kinds,
        &said.summaries,
        &said.situations,
        &said.actions,
        &said.results,
        &said.numbers,
        &said.topics as &[Option<String>],
        &said.sensitivities,
        &source_keys as &[Option<String>],
        &source_links,
        &key(|d| d.again_of.map(|e| e.0)) as &[Option<uuid::Uuid>],
        &key(|d| d.solves.map(|e| e.0)) as &[Option<uuid::Uuid>],
        &key(|d| d.author.map(|p| p.0)) as &[Option<uuid::Uuid>],
    )
    .execute(cx.conn())
    .await?;
    let mut parts = Parts::default();
    for draft in drafts {
        parts.credits.extend(draft.credits.iter().map(|p| (draft.id, *p)));
        parts.about.extend(draft.about.iter().map(|e| (draft.id, *e)));
        parts.origins.extend(draft.origins.iter().map(|o| (draft.id, *o)));
        parts.namings.extend(draft.namings.iter().map(|n| (draft.id, n.clone())));
    }
    add_parts(cx, &parts).await
}

/// What entries name, to be added to them.
#[derive(Debug, Default)]
pub(in super::super) struct Parts {
    pub(in super::super) credits: Vec<(WinsEntryId, PersonId)>,
    pub(in super::super) about: Vec<(WinsEntryId, EntityId)>,
    pub(in super::super) origins: Vec<(WinsEntryId, WinsEntryId)>,
    pub(in super::super) namings: Vec<(WinsEntryId, Named)>,
}

/// Adds what entries name; what is named already stays as it is.
pub(in super::super) async fn add_parts(cx: &mut Cx<'_>, parts: &Parts) -> Result<()> {
    if parts.credits.is_empty()
        && parts.about.is_empty()
        && parts.origins.is_empty()
        && parts.namings.is_empty()
    {
        return Ok(());
    }
    let named = |at: fn(&Named) -> Option<Timestamp>| {
        parts.namings.iter().map(|(_, n)| at(n).map(jiff_sqlx::Timestamp::from)).collect::<Vec<_>>()
    };
    let answered_by: Vec<_> = parts.namings.iter().map(|(_, n)| n.answered_by.map(|p| p.0)).collect();
    sqlx::query!(
        "WITH credit AS (INSERT INTO wins_credit (entry_id, person_id) SELECT * FROM unnest($1::uuid[], $2::uuid[]) ON CONFLICT DO NOTHING),
              about AS (INSERT INTO wins_about (entry_id, entity_id) SELECT * FROM unnest($3::uuid[], $4::uuid[]) ON CONFLICT DO NOTHING),
              origin AS (INSERT INTO wins_origin (line_id, origin_id) SELECT * FROM unnest($5::uuid[], $6::uuid[]) ON CONFLICT DO NOTHING)
         INSERT INTO wins_naming (entry_id, team_id, shown_at, answered_at, answered_by, answer, attached, reworded)
         SELECT * FROM unnest($7::uuid[], $8::uuid[], $9::timestamptz[], $10::timestamptz[], $11::uuid[], $12::text[], $13::boolean[],
                              $14::boolean[])
         ON CONFLICT DO NOTHING",
        &parts.credits.iter().map(|(e, _)| e.0).collect::<Vec<_>>(),
        &parts.credits.iter().map(|(_, p)| p.0).collect::<Vec<_>>(),
        &parts.about.iter().map(|(e, _)| e.0).collect::<Vec<_>>(),
        &parts.about.iter().map(|(_, y)| y.0).collect::<Vec<_>>(),
        &parts.origins.iter().map(|(e, _)| e.0).collect::<Vec<_>>(),
        &parts.origins.iter().map(|(_, o)| o.0).collect::<Vec<_>>(),
        &parts.namings.iter().map(|(e, _)| e.0).collect::<Vec<_>>(),
        &parts.namings.iter().map(|(_, n)| n.team.0).collect::<Vec<_>>(),
        &named(|n| n.shown_at) as &[Option<jiff_sqlx::Timestamp>],
        &named(|n| n.answered_at) as &[Option<jiff_sqlx::Timestamp>],
        &answered_by as &[Option<uuid::Uuid>],
        &parts.namings.iter().map(|(_, n)| n.answer.clone()).collect::<Vec<_>>(),
        &parts.namings.iter().map(|(_, n)| n.attached).collect::<Vec<_>>(),
        &parts.namings.iter().map(|(_, n)| n.reworded).collect::<Vec<_>>(),
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// An entry as an edit leaves it; what it names only where that was edited.
#[derive(Debug, Clone)]
pub(in super::super) struct Rewrite {
    pub(in super::super) id: WinsEntryId,
    pub(in super::super) kind: Kind,
    pub(in super::super) words: Words,
    pub(in super::super) topic: Option<Topic>,
    pub(in super::super) sensitivity: Sensitivity,
    pub(in super::super) set_aside: bool,
    pub(in super::super) credits: Option<Vec<PersonId>>,
    pub(in super::super) about: Option<Vec<EntityId>>,
}

impl From<&Entry> for Rewrite {
    /// As it is.
    fn from(e: &Entry) -> Self {
        Self {
            id: e.id,
            kind: e.kind,
            words: e.words.clone(),
            topic: e.topic,
            sensitivity: e.sensitivity,
            set_aside: e.set_aside,
            credits: None,
            about: None,
        }
    }
}

/// Writes edits: three statements, however many there are. An answer was given to other words, so it is none to a rewritten challenge: a
/// team that the challenge names is shown it anew, or, of a line, whose origins it was shown, told the new words; what it answered to
/// those before stands there as such.
pub(in super::super) async fn rewrite(cx: &mut Cx<'_>, edits: &[Rewrite]) -> Result<()> {
    if edits.is_empty() {
        return Ok(());
    }
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let said = Columns::of(edits.iter().map(|d| (d.kind, &d.words, d.topic, d.sensitivity)));
    sqlx::query!(
        "WITH n AS (
             SELECT * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
                                  $11::boolean[])
                 AS n (id, kind, summary, situation, action, result, numbers, topic, sensitivity, set_aside)
         ),
         reworded AS (
             SELECT e.id, EXISTS (SELECT FROM wins_origin o WHERE o.line_id = e.id) AS is_line FROM wins_entry e JOIN n ON n.id = e.id
             WHERE (e.summary, e.situation, e.action, e.result, e.numbers)
                   IS DISTINCT FROM (n.summary, n.situation, n.action, n.result, n.numbers::jsonb)
         ),
         asked AS (
             UPDATE wins_naming w
             SET again = r.is_line, attached = false, reworded = r.is_line AND w.answered_at IS NOT NULL,
                 shown_at = CASE WHEN r.is_line THEN w.shown_at END, answered_at = CASE WHEN r.is_line THEN w.answered_at END,
                 answered_by = CASE WHEN r.is_line THEN w.answered_by END, answer = CASE WHEN r.is_line THEN w.answer ELSE '' END
             FROM reworded r WHERE w.entry_id = r.id AND w.shown_at IS NOT NULL
         )
         UPDATE wins_entry e SET kind = n.kind, summary = n.summary, situation = n.situation, action = n.action, result = n.result,
                numbers = n.numbers::jsonb, topic = n.topic, sensitivity = n.sensitivity, set_aside = n.set_aside,
                updated_at = $1, version = e.version + 1
         FROM n WHERE e.id = n.id",
        now as _,
        &edits.iter().map(|d| d.id.0).collect::<Vec<_>>(),
        &said.kinds,
        &said.summaries,
        &said.situations,
        &said.actions,
        &said.results,
        &said.numbers,
        &said.topics as &[Option<String>],
        &said.sensitivities,
        &edits.iter().map(|d| d.set_aside).collect::<Vec<_>>(),
    )
    .execute(cx.conn())
    .await?;
    let (mut parts, mut credited, mut about) = (Parts::default(), Vec::new(), Vec::new());
    for edit in edits {
        if let Some(people) = &edit.credits {
            credited.push(edit.id.0);
            parts.credits.extend(people.iter().map(|p| (edit.id, *p)));
        }
        if let Some(entities) = &edit.about {
            about.push(edit.id.0);
            parts.about.extend(entities.iter().map(|e| (edit.id, *e)));
        }
    }
    if credited.is_empty() && about.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "WITH credit AS (DELETE FROM wins_credit WHERE entry_id = ANY($1)) DELETE FROM wins_about WHERE entry_id = ANY($2)",
        &credited,
        &about,
    )
    .execute(cx.conn())
    .await?;
    add_parts(cx, &parts).await
}

/// Puts entries into updates or back to their teams, at places. That is no edit of them, so their version stays.
pub(in super::super) async fn place(
    cx: &mut Cx<'_>,
    places: &[(WinsEntryId, Option<UpdateId>, i32)],
) -> Result<()> {
    if places.is_empty() {
        return Ok(());
    }
    let updates: Vec<_> = places.iter().map(|(_, update, _)| update.map(|u| u.0)).collect();
    sqlx::query!(
        "UPDATE wins_entry e SET update_id = n.upd, place = n.place
         FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS n (id, upd, place)
         WHERE e.id = n.id AND (e.update_id, e.place) IS DISTINCT FROM (n.upd, n.place)",
        &places.iter().map(|(id, ..)| id.0).collect::<Vec<_>>(),
        &updates as &[Option<uuid::Uuid>],
        &places.iter().map(|(.., place)| *place).collect::<Vec<_>>(),
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Deletes entries with all that they name.
pub(in super::super) async fn delete(cx: &mut Cx<'_>, ids: &[WinsEntryId]) -> Result<()> {
    if !ids.is_empty() {
        sqlx::query!("DELETE FROM wins_entry WHERE id = ANY($1)", &keys(ids)).execute(cx.conn()).await?;
    }
    Ok(())
}
