//! Statements of what was made.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sqlx::types::Json;

use super::super::{
    Credential, Holdings, Request, Resource, ResourceFilter, ResourceState, ServiceName, Stage,
};
use super::text;
use crate::{
    Cx, EntityId, OfferingId, PersonId, ProvisioningRequestId, ResourceId, Result, TeamId,
    people::{PersonName, TeamName},
};

/// Until when it is kept.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Terms {
    pub(in super::super) expires_at: Option<Timestamp>,
    pub(in super::super) review_at: Option<Timestamp>,
    pub(in super::super) warn_at: Option<Timestamp>,
}

/// What is written of something new, beside what its request says.
pub(in super::super) struct NewRow<'r> {
    pub(in super::super) id: ResourceId,
    pub(in super::super) name: String,
    pub(in super::super) entity: Option<EntityId>,
    pub(in super::super) operated_by: TeamId,
    pub(in super::super) supported_by: TeamId,
    pub(in super::super) unusual: Vec<String>,
    pub(in super::super) outputs: &'r Map<String, Value>,
    pub(in super::super) terms: Terms,
}

pub(in super::super) async fn insert(cx: &mut Cx<'_>, request: &Request, row: &NewRow<'_>) -> Result<()> {
    let now = cx.now();
    let days = row
        .terms
        .expires_at
        .map(|end| i32::try_from(end.duration_since(now).as_hours() / 24).unwrap_or(i32::MAX));
    let at = |instant: Option<Timestamp>| instant.map(jiff_sqlx::Timestamp::from);
    sqlx::query!(
        "INSERT INTO provisioned_resource (id, name, entity_id, offering_id, version, request_id, requested_by, team_id, operated_by, supported_by,
                service_id, environment, cost_centre, params, unusual, outputs, cost, currency, state, made_at, expires_at, review_at, warn_at, days_given)
         SELECT $1, $2, $3, r.offering_id, r.version, r.id, r.requested_by,
                coalesce((SELECT owner_team_id FROM entity WHERE id = $3), r.team_id), $4, $5, r.service_id, r.environment, r.cost_centre, r.params,
                $6, $7, r.cost, r.currency, 'active', $8, $9, $10, $11, $12
         FROM provisioning_request r WHERE r.id = $13",
        row.id as ResourceId,
        row.name,
        row.entity as Option<EntityId>,
        row.operated_by as TeamId,
        row.supported_by as TeamId,
        &row.unusual,
        text(row.outputs)?,
        jiff_sqlx::Timestamp::from(now) as _,
        at(row.terms.expires_at) as _,
        at(row.terms.review_at) as _,
        at(row.terms.warn_at) as _,
        days,
        request.id as ProvisioningRequestId,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

struct Row {
    id: ResourceId,
    name: String,
    entity_ref: Option<String>,
    offering: String,
    offering_id: OfferingId,
    offering_title: String,
    version: i32,
    newest: i32,
    stage: Stage,
    request_number: i64,
    requested_by: Option<Json<PersonName>>,
    team: Json<TeamName>,
    operated_by: Json<TeamName>,
    supported_by: Json<TeamName>,
    service: Option<Json<ServiceName>>,
    tier: Option<i16>,
    environment: String,
    cost_centre: String,
    params: String,
    unusual: Vec<String>,
    outputs: String,
    cost: Option<f64>,
    currency: Option<String>,
    state: ResourceState,
    made_at: jiff_sqlx::Timestamp,
    ended_at: Option<jiff_sqlx::Timestamp>,
    ended_by: Option<Json<PersonName>>,
    expires_at: Option<jiff_sqlx::Timestamp>,
    review_at: Option<jiff_sqlx::Timestamp>,
    open_request: Option<i64>,
}

/// `resources!(rest, arguments…)` is the checked statement that selects resources `x`; all parts are literals. Its team
/// follows the owner of its entity, where it has one: a hand-over there is one here.
macro_rules! resources {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT x.id AS "id: ResourceId", x.name, n.ref AS "entity_ref?", o.name AS offering, o.id AS "offering_id: OfferingId",
                      o.title AS offering_title, x.version, o.version AS newest, o.stage AS "stage: Stage", q.number AS request_number,
                      CASE WHEN p.id IS NOT NULL THEN jsonb_build_object('id', p.id, 'handle', p.handle, 'name', p.name, 'active', p.active) END
                          AS "requested_by: Json<PersonName>",
                      jsonb_build_object('id', t.id, 'slug', t.slug, 'name', t.name) AS "team!: Json<TeamName>",
                      jsonb_build_object('id', op.id, 'slug', op.slug, 'name', op.name) AS "operated_by!: Json<TeamName>",
                      jsonb_build_object('id', su.id, 'slug', su.slug, 'name', su.name) AS "supported_by!: Json<TeamName>",
                      CASE WHEN e.id IS NOT NULL THEN jsonb_build_object('id', e.id, 'reference', e.ref, 'title', coalesce(e.title, e.name)) END
                          AS "service: Json<ServiceName>",
                      least(e.tier, n.tier) AS tier,
                      x.environment, x.cost_centre, x.params, x.unusual, x.outputs, x.cost, x.currency, x.state AS "state: ResourceState",
                      x.made_at, x.ended_at, x.expires_at, x.review_at,
                      (SELECT jsonb_build_object('id', ep.id, 'handle', ep.handle, 'name', ep.name, 'active', ep.active)
                       FROM provisioning_request w JOIN person ep ON ep.id = w.requested_by
                       WHERE x.ended_at IS NOT NULL AND w.resource_id = x.id AND w.action IS NOT NULL AND w.state = 'succeeded'
                         AND w.ended_at = x.ended_at LIMIT 1) AS "ended_by: Json<PersonName>",
                      (SELECT max(w.number) FROM provisioning_request w WHERE w.resource_id = x.id AND (w.ended_at IS NULL OR w.wish IS NOT NULL)
                            AND w.state <> 'draft') AS open_request
               FROM provisioned_resource x JOIN offering o ON o.id = x.offering_id JOIN provisioning_request q ON q.id = x.request_id
                    LEFT JOIN entity n ON n.id = x.entity_id LEFT JOIN entity e ON e.id = x.service_id LEFT JOIN person p ON p.id = x.requested_by
                    JOIN team t ON t.id = x.team_id JOIN team op ON op.id = x.operated_by
                    JOIN team su ON su.id = x.supported_by "#
                + $rest
            $(, $argument)*
        )
    };
}

impl From<Row> for Resource {
    fn from(r: Row) -> Self {
        let handed: Map<String, Value> = serde_json::from_str(&r.outputs).unwrap_or_default();
        let said =
            |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        // what its users took over is theirs alone: nobody else operates it, nothing ends it, and no offering prices it
        let theirs = (r.state == ResourceState::Ejected).then(|| r.team.0.clone());
        let looked_after = theirs.is_none();
        Self {
            id: r.id,
            name: r.name,
            entity_ref: r.entity_ref,
            offering: r.offering,
            offering_id: r.offering_id,
            offering_title: r.offering_title,
            version: r.version,
            newest: r.newest,
            stage: r.stage,
            request_number: r.request_number,
            requested_by: r.requested_by.map(|p| p.0),
            team: r.team.0,
            operated_by: theirs.clone().unwrap_or(r.operated_by.0),
            supported_by: theirs.unwrap_or(r.supported_by.0),
            service: r.service.map(|s| s.0),
            environment: r.environment,
            cost_centre: r.cost_centre,
            params: serde_json::from_str(&r.params).unwrap_or_default(),
            unusual: r.unusual,
            outputs: handed.values().map(|v| (said(v, "title"), said(v, "value"))).collect(),
            values: handed.iter().map(|(name, v)| (name.clone(), json!(said(v, "value")))).collect(),
            tier: r.tier,
            cost: r.cost.filter(|_| looked_after),
            currency: r.currency,
            state: r.state,
            made_at: r.made_at.to_jiff(),
            ended_at: r.ended_at.map(jiff_sqlx::Timestamp::to_jiff),
            ended_by: r.ended_by.map(|p| p.0),
            expires_at: r.expires_at.filter(|_| looked_after).map(jiff_sqlx::Timestamp::to_jiff),
            review_at: r.review_at.filter(|_| looked_after).map(jiff_sqlx::Timestamp::to_jiff),
            open_request: r.open_request,
        }
    }
}

pub(in super::super) async fn get(cx: &mut Cx<'_>, id: ResourceId) -> Result<Option<Resource>> {
    Ok(resources!("WHERE x.id = $1", id as ResourceId).fetch_optional(cx.conn()).await?.map(Resource::from))
}

pub(in super::super) async fn of_entity(cx: &mut Cx<'_>, entity: EntityId) -> Result<Option<Resource>> {
    let found = resources!("WHERE x.entity_id = $1 ORDER BY x.made_at DESC LIMIT 1", entity as EntityId);
    Ok(found.fetch_optional(cx.conn()).await?.map(Resource::from))
}

pub(in super::super) async fn list(
    cx: &mut Cx<'_>,
    filter: &ResourceFilter,
    after: Option<(String, ResourceId)>,
    rows: i64,
) -> Result<Vec<Resource>> {
    let (name, id) = after.unzip();
    let due = filter.due_before.map(jiff_sqlx::Timestamp::from);
    let found = resources!(
        "WHERE ($1::uuid IS NULL OR x.team_id = $1) AND ($2::uuid IS NULL OR x.offering_id = $2)
           AND ($3::timestamptz IS NULL OR (x.state = 'active' AND least(x.expires_at, x.review_at) < $3))
           AND (NOT $4 OR (x.state = 'active' AND x.version < o.version))
           AND ($5 OR x.state = 'active' OR ($9 AND x.state = 'ejected')) AND ($6::text IS NULL OR (x.name, x.id) > ($6, $7::uuid))
         ORDER BY x.name, x.id LIMIT $8",
        filter.team as Option<TeamId>,
        filter.offering as Option<OfferingId>,
        due as _,
        filter.behind,
        filter.gone,
        name,
        id as Option<ResourceId>,
        rows,
        filter.taken_over,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into_iter().map(Resource::from).collect())
}

pub(in super::super) async fn count(cx: &mut Cx<'_>, filter: &ResourceFilter, most: i64) -> Result<i64> {
    let due = filter.due_before.map(jiff_sqlx::Timestamp::from);
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM (SELECT FROM provisioned_resource x JOIN offering o ON o.id = x.offering_id
           WHERE ($1::uuid IS NULL OR x.team_id = $1) AND ($2::uuid IS NULL OR x.offering_id = $2)
             AND ($3::timestamptz IS NULL OR (x.state = 'active' AND least(x.expires_at, x.review_at) < $3))
             AND (NOT $4 OR (x.state = 'active' AND x.version < o.version))
             AND ($5 OR x.state = 'active' OR ($7 AND x.state = 'ejected')) LIMIT $6) found"#,
        filter.team as Option<TeamId>,
        filter.offering as Option<OfferingId>,
        due as _,
        filter.behind,
        filter.gone,
        most,
        filter.taken_over,
    )
    .fetch_one(cx.conn())
    .await?)
}

/// What a team has of an offering, for expressions; without the one that an action is about.
pub(in super::super) async fn existing(
    cx: &mut Cx<'_>,
    team: TeamId,
    offering: OfferingId,
    but: Option<ResourceId>,
    most: i64,
) -> Result<Vec<Value>> {
    let rows = sqlx::query!(
        r#"SELECT x.name, x.environment, coalesce(x.cost, 0) AS "cost!"
           FROM provisioned_resource x
           WHERE x.team_id = $1 AND x.offering_id = $2 AND x.state = 'active' AND ($4::uuid IS NULL OR x.id <> $4)
           ORDER BY x.name, x.id LIMIT $3"#,
        team as TeamId,
        offering as OfferingId,
        most,
        but as Option<ResourceId>,
    )
    .fetch_all(cx.conn())
    .await?;
    let made =
        rows.into_iter().map(|r| json!({ "name": r.name, "environment": r.environment, "cost": r.cost }));
    // what runs already counts too: two that are asked for at once must not both fit into the last place
    let open = sqlx::query!(
        r#"SELECT coalesce(r.params::json->>'name', '') AS "name!", r.environment, coalesce(r.cost, 0) AS "cost!" FROM provisioning_request r
           WHERE r.team_id = $1 AND r.offering_id = $2 AND r.action IS NULL AND r.state IN ('running', 'needs-attention')
           ORDER BY r.number LIMIT $3"#,
        team as TeamId,
        offering as OfferingId,
        most,
    )
    .fetch_all(cx.conn())
    .await?;
    let open =
        open.into_iter().map(|r| json!({ "name": r.name, "environment": r.environment, "cost": r.cost }));
    Ok(made.chain(open).collect())
}

pub(in super::super) async fn holdings(cx: &mut Cx<'_>, team: TeamId, soon: Timestamp) -> Result<Holdings> {
    let row = sqlx::query!(
        r#"WITH held AS (
               SELECT x.*, o.version AS newest FROM provisioned_resource x JOIN offering o ON o.id = x.offering_id
               WHERE x.team_id = $1 AND x.state = 'active')
           SELECT count(*) AS "count!", count(*) FILTER (WHERE least(expires_at, review_at) < $2) AS "due_soon!",
                  count(*) FILTER (WHERE version < newest) AS "behind!",
                  (SELECT coalesce(jsonb_agg(jsonb_build_array(currency, cost) ORDER BY currency), '[]')
                   FROM (SELECT currency, sum(cost) AS cost FROM held WHERE cost IS NOT NULL AND currency IS NOT NULL GROUP BY currency) c)
                      AS "cost!: Json<Vec<(String, f64)>>"
           FROM held"#,
        team as TeamId,
        jiff_sqlx::Timestamp::from(soon) as _,
    )
    .fetch_one(cx.conn())
    .await?;
    Ok(Holdings { count: row.count, cost: row.cost.0, due_soon: row.due_soon, behind: row.behind })
}

pub(in super::super) async fn lock(cx: &mut Cx<'_>, id: ResourceId) -> Result<()> {
    sqlx::query!("SELECT FROM provisioned_resource WHERE id = $1 FOR UPDATE", id as ResourceId)
        .execute(cx.conn())
        .await?;
    Ok(())
}

/// The request that made it.
pub(in super::super) async fn made_by(cx: &mut Cx<'_>, id: ResourceId) -> Result<ProvisioningRequestId> {
    Ok(sqlx::query_scalar!(
        r#"SELECT request_id AS "id: ProvisioningRequestId" FROM provisioned_resource WHERE id = $1"#,
        id as ResourceId
    )
    .fetch_one(cx.conn())
    .await?)
}

/// How many days it was to live at first.
pub(in super::super) async fn days_given(cx: &mut Cx<'_>, id: ResourceId) -> Result<Option<i64>> {
    let days =
        sqlx::query_scalar!("SELECT days_given FROM provisioned_resource WHERE id = $1", id as ResourceId)
            .fetch_one(cx.conn())
            .await?;
    Ok(days.map(i64::from))
}

pub(in super::super) async fn set_terms(cx: &mut Cx<'_>, id: ResourceId, terms: &Terms) -> Result<()> {
    let at = |instant: Option<Timestamp>| instant.map(jiff_sqlx::Timestamp::from);
    sqlx::query!(
        "UPDATE provisioned_resource SET expires_at = $2, review_at = $3, warn_at = $4, try_at = NULL WHERE id = $1",
        id as ResourceId,
        at(terms.expires_at) as _,
        at(terms.review_at) as _,
        at(terms.warn_at) as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn change(
    cx: &mut Cx<'_>,
    id: ResourceId,
    version: i32,
    params: &Map<String, Value>,
    unusual: &[String],
    outputs: &Map<String, Value>,
    cost: Option<f64>,
) -> Result<()> {
    sqlx::query!(
        "UPDATE provisioned_resource SET version = $2, params = $3, unusual = $4, outputs = (outputs::jsonb || $5::text::jsonb)::text,
                cost = coalesce($6, cost) WHERE id = $1",
        id as ResourceId,
        version,
        text(params)?,
        unusual,
        text(outputs)?,
        cost,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn end(cx: &mut Cx<'_>, id: ResourceId, state: ResourceState) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE provisioned_resource SET state = $2, ended_at = $3, warn_at = NULL WHERE id = $1",
        id as ResourceId,
        state as ResourceState,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    if state == ResourceState::Removed {
        sqlx::query!("DELETE FROM provisioned_secret WHERE resource_id = $1", id as ResourceId)
            .execute(cx.conn())
            .await?;
    }
    Ok(())
}

pub(in super::super) async fn to_warn(cx: &mut Cx<'_>, most: i64) -> Result<Vec<Resource>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let found = resources!(
        "WHERE x.state = 'active' AND x.warn_at <= $1 ORDER BY x.warn_at LIMIT $2",
        now as _,
        most
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into_iter().map(Resource::from).collect())
}

/// Whether this warning is the caller's to give: of two replicas one is first.
pub(in super::super) async fn warned(
    cx: &mut Cx<'_>,
    id: ResourceId,
    next: Option<Timestamp>,
) -> Result<bool> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let done = sqlx::query!(
        "UPDATE provisioned_resource SET warn_at = $2 WHERE id = $1 AND state = 'active' AND warn_at <= $3",
        id as ResourceId,
        next.map(jiff_sqlx::Timestamp::from) as _,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// What ended and is not being cleaned up; nothing whose removal somebody refused in the last 30 days, nor what a warning is
/// still to be given of.
pub(in super::super) async fn ended(cx: &mut Cx<'_>, most: i64) -> Result<Vec<Resource>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let found = resources!(
        "WHERE x.state = 'active' AND x.expires_at <= $1 AND (x.try_at IS NULL OR x.try_at <= $1) AND (x.warn_at IS NULL OR x.warn_at > $1)
           AND NOT EXISTS (SELECT FROM provisioning_request w WHERE w.resource_id = x.id AND w.state <> 'draft'
                             AND (w.ended_at IS NULL OR (w.requested_by IS NULL AND w.state = 'refused' AND w.ended_at > $1 - interval '30 days')))
         ORDER BY x.expires_at LIMIT $2",
        now as _,
        most
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into_iter().map(Resource::from).collect())
}

/// Whether its clean-up is the caller's to try now; the next time is then.
pub(in super::super) async fn try_again(cx: &mut Cx<'_>, id: ResourceId, at: Timestamp) -> Result<bool> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let done = sqlx::query!(
        "UPDATE provisioned_resource SET try_at = $2 WHERE id = $1 AND (try_at IS NULL OR try_at <= $3)",
        id as ResourceId,
        jiff_sqlx::Timestamp::from(at) as _,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// A new credential takes the place of the one of its name.
pub(in super::super) async fn put_secret(
    cx: &mut Cx<'_>,
    id: ResourceId,
    name: &str,
    title: &str,
    sealed: &[u8],
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO provisioned_secret (resource_id, name, title, sealed, made_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (resource_id, name) DO UPDATE SET title = $3, sealed = $4, made_at = $5, shown_at = NULL, shown_to = NULL",
        id as ResourceId,
        name,
        title,
        sealed,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn credentials(cx: &mut Cx<'_>, id: ResourceId) -> Result<Vec<Credential>> {
    let rows = sqlx::query!(
        r#"SELECT s.name, s.title, s.made_at, s.shown_at,
                  CASE WHEN p.id IS NOT NULL THEN jsonb_build_object('id', p.id, 'handle', p.handle, 'name', p.name, 'active', p.active) END
                      AS "shown_to: Json<PersonName>"
           FROM provisioned_secret s LEFT JOIN person p ON p.id = s.shown_to WHERE s.resource_id = $1 ORDER BY s.name LIMIT 50"#,
        id as ResourceId
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Credential {
            name: r.name,
            title: r.title,
            made_at: r.made_at.to_jiff(),
            shown_at: r.shown_at.map(jiff_sqlx::Timestamp::to_jiff),
            shown_to: r.shown_to.map(|p| p.0),
        })
        .collect())
}

/// Name, title and sealed value of the credentials that nobody saw.
pub(in super::super) async fn unseen(
    cx: &mut Cx<'_>,
    id: ResourceId,
) -> Result<Vec<(String, String, Vec<u8>)>> {
    let rows = sqlx::query!(
        "SELECT name, title, sealed FROM provisioned_secret WHERE resource_id = $1 AND shown_at IS NULL ORDER BY name",
        id as ResourceId
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.name, r.title, r.sealed)).collect())
}

pub(in super::super) async fn set_seen(cx: &mut Cx<'_>, id: ResourceId, by: PersonId) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE provisioned_secret SET shown_at = $2, shown_to = $3 WHERE resource_id = $1 AND shown_at IS NULL",
        id as ResourceId,
        now as _,
        by as PersonId,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}
