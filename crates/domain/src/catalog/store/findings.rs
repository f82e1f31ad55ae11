//! SQL of the findings, over the view `finding` and the function `schedule_finding`.

use jiff::Timestamp;

use super::super::findings::{Asked, EmptyTeam, Finding, Kind};
use crate::{Cx, EntityId, Limit, PersonId, Result};

/// `findings!(from, rest, arguments…)` is the checked statement that selects findings `f` from `from`; all parts are literals.
macro_rules! findings {
    ($from:literal, $rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT f.kind AS "kind!: Kind", f.entity_id AS "entity_id?: EntityId", f.ref AS "entity_ref!", f.weight AS "weight!",
                      f.since AS "since!", f.detail AS "detail!", coalesce(e.kind, 'schedule') AS "entity_kind!",
                      coalesce(e.title, e.name, f.title) AS "entity_title!", e.tier AS "tier?", t.slug AS "team?", t.name AS "team_name?"
               FROM "#
                + $from
                + r#" f LEFT JOIN entity e ON e.id = f.entity_id LEFT JOIN team t ON t.id = f.owner_team_id "#
                + $rest
            $(, $argument)*
        )
    };
}

/// A finding as selected by [`findings`].
struct Row {
    kind: Kind,
    entity_id: Option<EntityId>,
    entity_ref: String,
    weight: i32,
    since: jiff_sqlx::Timestamp,
    detail: Vec<String>,
    entity_kind: String,
    entity_title: String,
    tier: Option<i16>,
    team: Option<String>,
    team_name: Option<String>,
}

impl From<Row> for Finding {
    fn from(r: Row) -> Self {
        Self {
            kind: r.kind,
            entity_id: r.entity_id,
            entity_ref: r.entity_ref,
            entity_kind: r.entity_kind,
            entity_title: r.entity_title,
            tier: r.tier,
            team: r.team,
            team_name: r.team_name,
            since: r.since.to_jiff(),
            detail: r.detail,
            weight: r.weight,
        }
    }
}

pub(crate) async fn list(
    cx: &mut Cx<'_>,
    asked: &Asked,
    after: Option<(i32, String, String)>,
    limit: Limit,
) -> Result<Vec<Finding>> {
    let (weight, entity_ref, kind) = match after {
        Some((w, r, k)) => (Some(w), Some(r), Some(k)),
        None => (None, None, None),
    };
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = findings!(
        "(SELECT entity_id, ref, NULL AS title, owner_team_id, kind, weight, since, detail FROM finding
          UNION ALL SELECT NULL, ref, title, owner_team_id, kind, weight, since, detail FROM schedule_finding($9, $2))",
        "WHERE ($1::text IS NULL OR f.kind = $1)
           AND ($2::uuid[] IS NULL OR f.owner_team_id = ANY($2))
           AND (f.kind <> 'not-confirmed' OR f.since < $3::timestamptz)
           AND ($4::int IS NULL OR (f.weight, f.ref, f.kind) > ($4, $5::text, $6::text))
           AND f.kind <> ALL($8::text[])
         ORDER BY f.weight, f.ref, f.kind LIMIT $7",
        asked.kind.map(Kind::as_str),
        asked.teams.as_deref(),
        asked.unconfirmed_before.map(jiff_sqlx::Timestamp::from) as _,
        weight,
        entity_ref,
        kind,
        limit.probe(),
        &words(asked.but),
        now as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Finding::from).collect())
}

fn words(kinds: &[Kind]) -> Vec<String> {
    kinds.iter().map(|kind| kind.as_str().to_owned()).collect()
}

pub(crate) async fn empty_teams(cx: &mut Cx<'_>, teams: &[uuid::Uuid]) -> Result<Vec<EmptyTeam>> {
    Ok(sqlx::query_as!(
        EmptyTeam,
        r#"SELECT t.slug, t.name, count(*) AS "things!", min(e.tier) AS tier
           FROM finding f JOIN entity e ON e.id = f.entity_id JOIN team t ON t.id = f.owner_team_id
           WHERE f.kind = 'team-empty' AND f.owner_team_id = ANY($1)
           GROUP BY t.id, t.slug, t.name ORDER BY min(f.weight), t.slug"#,
        teams,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Of one entity: a statement of its own, whose plan is kept. There is at most one of each kind.
pub(crate) async fn of_entity(
    cx: &mut Cx<'_>,
    entity: EntityId,
    unconfirmed_before: Option<Timestamp>,
) -> Result<Vec<Finding>> {
    let rows = findings!(
        "(SELECT entity_id, ref, NULL AS title, owner_team_id, kind, weight, since, detail FROM finding)",
        "WHERE f.entity_id = $1 AND (f.kind <> 'not-confirmed' OR f.since < $2::timestamptz) ORDER BY f.weight, f.kind",
        entity as EntityId,
        unconfirmed_before.map(jiff_sqlx::Timestamp::from) as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Finding::from).collect())
}

pub(crate) async fn counts(cx: &mut Cx<'_>, asked: &Asked) -> Result<Vec<(Kind, i64)>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = sqlx::query!(
        r#"SELECT f.kind AS "kind!: Kind", count(*) AS "n!"
           FROM (SELECT kind, owner_team_id, since FROM finding UNION ALL SELECT kind, owner_team_id, since FROM schedule_finding($5, $2)) f
           WHERE ($1::text IS NULL OR f.kind = $1)
             AND ($2::uuid[] IS NULL OR f.owner_team_id = ANY($2))
             AND (f.kind <> 'not-confirmed' OR f.since < $3::timestamptz)
             AND f.kind <> ALL($4::text[])
           GROUP BY f.kind"#,
        asked.kind.map(Kind::as_str),
        asked.teams.as_deref(),
        asked.unconfirmed_before.map(jiff_sqlx::Timestamp::from) as _,
        &words(asked.but),
        now as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.kind, r.n)).collect())
}

/// How often a person answered since then; what was confirmed in one go is one answer.
pub(crate) async fn answers_since(cx: &mut Cx<'_>, person: PersonId, since: Timestamp) -> Result<i64> {
    let since = jiff_sqlx::Timestamp::from(since);
    Ok(sqlx::query_scalar!(
        r#"SELECT count(DISTINCT confirmed_at) AS "n!" FROM ownership_confirmation WHERE confirmed_by = $1 AND confirmed_at >= $2"#,
        person as PersonId,
        since as _,
    )
    .fetch_one(cx.conn())
    .await?)
}
