//! Statements that read changes.

use super::super::{Change, Filter, Running, Status};
use crate::{ChangeId, Cx, EntityId, Limit, PersonId, Result, TeamId};
use jiff::Timestamp;

struct Row {
    id: ChangeId,
    entity_id: EntityId,
    entity_ref: String,
    entity_title: String,
    environment: String,
    version: String,
    commit_id: Option<String>,
    deployed_by: String,
    person_id: Option<PersonId>,
    person_handle: Option<String>,
    person_name: Option<String>,
    reviewed_by: Option<String>,
    started_at: jiff_sqlx::Timestamp,
    finished_at: Option<jiff_sqlx::Timestamp>,
    status: Status,
    outcome: String,
    link: Option<String>,
    told_by: String,
}

impl From<Row> for Change {
    fn from(r: Row) -> Self {
        Self {
            id: r.id,
            entity_id: r.entity_id,
            entity_ref: r.entity_ref,
            entity_title: r.entity_title,
            environment: r.environment,
            version: r.version,
            commit: r.commit_id,
            deployed_by: r.deployed_by,
            person_id: r.person_id,
            person_handle: r.person_handle,
            person_name: r.person_name,
            reviewed_by: r.reviewed_by,
            started_at: r.started_at.to_jiff(),
            finished_at: r.finished_at.map(jiff_sqlx::Timestamp::to_jiff),
            status: r.status,
            outcome: r.outcome,
            link: r.link,
            told_by: r.told_by,
        }
    }
}

/// `changes!(select, rest, arguments…)`: the columns of a change `c` with its entity and person, between `select` and `rest`.
macro_rules! changes {
    ($select:literal, $rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            $select
                + r#" c.id AS "id: ChangeId", c.entity_id AS "entity_id: EntityId", e.ref AS entity_ref,
                  coalesce(e.title, e.name) AS "entity_title!", c.environment, c.version, c.commit_id, c.deployed_by,
                  c.person_id AS "person_id: PersonId", p.handle AS "person_handle?", p.name AS "person_name?", c.reviewed_by,
                  c.started_at, c.finished_at, c.status AS "status: Status", c.outcome, c.link, c.told_by
                  FROM change c JOIN entity e ON e.id = c.entity_id LEFT JOIN person p ON p.id = c.person_id "#
                + $rest
            $(, $argument)*
        )
    };
}

pub(crate) async fn get(cx: &mut Cx<'_>, id: ChangeId) -> Result<Option<Change>> {
    let row = changes!("SELECT", "WHERE c.id = $1", id as ChangeId,).fetch_optional(cx.conn()).await?;
    Ok(row.map(Change::from))
}

pub(crate) async fn by_key(cx: &mut Cx<'_>, entity: EntityId, key: &str) -> Result<Option<Change>> {
    let id = sqlx::query_scalar!(
        r#"SELECT id AS "id: ChangeId" FROM change WHERE entity_id = $1 AND dedup_key = $2"#,
        entity as EntityId,
        key,
    )
    .fetch_optional(cx.conn())
    .await?;
    match id {
        Some(id) => get(cx, id).await,
        None => Ok(None),
    }
}

pub(crate) async fn list(
    cx: &mut Cx<'_>,
    f: &Filter,
    mine: Option<&[TeamId]>,
    after: Option<(Timestamp, ChangeId)>,
    limit: Limit,
) -> Result<Vec<Change>> {
    let mine = keys(mine);
    let (after_at, after_id) =
        after.map_or((None, None), |(at, id)| (Some(jiff_sqlx::Timestamp::from(at)), Some(id)));
    let rows = changes!(
        "SELECT",
        "WHERE ($1::text IS NULL OR c.entity_id = (SELECT id FROM entity WHERE ref = lower($1)))
             AND ($2::text IS NULL OR c.environment = lower($2))
             AND ($3::text IS NULL OR e.owner_team_id = (SELECT id FROM team WHERE lower(slug) = lower($3)))
             AND ($4::text IS NULL OR c.status = $4)
             AND ($5::timestamptz IS NULL OR (c.started_at, c.id) < ($5, $6::uuid))
             AND ($8::uuid[] IS NULL OR e.owner_team_id = ANY($8))
             AND ($9::timestamptz IS NULL OR c.started_at >= $9) AND ($10::timestamptz IS NULL OR c.started_at < $10)
           ORDER BY c.started_at DESC, c.id DESC LIMIT $7",
        f.entity.as_deref(),
        f.environment.as_deref(),
        f.team.as_deref(),
        f.status.map(Status::as_str),
        after_at as _,
        after_id as Option<ChangeId>,
        limit.probe(),
        mine.as_deref(),
        f.from.map(jiff_sqlx::Timestamp::from) as _,
        f.until.map(jiff_sqlx::Timestamp::from) as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Change::from).collect())
}

fn keys(teams: Option<&[TeamId]>) -> Option<Vec<uuid::Uuid>> {
    teams.map(|teams| teams.iter().map(|t| t.0).collect())
}

pub(crate) async fn count(cx: &mut Cx<'_>, f: &Filter, mine: Option<&[TeamId]>) -> Result<i64> {
    let mine = keys(mine);
    Ok(sqlx::query_scalar!(
        r#"SELECT coalesce(sum(c.n), 0)::bigint AS "n!" FROM change_count c
           WHERE ($1::text IS NULL OR c.entity_id = (SELECT id FROM entity WHERE ref = lower($1)))
             AND ($2::text IS NULL OR c.environment = lower($2))
             AND ($3::text IS NULL OR c.entity_id IN
                  (SELECT id FROM entity WHERE owner_team_id = (SELECT id FROM team WHERE lower(slug) = lower($3))))
             AND ($4::text IS NULL OR c.status = $4)
             AND ($5::uuid[] IS NULL OR c.entity_id IN (SELECT id FROM entity WHERE owner_team_id = ANY($5)))"#,
        f.entity.as_deref(),
        f.environment.as_deref(),
        f.team.as_deref(),
        f.status.map(Status::as_str),
        mine.as_deref(),
    )
    .fetch_one(cx.conn())
    .await?)
}

/// How many there are between two instants.
pub(crate) async fn count_dated(cx: &mut Cx<'_>, f: &Filter, mine: Option<&[TeamId]>) -> Result<i64> {
    let mine = keys(mine);
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM change c JOIN entity e ON e.id = c.entity_id
           WHERE ($1::text IS NULL OR e.ref = lower($1))
             AND ($2::text IS NULL OR c.environment = lower($2))
             AND ($3::text IS NULL OR e.owner_team_id = (SELECT id FROM team WHERE lower(slug) = lower($3)))
             AND ($4::text IS NULL OR c.status = $4)
             AND ($5::uuid[] IS NULL OR e.owner_team_id = ANY($5))
             AND ($6::timestamptz IS NULL OR c.started_at >= $6) AND ($7::timestamptz IS NULL OR c.started_at < $7)"#,
        f.entity.as_deref(),
        f.environment.as_deref(),
        f.team.as_deref(),
        f.status.map(Status::as_str),
        mine.as_deref(),
        f.from.map(jiff_sqlx::Timestamp::from) as _,
        f.until.map(jiff_sqlx::Timestamp::from) as _,
    )
    .fetch_one(cx.conn())
    .await?)
}

pub(crate) async fn latest(cx: &mut Cx<'_>, entity: EntityId) -> Result<Vec<Change>> {
    let rows = changes!(
        "SELECT DISTINCT ON (c.environment)",
        "WHERE c.entity_id = $1
           ORDER BY c.environment, c.started_at DESC, c.id DESC LIMIT 50",
        entity as EntityId,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Change::from).collect())
}

/// Of any of these, between two instants, oldest first.
pub(crate) async fn between(
    cx: &mut Cx<'_>,
    entities: &[EntityId],
    from: Timestamp,
    until: Timestamp,
    most: i64,
) -> Result<Vec<Change>> {
    let keys: Vec<_> = entities.iter().map(|e| e.0).collect();
    let (from, until) = (jiff_sqlx::Timestamp::from(from), jiff_sqlx::Timestamp::from(until));
    let rows = changes!(
        "SELECT",
        "WHERE c.entity_id = ANY($1) AND c.started_at >= $2 AND c.started_at < $3 ORDER BY c.started_at, c.id LIMIT $4",
        &keys,
        from as _,
        until as _,
        most,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Change::from).collect())
}

pub(crate) async fn recent(
    cx: &mut Cx<'_>,
    entities: &[EntityId],
    since: Timestamp,
    most: i64,
) -> Result<Vec<Change>> {
    let ids: Vec<_> = entities.iter().map(|e| e.0).collect();
    let since = jiff_sqlx::Timestamp::from(since);
    let rows = changes!(
        "SELECT",
        "WHERE c.entity_id = ANY($1) AND c.started_at >= $2
           ORDER BY c.started_at DESC, c.id DESC LIMIT $3",
        &ids,
        since as _,
        most,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Change::from).collect())
}

pub(crate) async fn running(
    cx: &mut Cx<'_>,
    environment: Option<&str>,
    team: Option<&str>,
    after: Option<(String, String)>,
    limit: Limit,
) -> Result<Vec<Running>> {
    let (after_ref, after_environment) = after.unzip();
    let rows = sqlx::query!(
        r#"SELECT e.ref AS "entity_ref!", coalesce(e.title, e.name) AS "entity_title!", e.tier, t.slug AS "team?", t.name AS "team_name?",
                  c.environment, c.version, c.commit_id, c.started_at,
                  l.version AS "later_version?", l.status AS "later_status?: Status"
           FROM (SELECT entity_id, environment FROM change_count
                 WHERE status = 'succeeded' AND n > 0 AND ($1::text IS NULL OR environment = lower($1))) w
                JOIN entity e ON e.id = w.entity_id
                LEFT JOIN team t ON t.id = e.owner_team_id
                CROSS JOIN LATERAL (SELECT * FROM change c WHERE c.entity_id = w.entity_id AND c.environment = w.environment
                    AND c.status = 'succeeded' ORDER BY c.started_at DESC, c.id DESC LIMIT 1) c
                LEFT JOIN LATERAL (SELECT l.version, l.status FROM change l WHERE l.entity_id = w.entity_id AND l.environment = w.environment
                    AND (l.started_at, l.id) > (c.started_at, c.id) ORDER BY l.started_at DESC, l.id DESC LIMIT 1) l ON true
           WHERE ($2::text IS NULL OR lower(t.slug) = lower($2))
             AND ($3::text IS NULL OR (e.ref, w.environment) > ($3, $4::text))
           ORDER BY e.ref, w.environment LIMIT $5"#,
        environment,
        team,
        after_ref,
        after_environment,
        limit.probe(),
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Running {
            entity_ref: r.entity_ref,
            entity_title: r.entity_title,
            tier: r.tier,
            team: r.team,
            team_name: r.team_name,
            environment: r.environment,
            version: r.version,
            commit: r.commit_id,
            since: r.started_at.to_jiff(),
            later: r.later_version.zip(r.later_status),
        })
        .collect())
}

pub(crate) async fn count_running(
    cx: &mut Cx<'_>,
    environment: Option<&str>,
    team: Option<&str>,
) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM change_count c JOIN entity e ON e.id = c.entity_id
           WHERE c.status = 'succeeded' AND c.n > 0 AND ($1::text IS NULL OR c.environment = lower($1))
             AND ($2::text IS NULL OR e.owner_team_id = (SELECT id FROM team WHERE lower(slug) = lower($2)))"#,
        environment,
        team,
    )
    .fetch_one(cx.conn())
    .await?)
}

pub(crate) async fn environments(cx: &mut Cx<'_>) -> Result<Vec<(String, i64)>> {
    let rows = sqlx::query!(
        r#"SELECT environment, sum(n)::bigint AS "n!" FROM change_count WHERE n > 0 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 30"#
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.environment, r.n)).collect())
}
