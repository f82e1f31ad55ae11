//! Statements that write changes.

use super::super::{Change, HookKind, NewChange, Status, Target};
use crate::{ChangeId, Cx, EntityId, Error, PersonId, Result, TeamId};
use jiff::Timestamp;

pub(crate) async fn target(cx: &mut Cx<'_>, entity_ref: &str) -> Result<Option<Target>> {
    Ok(sqlx::query_as!(
        Target,
        r#"SELECT e.id AS "id: EntityId", e.ref AS entity_ref, e.owner_team_id AS "team: TeamId", e.owner_person_id AS "person: PersonId"
           FROM entity e WHERE e.ref = $1 AND e.kind NOT IN ('group', 'user', 'location')"#,
        entity_ref,
    )
    .fetch_optional(cx.conn())
    .await?)
}

/// The components that name a repository as theirs; several live in one when it is shared.
pub(crate) async fn targets_of_repository(
    cx: &mut Cx<'_>,
    kind: HookKind,
    repository: &str,
) -> Result<Vec<Target>> {
    let found = match kind {
        HookKind::Github => {
            sqlx::query_as!(
                Target,
                r#"SELECT e.id AS "id: EntityId", e.ref AS entity_ref, e.owner_team_id AS "team: TeamId", e.owner_person_id AS "person: PersonId"
                   FROM entity e
                   WHERE descriptor #>> '{metadata,annotations,github.com/project-slug}' IS NOT NULL
                     AND lower(descriptor #>> '{metadata,annotations,github.com/project-slug}') = $1
                     AND e.kind = 'component'
                   ORDER BY e.ref LIMIT 200"#,
                repository,
            )
            .fetch_all(cx.conn())
            .await?
        }
        HookKind::Gitlab => {
            sqlx::query_as!(
                Target,
                r#"SELECT e.id AS "id: EntityId", e.ref AS entity_ref, e.owner_team_id AS "team: TeamId", e.owner_person_id AS "person: PersonId"
                   FROM entity e
                   WHERE descriptor #>> '{metadata,annotations,gitlab.com/project-slug}' IS NOT NULL
                     AND lower(descriptor #>> '{metadata,annotations,gitlab.com/project-slug}') = $1
                     AND e.kind = 'component'
                   ORDER BY e.ref LIMIT 200"#,
                repository,
            )
            .fetch_all(cx.conn())
            .await?
        }
    };
    Ok(found)
}

/// Changes of one entity are written one after the other.
pub(crate) async fn lock(cx: &mut Cx<'_>, entity: EntityId) -> Result<()> {
    sqlx::query!("SELECT FROM entity WHERE id = $1 FOR NO KEY UPDATE", entity as EntityId)
        .execute(cx.conn())
        .await?;
    Ok(())
}

/// The key of the last change of the environment, if it went to the same version and this is how it stands or ends:
/// then it is the same change, told again.
pub(crate) async fn same_as_last(
    cx: &mut Cx<'_>,
    entity: EntityId,
    new: &NewChange,
) -> Result<Option<String>> {
    let last = sqlx::query!(
        r#"SELECT dedup_key, version, commit_id, status AS "status: Status" FROM change WHERE entity_id = $1 AND environment = $2
           ORDER BY started_at DESC, id DESC LIMIT 1"#,
        entity as EntityId,
        &new.environment,
    )
    .fetch_optional(cx.conn())
    .await?;
    let same = last.filter(|l| {
        l.version == new.version
            && (new.commit.is_none() || l.commit_id == new.commit)
            && (l.status == Status::Running || Some(l.status) == new.status)
    });
    Ok(same.map(|l| l.dedup_key))
}

/// The active person that a pipeline's word names: a handle or an e-mail address.
pub(crate) async fn person_named(cx: &mut Cx<'_>, word: &str) -> Result<Option<PersonId>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT id AS "id: PersonId" FROM person
           WHERE active AND (lower(handle) = lower($1) OR lower(email) = lower($1)) LIMIT 1"#,
        word,
    )
    .fetch_optional(cx.conn())
    .await?)
}

/// Writes it, or what it adds to the change of the same key. Words once told are not unsaid by silence, and a late
/// "running" (deliveries overtake each other) does not reopen what has ended.
pub(crate) async fn upsert(
    cx: &mut Cx<'_>,
    entity: EntityId,
    key: &str,
    new: &NewChange,
    person: Option<PersonId>,
    told_by: &str,
) -> Result<Change> {
    let now = cx.now();
    let status = new.status.unwrap_or(Status::Succeeded);
    let started = new.started_at.or(new.finished_at).unwrap_or(now);
    let finished = new.finished_at.or_else(|| (status != Status::Running).then(|| now.max(started)));
    let id = sqlx::query_scalar!(
        r#"INSERT INTO change AS c (id, entity_id, environment, version, commit_id, deployed_by, person_id, reviewed_by,
                  started_at, finished_at, status, outcome, link, dedup_key, told_by, created_at, updated_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)
           ON CONFLICT ON CONSTRAINT change_dedup_key DO UPDATE SET
                  environment = excluded.environment, version = excluded.version,
                  commit_id = coalesce(excluded.commit_id, c.commit_id),
                  deployed_by = coalesce(nullif(excluded.deployed_by, ''), c.deployed_by),
                  person_id = coalesce(excluded.person_id, c.person_id),
                  reviewed_by = coalesce(excluded.reviewed_by, c.reviewed_by),
                  started_at = CASE WHEN $17 THEN least(excluded.started_at, c.started_at) ELSE c.started_at END,
                  finished_at = CASE
                      WHEN excluded.status = 'running' OR (excluded.status = c.status AND NOT $18) THEN c.finished_at
                      ELSE greatest(excluded.finished_at, c.started_at) END,
                  status = CASE WHEN excluded.status = 'running' THEN c.status ELSE excluded.status END,
                  outcome = coalesce(nullif(excluded.outcome, ''), c.outcome),
                  link = coalesce(excluded.link, c.link),
                  updated_at = excluded.updated_at
           RETURNING id AS "id: ChangeId""#,
        ChangeId::new() as ChangeId,
        entity as EntityId,
        &new.environment,
        &new.version,
        new.commit.as_deref(),
        &new.deployed_by,
        person as Option<PersonId>,
        new.reviewed_by.as_deref(),
        jiff_sqlx::Timestamp::from(started) as _,
        finished.map(jiff_sqlx::Timestamp::from) as _,
        status.as_str(),
        &new.outcome,
        new.link.as_deref(),
        key,
        told_by,
        jiff_sqlx::Timestamp::from(now) as _,
        new.started_at.is_some(),
        new.finished_at.is_some(),
    )
    .fetch_one(cx.conn())
    .await?;
    super::get(cx, id).await?.ok_or_else(|| Error::not_found("change", id.to_string()))
}

/// Moves the entity's last production change forward, never back. Not an edit: the version stays.
pub(crate) async fn touch_entity(cx: &mut Cx<'_>, entity: EntityId, at: Timestamp) -> Result<()> {
    let at = jiff_sqlx::Timestamp::from(at);
    sqlx::query!(
        "UPDATE entity SET last_change_at = $2 WHERE id = $1 AND (last_change_at IS NULL OR last_change_at < $2)",
        entity as EntityId,
        at as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}
