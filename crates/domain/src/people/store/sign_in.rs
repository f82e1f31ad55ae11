//! Passwords, one-time links, failures, identities, personas.

use jiff::Timestamp;

use super::super::{Identity, PersonName, Persona, sign_in::Limits};
use crate::{Cx, Error, IdentityLinkId, PersonId, Result, SignInLinkId};

/// The person of an account as typed (handle or e-mail), and how the password is stored. A handle has no @ and an
/// e-mail has one, so there is one row at most.
pub(in super::super) async fn credentials(
    cx: &mut Cx<'_>,
    account: &str,
) -> Result<Option<(PersonId, Option<String>)>> {
    let row = sqlx::query!(
        r#"SELECT id AS "id: PersonId", password_hash FROM person WHERE (lower(handle) = $1 OR lower(email) = $1) AND active"#,
        account
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(|r| (r.id, r.password_hash)))
}

pub(in super::super) async fn password_hash(cx: &mut Cx<'_>, person: PersonId) -> Result<Option<String>> {
    let row = sqlx::query!("SELECT password_hash FROM person WHERE id = $1", person as PersonId)
        .fetch_optional(cx.conn())
        .await?;
    Ok(row.and_then(|r| r.password_hash))
}

pub(in super::super) async fn set_password_hash(cx: &mut Cx<'_>, person: PersonId, hash: &str) -> Result<()> {
    sqlx::query!("UPDATE person SET password_hash = $2 WHERE id = $1", person as PersonId, hash)
        .execute(cx.conn())
        .await?;
    Ok(())
}

pub(in super::super) async fn note_attempt(
    cx: &mut Cx<'_>,
    account: &str,
    address: &str,
) -> Result<uuid::Uuid> {
    let (id, now) = (uuid::Uuid::now_v7(), jiff_sqlx::Timestamp::from(cx.now()));
    sqlx::query!(
        "INSERT INTO sign_in_failure (id, account, address, at) VALUES ($1, $2, $3, $4)",
        id,
        account,
        address,
        now as _
    )
    .execute(cx.conn())
    .await?;
    Ok(id)
}

pub(in super::super) async fn forget_attempt(cx: &mut Cx<'_>, id: uuid::Uuid) -> Result<()> {
    sqlx::query!("DELETE FROM sign_in_failure WHERE id = $1", id).execute(cx.conn()).await?;
    Ok(())
}

pub(in super::super) async fn forget_attempts(cx: &mut Cx<'_>, account: &str, address: &str) -> Result<()> {
    sqlx::query!("DELETE FROM sign_in_failure WHERE account = $1 AND address = $2", account, address)
        .execute(cx.conn())
        .await?;
    Ok(())
}

/// The attempt that is one too many, counted from the newest within the window: on the account from the address, on
/// the account, or from the address.
pub(in super::super) async fn one_too_many(
    cx: &mut Cx<'_>,
    account: &str,
    address: &str,
    since: Timestamp,
    limits: Limits,
) -> Result<Option<Timestamp>> {
    let since = jiff_sqlx::Timestamp::from(since);
    let row = sqlx::query!(
        r#"SELECT greatest(
               (SELECT at FROM sign_in_failure WHERE account = $1 AND address = $2 AND at > $3 ORDER BY at DESC OFFSET $4 LIMIT 1),
               (SELECT at FROM sign_in_failure WHERE account = $1 AND at > $3 ORDER BY at DESC OFFSET $5 LIMIT 1),
               (SELECT at FROM sign_in_failure WHERE address = $2 AND at > $3 ORDER BY at DESC OFFSET $6 LIMIT 1)) AS "at: jiff_sqlx::Timestamp""#,
        account,
        address,
        since as _,
        limits.both,
        limits.account,
        limits.address,
    )
    .fetch_one(cx.conn())
    .await?;
    Ok(row.at.map(jiff_sqlx::Timestamp::to_jiff))
}

pub(in super::super) async fn delete_old_attempts(cx: &mut Cx<'_>, before: Timestamp) -> Result<u64> {
    let before = jiff_sqlx::Timestamp::from(before);
    Ok(sqlx::query!("DELETE FROM sign_in_failure WHERE at < $1", before as _)
        .execute(cx.conn())
        .await?
        .rows_affected())
}

/// Set-ups take turns: two links used at the same moment must not make two first admins.
pub(in super::super) async fn lock_set_up(cx: &mut Cx<'_>) -> Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('portolan:set-up', 0))")
        .execute(cx.conn())
        .await?;
    Ok(())
}

pub(in super::super) async fn has_active_admin(cx: &mut Cx<'_>) -> Result<bool> {
    Ok(sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM person WHERE admin AND active) AS "is!""#)
        .fetch_one(cx.conn())
        .await?)
}

pub(in super::super) async fn insert_link(
    cx: &mut Cx<'_>,
    person: Option<PersonId>,
    digest: &[u8],
    expires: Timestamp,
) -> Result<()> {
    let (now, expires) = (jiff_sqlx::Timestamp::from(cx.now()), jiff_sqlx::Timestamp::from(expires));
    sqlx::query!(
        "INSERT INTO sign_in_link (id, person_id, secret_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        SignInLinkId::new() as SignInLinkId,
        person as Option<PersonId>,
        digest,
        now as _,
        expires as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Whose link this is, if it can still be used: the outer none is no such link, the inner one the set-up link.
pub(in super::super) async fn peek_link(cx: &mut Cx<'_>, digest: &[u8]) -> Result<Option<Option<PersonId>>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let row = sqlx::query!(
        r#"SELECT person_id AS "person_id: PersonId" FROM sign_in_link WHERE secret_hash = $1 AND used_at IS NULL AND expires_at > $2"#,
        digest,
        now as _,
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(|r| r.person_id))
}

/// Uses a link up. Of two who try at once, one gets it.
pub(in super::super) async fn use_link(cx: &mut Cx<'_>, digest: &[u8]) -> Result<Option<Option<PersonId>>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let row = sqlx::query!(
        r#"UPDATE sign_in_link SET used_at = $2 WHERE secret_hash = $1 AND used_at IS NULL AND expires_at > $2
           RETURNING person_id AS "person_id: PersonId""#,
        digest,
        now as _,
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(|r| r.person_id))
}

/// Makes the unused one-time links of a person useless.
pub(in super::super) async fn void_links_of(cx: &mut Cx<'_>, person: PersonId) -> Result<()> {
    sqlx::query!("DELETE FROM sign_in_link WHERE person_id = $1 AND used_at IS NULL", person as PersonId)
        .execute(cx.conn())
        .await?;
    Ok(())
}

pub(in super::super) async fn void_set_up_links(cx: &mut Cx<'_>) -> Result<()> {
    sqlx::query!("DELETE FROM sign_in_link WHERE person_id IS NULL AND used_at IS NULL")
        .execute(cx.conn())
        .await?;
    Ok(())
}

pub(in super::super) async fn delete_old_links(cx: &mut Cx<'_>, before: Timestamp) -> Result<u64> {
    let before = jiff_sqlx::Timestamp::from(before);
    Ok(sqlx::query!("DELETE FROM sign_in_link WHERE expires_at < $1", before as _)
        .execute(cx.conn())
        .await?
        .rows_affected())
}

pub(in super::super) async fn insert_identity(
    cx: &mut Cx<'_>,
    person: PersonId,
    issuer: &str,
    subject: &str,
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO identity_link (id, person_id, issuer, subject, created_at) VALUES ($1, $2, $3, $4, $5)",
        IdentityLinkId::new() as IdentityLinkId,
        person as PersonId,
        issuer,
        subject,
        now as _,
    )
    .execute(cx.conn())
    .await
    .map_err(|e| match Error::constraint(&e) {
        Some("identity_link_key") => {
            Error::Conflict("this identity is linked already, to this person or to another".into())
        }
        _ => e.into(),
    })?;
    Ok(())
}

pub(in super::super) async fn person_by_identity(
    cx: &mut Cx<'_>,
    issuer: &str,
    subject: &str,
) -> Result<Option<PersonId>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT person_id AS "id: PersonId" FROM identity_link WHERE issuer = $1 AND subject = $2"#,
        issuer,
        subject
    )
    .fetch_optional(cx.conn())
    .await?)
}

pub(in super::super) async fn identities(cx: &mut Cx<'_>, person: PersonId) -> Result<Vec<Identity>> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id: IdentityLinkId", issuer, subject, created_at FROM identity_link WHERE person_id = $1 ORDER BY issuer, subject LIMIT 50"#,
        person as PersonId
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Identity {
            id: r.id,
            issuer: r.issuer,
            subject: r.subject,
            created_at: r.created_at.to_jiff(),
        })
        .collect())
}

pub(in super::super) async fn personas(cx: &mut Cx<'_>) -> Result<Vec<Persona>> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id: PersonId", handle, name, active, persona AS "persona!" FROM person
           WHERE persona IS NOT NULL AND active ORDER BY lower(name), id LIMIT 20"#
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Persona {
            label: r.persona,
            person: PersonName { id: r.id, handle: r.handle, name: r.name, active: r.active },
        })
        .collect())
}
