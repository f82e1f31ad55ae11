//! Personal API tokens.

use jiff::Timestamp;

use super::super::Token;
use crate::{Cx, PersonId, Result, Scope, TokenId};

pub(in super::super) async fn insert_token(
    cx: &mut Cx<'_>,
    person: PersonId,
    t: &Token,
    digest: &[u8],
) -> Result<()> {
    let created = jiff_sqlx::Timestamp::from(t.created_at);
    let expires = t.expires_at.map(jiff_sqlx::Timestamp::from);
    sqlx::query!(
        "INSERT INTO api_token (id, person_id, name, scope, secret_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        t.id as TokenId,
        person as PersonId,
        t.name,
        t.scope.as_str(),
        digest,
        created as _,
        expires as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn tokens(cx: &mut Cx<'_>, person: PersonId) -> Result<Vec<Token>> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id: TokenId", name, scope AS "scope: Scope", created_at, expires_at, last_used_at
           FROM api_token WHERE person_id = $1 AND revoked_at IS NULL ORDER BY created_at DESC, id LIMIT 200"#,
        person as PersonId
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Token {
            id: r.id,
            name: r.name,
            scope: r.scope,
            created_at: r.created_at.to_jiff(),
            expires_at: r.expires_at.map(jiff_sqlx::Timestamp::to_jiff),
            last_used_at: r.last_used_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
        .collect())
}

/// The name of the token that was revoked; none if it is not this person's or was revoked before.
pub(in super::super) async fn revoke_token(
    cx: &mut Cx<'_>,
    person: PersonId,
    id: TokenId,
) -> Result<Option<String>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        "UPDATE api_token SET revoked_at = $3 WHERE id = $1 AND person_id = $2 AND revoked_at IS NULL RETURNING name",
        id as TokenId,
        person as PersonId,
        now as _,
    )
    .fetch_optional(cx.conn())
    .await?)
}

pub(in super::super) async fn touch_token(
    cx: &mut Cx<'_>,
    id: TokenId,
    used_before: Timestamp,
) -> Result<()> {
    let (now, used_before) = (jiff_sqlx::Timestamp::from(cx.now()), jiff_sqlx::Timestamp::from(used_before));
    sqlx::query!(
        "UPDATE api_token SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3)",
        id as TokenId,
        now as _,
        used_before as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}
