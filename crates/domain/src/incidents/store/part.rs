//! Statements of what belongs to an incident: what it hurts, roles, entries, links to earlier ones.

use jiff::Timestamp;

use super::super::{Entry, EntryKind, Role, RoleHeld, Seen};
use crate::{
    Cx, EntityId, IncidentEntryId, IncidentId, IncidentRoleId, PersonId, Result, TeamId, people::PersonName,
};

pub(in super::super) async fn set_affected(
    cx: &mut Cx<'_>,
    incident: IncidentId,
    entities: &[EntityId],
) -> Result<()> {
    let keys: Vec<_> = entities.iter().map(|e| e.0).collect();
    sqlx::query!(
        "WITH gone AS (DELETE FROM incident_entity WHERE incident_id = $1 AND entity_id <> ALL($2))
         INSERT INTO incident_entity (incident_id, entity_id) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING",
        incident as IncidentId,
        &keys,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// The teams that own what an incident affects, each once.
pub(in super::super) async fn teams_affected(cx: &mut Cx<'_>, incident: IncidentId) -> Result<Vec<TeamId>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT DISTINCT e.owner_team_id AS "id!: TeamId" FROM incident_entity i JOIN entity e ON e.id = i.entity_id
           WHERE i.incident_id = $1 AND e.owner_team_id IS NOT NULL LIMIT 100"#,
        incident as IncidentId
    )
    .fetch_all(cx.conn())
    .await?)
}

pub(in super::super) async fn affected_ids(cx: &mut Cx<'_>, incident: IncidentId) -> Result<Vec<EntityId>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT entity_id AS "id: EntityId" FROM incident_entity WHERE incident_id = $1"#,
        incident as IncidentId,
    )
    .fetch_all(cx.conn())
    .await?)
}

pub(in super::super) async fn add_entry(
    cx: &mut Cx<'_>,
    incident: IncidentId,
    kind: EntryKind,
    at: Timestamp,
    text: &str,
) -> Result<()> {
    let (by, at) = (cx.actor().person, jiff_sqlx::Timestamp::from(at));
    sqlx::query!(
        "INSERT INTO incident_entry (id, incident_id, at, kind, author_id, text) VALUES ($1, $2, $3, $4, $5, $6)",
        IncidentEntryId::new() as IncidentEntryId,
        incident as IncidentId,
        at as _,
        kind.as_str(),
        by as Option<PersonId>,
        text,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn entries(
    cx: &mut Cx<'_>,
    incident: IncidentId,
    most: i64,
) -> Result<Vec<Entry>> {
    let rows = sqlx::query!(
        r#"SELECT v.id AS "id: IncidentEntryId", v.at, v.kind AS "kind: EntryKind", v.text,
                  a.id AS "author_id?: PersonId", a.handle AS "handle?", a.name AS "name?", a.active AS "active?"
           FROM incident_entry v LEFT JOIN person a ON a.id = v.author_id
           WHERE v.incident_id = $1 ORDER BY v.at, v.id LIMIT $2"#,
        incident as IncidentId,
        most,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Entry {
            id: r.id,
            at: r.at.to_jiff(),
            kind: r.kind,
            author: r
                .author_id
                .zip(r.handle)
                .zip(r.name)
                .zip(r.active)
                .map(|(((id, handle), name), active)| PersonName { id, handle, name, active }),
            text: r.text,
        })
        .collect())
}

pub(in super::super) async fn add_role(
    cx: &mut Cx<'_>,
    incident: IncidentId,
    role: Role,
    person: PersonId,
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO incident_role (id, incident_id, role, person_id, from_at) VALUES ($1, $2, $3, $4, $5)",
        IncidentRoleId::new() as IncidentRoleId,
        incident as IncidentId,
        role.as_str(),
        person as PersonId,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn end_role(cx: &mut Cx<'_>, role: IncidentRoleId) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE incident_role SET until_at = greatest($2, from_at) WHERE id = $1 AND until_at IS NULL",
        role as IncidentRoleId,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Roles, those still held first; at most two hundred.
pub(in super::super) async fn roles(cx: &mut Cx<'_>, incident: IncidentId) -> Result<Vec<RoleHeld>> {
    let rows = sqlx::query!(
        r#"SELECT r.id AS "id: IncidentRoleId", r.role AS "role: Role", r.from_at, r.until_at,
                  p.id AS "person_id: PersonId", p.handle, p.name, p.active
           FROM incident_role r JOIN person p ON p.id = r.person_id WHERE r.incident_id = $1
           ORDER BY r.until_at DESC NULLS FIRST, r.from_at, r.id LIMIT 200"#,
        incident as IncidentId,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| RoleHeld {
            id: r.id,
            role: r.role,
            person: PersonName { id: r.person_id, handle: r.handle, name: r.name, active: r.active },
            from: r.from_at.to_jiff(),
            until: r.until_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
        .collect())
}

pub(in super::super) async fn has_role(
    cx: &mut Cx<'_>,
    incident: IncidentId,
    person: PersonId,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM incident_role WHERE incident_id = $1 AND person_id = $2 AND until_at IS NULL) AS "has!""#,
        incident as IncidentId,
        person as PersonId,
    )
    .fetch_one(cx.conn())
    .await?)
}

/// Earlier incidents that were like it, and later ones that name it; fifty of each at most.
pub(in super::super) async fn seen(cx: &mut Cx<'_>, incident: IncidentId) -> Result<(Vec<Seen>, Vec<Seen>)> {
    let rows = sqlx::query!(
        r#"SELECT i.number, i.title, i.began_at, true AS "before!" FROM incident_before b JOIN incident i ON i.id = b.before_id
           WHERE b.incident_id = $1
           UNION ALL
           SELECT i.number, i.title, i.began_at, false FROM incident_before b JOIN incident i ON i.id = b.incident_id
           WHERE b.before_id = $1
           ORDER BY 3 DESC LIMIT 100"#,
        incident as IncidentId,
    )
    .fetch_all(cx.conn())
    .await?;
    let (mut before, mut again) = (Vec::new(), Vec::new());
    for r in rows {
        // a union does not say that its columns are never null
        let (Some(number), Some(title), Some(at)) = (r.number, r.title, r.began_at) else { continue };
        let side = if r.before { &mut before } else { &mut again };
        side.push(Seen { number, title, began_at: at.to_jiff() });
    }
    Ok((before, again))
}

/// Links an earlier one; returns whether it was not linked before.
pub(in super::super) async fn link(
    cx: &mut Cx<'_>,
    incident: IncidentId,
    before: IncidentId,
) -> Result<bool> {
    let made = sqlx::query!(
        "INSERT INTO incident_before (incident_id, before_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        incident as IncidentId,
        before as IncidentId,
    )
    .execute(cx.conn())
    .await?;
    Ok(made.rows_affected() > 0)
}

pub(in super::super) async fn unlink(
    cx: &mut Cx<'_>,
    incident: IncidentId,
    before: IncidentId,
) -> Result<bool> {
    let gone = sqlx::query!(
        "DELETE FROM incident_before WHERE incident_id = $1 AND before_id = $2",
        incident as IncidentId,
        before as IncidentId,
    )
    .execute(cx.conn())
    .await?;
    Ok(gone.rows_affected() > 0)
}
