//! SQL of the policies.

use jiff::Timestamp;
use sqlx::types::Json;

use super::super::{
    PolicyName, ToldTwice,
    policy::{Keys, NamedStep, NewPolicy, Policy, PolicyStep, Step, StepTarget, Target},
};
use crate::{
    Cx, EntityId, Error, Limit, PersonId, PolicyId, Result, ScheduleId, TeamId,
    catalog::EntityRef,
    people::{PersonName, TeamName},
    rota::ScheduleName,
};

/// `policies!(rest, arguments…)` is the checked statement that selects policies with their steps; all parts are literals.
macro_rules! policies {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT p.id AS "id: PolicyId", p.slug, p.name, p.repeats, p.is_default, p.version, p.created_at, p.updated_at, p.closed_at,
                      t.id AS "team_id: TeamId", t.slug AS team_slug, t.name AS team_name,
                      (SELECT count(*) FROM policy_assignment a JOIN entity e ON e.id = a.entity_id
                       WHERE a.policy_id = p.id AND e.owner_team_id = p.team_id) AS "services!",
                      (SELECT coalesce(jsonb_agg(jsonb_build_object('minutes', s.minutes, 'schedule', s.schedule_id, 'person', s.person_id,
                                  'team', s.team_id, 'lead_of', s.lead_of_id,
                                  'slug', coalesce(c.slug, h.handle, o.slug), 'name', coalesce(c.name, h.name, o.name), 'active', coalesce(h.active, true))
                                  ORDER BY s.position), '[]')
                       FROM escalation_step s LEFT JOIN schedule c ON c.id = s.schedule_id LEFT JOIN person h ON h.id = s.person_id
                            LEFT JOIN team o ON o.id = coalesce(s.team_id, s.lead_of_id)
                       WHERE s.policy_id = p.id) AS "steps!: Json<Vec<StepRow>>"
               FROM escalation_policy p JOIN team t ON t.id = p.team_id "#
                + $rest
            $(, $argument)*
        )
    };
}

struct Row {
    id: PolicyId,
    slug: String,
    name: String,
    repeats: i32,
    is_default: bool,
    version: i64,
    created_at: jiff_sqlx::Timestamp,
    updated_at: jiff_sqlx::Timestamp,
    closed_at: Option<jiff_sqlx::Timestamp>,
    team_id: TeamId,
    team_slug: String,
    team_name: String,
    services: i64,
    steps: Json<Vec<StepRow>>,
}

#[derive(serde::Deserialize)]
struct StepRow {
    minutes: u32,
    schedule: Option<ScheduleId>,
    person: Option<PersonId>,
    team: Option<TeamId>,
    lead_of: Option<TeamId>,
    slug: Option<String>,
    name: Option<String>,
    active: bool,
}

impl StepRow {
    fn target(self) -> Option<StepTarget> {
        let (slug, name) = (self.slug?, self.name?);
        Some(match (self.schedule, self.person, self.team, self.lead_of) {
            (Some(id), ..) => StepTarget::Schedule(ScheduleName { id, slug, name }),
            (_, Some(id), ..) => {
                StepTarget::Person(PersonName { id, handle: slug, name, active: self.active })
            }
            (_, _, Some(id), _) => StepTarget::Team(TeamName { id, slug, name }),
            (.., Some(id)) => StepTarget::Lead(TeamName { id, slug, name }),
            _ => return None,
        })
    }
}

impl From<Row> for Policy {
    fn from(r: Row) -> Self {
        let step = |s: StepRow| Some(PolicyStep { minutes: s.minutes, to: s.target()? });
        Self {
            id: r.id,
            team: TeamName { id: r.team_id, slug: r.team_slug, name: r.team_name },
            slug: r.slug,
            name: r.name,
            repeats: u32::try_from(r.repeats).unwrap_or_default(),
            is_default: r.is_default,
            steps: r.steps.0.into_iter().filter_map(step).collect(),
            services: r.services,
            version: r.version,
            created_at: r.created_at.to_jiff(),
            updated_at: r.updated_at.to_jiff(),
            closed_at: r.closed_at.map(jiff_sqlx::Timestamp::to_jiff),
        }
    }
}

pub(in super::super) async fn by_slug(cx: &mut Cx<'_>, slug: &str) -> Result<Option<Policy>> {
    let row = policies!("WHERE lower(p.slug) = lower($1)", slug).fetch_optional(cx.conn()).await?;
    Ok(row.map(Policy::from))
}

/// The policy of an entity, else the default of the team; whether it is the entity's own.
pub(in super::super) async fn of(
    cx: &mut Cx<'_>,
    team: TeamId,
    entity: Option<EntityId>,
) -> Result<Option<(Policy, bool)>> {
    let rows = policies!(
        "WHERE p.closed_at IS NULL
           AND ((p.team_id = $1 AND p.is_default)
                OR p.id = (SELECT a.policy_id FROM policy_assignment a JOIN entity e ON e.id = a.entity_id
                           WHERE a.entity_id = $2::uuid AND p.team_id IN ($1, e.owner_team_id)))",
        team as TeamId,
        entity as Option<EntityId>,
    )
    .fetch_all(cx.conn())
    .await?;
    let own = match entity {
        Some(entity) => {
            sqlx::query_scalar!(
                r#"SELECT policy_id AS "id: PolicyId" FROM policy_assignment WHERE entity_id = $1"#,
                entity as EntityId
            )
            .fetch_optional(cx.conn())
            .await?
        }
        None => None,
    };
    let mut found: Vec<_> = rows.into_iter().map(|r| (Some(r.id) == own, Policy::from(r))).collect();
    found.sort_by_key(|(is_own, _)| !is_own);
    Ok(found.into_iter().next().map(|(is_own, policy)| (policy, is_own)))
}

pub(in super::super) async fn list(
    cx: &mut Cx<'_>,
    team: Option<&str>,
    q: Option<&str>,
    after: Option<(String, PolicyId)>,
    limit: Limit,
) -> Result<Vec<Policy>> {
    let (after_name, after_id) = after.unzip();
    let rows = policies!(
        "WHERE p.closed_at IS NULL AND ($1::text IS NULL OR lower(t.slug) = lower($1))
           AND ($2::text IS NULL OR position(lower($2) IN lower(p.name || ' ' || p.slug)) > 0)
           AND ($3::text IS NULL OR (lower(p.name), p.id) > ($3, $4::uuid))
         ORDER BY lower(p.name), p.id LIMIT $5",
        team,
        q,
        after_name,
        after_id as Option<PolicyId>,
        limit.probe(),
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Policy::from).collect())
}

pub(in super::super) async fn count(cx: &mut Cx<'_>, team: Option<&str>, q: Option<&str>) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM escalation_policy p JOIN team t ON t.id = p.team_id
           WHERE p.closed_at IS NULL AND ($1::text IS NULL OR lower(t.slug) = lower($1))
             AND ($2::text IS NULL OR position(lower($2) IN lower(p.name || ' ' || p.slug)) > 0)"#,
        team,
        q,
    )
    .fetch_one(cx.conn())
    .await?)
}

pub(in super::super) async fn insert(
    cx: &mut Cx<'_>,
    id: PolicyId,
    team: TeamId,
    slug: &str,
    name: &str,
    new: &NewPolicy,
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO escalation_policy (id, team_id, slug, name, repeats, is_default, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
        id as PolicyId,
        team as TeamId,
        slug,
        name,
        i32::try_from(new.repeats).unwrap_or(i32::MAX),
        new.is_default,
        now as _,
    )
    .execute(cx.conn())
    .await
    .map_err(|e| match Error::constraint(&e) {
        Some("escalation_policy_slug_key") => {
            Error::invalid("slug", format!("is taken: there is a policy {slug}, open or closed; choose another"))
        }
        _ => of_default(e),
    })?;
    Ok(())
}

pub(in super::super) async fn update(
    cx: &mut Cx<'_>,
    id: PolicyId,
    name: &str,
    new: &NewPolicy,
    version: Option<i64>,
) -> Result<u64> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let done = sqlx::query!(
        "UPDATE escalation_policy SET name = $2, repeats = $3, is_default = $4, version = version + 1, updated_at = $5
         WHERE id = $1 AND ($6::bigint IS NULL OR version = $6)",
        id as PolicyId,
        name,
        i32::try_from(new.repeats).unwrap_or(i32::MAX),
        new.is_default,
        now as _,
        version,
    );
    Ok(done.execute(cx.conn()).await.map_err(of_default)?.rows_affected())
}

/// Of two who make a default at once one is told so.
fn of_default(error: sqlx::Error) -> Error {
    match Error::constraint(&error) {
        Some("escalation_policy_default_key") => {
            Error::Conflict("somebody else has just made another policy the default; look again".into())
        }
        _ => error.into(),
    }
}

pub(in super::super) async fn put_steps(cx: &mut Cx<'_>, id: PolicyId, steps: &[Keys]) -> Result<()> {
    sqlx::query!("DELETE FROM escalation_step WHERE policy_id = $1", id as PolicyId)
        .execute(cx.conn())
        .await?;
    let of = |key: fn(&Keys) -> Option<uuid::Uuid>| steps.iter().map(key).collect::<Vec<_>>();
    let minutes: Vec<_> = steps.iter().map(|s| s.minutes).collect();
    sqlx::query!(
        "INSERT INTO escalation_step (policy_id, position, schedule_id, person_id, team_id, lead_of_id, minutes)
         SELECT $1, n - 1, schedule, person, team, lead_of, minutes
         FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::int[]) WITH ORDINALITY AS s (schedule, person, team, lead_of, minutes, n)",
        id as PolicyId,
        &of(|s| s.schedule.map(|k| k.0)) as &[Option<uuid::Uuid>],
        &of(|s| s.person.map(|k| k.0)) as &[Option<uuid::Uuid>],
        &of(|s| s.team.map(|k| k.0)) as &[Option<uuid::Uuid>],
        &of(|s| s.lead_of.map(|k| k.0)) as &[Option<uuid::Uuid>],
        &minutes,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Takes the default away from whichever policy of the team has it.
pub(in super::super) async fn no_default(cx: &mut Cx<'_>, team: TeamId) -> Result<()> {
    sqlx::query!(
        "UPDATE escalation_policy SET is_default = false, version = version + 1 WHERE team_id = $1 AND is_default AND closed_at IS NULL",
        team as TeamId
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn close(cx: &mut Cx<'_>, id: PolicyId) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE escalation_policy SET closed_at = $2, updated_at = $2, version = version + 1 WHERE id = $1",
        id as PolicyId,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// The slug of the policy that an entity has as its own.
pub(in super::super) async fn assigned(cx: &mut Cx<'_>, entity: EntityId) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        "SELECT p.slug FROM policy_assignment a JOIN escalation_policy p ON p.id = a.policy_id WHERE a.entity_id = $1",
        entity as EntityId
    )
    .fetch_optional(cx.conn())
    .await?)
}

pub(in super::super) async fn assign(
    cx: &mut Cx<'_>,
    entity: EntityId,
    policy: Option<PolicyId>,
) -> Result<()> {
    let (by, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    let Some(policy) = policy else {
        sqlx::query!("DELETE FROM policy_assignment WHERE entity_id = $1", entity as EntityId)
            .execute(cx.conn())
            .await?;
        return Ok(());
    };
    sqlx::query!(
        "INSERT INTO policy_assignment (entity_id, policy_id, assigned_by, assigned_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (entity_id) DO UPDATE SET policy_id = excluded.policy_id, assigned_by = excluded.assigned_by, assigned_at = excluded.assigned_at",
        entity as EntityId,
        policy as PolicyId,
        by as Option<PersonId>,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn services(cx: &mut Cx<'_>, policy: PolicyId) -> Result<Vec<EntityRef>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT e.ref AS "ref: EntityRef" FROM policy_assignment a JOIN entity e ON e.id = a.entity_id
             JOIN escalation_policy p ON p.id = a.policy_id AND p.team_id = e.owner_team_id
           WHERE a.policy_id = $1 ORDER BY e.ref LIMIT 200"#,
        policy as PolicyId
    )
    .fetch_all(cx.conn())
    .await?)
}

pub(in super::super) async fn related_team(cx: &mut Cx<'_>, team: TeamId) -> Result<Option<TeamName>> {
    Ok(sqlx::query_as!(
        TeamName,
        r#"SELECT t.id AS "id: TeamId", t.slug, t.name FROM team_paging p JOIN team t ON t.id = p.related_team_id WHERE p.team_id = $1"#,
        team as TeamId
    )
    .fetch_optional(cx.conn())
    .await?)
}

pub(in super::super) async fn set_related(
    cx: &mut Cx<'_>,
    team: TeamId,
    related: Option<TeamId>,
) -> Result<()> {
    let (by, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    sqlx::query!(
        "INSERT INTO team_paging (team_id, related_team_id, set_by, set_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (team_id) DO UPDATE SET related_team_id = excluded.related_team_id, set_by = excluded.set_by, set_at = excluded.set_at",
        team as TeamId,
        related as Option<TeamId>,
        by as Option<PersonId>,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// The names of what steps tell, in their order; none for what is gone.
pub(in super::super) async fn targets(cx: &mut Cx<'_>, steps: &[Step]) -> Result<Vec<Option<StepTarget>>> {
    let (kinds, ids): (Vec<_>, Vec<_>) = steps
        .iter()
        .map(|step| match step.target {
            Target::Schedule(id) => ("schedule".to_owned(), id.0),
            Target::Team(id) => ("team".to_owned(), id.0),
            Target::Person(id) => ("person".to_owned(), id.0),
            Target::Lead(id) => ("lead".to_owned(), id.0),
        })
        .unzip();
    let rows = sqlx::query!(
        r#"SELECT s.kind AS "kind!", s.id AS "id!", coalesce(c.slug, p.handle, t.slug) AS slug, coalesce(c.name, p.name, t.name) AS name,
                  coalesce(p.active, true) AS "active!"
           FROM unnest($1::text[], $2::uuid[]) WITH ORDINALITY AS s (kind, id, n)
                LEFT JOIN schedule c ON s.kind = 'schedule' AND c.id = s.id
                LEFT JOIN person p ON s.kind = 'person' AND p.id = s.id
                LEFT JOIN team t ON s.kind IN ('team', 'lead') AND t.id = s.id
           ORDER BY s.n"#,
        &kinds,
        &ids,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| {
            let (slug, name, active) = (r.slug?, r.name?, r.active);
            Some(match r.kind.as_str() {
                "schedule" => StepTarget::Schedule(ScheduleName { id: ScheduleId(r.id), slug, name }),
                "person" => StepTarget::Person(PersonName { id: PersonId(r.id), handle: slug, name, active }),
                "team" => StepTarget::Team(TeamName { id: TeamId(r.id), slug, name }),
                _ => StepTarget::Lead(TeamName { id: TeamId(r.id), slug, name }),
            })
        })
        .collect())
}

/// Who is told at a step and again at the next, in policies and usual steps in which one of the schedules stands.
pub(in super::super) async fn told_twice(
    cx: &mut Cx<'_>,
    schedules: &[ScheduleId],
    until: Timestamp,
) -> Result<Vec<ToldTwice>> {
    let keys: Vec<_> = schedules.iter().map(|s| s.0).collect();
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = sqlx::query!(
        r#"SELECT DISTINCT p.id AS "policy?: PolicyId", p.slug AS "slug?", p.name AS "name?", t.id AS "team_id: TeamId", t.slug AS team_slug,
                  t.name AS team_name, r.step AS "step!", r.first AS "first?: ScheduleId", r.second AS "second?: ScheduleId",
                  r.starts_at AS "start!", r.ends_at AS "end!", h.id AS "person: PersonId", h.handle, h.name AS person_name, h.active
           FROM unnest($1::uuid[]) one (id) CROSS JOIN LATERAL (
                    SELECT b.policy_id, b.team_id, b.step, f.person_id, CASE WHEN b.leads THEN one.id ELSE b.schedule_id END AS first,
                           CASE WHEN b.leads THEN b.schedule_id ELSE one.id END AS second,
                           greatest(f.starts_at, g.starts_at, $2) AS starts_at, least(f.ends_at, g.ends_at) AS ends_at
                    FROM steps_beside(one.id) b
                         JOIN shift f ON f.schedule_id = one.id AND f.cancelled_at IS NULL AND f.holder = 'person' AND f.ends_at > $2 AND f.starts_at < $3
                         CROSS JOIN LATERAL (
                             SELECT f.starts_at, f.ends_at WHERE f.person_id = b.person_id
                             UNION ALL
                             SELECT x.starts_at, x.ends_at FROM shift x
                             WHERE x.schedule_id = b.schedule_id AND x.person_id = f.person_id AND x.cancelled_at IS NULL AND x.holder = 'person'
                               AND x.ends_at > $2 AND x.ends_at > f.starts_at AND x.starts_at < $3 AND x.starts_at < f.ends_at) g
                    ORDER BY 7, b.team_id, b.policy_id, b.step LIMIT 50) r
                JOIN team t ON t.id = r.team_id LEFT JOIN escalation_policy p ON p.id = r.policy_id
                JOIN person h ON h.id = r.person_id AND h.active
           ORDER BY r.starts_at, t.slug, p.slug, r.step"#,
        &keys,
        now as _,
        jiff_sqlx::Timestamp::from(until) as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| ToldTwice {
            policy: r.policy.zip(r.slug).zip(r.name).map(|((id, slug), name)| PolicyName { id, slug, name }),
            team: TeamName { id: r.team_id, slug: r.team_slug, name: r.team_name },
            step: r.step,
            schedules: (r.first, r.second),
            start: r.start.to_jiff(),
            end: r.end.to_jiff(),
            person: PersonName { id: r.person, handle: r.handle, name: r.person_name, active: r.active },
        })
        .collect())
}

/// Open policies of which a step names a person; 200 at most.
pub(in super::super) async fn naming(cx: &mut Cx<'_>, person: PersonId) -> Result<Vec<NamedStep>> {
    let rows = sqlx::query!(
        r#"SELECT p.id AS "id: PolicyId", p.slug, p.name, t.id AS "team_id: TeamId", t.slug AS team_slug, t.name AS team_name,
                  array_agg(s.position + 1 ORDER BY s.position) AS "steps!"
           FROM escalation_step s JOIN escalation_policy p ON p.id = s.policy_id JOIN team t ON t.id = p.team_id
           WHERE s.person_id = $1 AND p.closed_at IS NULL
           GROUP BY p.id, t.id ORDER BY lower(p.name), p.id LIMIT 200"#,
        person as PersonId
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| NamedStep {
            id: r.id,
            slug: r.slug,
            name: r.name,
            team: TeamName { id: r.team_id, slug: r.team_slug, name: r.team_name },
            steps: r.steps,
        })
        .collect())
}

/// Names another person in the steps of these policies; answers with the slugs of those that named the first.
pub(in super::super) async fn rename(
    cx: &mut Cx<'_>,
    policies: &[PolicyId],
    gone: PersonId,
    by: PersonId,
) -> Result<Vec<String>> {
    let ids: Vec<_> = policies.iter().map(|p| p.0).collect();
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        "WITH renamed AS (UPDATE escalation_step SET person_id = $3 WHERE policy_id = ANY($1) AND person_id = $2 RETURNING policy_id)
         UPDATE escalation_policy SET version = version + 1, updated_at = $4 WHERE id IN (SELECT policy_id FROM renamed) RETURNING slug",
        &ids,
        gone as PersonId,
        by as PersonId,
        now as _,
    )
    .fetch_all(cx.conn())
    .await?)
}
