//! Addresses of calendars.

use super::super::{CalendarFeed, ScheduleName, feed::Opened};
use crate::{CalendarFeedId, Cx, PersonId, Result, ScheduleId};

pub(crate) async fn insert_feed(
    cx: &mut Cx<'_>,
    feed: &CalendarFeed,
    owner: PersonId,
    digest: &[u8],
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(feed.created_at);
    sqlx::query!(
        "INSERT INTO calendar_feed (id, secret_hash, owner_id, schedule_id, created_at) VALUES ($1, $2, $3, $4, $5)",
        feed.id as CalendarFeedId,
        digest,
        owner as PersonId,
        feed.schedule.as_ref().map(|s| s.id) as Option<ScheduleId>,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

fn schedule_name(id: Option<ScheduleId>, slug: Option<String>, name: Option<String>) -> Option<ScheduleName> {
    Some(ScheduleName { id: id?, slug: slug?, name: name? })
}

pub(crate) async fn feeds(cx: &mut Cx<'_>, owner: PersonId) -> Result<Vec<CalendarFeed>> {
    let rows = sqlx::query!(
        r#"SELECT f.id AS "id: CalendarFeedId", f.created_at, f.last_used_at, s.id AS "schedule_id?: ScheduleId", s.slug AS "slug?", s.name AS "name?"
           FROM calendar_feed f LEFT JOIN schedule s ON s.id = f.schedule_id
           WHERE f.owner_id = $1 AND f.revoked_at IS NULL ORDER BY f.created_at DESC, f.id LIMIT 200"#,
        owner as PersonId
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| CalendarFeed {
            id: r.id,
            schedule: schedule_name(r.schedule_id, r.slug, r.name),
            created_at: r.created_at.to_jiff(),
            last_used_at: r.last_used_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
        .collect())
}

/// Whether it was this person's, and open.
pub(crate) async fn revoke_feed(cx: &mut Cx<'_>, id: CalendarFeedId, owner: PersonId) -> Result<bool> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let revoked = sqlx::query!(
        "UPDATE calendar_feed SET revoked_at = $3 WHERE id = $1 AND owner_id = $2 AND revoked_at IS NULL",
        id as CalendarFeedId,
        owner as PersonId,
        now as _
    )
    .execute(cx.conn())
    .await?;
    Ok(revoked.rows_affected() > 0)
}

/// The open feed of a secret whose owner is still here.
pub(crate) async fn open_feed(cx: &mut Cx<'_>, digest: &[u8]) -> Result<Option<Opened>> {
    let row = sqlx::query!(
        r#"SELECT f.id AS "id: CalendarFeedId", p.id AS "owner: PersonId", p.name AS owner_name, f.last_used_at,
                  s.id AS "schedule_id?: ScheduleId", s.slug AS "slug?", s.name AS "name?"
           FROM calendar_feed f JOIN person p ON p.id = f.owner_id AND p.active LEFT JOIN schedule s ON s.id = f.schedule_id
           WHERE f.secret_hash = $1 AND f.revoked_at IS NULL"#,
        digest
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(|r| Opened {
        id: r.id,
        owner: r.owner,
        owner_name: r.owner_name,
        schedule: schedule_name(r.schedule_id, r.slug, r.name),
        last_used_at: r.last_used_at.map(jiff_sqlx::Timestamp::to_jiff),
    }))
}

pub(crate) async fn touch_feed(cx: &mut Cx<'_>, id: CalendarFeedId) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!("UPDATE calendar_feed SET last_used_at = $2 WHERE id = $1", id as CalendarFeedId, now as _)
        .execute(cx.conn())
        .await?;
    Ok(())
}

pub(crate) async fn delete_cancelled(cx: &mut Cx<'_>, before: jiff::Timestamp) -> Result<u64> {
    let before = jiff_sqlx::Timestamp::from(before);
    Ok(sqlx::query!("DELETE FROM shift WHERE cancelled_at < $1", before as _)
        .execute(cx.conn())
        .await?
        .rows_affected())
}
