//! Statements on challenges that stay open across cycles.

use jiff::Timestamp;

use super::super::{challenge::Stands, record::Closing};
use crate::{Cx, PersonId, Result, TeamId, UpdateId, WinsEntryId};

/// A challenge, as it was told last.
pub(in super::super) struct Row {
    pub(in super::super) last: WinsEntryId,
    pub(in super::super) first: WinsEntryId,
    pub(in super::super) told: i64,
    pub(in super::super) since: Timestamp,
}

/// Challenges as far as a person may see their tellings, the oldest first: those of a team and the teams below it, or of all. Lines are
/// left out.
pub(in super::super) async fn list(
    cx: &mut Cx<'_>,
    me: PersonId,
    team: Option<TeamId>,
    stands: Stands,
    after: Option<(Timestamp, WinsEntryId)>,
    rows: i64,
) -> Result<(Vec<Row>, i64)> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let (after, behind) =
        after.map_or((None, None), |(at, id)| (Some(jiff_sqlx::Timestamp::from(at)), Some(id)));
    let closed = match stands {
        Stands::Open => Some(false),
        Stands::Closed => Some(true),
        Stands::All => None,
    };
    let found = sqlx::query!(
        r#"WITH RECURSIVE
               within AS (
                   SELECT t.id, 0 AS depth FROM team t WHERE t.id = $3
                   UNION
                   SELECT t.id, w.depth + 1 FROM within w JOIN team t ON t.parent_id = w.id WHERE w.depth < 32
               ),
               seen AS MATERIALIZED (
                   SELECT e.id, e.again_of, e.created_at, e.update_id, e.closed_at
                   FROM wins_visible($1, $2) v JOIN wins_entry e ON e.id = v.entry_id
                   WHERE e.kind = 'challenge' AND NOT EXISTS (SELECT FROM wins_origin o WHERE o.line_id = e.id)
                     AND ($3::uuid IS NULL OR e.team_id IN (SELECT within.id FROM within))
               ),
               -- one that was told before in a telling which the actor may not see begins with what they may
               chain AS (
                   SELECT s.id, s.id AS first FROM seen s WHERE s.again_of IS NULL OR s.again_of NOT IN (SELECT seen.id FROM seen)
                   UNION ALL
                   SELECT s.id, c.first FROM chain c JOIN seen s ON s.again_of = c.id
               ),
               one AS (
                   SELECT c.first, min(s.created_at) AS since, count(s.update_id) AS told, bool_or(s.closed_at IS NOT NULL) AS closed,
                          (array_agg(s.id ORDER BY s.created_at DESC, s.id DESC))[1] AS last
                   FROM chain c JOIN seen s ON s.id = c.id GROUP BY c.first
               ),
               matching AS (SELECT * FROM one WHERE $4::boolean IS NULL OR one.closed = $4),
               counted AS (SELECT count(*) AS total FROM matching)
           SELECT counted.total AS "total!", m.last AS "last?: WinsEntryId", m.first AS "first?: WinsEntryId", m.told AS "told?",
                  m.since AS "since?: jiff_sqlx::Timestamp"
           FROM counted LEFT JOIN (
                    SELECT * FROM matching WHERE $5::timestamptz IS NULL OR (since, first) > ($5, $6::uuid)
                    ORDER BY since, first LIMIT $7) m ON true
           ORDER BY m.since, m.first"#,
        me as PersonId,
        now as _,
        team as Option<TeamId>,
        closed,
        after as _,
        behind as Option<WinsEntryId>,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    let total = found.first().map_or(0, |row| row.total);
    let rows = found.into_iter().filter_map(|r| {
        Some(Row { last: r.last?, first: r.first?, told: r.told?, since: r.since?.to_jiff() })
    });
    Ok((rows.collect(), total))
}

/// Those of these teams whose challenges a person may close: they lead it or one above it or stand in for such a lead, and where nobody
/// leads it they are in it.
pub(in super::super) async fn closed_by(
    cx: &mut Cx<'_>,
    me: PersonId,
    teams: &[TeamId],
) -> Result<Vec<TeamId>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        r#"WITH RECURSIVE up AS (
               SELECT t.id AS team, t.id, t.parent_id, t.lead_id, 0 AS depth FROM team t WHERE t.id = ANY($1)
               UNION ALL
               SELECT up.team, t.id, t.parent_id, t.lead_id, up.depth + 1 FROM up JOIN team t ON t.id = up.parent_id WHERE up.depth < 32)
           SELECT t.id AS "id: TeamId" FROM team t LEFT JOIN person l ON l.id = t.lead_id AND l.active
           WHERE t.id = ANY($1)
             AND (EXISTS (SELECT FROM up LEFT JOIN wins_deputy d ON d.team_id = up.id
                          WHERE up.team = t.id AND (up.lead_id = $2 OR d.person_id = $2))
                  OR (l.id IS NULL AND EXISTS (
                      SELECT FROM membership m WHERE m.team_id = t.id AND m.person_id = $2 AND m.valid_from <= $3
                                                 AND (m.valid_until IS NULL OR m.valid_until > $3))))"#,
        &teams.iter().map(|team| team.0).collect::<Vec<_>>(),
        me as PersonId,
        now as _,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// A telling of a challenge.
pub(in super::super) struct Telling {
    pub(in super::super) id: WinsEntryId,
    pub(in super::super) update: Option<UpdateId>,
    /// Whether that update is still being written.
    pub(in super::super) open: bool,
}

/// All tellings of a challenge, the last one first; of a line those of the challenges that it was made of as well. Locked.
pub(in super::super) async fn tellings(cx: &mut Cx<'_>, id: WinsEntryId) -> Result<Vec<Telling>> {
    Ok(sqlx::query_as!(
        Telling,
        r#"WITH RECURSIVE
           made AS (
               SELECT $1::uuid AS id
               UNION
               SELECT o.origin_id FROM made JOIN wins_origin o ON o.line_id = made.id
           ),
           told AS (
               SELECT made.id FROM made
               UNION
               SELECT n.id FROM told CROSS JOIN LATERAL (
                   SELECT e.again_of AS id FROM wins_entry e WHERE e.id = told.id AND e.again_of IS NOT NULL
                   UNION ALL SELECT e.id FROM wins_entry e WHERE e.again_of = told.id) n
           )
           SELECT e.id AS "id: WinsEntryId", e.update_id AS "update: UpdateId", coalesce(u.state = 'open', false) AS "open!"
           FROM wins_entry e LEFT JOIN wins_update u ON u.id = e.update_id
           WHERE e.id IN (SELECT told.id FROM told) ORDER BY e.created_at DESC, e.id DESC FOR UPDATE OF e"#,
        id as WinsEntryId,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// A telling that was closed, and who wrote it.
pub(in super::super) struct ClosedOne {
    pub(in super::super) id: WinsEntryId,
    pub(in super::super) summary: String,
    pub(in super::super) writer: Option<PersonId>,
    pub(in super::super) is_line: bool,
}

/// Closes a challenge in these tellings and in the lines that were made of them alone, as far up as that goes; returns those that were
/// open, the newest first.
pub(in super::super) async fn close(
    cx: &mut Cx<'_>,
    tellings: &[WinsEntryId],
    how: Closing,
    note: &str,
) -> Result<Vec<ClosedOne>> {
    let (me, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    Ok(sqlx::query_as!(
        ClosedOne,
        r#"WITH RECURSIVE
           up AS (
               SELECT told.id FROM unnest($1::uuid[]) AS told (id)
               UNION
               SELECT o.line_id FROM up JOIN wins_origin o ON o.origin_id = up.id
               WHERE o.line_id = ANY($1)
                  OR NOT EXISTS (SELECT FROM wins_origin other WHERE other.line_id = o.line_id AND other.origin_id <> o.origin_id)
           ),
           closed AS (
               UPDATE wins_entry e SET closed_as = $2, closed_at = $3, closed_by = $4, closed_note = $5, version = version + 1
               FROM up WHERE e.id = up.id AND e.closed_at IS NULL AND e.kind = 'challenge'
               RETURNING e.id, e.summary, e.created_by, e.created_at
           )
           SELECT c.id AS "id: WinsEntryId", c.summary, c.created_by AS "writer: PersonId",
                  EXISTS (SELECT FROM wins_origin o WHERE o.line_id = c.id) AS "is_line!"
           FROM closed c ORDER BY c.created_at DESC, c.id DESC"#,
        &tellings.iter().map(|id| id.0).collect::<Vec<_>>(),
        how as Closing,
        now as _,
        me as Option<PersonId>,
        note,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Opens those of these tellings again that were closed when this challenge was, and the lines that were closed with them; returns how many
/// were closed. Wins that were offered and that nobody edited or chose are gone.
pub(in super::super) async fn reopen(
    cx: &mut Cx<'_>,
    challenge: WinsEntryId,
    tellings: &[WinsEntryId],
) -> Result<u64> {
    let keys: Vec<_> = tellings.iter().map(|id| id.0).collect();
    let done = sqlx::query!(
        "WITH RECURSIVE up AS (
             SELECT e.id, e.closed_at FROM wins_entry e JOIN wins_entry c ON c.id = $2 AND c.closed_at = e.closed_at WHERE e.id = ANY($1)
             UNION
             SELECT l.id, l.closed_at FROM up JOIN wins_origin o ON o.origin_id = up.id
                 JOIN wins_entry l ON l.id = o.line_id AND l.closed_at = up.closed_at
         )
         UPDATE wins_entry e SET closed_as = NULL, closed_at = NULL, closed_by = NULL, closed_note = '', version = version + 1
         FROM up WHERE e.id = up.id",
        &keys,
        challenge as WinsEntryId,
    )
    .execute(cx.conn())
    .await?;
    sqlx::query!(
        "DELETE FROM wins_entry WHERE solves = ANY($1) AND update_id IS NULL AND publication_id IS NULL AND version = 1",
        &keys
    )
    .execute(cx.conn())
    .await?;
    Ok(done.rows_affected())
}
