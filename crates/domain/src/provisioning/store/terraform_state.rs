//! States of Terraform: their locks and versions.

use jiff::Timestamp;
use uuid::Uuid;

use super::super::terraform_state::{Held, StateVersion};
use crate::{Cx, ResourceId, Result};

/// Makes the row of a state, if it is missing.
pub(in super::super) async fn ensure(cx: &mut Cx<'_>, id: Uuid) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO terraform_state (id, created_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
        id,
        now as _
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Who holds a state, its row locked until the transaction ends.
pub(in super::super) async fn held(cx: &mut Cx<'_>, id: Uuid) -> Result<Option<Held>> {
    let row = sqlx::query!(
        "SELECT lock_id, lock_info, locked_at FROM terraform_state WHERE id = $1 FOR UPDATE",
        id
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.and_then(|row| {
        Some(Held { id: row.lock_id?, info: row.lock_info?, since: row.locked_at?.to_jiff() })
    }))
}

pub(in super::super) async fn hold(cx: &mut Cx<'_>, id: Uuid, lock: &str, info: &str) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE terraform_state SET lock_id = $2, lock_info = $3, locked_at = $4 WHERE id = $1",
        id,
        lock,
        info,
        now as _
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Nobody holds it any more; who did last is kept.
pub(in super::super) async fn let_go(cx: &mut Cx<'_>, id: Uuid) -> Result<()> {
    sqlx::query!("UPDATE terraform_state SET lock_id = NULL, locked_at = NULL WHERE id = $1", id)
        .execute(cx.conn())
        .await?;
    Ok(())
}

/// What was said of the last lock, whether or not it is held.
pub(in super::super) async fn last_holder(cx: &mut Cx<'_>, id: Uuid) -> Result<Option<String>> {
    let found = sqlx::query_scalar!("SELECT lock_info FROM terraform_state WHERE id = $1", id);
    Ok(found.fetch_optional(cx.conn()).await?.flatten())
}

/// Adds a version under the next number, and forgets those before the last `kept`.
pub(in super::super) async fn add(cx: &mut Cx<'_>, id: Uuid, sealed: &[u8], kept: i64) -> Result<i64> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let serial = sqlx::query_scalar!(
        r#"INSERT INTO terraform_state_version (state_id, serial, body_sealed, written_at)
           SELECT $1, coalesce(max(serial), 0) + 1, $2, $3 FROM terraform_state_version WHERE state_id = $1
           RETURNING serial"#,
        id,
        sealed,
        now as _
    )
    .fetch_one(cx.conn())
    .await?;
    sqlx::query!(
        "DELETE FROM terraform_state_version WHERE state_id = $1 AND serial <= $2",
        id,
        serial - kept
    )
    .execute(cx.conn())
    .await?;
    Ok(serial)
}

/// The last version, sealed.
pub(in super::super) async fn last(cx: &mut Cx<'_>, id: Uuid) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar!(
        "SELECT body_sealed FROM terraform_state_version WHERE state_id = $1 ORDER BY serial DESC LIMIT 1",
        id
    )
    .fetch_optional(cx.conn())
    .await?)
}

/// One version, sealed; none if it is not kept.
pub(in super::super) async fn version(cx: &mut Cx<'_>, id: Uuid, serial: i64) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar!(
        "SELECT body_sealed FROM terraform_state_version WHERE state_id = $1 AND serial = $2",
        id,
        serial
    )
    .fetch_optional(cx.conn())
    .await?)
}

/// Names of the states that steps worked on for something: of the request that made it, and of actions on it.
pub(in super::super) async fn names_of(
    cx: &mut Cx<'_>,
    resource: ResourceId,
    most: i64,
) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT DISTINCT CASE WHEN s.uses = 'terraform' THEN s.effect::jsonb ->> 'state' END AS "name!"
           FROM provisioning_step s JOIN provisioning_request q ON q.id = s.request_id
           WHERE q.resource_id = $1 AND CASE WHEN s.uses = 'terraform' THEN s.effect::jsonb ? 'state' END
           ORDER BY 1 LIMIT $2"#,
        resource as ResourceId,
        most
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Versions of several states, the newest first, and since when each state is held.
pub(in super::super) async fn versions(
    cx: &mut Cx<'_>,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Option<Timestamp>, StateVersion)>> {
    let rows = sqlx::query!(
        r#"SELECT s.id, s.locked_at, v.serial, v.written_at, octet_length(v.body_sealed) AS "bytes!"
           FROM terraform_state s JOIN terraform_state_version v ON v.state_id = s.id
           WHERE s.id = ANY($1) ORDER BY s.id, v.serial DESC LIMIT 2500"#,
        ids
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let version = StateVersion {
                serial: row.serial,
                written_at: row.written_at.to_jiff(),
                bytes: u32::try_from(row.bytes).unwrap_or_default(),
            };
            (row.id, row.locked_at.map(jiff_sqlx::Timestamp::to_jiff), version)
        })
        .collect())
}

/// Forgets a state with all its versions.
pub(in super::super) async fn forget(cx: &mut Cx<'_>, id: Uuid) -> Result<()> {
    sqlx::query!("DELETE FROM terraform_state WHERE id = $1", id).execute(cx.conn()).await?;
    Ok(())
}
