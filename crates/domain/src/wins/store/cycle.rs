//! Cycles, which updates of them somebody may read, who took part, and what is owed.

use std::collections::HashMap;

use jiff::{Timestamp, civil::Date};

use super::super::record::{Cycle, UpdateState};
use crate::{Cx, CycleId, PersonId, Result, TeamId, UpdateId, WinsPlanId, people::TeamName};

struct Row {
    id: CycleId,
    plan_id: WinsPlanId,
    slug: String,
    starts_on: jiff_sqlx::Date,
    ends_on: jiff_sqlx::Date,
    time_zone: String,
    publish_at: jiff_sqlx::Timestamp,
    published_at: Option<jiff_sqlx::Timestamp>,
}

/// `cycles!(rest, arguments…)` is the checked statement that selects cycles `c` with their plan `p`; all parts are literals.
macro_rules! cycles {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT c.id AS "id!: CycleId", c.plan_id AS "plan_id!: WinsPlanId", c.slug AS "slug!",
                      c.starts_on AS "starts_on!: jiff_sqlx::Date", c.ends_on AS "ends_on!: jiff_sqlx::Date",
                      p.time_zone AS "time_zone!", c.publish_at AS "publish_at!: jiff_sqlx::Timestamp",
                      c.published_at AS "published_at?: jiff_sqlx::Timestamp"
               FROM wins_cycle c JOIN wins_plan p ON p.id = c.plan_id "#
                + $rest
            $(, $argument)*
        )
    };
}

impl From<Row> for Cycle {
    fn from(r: Row) -> Self {
        Self {
            id: r.id,
            plan: r.plan_id,
            slug: r.slug,
            starts_on: r.starts_on.to_jiff(),
            ends_on: r.ends_on.to_jiff(),
            time_zone: r.time_zone,
            publish_at: r.publish_at.to_jiff(),
            published_at: r.published_at.map(jiff_sqlx::Timestamp::to_jiff),
        }
    }
}

pub(in super::super) async fn cycle(cx: &mut Cx<'_>, id: CycleId) -> Result<Option<Cycle>> {
    Ok(cycles!("WHERE c.id = $1", id as CycleId).fetch_optional(cx.conn()).await?.map(Cycle::from))
}

/// Cycles by their keys.
pub(in super::super) async fn by_ids(cx: &mut Cx<'_>, ids: &[CycleId]) -> Result<HashMap<CycleId, Cycle>> {
    let keys: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = cycles!("WHERE c.id = ANY($1)", &keys).fetch_all(cx.conn()).await?;
    Ok(rows.into_iter().map(Cycle::from).map(|cycle| (cycle.id, cycle)).collect())
}

/// Cycles of all plans, newest first.
pub(in super::super) async fn cycles(
    cx: &mut Cx<'_>,
    after: Option<(Date, CycleId)>,
    rows: i64,
) -> Result<Vec<Cycle>> {
    let (day, id) = after.unzip();
    let found = cycles!(
        "WHERE $1::date IS NULL OR (c.starts_on, c.id) < ($1, $2::uuid) ORDER BY c.starts_on DESC, c.id DESC LIMIT $3",
        day.map(jiff_sqlx::Date::from) as _,
        id as Option<CycleId>,
        rows,
    );
    Ok(found.fetch_all(cx.conn()).await?.into_iter().map(Cycle::from).collect())
}

pub(in super::super) async fn count(cx: &mut Cx<'_>) -> Result<i64> {
    Ok(sqlx::query_scalar!(r#"SELECT count(*) AS "n!" FROM wins_cycle"#).fetch_one(cx.conn()).await?)
}

/// The updates of a cycle that somebody may read or writes, as the tree goes; and how many there are.
pub(in super::super) async fn readable(
    cx: &mut Cx<'_>,
    cycle: CycleId,
    me: PersonId,
    after: Option<UpdateId>,
    rows: i64,
) -> Result<(Vec<UpdateId>, i64)> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let found = sqlx::query!(
        r#"WITH RECURSIVE
               near AS MATERIALIZED (SELECT n.team_id, n.grade FROM wins_nearness($1, $2) n),
               open AS MATERIALIZED (SELECT r.publication_id FROM wins_readable($1, $2) r),
               tree AS (
                   SELECT u.id, u.team_id, u.delegate_id, ARRAY[lower(t.name), u.id::text] AS path, 0 AS depth
                   FROM wins_update u JOIN team t ON t.id = u.team_id WHERE u.cycle_id = $3 AND u.parent_id IS NULL
                   UNION ALL
                   SELECT u.id, u.team_id, u.delegate_id, tree.path || lower(t.name) || u.id::text, tree.depth + 1
                   FROM tree JOIN wins_update u ON u.parent_id = tree.id JOIN team t ON t.id = u.team_id WHERE tree.depth < 32
               ),
               seen AS (
                   SELECT tree.id, tree.path FROM tree LEFT JOIN near ON near.team_id = tree.team_id
                          LEFT JOIN wins_publication p ON p.update_id = tree.id
                   WHERE near.grade >= 2 OR tree.delegate_id = $1 OR p.id IN (SELECT open.publication_id FROM open)
               )
           SELECT seen.id AS "id!: UpdateId", (SELECT count(*) FROM seen) AS "n!" FROM seen
           WHERE $4::uuid IS NULL OR seen.path > (SELECT tree.path FROM tree WHERE tree.id = $4)
           ORDER BY seen.path LIMIT $5"#,
        me as PersonId,
        now as _,
        cycle as CycleId,
        after as Option<UpdateId>,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    let all = found.first().map_or(0, |r| r.n);
    Ok((found.into_iter().map(|r| r.id).collect(), all))
}

/// The last cycles in which a team or one below it took part, newest first.
pub(in super::super) async fn of_tree(cx: &mut Cx<'_>, team: TeamId, rows: i64) -> Result<Vec<Cycle>> {
    let found = cycles!(
        "WHERE EXISTS (
             WITH RECURSIVE below AS (
                 SELECT $1::uuid AS id, 0 AS depth
                 UNION ALL
                 SELECT t.id, b.depth + 1 FROM below b JOIN team t ON t.parent_id = b.id WHERE b.depth < 32)
             SELECT FROM below JOIN wins_update u ON u.team_id = below.id WHERE u.cycle_id = c.id)
         ORDER BY c.starts_on DESC, c.id DESC LIMIT $2",
        team as TeamId,
        rows,
    );
    Ok(found.fetch_all(cx.conn()).await?.into_iter().map(Cycle::from).collect())
}

/// How one team stands, or stood, in one cycle.
pub(in super::super) struct Stood {
    pub(in super::super) cycle: CycleId,
    pub(in super::super) state: UpdateState,
    pub(in super::super) quiet: bool,
    pub(in super::super) due_at: Timestamp,
    pub(in super::super) submitted_at: Option<Timestamp>,
}

/// A team and those below it, as the tree goes, with how each stood in these cycles; teams that took part in none are left out.
pub(in super::super) async fn stood(
    cx: &mut Cx<'_>,
    team: TeamId,
    cycles: &[CycleId],
) -> Result<Vec<(TeamName, Stood)>> {
    let keys: Vec<_> = cycles.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"WITH RECURSIVE below AS (
               SELECT t.id, t.slug, t.name, ARRAY[lower(t.name), t.id::text] AS path, 0 AS depth FROM team t WHERE t.id = $1
               UNION ALL
               SELECT t.id, t.slug, t.name, b.path || lower(t.name) || t.id::text, b.depth + 1
               FROM below b JOIN team t ON t.parent_id = b.id WHERE b.depth < 32)
           SELECT b.id AS "id!: TeamId", b.slug AS "slug!", b.name AS "name!", u.cycle_id AS "cycle: CycleId",
                  u.state AS "state: UpdateState", u.quiet, u.due_at, u.submitted_at
           FROM below b JOIN wins_update u ON u.team_id = b.id WHERE u.cycle_id = ANY($2) ORDER BY b.path"#,
        team as TeamId,
        &keys,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| {
            let stood = Stood {
                cycle: r.cycle,
                state: r.state,
                quiet: r.quiet,
                due_at: r.due_at.to_jiff(),
                submitted_at: r.submitted_at.map(jiff_sqlx::Timestamp::to_jiff),
            };
            (TeamName { id: r.id, slug: r.slug, name: r.name }, stood)
        })
        .collect())
}

/// Open updates that a person owes and that are due until then, or that they were asked to write; the first due first.
pub(in super::super) async fn owed_by(
    cx: &mut Cx<'_>,
    me: PersonId,
    until: Timestamp,
    rows: i64,
) -> Result<Vec<UpdateId>> {
    let (now, until) = (jiff_sqlx::Timestamp::from(cx.now()), jiff_sqlx::Timestamp::from(until));
    // most people owe nothing ever, and every first page asks
    Ok(sqlx::query_scalar!(
        r#"SELECT u.id AS "id: UpdateId" FROM wins_update u
           WHERE u.state = 'open' AND (u.due_at <= $3 OR u.delegate_id = $1)
             AND (u.delegate_id = $1 OR EXISTS (SELECT FROM team t WHERE t.lead_id = $1)
                  OR EXISTS (SELECT FROM wins_deputy d WHERE d.person_id = $1))
             AND wins_owed_by(u.delegate_id, u.team_id, $2) = $1
           ORDER BY u.due_at, u.id LIMIT $4"#,
        me as PersonId,
        now as _,
        until as _,
        rows,
    )
    .fetch_all(cx.conn())
    .await?)
}
