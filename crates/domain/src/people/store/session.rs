//! Sessions.

use jiff::Timestamp;
use sqlx::types::Json;

use super::super::{Device, Preferences, Session};
use crate::{Actor, Cx, PersonId, Result, Scope, SessionId, TokenId, Via};

/// What a credential stands for, as far as the callers' memory needs it.
pub(in super::super) struct Found<Id> {
    pub id: Id,
    pub actor: Actor,
    pub expires_at: Option<Timestamp>,
    pub last_seen_at: Option<Timestamp>,
}

pub(in super::super) async fn caller_by_session(
    cx: &mut Cx<'_>,
    digest: &[u8],
) -> Result<Option<Found<SessionId>>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let row = sqlx::query!(
        r#"SELECT s.id AS "id: SessionId", s.expires_at, s.last_seen_at, p.id AS "person_id: PersonId", p.handle, p.name, p.admin, p.time_zone,
                  p.preferences AS "preferences: Json<Preferences>"
           FROM session s JOIN person p ON p.id = s.person_id WHERE s.secret_hash = $1 AND s.expires_at > $2 AND p.active"#,
        digest,
        now as _,
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(|r| Found {
        id: r.id,
        actor: Actor {
            person: Some(r.person_id),
            handle: r.handle.into(),
            name: r.name.into(),
            admin: r.admin,
            scope: Scope::Admin,
            via: Via::Page,
            time_zone: r.time_zone.into(),
            preferences: r.preferences.0,
        },
        expires_at: Some(r.expires_at.to_jiff()),
        last_seen_at: Some(r.last_seen_at.to_jiff()),
    }))
}

pub(in super::super) async fn caller_by_token(
    cx: &mut Cx<'_>,
    digest: &[u8],
) -> Result<Option<Found<TokenId>>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let row = sqlx::query!(
        r#"SELECT t.id AS "id: TokenId", t.scope AS "scope: Scope", t.expires_at, t.last_used_at, p.id AS "person_id: PersonId", p.handle, p.name,
                  p.admin, p.time_zone, p.preferences AS "preferences: Json<Preferences>"
           FROM api_token t JOIN person p ON p.id = t.person_id
           WHERE t.secret_hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2) AND p.active"#,
        digest,
        now as _,
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(|r| Found {
        id: r.id,
        actor: Actor {
            person: Some(r.person_id),
            handle: r.handle.into(),
            name: r.name.into(),
            admin: r.admin,
            scope: r.scope,
            via: Via::Api,
            time_zone: r.time_zone.into(),
            preferences: r.preferences.0,
        },
        expires_at: r.expires_at.map(jiff_sqlx::Timestamp::to_jiff),
        last_seen_at: r.last_used_at.map(jiff_sqlx::Timestamp::to_jiff),
    }))
}

/// Whether a session was made: only an active person gets one. The lock makes a deactivation and a sign-in take turns.
pub(in super::super) async fn insert_session(
    cx: &mut Cx<'_>,
    person: PersonId,
    digest: &[u8],
    device: &Device,
    expires: Timestamp,
) -> Result<bool> {
    let (now, expires) = (jiff_sqlx::Timestamp::from(cx.now()), jiff_sqlx::Timestamp::from(expires));
    let made = sqlx::query!(
        "WITH p AS (SELECT id FROM person WHERE id = $2 AND active FOR SHARE)
         INSERT INTO session (id, person_id, secret_hash, user_agent, address, created_at, last_seen_at, expires_at)
         SELECT $1, id, $3, $4, $5, $6, $6, $7 FROM p",
        SessionId::new() as SessionId,
        person as PersonId,
        digest,
        device.user_agent,
        device.address,
        now as _,
        expires as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(made.rows_affected() == 1)
}

/// Moves the end of a session on, if it was seen before `seen_before`, and never beyond `last` after its beginning.
pub(in super::super) async fn touch_session(
    cx: &mut Cx<'_>,
    id: SessionId,
    seen_before: Timestamp,
    expires: Timestamp,
    last_days: i32,
) -> Result<()> {
    let (now, expires) = (jiff_sqlx::Timestamp::from(cx.now()), jiff_sqlx::Timestamp::from(expires));
    let seen_before = jiff_sqlx::Timestamp::from(seen_before);
    sqlx::query!(
        "UPDATE session SET last_seen_at = $2, expires_at = least($3::timestamptz, created_at + make_interval(days => $5))
         WHERE id = $1 AND last_seen_at <= $4",
        id as SessionId,
        now as _,
        expires as _,
        seen_before as _,
        last_days,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn sessions(
    cx: &mut Cx<'_>,
    person: PersonId,
    current: Option<&[u8]>,
) -> Result<Vec<Session>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = sqlx::query!(
        r#"SELECT id AS "id: SessionId", user_agent, address, created_at, last_seen_at, expires_at,
                  coalesce(secret_hash = $3, false) AS "current!"
           FROM session WHERE person_id = $1 AND expires_at > $2 ORDER BY last_seen_at DESC, id LIMIT 200"#,
        person as PersonId,
        now as _,
        current,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Session {
            id: r.id,
            user_agent: r.user_agent,
            address: r.address,
            created_at: r.created_at.to_jiff(),
            last_seen_at: r.last_seen_at.to_jiff(),
            expires_at: r.expires_at.to_jiff(),
            current: r.current,
        })
        .collect())
}

pub(in super::super) async fn end_session(cx: &mut Cx<'_>, person: PersonId, id: SessionId) -> Result<bool> {
    let ended = sqlx::query!(
        "DELETE FROM session WHERE id = $1 AND person_id = $2",
        id as SessionId,
        person as PersonId
    )
    .execute(cx.conn())
    .await?;
    Ok(ended.rows_affected() == 1)
}

pub(in super::super) async fn end_session_by_secret(cx: &mut Cx<'_>, digest: &[u8]) -> Result<()> {
    sqlx::query!("DELETE FROM session WHERE secret_hash = $1", digest).execute(cx.conn()).await?;
    Ok(())
}

/// Ends all sessions of a person, or all but the one with this secret.
pub(in super::super) async fn end_sessions_of(
    cx: &mut Cx<'_>,
    person: PersonId,
    but: Option<&[u8]>,
) -> Result<u64> {
    let ended = sqlx::query!(
        "DELETE FROM session WHERE person_id = $1 AND ($2::bytea IS NULL OR secret_hash <> $2)",
        person as PersonId,
        but
    )
    .execute(cx.conn())
    .await?;
    Ok(ended.rows_affected())
}

pub(in super::super) async fn delete_ended_sessions(cx: &mut Cx<'_>) -> Result<u64> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query!("DELETE FROM session WHERE expires_at <= $1", now as _)
        .execute(cx.conn())
        .await?
        .rows_affected())
}
