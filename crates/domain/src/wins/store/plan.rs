//! Plans, deputies, and what short words stand for.

use super::super::{
    plan::{Level, Plan, Term},
    record::Audience,
};
use crate::{
    Cx, HolidayCalendarId, PersonId, Result, TeamId, WinsPlanId,
    people::{PersonName, TeamName},
};

/// One plan, or all of them by name; at most 200.
pub(in super::super) async fn plans(cx: &mut Cx<'_>, id: Option<WinsPlanId>) -> Result<Vec<Plan>> {
    let rows = sqlx::query!(
        r#"SELECT p.id AS "id: WinsPlanId", p.name, t.id AS "root_id: TeamId", t.slug, t.name AS root_name, p.weeks,
                  p.anchor AS "anchor: jiff_sqlx::Date", p.time_zone, p.publish_at,
                  p.calendar_id AS "calendar: HolidayCalendarId", p.paused, p.version, p.updated_at,
                  ARRAY(SELECT l.due FROM wins_level l WHERE l.plan_id = p.id ORDER BY l.level) AS "due!: Vec<String>",
                  ARRAY(SELECT l.most_wins FROM wins_level l WHERE l.plan_id = p.id ORDER BY l.level) AS "wins!: Vec<i16>",
                  ARRAY(SELECT l.most_challenges FROM wins_level l WHERE l.plan_id = p.id ORDER BY l.level) AS "challenges!: Vec<i16>",
                  ARRAY(SELECT l.most_words FROM wins_level l WHERE l.plan_id = p.id ORDER BY l.level) AS "words!: Vec<i16>",
                  ARRAY(SELECT l.audience FROM wins_level l WHERE l.plan_id = p.id ORDER BY l.level) AS "audiences!: Vec<String>"
           FROM wins_plan p JOIN team t ON t.id = p.root_team_id
           WHERE $1::uuid IS NULL OR p.id = $1 ORDER BY lower(p.name), p.id LIMIT 200"#,
        id as Option<WinsPlanId>,
    )
    .fetch_all(cx.conn())
    .await?;
    let out = sqlx::query!(
        r#"SELECT o.plan_id AS "plan: WinsPlanId", t.id AS "id: TeamId", t.slug, t.name, o.below
           FROM wins_left_out o JOIN team t ON t.id = o.team_id
           WHERE $1::uuid IS NULL OR o.plan_id = $1 ORDER BY lower(t.name), t.id"#,
        id as Option<WinsPlanId>,
    )
    .fetch_all(cx.conn())
    .await?;
    rows.into_iter()
        .map(|r| {
            let audiences = r.audiences.iter().map(|a| a.parse::<Audience>()).collect::<Result<Vec<_>>>()?;
            let levels = r.due.into_iter().zip(r.wins).zip(r.challenges).zip(r.words).zip(audiences).map(
                |((((due, most_wins), most_challenges), most_words), audience)| Level {
                    due,
                    most_wins,
                    most_challenges,
                    most_words,
                    audience,
                },
            );
            let left_out = out
                .iter()
                .filter(|o| o.plan == r.id)
                .map(|o| (TeamName { id: o.id, slug: o.slug.clone(), name: o.name.clone() }, o.below));
            Ok(Plan {
                id: r.id,
                name: r.name,
                root: TeamName { id: r.root_id, slug: r.slug, name: r.root_name },
                weeks: r.weeks,
                anchor: r.anchor.to_jiff(),
                time_zone: r.time_zone,
                publish_at: r.publish_at,
                calendar: r.calendar,
                paused: r.paused,
                levels: levels.collect(),
                left_out: left_out.collect(),
                version: r.version,
                updated_at: r.updated_at.to_jiff(),
            })
        })
        .collect()
}

/// What of a plan is written as a row; its levels and who is left out come with it.
pub(in super::super) struct Row<'p> {
    pub(in super::super) id: WinsPlanId,
    pub(in super::super) name: &'p str,
    pub(in super::super) root: TeamId,
    pub(in super::super) weeks: i16,
    pub(in super::super) anchor: jiff::civil::Date,
    pub(in super::super) time_zone: &'p str,
    pub(in super::super) publish_at: &'p str,
    pub(in super::super) calendar: Option<HolidayCalendarId>,
    pub(in super::super) paused: bool,
    pub(in super::super) levels: &'p [Level],
    pub(in super::super) left_out: &'p [(TeamId, bool)],
}

/// Writes a plan: a new one, or over what was there.
pub(in super::super) async fn put(cx: &mut Cx<'_>, row: &Row<'_>) -> Result<(), sqlx::Error> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO wins_plan (id, name, root_team_id, weeks, anchor, time_zone, publish_at, calendar_id, paused, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, root_team_id = excluded.root_team_id, weeks = excluded.weeks,
             anchor = excluded.anchor, time_zone = excluded.time_zone, publish_at = excluded.publish_at,
             calendar_id = excluded.calendar_id, paused = excluded.paused, updated_at = excluded.updated_at,
             version = wins_plan.version + 1",
        row.id as WinsPlanId,
        row.name,
        row.root as TeamId,
        row.weeks,
        jiff_sqlx::Date::from(row.anchor) as _,
        row.time_zone,
        row.publish_at,
        row.calendar as Option<HolidayCalendarId>,
        row.paused,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    let height: Vec<_> = (0_i16..).take(row.levels.len()).collect();
    let due: Vec<_> = row.levels.iter().map(|l| l.due.clone()).collect();
    let wins: Vec<_> = row.levels.iter().map(|l| l.most_wins).collect();
    let challenges: Vec<_> = row.levels.iter().map(|l| l.most_challenges).collect();
    let words: Vec<_> = row.levels.iter().map(|l| l.most_words).collect();
    let audience: Vec<_> = row.levels.iter().map(|l| l.audience.as_str().to_owned()).collect();
    sqlx::query!(
        "WITH gone AS (DELETE FROM wins_level WHERE plan_id = $1 AND level <> ALL($2))
         INSERT INTO wins_level (plan_id, level, due, most_wins, most_challenges, most_words, audience)
         SELECT $1, * FROM unnest($2::smallint[], $3::text[], $4::smallint[], $5::smallint[], $6::smallint[], $7::text[])
         ON CONFLICT (plan_id, level) DO UPDATE SET due = excluded.due, most_wins = excluded.most_wins,
             most_challenges = excluded.most_challenges, most_words = excluded.most_words, audience = excluded.audience",
        row.id as WinsPlanId,
        &height,
        &due,
        &wins,
        &challenges,
        &words,
        &audience,
    )
    .execute(cx.conn())
    .await?;
    let teams: Vec<_> = row.left_out.iter().map(|(team, _)| team.0).collect();
    let below: Vec<_> = row.left_out.iter().map(|(_, below)| *below).collect();
    sqlx::query!(
        "WITH gone AS (DELETE FROM wins_left_out WHERE plan_id = $1 AND team_id <> ALL($2))
         INSERT INTO wins_left_out (plan_id, team_id, below) SELECT $1, * FROM unnest($2::uuid[], $3::bool[])
         ON CONFLICT (plan_id, team_id) DO UPDATE SET below = excluded.below",
        row.id as WinsPlanId,
        &teams,
        &below,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Locks a plan until the transaction ends; returns its version.
pub(in super::super) async fn lock(cx: &mut Cx<'_>, id: WinsPlanId) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar!("SELECT version FROM wins_plan WHERE id = $1 FOR UPDATE", id as WinsPlanId)
        .fetch_optional(cx.conn())
        .await?)
}

/// Whether the plan that holds for a team, that of the nearest top above it, has it take part.
pub(in super::super) async fn takes_part(cx: &mut Cx<'_>, team: TeamId) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"WITH RECURSIVE up AS (
               SELECT t.id, t.parent_id, 0 AS depth FROM team t WHERE t.id = $1
               UNION ALL
               SELECT t.id, t.parent_id, up.depth + 1 FROM up JOIN team t ON t.id = up.parent_id WHERE up.depth < 32),
           top AS (
               SELECT p.id, p.paused, up.depth FROM up JOIN wins_plan p ON p.root_team_id = up.id ORDER BY up.depth, p.id LIMIT 1)
           SELECT EXISTS (
               SELECT FROM top WHERE NOT top.paused AND NOT EXISTS (
                   SELECT FROM up JOIN wins_left_out o ON o.plan_id = top.id AND o.team_id = up.id
                   WHERE up.depth <= top.depth AND (up.depth = 0 OR o.below))) AS "takes!""#,
        team as TeamId,
    )
    .fetch_one(cx.conn())
    .await?)
}

pub(in super::super) async fn deputy(cx: &mut Cx<'_>, team: TeamId) -> Result<Option<PersonName>> {
    Ok(sqlx::query_as!(
        PersonName,
        r#"SELECT p.id AS "id: PersonId", p.handle, p.name, p.active
           FROM wins_deputy d JOIN person p ON p.id = d.person_id WHERE d.team_id = $1"#,
        team as TeamId
    )
    .fetch_optional(cx.conn())
    .await?)
}

pub(in super::super) async fn set_deputy(cx: &mut Cx<'_>, team: TeamId, who: Option<PersonId>) -> Result<()> {
    match who {
        Some(who) => sqlx::query!(
            "INSERT INTO wins_deputy (team_id, person_id) VALUES ($1, $2)
             ON CONFLICT (team_id) DO UPDATE SET person_id = excluded.person_id",
            team as TeamId,
            who as PersonId
        ),
        None => sqlx::query!("DELETE FROM wins_deputy WHERE team_id = $1", team as TeamId),
    }
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// How a person stands to a team as its chain: whether they are in it, and whether they lead it, stand in for who leads it, or do so for
/// a team above it.
pub(in super::super) async fn chain(cx: &mut Cx<'_>, team: TeamId, me: PersonId) -> Result<(bool, bool)> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let row = sqlx::query!(
        r#"WITH RECURSIVE up AS (
               SELECT t.id, t.parent_id, t.lead_id, 0 AS depth FROM team t WHERE t.id = $1
               UNION ALL
               SELECT t.id, t.parent_id, t.lead_id, up.depth + 1 FROM up JOIN team t ON t.id = up.parent_id WHERE up.depth < 32)
           SELECT EXISTS (SELECT FROM membership m WHERE m.team_id = $1 AND m.person_id = $2
                          AND m.valid_from <= $3 AND (m.valid_until IS NULL OR m.valid_until > $3)) AS "inside!",
                  EXISTS (SELECT FROM up WHERE lead_id = $2)
                  OR EXISTS (SELECT FROM up JOIN wins_deputy d ON d.team_id = up.id WHERE d.person_id = $2) AS "over!""#,
        team as TeamId,
        me as PersonId,
        now as _,
    )
    .fetch_one(cx.conn())
    .await?;
    Ok((row.inside, row.over))
}

/// What short words stand for in a team, by word; the nearest team that says so holds.
pub(in super::super) async fn glossary(cx: &mut Cx<'_>, team: TeamId) -> Result<Vec<Term>> {
    let rows = sqlx::query!(
        r#"WITH RECURSIVE up AS (
               SELECT t.id, t.slug, t.name, t.parent_id, 0 AS depth FROM team t WHERE t.id = $1
               UNION ALL
               SELECT t.id, t.slug, t.name, t.parent_id, up.depth + 1 FROM up JOIN team t ON t.id = up.parent_id WHERE up.depth < 32)
           SELECT DISTINCT ON (lower(a.short), a.short) a.short AS "short!", a.long AS "long!", up.id AS "team!: TeamId",
                  up.slug AS "slug!", up.name AS "name!"
           FROM up JOIN wins_acronym a ON a.team_id = up.id ORDER BY lower(a.short), a.short, up.depth LIMIT 2000"#,
        team as TeamId
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Term {
            short: r.short,
            long: r.long,
            team: TeamName { id: r.team, slug: r.slug, name: r.name },
        })
        .collect())
}

/// Says what a word stands for, unless the team says so of `most` others already; returns whether it is said.
pub(in super::super) async fn put_term(
    cx: &mut Cx<'_>,
    team: TeamId,
    short: &str,
    long: &str,
    most: i64,
) -> Result<bool> {
    let put = sqlx::query!(
        "INSERT INTO wins_acronym (team_id, short, long)
         SELECT $1, $2, $3 WHERE (SELECT count(*) FROM wins_acronym WHERE team_id = $1 AND short <> $2) < $4
         ON CONFLICT (team_id, short) DO UPDATE SET long = excluded.long",
        team as TeamId,
        short,
        long,
        most,
    );
    Ok(put.execute(cx.conn()).await?.rows_affected() > 0)
}

pub(in super::super) async fn remove_term(cx: &mut Cx<'_>, team: TeamId, short: &str) -> Result<bool> {
    let gone =
        sqlx::query!("DELETE FROM wins_acronym WHERE team_id = $1 AND short = $2", team as TeamId, short);
    Ok(gone.execute(cx.conn()).await?.rows_affected() > 0)
}
