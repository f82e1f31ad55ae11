//! SQL of taking descriptors in. Everything goes by arrays: a statement per thousand rows, not per row.

use std::collections::HashMap;

use serde_json::Value;
use uuid::Uuid;

use crate::{Cx, EntityId, Error, OwnershipId, PersonId, Result, SourceId, TeamId};

/// Rows per statement.
pub(crate) const CHUNK: usize = 1_000;

/// What is there under a reference, as far as a decision needs it.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) id: EntityId,
    pub(crate) reference: String,
    pub(crate) hash: [u8; 32],
    pub(crate) source_id: Option<SourceId>,
    pub(crate) source: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) orphaned: bool,
    pub(crate) owner_ref: Option<String>,
    pub(crate) owner_team_id: Option<TeamId>,
    pub(crate) owner_person_id: Option<PersonId>,
}

/// What is about to be replaced.
#[derive(Debug)]
pub(crate) struct Before {
    pub(crate) owner_ref: Option<String>,
    pub(crate) owner_declared: Option<String>,
    pub(crate) descriptor: Value,
}

/// One apply at a time. Another one may be long, and so may this one: not held to the time that pages have.
pub(crate) async fn lock_for_long(cx: &mut Cx<'_>) -> Result<()> {
    sqlx::query!("SELECT set_config('statement_timeout', '5min', true)").fetch_one(cx.conn()).await?;
    lock(cx).await
}

/// Whoever writes entities does so alone, and takes this lock before any row: two could claim the same entity, or count
/// the same choices in opposite order and wait for each other.
pub(crate) async fn lock(cx: &mut Cx<'_>) -> Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('portolan:catalog-apply', 0))")
        .execute(cx.conn())
        .await?;
    Ok(())
}

/// The source of this name, made if it is new.
pub(crate) async fn source(cx: &mut Cx<'_>, name: &str) -> Result<SourceId> {
    let (id, now, by) = (SourceId::new(), jiff_sqlx::Timestamp::from(cx.now()), cx.actor().person);
    sqlx::query!(
        "INSERT INTO source (id, name, created_at, last_applied_at, last_applied_by) VALUES ($1, $2, $3, $3, $4) ON CONFLICT (name) DO NOTHING",
        id as SourceId,
        name,
        now as _,
        by as Option<PersonId>,
    )
    .execute(cx.conn())
    .await?;
    Ok(sqlx::query_scalar!(r#"SELECT id AS "id: SourceId" FROM source WHERE name = $1"#, name)
        .fetch_one(cx.conn())
        .await?)
}

/// Notes that the source was applied: all that it says is as fresh as this.
pub(crate) async fn applied(cx: &mut Cx<'_>, source: SourceId) -> Result<()> {
    let (now, by) = (jiff_sqlx::Timestamp::from(cx.now()), cx.actor().person);
    sqlx::query!(
        "UPDATE source SET last_applied_at = $2, last_applied_by = $3 WHERE id = $1",
        source as SourceId,
        now as _,
        by as Option<PersonId>,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// What is there under these references.
pub(crate) async fn known(cx: &mut Cx<'_>, refs: &[String]) -> Result<Vec<Known>> {
    let mut all = Vec::with_capacity(refs.len());
    for refs in refs.chunks(CHUNK) {
        let rows = sqlx::query!(
            r#"SELECT e.id AS "id!: EntityId", e.ref AS "ref!", e.descriptor_hash AS "descriptor_hash!", e.source_id AS "source_id: SourceId", s.name AS "source?", e.location,
                      e.orphaned_at IS NOT NULL AS "orphaned!", e.owner_ref, e.owner_team_id AS "owner_team_id: TeamId",
                      e.owner_person_id AS "owner_person_id: PersonId"
               FROM entity e LEFT JOIN source s ON s.id = e.source_id WHERE e.ref = ANY($1)"#,
            refs,
        )
        .fetch_all(cx.conn())
        .await?;
        all.extend(rows.into_iter().map(|r| Known {
            id: r.id,
            reference: r.r#ref,
            hash: r.descriptor_hash.try_into().unwrap_or_default(),
            source_id: r.source_id,
            source: r.source,
            location: r.location,
            orphaned: r.orphaned,
            owner_ref: r.owner_ref,
            owner_team_id: r.owner_team_id,
            owner_person_id: r.owner_person_id,
        }));
    }
    Ok(all)
}

/// What is about to be replaced; locked, so that a hand-over at this moment is not lost.
pub(crate) async fn before(cx: &mut Cx<'_>, ids: &[Uuid]) -> Result<HashMap<Uuid, Before>> {
    let mut all = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(CHUNK) {
        let rows = sqlx::query!(
            "SELECT id, owner_ref, owner_declared, descriptor FROM entity WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
            ids
        )
        .fetch_all(cx.conn())
        .await?;
        all.extend(rows.into_iter().map(|r| {
            (
                r.id,
                Before { owner_ref: r.owner_ref, owner_declared: r.owner_declared, descriptor: r.descriptor },
            )
        }));
    }
    Ok(all)
}

/// Facts set in the portal, by entity and field.
pub(crate) async fn facts(cx: &mut Cx<'_>, ids: &[Uuid]) -> Result<HashMap<(Uuid, String), Value>> {
    let rows = sqlx::query!("SELECT entity_id, field, value FROM entity_fact WHERE entity_id = ANY($1)", ids)
        .fetch_all(cx.conn())
        .await?;
    Ok(rows.into_iter().map(|r| ((r.entity_id, r.field), r.value)).collect())
}

/// The team or active person that each of these references means, if there is one.
pub(crate) async fn owners(
    cx: &mut Cx<'_>,
    refs: &[String],
) -> Result<HashMap<String, (Option<TeamId>, Option<PersonId>)>> {
    let rows = sqlx::query!(
        r#"SELECT r.ref AS "ref!", (SELECT id FROM team t WHERE t.ref = r.ref LIMIT 1) AS "team: TeamId",
                  (SELECT id FROM person p WHERE p.ref = r.ref AND p.active LIMIT 1) AS "person: PersonId"
           FROM (SELECT DISTINCT ref FROM unnest($1::text[]) u (ref)) r"#,
        refs,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.r#ref, (r.team, r.person))).collect())
}

/// The domains of these systems, as far as they are there and have one.
pub(crate) async fn domains(cx: &mut Cx<'_>, systems: &[String]) -> Result<HashMap<String, String>> {
    let rows = sqlx::query!(
        r#"SELECT ref, domain_ref AS "domain_ref!" FROM entity WHERE kind = 'system' AND domain_ref IS NOT NULL AND ref = ANY($1)"#,
        systems
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.r#ref, r.domain_ref)).collect())
}

/// The groups whose place below another these groups state: their own, and that of the children they name.
pub(crate) async fn placed_by(cx: &mut Cx<'_>, groups: &[Uuid]) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        "SELECT DISTINCT from_ref FROM relation WHERE declared_by = ANY($1) AND kind = 'childOf'",
        groups
    )
    .fetch_all(cx.conn())
    .await?)
}

/// The group above each of these: its own word, else that of a group which names it among its children.
pub(crate) async fn places(cx: &mut Cx<'_>, groups: &[String]) -> Result<Vec<(String, Option<String>)>> {
    let rows = sqlx::query!(
        r#"SELECT g.ref AS "ref!", (
                  SELECT r.to_ref FROM relation r JOIN entity e ON e.id = r.declared_by
                  WHERE r.from_ref = g.ref AND r.kind = 'childOf' ORDER BY e.ref <> g.ref, r.to_ref LIMIT 1) AS parent
           FROM (SELECT DISTINCT ref FROM unnest($1::text[]) u (ref)) g"#,
        groups
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.r#ref, r.parent)).collect())
}

/// Entities as columns: what a statement takes.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) id: Vec<Uuid>,
    pub(crate) kind: Vec<String>,
    pub(crate) namespace: Vec<String>,
    pub(crate) name: Vec<String>,
    pub(crate) reference: Vec<String>,
    pub(crate) title: Vec<Option<String>>,
    pub(crate) description: Vec<Option<String>>,
    pub(crate) r#type: Vec<Option<String>>,
    pub(crate) lifecycle: Vec<Option<String>>,
    /// Joined by commas, which no tag can hold.
    pub(crate) tags: Vec<String>,
    pub(crate) system: Vec<Option<String>>,
    pub(crate) domain: Vec<Option<String>>,
    pub(crate) owner: Vec<Option<String>>,
    pub(crate) owner_team: Vec<Option<Uuid>>,
    pub(crate) owner_person: Vec<Option<Uuid>>,
    pub(crate) declared: Vec<Option<String>>,
    pub(crate) tier: Vec<Option<i16>>,
    pub(crate) recovery_point: Vec<Option<i64>>,
    pub(crate) recovery_time: Vec<Option<i64>>,
    pub(crate) runbook: Vec<Option<String>>,
    pub(crate) contact: Vec<Option<String>>,
    pub(crate) slos: Vec<Value>,
    pub(crate) descriptor: Vec<Value>,
    pub(crate) hash: Vec<Vec<u8>>,
    pub(crate) location: Vec<Option<String>>,
    pub(crate) team: Vec<Option<Uuid>>,
    pub(crate) person: Vec<Option<Uuid>>,
}

/// `rows!(before, after, source, now, rows)` is the checked statement `before FROM rows after`; the rows are called `n`, the
/// source is $1 and the instant $2.
macro_rules! rows {
    ($before:tt, $after:tt, $source:expr, $now:expr, $r:expr) => {
        sqlx::query!(
            $before
                + r#" FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
                          $12::text[], $13::text[], $14::text[], $15::text[], $16::uuid[], $17::uuid[], $18::text[], $19::smallint[],
                          $20::bigint[], $21::bigint[], $22::text[], $23::text[], $24::jsonb[], $25::jsonb[], $26::bytea[], $27::text[],
                          $28::uuid[], $29::uuid[])
                     AS n (id, kind, namespace, name, ref, title, description, type, lifecycle, tags, system_ref, domain_ref, owner_ref,
                           owner_team_id, owner_person_id, owner_declared, tier, recovery_point, recovery_time, runbook, contact, slos,
                           descriptor, hash, location, team_id, person_id) "#
                + $after,
            $source as SourceId,
            $now as _,
            &$r.id,
            &$r.kind,
            &$r.namespace,
            &$r.name,
            &$r.reference,
            &$r.title as &[Option<String>],
            &$r.description as &[Option<String>],
            &$r.r#type as &[Option<String>],
            &$r.lifecycle as &[Option<String>],
            &$r.tags,
            &$r.system as &[Option<String>],
            &$r.domain as &[Option<String>],
            &$r.owner as &[Option<String>],
            &$r.owner_team as &[Option<Uuid>],
            &$r.owner_person as &[Option<Uuid>],
            &$r.declared as &[Option<String>],
            &$r.tier as &[Option<i16>],
            &$r.recovery_point as &[Option<i64>],
            &$r.recovery_time as &[Option<i64>],
            &$r.runbook as &[Option<String>],
            &$r.contact as &[Option<String>],
            &$r.slos,
            &$r.descriptor,
            &$r.hash,
            &$r.location as &[Option<String>],
            &$r.team as &[Option<Uuid>],
            &$r.person as &[Option<Uuid>],
        )
    };
}

pub(crate) async fn insert(cx: &mut Cx<'_>, source: SourceId, r: &Rows) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    rows!(
        "INSERT INTO entity (id, kind, namespace, name, ref, title, description, type, lifecycle, tags, system_ref, domain_ref, owner_ref,
                owner_team_id, owner_person_id, owner_declared, tier, recovery_point_seconds, recovery_time_seconds, runbook, contact, slos,
                descriptor, descriptor_hash, location, team_id, person_id, source_id, created_at, updated_at)
         SELECT id, kind, namespace, name, ref, title, description, type, lifecycle, string_to_array(tags, ','), system_ref, domain_ref, owner_ref,
                owner_team_id, owner_person_id, owner_declared, tier, recovery_point, recovery_time, runbook, contact, slos,
                descriptor, hash, location, team_id, person_id, $1, $2, $2",
        "",
        source,
        now,
        r
    )
    .execute(cx.conn())
    .await
    .map_err(|e| match Error::constraint(&e) {
        Some("entity_ref_key") => Error::Conflict("one of these entities was registered in the portal at the same moment; apply again".into()),
        _ => e.into(),
    })?;
    Ok(())
}

/// Replaces what descriptors give. Kind, namespace and name in lower case are the identity and stay.
pub(crate) async fn update(cx: &mut Cx<'_>, source: SourceId, r: &Rows) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    rows!(
        "UPDATE entity e SET name = n.name, title = n.title, description = n.description, type = n.type, lifecycle = n.lifecycle,
                tags = string_to_array(n.tags, ','), system_ref = n.system_ref, domain_ref = n.domain_ref, owner_ref = n.owner_ref,
                owner_team_id = n.owner_team_id, owner_person_id = n.owner_person_id, owner_declared = n.owner_declared,
                owner_confirmed_at = CASE WHEN e.owner_ref IS DISTINCT FROM n.owner_ref THEN NULL ELSE e.owner_confirmed_at END,
                tier = n.tier, recovery_point_seconds = n.recovery_point, recovery_time_seconds = n.recovery_time, runbook = n.runbook,
                contact = n.contact, slos = n.slos, descriptor = n.descriptor, descriptor_hash = n.hash, location = n.location,
                team_id = coalesce(n.team_id, e.team_id), person_id = coalesce(n.person_id, e.person_id), source_id = $1, orphaned_at = NULL,
                version = e.version + 1, updated_at = $2",
        "WHERE e.id = n.id",
        source,
        now,
        r
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Takes back all that these entities said about relations.
pub(crate) async fn forget_relations(cx: &mut Cx<'_>, ids: &[Uuid]) -> Result<()> {
    sqlx::query!("DELETE FROM relation WHERE declared_by = ANY($1)", ids).execute(cx.conn()).await?;
    Ok(())
}

/// Relations, each with the entity that says it.
pub(crate) async fn relate(
    cx: &mut Cx<'_>,
    by: &[Uuid],
    from: &[String],
    kind: &[String],
    to: &[String],
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO relation (declared_by, from_ref, kind, to_ref) SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[])",
        by,
        from,
        kind,
        to,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Opens a span for each of these; the descriptor said so.
pub(crate) async fn open_spans(cx: &mut Cx<'_>, entities: &[Uuid], owners: &[Option<String>]) -> Result<()> {
    let (by, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    let ids: Vec<_> = entities.iter().map(|_| OwnershipId::new().0).collect();
    sqlx::query!(
        "INSERT INTO ownership (id, entity_id, owner_ref, valid_from, origin, changed_by)
         SELECT id, entity_id, owner_ref, $4, 'descriptor', $5 FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS s (id, entity_id, owner_ref)",
        &ids,
        entities,
        owners as &[Option<String>],
        now as _,
        by as Option<PersonId>,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// What is part of these systems is part of their domains.
pub(crate) async fn follow_domains(cx: &mut Cx<'_>, systems: &[String]) -> Result<()> {
    sqlx::query!(
        "UPDATE entity e SET domain_ref = s.domain_ref
         FROM entity s WHERE s.ref = ANY($1) AND s.kind = 'system' AND e.system_ref = s.ref AND e.domain_ref IS DISTINCT FROM s.domain_ref",
        systems
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// What a source brought in and does not name any more.
pub(crate) async fn missing(cx: &mut Cx<'_>, source: SourceId, named: &[String]) -> Result<Vec<Known>> {
    let rows = sqlx::query!(
        r#"SELECT e.id AS "id!: EntityId", e.ref AS "ref!", e.location, e.owner_ref, e.owner_team_id AS "owner_team_id: TeamId",
                  e.owner_person_id AS "owner_person_id: PersonId"
           FROM entity e
           WHERE e.source_id = $1 AND e.orphaned_at IS NULL AND NOT EXISTS (SELECT FROM unnest($2::text[]) n (ref) WHERE n.ref = e.ref)
           ORDER BY e.kind, e.ref"#,
        source as SourceId,
        named,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Known {
            id: r.id,
            reference: r.r#ref,
            hash: [0; 32],
            source_id: Some(source),
            source: None,
            location: r.location,
            orphaned: false,
            owner_ref: r.owner_ref,
            owner_team_id: r.owner_team_id,
            owner_person_id: r.owner_person_id,
        })
        .collect())
}

/// Deletes what a source describes, of these and of this team; what that was.
pub(crate) async fn withdraw(
    cx: &mut Cx<'_>,
    source: &str,
    references: &[String],
    team: TeamId,
) -> Result<Vec<(EntityId, String)>> {
    let rows = sqlx::query!(
        r#"DELETE FROM entity e USING source s WHERE s.id = e.source_id AND s.name = $1 AND e.ref = ANY($2) AND e.owner_team_id = $3
           RETURNING e.id AS "id: EntityId", e.ref AS "reference!""#,
        source,
        references,
        team as TeamId,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.id, r.reference)).collect())
}

pub(crate) async fn orphan(cx: &mut Cx<'_>, ids: &[Uuid]) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE entity SET orphaned_at = $2, version = version + 1, updated_at = $2 WHERE id = ANY($1)",
        ids,
        now as _
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}
