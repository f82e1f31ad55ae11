//! States of Terraform: their locks and versions.

use uuid::Uuid;

use super::super::terraform_state::{Held, StateVersion};
use crate::{Cx, Result};

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

pub(in super::super) async fn let_go(cx: &mut Cx<'_>, id: Uuid) -> Result<()> {
    sqlx::query!(
        "UPDATE terraform_state SET lock_id = NULL, lock_info = NULL, locked_at = NULL WHERE id = $1",
        id
    )
    .execute(cx.conn())
    .await?;
    Ok(())
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

/// The newest first.
pub(in super::super) async fn versions(cx: &mut Cx<'_>, id: Uuid) -> Result<Vec<StateVersion>> {
    let rows = sqlx::query!(
        r#"SELECT serial, written_at, octet_length(body_sealed) AS "bytes!" FROM terraform_state_version
           WHERE state_id = $1 ORDER BY serial DESC LIMIT 200"#,
        id
    )
    .fetch_all(cx.conn())
    .await?;
    let version = |serial, written_at: jiff_sqlx::Timestamp, bytes: i32| StateVersion {
        serial,
        written_at: written_at.to_jiff(),
        bytes: u32::try_from(bytes).unwrap_or_default(),
    };
    Ok(rows.into_iter().map(|row| version(row.serial, row.written_at, row.bytes)).collect())
}

/// Forgets a state with all its versions.
pub(in super::super) async fn forget(cx: &mut Cx<'_>, id: Uuid) -> Result<()> {
    sqlx::query!("DELETE FROM terraform_state WHERE id = $1", id).execute(cx.conn()).await?;
    Ok(())
}
