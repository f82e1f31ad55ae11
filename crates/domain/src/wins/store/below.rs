//! Statements on what the level above makes of what it is handed.

use super::{super::record::Kind, entry::keys};
use crate::{Cx, PersonId, Result, UpdateId, WinsEntryId};

/// An update on the way up to another one, and an entry that it offers; none if it offers nothing.
pub(in super::super) struct Offer {
    pub(in super::super) update: UpdateId,
    pub(in super::super) entry: Option<WinsEntryId>,
    /// The line of the upper update that was made of it, or of something that it was made of itself.
    pub(in super::super) line: Option<WinsEntryId>,
}

/// What reaches an update from below, in the order of the tree: below one that was not handed up stands what was handed to that.
pub(in super::super) async fn offers(cx: &mut Cx<'_>, id: UpdateId) -> Result<Vec<Offer>> {
    Ok(sqlx::query_as!(
        Offer,
        r#"WITH RECURSIVE
               down AS (
                   SELECT u.id, u.state, ARRAY[lower(t.name), u.id::text] AS path, 0 AS depth
                   FROM wins_update u JOIN team t ON t.id = u.team_id WHERE u.parent_id = $1
                   UNION ALL
                   SELECT u.id, u.state, d.path || ARRAY[lower(t.name), u.id::text], d.depth + 1
                   FROM down d JOIN wins_update u ON u.parent_id = d.id JOIN team t ON t.id = u.team_id
                   WHERE d.state NOT IN ('submitted', 'published') AND d.depth < 32
               ),
               offered AS (
                   SELECT e.id, e.update_id, e.kind, e.place FROM down d JOIN wins_entry e ON e.update_id = d.id
                   WHERE d.state IN ('submitted', 'published') AND e.sensitivity <> 'team'
               ),
               made AS (
                   SELECT id AS top, id FROM offered
                   UNION
                   SELECT m.top, o.origin_id FROM made m JOIN wins_origin o ON o.line_id = m.id
               ),
               line AS (
                   SELECT m.top, (array_agg(l.id ORDER BY (m.id = m.top) DESC, l.id))[1] AS id
                   FROM made m JOIN wins_origin o ON o.origin_id = m.id JOIN wins_entry l ON l.id = o.line_id AND l.update_id = $1
                   GROUP BY m.top
               )
           SELECT d.id AS "update!: UpdateId", e.id AS "entry?: WinsEntryId", line.id AS "line?: WinsEntryId"
           FROM down d LEFT JOIN offered e ON e.update_id = d.id LEFT JOIN line ON line.top = e.id
           ORDER BY d.path, e.kind DESC, e.place, e.id LIMIT 20000"#,
        id as UpdateId,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// How many entries of a kind an update would hand up, and the last place that is taken.
pub(in super::super) async fn taken(cx: &mut Cx<'_>, id: UpdateId, kind: Kind) -> Result<(i64, i32)> {
    let row = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE sensitivity <> 'team') AS "count!", coalesce(max(place), 0) AS "last!"
           FROM wins_entry WHERE update_id = $1 AND kind = $2"#,
        id as UpdateId,
        kind as Kind,
    )
    .fetch_one(cx.conn())
    .await?;
    Ok((row.count, row.last))
}

/// Gives one line all that another was made of and whom it names. A team that both name was shown the one line only if it was shown both.
pub(in super::super) async fn take_over(cx: &mut Cx<'_>, into: WinsEntryId, from: WinsEntryId) -> Result<()> {
    sqlx::query!(
        "WITH origin AS (
             INSERT INTO wins_origin (line_id, origin_id) SELECT $1, origin_id FROM wins_origin WHERE line_id = $2 ON CONFLICT DO NOTHING)
         INSERT INTO wins_naming AS n (entry_id, team_id, shown_at, answered_at, answered_by, answer, attached, reworded)
         SELECT $1, team_id, shown_at, answered_at, answered_by, answer, attached, reworded FROM wins_naming WHERE entry_id = $2
         ON CONFLICT (entry_id, team_id) DO UPDATE SET
             shown_at = CASE WHEN n.shown_at IS NOT NULL AND excluded.shown_at IS NOT NULL THEN greatest(n.shown_at, excluded.shown_at) END,
             answered_at = CASE WHEN n.answered_at IS NOT NULL AND excluded.answered_at IS NOT NULL
                                THEN greatest(n.answered_at, excluded.answered_at) END,
             answered_by = coalesce(n.answered_by, excluded.answered_by), reworded = n.reworded OR excluded.reworded,
             answer = concat_ws(E'\\n\\n', nullif(n.answer, ''), nullif(excluded.answer, '')),
             -- what one of the two keeps inside stays inside
             attached = (n.attached OR excluded.attached) AND (n.attached OR n.answer = '') AND (excluded.attached OR excluded.answer = '')",
        into as WinsEntryId,
        from as WinsEntryId,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// A line above an entry, and one of those that it was made of.
pub(in super::super) struct Edge {
    pub(in super::super) line: WinsEntryId,
    pub(in super::super) origin: WinsEntryId,
    pub(in super::super) summary: String,
    pub(in super::super) writer: Option<PersonId>,
    pub(in super::super) update: Option<UpdateId>,
}

/// The lines above an entry that are not published, up to the first that is, with all that each was made of; locked.
pub(in super::super) async fn lines_above(cx: &mut Cx<'_>, id: WinsEntryId) -> Result<Vec<Edge>> {
    Ok(sqlx::query_as!(
        Edge,
        r#"WITH RECURSIVE up AS (
               SELECT $1::uuid AS id
               UNION
               SELECT l.id FROM up JOIN wins_origin o ON o.origin_id = up.id JOIN wins_entry l ON l.id = o.line_id AND l.publication_id IS NULL
           )
           SELECT l.id AS "line: WinsEntryId", o.origin_id AS "origin: WinsEntryId", l.summary, l.created_by AS "writer: PersonId",
                  l.update_id AS "update: UpdateId"
           FROM wins_entry l JOIN wins_origin o ON o.line_id = l.id
           WHERE l.id IN (SELECT up.id FROM up WHERE up.id <> $1) ORDER BY l.id FOR UPDATE OF l"#,
        id as WinsEntryId,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Whether a line that was made of an entry, as far up as that goes, is published.
pub(in super::super) async fn is_published_above(cx: &mut Cx<'_>, id: WinsEntryId) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"WITH RECURSIVE up AS (
               SELECT $1::uuid AS id UNION SELECT o.line_id FROM up JOIN wins_origin o ON o.origin_id = up.id
           )
           SELECT EXISTS (SELECT FROM up JOIN wins_entry l ON l.id = up.id WHERE l.publication_id IS NOT NULL) AS "is!""#,
        id as WinsEntryId,
    )
    .fetch_one(cx.conn())
    .await?)
}

/// These lines may not be published any more.
pub(in super::super) async fn lower(cx: &mut Cx<'_>, lines: &[WinsEntryId]) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE wins_entry SET sensitivity = 'up', version = version + 1, updated_at = $2 WHERE id = ANY($1) AND sensitivity = 'publish'",
        &keys(lines),
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Keeps others from changing these entries until the transaction ends.
pub(in super::super) async fn hold(cx: &mut Cx<'_>, entries: &[WinsEntryId]) -> Result<()> {
    sqlx::query!("SELECT id FROM wins_entry WHERE id = ANY($1) ORDER BY id FOR SHARE", &keys(entries),)
        .fetch_all(cx.conn())
        .await?;
    Ok(())
}

/// What a line was made of, as the tree goes.
pub(in super::super) async fn origins(cx: &mut Cx<'_>, line: WinsEntryId) -> Result<Vec<WinsEntryId>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT e.id AS "id: WinsEntryId" FROM wins_origin o JOIN wins_entry e ON e.id = o.origin_id JOIN team t ON t.id = e.team_id
           WHERE o.line_id = $1 ORDER BY e.kind DESC, lower(t.name), e.place, e.id"#,
        line as WinsEntryId,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Takes an entry from the origins of these lines.
pub(in super::super) async fn take_from(
    cx: &mut Cx<'_>,
    origin: WinsEntryId,
    lines: &[WinsEntryId],
) -> Result<()> {
    sqlx::query!(
        "DELETE FROM wins_origin WHERE origin_id = $1 AND line_id = ANY($2)",
        origin as WinsEntryId,
        &keys(lines),
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}
