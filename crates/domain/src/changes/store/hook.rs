//! SQL of the hooks.

use super::super::{Hook, HookKind};
use crate::{ChangeHookId, Cx, PersonId, Result};

pub(crate) async fn insert(
    cx: &mut Cx<'_>,
    id: ChangeHookId,
    kind: HookKind,
    name: &str,
    sealed: &[u8],
    by: PersonId,
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO change_hook (id, kind, name, secret_sealed, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        id as ChangeHookId,
        kind.as_str(),
        name,
        sealed,
        by as PersonId,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(crate) async fn all(cx: &mut Cx<'_>) -> Result<Vec<Hook>> {
    read(cx, None).await
}

pub(crate) async fn get(cx: &mut Cx<'_>, id: ChangeHookId) -> Result<Option<Hook>> {
    Ok(read(cx, Some(id)).await?.pop())
}

async fn read(cx: &mut Cx<'_>, id: Option<ChangeHookId>) -> Result<Vec<Hook>> {
    let rows = sqlx::query!(
        r#"SELECT h.id AS "id: ChangeHookId", h.kind AS "kind: HookKind", h.name, p.handle, h.created_at, h.last_used_at, h.revoked_at
           FROM change_hook h JOIN person p ON p.id = h.created_by
           WHERE $1::uuid IS NULL OR h.id = $1
           ORDER BY (h.revoked_at IS NOT NULL), h.id DESC LIMIT 200"#,
        id as Option<ChangeHookId>,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Hook {
            id: r.id,
            kind: r.kind,
            name: r.name,
            created_by: r.handle,
            created_at: r.created_at.to_jiff(),
            last_used_at: r.last_used_at.map(jiff_sqlx::Timestamp::to_jiff),
            revoked_at: r.revoked_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
        .collect())
}

pub(crate) async fn revoke(cx: &mut Cx<'_>, id: ChangeHookId) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!("UPDATE change_hook SET revoked_at = $2 WHERE id = $1", id as ChangeHookId, now as _)
        .execute(cx.conn())
        .await?;
    Ok(())
}

pub(crate) async fn touch(cx: &mut Cx<'_>, id: ChangeHookId) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!("UPDATE change_hook SET last_used_at = $2 WHERE id = $1", id as ChangeHookId, now as _)
        .execute(cx.conn())
        .await?;
    Ok(())
}

pub(crate) async fn sealed(cx: &mut Cx<'_>, id: ChangeHookId, kind: HookKind) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar!(
        "SELECT secret_sealed FROM change_hook WHERE id = $1 AND kind = $2 AND revoked_at IS NULL",
        id as ChangeHookId,
        kind.as_str(),
    )
    .fetch_optional(cx.conn())
    .await?)
}
