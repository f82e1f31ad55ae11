//! Statements that find what was handed up again. All of them ask what the actor may see first.

use jiff::civil::Date;

use super::super::record::{Facet, Kind, Topic};
use crate::{Cx, CycleId, PersonId, Result, TeamId, UpdateId, WinsEntryId};

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

/// What is looked for in one go: some of what is wanted, how many there are of it, and what each further filter would leave.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Look {
    /// So many, the newest cycle first.
    pub(in super::super) hits: i64,
    /// Those before this key.
    pub(in super::super) before: Option<(Date, WinsEntryId)>,
    /// So many of each facet.
    pub(in super::super) facets: i64,
    /// How far they are counted.
    pub(in super::super) count: i64,
}

/// What was found.
#[derive(Default)]
pub(in super::super) struct Seen {
    pub(in super::super) hits: Vec<Hit>,
    pub(in super::super) count: i64,
    /// The facet's name and itself, the most frequent first.
    pub(in super::super) facets: Vec<(String, Facet)>,
}

/// What is wanted of what was handed up and the actor may see. One statement, since finding it is most of the work: the page, the number
/// and the facets are made of it. Inside a transaction: it is planned for what is wanted each time, since the plan that serves every
/// filter alike costs five times as much without one.
pub(in super::super) async fn look(
    cx: &mut Cx<'_>,
    me: PersonId,
    wanted: &Wanted,
    look: Look,
) -> Result<Seen> {
    sqlx::query!("SET LOCAL plan_cache_mode = force_custom_plan").execute(cx.conn()).await?;
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let (from, until) =
        wanted.days.map(|(from, until)| (jiff_sqlx::Date::from(from), jiff_sqlx::Date::from(until))).unzip();
    let (day, id) = look.before.map(|(day, id)| (jiff_sqlx::Date::from(day), id)).unzip();
    let rows = sqlx::query!(
        r#"WITH RECURSIVE
               below AS (
                   SELECT t.id, 0 AS depth FROM team t WHERE t.id = $4
                   UNION ALL SELECT t.id, b.depth + 1 FROM below b JOIN team t ON t.parent_id = b.id WHERE b.depth < 32),
               found AS MATERIALIZED (
                   SELECT s.entry_id AS id, s.team_id, s.created_by, s.topic, s.kind, s.cycle_id, c.ends_on,
                          coalesce(s.readable, false) AS readable
                   FROM wins_seen($1, $2) s JOIN wins_cycle c ON c.id = s.cycle_id
                   WHERE s.state IN ('submitted', 'published')
                     AND ($3::text IS NULL OR s.words @@ to_tsquery('simple', $3))
                     AND ($4::uuid IS NULL OR s.team_id IN (SELECT b.id FROM below b))
                     AND ($5::uuid IS NULL OR s.created_by = $5
                          OR EXISTS (SELECT FROM wins_credit x WHERE x.entry_id = s.entry_id AND x.person_id = $5))
                     AND ($6::text IS NULL OR EXISTS (
                          SELECT FROM wins_about a JOIN entity y ON y.id = a.entity_id
                          WHERE a.entry_id = s.entry_id AND lower(y.ref) = lower($6)))
                     AND ($7::text IS NULL OR s.topic = $7) AND ($8::text IS NULL OR s.kind = $8)
                     AND ($9::date IS NULL OR c.ends_on BETWEEN $9 AND $10)
                     AND (NOT $11 OR NOT EXISTS (SELECT FROM wins_origin o WHERE o.line_id = s.entry_id))),
               -- whoever wrote it and is credited in it counts once
               of_people AS (
                   SELECT w.person, sum(w.n)::bigint AS n
                   FROM (SELECT f.created_by AS person, count(*) AS n FROM found f WHERE f.created_by IS NOT NULL GROUP BY f.created_by
                         UNION ALL
                         SELECT c.person_id, count(*) FILTER (WHERE c.person_id IS DISTINCT FROM f.created_by)
                         FROM found f JOIN wins_credit c ON c.entry_id = f.id GROUP BY c.person_id) w
                   GROUP BY w.person)
           SELECT x.what AS "what!", x.key AS "key!", x.label AS "label!", x.n AS "n!", x.entry AS "entry: WinsEntryId",
                  x.cycle AS "cycle: CycleId", x.ends_on AS "ends_on: jiff_sqlx::Date", x.readable
           FROM (
               (SELECT 'hit' AS what, '' AS key, '' AS label, 0::bigint AS n, f.id AS entry, f.cycle_id AS cycle, f.ends_on, f.readable
                FROM found f WHERE $12::date IS NULL OR (f.ends_on, f.id) < ($12, $13)
                ORDER BY f.ends_on DESC, f.id DESC LIMIT $14)
               UNION ALL
               SELECT 'count', '', '', count(*), NULL, NULL, NULL, NULL FROM (SELECT FROM found LIMIT $15) counted
               UNION ALL
               (SELECT 'team', t.slug, t.name, f.n, NULL, NULL, NULL, NULL
                FROM (SELECT team_id, count(*) AS n FROM found GROUP BY team_id) f JOIN team t ON t.id = f.team_id
                ORDER BY f.n DESC, lower(t.name) LIMIT $16)
               UNION ALL
               (SELECT 'person', p.handle, p.name, w.n, NULL, NULL, NULL, NULL FROM of_people w JOIN person p ON p.id = w.person
                ORDER BY w.n DESC, lower(p.name) LIMIT $16)
               UNION ALL
               (SELECT 'entity', y.ref, coalesce(y.title, y.name), count(*) AS n, NULL, NULL, NULL, NULL
                FROM found f JOIN wins_about a ON a.entry_id = f.id JOIN entity y ON y.id = a.entity_id
                GROUP BY y.id ORDER BY n DESC, y.ref LIMIT $16)
               UNION ALL
               (SELECT 'topic', f.topic, f.topic, count(*), NULL, NULL, NULL, NULL
                FROM found f WHERE f.topic IS NOT NULL GROUP BY f.topic LIMIT $16)
               UNION ALL
               (SELECT 'kind', f.kind, f.kind, count(*), NULL, NULL, NULL, NULL FROM found f GROUP BY f.kind LIMIT $16)
               UNION ALL
               -- there are few days: they are written out when they are counted
               (SELECT 'quarter', to_char(f.ends_on, 'YYYY"-q"Q'), to_char(f.ends_on, '"Q"Q YYYY'), sum(f.n)::bigint, NULL, NULL, NULL, NULL
                FROM (SELECT ends_on, count(*) AS n FROM found GROUP BY ends_on) f GROUP BY 2, 3 ORDER BY 2 DESC LIMIT $16)) x"#,
        me as PersonId,
        now as _,
        wanted.words.as_deref(),
        wanted.team as Option<TeamId>,
        wanted.person as Option<PersonId>,
        wanted.entity.as_deref(),
        wanted.topic.map(Topic::as_str),
        wanted.kind.map(Kind::as_str),
        from as _,
        until as _,
        wanted.origins_only,
        day as _,
        id as Option<WinsEntryId>,
        look.hits,
        look.count,
        look.facets,
    )
    .fetch_all(cx.conn())
    .await?;
    let mut seen = Seen::default();
    for r in rows {
        match (r.what.as_str(), r.entry, r.cycle, r.ends_on) {
            (_, Some(entry), Some(cycle), Some(ends_on)) => {
                let readable = r.readable.unwrap_or_default();
                seen.hits.push(Hit { entry, cycle, ends_on: ends_on.to_jiff(), readable });
            }
            ("count", ..) => seen.count = r.n,
            _ => seen.facets.push((r.what, Facet { key: r.key, label: r.label, count: r.n })),
        }
    }
    Ok(seen)
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
             AND u.id IN (SELECT s.update_id FROM wins_seen($1, $2) s WHERE s.team_id = $3)
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
             AND u.id IN (SELECT s.update_id FROM wins_seen($1, $2) s WHERE s.team_id = $3)"#,
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
