//! Statements of approvals.

use jiff::{SignedDuration, Timestamp};
use sqlx::types::Json;

use super::super::{ApprovalOf, ApprovalState, Approver, Need, WaitsOn, approval::Resolved, record::titled};
use crate::{ApprovalId, Cx, PersonId, ProvisioningRequestId, Result, people::PersonName};

/// What is asked.
pub(in super::super) struct Asked<'r> {
    pub(in super::super) request: ProvisioningRequestId,
    pub(in super::super) name: &'r str,
    pub(in super::super) step: &'r str,
    pub(in super::super) because: &'r str,
    pub(in super::super) shown: &'r str,
    pub(in super::super) need: Need,
    pub(in super::super) within: SignedDuration,
}

pub(in super::super) async fn insert(cx: &mut Cx<'_>, asked: &Asked<'_>) -> Result<ApprovalId> {
    let now = cx.now();
    let at = |after: SignedDuration| jiff_sqlx::Timestamp::from(now + after);
    let id = ApprovalId::new();
    sqlx::query!(
        "INSERT INTO provisioning_approval (id, request_id, name, step, because, shown, need, state, asked_at, remind_at, due_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $9, $10)",
        id as ApprovalId,
        asked.request as ProvisioningRequestId,
        asked.name,
        asked.step,
        asked.because,
        asked.shown,
        asked.need.as_str(),
        at(SignedDuration::ZERO) as _,
        at(asked.within / 2) as _,
        at(asked.within) as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(id)
}

pub(in super::super) async fn add_approvers(cx: &mut Cx<'_>, id: ApprovalId, who: &[Resolved]) -> Result<()> {
    let rules: Vec<_> = who.iter().map(|w| w.rule.clone()).collect();
    let people: Vec<_> = who.iter().map(|w| w.person.id.0).collect();
    let by: Vec<_> = who.iter().map(|w| w.by.to_owned()).collect();
    sqlx::query!(
        "INSERT INTO provisioning_approver (approval_id, rule, person_id, by)
         SELECT $1, w.rule, w.person, w.by FROM unnest($2::text[], $3::uuid[], $4::text[]) AS w (rule, person, by)
         ON CONFLICT DO NOTHING",
        id as ApprovalId,
        &rules,
        &people,
        &by,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn delegate(
    cx: &mut Cx<'_>,
    id: ApprovalId,
    rules: &[String],
    from: PersonId,
    to: PersonId,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO provisioning_approver (approval_id, rule, person_id, by, from_id)
         SELECT $1, rule, $3, 'delegation', $4 FROM unnest($2::text[]) AS r (rule) ON CONFLICT DO NOTHING",
        id as ApprovalId,
        rules,
        to as PersonId,
        from as PersonId,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn of_request(
    cx: &mut Cx<'_>,
    request: ProvisioningRequestId,
) -> Result<Vec<ApprovalOf>> {
    let rows = sqlx::query!(
        r#"SELECT a.id AS "id: ApprovalId", a.name, a.step, a.because, a.shown, a.need AS "need: Need", a.state AS "state: ApprovalState",
                  a.asked_at, a.due_at, a.escalated_at,
                  (SELECT coalesce(jsonb_agg(jsonb_build_object('rule', v.rule, 'by', v.by,
                              'person', jsonb_build_object('id', p.id, 'handle', p.handle, 'name', p.name, 'active', p.active),
                              'agreed', d.agreed, 'note', coalesce(d.note, ''), 'at', d.at) ORDER BY v.rule, p.name), '[]')
                   FROM provisioning_approver v JOIN person p ON p.id = v.person_id
                        LEFT JOIN provisioning_decision d ON d.approval_id = v.approval_id AND d.rule = v.rule AND d.person_id = v.person_id
                   WHERE v.approval_id = a.id) AS "approvers!: Json<Vec<Approver>>"
           FROM provisioning_approval a WHERE a.request_id = $1 ORDER BY a.asked_at, a.id"#,
        request as ProvisioningRequestId,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| ApprovalOf {
            id: r.id,
            name: r.name,
            step: r.step,
            because: r.because,
            shown: r.shown,
            need: r.need,
            state: r.state,
            asked_at: r.asked_at.to_jiff(),
            due_at: r.due_at.to_jiff(),
            escalated_at: r.escalated_at.map(jiff_sqlx::Timestamp::to_jiff),
            approvers: r.approvers.0,
            mine: false,
        })
        .collect())
}

/// How the word that a step waits for stands; none if it was not asked for.
pub(in super::super) async fn of_step(
    cx: &mut Cx<'_>,
    request: ProvisioningRequestId,
    step: &str,
) -> Result<Option<ApprovalState>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT state AS "state: ApprovalState" FROM provisioning_approval WHERE request_id = $1 AND step = $2"#,
        request as ProvisioningRequestId,
        step,
    )
    .fetch_optional(cx.conn())
    .await?)
}

pub(in super::super) async fn decide(
    cx: &mut Cx<'_>,
    id: ApprovalId,
    rules: &[String],
    person: PersonId,
    agreed: bool,
    note: &str,
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO provisioning_decision (approval_id, rule, person_id, agreed, note, at)
         SELECT $1, rule, $3, $4, $5, $6 FROM unnest($2::text[]) AS r (rule)",
        id as ApprovalId,
        rules,
        person as PersonId,
        agreed,
        note,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn settle(cx: &mut Cx<'_>, id: ApprovalId, state: ApprovalState) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE provisioning_approval SET state = $2, settled_at = $3 WHERE id = $1",
        id as ApprovalId,
        state as ApprovalState,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    sqlx::query!(
        "UPDATE provisioning_request SET needed_human = true FROM provisioning_approval a WHERE a.id = $1 AND provisioning_request.id = a.request_id",
        id as ApprovalId,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn drop_waiting(cx: &mut Cx<'_>, request: ProvisioningRequestId) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE provisioning_approval SET state = 'dropped', settled_at = $2 WHERE request_id = $1 AND state = 'waiting'",
        request as ProvisioningRequestId,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn waiting(cx: &mut Cx<'_>, request: ProvisioningRequestId) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM provisioning_approval WHERE request_id = $1 AND state = 'waiting'"#,
        request as ProvisioningRequestId,
    )
    .fetch_one(cx.conn())
    .await?)
}

/// What waits for somebody: found by who may decide, for few things wait for one person.
pub(in super::super) async fn waits_on(cx: &mut Cx<'_>, person: PersonId) -> Result<Vec<WaitsOn>> {
    let rows = sqlx::query!(
        r#"SELECT DISTINCT ON (a.due_at, a.id) r.number, o.title, r.action, act.title AS "action_title?",
                  coalesce(x.name, r.params::json->>'name') AS name, t.name AS team, r.environment, coalesce(e.title, e.name) AS service,
                  a.because, a.due_at, a.need AS "need: Need",
                  (SELECT count(DISTINCT w.person_id) FROM provisioning_approver w WHERE w.approval_id = a.id AND w.person_id <> $1) AS "others!"
           FROM provisioning_approver v JOIN provisioning_approval a ON a.id = v.approval_id AND a.state = 'waiting'
                JOIN provisioning_request r ON r.id = a.request_id AND r.ended_at IS NULL JOIN offering o ON o.id = r.offering_id JOIN team t ON t.id = r.team_id
                LEFT JOIN provisioned_resource x ON x.id = r.resource_id LEFT JOIN entity e ON e.id = r.service_id
                LEFT JOIN LATERAL (
                    SELECT c ->> 'title' AS title FROM offering_version d, jsonb_array_elements(d.definition::jsonb -> 'actions') c
                    WHERE r.action IS NOT NULL AND d.offering_id = r.offering_id AND d.number = r.version AND c ->> 'name' = r.action
                    LIMIT 1) act ON true
           WHERE v.person_id = $1
             AND NOT EXISTS (SELECT FROM provisioning_decision d WHERE d.approval_id = a.id AND d.rule = v.rule)
           ORDER BY a.due_at, a.id LIMIT 50"#,
        person as PersonId,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| WaitsOn {
            number: r.number,
            title: titled(&r.title, r.action_title.as_deref().or(r.action.as_deref()), r.name.as_deref()),
            team: r.team,
            environment: r.environment,
            service: r.service,
            because: r.because,
            due_at: r.due_at.to_jiff(),
            others: r.others,
            need: r.need,
        })
        .collect())
}

/// Approvals that somebody is to be reminded of, whose time is over, or that nobody who is still here could give: the
/// request's number and theirs.
pub(in super::super) async fn due(cx: &mut Cx<'_>, most: i64) -> Result<Vec<(i64, ApprovalId)>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = sqlx::query!(
        r#"SELECT r.number, a.id AS "id: ApprovalId" FROM provisioning_approval a JOIN provisioning_request r ON r.id = a.request_id
           WHERE a.state = 'waiting' AND r.ended_at IS NULL AND (a.due_at <= $1 OR a.remind_at <= $1
              OR (a.escalated_at IS NULL AND NOT EXISTS (SELECT FROM provisioning_approver v JOIN person p ON p.id = v.person_id AND p.active
                                                         WHERE v.approval_id = a.id)))
           ORDER BY a.due_at LIMIT $2"#,
        now as _,
        most,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.number, r.id)).collect())
}

/// Whether this reminder is the caller's to give: of two replicas one is first.
pub(in super::super) async fn reminded(cx: &mut Cx<'_>, id: ApprovalId) -> Result<bool> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let done = sqlx::query!(
        "UPDATE provisioning_approval SET remind_at = NULL WHERE id = $1 AND remind_at <= $2",
        id as ApprovalId,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

pub(in super::super) async fn escalated(cx: &mut Cx<'_>, id: ApprovalId, due: Timestamp) -> Result<()> {
    let (now, due) = (jiff_sqlx::Timestamp::from(cx.now()), jiff_sqlx::Timestamp::from(due));
    sqlx::query!(
        "UPDATE provisioning_approval SET remind_at = NULL, escalated_at = $2, due_at = $3 WHERE id = $1",
        id as ApprovalId,
        now as _,
        due as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Who decides where nobody else can.
pub(in super::super) async fn admins(
    cx: &mut Cx<'_>,
    but: Option<PersonId>,
    most: i64,
) -> Result<Vec<PersonName>> {
    Ok(sqlx::query_as!(
        PersonName,
        r#"SELECT id AS "id: PersonId", handle, name, active FROM person
           WHERE admin AND active AND ($1::uuid IS NULL OR id <> $1) ORDER BY name, id LIMIT $2"#,
        but as Option<PersonId>,
        most,
    )
    .fetch_all(cx.conn())
    .await?)
}
