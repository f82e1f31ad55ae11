//! Who belongs to a team or above it.

use super::super::PersonName;
use crate::{Cx, PersonId, Result, TeamId};

/// Whether a person leads or is a member of the team or of one above it. Depth-limited: the tree has no rings, and a
/// query that never ends would be the wrong way to learn otherwise.
pub(in super::super) async fn belongs_above(cx: &mut Cx<'_>, team: TeamId, person: PersonId) -> Result<bool> {
    Ok(!belongs_above_any(cx, &[team], person).await?.is_empty())
}

pub(in super::super) async fn belongs_above_any(
    cx: &mut Cx<'_>,
    teams: &[TeamId],
    person: PersonId,
) -> Result<Vec<TeamId>> {
    let ids: Vec<_> = teams.iter().map(|t| t.0).collect();
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        r#"WITH RECURSIVE up AS (
               SELECT id AS asked, id, parent_id, lead_id, 0 AS depth FROM team WHERE id = ANY($1)
               UNION ALL
               SELECT up.asked, t.id, t.parent_id, t.lead_id, up.depth + 1 FROM up JOIN team t ON t.id = up.parent_id WHERE up.depth < 32)
           SELECT DISTINCT up.asked AS "id!: TeamId" FROM up
           WHERE up.lead_id = $2 OR EXISTS (
               SELECT FROM membership m
               WHERE m.person_id = $2 AND m.team_id = up.id AND m.valid_from <= $3 AND (m.valid_until IS NULL OR m.valid_until > $3))"#,
        &ids,
        person as PersonId,
        now as _,
    )
    .fetch_all(cx.conn())
    .await?)
}

pub(in super::super) async fn leads_above(cx: &mut Cx<'_>, team: TeamId) -> Result<Vec<PersonName>> {
    Ok(sqlx::query_as!(
        PersonName,
        r#"WITH RECURSIVE up AS (
               SELECT id, parent_id, lead_id, 0 AS depth FROM team WHERE id = $1
               UNION ALL
               SELECT t.id, t.parent_id, t.lead_id, up.depth + 1 FROM up JOIN team t ON t.id = up.parent_id WHERE up.depth < 32)
           SELECT p.id AS "id: PersonId", p.handle, p.name, p.active
           FROM up JOIN person p ON p.id = up.lead_id WHERE p.active ORDER BY up.depth LIMIT 2"#,
        team as TeamId
    )
    .fetch_all(cx.conn())
    .await?)
}

pub(in super::super) async fn team_ids_of(cx: &mut Cx<'_>, person: PersonId) -> Result<Vec<TeamId>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        r#"SELECT team_id AS "id: TeamId" FROM membership
           WHERE person_id = $1 AND valid_from <= $2 AND (valid_until IS NULL OR valid_until > $2) ORDER BY valid_from, id LIMIT 200"#,
        person as PersonId,
        now as _,
    )
    .fetch_all(cx.conn())
    .await?)
}

pub(in super::super) async fn teams_answered_for(cx: &mut Cx<'_>, person: PersonId) -> Result<Vec<TeamId>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        r#"WITH RECURSIVE led AS (
               SELECT id FROM team WHERE lead_id = $1
               UNION SELECT t.id FROM team t JOIN led ON t.parent_id = led.id)
           SELECT id AS "id!: TeamId" FROM (
               SELECT id FROM led
               UNION SELECT team_id FROM membership
                     WHERE person_id = $1 AND valid_from <= $2 AND (valid_until IS NULL OR valid_until > $2)) answered_for
           LIMIT 2000"#,
        person as PersonId,
        now as _,
    )
    .fetch_all(cx.conn())
    .await?)
}

pub(in super::super) async fn has_active_members(cx: &mut Cx<'_>, team: TeamId) -> Result<bool> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM membership m JOIN person p ON p.id = m.person_id
               WHERE m.team_id = $1 AND p.active AND m.valid_from <= $2 AND (m.valid_until IS NULL OR m.valid_until > $2)) AS "is!""#,
        team as TeamId,
        now as _,
    )
    .fetch_one(cx.conn())
    .await?)
}
