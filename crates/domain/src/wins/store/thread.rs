//! Statements on what readers say.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    super::{
        record::{Question, WordKind},
        thread::Word,
    },
    update::named,
};
use crate::{Cx, PersonId, PublicationId, Result, WinsEntryId};

struct Row {
    id: Uuid,
    line: WinsEntryId,
    kind: WordKind,
    text: String,
    by_id: Option<PersonId>,
    handle: Option<String>,
    name: Option<String>,
    active: Option<bool>,
    at: jiff_sqlx::Timestamp,
}

impl Row {
    fn word(self, me: PersonId) -> Word {
        Word {
            id: self.id,
            line: self.line,
            kind: self.kind,
            text: self.text,
            mine: self.by_id == Some(me),
            by: named(self.by_id, self.handle, self.name, self.active),
            at: self.at.to_jiff(),
        }
    }
}

/// `words!(rest, arguments…)` is the checked statement that selects words `w`; all parts are literals.
macro_rules! words {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT w.id, w.entry_id AS "line: WinsEntryId", w.kind AS "kind: WordKind", w.text, w.by_id AS "by_id: PersonId",
                      p.handle AS "handle?", p.name AS "name?", p.active AS "active?", w.at
               FROM wins_word w LEFT JOIN person p ON p.id = w.by_id "#
                + $rest
            $(, $argument)*
        )
    };
}

/// Whether a person may read a publication.
pub(in super::super) async fn may_read(cx: &mut Cx<'_>, me: PersonId, id: PublicationId) -> Result<bool> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM wins_readable($1, $2) r WHERE r.publication_id = $3) AS "may!""#,
        me as PersonId,
        now as _,
        id as PublicationId,
    )
    .fetch_one(cx.conn())
    .await?)
}

/// What was said under a publication, oldest first.
pub(in super::super) async fn of(
    cx: &mut Cx<'_>,
    me: PersonId,
    id: PublicationId,
    most: i64,
) -> Result<Vec<Word>> {
    let rows = words!("WHERE w.publication_id = $1 ORDER BY w.at, w.id LIMIT $2", id as PublicationId, most)
        .fetch_all(cx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| row.word(me)).collect())
}

/// One word.
pub(in super::super) async fn one(cx: &mut Cx<'_>, me: PersonId, id: Uuid) -> Result<Option<Word>> {
    Ok(words!("WHERE w.id = $1", id).fetch_optional(cx.conn()).await?.map(|row| row.word(me)))
}

/// A line of a publication under which somebody says something.
pub(in super::super) struct Place {
    pub(in super::super) summary: String,
    pub(in super::super) team: String,
    pub(in super::super) cycle: String,
    /// Words under the whole publication.
    pub(in super::super) words: i64,
    /// Questions under the line.
    pub(in super::super) questions: i64,
}

/// A line of a publication that a person may read.
pub(in super::super) async fn place(
    cx: &mut Cx<'_>,
    me: PersonId,
    id: PublicationId,
    line: WinsEntryId,
) -> Result<Option<Place>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_as!(
        Place,
        r#"SELECT e.summary, t.slug AS team, c.slug AS cycle,
                  (SELECT count(*) FROM wins_word w WHERE w.publication_id = $3) AS "words!",
                  (SELECT count(*) FROM wins_word w WHERE w.entry_id = e.id AND w.kind = 'question') AS "questions!"
           FROM wins_entry e JOIN wins_publication p ON p.id = e.publication_id JOIN team t ON t.id = p.team_id
                JOIN wins_update u ON u.id = p.update_id JOIN wins_cycle c ON c.id = u.cycle_id
           WHERE e.id = $4 AND p.id = $3 AND e.sensitivity = 'publish'
             AND EXISTS (SELECT FROM wins_readable($1, $2) r WHERE r.publication_id = p.id)"#,
        me as PersonId,
        now as _,
        id as PublicationId,
        line as WinsEntryId,
    )
    .fetch_optional(cx.conn())
    .await?)
}

/// Writes a word; thanks that were said before are changed. Returns its key, and whether it is new.
pub(in super::super) async fn put(
    cx: &mut Cx<'_>,
    id: PublicationId,
    line: WinsEntryId,
    kind: WordKind,
    text: &str,
) -> Result<(Uuid, bool)> {
    let (me, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    let key = Uuid::now_v7();
    let kept = sqlx::query_scalar!(
        "INSERT INTO wins_word (id, publication_id, entry_id, kind, text, by_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (entry_id, by_id) WHERE kind = 'thanks' DO UPDATE SET text = excluded.text RETURNING id",
        key,
        id as PublicationId,
        line as WinsEntryId,
        kind as WordKind,
        text,
        me as Option<PersonId>,
        now as _,
    )
    .fetch_one(cx.conn())
    .await?;
    Ok((kept, kept == key))
}

/// Who wrote a line or anything that it was made of, or is credited there; not the actor.
pub(in super::super) async fn authors(cx: &mut Cx<'_>, line: WinsEntryId) -> Result<Vec<PersonId>> {
    let me = cx.actor().person;
    Ok(sqlx::query_scalar!(
        r#"WITH RECURSIVE down AS (
               SELECT $1::uuid AS id UNION SELECT o.origin_id FROM down JOIN wins_origin o ON o.line_id = down.id
           )
           SELECT p.id AS "id: PersonId" FROM person p
           WHERE p.active AND p.id IS DISTINCT FROM $2
             AND p.id IN (SELECT e.created_by FROM wins_entry e JOIN down ON down.id = e.id
                          UNION SELECT c.person_id FROM wins_credit c JOIN down ON down.id = c.entry_id)
           ORDER BY p.id LIMIT 200"#,
        line as WinsEntryId,
        me as Option<PersonId>,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Who asked about a line; not the actor.
pub(in super::super) async fn askers(cx: &mut Cx<'_>, line: WinsEntryId) -> Result<Vec<PersonId>> {
    let me = cx.actor().person;
    Ok(sqlx::query_scalar!(
        r#"SELECT DISTINCT p.id AS "id: PersonId" FROM wins_word w JOIN person p ON p.id = w.by_id AND p.active
           WHERE w.entry_id = $1 AND w.kind = 'question' AND p.id IS DISTINCT FROM $2 ORDER BY 1 LIMIT 200"#,
        line as WinsEntryId,
        me as Option<PersonId>,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Takes a person's own word away; false: there is none.
pub(in super::super) async fn remove(cx: &mut Cx<'_>, me: PersonId, id: Uuid) -> Result<bool> {
    let done = sqlx::query!("DELETE FROM wins_word WHERE id = $1 AND by_id = $2", id, me as PersonId)
        .execute(cx.conn())
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Questions since an instant about lines that somebody wrote, or that were made of what they wrote or are credited in, as far as they
/// read them where they were published; those after which nobody answered. The newest first, at most `rows`.
pub(in super::super) async fn unanswered(
    cx: &mut Cx<'_>,
    me: PersonId,
    since: Timestamp,
    rows: i64,
) -> Result<Vec<Question>> {
    let (now, since) = (jiff_sqlx::Timestamp::from(cx.now()), jiff_sqlx::Timestamp::from(since));
    let rows = sqlx::query!(
        r#"WITH RECURSIVE
               open AS MATERIALIZED (
                   SELECT w.id, w.entry_id, w.text, w.by_id, w.at FROM wins_word w
                   WHERE w.kind = 'question' AND w.at > $3 AND w.by_id IS DISTINCT FROM $1
                     AND NOT EXISTS (SELECT FROM wins_word a WHERE a.publication_id = w.publication_id AND a.entry_id = w.entry_id
                                       AND a.kind = 'answer' AND a.at > w.at)),
               down AS (
                   SELECT DISTINCT open.entry_id AS line, open.entry_id AS id FROM open
                   UNION SELECT down.line, o.origin_id FROM down JOIN wins_origin o ON o.line_id = down.id)
           SELECT open.entry_id AS "line: WinsEntryId", e.summary, open.text, open.at AS "at: jiff_sqlx::Timestamp",
                  p.id AS "by_id?: PersonId", p.handle AS "handle?", p.name AS "name?", p.active AS "active?", t.slug AS team, c.slug AS cycle
           FROM open JOIN wins_entry e ON e.id = open.entry_id JOIN wins_publication pub ON pub.id = e.publication_id
                JOIN team t ON t.id = pub.team_id JOIN wins_update u ON u.id = pub.update_id JOIN wins_cycle c ON c.id = u.cycle_id
                LEFT JOIN person p ON p.id = open.by_id
           WHERE open.entry_id IN (
                     SELECT down.line FROM down JOIN wins_entry x ON x.id = down.id
                     WHERE x.created_by = $1 OR EXISTS (SELECT FROM wins_credit k WHERE k.entry_id = x.id AND k.person_id = $1))
             AND EXISTS (SELECT FROM wins_readable($1, $2) r WHERE r.publication_id = pub.id)
           ORDER BY open.at DESC, open.id DESC LIMIT $4"#,
        me as PersonId,
        now as _,
        since as _,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    let asked = rows.into_iter().map(|r| Question {
        line: r.line,
        summary: r.summary,
        text: r.text,
        by: named(r.by_id, r.handle, r.name, r.active),
        at: r.at.to_jiff(),
        path: format!("/wins/{}/{}#e-{}", r.team, r.cycle, r.line),
    });
    Ok(asked.collect())
}
