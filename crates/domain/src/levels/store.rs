//! SQL of the support levels.

use super::{AtOnce, Impact, Level};
use crate::{Cx, PersonId, Result, TeamId};

/// What stands in the place of a tier for what has none.
const NO_TIER: i16 = 4;

pub(super) struct Row {
    tier: i16,
    at_once: AtOnce,
    least_impact: Impact,
    only_production: bool,
    first_answer_minutes: i32,
    next_answer_minutes: i32,
    pub(super) set_by: Option<PersonId>,
    pub(super) set_at: jiff_sqlx::Timestamp,
}

impl Row {
    pub(super) fn level(&self) -> Level {
        Level {
            tier: Some(self.tier).filter(|t| *t != NO_TIER),
            at_once: self.at_once,
            least_impact: self.least_impact,
            only_production: self.only_production,
            first_answer_minutes: self.first_answer_minutes,
            next_answer_minutes: self.next_answer_minutes,
        }
    }
}

pub(super) async fn of_team(cx: &mut Cx<'_>, team: TeamId) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        r#"SELECT tier, at_once AS "at_once: AtOnce", least_impact AS "least_impact: Impact", only_production,
                  first_answer_minutes, next_answer_minutes, set_by AS "set_by: PersonId", set_at
           FROM support_level WHERE team_id = $1 ORDER BY tier"#,
        team as TeamId,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Replaces all levels of a team in one statement.
pub(super) async fn put(cx: &mut Cx<'_>, team: TeamId, levels: &[Level]) -> Result<()> {
    let tiers: Vec<_> = levels.iter().map(|l| l.tier.unwrap_or(NO_TIER)).collect();
    let at_once: Vec<_> = levels.iter().map(|l| l.at_once.as_str().to_owned()).collect();
    let impacts: Vec<_> = levels.iter().map(|l| l.least_impact.as_str().to_owned()).collect();
    let production: Vec<_> = levels.iter().map(|l| l.only_production).collect();
    let first: Vec<_> = levels.iter().map(|l| l.first_answer_minutes).collect();
    let next: Vec<_> = levels.iter().map(|l| l.next_answer_minutes).collect();
    let (by, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    sqlx::query!(
        "INSERT INTO support_level (team_id, tier, at_once, least_impact, only_production, first_answer_minutes, next_answer_minutes, set_by, set_at)
         SELECT $1, l.*, $8, $9
         FROM unnest($2::smallint[], $3::text[], $4::text[], $5::boolean[], $6::integer[], $7::integer[]) AS l
         ON CONFLICT (team_id, tier) DO UPDATE SET at_once = excluded.at_once, least_impact = excluded.least_impact,
            only_production = excluded.only_production, first_answer_minutes = excluded.first_answer_minutes,
            next_answer_minutes = excluded.next_answer_minutes, set_by = excluded.set_by, set_at = excluded.set_at",
        team as TeamId,
        &tiers,
        &at_once,
        &impacts,
        &production,
        &first,
        &next,
        by as Option<PersonId>,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Forgets the levels of a team; returns how many there were.
pub(super) async fn clear(cx: &mut Cx<'_>, team: TeamId) -> Result<u64> {
    let gone = sqlx::query!("DELETE FROM support_level WHERE team_id = $1", team as TeamId)
        .execute(cx.conn())
        .await?;
    Ok(gone.rows_affected())
}
