//! Statements on where lines came from.

use crate::{Cx, CycleId, PersonId, Result, TeamId, WinsEntryId, people::TeamName};

use super::super::record::UpdateState;

/// Entries below one line, at most.
const MOST: i64 = 500;

/// That a line was made of an entry.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Step {
    pub(in super::super) line: WinsEntryId,
    pub(in super::super) origin: WinsEntryId,
    /// Whether the origin was handed up, as far as its team lets it go: nothing else is shown to anybody.
    pub(in super::super) handed_up: bool,
}

/// All that a line was made of, however deep; the nearest first.
pub(in super::super) async fn down(cx: &mut Cx<'_>, id: WinsEntryId) -> Result<Vec<Step>> {
    Ok(sqlx::query_as!(
        Step,
        r#"WITH RECURSIVE down AS (
               SELECT o.line_id, o.origin_id, 1 AS depth FROM wins_origin o WHERE o.line_id = $1
               UNION
               SELECT o.line_id, o.origin_id, d.depth + 1 FROM down d JOIN wins_origin o ON o.line_id = d.origin_id WHERE d.depth < 32
           )
           SELECT d.line_id AS "line!: WinsEntryId", d.origin_id AS "origin!: WinsEntryId",
                  (e.sensitivity <> 'team' AND coalesce(u.state IN ('submitted', 'published'), false)) AS "handed_up!"
           FROM down d JOIN wins_entry e ON e.id = d.origin_id LEFT JOIN wins_update u ON u.id = e.update_id
           GROUP BY d.line_id, d.origin_id, e.id, u.id
           ORDER BY min(d.depth), d.line_id, e.kind DESC, e.place, e.id LIMIT $2"#,
        id as WinsEntryId,
        MOST,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// The cycles of these entries' updates.
pub(in super::super) async fn cycles(
    cx: &mut Cx<'_>,
    entries: &[WinsEntryId],
) -> Result<Vec<(WinsEntryId, CycleId)>> {
    let rows = sqlx::query!(
        r#"SELECT e.id AS "entry: WinsEntryId", u.cycle_id AS "cycle: CycleId"
           FROM wins_entry e JOIN wins_update u ON u.id = e.update_id WHERE e.id = ANY($1)"#,
        &entries.iter().map(|id| id.0).collect::<Vec<_>>(),
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.entry, r.cycle)).collect())
}

/// A line that was made of an entry, in an update that was handed up.
pub(in super::super) struct Above {
    pub(in super::super) line: WinsEntryId,
    pub(in super::super) state: UpdateState,
    /// Whether the actor may see the line.
    pub(in super::super) seen: bool,
}

/// The lines that were made of an entry, the nearest level first.
pub(in super::super) async fn up(cx: &mut Cx<'_>, me: PersonId, id: WinsEntryId) -> Result<Vec<Above>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_as!(
        Above,
        r#"WITH RECURSIVE up AS (
               SELECT o.line_id AS id, 1 AS depth FROM wins_origin o WHERE o.origin_id = $1
               UNION
               SELECT o.line_id, up.depth + 1 FROM up JOIN wins_origin o ON o.origin_id = up.id WHERE up.depth < 32
           )
           SELECT e.id AS "line: WinsEntryId", u.state AS "state: UpdateState",
                  EXISTS (SELECT FROM wins_visible($2, $3) v WHERE v.entry_id = e.id) AS "seen!"
           FROM up JOIN wins_entry e ON e.id = up.id JOIN wins_update u ON u.id = e.update_id
           WHERE u.state IN ('submitted', 'published')
             AND (e.sensitivity <> 'team' OR EXISTS (SELECT FROM wins_visible($2, $3) v WHERE v.entry_id = e.id))
           GROUP BY e.id, u.id ORDER BY min(up.depth), u.level, e.id LIMIT 100"#,
        id as WinsEntryId,
        me as PersonId,
        now as _,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Whether somebody wrote an entry, is credited in it, or is in its team.
pub(in super::super) async fn is_theirs(cx: &mut Cx<'_>, me: PersonId, id: WinsEntryId) -> Result<bool> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM wins_entry e WHERE e.id = $2
                  AND (e.created_by = $1 OR EXISTS (SELECT FROM wins_credit c WHERE c.entry_id = e.id AND c.person_id = $1)
                       OR e.team_id IN (SELECT n.team_id FROM wins_nearness($1, $3) n WHERE n.grade = 3))) AS "theirs!""#,
        me as PersonId,
        id as WinsEntryId,
        now as _,
    )
    .fetch_one(cx.conn())
    .await?)
}

/// Those of these lines below which a person may see anything that was handed up.
pub(in super::super) async fn traceable(
    cx: &mut Cx<'_>,
    me: PersonId,
    lines: &[WinsEntryId],
) -> Result<Vec<WinsEntryId>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        r#"WITH RECURSIVE down AS (
               SELECT o.line_id AS line, o.origin_id AS id, 1 AS depth FROM wins_origin o WHERE o.line_id = ANY($1)
               UNION
               SELECT d.line, o.origin_id, d.depth + 1 FROM down d JOIN wins_origin o ON o.line_id = d.id WHERE d.depth < 32
           )
           SELECT DISTINCT d.line AS "line!: WinsEntryId" FROM down d JOIN wins_entry e ON e.id = d.id JOIN wins_update u ON u.id = e.update_id
           WHERE e.sensitivity <> 'team' AND u.state IN ('submitted', 'published') AND e.id IN (SELECT v.entry_id FROM wins_visible($2, $3) v)"#,
        &lines.iter().map(|id| id.0).collect::<Vec<_>>(),
        me as PersonId,
        now as _,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// What the teams published from whose entries a line was made, as far as a person may read it: whose, and the cycle's slug.
pub(in super::super) async fn published_below(
    cx: &mut Cx<'_>,
    me: PersonId,
    id: WinsEntryId,
) -> Result<Vec<(TeamName, String)>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = sqlx::query!(
        r#"WITH RECURSIVE down AS (
               SELECT o.origin_id AS id, 1 AS depth FROM wins_origin o WHERE o.line_id = $1
               UNION
               SELECT o.origin_id, d.depth + 1 FROM down d JOIN wins_origin o ON o.line_id = d.id WHERE d.depth < 32
           )
           SELECT DISTINCT lower(t.name) AS sort, t.id AS "id: TeamId", t.slug, t.name, c.slug AS cycle
           FROM down d JOIN wins_entry e ON e.id = d.id AND e.sensitivity <> 'team' JOIN wins_publication p ON p.id = e.publication_id
                JOIN wins_update u ON u.id = p.update_id JOIN wins_cycle c ON c.id = u.cycle_id JOIN team t ON t.id = p.team_id
           WHERE p.id IN (SELECT r.publication_id FROM wins_readable($2, $3) r) ORDER BY 1, t.id, c.slug LIMIT 50"#,
        id as WinsEntryId,
        me as PersonId,
        now as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (TeamName { id: r.id, slug: r.slug, name: r.name }, r.cycle)).collect())
}
