//! Statements of the other parts of a week. Each shows its beginning and counts the whole.

use jiff::{Timestamp, civil::Date};
use sqlx::types::Json;

use super::super::{
    ActionLine, Bare, ChangeCounts, ChangeLine, Changes, Declared, IncidentLine, Part, ShiftNote, Someone,
    gather::{MOST_SHOWN, Span},
};
use crate::{
    ActionId, Cx, HandOverId, Result, TeamId,
    catalog::descriptor::Slo,
    changes::Status,
    incidents::{NoticedBy, SloSaw, State},
    people::Team,
};

/// Production changes of the week in what the team owned then. A change told before its thing was in the catalog belongs
/// to whoever owned that first.
pub(in super::super) async fn changes(cx: &mut Cx<'_>, team: &Team, span: Span) -> Result<Changes> {
    let [from, until] = [span.from, span.until].map(jiff_sqlx::Timestamp::from);
    let owners = vec![team.entity_ref(), format!("group:default/{}", team.slug.to_lowercase())];
    let rows = sqlx::query!(
        // which environments are production is the rule of changes::is_production; a test holds the two together
        r#"SELECT e.ref AS entity_ref, coalesce(e.title, e.name) AS "entity_title!", c.environment, c.version, c.started_at,
                  c.status AS "status: Status", coalesce(p.name, c.deployed_by) AS "who!", c.reviewed_by, c.outcome,
                  count(*) OVER () AS "all!", count(*) FILTER (WHERE c.status = 'failed') OVER () AS "failed!",
                  count(*) FILTER (WHERE c.status = 'rolled-back') OVER () AS "rolled_back!"
           FROM change c JOIN entity e ON e.id = c.entity_id LEFT JOIN person p ON p.id = c.person_id
           WHERE c.started_at >= $2 AND c.started_at < $3
             AND (c.environment = 'live' OR c.environment ~ '(^|[-_/. ])(prod|production)($|[-_/. ])')
             AND EXISTS (SELECT FROM ownership o WHERE o.entity_id = c.entity_id AND o.owner_ref = ANY($1)
                         AND o.valid_from <= greatest(c.started_at, e.created_at) AND (o.valid_until IS NULL OR o.valid_until > c.started_at))
           ORDER BY (c.status IN ('failed', 'rolled-back')) DESC, c.started_at DESC, c.id DESC LIMIT $4"#,
        &owners,
        from as _,
        until as _,
        MOST_SHOWN,
    )
    .fetch_all(cx.conn())
    .await?;
    let counts = rows.first().map_or_else(ChangeCounts::default, |r| ChangeCounts {
        total: r.all,
        failed: r.failed,
        rolled_back: r.rolled_back,
    });
    let lines = rows.into_iter().map(|r| ChangeLine {
        entity_ref: r.entity_ref,
        entity_title: r.entity_title,
        environment: r.environment,
        version: r.version,
        started_at: r.started_at.to_jiff(),
        status: r.status,
        who: r.who,
        reviewed_by: r.reviewed_by,
        outcome: r.outcome,
    });
    Ok(Changes { list: Part::of(lines.collect(), counts.total), counts })
}

struct IncidentRow {
    number: i64,
    team_name: String,
    title: String,
    severity: i16,
    state: State,
    affected: Vec<String>,
    noticed_by: NoticedBy,
    slo_saw: SloSaw,
    began_at: jiff_sqlx::Timestamp,
    relieved_at: Option<jiff_sqlx::Timestamp>,
    open_actions: i64,
    all: i64,
}

/// `incidents!(rest, arguments…)` is the checked statement over incidents `i` that were there between $1 and $2, the worst
/// first; all parts are literals.
macro_rules! incidents {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            IncidentRow,
            r#"SELECT i.number, t.name AS team_name, i.title, i.severity, i.state AS "state: State",
                      ARRAY(SELECT coalesce(e.title, e.name) FROM incident_entity ie JOIN entity e ON e.id = ie.entity_id
                            WHERE ie.incident_id = i.id ORDER BY coalesce(e.tier, 9), e.ref LIMIT 10) AS "affected!",
                      i.noticed_by AS "noticed_by: NoticedBy", i.slo_saw AS "slo_saw: SloSaw", i.began_at,
                      coalesce(i.mitigated_at, i.ended_at) AS relieved_at,
                      (SELECT count(*) FROM action a WHERE a.incident_id = i.id AND a.state = 'open') AS "open_actions!",
                      count(*) OVER () AS "all!"
               FROM incident i JOIN team t ON t.id = i.team_id
               WHERE i.began_at < $2 AND (i.ended_at IS NULL OR i.ended_at >= $1) "#
                + $rest + " ORDER BY i.severity, i.began_at, i.number LIMIT $4"
            $(, $argument)*
        )
    };
}

fn incident_part(rows: Vec<IncidentRow>) -> Part<IncidentLine> {
    let all = rows.first().map_or(0, |r| r.all);
    let lines = rows.into_iter().map(|r| IncidentLine {
        number: r.number,
        team_name: r.team_name,
        title: r.title,
        severity: r.severity,
        state: r.state,
        affected: r.affected,
        noticed_by: r.noticed_by,
        slo_saw: r.slo_saw,
        began_at: r.began_at.to_jiff(),
        relieved_at: r.relieved_at.map(jiff_sqlx::Timestamp::to_jiff),
        open_actions: r.open_actions,
    });
    Part::of(lines.collect(), all)
}

/// What a team runs and hurt in the week.
pub(in super::super) async fn incidents(
    cx: &mut Cx<'_>,
    team: TeamId,
    span: Span,
) -> Result<Part<IncidentLine>> {
    let [from, until] = [span.from, span.until].map(jiff_sqlx::Timestamp::from);
    let rows = incidents!("AND i.team_id = $3", from as _, until as _, team as TeamId, MOST_SHOWN)
        .fetch_all(cx.conn())
        .await?;
    Ok(incident_part(rows))
}

/// What hurt anybody between two instants at least this much.
pub(in super::super) async fn worst_incidents(
    cx: &mut Cx<'_>,
    severity: i16,
    from: Timestamp,
    until: Timestamp,
) -> Result<Part<IncidentLine>> {
    let [from, until] = [from, until].map(jiff_sqlx::Timestamp::from);
    let rows = incidents!("AND i.severity <= $3", from as _, until as _, severity, MOST_SHOWN)
        .fetch_all(cx.conn())
        .await?;
    Ok(incident_part(rows))
}

/// What declares objectives of what the team owns, what most rests on first.
pub(in super::super) async fn declared(cx: &mut Cx<'_>, team: TeamId) -> Result<Part<Declared>> {
    let rows = sqlx::query!(
        r#"SELECT e.ref AS entity_ref, coalesce(e.title, e.name) AS "title!", e.tier, e.slos AS "slos: Json<Vec<Slo>>", count(*) OVER () AS "all!"
           FROM entity e WHERE e.owner_team_id = $1 AND e.slos <> '[]' ORDER BY coalesce(e.tier, 9), e.sort_name, e.ref LIMIT $2"#,
        team as TeamId,
        MOST_SHOWN,
    )
    .fetch_all(cx.conn())
    .await?;
    let all = rows.first().map_or(0, |r| r.all);
    let lines = rows.into_iter().map(|r| Declared {
        entity_ref: r.entity_ref,
        title: r.title,
        tier: r.tier,
        objectives: r.slos.0,
    });
    Ok(Part::of(lines.collect(), all))
}

/// What declares none, though much rests on it.
pub(in super::super) async fn undeclared(cx: &mut Cx<'_>, team: TeamId) -> Result<Part<Bare>> {
    let rows = sqlx::query!(
        r#"SELECT e.ref AS entity_ref, coalesce(e.title, e.name) AS "title!", e.tier, count(*) OVER () AS "all!"
           FROM entity e WHERE e.owner_team_id = $1 AND e.kind = 'component' AND e.tier <= 1 AND e.slos = '[]'
           ORDER BY e.tier, e.sort_name, e.ref LIMIT $2"#,
        team as TeamId,
        MOST_SHOWN,
    )
    .fetch_all(cx.conn())
    .await?;
    let all = rows.first().map_or(0, |r| r.all);
    let lines = rows.into_iter().map(|r| Bare { entity_ref: r.entity_ref, title: r.title, tier: r.tier });
    Ok(Part::of(lines.collect(), all))
}

/// The notes of shifts that began in the week: of a shift from Monday morning to Monday morning the one that ends it.
pub(in super::super) async fn shift_notes(
    cx: &mut Cx<'_>,
    team: TeamId,
    span: Span,
) -> Result<Part<ShiftNote>> {
    let [from, until] = [span.from, span.until].map(jiff_sqlx::Timestamp::from);
    let rows = sqlx::query!(
        r#"SELECT h.id AS "id: HandOverId", s.name AS schedule, h.at, f.handle, f.name, h.body, count(*) OVER () AS "all!"
           FROM schedule s JOIN hand_over h ON h.schedule_id = s.id JOIN person f ON f.id = h.from_id
           WHERE s.team_id = $1 AND h.since >= $2 AND h.since < $3 ORDER BY h.at, h.id LIMIT $4"#,
        team as TeamId,
        from as _,
        until as _,
        MOST_SHOWN,
    )
    .fetch_all(cx.conn())
    .await?;
    let all = rows.first().map_or(0, |r| r.all);
    let lines = rows.into_iter().map(|r| ShiftNote {
        id: r.id,
        schedule: r.schedule,
        at: r.at.to_jiff(),
        from: Someone { handle: r.handle, name: r.name },
        text: r.body,
    });
    Ok(Part::of(lines.collect(), all))
}

/// What was promised and not done at an instant, due first; `today` is its day in the team's zone.
pub(in super::super) async fn actions(
    cx: &mut Cx<'_>,
    team: TeamId,
    as_of: Timestamp,
    today: Date,
) -> Result<Part<ActionLine>> {
    let (as_of, today) = (jiff_sqlx::Timestamp::from(as_of), jiff_sqlx::Date::from(today));
    let rows = sqlx::query!(
        r#"SELECT a.id AS "id: ActionId", a.title, p.handle AS "handle?", p.name AS "name?", a.due_on AS "due_on: jiff_sqlx::Date",
                  i.number AS "incident?", a.due_on < $3 AS "overdue!", a.closed_at IS NOT NULL AS "closed_since!", count(*) OVER () AS "all!"
           FROM action a LEFT JOIN incident i ON i.id = a.incident_id LEFT JOIN person p ON p.id = a.owner_id
           WHERE a.team_id = $1 AND a.created_at <= $2 AND (a.closed_at IS NULL OR a.closed_at > $2)
           ORDER BY a.due_on, a.id LIMIT $4"#,
        team as TeamId,
        as_of as _,
        today as _,
        MOST_SHOWN,
    )
    .fetch_all(cx.conn())
    .await?;
    let all = rows.first().map_or(0, |r| r.all);
    let lines = rows.into_iter().map(|r| ActionLine {
        id: r.id,
        title: r.title,
        owner: r.handle.zip(r.name).map(|(handle, name)| Someone { handle, name }),
        due_on: r.due_on.to_jiff(),
        incident: r.incident,
        overdue: r.overdue,
        closed_since: r.closed_since,
    });
    Ok(Part::of(lines.collect(), all))
}
