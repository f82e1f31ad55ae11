//! SQL of the integrations.

use jiff::Timestamp;
use sqlx::types::Json;

use super::super::integration::{Integration, IntegrationKind, Route};
use crate::{AlertIntegrationId, Cx, PersonId, Result, TeamId, people::TeamName};

/// `integrations!(rest, arguments…)` is the checked statement that selects integrations; all parts are literals.
macro_rules! integrations {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT i.id AS "id: AlertIntegrationId", i.kind AS "kind: IntegrationKind", i.name, i.routes AS "routes: Json<Vec<Route>>",
                      t.id AS "team_id: TeamId", t.slug AS team_slug, t.name AS team_name, p.handle AS created_by, i.created_at, i.revoked_at,
                      i.last_used_at, i.deliveries, i.last_refused_at, i.last_refusal
               FROM alert_integration i JOIN team t ON t.id = i.team_id JOIN person p ON p.id = i.created_by "#
                + $rest
            $(, $argument)*
        )
    };
}

struct Row {
    id: AlertIntegrationId,
    kind: IntegrationKind,
    name: String,
    routes: Json<Vec<Route>>,
    team_id: TeamId,
    team_slug: String,
    team_name: String,
    created_by: String,
    created_at: jiff_sqlx::Timestamp,
    revoked_at: Option<jiff_sqlx::Timestamp>,
    last_used_at: Option<jiff_sqlx::Timestamp>,
    deliveries: i64,
    last_refused_at: Option<jiff_sqlx::Timestamp>,
    last_refusal: Option<String>,
}

impl From<Row> for Integration {
    fn from(r: Row) -> Self {
        Self {
            id: r.id,
            kind: r.kind,
            name: r.name,
            routes: r.routes.0,
            team: TeamName { id: r.team_id, slug: r.team_slug, name: r.team_name },
            created_by: r.created_by,
            created_at: r.created_at.to_jiff(),
            revoked_at: r.revoked_at.map(jiff_sqlx::Timestamp::to_jiff),
            last_used_at: r.last_used_at.map(jiff_sqlx::Timestamp::to_jiff),
            deliveries: r.deliveries,
            last_refusal: r.last_refused_at.map(jiff_sqlx::Timestamp::to_jiff).zip(r.last_refusal),
        }
    }
}

pub(in super::super) async fn get(cx: &mut Cx<'_>, id: AlertIntegrationId) -> Result<Option<Integration>> {
    let row = integrations!("WHERE i.id = $1", id as AlertIntegrationId).fetch_optional(cx.conn()).await?;
    Ok(row.map(Integration::from))
}

/// Of a team, open ones first, newest first.
pub(in super::super) async fn of_team(cx: &mut Cx<'_>, team: TeamId) -> Result<Vec<Integration>> {
    let rows = integrations!(
        "WHERE i.team_id = $1 ORDER BY (i.revoked_at IS NOT NULL), i.id DESC LIMIT 200",
        team as TeamId
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Integration::from).collect())
}

pub(in super::super) async fn insert(
    cx: &mut Cx<'_>,
    id: AlertIntegrationId,
    team: TeamId,
    kind: IntegrationKind,
    name: &str,
    key_hash: &[u8],
    routes: &[Route],
) -> Result<()> {
    let (by, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    sqlx::query!(
        "INSERT INTO alert_integration (id, team_id, kind, name, key_hash, routes, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        id as AlertIntegrationId,
        team as TeamId,
        kind.as_str(),
        name,
        key_hash,
        Json(routes) as _,
        by as Option<PersonId>,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn update(
    cx: &mut Cx<'_>,
    id: AlertIntegrationId,
    name: &str,
    routes: &[Route],
) -> Result<()> {
    sqlx::query!(
        "UPDATE alert_integration SET name = $2, routes = $3 WHERE id = $1",
        id as AlertIntegrationId,
        name,
        Json(routes) as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn revoke(cx: &mut Cx<'_>, id: AlertIntegrationId) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE alert_integration SET revoked_at = $2 WHERE id = $1",
        id as AlertIntegrationId,
        now as _
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// What a key opens.
#[derive(Debug)]
pub(in super::super) struct Opened {
    pub(in super::super) id: AlertIntegrationId,
    pub(in super::super) team: TeamId,
    pub(in super::super) name: String,
    pub(in super::super) routes: Json<Vec<Route>>,
    pub(in super::super) in_minute: i32,
}

/// Opens the integration of a key and counts the delivery, in one statement that holds its row for no longer than itself.
pub(in super::super) async fn open(
    cx: &mut Cx<'_>,
    key_hash: &[u8],
    kind: IntegrationKind,
    minute: Timestamp,
) -> Result<Option<Opened>> {
    let (now, minute) = (jiff_sqlx::Timestamp::from(cx.now()), jiff_sqlx::Timestamp::from(minute));
    Ok(sqlx::query_as!(
        Opened,
        r#"UPDATE alert_integration SET last_used_at = $3, deliveries = deliveries + 1,
                  minute_count = CASE WHEN minute_at = $4 THEN minute_count + 1 ELSE 1 END, minute_at = $4
           WHERE key_hash = $1 AND kind = $2 AND revoked_at IS NULL
           RETURNING id AS "id: AlertIntegrationId", team_id AS "team: TeamId", name, routes AS "routes: Json<Vec<Route>>", minute_count AS in_minute"#,
        key_hash,
        kind.as_str(),
        now as _,
        minute as _,
    )
    .fetch_optional(cx.conn())
    .await?)
}

pub(in super::super) async fn refused(cx: &mut Cx<'_>, id: AlertIntegrationId, why: &str) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE alert_integration SET last_refused_at = $2, last_refusal = $3 WHERE id = $1",
        id as AlertIntegrationId,
        now as _,
        why,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}
