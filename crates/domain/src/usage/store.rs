//! SQL of usage.

use jiff::Timestamp;

use super::{EmptySearch, Event, Opened, Week, subject};
use crate::{Cx, Result, UsageEventId};

/// The team is the one the person joined first of those they are in today; most people are in one.
pub(super) async fn insert(cx: &mut Cx<'_>, batch: &[Event]) -> Result<()> {
    let ids: Vec<_> = batch.iter().map(|_| UsageEventId::new().0).collect();
    let kinds: Vec<_> = batch.iter().map(|e| e.kind.to_owned()).collect();
    let persons: Vec<_> = batch.iter().map(|e| e.person.map(|p| p.0)).collect();
    let subjects: Vec<_> = batch.iter().map(|e| subject(&e.subject)).collect();
    let results: Vec<_> = batch.iter().map(|e| e.results).collect();
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO usage_event (id, at, kind, person_id, team_id, subject, results)
         SELECT u.id, $6, u.kind, p.id, m.team_id, u.subject, u.results
         FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::int[]) AS u (id, kind, person_id, subject, results)
              LEFT JOIN person p ON p.id = u.person_id
              LEFT JOIN LATERAL (SELECT team_id FROM membership m WHERE m.person_id = p.id
                                     AND m.valid_from <= $6 AND (m.valid_until IS NULL OR m.valid_until > $6)
                                 ORDER BY m.valid_from, m.id LIMIT 1) m ON true",
        &ids,
        &kinds,
        &persons as &[Option<uuid::Uuid>],
        &subjects,
        &results as &[Option<i32>],
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(super) async fn forget(cx: &mut Cx<'_>, before: Timestamp) -> Result<u64> {
    let before = jiff_sqlx::Timestamp::from(before);
    Ok(sqlx::query!(
        "UPDATE usage_event SET person_id = NULL WHERE person_id IS NOT NULL AND at < $1",
        before as _
    )
    .execute(cx.conn())
    .await?
    .rows_affected())
}

pub(super) async fn weeks(cx: &mut Cx<'_>, since: Timestamp) -> Result<Vec<Week>> {
    let since = jiff_sqlx::Timestamp::from(since);
    let rows = sqlx::query!(
        r#"SELECT date_trunc('week', at, 'UTC') AS "week!", count(DISTINCT person_id) AS "people!",
                  count(DISTINCT team_id) AS "teams!", count(*) AS "events!"
           FROM usage_event WHERE at >= date_trunc('week', $1::timestamptz, 'UTC') GROUP BY 1 ORDER BY 1 DESC LIMIT 12"#,
        since as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Week { from: r.week.to_jiff(), people: r.people, teams: r.teams, events: r.events })
        .collect())
}

pub(super) async fn empty_searches(cx: &mut Cx<'_>, since: Timestamp) -> Result<Vec<EmptySearch>> {
    let since = jiff_sqlx::Timestamp::from(since);
    let rows = sqlx::query!(
        r#"SELECT lower(subject) AS "text!", count(*) AS "times!", max(at) AS "last!"
           FROM usage_event WHERE kind = 'searched' AND at >= $1 AND results = 0 AND subject <> ''
           GROUP BY 1 ORDER BY 2 DESC, 3 DESC LIMIT 50"#,
        since as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| EmptySearch { text: r.text, times: r.times, last: r.last.to_jiff() })
        .collect())
}

pub(super) async fn searches(cx: &mut Cx<'_>, since: Timestamp) -> Result<(i64, i64)> {
    let since = jiff_sqlx::Timestamp::from(since);
    let row = sqlx::query!(
        r#"SELECT count(*) AS "all!", count(*) FILTER (WHERE results > 0) AS "found!"
           FROM usage_event WHERE kind = 'searched' AND at >= $1"#,
        since as _,
    )
    .fetch_one(cx.conn())
    .await?;
    Ok((row.all, row.found))
}

pub(super) async fn opened(cx: &mut Cx<'_>, since: Timestamp) -> Result<Vec<Opened>> {
    let since = jiff_sqlx::Timestamp::from(since);
    let rows = sqlx::query!(
        r#"SELECT subject, count(*) AS "times!", count(DISTINCT team_id) AS "teams!"
           FROM usage_event WHERE kind LIKE 'opened-%' AND at >= $1 AND subject <> ''
           GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50"#,
        since as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| Opened { subject: r.subject, times: r.times, teams: r.teams }).collect())
}

pub(super) async fn kinds(cx: &mut Cx<'_>, since: Timestamp) -> Result<Vec<(String, i64)>> {
    let since = jiff_sqlx::Timestamp::from(since);
    let rows = sqlx::query!(
        r#"SELECT kind, count(*) AS "n!" FROM usage_event WHERE at >= $1 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50"#,
        since as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.kind, r.n)).collect())
}
