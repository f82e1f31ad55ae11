//! SQL of the maintenance windows.

use jiff::Timestamp;

use super::super::maintenance::{Filter, Window};
use crate::{Cx, EntityId, Limit, MaintenanceId, PersonId, Result, TeamId};

/// `windows!(rest, arguments…)` is the checked statement that selects windows; all parts are literals.
macro_rules! windows {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT w.id AS "id: MaintenanceId", w.entity_id AS "entity_id: EntityId", e.ref AS entity_ref, coalesce(e.title, e.name) AS "entity_title!",
                      e.owner_team_id AS "team_id: TeamId", w.starts_at, w.ends_at, w.reason, c.handle AS "created_by?", w.created_at,
                      d.handle AS "ended_by?", w.ended_at,
                      (SELECT count(*) FROM page p WHERE p.suppressed_by = w.id) AS "kept_quiet!"
               FROM maintenance_window w JOIN entity e ON e.id = w.entity_id LEFT JOIN person c ON c.id = w.created_by LEFT JOIN person d ON d.id = w.ended_by "#
                + $rest
            $(, $argument)*
        )
    };
}

struct Row {
    id: MaintenanceId,
    entity_id: EntityId,
    entity_ref: String,
    entity_title: String,
    team_id: Option<TeamId>,
    starts_at: jiff_sqlx::Timestamp,
    ends_at: jiff_sqlx::Timestamp,
    reason: String,
    created_by: Option<String>,
    created_at: jiff_sqlx::Timestamp,
    ended_by: Option<String>,
    ended_at: Option<jiff_sqlx::Timestamp>,
    kept_quiet: i64,
}

impl From<Row> for Window {
    fn from(r: Row) -> Self {
        Self {
            id: r.id,
            entity_id: r.entity_id,
            entity_ref: r.entity_ref,
            entity_title: r.entity_title,
            team_id: r.team_id,
            starts_at: r.starts_at.to_jiff(),
            ends_at: r.ends_at.to_jiff(),
            reason: r.reason,
            created_by: r.created_by,
            created_at: r.created_at.to_jiff(),
            ended_by: r.ended_by,
            ended_at: r.ended_at.map(jiff_sqlx::Timestamp::to_jiff),
            kept_quiet: r.kept_quiet,
        }
    }
}

pub(in super::super) async fn get(cx: &mut Cx<'_>, id: MaintenanceId) -> Result<Option<Window>> {
    let row = windows!("WHERE w.id = $1", id as MaintenanceId).fetch_optional(cx.conn()).await?;
    Ok(row.map(Window::from))
}

pub(in super::super) async fn insert(
    cx: &mut Cx<'_>,
    id: MaintenanceId,
    entity: EntityId,
    (from, until): (Timestamp, Timestamp),
    reason: &str,
) -> Result<()> {
    let (from, until) = (jiff_sqlx::Timestamp::from(from), jiff_sqlx::Timestamp::from(until));
    let (by, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    sqlx::query!(
        "INSERT INTO maintenance_window (id, entity_id, starts_at, ends_at, reason, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        id as MaintenanceId,
        entity as EntityId,
        from as _,
        until as _,
        reason,
        by as Option<PersonId>,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Ends a window now, or before it began; whether it was still to end.
pub(in super::super) async fn end(cx: &mut Cx<'_>, id: MaintenanceId) -> Result<bool> {
    let (by, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    let done = sqlx::query!(
        "UPDATE maintenance_window SET ends_at = greatest(starts_at, $2), ended_at = $2, ended_by = $3 WHERE id = $1 AND ended_at IS NULL AND ends_at > $2",
        id as MaintenanceId,
        now as _,
        by as Option<PersonId>,
    );
    Ok(done.execute(cx.conn()).await?.rows_affected() > 0)
}

/// The window that keeps an entity quiet now: the one that lasts longest.
pub(in super::super) async fn in_force(cx: &mut Cx<'_>, entity: EntityId) -> Result<Option<Window>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let row = windows!(
        "WHERE w.entity_id = $1 AND w.starts_at <= $2 AND w.ends_at > $2 ORDER BY w.ends_at DESC, w.id LIMIT 1",
        entity as EntityId,
        now as _,
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(Window::from))
}

/// Windows that are over and keep pages quiet still (at most 100).
pub(in super::super) async fn over_and_quiet(cx: &mut Cx<'_>) -> Result<Vec<MaintenanceId>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        r#"SELECT w.id AS "id: MaintenanceId" FROM maintenance_window w
           WHERE w.ends_at <= $1 AND EXISTS (SELECT FROM page p WHERE p.suppressed_by = w.id AND p.state = 'suppressed')
           ORDER BY w.ends_at LIMIT 100"#,
        now as _,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Other windows of the entity that overlap this span (at most 20).
pub(in super::super) async fn overlapping(
    cx: &mut Cx<'_>,
    entity: EntityId,
    but: Option<MaintenanceId>,
    (from, until): (Timestamp, Timestamp),
) -> Result<Vec<Window>> {
    let (from, until) = (jiff_sqlx::Timestamp::from(from), jiff_sqlx::Timestamp::from(until));
    let rows = windows!(
        "WHERE w.entity_id = $1 AND w.starts_at < $3 AND w.ends_at > $2 AND ($4::uuid IS NULL OR w.id <> $4) ORDER BY w.starts_at, w.id LIMIT 20",
        entity as EntityId,
        from as _,
        until as _,
        but as Option<MaintenanceId>,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Window::from).collect())
}

/// Windows of these entities that are in force or begin before `soon`, or ended after `since`.
pub(in super::super) async fn around(
    cx: &mut Cx<'_>,
    entities: &[EntityId],
    since: Timestamp,
    soon: Timestamp,
    most: i64,
) -> Result<Vec<Window>> {
    let ids: Vec<_> = entities.iter().map(|e| e.0).collect();
    let (since, soon) = (jiff_sqlx::Timestamp::from(since), jiff_sqlx::Timestamp::from(soon));
    let rows = windows!(
        "WHERE w.entity_id = ANY($1) AND w.ends_at > $2 AND w.starts_at <= $3 AND w.ends_at > w.starts_at ORDER BY w.starts_at DESC, w.id LIMIT $4",
        &ids,
        since as _,
        soon as _,
        most,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Window::from).collect())
}

pub(in super::super) async fn list(
    cx: &mut Cx<'_>,
    f: &Filter,
    team: Option<TeamId>,
    after: Option<(Timestamp, MaintenanceId)>,
    limit: Limit,
) -> Result<Vec<Window>> {
    let (after_at, after_id) =
        after.map_or((None, None), |(at, id)| (Some(jiff_sqlx::Timestamp::from(at)), Some(id)));
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = windows!(
        "WHERE ($1::text IS NULL OR e.ref = lower($1)) AND ($2::uuid IS NULL OR e.owner_team_id = $2)
           AND (NOT $3 OR w.ends_at > $4)
           AND ($5::timestamptz IS NULL OR (w.ends_at, w.id) < ($5, $6::uuid))
         ORDER BY w.ends_at DESC, w.id DESC LIMIT $7",
        f.entity.as_deref(),
        team as Option<TeamId>,
        f.to_come,
        now as _,
        after_at as _,
        after_id as Option<MaintenanceId>,
        limit.probe(),
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Window::from).collect())
}

pub(in super::super) async fn count(
    cx: &mut Cx<'_>,
    f: &Filter,
    team: Option<TeamId>,
    most: i64,
) -> Result<i64> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM (SELECT FROM maintenance_window w JOIN entity e ON e.id = w.entity_id
           WHERE ($1::text IS NULL OR e.ref = lower($1)) AND ($2::uuid IS NULL OR e.owner_team_id = $2)
             AND (NOT $3 OR w.ends_at > $4) LIMIT $5) w"#,
        f.entity.as_deref(),
        team as Option<TeamId>,
        f.to_come,
        now as _,
        most,
    )
    .fetch_one(cx.conn())
    .await?)
}
