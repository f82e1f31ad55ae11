//! SQL of the webhooks that teams are told through.

use super::super::{Endpoint, EndpointFormat};
use crate::{Cx, PersonId, Result, TeamId, WebhookEndpointId};

/// A webhook to be written, sealed.
#[derive(Debug)]
pub(crate) struct Sealed<'a> {
    pub(crate) id: WebhookEndpointId,
    pub(crate) team: TeamId,
    pub(crate) name: &'a str,
    pub(crate) format: EndpointFormat,
    pub(crate) host: &'a str,
    pub(crate) url: Vec<u8>,
    pub(crate) secret: Option<Vec<u8>>,
    pub(crate) by: PersonId,
}

pub(crate) async fn insert(cx: &mut Cx<'_>, new: &Sealed<'_>) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO webhook_endpoint (id, team_id, name, format, host, url_sealed, secret_sealed, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id as WebhookEndpointId,
        new.team as TeamId,
        new.name,
        new.format.as_str(),
        new.host,
        new.url,
        new.secret,
        new.by as PersonId,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(crate) async fn of_team(cx: &mut Cx<'_>, team: TeamId) -> Result<Vec<Endpoint>> {
    read(cx, Some(team), None).await
}

pub(crate) async fn get(cx: &mut Cx<'_>, id: WebhookEndpointId) -> Result<Option<Endpoint>> {
    Ok(read(cx, None, Some(id)).await?.pop())
}

async fn read(cx: &mut Cx<'_>, team: Option<TeamId>, id: Option<WebhookEndpointId>) -> Result<Vec<Endpoint>> {
    let rows = sqlx::query!(
        r#"SELECT e.id AS "id: WebhookEndpointId", e.team_id AS "team_id: TeamId", t.slug AS team, e.name, e.format AS "format: EndpointFormat", e.host,
                  p.handle, e.created_at, e.revoked_at, e.last_success_at, e.last_failure_at, e.last_error
           FROM webhook_endpoint e JOIN team t ON t.id = e.team_id JOIN person p ON p.id = e.created_by
           WHERE e.team_id = $1 OR e.id = $2 ORDER BY (e.revoked_at IS NOT NULL), e.id DESC LIMIT 200"#,
        team as Option<TeamId>,
        id as Option<WebhookEndpointId>,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Endpoint {
            id: r.id,
            team_id: r.team_id,
            team: r.team,
            name: r.name,
            format: r.format,
            host: r.host,
            created_by: r.handle,
            created_at: r.created_at.to_jiff(),
            revoked_at: r.revoked_at.map(jiff_sqlx::Timestamp::to_jiff),
            last_success_at: r.last_success_at.map(jiff_sqlx::Timestamp::to_jiff),
            last_failure_at: r.last_failure_at.map(jiff_sqlx::Timestamp::to_jiff),
            last_error: r.last_error,
        })
        .collect())
}

pub(crate) async fn count_open(cx: &mut Cx<'_>, team: TeamId) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM webhook_endpoint WHERE team_id = $1 AND revoked_at IS NULL"#,
        team as TeamId
    );
    Ok(count.fetch_one(cx.conn()).await?)
}

pub(crate) async fn open_of_teams(
    cx: &mut Cx<'_>,
    teams: &[TeamId],
) -> Result<Vec<(TeamId, WebhookEndpointId)>> {
    let teams: Vec<_> = teams.iter().map(|t| t.0).collect();
    let rows = sqlx::query!(
        r#"SELECT team_id AS "team_id: TeamId", id AS "id: WebhookEndpointId" FROM webhook_endpoint
           WHERE team_id = ANY($1) AND revoked_at IS NULL ORDER BY id"#,
        &teams
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.team_id, r.id)).collect())
}

/// Closes it and forgets what only an open one needs.
pub(crate) async fn revoke(cx: &mut Cx<'_>, id: WebhookEndpointId) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        r"UPDATE webhook_endpoint SET revoked_at = $2, url_sealed = '\x', secret_sealed = CASE WHEN secret_sealed IS NOT NULL THEN '\x'::bytea END WHERE id = $1",
        id as WebhookEndpointId,
        now as _
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(crate) async fn succeeded(cx: &mut Cx<'_>, id: WebhookEndpointId) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE webhook_endpoint SET last_success_at = $2 WHERE id = $1",
        id as WebhookEndpointId,
        now as _
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(crate) async fn failed(cx: &mut Cx<'_>, id: WebhookEndpointId, error: &str) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE webhook_endpoint SET last_failure_at = $2, last_error = $3 WHERE id = $1",
        id as WebhookEndpointId,
        now as _,
        error
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}
