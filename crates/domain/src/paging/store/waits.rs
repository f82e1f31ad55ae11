//! SQL of what waits for somebody: few rows of tables that grow for ever, each found by an index of those that may wait.

use jiff::Timestamp;
use sqlx::types::Json;

use super::{
    super::{Judgement, Plan, Severity, State, record::Urgency},
    page::{Row, pages},
};
use crate::{Cx, EntityId, Limit, MaintenanceId, PageId, PersonId, PolicyId, Result, TeamId};

/// Live pages that a person is on or was asked to be on; and open ones that they were told of, or that are of a team for
/// which they are on call now. A page that is held back waits for nobody of these yet. Those that nobody is on come
/// first, those that cannot wait for the morning before the others, and the oldest leads.
pub(in super::super) async fn on(cx: &mut Cx<'_>, person: PersonId, limit: Limit) -> Result<Vec<Row>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(pages!(
        "WHERE p.state IN ('open', 'acknowledged') AND (p.assignee_id = $1 OR (p.state = 'open' AND (
               EXISTS (SELECT FROM page_event v WHERE v.page_id = p.id AND v.person_id = $1 AND v.kind = 'told')
               OR ((p.held_until IS NULL OR p.held_until <= $2) AND p.team_id IN (
                   SELECT s.team_id FROM shift f JOIN schedule s ON s.id = f.schedule_id AND s.purpose = 'on-call' AND s.closed_at IS NULL
                   WHERE f.person_id = $1 AND f.holder = 'person' AND f.cancelled_at IS NULL AND f.starts_at <= $2 AND f.ends_at > $2)))))
         ORDER BY p.state DESC, p.urgency, p.opened_at, p.id LIMIT $3",
        person as PersonId,
        now as _,
        limit.probe(),
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Pages since then that are over and that nobody has judged, of these teams, and those that a person answered or ended;
/// their own first, then the newest.
pub(in super::super) async fn to_judge(
    cx: &mut Cx<'_>,
    person: PersonId,
    teams: &[TeamId],
    since: Timestamp,
    limit: Limit,
) -> Result<Vec<Row>> {
    let teams: Vec<_> = teams.iter().map(|t| t.0).collect();
    let since = jiff_sqlx::Timestamp::from(since);
    Ok(pages!(
        "WHERE p.state = 'resolved' AND p.judgement IS NULL AND p.opened_at >= $3
           AND (p.team_id = ANY($2) OR $1 IN (p.assignee_id, p.acknowledged_by, p.resolved_by))
         ORDER BY coalesce($1 IN (p.assignee_id, p.acknowledged_by, p.resolved_by), false) DESC, p.opened_at DESC, p.id DESC LIMIT $4",
        person as PersonId,
        &teams,
        since as _,
        limit.probe(),
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Which of these pages a person was told of.
pub(in super::super) async fn told_of(
    cx: &mut Cx<'_>,
    person: PersonId,
    pages: &[PageId],
) -> Result<Vec<PageId>> {
    let keys: Vec<_> = pages.iter().map(|p| p.0).collect();
    Ok(sqlx::query_scalar!(
        r#"SELECT DISTINCT page_id AS "id: PageId" FROM page_event WHERE person_id = $1 AND page_id = ANY($2) AND kind = 'told'"#,
        person as PersonId,
        &keys,
    )
    .fetch_all(cx.conn())
    .await?)
}
