//! Statements of the organisation's month: each asks all teams at once.

use jiff::{Timestamp, civil::Date};

use super::{
    super::{
        WeekFacts,
        organisation::{PageRow, ShiftRow, TeamRow},
    },
    keys,
};
use crate::{Cx, PersonId, Result, TeamId, people::TeamName, support::Week};

/// Teams with the zone of their weeks and how many people they are, by name.
pub(in super::super) async fn teams(cx: &mut Cx<'_>, mine: Option<&[TeamId]>) -> Result<Vec<TeamRow>> {
    let (mine, now) = (keys(mine), jiff_sqlx::Timestamp::from(cx.now()));
    let rows = sqlx::query!(
        r#"SELECT t.id AS "id: TeamId", t.slug, t.name, team_time_zone(t.id) AS "time_zone!",
                  (SELECT count(*) FROM membership m JOIN person p ON p.id = m.person_id
                   WHERE m.team_id = t.id AND p.active AND (m.valid_until IS NULL OR m.valid_until > $2)) AS "members!"
           FROM team t WHERE $1::uuid[] IS NULL OR t.id = ANY($1) ORDER BY lower(t.name), t.id LIMIT 5000"#,
        mine.as_deref(),
        now as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| TeamRow {
            team: TeamName { id: r.id, slug: r.slug, name: r.name },
            time_zone: r.time_zone,
            members: r.members,
        })
        .collect())
}

/// What the pages between two instants were, by team and by the week of the team's own zone. `unjudged_before`: those
/// that were over by then and that nobody has judged count.
pub(in super::super) async fn pages_by_week(
    cx: &mut Cx<'_>,
    mine: Option<&[TeamId]>,
    from: Timestamp,
    until: Timestamp,
    unjudged_before: Timestamp,
) -> Result<Vec<PageRow>> {
    let mine = keys(mine);
    let [from, until, unjudged_before] = [from, until, unjudged_before].map(jiff_sqlx::Timestamp::from);
    let rows = sqlx::query!(
        r#"WITH z AS MATERIALIZED (SELECT id, team_time_zone(id) AS zone FROM team WHERE $1::uuid[] IS NULL OR id = ANY($1))
           SELECT p.team_id AS "team: TeamId", date_trunc('week', p.opened_at AT TIME ZONE z.zone)::date AS "monday!: jiff_sqlx::Date",
                  count(*) FILTER (WHERE p.judgement = 'real-impact') AS "real_impact!", count(p.judgement) AS "judged!",
                  count(*) FILTER (WHERE p.judgement = 'false-alarm') AS "false_alarms!",
                  count(*) FILTER (WHERE p.judgement IS NULL AND p.resolved_at <= $4) AS "unjudged!"
           FROM page p JOIN z ON z.id = p.team_id
           WHERE p.opened_at >= $2 AND p.opened_at < $3 AND (p.suppressed_by IS NULL OR EXISTS (SELECT FROM page_event v WHERE v.page_id = p.id AND v.kind = 'told'))
           GROUP BY 1, 2 ORDER BY 2"#,
        mine.as_deref(),
        from as _,
        until as _,
        unjudged_before as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| PageRow {
            team: r.team,
            week: WeekFacts {
                week: Week::containing(r.monday.to_jiff()),
                real_impact: r.real_impact,
                judged: r.judged,
                false_alarms: r.false_alarms,
                unjudged: r.unjudged,
            },
        })
        .collect())
}

/// Actions that should have been done at an instant and were not, by team: how many, and the oldest day.
pub(in super::super) async fn overdue(
    cx: &mut Cx<'_>,
    mine: Option<&[TeamId]>,
    as_of: Timestamp,
) -> Result<Vec<(TeamId, (i64, Date))>> {
    let (mine, as_of) = (keys(mine), jiff_sqlx::Timestamp::from(as_of));
    let rows = sqlx::query!(
        r#"WITH z AS MATERIALIZED (SELECT id, team_time_zone(id) AS zone FROM team WHERE $1::uuid[] IS NULL OR id = ANY($1))
           SELECT a.team_id AS "team: TeamId", count(*) AS "n!", min(a.due_on) AS "oldest!: jiff_sqlx::Date"
           FROM action a JOIN z ON z.id = a.team_id
           WHERE a.created_at <= $2 AND (a.closed_at IS NULL OR a.closed_at > $2) AND a.due_on < ($2::timestamptz AT TIME ZONE z.zone)::date
           GROUP BY 1"#,
        mine.as_deref(),
        as_of as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.team, (r.n, r.oldest.to_jiff()))).collect())
}

/// The shifts that people had between two instants. A month of ten thousand schedules fits; more is cut, and no figure
/// is then too high.
pub(in super::super) async fn shifts(
    cx: &mut Cx<'_>,
    mine: Option<&[TeamId]>,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<ShiftRow>> {
    let mine = keys(mine);
    let [from, until] = [from, until].map(jiff_sqlx::Timestamp::from);
    let rows = sqlx::query!(
        r#"SELECT s.team_id AS "team: TeamId", h.person_id AS "person!: PersonId", h.starts_at, h.ends_at
           FROM shift h JOIN schedule s ON s.id = h.schedule_id
           WHERE h.holder = 'person' AND h.cancelled_at IS NULL AND h.starts_at < $3 AND h.ends_at > $2
             AND ($1::uuid[] IS NULL OR s.team_id = ANY($1)) ORDER BY h.starts_at, h.id LIMIT 200000"#,
        mine.as_deref(),
        from as _,
        until as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| ShiftRow { team: r.team, held: (r.person, r.starts_at.to_jiff(), r.ends_at.to_jiff()) })
        .collect())
}
