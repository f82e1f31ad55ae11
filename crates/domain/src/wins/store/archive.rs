//! Statements that find what was handed up again. All of them ask `wins_visible` first.

use std::collections::HashMap;

use jiff::civil::Date;

use super::super::record::{Cycle, Facet, Kind, Topic};
use crate::{Cx, CycleId, PersonId, Result, TeamId, UpdateId, WinsEntryId, WinsPlanId};

/// Which entries, as keys.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Wanted {
    /// As a query of the dictionary `simple`.
    pub(in super::super) words: Option<String>,
    pub(in super::super) team: Option<TeamId>,
    pub(in super::super) person: Option<PersonId>,
    pub(in super::super) entity: Option<String>,
    pub(in super::super) topic: Option<Topic>,
    pub(in super::super) kind: Option<Kind>,
    pub(in super::super) days: Option<(Date, Date)>,
    pub(in super::super) origins_only: bool,
}

/// An entry that was found: where it is read, and in which order.
pub(in super::super) struct Hit {
    pub(in super::super) entry: WinsEntryId,
    pub(in super::super) cycle: CycleId,
    pub(in super::super) ends_on: Date,
    pub(in super::super) readable: bool,
}

/// `handed_up!(query macro, cx, me, wanted, select, rest, arguments…)`: the statements that look at what is wanted of what was handed up
/// and the actor may see: entries `e` of updates `u` in cycles `c`. `$1` to `$11` are what is wanted; arguments begin at `$12`.
macro_rules! handed_up {
    ($query:ident, $cx:expr, $me:expr, $wanted:expr, $select:tt, $rest:tt $(, $argument:expr)* $(,)?) => {{
        let now = jiff_sqlx::Timestamp::from($cx.now());
        let (from, until) = $wanted.days.map(|(from, until)| (jiff_sqlx::Date::from(from), jiff_sqlx::Date::from(until))).unzip();
        sqlx::$query!(
            r#"WITH RECURSIVE
                   below AS (
                       SELECT t.id, 0 AS depth FROM team t WHERE t.id = $4
                       UNION ALL SELECT t.id, b.depth + 1 FROM below b JOIN team t ON t.parent_id = b.id WHERE b.depth < 32),
                   found AS MATERIALIZED (
                       SELECT e.id, e.team_id, e.created_by, e.topic, e.publication_id, u.cycle_id, c.ends_on
                       FROM wins_entry e JOIN wins_update u ON u.id = e.update_id AND u.state IN ('submitted', 'published')
                            JOIN wins_cycle c ON c.id = u.cycle_id
                       WHERE e.id IN (SELECT v.entry_id FROM wins_visible($1, $2) v)
                         AND ($3::text IS NULL OR e.words @@ to_tsquery('simple', $3))
                         AND ($4::uuid IS NULL OR e.team_id IN (SELECT b.id FROM below b))
                         AND ($5::uuid IS NULL OR e.created_by = $5 
                              OR EXISTS (SELECT FROM wins_credit x WHERE x.entry_id = e.id AND x.person_id = $5))
                         AND ($6::text IS NULL OR EXISTS (
                              SELECT FROM wins_about a JOIN entity y ON y.id = a.entity_id 
                              WHERE a.entry_id = e.id AND lower(y.ref) = lower($6)))
                         AND ($7::text IS NULL OR e.topic = $7) AND ($8::text IS NULL OR e.kind = $8)
                         AND ($9::date IS NULL OR c.ends_on BETWEEN $9 AND $10)
                         AND (NOT $11 OR NOT EXISTS (SELECT FROM wins_origin o WHERE o.line_id = e.id))) "#
                + $select + $rest,
            $me as PersonId,
            now as _,
            $wanted.words.as_deref(),
            $wanted.team as Option<TeamId>,
            $wanted.person as Option<PersonId>,
            $wanted.entity.as_deref(),
            $wanted.topic.map(Topic::as_str),
            $wanted.kind.map(Kind::as_str),
            from as _,
            until as _,
            $wanted.origins_only
            $(, $argument)*
        )
    }};
}

/// What is wanted, newest cycle first, before a key.
pub(in super::super) async fn found(
    cx: &mut Cx<'_>,
    me: PersonId,
    wanted: &Wanted,
    before: Option<(Date, WinsEntryId)>,
    rows: i64,
) -> Result<Vec<Hit>> {
    let (day, id) = before.map(|(day, id)| (jiff_sqlx::Date::from(day), id)).unzip();
    let rows = handed_up!(
        query, cx, me, wanted,
        r#"SELECT f.id AS "entry: WinsEntryId", f.cycle_id AS "cycle: CycleId", f.ends_on AS "ends_on: jiff_sqlx::Date",
                  (f.publication_id IS NOT NULL
                   AND f.publication_id IN (SELECT r.publication_id FROM wins_readable($1, $2) r)) AS "readable!" "#,
        "FROM found f WHERE $12::date IS NULL OR (f.ends_on, f.id) < ($12, $13) ORDER BY f.ends_on DESC, f.id DESC LIMIT $14",
        day as _,
        id as Option<WinsEntryId>,
        rows
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Hit { entry: r.entry, cycle: r.cycle, ends_on: r.ends_on.to_jiff(), readable: r.readable })
        .collect())
}

/// How many there are, counted until one row beyond `most`.
pub(in super::super) async fn count(
    cx: &mut Cx<'_>,
    me: PersonId,
    wanted: &Wanted,
    most: i64,
) -> Result<i64> {
    Ok(handed_up!(
        query_scalar,
        cx,
        me,
        wanted,
        r#"SELECT count(*) AS "n!" "#,
        "FROM (SELECT FROM found LIMIT $12) x",
        most + 1
    )
    .fetch_one(cx.conn())
    .await?)
}

/// How many of what is wanted each team, person, thing, topic and quarter has, the most frequent first: the facet's name and itself.
pub(in super::super) async fn facets(
    cx: &mut Cx<'_>,
    me: PersonId,
    wanted: &Wanted,
    most: i64,
) -> Result<Vec<(String, Facet)>> {
    let rows = handed_up!(
        query, cx, me, wanted,
        r#"SELECT x.what AS "what!", x.key AS "key!", x.label AS "label!", x.n AS "n!" "#,
        "FROM (
             (SELECT 'team' AS what, t.slug AS key, t.name AS label, count(*) AS n FROM found f JOIN team t ON t.id = f.team_id
              GROUP BY t.id ORDER BY n DESC, lower(t.name) LIMIT $12)
             UNION ALL
             (SELECT 'person', p.handle, p.name, count(*) AS n
              FROM (SELECT f.id, f.created_by AS person FROM found f
                    UNION SELECT f.id, c.person_id FROM found f JOIN wins_credit c ON c.entry_id = f.id) w
                   JOIN person p ON p.id = w.person
              GROUP BY p.id ORDER BY n DESC, lower(p.name) LIMIT $12)
             UNION ALL
             (SELECT 'entity', y.ref, coalesce(y.title, y.name), count(*) AS n
              FROM found f JOIN wins_about a ON a.entry_id = f.id JOIN entity y ON y.id = a.entity_id
              GROUP BY y.id ORDER BY n DESC, y.ref LIMIT $12)
             UNION ALL
             (SELECT 'topic', f.topic, f.topic, count(*) AS n FROM found f WHERE f.topic IS NOT NULL
              GROUP BY f.topic ORDER BY n DESC LIMIT $12)
             UNION ALL
             (SELECT 'quarter', to_char(f.ends_on, 'YYYY\"-q\"Q'), to_char(f.ends_on, '\"Q\"Q YYYY'), count(*) AS n
              FROM found f GROUP BY 2, 3 ORDER BY 2 DESC LIMIT $12)) x",
        most
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.what, Facet { key: r.key, label: r.label, count: r.n })).collect())
}

/// Cycles by their keys.
pub(in super::super) async fn cycles(cx: &mut Cx<'_>, ids: &[CycleId]) -> Result<HashMap<CycleId, Cycle>> {
    let keys: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"SELECT c.id AS "id: CycleId", c.plan_id AS "plan: WinsPlanId", c.slug, c.starts_on AS "starts_on: jiff_sqlx::Date",
                  c.ends_on AS "ends_on: jiff_sqlx::Date", wp.time_zone, c.publish_at AS "publish_at: jiff_sqlx::Timestamp",
                  c.published_at AS "published_at: jiff_sqlx::Timestamp"
           FROM wins_cycle c JOIN wins_plan wp ON wp.id = c.plan_id WHERE c.id = ANY($1)"#,
        &keys
    )
    .fetch_all(cx.conn())
    .await?;
    let cycle = rows.into_iter().map(|r| Cycle {
        id: r.id,
        plan: r.plan,
        slug: r.slug,
        starts_on: r.starts_on.to_jiff(),
        ends_on: r.ends_on.to_jiff(),
        time_zone: r.time_zone,
        publish_at: r.publish_at.to_jiff(),
        published_at: r.published_at.map(jiff_sqlx::Timestamp::to_jiff),
    });
    Ok(cycle.map(|cycle| (cycle.id, cycle)).collect())
}

/// The updates that a team handed up and of which the actor may see something, newest cycle first, before a key.
pub(in super::super) async fn timeline(
    cx: &mut Cx<'_>,
    me: PersonId,
    team: TeamId,
    before: Option<(Date, UpdateId)>,
    rows: i64,
) -> Result<Vec<(UpdateId, CycleId, Date)>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let (day, id) = before.map(|(day, id)| (jiff_sqlx::Date::from(day), id)).unzip();
    let rows = sqlx::query!(
        r#"SELECT u.id AS "id: UpdateId", u.cycle_id AS "cycle: CycleId", c.ends_on AS "ends_on: jiff_sqlx::Date"
           FROM wins_update u JOIN wins_cycle c ON c.id = u.cycle_id
           WHERE u.team_id = $3 AND u.state IN ('submitted', 'published')
             AND u.id IN (SELECT e.update_id FROM wins_visible($1, $2) v JOIN wins_entry e ON e.id = v.entry_id WHERE e.team_id = $3)
             AND ($4::date IS NULL OR (c.ends_on, u.id) < ($4, $5))
           ORDER BY c.ends_on DESC, u.id DESC LIMIT $6"#,
        me as PersonId,
        now as _,
        team as TeamId,
        day as _,
        id as Option<UpdateId>,
        rows
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.id, r.cycle, r.ends_on.to_jiff())).collect())
}

pub(in super::super) async fn count_timeline(cx: &mut Cx<'_>, me: PersonId, team: TeamId) -> Result<i64> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM wins_update u
           WHERE u.team_id = $3 AND u.state IN ('submitted', 'published')
             AND u.id IN (SELECT e.update_id FROM wins_visible($1, $2) v JOIN wins_entry e ON e.id = v.entry_id WHERE e.team_id = $3)"#,
        me as PersonId,
        now as _,
        team as TeamId
    )
    .fetch_one(cx.conn())
    .await?)
}

/// The entries of these updates, wins first, each kind in its order: for [`super::entry::seen`].
pub(in super::super) async fn entries_of(cx: &mut Cx<'_>, updates: &[UpdateId]) -> Result<Vec<WinsEntryId>> {
    let keys: Vec<_> = updates.iter().map(|id| id.0).collect();
    Ok(sqlx::query_scalar!(
        r#"SELECT e.id AS "id: WinsEntryId" FROM wins_entry e WHERE e.update_id = ANY($1) ORDER BY e.kind DESC, e.place, e.id"#,
        &keys
    )
    .fetch_all(cx.conn())
    .await?)
}
