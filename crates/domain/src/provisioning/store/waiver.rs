//! Statements of waivers.

use jiff::Timestamp;
use sqlx::types::Json;

use super::super::{Waiver, WaiverState};
use crate::{
    Cx, Error, OfferingId, PersonId, Result, TeamId, WaiverId,
    people::{PersonName, TeamName},
};

/// Most that are listed.
const MOST: i64 = 200;

pub(in super::super) struct NewRow<'r> {
    pub(in super::super) id: WaiverId,
    pub(in super::super) offering: OfferingId,
    pub(in super::super) guardrail: &'r str,
    pub(in super::super) team: TeamId,
    pub(in super::super) reason: &'r str,
    pub(in super::super) ends_at: Timestamp,
}

struct Row {
    id: WaiverId,
    offering: String,
    offering_title: String,
    of_team: TeamId,
    guardrail: String,
    team: Json<TeamName>,
    reason: String,
    ends_at: jiff_sqlx::Timestamp,
    state: WaiverState,
    asked_by: Json<PersonName>,
    asked_at: jiff_sqlx::Timestamp,
    decided_by: Option<Json<PersonName>>,
    note: String,
}

macro_rules! waivers {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT w.id AS "id: WaiverId", o.name AS offering, o.title AS offering_title, o.team_id AS "of_team: TeamId", w.guardrail,
                      jsonb_build_object('id', t.id, 'slug', t.slug, 'name', t.name) AS "team!: Json<TeamName>",
                      w.reason, w.ends_at, w.state AS "state: WaiverState",
                      jsonb_build_object('id', a.id, 'handle', a.handle, 'name', a.name, 'active', a.active) AS "asked_by!: Json<PersonName>",
                      w.asked_at,
                      CASE WHEN d.id IS NOT NULL THEN jsonb_build_object('id', d.id, 'handle', d.handle, 'name', d.name, 'active', d.active) END
                          AS "decided_by: Json<PersonName>", w.note
               FROM guardrail_waiver w JOIN offering o ON o.id = w.offering_id JOIN team t ON t.id = w.team_id
                    JOIN person a ON a.id = w.asked_by LEFT JOIN person d ON d.id = w.decided_by "#
                + $rest
            $(, $argument)*
        )
    };
}

impl From<Row> for (Waiver, TeamId) {
    fn from(r: Row) -> Self {
        let waiver = Waiver {
            id: r.id,
            offering: r.offering,
            offering_title: r.offering_title,
            guardrail: r.guardrail,
            team: r.team.0,
            reason: r.reason,
            ends_at: r.ends_at.to_jiff(),
            state: r.state,
            asked_by: r.asked_by.0,
            asked_at: r.asked_at.to_jiff(),
            decided_by: r.decided_by.map(|d| d.0),
            note: r.note,
            mine: false,
        };
        (waiver, r.of_team)
    }
}

pub(in super::super) async fn insert(cx: &mut Cx<'_>, row: &NewRow<'_>) -> Result<()> {
    let by = cx.writer()?;
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO guardrail_waiver (id, offering_id, guardrail, team_id, reason, ends_at, asked_by, asked_at, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'asked')",
        row.id as WaiverId,
        row.offering as OfferingId,
        row.guardrail,
        row.team as TeamId,
        row.reason,
        jiff_sqlx::Timestamp::from(row.ends_at) as _,
        by as PersonId,
        now as _,
    )
    .execute(cx.conn())
    .await
    .map_err(|e| match Error::constraint(&e) {
        Some("guardrail_waiver_asked_key") => {
            Error::Conflict("this is asked for already; wait for the answer".into())
        }
        _ => e.into(),
    })?;
    Ok(())
}

pub(in super::super) async fn lock(cx: &mut Cx<'_>, id: WaiverId) -> Result<()> {
    sqlx::query!("SELECT FROM guardrail_waiver WHERE id = $1 FOR UPDATE", id as WaiverId)
        .execute(cx.conn())
        .await?;
    Ok(())
}

pub(in super::super) async fn decide(
    cx: &mut Cx<'_>,
    id: WaiverId,
    state: WaiverState,
    note: &str,
) -> Result<()> {
    let by = cx.writer()?;
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE guardrail_waiver SET state = $2, decided_by = $3, decided_at = $4, note = $5 WHERE id = $1",
        id as WaiverId,
        state as WaiverState,
        by as PersonId,
        now as _,
        note,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn get(cx: &mut Cx<'_>, id: WaiverId) -> Result<Option<Waiver>> {
    let row = waivers!("WHERE w.id = $1", id as WaiverId).fetch_optional(cx.conn()).await?;
    Ok(row.map(|row| <(Waiver, TeamId)>::from(row).0))
}

pub(in super::super) async fn list(
    cx: &mut Cx<'_>,
    offering: Option<OfferingId>,
    team: Option<TeamId>,
) -> Result<Vec<(Waiver, TeamId)>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = waivers!(
        "WHERE ($1::uuid IS NULL OR w.offering_id = $1) AND ($2::uuid IS NULL OR w.team_id = $2)
         ORDER BY CASE WHEN w.state = 'asked' THEN 0 WHEN w.state = 'granted' AND w.ends_at > $3 THEN 1 ELSE 2 END, w.asked_at DESC LIMIT $4",
        offering as Option<OfferingId>,
        team as Option<TeamId>,
        now as _,
        MOST,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// What waits for somebody: asked of one of these teams by somebody else, or asked before an instant.
pub(in super::super) async fn waiting(
    cx: &mut Cx<'_>,
    person: PersonId,
    teams: &[TeamId],
    before: Option<Timestamp>,
) -> Result<Vec<Waiver>> {
    let teams: Vec<_> = teams.iter().map(|team| team.0).collect();
    let rows = waivers!(
        "WHERE w.state = 'asked' AND w.asked_by <> $1 AND (o.team_id = ANY($2) OR w.asked_at <= $3) ORDER BY w.asked_at, w.id LIMIT 50",
        person as PersonId,
        &teams,
        before.map(jiff_sqlx::Timestamp::from) as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| <(Waiver, TeamId)>::from(row).0).collect())
}

/// What a team asked of an offering, and nobody decided yet.
pub(in super::super) async fn asked(
    cx: &mut Cx<'_>,
    offering: OfferingId,
    team: TeamId,
) -> Result<Vec<Waiver>> {
    let rows = waivers!(
        "WHERE w.state = 'asked' AND w.offering_id = $1 AND w.team_id = $2 ORDER BY w.asked_at, w.id LIMIT 20",
        offering as OfferingId,
        team as TeamId,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| <(Waiver, TeamId)>::from(row).0).collect())
}

/// The guardrails that a team need not keep now.
pub(in super::super) async fn in_force(
    cx: &mut Cx<'_>,
    offering: OfferingId,
    team: TeamId,
) -> Result<Vec<String>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        "SELECT DISTINCT guardrail FROM guardrail_waiver WHERE offering_id = $1 AND team_id = $2 AND state = 'granted' AND ends_at > $3",
        offering as OfferingId,
        team as TeamId,
        now as _,
    )
    .fetch_all(cx.conn())
    .await?)
}
