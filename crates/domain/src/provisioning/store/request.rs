//! Statements of requests.

use jiff::Timestamp;
use serde_json::{Map, Value};
use sqlx::types::Json;

use super::super::{
    Blame, Effect, Failure, Request, RequestFilter, ResourceName, Scope, ServiceName, State, Verdict, Wish,
};
use super::text;
use crate::{
    Cx, EntityId, Error, OfferingId, PersonId, ProvisioningRequestId, ResourceId, Result, TeamId,
    people::{PersonName, TeamName},
};

/// What a request is written with.
pub(in super::super) struct Row<'r> {
    pub(in super::super) id: ProvisioningRequestId,
    pub(in super::super) offering: OfferingId,
    pub(in super::super) version: i32,
    pub(in super::super) action: Option<&'r str>,
    pub(in super::super) resource: Option<ResourceId>,
    pub(in super::super) team: TeamId,
    pub(in super::super) service: Option<EntityId>,
    pub(in super::super) environment: &'r str,
    pub(in super::super) cost_centre: &'r str,
    pub(in super::super) reason: &'r str,
    pub(in super::super) params: &'r Map<String, Value>,
    pub(in super::super) sealed: Option<&'r [u8]>,
    pub(in super::super) verdict: &'r Verdict,
    pub(in super::super) cost: Option<f64>,
    pub(in super::super) currency: Option<&'r str>,
    pub(in super::super) idempotency_key: Option<&'r str>,
    /// What was asked for under that key.
    pub(in super::super) asked_hash: Option<&'r [u8]>,
}

/// Writes a request as a draft, over the draft that is there; `handed_in` says since when it counts. Returns its number.
pub(in super::super) async fn write(
    cx: &mut Cx<'_>,
    row: &Row<'_>,
    is_there: bool,
    handed_in: bool,
) -> Result<i64> {
    let (by, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    let submitted = handed_in.then_some(now);
    if is_there {
        let written = sqlx::query_scalar!(
            // no other than a draft of this offering is written over: whoever handed it in meanwhile was first
            "UPDATE provisioning_request SET version = $2, team_id = $3, service_id = $4, environment = $5, cost_centre = $6, reason = $7,
                    params = $8, secrets_sealed = $9, verdict = $10, cost = $11, currency = $12, submitted_at = $13, updated_at = $14
             WHERE id = $1 AND offering_id = $15 AND state = 'draft' RETURNING number",
            row.id as ProvisioningRequestId,
            row.version,
            row.team as TeamId,
            row.service as Option<EntityId>,
            row.environment,
            row.cost_centre,
            row.reason,
            text(row.params)?,
            row.sealed,
            text(row.verdict)?,
            row.cost,
            row.currency,
            submitted as _,
            now as _,
            row.offering as OfferingId,
        )
        .fetch_optional(cx.conn())
        .await?;
        return written.ok_or_else(|| {
            Error::Conflict("this draft was handed in or is of another offering; look at it again".into())
        });
    }
    sqlx::query_scalar!(
        "INSERT INTO provisioning_request (id, offering_id, version, action, resource_id, team_id, service_id, environment, cost_centre, reason,
                params, secrets_sealed, state, verdict, cost, currency, requested_by, idempotency_key, created_at, submitted_at, updated_at, asked_hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'draft', $13, $14, $15, $16, $17, $18, $19, $18, $20) RETURNING number",
        row.id as ProvisioningRequestId,
        row.offering as OfferingId,
        row.version,
        row.action,
        row.resource as Option<ResourceId>,
        row.team as TeamId,
        row.service as Option<EntityId>,
        row.environment,
        row.cost_centre,
        row.reason,
        text(row.params)?,
        row.sealed,
        text(row.verdict)?,
        row.cost,
        row.currency,
        by as Option<PersonId>,
        row.idempotency_key,
        now as _,
        submitted as _,
        row.asked_hash,
    )
    .fetch_one(cx.conn())
    .await
    .map_err(|e| match Error::constraint(&e) {
        Some("provisioning_request_once") => {
            Error::Conflict("the same request was made at this moment; ask for it again".into())
        }
        _ => e.into(),
    })
}

/// A request as selected by [`requests`].
struct Found {
    id: ProvisioningRequestId,
    number: i64,
    offering: String,
    offering_id: OfferingId,
    offering_title: String,
    offering_team: Json<TeamName>,
    version: i32,
    action: Option<String>,
    action_title: Option<String>,
    effect: Option<Effect>,
    resource: Option<Json<ResourceName>>,
    team: Json<TeamName>,
    service: Option<Json<ServiceName>>,
    environment: String,
    cost_centre: String,
    reason: String,
    params: String,
    state: State,
    wish: Option<Wish>,
    verdict: String,
    cost: Option<f64>,
    currency: Option<String>,
    fault: Option<Blame>,
    why: String,
    next: String,
    left_over: bool,
    requested_by: Option<Json<PersonName>>,
    support_number: Option<i64>,
    satisfaction: Option<i16>,
    created_at: jiff_sqlx::Timestamp,
    submitted_at: Option<jiff_sqlx::Timestamp>,
    decided_at: Option<jiff_sqlx::Timestamp>,
    started_at: Option<jiff_sqlx::Timestamp>,
    ended_at: Option<jiff_sqlx::Timestamp>,
    updated_at: jiff_sqlx::Timestamp,
}

/// `requests!(rest, arguments…)` is the checked statement that selects requests `r`; all parts are literals.
macro_rules! requests {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Found,
            r#"SELECT r.id AS "id: ProvisioningRequestId", r.number, o.name AS offering, o.id AS "offering_id: OfferingId", o.title AS offering_title,
                      jsonb_build_object('id', ot.id, 'slug', ot.slug, 'name', ot.name) AS "offering_team!: Json<TeamName>",
                      r.version, r.action, act.title AS "action_title?", act.effect AS "effect?: Effect",
                      CASE WHEN x.id IS NOT NULL THEN jsonb_build_object('id', x.id, 'name', x.name) END AS "resource: Json<ResourceName>",
                      jsonb_build_object('id', t.id, 'slug', t.slug, 'name', t.name) AS "team!: Json<TeamName>",
                      CASE WHEN e.id IS NOT NULL THEN jsonb_build_object('id', e.id, 'reference', e.ref, 'title', coalesce(e.title, e.name)) END
                          AS "service: Json<ServiceName>",
                      r.environment, r.cost_centre, r.reason, r.params, r.state AS "state: State", r.wish AS "wish: Wish", r.verdict, r.cost, r.currency,
                      r.fault AS "fault: Blame", r.why, r.next, r.left_over,
                      CASE WHEN p.id IS NOT NULL THEN jsonb_build_object('id', p.id, 'handle', p.handle, 'name', p.name, 'active', p.active) END
                          AS "requested_by: Json<PersonName>",
                      r.support_number, r.satisfaction, r.created_at, r.submitted_at, r.decided_at, r.started_at, r.ended_at, r.updated_at
               FROM provisioning_request r JOIN offering o ON o.id = r.offering_id JOIN team ot ON ot.id = o.team_id JOIN team t ON t.id = r.team_id
                    LEFT JOIN provisioned_resource x ON x.id = r.resource_id LEFT JOIN entity e ON e.id = r.service_id
                    LEFT JOIN person p ON p.id = r.requested_by
                    LEFT JOIN LATERAL (
                        SELECT a ->> 'title' AS title, a ->> 'effect' AS effect
                        FROM offering_version v, jsonb_array_elements(v.definition::jsonb -> 'actions') a
                        WHERE r.action IS NOT NULL AND v.offering_id = r.offering_id AND v.number = r.version AND a ->> 'name' = r.action
                        LIMIT 1) act ON true "#
                + $rest
            $(, $argument)*
        )
    };
}

impl From<Found> for Request {
    fn from(r: Found) -> Self {
        let failure = r.fault.map(|blame| Failure { blame, why: r.why, next: r.next });
        Self {
            id: r.id,
            number: r.number,
            offering: r.offering,
            offering_id: r.offering_id,
            offering_title: r.offering_title,
            offering_team: r.offering_team.0,
            version: r.version,
            action_title: r.action_title.or_else(|| r.action.clone()),
            effect: r.effect,
            action: r.action,
            resource: r.resource.map(|x| x.0),
            team: r.team.0,
            service: r.service.map(|s| s.0),
            environment: r.environment,
            cost_centre: r.cost_centre,
            reason: r.reason,
            params: serde_json::from_str(&r.params).unwrap_or_default(),
            state: r.state,
            wish: r.wish,
            verdict: serde_json::from_str(&r.verdict).unwrap_or_default(),
            cost: r.cost,
            currency: r.currency,
            failure,
            left_over: r.left_over,
            requested_by: r.requested_by.map(|p| p.0),
            support_number: r.support_number,
            satisfaction: r.satisfaction,
            created_at: r.created_at.to_jiff(),
            submitted_at: r.submitted_at.map(jiff_sqlx::Timestamp::to_jiff),
            decided_at: r.decided_at.map(jiff_sqlx::Timestamp::to_jiff),
            started_at: r.started_at.map(jiff_sqlx::Timestamp::to_jiff),
            ended_at: r.ended_at.map(jiff_sqlx::Timestamp::to_jiff),
            updated_at: r.updated_at.to_jiff(),
        }
    }
}

pub(in super::super) async fn get(cx: &mut Cx<'_>, number: i64) -> Result<Option<Request>> {
    Ok(requests!("WHERE r.number = $1", number).fetch_optional(cx.conn()).await?.map(Request::from))
}

/// The number of what a person asked for under a key, and the hash of what that was.
pub(in super::super) async fn by_key(
    cx: &mut Cx<'_>,
    person: PersonId,
    key: &str,
) -> Result<Option<(i64, Option<Vec<u8>>)>> {
    let found = sqlx::query!(
        "SELECT number, asked_hash FROM provisioning_request WHERE requested_by = $1 AND idempotency_key = $2",
        person as PersonId,
        key,
    );
    Ok(found.fetch_optional(cx.conn()).await?.map(|r| (r.number, r.asked_hash)))
}

/// Keeps a service from going until the transaction is over.
pub(in super::super) async fn hold_service(cx: &mut Cx<'_>, service: Option<EntityId>) -> Result<()> {
    if let Some(service) = service {
        sqlx::query!("SELECT FROM entity WHERE id = $1 FOR KEY SHARE", service as EntityId)
            .execute(cx.conn())
            .await?;
    }
    Ok(())
}

/// Holds what a team may have of an offering until the transaction is over: of two that would both fit into the last place,
/// one counts the other.
pub(in super::super) async fn lock_quota(cx: &mut Cx<'_>, team: TeamId, offering: OfferingId) -> Result<()> {
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended('portolan:quota:' || $1::text || $2::text, 0))",
        team.to_string(),
        offering.to_string(),
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Numbers of requests that the worker should be at for ten minutes and more, and that no unfinished job of the kind sees
/// through.
pub(in super::super) async fn forgotten(cx: &mut Cx<'_>, kind: &str, most: i64) -> Result<Vec<i64>> {
    let before = jiff_sqlx::Timestamp::from(cx.now() - jiff::SignedDuration::from_mins(10));
    Ok(sqlx::query_scalar!(
        "SELECT r.number FROM provisioning_request r
         WHERE r.ended_at IS NULL AND r.state IN ('approved', 'running') AND r.updated_at < $1
           AND NOT EXISTS (SELECT FROM job j WHERE j.kind = $2 AND j.dedup_key = r.number::text AND j.finished_at IS NULL)
           AND NOT EXISTS (SELECT FROM provisioning_approval a WHERE a.request_id = r.id AND a.state = 'waiting')
         ORDER BY r.number LIMIT $3",
        before as _,
        kind,
        most,
    )
    .fetch_all(cx.conn())
    .await?)
}

pub(in super::super) async fn lock(cx: &mut Cx<'_>, number: i64) -> Result<()> {
    sqlx::query!("SELECT FROM provisioning_request WHERE number = $1 FOR UPDATE", number)
        .execute(cx.conn())
        .await?;
    Ok(())
}

fn words(states: &[State]) -> Option<Vec<String>> {
    (!states.is_empty()).then(|| states.iter().map(|s| s.as_str().to_owned()).collect())
}

/// Newest first; drafts are their writer's alone.
pub(in super::super) async fn list(
    cx: &mut Cx<'_>,
    filter: &RequestFilter,
    before: Option<i64>,
    rows: i64,
) -> Result<Vec<Request>> {
    let states = words(&filter.states);
    let me = cx.actor().person;
    let found = requests!(
        "WHERE ($1::uuid IS NULL OR r.team_id = $1) AND ($2::uuid IS NULL OR r.offering_id = $2) AND ($3::uuid IS NULL OR r.requested_by = $3)
           AND ($4::uuid IS NULL OR r.resource_id = $4) AND ($5::text[] IS NULL OR r.state = ANY($5))
           AND (r.state <> 'draft' OR r.requested_by = $6) AND ($7::bigint IS NULL OR r.number < $7)
           AND ($9::uuid IS NULL OR EXISTS (
                 SELECT FROM provisioning_approval a JOIN provisioning_approver v ON v.approval_id = a.id
                 WHERE a.request_id = r.id AND a.state = 'waiting' AND v.person_id = $9 AND NOT EXISTS (
                     SELECT FROM provisioning_decision d WHERE d.approval_id = a.id AND d.rule = v.rule)))
         ORDER BY r.number DESC LIMIT $8",
        filter.team as Option<TeamId>,
        filter.offering as Option<OfferingId>,
        filter.by as Option<PersonId>,
        filter.resource as Option<ResourceId>,
        states.as_deref(),
        me as Option<PersonId>,
        before,
        rows,
        filter.awaiting as Option<PersonId>,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into_iter().map(Request::from).collect())
}

pub(in super::super) async fn count(cx: &mut Cx<'_>, filter: &RequestFilter, most: i64) -> Result<i64> {
    let states = words(&filter.states);
    let me = cx.actor().person;
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM (SELECT FROM provisioning_request r
           WHERE ($1::uuid IS NULL OR r.team_id = $1) AND ($2::uuid IS NULL OR r.offering_id = $2) AND ($3::uuid IS NULL OR r.requested_by = $3)
             AND ($4::uuid IS NULL OR r.resource_id = $4) AND ($5::text[] IS NULL OR r.state = ANY($5))
             AND (r.state <> 'draft' OR r.requested_by = $6)
             AND ($8::uuid IS NULL OR EXISTS (
                 SELECT FROM provisioning_approval a JOIN provisioning_approver v ON v.approval_id = a.id
                 WHERE a.request_id = r.id AND a.state = 'waiting' AND v.person_id = $8 AND NOT EXISTS (
                     SELECT FROM provisioning_decision d WHERE d.approval_id = a.id AND d.rule = v.rule))) LIMIT $7) found"#,
        filter.team as Option<TeamId>,
        filter.offering as Option<OfferingId>,
        filter.by as Option<PersonId>,
        filter.resource as Option<ResourceId>,
        states.as_deref(),
        me as Option<PersonId>,
        most,
        filter.awaiting as Option<PersonId>,
    )
    .fetch_one(cx.conn())
    .await?)
}

/// What came of a person's requests since then, unless they took it up.
pub(in super::super) async fn results(
    cx: &mut Cx<'_>,
    person: PersonId,
    since: Timestamp,
    rows: i64,
) -> Result<Vec<Request>> {
    let found = requests!(
        "WHERE r.requested_by = $1 AND r.state IN ('succeeded', 'refused', 'failed') AND r.ended_at > $2 AND r.satisfaction IS NULL
           AND NOT EXISTS (SELECT FROM provisioning_request n
                           WHERE n.requested_by = $1 AND n.number > r.number AND n.submitted_at >= r.ended_at AND n.state NOT IN ('draft', 'cancelled')
                             AND (n.resource_id = r.resource_id
                                  OR (r.state <> 'succeeded' AND r.action IS NULL AND n.action IS NULL AND n.offering_id = r.offering_id
                                      AND n.team_id = r.team_id AND n.params::json->>'name' IS NOT DISTINCT FROM r.params::json->>'name')))
           AND NOT EXISTS (SELECT FROM provisioned_secret s
                           WHERE s.resource_id = r.resource_id AND s.shown_to = $1 AND s.shown_at >= r.ended_at)
         ORDER BY r.ended_at DESC, r.number DESC LIMIT $3",
        person as PersonId,
        jiff_sqlx::Timestamp::from(since) as _,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into_iter().map(Request::from).collect())
}

/// What stopped and waits for somebody: what a person asked for, and what offerings of these teams are at fault for, or have
/// to see mended outside.
pub(in super::super) async fn stopped(
    cx: &mut Cx<'_>,
    person: PersonId,
    teams: &[TeamId],
    rows: i64,
) -> Result<Vec<Request>> {
    let teams: Vec<_> = teams.iter().map(|team| team.0).collect();
    let found = requests!(
        "WHERE r.state = 'needs-attention' AND (r.requested_by = $1 OR (r.fault <> 'input' AND o.team_id = ANY($2)))
         ORDER BY r.number DESC LIMIT $3",
        person as PersonId,
        &teams,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into_iter().map(Request::from).collect())
}

/// The first request that is not over and would make something of that name with an offering.
pub(in super::super) async fn open_for(
    cx: &mut Cx<'_>,
    offering: OfferingId,
    name: &str,
) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar!(
        "SELECT number FROM provisioning_request
         WHERE offering_id = $1 AND ended_at IS NULL AND state <> 'draft' AND action IS NULL AND resource_id IS NULL
           AND params::json->>'name' = $2
         ORDER BY number LIMIT 1",
        offering as OfferingId,
        name,
    )
    .fetch_optional(cx.conn())
    .await?)
}

/// How many requests of a person are not over.
pub(in super::super) async fn open_of(cx: &mut Cx<'_>, person: PersonId) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM provisioning_request WHERE requested_by = $1 AND ended_at IS NULL"#,
        person as PersonId
    )
    .fetch_one(cx.conn())
    .await?)
}

/// A move, and the instants that go with it.
pub(in super::super) async fn set_state(cx: &mut Cx<'_>, id: ProvisioningRequestId, to: State) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE provisioning_request SET state = $2, updated_at = $3::timestamptz,
                submitted_at = coalesce(submitted_at, CASE WHEN $2 <> 'draft' THEN $3::timestamptz END),
                decided_at = CASE WHEN $2 IN ('approved', 'refused') THEN $3::timestamptz ELSE decided_at END,
                started_at = CASE WHEN $2 = 'running' THEN coalesce(started_at, $3::timestamptz) ELSE started_at END,
                ended_at = CASE WHEN $4 THEN $3::timestamptz END,
                wish = CASE WHEN $4 THEN NULL ELSE wish END
         WHERE id = $1",
        id as ProvisioningRequestId,
        to.as_str(),
        now as _,
        to.is_over(),
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn set_wish(cx: &mut Cx<'_>, id: ProvisioningRequestId, wish: Wish) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE provisioning_request SET wish = $2, updated_at = $3 WHERE id = $1",
        id as ProvisioningRequestId,
        wish.as_str(),
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// All is undone that can be.
pub(in super::super) async fn undone(cx: &mut Cx<'_>, id: ProvisioningRequestId, left: bool) -> Result<()> {
    sqlx::query!(
        "UPDATE provisioning_request SET left_over = $2, wish = NULL WHERE id = $1",
        id as ProvisioningRequestId,
        left
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn set_failure(
    cx: &mut Cx<'_>,
    id: ProvisioningRequestId,
    failure: Option<&Failure>,
) -> Result<()> {
    sqlx::query!(
        "UPDATE provisioning_request SET fault = $2, why = coalesce($3, ''), next = coalesce($4, '') WHERE id = $1",
        id as ProvisioningRequestId,
        failure.map(|f| f.blame.as_str()),
        failure.map(|f| f.why.as_str()),
        failure.map(|f| f.next.as_str()),
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn set_needed_human(cx: &mut Cx<'_>, id: ProvisioningRequestId) -> Result<()> {
    sqlx::query!(
        "UPDATE provisioning_request SET needed_human = true WHERE id = $1",
        id as ProvisioningRequestId
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// What a run may name from now on.
pub(in super::super) async fn begin(
    cx: &mut Cx<'_>,
    id: ProvisioningRequestId,
    facts: &Scope,
    verdict: &Verdict,
    cost: Option<f64>,
) -> Result<()> {
    sqlx::query!(
        "UPDATE provisioning_request SET facts = $2, verdict = $3, cost = $4 WHERE id = $1",
        id as ProvisioningRequestId,
        text(facts.values())?,
        text(verdict)?,
        cost,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// The facts of a run, and its sealed parameters.
pub(in super::super) async fn facts(
    cx: &mut Cx<'_>,
    id: ProvisioningRequestId,
) -> Result<(Map<String, Value>, Option<Vec<u8>>)> {
    let row = sqlx::query!(
        "SELECT facts, secrets_sealed FROM provisioning_request WHERE id = $1",
        id as ProvisioningRequestId
    )
    .fetch_one(cx.conn())
    .await?;
    Ok((serde_json::from_str(&row.facts).unwrap_or_default(), row.secrets_sealed))
}

pub(in super::super) async fn set_resource(
    cx: &mut Cx<'_>,
    id: ProvisioningRequestId,
    resource: ResourceId,
) -> Result<()> {
    sqlx::query!(
        "UPDATE provisioning_request SET resource_id = $2 WHERE id = $1",
        id as ProvisioningRequestId,
        resource as ResourceId
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn set_support(
    cx: &mut Cx<'_>,
    id: ProvisioningRequestId,
    number: i64,
) -> Result<()> {
    sqlx::query!(
        "UPDATE provisioning_request SET support_number = $2, needed_human = true WHERE id = $1",
        id as ProvisioningRequestId,
        number
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn rate(
    cx: &mut Cx<'_>,
    id: ProvisioningRequestId,
    satisfaction: i16,
    note: &str,
) -> Result<()> {
    sqlx::query!(
        "UPDATE provisioning_request SET satisfaction = $2, satisfaction_note = $3 WHERE id = $1",
        id as ProvisioningRequestId,
        satisfaction,
        note
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn delete_draft(cx: &mut Cx<'_>, id: ProvisioningRequestId) -> Result<()> {
    sqlx::query!(
        "DELETE FROM provisioning_request WHERE id = $1 AND state = 'draft'",
        id as ProvisioningRequestId
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// The number of the request that a support request was opened from.
pub(in super::super) async fn of_support(cx: &mut Cx<'_>, support: i64) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar!(
        "SELECT number FROM provisioning_request WHERE support_number = $1 LIMIT 1",
        support
    )
    .fetch_optional(cx.conn())
    .await?)
}
