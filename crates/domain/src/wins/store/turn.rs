//! What happens by itself: cycles, who takes part in them, reminders, closing.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};

use super::super::{deadline::Days, record::UpdateState};
use crate::{Cx, CycleId, PersonId, Result, TeamId, UpdateId, WinsPlanId};

/// The last day of the newest cycle of each plan.
pub(in super::super) async fn last_days(cx: &mut Cx<'_>) -> Result<Vec<(WinsPlanId, Date)>> {
    let rows = sqlx::query!(
        r#"SELECT plan_id AS "plan: WinsPlanId", max(ends_on) AS "last!: jiff_sqlx::Date" FROM wins_cycle GROUP BY plan_id"#
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.plan, r.last.to_jiff())).collect())
}

/// Begins a cycle, unless there is one already.
pub(in super::super) async fn insert_cycle(
    cx: &mut Cx<'_>,
    plan: WinsPlanId,
    slug: &str,
    days: Days,
    opens_at: Timestamp,
    publish_at: Timestamp,
) -> Result<Option<CycleId>> {
    let id = CycleId::new();
    let made = sqlx::query!(
        "INSERT INTO wins_cycle (id, plan_id, slug, starts_on, ends_on, opens_at, publish_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        id as CycleId,
        plan as WinsPlanId,
        slug,
        jiff_sqlx::Date::from(days.first) as _,
        jiff_sqlx::Date::from(days.last) as _,
        jiff_sqlx::Timestamp::from(opens_at) as _,
        jiff_sqlx::Timestamp::from(publish_at) as _,
    )
    .execute(cx.conn())
    .await?;
    Ok((made.rows_affected() > 0).then_some(id))
}

/// A cycle that is not closed.
pub(in super::super) struct OpenCycle {
    pub(in super::super) id: CycleId,
    pub(in super::super) plan: WinsPlanId,
    pub(in super::super) slug: String,
    pub(in super::super) last: Date,
    pub(in super::super) publish_at: Timestamp,
}

/// Cycles that are not closed, oldest first.
pub(in super::super) async fn open_cycles(cx: &mut Cx<'_>) -> Result<Vec<OpenCycle>> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id: CycleId", plan_id AS "plan: WinsPlanId", slug, ends_on AS "last: jiff_sqlx::Date", publish_at
           FROM wins_cycle WHERE published_at IS NULL ORDER BY publish_at, id LIMIT 1000"#
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| OpenCycle {
            id: r.id,
            plan: r.plan,
            slug: r.slug,
            last: r.last.to_jiff(),
            publish_at: r.publish_at.to_jiff(),
        })
        .collect())
}

/// Takes a cycle that is not closed, until the transaction ends; not if somebody else has it.
pub(in super::super) async fn take(cx: &mut Cx<'_>, id: CycleId) -> Result<bool> {
    let taken = sqlx::query_scalar!(
        r#"SELECT 1 AS "one!" FROM wins_cycle WHERE id = $1 AND published_at IS NULL FOR UPDATE SKIP LOCKED"#,
        id as CycleId
    );
    Ok(taken.fetch_optional(cx.conn()).await?.is_some())
}

/// A team that takes part as the tree stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Placed {
    pub(in super::super) team: TeamId,
    /// The nearest above it that takes part.
    pub(in super::super) above: Option<TeamId>,
    /// Steps down to the farthest below it that takes part.
    pub(in super::super) level: i16,
}

/// Who takes part in a plan, those above first. Below the top of another plan that one holds.
pub(in super::super) async fn placed(cx: &mut Cx<'_>, plan: WinsPlanId) -> Result<Vec<Placed>> {
    let rows = sqlx::query!(
        r#"WITH RECURSIVE
               tree AS (
                   SELECT t.id, NULL::uuid AS above, ARRAY[t.id] AS path, o.team_id IS NULL AS takes_part,
                          (o.team_id IS NULL)::integer AS steps
                   FROM wins_plan p JOIN team t ON t.id = p.root_team_id
                        LEFT JOIN wins_left_out o ON o.plan_id = p.id AND o.team_id = t.id
                   WHERE p.id = $1 AND o.below IS NOT TRUE
                   UNION ALL
                   SELECT t.id, CASE WHEN tree.takes_part THEN tree.id ELSE tree.above END, tree.path || t.id, o.team_id IS NULL,
                          tree.steps + (o.team_id IS NULL)::integer
                   FROM tree JOIN team t ON t.parent_id = tree.id
                        LEFT JOIN wins_left_out o ON o.plan_id = $1 AND o.team_id = t.id
                   WHERE o.below IS NOT TRUE AND t.id <> ALL (tree.path) AND cardinality(tree.path) < 32
                     AND NOT EXISTS (SELECT FROM wins_plan other WHERE other.root_team_id = t.id AND other.id <> $1)
               ),
               deepest AS (
                   SELECT above.id, max(tree.steps) AS steps
                   FROM tree CROSS JOIN LATERAL unnest(tree.path) AS above (id) WHERE tree.takes_part GROUP BY above.id
               )
           SELECT tree.id AS "team!: TeamId", tree.above AS "above: TeamId", (d.steps - tree.steps)::smallint AS "level!"
           FROM tree JOIN deepest d ON d.id = tree.id WHERE tree.takes_part ORDER BY tree.path"#,
        plan as WinsPlanId
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| Placed { team: r.team, above: r.above, level: r.level }).collect())
}

/// Teams that write, or handed up, for another plan in days that a cycle has too: they appear there, and not twice.
pub(in super::super) async fn elsewhere(cx: &mut Cx<'_>, cycle: CycleId) -> Result<BTreeSet<TeamId>> {
    let teams = sqlx::query_scalar!(
        r#"SELECT DISTINCT u.team_id AS "team: TeamId"
           FROM wins_cycle c JOIN wins_cycle o ON o.plan_id <> c.plan_id AND o.starts_on <= c.ends_on AND o.ends_on >= c.starts_on
                JOIN wins_update u ON u.cycle_id = o.id AND u.state <> 'missed'
           WHERE c.id = $1"#,
        cycle as CycleId
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(teams.into_iter().collect())
}

/// Where an update of a cycle stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Stands {
    pub(in super::super) id: UpdateId,
    pub(in super::super) team: TeamId,
    pub(in super::super) parent: Option<UpdateId>,
    pub(in super::super) level: i16,
    pub(in super::super) state: UpdateState,
}

/// The updates of a cycle, the lowest first.
pub(in super::super) async fn standing(cx: &mut Cx<'_>, cycle: CycleId) -> Result<Vec<Stands>> {
    Ok(sqlx::query_as!(
        Stands,
        r#"SELECT id AS "id: UpdateId", team_id AS "team: TeamId", parent_id AS "parent: UpdateId", level, state AS "state: UpdateState"
           FROM wins_update WHERE cycle_id = $1 ORDER BY level, id"#,
        cycle as CycleId
    )
    .fetch_all(cx.conn())
    .await?)
}

/// The same, and nobody changes them until the transaction ends.
pub(in super::super) async fn lock_standing(cx: &mut Cx<'_>, cycle: CycleId) -> Result<Vec<Stands>> {
    Ok(sqlx::query_as!(
        Stands,
        r#"SELECT id AS "id: UpdateId", team_id AS "team: TeamId", parent_id AS "parent: UpdateId", level, state AS "state: UpdateState"
           FROM wins_update WHERE cycle_id = $1 ORDER BY level, id FOR UPDATE"#,
        cycle as CycleId
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Where an update is to stand, and by when it is due there.
pub(in super::super) struct Place {
    pub(in super::super) id: UpdateId,
    pub(in super::super) team: TeamId,
    pub(in super::super) parent: Option<UpdateId>,
    pub(in super::super) level: i16,
    pub(in super::super) due_at: Timestamp,
}

/// Makes the updates of teams that have none in this cycle, with what the plan says for their height.
pub(in super::super) async fn insert_updates(
    cx: &mut Cx<'_>,
    cycle: CycleId,
    plan: WinsPlanId,
    places: &[Place],
) -> Result<u64> {
    if places.is_empty() {
        return Ok(0);
    }
    let ids: Vec<_> = places.iter().map(|p| p.id.0).collect();
    let teams: Vec<_> = places.iter().map(|p| p.team.0).collect();
    let parents: Vec<_> = places.iter().map(|p| p.parent.map(|id| id.0)).collect();
    let levels: Vec<_> = places.iter().map(|p| p.level).collect();
    let due: Vec<_> = places.iter().map(|p| jiff_sqlx::Timestamp::from(p.due_at)).collect();
    let made = sqlx::query!(
        "INSERT INTO wins_update (id, cycle_id, team_id, parent_id, level, due_at, most_wins, most_challenges, most_words, audience)
         SELECT n.id, $1, n.team, n.parent, n.level, n.due, l.most_wins, l.most_challenges, l.most_words, l.audience
         FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::smallint[], $7::timestamptz[]) AS n (id, team, parent, level, due)
              JOIN wins_level l ON l.plan_id = $2
                   AND l.level = least(n.level, (SELECT max(m.level) FROM wins_level m WHERE m.plan_id = $2))
         ON CONFLICT (cycle_id, team_id) DO NOTHING",
        cycle as CycleId,
        plan as WinsPlanId,
        &ids,
        &teams,
        &parents as _,
        &levels,
        &due as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(made.rows_affected())
}

/// Hands open updates elsewhere: to which, at which height, and by when if that is another time now. At another height what the plan says
/// for that holds, but not in place of what somebody set for this one.
pub(in super::super) async fn move_updates(
    cx: &mut Cx<'_>,
    moved: &[(UpdateId, Option<UpdateId>, i16, Option<Timestamp>)],
) -> Result<u64> {
    if moved.is_empty() {
        return Ok(0);
    }
    let ids: Vec<_> = moved.iter().map(|m| m.0.0).collect();
    let parents: Vec<_> = moved.iter().map(|m| m.1.map(|id| id.0)).collect();
    let levels: Vec<_> = moved.iter().map(|m| m.2).collect();
    let due: Vec<_> = moved.iter().map(|m| m.3.map(jiff_sqlx::Timestamp::from)).collect();
    let done = sqlx::query!(
        "UPDATE wins_update u
         SET parent_id = n.parent, level = n.level, due_at = coalesce(n.due, u.due_at), version = u.version + 1,
             most_wins = CASE WHEN u.most_wins = was.most_wins THEN now.most_wins ELSE u.most_wins END,
             most_challenges = CASE WHEN u.most_challenges = was.most_challenges THEN now.most_challenges ELSE u.most_challenges END,
             most_words = now.most_words,
             audience = CASE WHEN u.audience = was.audience THEN now.audience ELSE u.audience END
         FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::timestamptz[]) AS n (id, parent, level, due)
              JOIN wins_update o ON o.id = n.id JOIN wins_cycle c ON c.id = o.cycle_id
              JOIN LATERAL (SELECT max(m.level) AS level FROM wins_level m WHERE m.plan_id = c.plan_id) top ON true
              JOIN wins_level was ON was.plan_id = c.plan_id AND was.level = least(o.level, top.level)
              JOIN wins_level now ON now.plan_id = c.plan_id AND now.level = least(n.level, top.level)
         WHERE u.id = n.id AND u.state = 'open'",
        &ids,
        &parents as _,
        &levels,
        &due as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// Takes updates away whose teams take no part any more, but not one that something was handed to.
pub(in super::super) async fn delete_updates(cx: &mut Cx<'_>, ids: &[UpdateId]) -> Result<u64> {
    let keys: Vec<_> = ids.iter().map(|id| id.0).collect();
    let gone = sqlx::query!(
        "DELETE FROM wins_update u WHERE u.id = ANY($1) AND u.state = 'open'
           AND NOT EXISTS (SELECT FROM wins_update c WHERE c.parent_id = u.id)
           AND NOT EXISTS (SELECT FROM wins_entry e WHERE e.update_id = u.id)",
        &keys
    );
    Ok(gone.execute(cx.conn()).await?.rows_affected())
}

/// Takes everything from these updates: what was made of entries below is gone, the rest waits in the teams again.
pub(in super::super) async fn release(cx: &mut Cx<'_>, ids: &[UpdateId]) -> Result<()> {
    take_from(cx, ids, true).await
}

/// Lets what stands in these updates wait in their teams for the next one. So do lines that somebody rewrote; the others are gone.
pub(in super::super) async fn keep_waiting(cx: &mut Cx<'_>, ids: &[UpdateId]) -> Result<()> {
    take_from(cx, ids, false).await
}

async fn take_from(cx: &mut Cx<'_>, ids: &[UpdateId], all_lines: bool) -> Result<()> {
    let keys: Vec<_> = ids.iter().map(|id| id.0).collect();
    sqlx::query!(
        "DELETE FROM wins_entry e WHERE e.update_id = ANY($1) AND e.publication_id IS NULL AND ($2 OR e.version = 1)
           AND EXISTS (SELECT FROM wins_origin o WHERE o.line_id = e.id)",
        &keys,
        all_lines,
    )
    .execute(cx.conn())
    .await?;
    sqlx::query!(
        "UPDATE wins_entry SET update_id = NULL, place = 0 WHERE update_id = ANY($1) AND publication_id IS NULL",
        &keys
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Somebody to be reminded.
pub(in super::super) struct Reminder {
    pub(in super::super) update: UpdateId,
    pub(in super::super) team: String,
    pub(in super::super) time_zone: String,
    pub(in super::super) due_at: Timestamp,
    pub(in super::super) publish_at: Timestamp,
    pub(in super::super) who: PersonId,
    /// Whether it is late already.
    pub(in super::super) late: bool,
}

/// Notes that whoever owes an update is reminded now: those due until `soon`, and those that are late; each once before and once after.
/// What nobody owes is not noted, for somebody may yet.
pub(in super::super) async fn reminders(cx: &mut Cx<'_>, soon: Timestamp) -> Result<Vec<Reminder>> {
    let (now, soon) = (jiff_sqlx::Timestamp::from(cx.now()), jiff_sqlx::Timestamp::from(soon));
    let rows = sqlx::query!(
        r#"WITH owed AS (
               SELECT u.id, u.due_at <= $1 AS late, wins_owed_by(u.delegate_id, u.team_id, $1) AS who
               FROM wins_update u JOIN wins_cycle c ON c.id = u.cycle_id
               WHERE u.state = 'open' AND u.due_at <= $2 AND c.published_at IS NULL AND c.publish_at > $1
                 AND CASE WHEN u.due_at <= $1 THEN u.reminded_after_at IS NULL ELSE u.reminded_before_at IS NULL END
               FOR UPDATE OF u SKIP LOCKED)
           UPDATE wins_update u
           SET reminded_before_at = CASE WHEN owed.late THEN u.reminded_before_at ELSE $1 END,
               reminded_after_at = CASE WHEN owed.late THEN $1 ELSE u.reminded_after_at END
           FROM owed, team t, wins_cycle c, wins_plan p
           WHERE u.id = owed.id AND owed.who IS NOT NULL AND t.id = u.team_id AND c.id = u.cycle_id AND p.id = c.plan_id
           RETURNING u.id AS "update: UpdateId", t.name AS team, p.time_zone, u.due_at, c.publish_at, owed.who AS "who!: PersonId",
                     owed.late AS "late!""#,
        now as _,
        soon as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Reminder {
            update: r.update,
            team: r.team,
            time_zone: r.time_zone,
            due_at: r.due_at.to_jiff(),
            publish_at: r.publish_at.to_jiff(),
            who: r.who,
            late: r.late,
        })
        .collect())
}

/// Notes that a cycle is closed, and that what was not handed up was missed.
pub(in super::super) async fn close(cx: &mut Cx<'_>, cycle: CycleId) -> Result<u64> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let missed = sqlx::query!(
        "UPDATE wins_update SET state = 'missed', version = version + 1 WHERE cycle_id = $1 AND state = 'open'",
        cycle as CycleId
    )
    .execute(cx.conn())
    .await?;
    sqlx::query!("UPDATE wins_cycle SET published_at = $2 WHERE id = $1", cycle as CycleId, now as _)
        .execute(cx.conn())
        .await?;
    Ok(missed.rows_affected())
}
