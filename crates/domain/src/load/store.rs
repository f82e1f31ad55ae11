//! SQL of the figures of pages.

use std::collections::HashMap;

use jiff::Timestamp;

use super::wake::Woke;
use crate::{
    Cx, PageId, PersonId, Result, TeamId,
    paging::{Judgement, State},
};

/// Pages of one team that are counted, at most: half a year of fifty a day.
const MOST: i64 = 10_000;

/// The pages of a team that were not kept quiet, the newest first, each with whom it reached; and whether there are more.
/// One that a maintenance window kept quiet until it was over reached nobody and costs nobody anything.
pub(super) async fn pages_of_team(
    cx: &mut Cx<'_>,
    team: TeamId,
    from: Timestamp,
    to: Timestamp,
) -> Result<(Vec<Woke>, bool)> {
    let (from, to) = (jiff_sqlx::Timestamp::from(from), jiff_sqlx::Timestamp::from(to));
    let pages = sqlx::query!(
        r#"SELECT p.id AS "id: PageId", p.opened_at, p.state AS "state: State", p.judgement AS "judgement: Judgement", a.rule AS "rule?"
           FROM page p
                LEFT JOIN LATERAL (SELECT coalesce(nullif(a.labels->>'alertname', ''), a.summary) AS rule FROM alert a WHERE a.page_id = p.id
                                   ORDER BY a.fired_at, (a.summary = p.summary) DESC, a.id LIMIT 1) a ON true
           WHERE p.team_id = $1 AND p.opened_at >= $2 AND p.opened_at <= $3
             AND (p.suppressed_by IS NULL OR EXISTS (SELECT FROM page_event v WHERE v.page_id = p.id AND v.kind = 'told'))
           ORDER BY p.opened_at DESC, p.id DESC LIMIT $4"#,
        team as TeamId,
        from as _,
        to as _,
        MOST + 1,
    )
    .fetch_all(cx.conn())
    .await?;
    let is_cut = i64::try_from(pages.len()).is_ok_and(|n| n > MOST);
    let mut told = told(cx, &pages.iter().map(|p| p.id.0).collect::<Vec<_>>()).await?;
    let pages = pages.into_iter().take(usize::try_from(MOST).unwrap_or(usize::MAX)).map(|p| Woke {
        opened_at: p.opened_at.to_jiff(),
        is_over: p.state == State::Resolved,
        judgement: p.judgement,
        rule: p.rule,
        told: told.remove(&p.id).unwrap_or_default(),
    });
    Ok((pages.collect(), is_cut))
}

/// Whom each of these pages reached, and when it first did.
async fn told(cx: &mut Cx<'_>, pages: &[uuid::Uuid]) -> Result<HashMap<PageId, Vec<(PersonId, Timestamp)>>> {
    let rows = sqlx::query!(
        r#"SELECT page_id AS "page: PageId", person_id AS "person!: PersonId", min(at) AS "at!" FROM page_event
           WHERE page_id = ANY($1) AND kind = 'told' AND person_id IS NOT NULL GROUP BY page_id, person_id"#,
        pages,
    )
    .fetch_all(cx.conn())
    .await?;
    let mut told: HashMap<PageId, Vec<(PersonId, Timestamp)>> = HashMap::new();
    for row in rows {
        told.entry(row.page).or_default().push((row.person, row.at.to_jiff()));
    }
    Ok(told)
}

/// When pages of any team first reached a person since then.
pub(super) async fn pages_of_person(
    cx: &mut Cx<'_>,
    person: PersonId,
    since: Timestamp,
) -> Result<Vec<Timestamp>> {
    let since = jiff_sqlx::Timestamp::from(since);
    let rows = sqlx::query_scalar!(
        r#"SELECT min(at) AS "at!" FROM page_event WHERE person_id = $1 AND kind = 'told' GROUP BY page_id HAVING min(at) >= $2
           ORDER BY 1 DESC LIMIT $3"#,
        person as PersonId,
        since as _,
        MOST,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(jiff_sqlx::Timestamp::to_jiff).collect())
}
