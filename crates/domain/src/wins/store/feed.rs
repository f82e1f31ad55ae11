//! Secret addresses of feeds.

use super::super::feed::Feed;
use crate::{Cx, PersonId, Result, TeamId, WinsFeedId, people::TeamName};

/// A feed as it is opened: whose it is, and of what.
pub(in super::super) struct Opened {
    pub(in super::super) id: WinsFeedId,
    pub(in super::super) owner: PersonId,
    pub(in super::super) owner_name: String,
    pub(in super::super) team: Option<TeamName>,
    pub(in super::super) last_used_at: Option<jiff::Timestamp>,
}

fn team(id: Option<TeamId>, slug: Option<String>, name: Option<String>) -> Option<TeamName> {
    Some(TeamName { id: id?, slug: slug?, name: name? })
}

pub(in super::super) async fn insert(
    cx: &mut Cx<'_>,
    feed: &Feed,
    owner: PersonId,
    hash: &[u8],
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(feed.created_at);
    sqlx::query!(
        "INSERT INTO wins_feed (id, person_id, team_id, hash, created_at) VALUES ($1, $2, $3, $4, $5)",
        feed.id as WinsFeedId,
        owner as PersonId,
        feed.team.as_ref().map(|t| t.id) as Option<TeamId>,
        hash,
        now as _
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn of_person(cx: &mut Cx<'_>, owner: PersonId) -> Result<Vec<Feed>> {
    let rows = sqlx::query!(
        r#"SELECT f.id AS "id: WinsFeedId", f.created_at AS "created_at: jiff_sqlx::Timestamp",
                  f.last_used_at AS "last_used_at: jiff_sqlx::Timestamp", t.id AS "team_id?: TeamId", t.slug AS "slug?", t.name AS "name?"
           FROM wins_feed f LEFT JOIN team t ON t.id = f.team_id WHERE f.person_id = $1 ORDER BY f.created_at DESC, f.id DESC LIMIT 200"#,
        owner as PersonId
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Feed {
            id: r.id,
            team: team(r.team_id, r.slug, r.name),
            created_at: r.created_at.to_jiff(),
            last_used_at: r.last_used_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
        .collect())
}

/// Whether it was this person's.
pub(in super::super) async fn delete(cx: &mut Cx<'_>, id: WinsFeedId, owner: PersonId) -> Result<bool> {
    let gone = sqlx::query!(
        "DELETE FROM wins_feed WHERE id = $1 AND person_id = $2",
        id as WinsFeedId,
        owner as PersonId
    )
    .execute(cx.conn())
    .await?;
    Ok(gone.rows_affected() > 0)
}

/// The feed of a secret whose owner is still here.
pub(in super::super) async fn open(cx: &mut Cx<'_>, hash: &[u8]) -> Result<Option<Opened>> {
    let row = sqlx::query!(
        r#"SELECT f.id AS "id: WinsFeedId", p.id AS "owner: PersonId", p.name AS owner_name,
                  f.last_used_at AS "last_used_at: jiff_sqlx::Timestamp", t.id AS "team_id?: TeamId", t.slug AS "slug?", t.name AS "name?"
           FROM wins_feed f JOIN person p ON p.id = f.person_id AND p.active LEFT JOIN team t ON t.id = f.team_id WHERE f.hash = $1"#,
        hash
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(|r| Opened {
        id: r.id,
        owner: r.owner,
        owner_name: r.owner_name,
        team: team(r.team_id, r.slug, r.name),
        last_used_at: r.last_used_at.map(jiff_sqlx::Timestamp::to_jiff),
    }))
}

pub(in super::super) async fn touch(cx: &mut Cx<'_>, id: WinsFeedId) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!("UPDATE wins_feed SET last_used_at = $2 WHERE id = $1", id as WinsFeedId, now as _)
        .execute(cx.conn())
        .await?;
    Ok(())
}
