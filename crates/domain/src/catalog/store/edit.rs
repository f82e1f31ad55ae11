//! Entities managed in the portal, and facts set in it.

use serde_json::Value;

use crate::{Cx, EntityId, Error, PersonId, Result, TeamId, catalog::Kind};

/// An entity as it is written.
#[derive(Debug)]
pub(in crate::catalog) struct Row {
    pub(in crate::catalog) id: EntityId,
    pub(in crate::catalog) kind: Kind,
    pub(in crate::catalog) namespace: String,
    pub(in crate::catalog) name: String,
    pub(in crate::catalog) reference: String,
    pub(in crate::catalog) title: Option<String>,
    pub(in crate::catalog) description: Option<String>,
    pub(in crate::catalog) type_name: Option<String>,
    pub(in crate::catalog) lifecycle: Option<String>,
    pub(in crate::catalog) tags: Vec<String>,
    pub(in crate::catalog) system: Option<String>,
    pub(in crate::catalog) domain: Option<String>,
    pub(in crate::catalog) owner: Option<String>,
    pub(in crate::catalog) owner_team: Option<TeamId>,
    pub(in crate::catalog) owner_person: Option<PersonId>,
    pub(in crate::catalog) descriptor: Value,
    pub(in crate::catalog) hash: Vec<u8>,
}

pub(in crate::catalog) async fn insert(cx: &mut Cx<'_>, r: &Row) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO entity (id, kind, namespace, name, ref, title, description, type, lifecycle, tags, system_ref, domain_ref, owner_ref,
                owner_team_id, owner_person_id, owner_declared, descriptor, descriptor_hash, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $13, $16, $17, $18, $18)",
        r.id as EntityId,
        r.kind.as_str(),
        r.namespace,
        r.name,
        r.reference,
        r.title.as_deref(),
        r.description.as_deref(),
        r.type_name.as_deref(),
        r.lifecycle.as_deref(),
        &r.tags,
        r.system.as_deref(),
        r.domain.as_deref(),
        r.owner.as_deref(),
        r.owner_team as Option<TeamId>,
        r.owner_person as Option<PersonId>,
        r.descriptor,
        r.hash,
        now as _,
    )
    .execute(cx.conn())
    .await
    .map_err(|e| match Error::constraint(&e) {
        Some("entity_ref_key") => Error::Conflict("it is there already".into()),
        _ => e.into(),
    })?;
    Ok(())
}

/// Replaces what the document says; the owner in force and the facts stay.
pub(in crate::catalog) async fn update(cx: &mut Cx<'_>, r: &Row) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE entity SET title = $2, description = $3, type = $4, lifecycle = $5, tags = $6, system_ref = $7, domain_ref = $8,
                descriptor = $9, descriptor_hash = $10, version = version + 1, updated_at = $11
         WHERE id = $1",
        r.id as EntityId,
        r.title.as_deref(),
        r.description.as_deref(),
        r.type_name.as_deref(),
        r.lifecycle.as_deref(),
        &r.tags,
        r.system.as_deref(),
        r.domain.as_deref(),
        r.descriptor,
        r.hash,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in crate::catalog) async fn delete(cx: &mut Cx<'_>, id: EntityId) -> Result<()> {
    sqlx::query!("DELETE FROM entity WHERE id = $1", id as EntityId).execute(cx.conn()).await?;
    Ok(())
}

/// Keeps a fact and puts it in force.
pub(in crate::catalog) async fn set_fact(
    cx: &mut Cx<'_>,
    id: EntityId,
    field: &str,
    value: &Value,
) -> Result<()> {
    let (by, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    sqlx::query!(
        "INSERT INTO entity_fact (entity_id, field, value, set_by, set_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (entity_id, field) DO UPDATE SET value = excluded.value, set_by = excluded.set_by, set_at = excluded.set_at",
        id as EntityId,
        field,
        value,
        by as Option<PersonId>,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    in_force(cx, id, field, Some(value)).await
}

/// Forgets a fact and takes it out of force.
pub(in crate::catalog) async fn clear_fact(cx: &mut Cx<'_>, id: EntityId, field: &str) -> Result<()> {
    sqlx::query!("DELETE FROM entity_fact WHERE entity_id = $1 AND field = $2", id as EntityId, field)
        .execute(cx.conn())
        .await?;
    in_force(cx, id, field, None).await
}

async fn in_force(cx: &mut Cx<'_>, id: EntityId, field: &str, value: Option<&Value>) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE entity SET
             tier = CASE $2 WHEN 'tier' THEN ($3::jsonb)::smallint ELSE tier END,
             recovery_point_seconds = CASE $2 WHEN 'recovery_point' THEN ($3::jsonb)::bigint ELSE recovery_point_seconds END,
             recovery_time_seconds = CASE $2 WHEN 'recovery_time' THEN ($3::jsonb)::bigint ELSE recovery_time_seconds END,
             runbook = CASE $2 WHEN 'runbook' THEN $3::jsonb #>> '{}' ELSE runbook END,
             contact = CASE $2 WHEN 'contact' THEN $3::jsonb #>> '{}' ELSE contact END,
             slos = CASE $2 WHEN 'slos' THEN coalesce($3::jsonb, '[]') ELSE slos END,
             version = version + 1, updated_at = $4
         WHERE id = $1",
        id as EntityId,
        field,
        value,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Something said in the portal: which field, by whom (handle and name), when.
#[derive(Debug)]
pub(in crate::catalog) struct Said {
    pub(in crate::catalog) field: String,
    pub(in crate::catalog) by: Option<(String, String)>,
    pub(in crate::catalog) at: jiff::Timestamp,
}

/// What was said of an entity in the portal: its facts, and its owner if a hand-over is in force.
pub(in crate::catalog) async fn said(cx: &mut Cx<'_>, id: EntityId) -> Result<Vec<Said>> {
    let rows = sqlx::query!(
        r#"SELECT s.field AS "field!", s.at AS "at!", p.handle AS "handle?", p.name AS "name?" FROM (
               SELECT field, set_at AS at, set_by AS by FROM entity_fact WHERE entity_id = $1
               UNION ALL
               SELECT 'owner', valid_from, changed_by FROM ownership WHERE entity_id = $1 AND valid_until IS NULL AND origin = 'portal') s
           LEFT JOIN person p ON p.id = s.by"#,
        id as EntityId,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Said { field: r.field, by: r.handle.zip(r.name), at: r.at.to_jiff() })
        .collect())
}
