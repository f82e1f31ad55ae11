//! Statements of snapshots. There is none that changes one: the database refuses it.

use sqlx::types::Json;

use super::super::{Frozen, Review};
use crate::{Cx, OperationalReviewId, PersonId, Result, TeamId, people::PersonName, support::Week};

/// Snapshots of one team are made one after the other, so that each gets the next number.
pub(in super::super) async fn lock_team(cx: &mut Cx<'_>, team: TeamId) -> Result<()> {
    sqlx::query!("SELECT FROM team WHERE id = $1 FOR NO KEY UPDATE", team as TeamId)
        .execute(cx.conn())
        .await?;
    Ok(())
}

/// Keeps a review under the team's next number, which it returns.
pub(in super::super) async fn insert(
    cx: &mut Cx<'_>,
    team: TeamId,
    review: &Review,
    note: &str,
) -> Result<i32> {
    let (by, now) = (cx.writer()?, jiff_sqlx::Timestamp::from(cx.now()));
    let week = jiff_sqlx::Date::from(review.week.monday());
    Ok(sqlx::query_scalar!(
        "INSERT INTO operational_review (id, team_id, number, week, content, note, is_early, frozen_by, frozen_at)
         SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6, $7, $8 FROM operational_review WHERE team_id = $2
         RETURNING number",
        OperationalReviewId::new() as OperationalReviewId,
        team as TeamId,
        week as _,
        Json(review) as _,
        note,
        review.is_early(),
        by as PersonId,
        now as _,
    )
    .fetch_one(cx.conn())
    .await?)
}

struct Row {
    number: i32,
    week: jiff_sqlx::Date,
    note: String,
    is_early: bool,
    frozen_by: PersonId,
    handle: String,
    name: String,
    active: bool,
    frozen_at: jiff_sqlx::Timestamp,
}

impl From<Row> for Frozen {
    fn from(r: Row) -> Self {
        Self {
            number: r.number,
            week: Week::containing(r.week.to_jiff()),
            note: r.note,
            is_early: r.is_early,
            frozen_by: PersonName { id: r.frozen_by, handle: r.handle, name: r.name, active: r.active },
            frozen_at: r.frozen_at.to_jiff(),
        }
    }
}

/// A snapshot, what it holds, and the last one of the same week.
pub(in super::super) async fn snapshot(
    cx: &mut Cx<'_>,
    team: TeamId,
    number: i32,
) -> Result<Option<(Frozen, Review, i32)>> {
    let row = sqlx::query!(
        r#"SELECT r.number, r.week AS "week: jiff_sqlx::Date", r.note, r.is_early, r.frozen_by AS "frozen_by: PersonId", p.handle, p.name, p.active,
                  r.frozen_at, r.content AS "content: Json<Review>",
                  (SELECT max(l.number) FROM operational_review l WHERE l.team_id = r.team_id AND l.week = r.week) AS "last!"
           FROM operational_review r JOIN person p ON p.id = r.frozen_by WHERE r.team_id = $1 AND r.number = $2"#,
        team as TeamId,
        number,
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(|r| {
        let frozen = Row {
            number: r.number,
            week: r.week,
            note: r.note,
            is_early: r.is_early,
            frozen_by: r.frozen_by,
            handle: r.handle,
            name: r.name,
            active: r.active,
            frozen_at: r.frozen_at,
        };
        (frozen.into(), r.content.0, r.last)
    }))
}

/// The last snapshots before a number, of one week or of all.
pub(in super::super) async fn snapshots(
    cx: &mut Cx<'_>,
    team: TeamId,
    week: Option<Week>,
    before: Option<i32>,
    rows: i64,
) -> Result<Vec<Frozen>> {
    let week = week.map(|w| jiff_sqlx::Date::from(w.monday()));
    let found = sqlx::query_as!(
        Row,
        r#"SELECT r.number, r.week AS "week: jiff_sqlx::Date", r.note, r.is_early, r.frozen_by AS "frozen_by: PersonId", p.handle, p.name, p.active,
                  r.frozen_at
           FROM operational_review r JOIN person p ON p.id = r.frozen_by
           WHERE r.team_id = $1 AND ($2::date IS NULL OR r.week = $2) AND ($3::integer IS NULL OR r.number < $3)
           ORDER BY r.number DESC LIMIT $4"#,
        team as TeamId,
        week as _,
        before,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into_iter().map(Frozen::from).collect())
}

pub(in super::super) async fn count_snapshots(
    cx: &mut Cx<'_>,
    team: TeamId,
    week: Option<Week>,
) -> Result<i64> {
    let week = week.map(|w| jiff_sqlx::Date::from(w.monday()));
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM operational_review WHERE team_id = $1 AND ($2::date IS NULL OR week = $2)"#,
        team as TeamId,
        week as _,
    )
    .fetch_one(cx.conn())
    .await?)
}
