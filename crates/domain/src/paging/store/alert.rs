//! SQL of alerts and their groups.

use sqlx::types::Json;

use super::super::{Alert, IncomingAlert, Severity};
use crate::{AlertGroupId, AlertId, AlertIntegrationId, Cx, EntityId, PageId, Result, TeamId};

/// A group, locked until the end of the transaction: deliveries of one group are taken one after the other.
#[derive(Debug)]
pub(in super::super) struct LockedGroup {
    pub(in super::super) id: AlertGroupId,
}

pub(in super::super) async fn lock_group(
    cx: &mut Cx<'_>,
    integration: AlertIntegrationId,
    key_hash: &[u8],
    key: &str,
    hides: bool,
) -> Result<LockedGroup> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_as!(
        LockedGroup,
        r#"INSERT INTO alert_group AS g (id, integration_id, key_hash, key, hides, deliveries, first_at, last_at)
           VALUES ($1, $2, $3, $4, $5, 1, $6, $6)
           ON CONFLICT (integration_id, key_hash) DO UPDATE SET hides = excluded.hides, deliveries = g.deliveries + 1, last_at = excluded.last_at
           RETURNING id AS "id: AlertGroupId""#,
        AlertGroupId::new() as AlertGroupId,
        integration as AlertIntegrationId,
        key_hash,
        key,
        hides,
        now as _,
    )
    .fetch_one(cx.conn())
    .await?)
}

/// Locks the group of a page's alerts, if it has one: before the page itself, as a delivery does.
pub(in super::super) async fn lock_of_page(cx: &mut Cx<'_>, page: PageId) -> Result<()> {
    sqlx::query!(
        "SELECT id FROM alert_group WHERE id = (SELECT group_id FROM page WHERE id = $1) FOR NO KEY UPDATE",
        page as PageId
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(())
}

/// An alert that fires, and its page.
#[derive(Debug)]
pub(in super::super) struct Firing {
    pub(in super::super) id: AlertId,
    pub(in super::super) fingerprint: String,
    pub(in super::super) page: PageId,
}

pub(in super::super) async fn firing(cx: &mut Cx<'_>, group: AlertGroupId) -> Result<Vec<Firing>> {
    Ok(sqlx::query_as!(
        Firing,
        r#"SELECT id AS "id: AlertId", fingerprint, page_id AS "page: PageId" FROM alert WHERE group_id = $1 AND resolved_at IS NULL"#,
        group as AlertGroupId
    )
    .fetch_all(cx.conn())
    .await?)
}

/// A page of the group that is not over.
#[derive(Debug)]
pub(in super::super) struct LivePage {
    pub(in super::super) id: PageId,
    pub(in super::super) team: TeamId,
    pub(in super::super) entity: Option<EntityId>,
}

/// The pages of a group that are not over, locked in the order of their keys.
pub(in super::super) async fn lock_pages(cx: &mut Cx<'_>, group: AlertGroupId) -> Result<Vec<LivePage>> {
    Ok(sqlx::query_as!(
        LivePage,
        r#"SELECT id AS "id: PageId", team_id AS "team: TeamId", entity_id AS "entity: EntityId" FROM page
           WHERE group_id = $1 AND state <> 'resolved' ORDER BY id FOR NO KEY UPDATE"#,
        group as AlertGroupId
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Counts alerts that were told again.
pub(in super::super) async fn again(cx: &mut Cx<'_>, ids: &[AlertId]) -> Result<()> {
    let (ids, now) = (keys(ids), jiff_sqlx::Timestamp::from(cx.now()));
    sqlx::query!("UPDATE alert SET times = times + 1, told_at = $2 WHERE id = ANY($1)", &ids, now as _)
        .execute(cx.conn())
        .await?;
    Ok(())
}

pub(in super::super) async fn resolve(cx: &mut Cx<'_>, ids: &[AlertId]) -> Result<()> {
    let (ids, now) = (keys(ids), jiff_sqlx::Timestamp::from(cx.now()));
    sqlx::query!("UPDATE alert SET resolved_at = $2, told_at = $2 WHERE id = ANY($1)", &ids, now as _)
        .execute(cx.conn())
        .await?;
    Ok(())
}

/// Ends the alerts of a page that a person calls over: told again, they fire anew.
pub(in super::super) async fn resolve_of_page(cx: &mut Cx<'_>, page: PageId) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE alert SET resolved_at = $2 WHERE page_id = $1 AND resolved_at IS NULL",
        page as PageId,
        now as _
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Writes alerts that fire, each with its page.
pub(in super::super) async fn insert(
    cx: &mut Cx<'_>,
    group: AlertGroupId,
    alerts: &[(PageId, &IncomingAlert)],
) -> Result<()> {
    let ids: Vec<_> = alerts.iter().map(|_| AlertId::new().0).collect();
    let pages: Vec<_> = alerts.iter().map(|(page, _)| page.0).collect();
    let of = |text: fn(&IncomingAlert) -> String| alerts.iter().map(|(_, a)| text(a)).collect::<Vec<_>>();
    let labels: Vec<_> =
        alerts.iter().map(|(_, a)| serde_json::to_value(&a.labels).unwrap_or_default()).collect();
    let links: Vec<_> = alerts.iter().map(|(_, a)| a.link.clone()).collect();
    let runbooks: Vec<_> = alerts.iter().map(|(_, a)| a.runbook.clone()).collect();
    let started: Vec<_> = alerts.iter().map(|(_, a)| a.started_at.map(jiff_sqlx::Timestamp::from)).collect();
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO alert (id, group_id, page_id, fingerprint, summary, severity, labels, link, runbook, started_at, fired_at, told_at)
         SELECT id, $1, page, fingerprint, summary, severity, labels, link, runbook, started, $2, $2
         FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::jsonb[], $9::text[], $10::text[], $11::timestamptz[])
              AS a (id, page, fingerprint, summary, severity, labels, link, runbook, started)",
        group as AlertGroupId,
        now as _,
        &ids,
        &pages,
        &of(|a| a.fingerprint.clone()),
        &of(|a| a.summary.clone()),
        &of(|a| a.severity.as_str().to_owned()),
        &labels,
        &links as &[Option<String>],
        &runbooks as &[Option<String>],
        &started as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// The alerts of a page: those that fire first, then the last to cease.
pub(in super::super) async fn of_page(cx: &mut Cx<'_>, page: PageId) -> Result<Vec<Alert>> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id: AlertId", fingerprint, summary, severity AS "severity: Severity",
                  labels AS "labels: Json<std::collections::BTreeMap<String, String>>", link, fired_at, told_at, times, resolved_at
           FROM alert WHERE page_id = $1 ORDER BY resolved_at DESC NULLS FIRST, fired_at, id LIMIT 200"#,
        page as PageId
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Alert {
            id: r.id,
            fingerprint: r.fingerprint,
            summary: r.summary,
            severity: r.severity,
            labels: r.labels.0,
            link: r.link,
            fired_at: r.fired_at.to_jiff(),
            told_at: r.told_at.to_jiff(),
            times: r.times,
            resolved_at: r.resolved_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
        .collect())
}

fn keys(ids: &[AlertId]) -> Vec<uuid::Uuid> {
    ids.iter().map(|id| id.0).collect()
}
