//! SQL of the pages themselves.

use jiff::Timestamp;
use sqlx::types::Json;

use super::super::{
    Judgement, Plan, Severity, State,
    read::{Filter, Scope},
    record::Urgency,
};
use crate::{
    AlertGroupId, Cx, EntityId, Limit, MaintenanceId, PageId, PersonId, PolicyId, Result, TeamId,
    people::TeamName,
};

/// `pages!(rest, arguments…)` is the checked statement that selects pages; all parts are literals.
macro_rules! pages {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT p.id AS "id: PageId", p.number, p.state AS "state: State", t.id AS "team_id: TeamId", t.slug AS team_slug, t.name AS team_name,
                      p.entity_id AS "entity_id: EntityId", p.entity_ref, coalesce(e.title, e.name) AS entity_title, e.tier AS "tier?",
                      p.summary, p.impact, p.severity AS "severity: Severity", p.urgency AS "urgency: Urgency", p.raised_by AS "raised_by: PersonId",
                      p.link, coalesce(p.runbook, e.runbook) AS runbook, p.plan AS "plan: Json<Plan>", p.policy_id AS "policy_id: PolicyId", x.name AS "policy_name?",
                      p.round, p.step, p.opened_at, p.acknowledged_at, p.acknowledged_by AS "acknowledged_by: PersonId",
                      p.assignee_id AS "assignee_id: PersonId", p.resolved_at, p.resolved_by AS "resolved_by: PersonId",
                      p.judgement AS "judgement: Judgement", p.judged_by AS "judged_by: PersonId", p.next_at, p.exhausted_at, p.unmanned,
                      p.suppressed_by AS "suppressed_by: MaintenanceId", a.alerts AS "alerts!", a.firing AS "firing!", a.times AS "times!"
               FROM page p JOIN team t ON t.id = p.team_id LEFT JOIN entity e ON e.id = p.entity_id
                    LEFT JOIN escalation_policy x ON x.id = p.policy_id
                    CROSS JOIN LATERAL (SELECT count(*) AS alerts, count(*) FILTER (WHERE a.resolved_at IS NULL) AS firing,
                                               coalesce(sum(a.times), 0)::bigint AS times FROM alert a WHERE a.page_id = p.id) a "#
                + $rest
            $(, $argument)*
        )
    };
}

pub(super) use pages;

/// A page as selected by [`pages`]; people by their keys.
#[derive(Debug)]
pub(in super::super) struct Row {
    pub(in super::super) id: PageId,
    pub(in super::super) number: i64,
    pub(in super::super) state: State,
    pub(in super::super) team_id: TeamId,
    pub(in super::super) team_slug: String,
    pub(in super::super) team_name: String,
    pub(in super::super) entity_id: Option<EntityId>,
    pub(in super::super) entity_ref: Option<String>,
    pub(in super::super) entity_title: Option<String>,
    pub(in super::super) tier: Option<i16>,
    pub(in super::super) summary: String,
    pub(in super::super) impact: String,
    pub(in super::super) severity: Severity,
    pub(in super::super) urgency: Urgency,
    pub(in super::super) raised_by: Option<PersonId>,
    pub(in super::super) link: Option<String>,
    pub(in super::super) runbook: Option<String>,
    pub(in super::super) plan: Json<Plan>,
    pub(in super::super) policy_id: Option<PolicyId>,
    pub(in super::super) policy_name: Option<String>,
    pub(in super::super) round: Option<i32>,
    pub(in super::super) step: Option<i32>,
    pub(in super::super) opened_at: jiff_sqlx::Timestamp,
    pub(in super::super) acknowledged_at: Option<jiff_sqlx::Timestamp>,
    pub(in super::super) acknowledged_by: Option<PersonId>,
    pub(in super::super) assignee_id: Option<PersonId>,
    pub(in super::super) resolved_at: Option<jiff_sqlx::Timestamp>,
    pub(in super::super) resolved_by: Option<PersonId>,
    pub(in super::super) judgement: Option<Judgement>,
    pub(in super::super) judged_by: Option<PersonId>,
    pub(in super::super) next_at: Option<jiff_sqlx::Timestamp>,
    pub(in super::super) exhausted_at: Option<jiff_sqlx::Timestamp>,
    pub(in super::super) unmanned: bool,
    pub(in super::super) suppressed_by: Option<MaintenanceId>,
    pub(in super::super) alerts: i64,
    pub(in super::super) firing: i64,
    pub(in super::super) times: i64,
}

impl Row {
    pub(in super::super) fn team(&self) -> TeamName {
        TeamName { id: self.team_id, slug: self.team_slug.clone(), name: self.team_name.clone() }
    }
}

pub(in super::super) async fn get(cx: &mut Cx<'_>, id: PageId) -> Result<Option<Row>> {
    Ok(pages!("WHERE p.id = $1", id as PageId).fetch_optional(cx.conn()).await?)
}

pub(in super::super) async fn by_number(cx: &mut Cx<'_>, number: i64) -> Result<Option<PageId>> {
    Ok(sqlx::query_scalar!(r#"SELECT id AS "id: PageId" FROM page WHERE number = $1"#, number)
        .fetch_optional(cx.conn())
        .await?)
}

pub(in super::super) async fn list(
    cx: &mut Cx<'_>,
    f: &Filter,
    scope: &Scope,
    after: Option<(Timestamp, PageId)>,
    limit: Limit,
) -> Result<Vec<Row>> {
    let (after_at, after_id) =
        after.map_or((None, None), |(at, id)| (Some(jiff_sqlx::Timestamp::from(at)), Some(id)));
    let states = f.state_words();
    Ok(pages!(
        "WHERE ($1::text[] IS NULL OR p.state = ANY($1))
           AND ($2::uuid[] IS NULL OR p.team_id = ANY($2) OR p.assignee_id = $3
                OR EXISTS (SELECT FROM page_event v WHERE v.page_id = p.id AND v.person_id = $3 AND v.kind = 'told'))
           AND ($4::uuid IS NULL OR p.team_id = $4)
           AND ($5::text IS NULL OR p.entity_ref = lower($5))
           AND (NOT $6 OR (p.state = 'resolved' AND p.judgement IS NULL))
           AND ($7::timestamptz IS NULL OR (p.opened_at, p.id) < ($7, $8::uuid))
         ORDER BY p.opened_at DESC, p.id DESC LIMIT $9",
        states.as_deref(),
        scope.mine.as_deref(),
        scope.me as Option<PersonId>,
        scope.team as Option<TeamId>,
        f.entity.as_deref(),
        f.unjudged,
        after_at as _,
        after_id as Option<PageId>,
        limit.probe(),
    )
    .fetch_all(cx.conn())
    .await?)
}

/// How many there are; `most` if there are more.
pub(in super::super) async fn count(cx: &mut Cx<'_>, f: &Filter, scope: &Scope, most: i64) -> Result<i64> {
    let states = f.state_words();
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM (SELECT FROM page p
           WHERE ($1::text[] IS NULL OR p.state = ANY($1))
             AND ($2::uuid[] IS NULL OR p.team_id = ANY($2) OR p.assignee_id = $3
                  OR EXISTS (SELECT FROM page_event v WHERE v.page_id = p.id AND v.person_id = $3 AND v.kind = 'told'))
             AND ($4::uuid IS NULL OR p.team_id = $4)
             AND ($5::text IS NULL OR p.entity_ref = lower($5))
             AND (NOT $6 OR (p.state = 'resolved' AND p.judgement IS NULL)) LIMIT $7) p"#,
        states.as_deref(),
        scope.mine.as_deref(),
        scope.me as Option<PersonId>,
        scope.team as Option<TeamId>,
        f.entity.as_deref(),
        f.unjudged,
        most,
    )
    .fetch_one(cx.conn())
    .await?)
}

/// How many pages wait for a person: open ones they were told of, and live ones they are on or were asked to be.
pub(in super::super) async fn waiting(cx: &mut Cx<'_>, person: PersonId) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM (SELECT FROM page p
           WHERE p.state IN ('open', 'acknowledged')
             AND (p.assignee_id = $1 OR (p.state = 'open'
                  AND EXISTS (SELECT FROM page_event v WHERE v.page_id = p.id AND v.person_id = $1 AND v.kind = 'told')))
           LIMIT 1000) p"#,
        person as PersonId
    )
    .fetch_one(cx.conn())
    .await?)
}

/// Live pages of these entities, newest first.
pub(in super::super) async fn live_of(cx: &mut Cx<'_>, entities: &[EntityId], most: i64) -> Result<Vec<Row>> {
    let ids: Vec<_> = entities.iter().map(|e| e.0).collect();
    Ok(pages!(
        "WHERE p.entity_id = ANY($1) AND p.state <> 'resolved' ORDER BY p.opened_at DESC, p.id DESC LIMIT $2",
        &ids,
        most,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Pages that opened, or were open, in a span of a team's, newest first: for the hand-over.
pub(in super::super) async fn of_span(
    cx: &mut Cx<'_>,
    team: TeamId,
    since: Timestamp,
    until: Timestamp,
    most: i64,
) -> Result<Vec<Row>> {
    let (since, until) = (jiff_sqlx::Timestamp::from(since), jiff_sqlx::Timestamp::from(until));
    Ok(pages!(
        "WHERE p.team_id = $1 AND ((p.opened_at >= $2 AND p.opened_at < $3) OR p.state <> 'resolved' OR (p.judgement IS NULL AND p.opened_at >= $2))
         ORDER BY p.opened_at DESC, p.id DESC LIMIT $4",
        team as TeamId,
        since as _,
        until as _,
        most,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// A page that is about to be written.
#[derive(Debug)]
pub(in super::super) struct New<'n> {
    pub(in super::super) id: PageId,
    pub(in super::super) state: State,
    pub(in super::super) team: TeamId,
    pub(in super::super) entity: Option<(EntityId, &'n str)>,
    pub(in super::super) group: Option<AlertGroupId>,
    pub(in super::super) raised_by: Option<PersonId>,
    pub(in super::super) summary: &'n str,
    pub(in super::super) impact: &'n str,
    pub(in super::super) severity: Severity,
    pub(in super::super) urgency: Urgency,
    pub(in super::super) link: Option<&'n str>,
    pub(in super::super) runbook: Option<&'n str>,
    pub(in super::super) plan: &'n Plan,
    pub(in super::super) policy: Option<PolicyId>,
    pub(in super::super) held_until: Option<Timestamp>,
    pub(in super::super) suppressed_by: Option<MaintenanceId>,
}

/// Writes a page and returns its number.
pub(in super::super) async fn insert(cx: &mut Cx<'_>, new: &New<'_>) -> Result<i64> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let held = new.held_until.map(jiff_sqlx::Timestamp::from);
    Ok(sqlx::query_scalar!(
        "INSERT INTO page (id, state, team_id, entity_id, entity_ref, group_id, raised_by, summary, impact, severity, urgency, link, runbook,
                           plan, policy_id, held_until, next_at, suppressed_by, opened_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) RETURNING number",
        new.id as PageId,
        new.state.as_str(),
        new.team as TeamId,
        new.entity.map(|e| e.0) as Option<EntityId>,
        new.entity.map(|e| e.1),
        new.group as Option<AlertGroupId>,
        new.raised_by as Option<PersonId>,
        new.summary,
        new.impact,
        new.severity.as_str(),
        new.urgency.as_str(),
        new.link,
        new.runbook,
        Json(new.plan) as _,
        new.policy as Option<PolicyId>,
        held as _,
        (new.state == State::Open).then(|| held.unwrap_or(now)) as _,
        new.suppressed_by as Option<MaintenanceId>,
        now as _,
    )
    .fetch_one(cx.conn())
    .await?)
}

/// What moves a page, read under the lock of its row.
#[derive(Debug)]
pub(in super::super) struct Locked {
    pub(in super::super) id: PageId,
    pub(in super::super) number: i64,
    pub(in super::super) state: State,
    pub(in super::super) team: TeamId,
    pub(in super::super) entity_id: Option<EntityId>,
    pub(in super::super) entity_ref: Option<String>,
    pub(in super::super) summary: String,
    pub(in super::super) impact: String,
    pub(in super::super) severity: Severity,
    pub(in super::super) link: Option<String>,
    pub(in super::super) runbook: Option<String>,
    pub(in super::super) plan: Json<Plan>,
    pub(in super::super) round: Option<i32>,
    pub(in super::super) step: Option<i32>,
    pub(in super::super) told_at: Option<jiff_sqlx::Timestamp>,
    pub(in super::super) told_nobody: bool,
    pub(in super::super) held_until: Option<jiff_sqlx::Timestamp>,
    pub(in super::super) exhausted_at: Option<jiff_sqlx::Timestamp>,
    pub(in super::super) next_at: Option<jiff_sqlx::Timestamp>,
    pub(in super::super) unmanned: bool,
    pub(in super::super) assignee: Option<PersonId>,
    pub(in super::super) judgement: Option<Judgement>,
}

/// Locks a page. Whoever also touches its alerts locks their group first: see [`super::alert::lock_of_page`]. None of these
/// locks is on keys: a second update of a page looks at its group again, and must not wait for whoever waits for the page.
pub(in super::super) async fn lock(cx: &mut Cx<'_>, id: PageId) -> Result<Option<Locked>> {
    Ok(sqlx::query_as!(
        Locked,
        r#"SELECT id AS "id: PageId", number, state AS "state: State", team_id AS "team: TeamId", entity_id AS "entity_id: EntityId", entity_ref,
                  summary, impact, severity AS "severity: Severity", link, runbook, plan AS "plan: Json<Plan>",
                  round, step, told_at, told_nobody, held_until, exhausted_at, next_at, unmanned, assignee_id AS "assignee: PersonId",
                  judgement AS "judgement: Judgement"
           FROM page WHERE id = $1 FOR NO KEY UPDATE"#,
        id as PageId
    )
    .fetch_optional(cx.conn())
    .await?)
}

pub(in super::super) async fn acknowledge(cx: &mut Cx<'_>, id: PageId, by: Option<PersonId>) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE page SET state = 'acknowledged', next_at = NULL, assignee_id = coalesce($2, assignee_id),
                acknowledged_by = CASE WHEN acknowledged_at IS NULL THEN $2 ELSE acknowledged_by END,
                acknowledged_at = coalesce(acknowledged_at, $3)
         WHERE id = $1",
        id as PageId,
        by as Option<PersonId>,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Ends pages.
pub(in super::super) async fn resolve(cx: &mut Cx<'_>, ids: &[PageId], by: Option<PersonId>) -> Result<()> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE page SET state = 'resolved', next_at = NULL, held_until = NULL, resolved_at = $2, resolved_by = $3 WHERE id = ANY($1)",
        &ids,
        now as _,
        by as Option<PersonId>,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Opens a page anew for somebody who is asked: the steps begin again if nobody answers until then.
pub(in super::super) async fn reassign(
    cx: &mut Cx<'_>,
    id: PageId,
    to: PersonId,
    held_until: Timestamp,
) -> Result<()> {
    let held = jiff_sqlx::Timestamp::from(held_until);
    sqlx::query!(
        "UPDATE page SET state = 'open', assignee_id = $2, held_until = $3, next_at = $3, round = NULL, step = NULL, told_at = NULL,
                told_nobody = false, exhausted_at = NULL
         WHERE id = $1",
        id as PageId,
        to as PersonId,
        held as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Notes that a step was told now; it goes on from there.
pub(in super::super) async fn stepped(
    cx: &mut Cx<'_>,
    id: PageId,
    round: i32,
    step: i32,
    nobody: bool,
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE page SET round = $2, step = $3, told_at = $4, told_nobody = $5, held_until = NULL, exhausted_at = NULL WHERE id = $1",
        id as PageId,
        round,
        step,
        now as _,
        nobody,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn next_at(cx: &mut Cx<'_>, id: PageId, at: Option<Timestamp>) -> Result<()> {
    let at = at.map(jiff_sqlx::Timestamp::from);
    sqlx::query!("UPDATE page SET next_at = $2 WHERE id = $1", id as PageId, at as _)
        .execute(cx.conn())
        .await?;
    Ok(())
}

/// Notes that the plan is at its end, and when it is begun again, if it is.
pub(in super::super) async fn exhausted(cx: &mut Cx<'_>, id: PageId, again: Option<Timestamp>) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let again = again.map(jiff_sqlx::Timestamp::from);
    sqlx::query!(
        "UPDATE page SET exhausted_at = $2, next_at = $3 WHERE id = $1",
        id as PageId,
        now as _,
        again as _
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn unmanned(cx: &mut Cx<'_>, id: PageId) -> Result<()> {
    sqlx::query!("UPDATE page SET unmanned = true WHERE id = $1", id as PageId).execute(cx.conn()).await?;
    Ok(())
}

pub(in super::super) async fn judge(
    cx: &mut Cx<'_>,
    id: PageId,
    judgement: Judgement,
    by: Option<PersonId>,
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE page SET judgement = $2, judged_by = $3, judged_at = $4 WHERE id = $1",
        id as PageId,
        judgement.as_str(),
        by as Option<PersonId>,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Lets pages go on that a window kept quiet.
pub(in super::super) async fn release(cx: &mut Cx<'_>, ids: &[PageId]) -> Result<()> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!("UPDATE page SET state = 'open', next_at = $2 WHERE id = ANY($1)", &ids, now as _)
        .execute(cx.conn())
        .await?;
    Ok(())
}

/// Keeps pages quiet by another window.
pub(in super::super) async fn suppress_by(
    cx: &mut Cx<'_>,
    ids: &[PageId],
    window: MaintenanceId,
) -> Result<()> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    sqlx::query!("UPDATE page SET suppressed_by = $2 WHERE id = ANY($1)", &ids, window as MaintenanceId)
        .execute(cx.conn())
        .await?;
    Ok(())
}

/// The pages that a window keeps quiet, locked; at most 1,000 at a time.
pub(in super::super) async fn lock_suppressed(cx: &mut Cx<'_>, window: MaintenanceId) -> Result<Vec<PageId>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT id AS "id: PageId" FROM page WHERE suppressed_by = $1 AND state = 'suppressed' ORDER BY id LIMIT 1000 FOR NO KEY UPDATE"#,
        window as MaintenanceId
    )
    .fetch_all(cx.conn())
    .await?)
}

/// A page as the channel of its team hears of it.
#[derive(Debug)]
pub(in super::super) struct Head {
    pub(in super::super) id: PageId,
    pub(in super::super) number: i64,
    pub(in super::super) team: TeamId,
    pub(in super::super) entity_ref: Option<String>,
    pub(in super::super) summary: String,
    pub(in super::super) impact: String,
    pub(in super::super) raised_by: Option<PersonId>,
}

/// These pages, without those that maintenance kept quiet until they were over.
pub(in super::super) async fn heads(cx: &mut Cx<'_>, ids: &[PageId]) -> Result<Vec<Head>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    Ok(sqlx::query_as!(
        Head,
        r#"SELECT p.id AS "id: PageId", p.number, p.team_id AS "team: TeamId", p.entity_ref, p.summary, p.impact, p.raised_by AS "raised_by: PersonId"
           FROM page p
           WHERE p.id = ANY($1)
             AND (p.suppressed_by IS NULL OR EXISTS (SELECT FROM page_event e WHERE e.page_id = p.id AND e.kind = 'released'))"#,
        &ids
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Of two pages that a person raises at once one waits for the other, until the transaction ends.
pub(in super::super) async fn lock_raising(cx: &mut Cx<'_>, person: PersonId) -> Result<()> {
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended('page.raise:' || $1::uuid::text, 0)) AS locked",
        person as PersonId
    )
    .fetch_one(cx.conn())
    .await?;
    Ok(())
}

/// How many pages a person raised since then.
pub(in super::super) async fn raised_since(
    cx: &mut Cx<'_>,
    person: PersonId,
    since: Timestamp,
) -> Result<i64> {
    let since = jiff_sqlx::Timestamp::from(since);
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM page WHERE raised_by = $1 AND opened_at >= $2"#,
        person as PersonId,
        since as _,
    )
    .fetch_one(cx.conn())
    .await?)
}
