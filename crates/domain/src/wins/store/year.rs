//! Statements of records of a person or a team.

use jiff::civil::Date;

use crate::{Cx, CycleId, PersonId, Result, TeamId, WinsEntryId};

/// What the actor wrote or is credited in, or of a team and those below it what the actor may see: in the words of those who did it, with
/// the cycle in which it was handed up. Its day is that on which it was handed up, or the cycle's last if that was before. Newest first.
pub(in super::super) async fn entries(
    cx: &mut Cx<'_>,
    me: PersonId,
    team: Option<TeamId>,
    (from, until): (Date, Date),
    rows: i64,
) -> Result<Vec<(WinsEntryId, Option<CycleId>)>> {
    let (now, from, until) =
        (jiff_sqlx::Timestamp::from(cx.now()), jiff_sqlx::Date::from(from), jiff_sqlx::Date::from(until));
    let zone = cx.actor().time_zone.clone();
    let rows = sqlx::query!(
        r#"WITH RECURSIVE
               below AS (
                   SELECT t.id, 0 AS depth FROM team t WHERE t.id = $3
                   UNION ALL SELECT t.id, b.depth + 1 FROM below b JOIN team t ON t.parent_id = b.id WHERE b.depth < 32),
               theirs AS MATERIALIZED (
                   SELECT e.id FROM wins_entry e WHERE $3::uuid IS NULL AND e.created_by = $1
                   UNION SELECT x.entry_id FROM wins_credit x WHERE $3::uuid IS NULL AND x.person_id = $1
                   UNION SELECT e.id FROM wins_entry e JOIN below b ON b.id = e.team_id),
               dated AS (
                   SELECT e.id, c.id AS cycle, least(c.ends_on, (coalesce(u.submitted_at, e.created_at) AT TIME ZONE $6)::date) AS day
                   FROM wins_entry e
                        LEFT JOIN wins_update u ON u.id = e.update_id AND u.state IN ('submitted', 'published')
                        LEFT JOIN wins_cycle c ON c.id = u.cycle_id
                   WHERE e.id IN (SELECT v.entry_id FROM wins_visible($1, $2) v
                                  WHERE v.entry_id = ANY(ARRAY(SELECT t.id FROM theirs t)))
                     AND NOT e.set_aside
                     AND NOT EXISTS (SELECT FROM wins_origin o WHERE o.line_id = e.id))
           SELECT d.id AS "id: WinsEntryId", d.cycle AS "cycle?: CycleId" FROM dated d
           WHERE d.day BETWEEN $4 AND $5 ORDER BY d.day DESC, d.id DESC LIMIT $7"#,
        me as PersonId,
        now as _,
        team as Option<TeamId>,
        from as _,
        until as _,
        &*zone,
        rows
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.id, r.cycle)).collect())
}

/// For each entry that is in a publication which the actor may read, in its own words or in those of a line made of it: the highest
/// level that published it, as (name of the team, path).
pub(in super::super) async fn published(
    cx: &mut Cx<'_>,
    me: PersonId,
    ids: &[WinsEntryId],
) -> Result<Vec<(WinsEntryId, (String, String))>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let keys: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"WITH RECURSIVE up AS (
               SELECT w.id AS entry, w.id AS line, 0 AS depth FROM unnest($3::uuid[]) w (id)
               UNION
               SELECT up.entry, o.line_id, up.depth + 1 FROM up JOIN wins_origin o ON o.origin_id = up.line WHERE up.depth < 32)
           SELECT DISTINCT ON (up.entry) up.entry AS "entry!: WinsEntryId", t.name, t.slug AS team, c.slug AS cycle
           FROM up JOIN wins_entry e ON e.id = up.line
                JOIN wins_publication p ON p.id = e.publication_id AND p.id IN (SELECT r.publication_id FROM wins_readable($1, $2) r)
                JOIN wins_update u ON u.id = p.update_id JOIN wins_cycle c ON c.id = u.cycle_id JOIN team t ON t.id = p.team_id
           ORDER BY up.entry, u.level DESC, p.published_at DESC"#,
        me as PersonId,
        now as _,
        &keys
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.entry, (r.name, format!("/wins/{}/{}", r.team, r.cycle)))).collect())
}

/// The thanks that were said under entries and the lines made of them, where the actor may read: (entry, who, words), oldest first.
pub(in super::super) async fn thanks(
    cx: &mut Cx<'_>,
    me: PersonId,
    ids: &[WinsEntryId],
) -> Result<Vec<(WinsEntryId, String, String)>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let keys: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"WITH RECURSIVE up AS (
               SELECT w.id AS entry, w.id AS line, 0 AS depth FROM unnest($3::uuid[]) w (id)
               UNION
               SELECT up.entry, o.line_id, up.depth + 1 FROM up JOIN wins_origin o ON o.origin_id = up.line WHERE up.depth < 32),
               said AS (SELECT DISTINCT up.entry, up.line FROM up)
           SELECT s.entry AS "entry!: WinsEntryId", coalesce(p.name, 'Somebody who left') AS "who!", w.text
           FROM said s JOIN wins_word w ON w.entry_id = s.line AND w.kind = 'thanks' LEFT JOIN person p ON p.id = w.by_id
           WHERE w.publication_id IN (SELECT r.publication_id FROM wins_readable($1, $2) r) ORDER BY w.at, w.id LIMIT 10000"#,
        me as PersonId,
        now as _,
        &keys
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.entry, r.who, r.text)).collect())
}
