//! Statements of failure modes.

use super::super::FailureMode;
use crate::{Cx, EntityId, FailureModeId, IncidentId, PersonId, Result, people::PersonName};

pub(in super::super) async fn failure_modes(
    cx: &mut Cx<'_>,
    entity: EntityId,
    most: i64,
) -> Result<Vec<FailureMode>> {
    let rows = sqlx::query!(
        r#"SELECT f.id AS "id: FailureModeId", f.name, f.signs, f.remedy, i.number AS "incident?", f.written_at,
                  p.id AS "writer?: PersonId", p.handle AS "handle?", p.name AS "writer_name?", p.active AS "active?"
           FROM failure_mode f LEFT JOIN incident i ON i.id = f.incident_id LEFT JOIN person p ON p.id = f.written_by
           WHERE f.entity_id = $1 AND f.retired_at IS NULL ORDER BY f.written_at DESC, f.id DESC LIMIT $2"#,
        entity as EntityId,
        most,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| FailureMode {
            id: r.id,
            name: r.name,
            signs: r.signs,
            remedy: r.remedy,
            incident: r.incident,
            written_by: r
                .writer
                .zip(r.handle)
                .zip(r.writer_name)
                .zip(r.active)
                .map(|(((id, handle), name), active)| PersonName { id, handle, name, active }),
            written_at: r.written_at.to_jiff(),
        })
        .collect())
}

pub(in super::super) async fn insert_failure_mode(
    cx: &mut Cx<'_>,
    id: FailureModeId,
    entity: EntityId,
    name: &str,
    signs: &str,
    remedy: &str,
    incident: Option<IncidentId>,
) -> Result<()> {
    let (by, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    sqlx::query!(
        "INSERT INTO failure_mode (id, entity_id, name, signs, remedy, incident_id, written_by, written_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        id as FailureModeId,
        entity as EntityId,
        name,
        signs,
        remedy,
        incident as Option<IncidentId>,
        by as Option<PersonId>,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Retires one; returns its name.
pub(in super::super) async fn retire_failure_mode(
    cx: &mut Cx<'_>,
    entity: EntityId,
    id: FailureModeId,
) -> Result<Option<String>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        "UPDATE failure_mode SET retired_at = $3 WHERE id = $2 AND entity_id = $1 AND retired_at IS NULL RETURNING name",
        entity as EntityId,
        id as FailureModeId,
        now as _,
    )
    .fetch_optional(cx.conn())
    .await?)
}
