//! SQL of ownership.

use jiff::Timestamp;

use super::super::ownership::{Mine, Owned, Owner, Span};
use crate::{Cx, EntityId, OwnershipId, PersonId, Result, TeamId};

pub(crate) async fn team(cx: &mut Cx<'_>, slug: Option<&str>, group: Option<&str>) -> Result<Option<Owner>> {
    let row = sqlx::query!(
        r#"SELECT t.id AS "id: TeamId", t.slug, t.name,
                  coalesce((SELECT e.ref FROM entity e WHERE e.team_id = t.id ORDER BY e.ref LIMIT 1), 'group:default/' || lower(t.slug)) AS "owner_ref!",
                  team_is_staffed(t.id) AS "staffed!"
           FROM team t
           WHERE t.id = (SELECT e.team_id FROM entity e WHERE e.ref = $2) OR lower(t.slug) = $1
           ORDER BY t.id = (SELECT e.team_id FROM entity e WHERE e.ref = $2) DESC NULLS LAST LIMIT 1"#,
        slug,
        group,
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(|r| Owner {
        owner_ref: r.owner_ref,
        name: r.name,
        team: Some(r.id),
        slug: Some(r.slug),
        person: None,
        staffed: r.staffed,
    }))
}

pub(crate) async fn person(
    cx: &mut Cx<'_>,
    handle: Option<&str>,
    user: Option<&str>,
) -> Result<Option<Owner>> {
    let row = sqlx::query!(
        r#"SELECT p.id AS "id: PersonId", p.name, p.active,
                  coalesce((SELECT e.ref FROM entity e WHERE e.person_id = p.id ORDER BY e.ref LIMIT 1), 'user:default/' || lower(p.handle)) AS "owner_ref!"
           FROM person p
           WHERE p.id = (SELECT e.person_id FROM entity e WHERE e.ref = $2) OR lower(p.handle) = $1
           ORDER BY p.id = (SELECT e.person_id FROM entity e WHERE e.ref = $2) DESC NULLS LAST LIMIT 1"#,
        handle,
        user,
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(|r| Owner {
        owner_ref: r.owner_ref,
        name: r.name,
        team: None,
        slug: None,
        person: Some(r.id),
        staffed: r.active,
    }))
}

pub(crate) async fn lock(cx: &mut Cx<'_>, entity_ref: &str) -> Result<()> {
    sqlx::query!("SELECT FROM entity WHERE ref = $1 FOR NO KEY UPDATE", entity_ref)
        .execute(cx.conn())
        .await?;
    Ok(())
}

struct Row {
    id: EntityId,
    entity_ref: String,
    kind: String,
    title: String,
    tier: Option<i16>,
    owner_ref: Option<String>,
    team: Option<TeamId>,
    team_name: Option<String>,
    person: Option<PersonId>,
    staffed: bool,
    declared: Option<String>,
    declared_in: Option<String>,
    confirmed_at: Option<jiff_sqlx::Timestamp>,
    version: i64,
}

impl From<Row> for Owned {
    fn from(r: Row) -> Self {
        Self {
            id: r.id,
            entity_ref: r.entity_ref,
            kind: r.kind,
            title: r.title,
            tier: r.tier,
            owner_ref: r.owner_ref,
            team: r.team,
            team_name: r.team_name,
            person: r.person,
            staffed: r.staffed,
            declared: r.declared,
            declared_in: r.declared_in,
            confirmed_at: r.confirmed_at.map(jiff_sqlx::Timestamp::to_jiff),
            version: r.version,
        }
    }
}

pub(crate) async fn owned(cx: &mut Cx<'_>, entity_ref: &str) -> Result<Option<Owned>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT e.id AS "id: EntityId", e.ref AS entity_ref, e.kind, coalesce(e.title, e.name) AS "title!", e.tier, e.owner_ref,
                  e.owner_team_id AS "team: TeamId", t.name AS "team_name?", e.owner_person_id AS "person: PersonId",
                  (coalesce(team_is_staffed(e.owner_team_id), false) OR coalesce(p.active, false)) AS "staffed!",
                  e.owner_declared AS declared, s.name || coalesce(': ' || e.location, '') AS declared_in,
                  e.owner_confirmed_at AS confirmed_at, e.version
           FROM entity e LEFT JOIN team t ON t.id = e.owner_team_id LEFT JOIN person p ON p.id = e.owner_person_id
                LEFT JOIN source s ON s.id = e.source_id
           WHERE e.ref = $1"#,
        entity_ref,
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(Owned::from))
}

pub(crate) async fn things_of(cx: &mut Cx<'_>, team: TeamId, rows: i64) -> Result<Vec<Owned>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT e.id AS "id: EntityId", e.ref AS entity_ref, e.kind, coalesce(e.title, e.name) AS "title!", e.tier, e.owner_ref,
                  e.owner_team_id AS "team: TeamId", t.name AS "team_name?", e.owner_person_id AS "person: PersonId",
                  true AS "staffed!", e.owner_declared AS declared, s.name || coalesce(': ' || e.location, '') AS declared_in,
                  e.owner_confirmed_at AS confirmed_at, e.version
           FROM entity e JOIN team t ON t.id = e.owner_team_id LEFT JOIN source s ON s.id = e.source_id
           WHERE e.owner_team_id = $1
           ORDER BY e.kind <> 'component', e.tier NULLS LAST, e.ref LIMIT $2"#,
        team as TeamId,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Owned::from).collect())
}

pub(crate) async fn kinds_of(cx: &mut Cx<'_>, team: TeamId) -> Result<Vec<(String, i64)>> {
    let rows = sqlx::query!(
        r#"SELECT kind, count(*) AS "n!" FROM entity WHERE owner_team_id = $1 GROUP BY kind ORDER BY kind <> 'component', 2 DESC, kind"#,
        team as TeamId,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.kind, r.n)).collect())
}

/// The new owner has not confirmed anything yet: the question starts anew.
pub(crate) async fn give(cx: &mut Cx<'_>, entity: EntityId, to: &Owner) -> Result<i64> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        "UPDATE entity SET owner_ref = $2, owner_team_id = $3, owner_person_id = $4, owner_confirmed_at = NULL,
                version = version + 1, updated_at = $5
         WHERE id = $1 RETURNING version",
        entity as EntityId,
        &to.owner_ref,
        to.team as Option<TeamId>,
        to.person as Option<PersonId>,
        now as _,
    )
    .fetch_one(cx.conn())
    .await?)
}

/// Moves all; what comes back tells the owner *before*.
pub(crate) async fn give_all(cx: &mut Cx<'_>, from: TeamId, to: &Owner) -> Result<Vec<Owned>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = sqlx::query_as!(
        Row,
        r#"UPDATE entity e SET owner_ref = $2, owner_team_id = $3, owner_person_id = NULL, owner_confirmed_at = NULL,
                  version = e.version + 1, updated_at = $4
           FROM (SELECT id, owner_ref FROM entity WHERE owner_team_id = $1 ORDER BY id FOR NO KEY UPDATE) was
           WHERE e.id = was.id
           RETURNING e.id AS "id: EntityId", e.ref AS entity_ref, e.kind, coalesce(e.title, e.name) AS "title!", e.tier, was.owner_ref,
                  e.owner_team_id AS "team: TeamId", NULL::text AS team_name, e.owner_person_id AS "person: PersonId", true AS "staffed!",
                  e.owner_declared AS declared, NULL::text AS declared_in, e.owner_confirmed_at AS confirmed_at, e.version"#,
        from as TeamId,
        &to.owner_ref,
        to.team as Option<TeamId>,
        now as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Owned::from).collect())
}

fn keys(entities: &[EntityId]) -> Vec<uuid::Uuid> {
    entities.iter().map(|e| e.0).collect()
}

pub(crate) async fn close_spans(cx: &mut Cx<'_>, entities: &[EntityId]) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE ownership SET valid_until = greatest(valid_from, $2) WHERE entity_id = ANY($1) AND valid_until IS NULL",
        &keys(entities),
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(crate) async fn open_spans(
    cx: &mut Cx<'_>,
    entities: &[EntityId],
    owner_ref: &str,
    reason: &str,
) -> Result<()> {
    let (by, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    let ids: Vec<_> = entities.iter().map(|_| OwnershipId::new().0).collect();
    sqlx::query!(
        "INSERT INTO ownership (id, entity_id, owner_ref, valid_from, origin, changed_by, reason)
         SELECT id, entity_id, $3, $4, 'portal', $5, $6 FROM unnest($1::uuid[], $2::uuid[]) AS s (id, entity_id)",
        &ids,
        &keys(entities),
        owner_ref,
        now as _,
        by as Option<PersonId>,
        reason,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// If this person made the hand-over in force, after `since`: the owner before it, else nothing.
pub(crate) async fn given_by(
    cx: &mut Cx<'_>,
    entity: EntityId,
    person: PersonId,
    since: Timestamp,
) -> Result<String> {
    let since = jiff_sqlx::Timestamp::from(since);
    let before = sqlx::query_scalar!(
        "SELECT b.owner_ref FROM ownership o JOIN ownership b ON b.entity_id = o.entity_id AND b.valid_until = o.valid_from
         WHERE o.entity_id = $1 AND o.valid_until IS NULL AND o.origin = 'portal' AND o.changed_by = $2 AND o.valid_from >= $3
         ORDER BY b.valid_from DESC LIMIT 1",
        entity as EntityId,
        person as PersonId,
        since as _,
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(before.flatten().unwrap_or_default())
}

pub(crate) async fn confirm(cx: &mut Cx<'_>, entities: &[EntityId]) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE entity SET owner_confirmed_at = $2, version = version + 1 WHERE id = ANY($1)",
        &keys(entities),
        now as _,
    )
    .execute(cx.conn())
    .await?;
    note_confirmations(cx, entities).await
}

pub(crate) async fn confirm_team(cx: &mut Cx<'_>, team: TeamId) -> Result<Vec<(EntityId, String)>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = sqlx::query!(
        r#"UPDATE entity SET owner_confirmed_at = $2, version = version + 1
           WHERE owner_team_id = $1 RETURNING id AS "id: EntityId", ref AS entity_ref"#,
        team as TeamId,
        now as _,
    )
    .fetch_all(cx.conn())
    .await?;
    let confirmed: Vec<_> = rows.into_iter().map(|r| (r.id, r.entity_ref)).collect();
    let ids: Vec<_> = confirmed.iter().map(|(id, _)| *id).collect();
    note_confirmations(cx, &ids).await?;
    Ok(confirmed)
}

async fn note_confirmations(cx: &mut Cx<'_>, entities: &[EntityId]) -> Result<()> {
    let (by, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    let ids: Vec<_> = entities.iter().map(|_| uuid::Uuid::now_v7()).collect();
    sqlx::query!(
        "INSERT INTO ownership_confirmation (id, entity_id, owner_ref, confirmed_by, confirmed_at)
         SELECT s.id, e.id, e.owner_ref, $3, $4 FROM unnest($1::uuid[], $2::uuid[]) AS s (id, entity_id)
                JOIN entity e ON e.id = s.entity_id AND e.owner_ref IS NOT NULL",
        &ids,
        &keys(entities),
        by as Option<PersonId>,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(crate) async fn spans(cx: &mut Cx<'_>, entity: EntityId) -> Result<Vec<Span>> {
    let rows = sqlx::query!(
        r#"SELECT o.id AS "id: OwnershipId", o.owner_ref, coalesce(t.name, u.name) AS name, t.slug AS "slug?", o.valid_from, o.valid_until,
                  o.origin, p.handle AS "changed_by?", o.reason
           FROM ownership o
                LEFT JOIN person p ON p.id = o.changed_by
                LEFT JOIN entity e ON e.ref = o.owner_ref
                LEFT JOIN team t ON t.id = e.team_id OR (e.id IS NULL AND o.owner_ref = 'group:default/' || lower(t.slug))
                LEFT JOIN person u ON u.id = e.person_id OR (e.id IS NULL AND o.owner_ref = 'user:default/' || lower(u.handle))
           WHERE o.entity_id = $1 ORDER BY o.valid_from DESC, o.id DESC LIMIT 200"#,
        entity as EntityId,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Span {
            id: r.id,
            owner_ref: r.owner_ref,
            name: r.name,
            slug: r.slug,
            from: r.valid_from.to_jiff(),
            until: r.valid_until.map(jiff_sqlx::Timestamp::to_jiff),
            origin: r.origin,
            changed_by: r.changed_by,
            reason: r.reason,
        })
        .collect())
}

pub(crate) async fn mine(cx: &mut Cx<'_>, teams: &[TeamId], rows: i64) -> Result<(Vec<Mine>, i64)> {
    let teams: Vec<_> = teams.iter().map(|t| t.0).collect();
    let found = sqlx::query!(
        r#"SELECT e.ref AS entity_ref, coalesce(e.title, e.name) AS "title!", e.kind, e.tier, c.version AS "version?",
                  c.environment AS "environment?", c.started_at AS "started_at?", count(*) OVER () AS "total!"
           FROM entity e
                LEFT JOIN LATERAL (SELECT c.version, c.environment, c.started_at FROM change c WHERE c.entity_id = e.id
                                   ORDER BY c.started_at DESC, c.id DESC LIMIT 1) c ON true
           WHERE e.owner_team_id = ANY($1) AND e.kind IN ('component', 'api', 'resource', 'system', 'domain')
           ORDER BY e.kind <> 'component', e.tier NULLS LAST, e.ref LIMIT $2"#,
        &teams,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    let total = found.first().map_or(0, |r| r.total);
    let things = found.into_iter().map(|r| Mine {
        entity_ref: r.entity_ref,
        title: r.title,
        kind: r.kind,
        tier: r.tier,
        last: r.version.zip(r.environment).zip(r.started_at).map(|((v, e), at)| (v, e, at.to_jiff())),
    });
    Ok((things.collect(), total))
}

pub(crate) async fn is_empty(cx: &mut Cx<'_>) -> Result<bool> {
    Ok(sqlx::query_scalar!(r#"SELECT NOT EXISTS (SELECT FROM entity) AS "empty!""#)
        .fetch_one(cx.conn())
        .await?)
}
