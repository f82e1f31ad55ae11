//! Entities by reference.

use sqlx::types::Json;

use super::row::{owner, summaries};
use crate::{
    Cx, EntityId, PersonId, Result, TeamId,
    catalog::{Entity, EntityRef, Kind, Origin, Summary},
    people::TeamName,
};
use serde_json::value::RawValue;

/// The hottest statement of the portal: everything about one entity, found by a unique index.
pub(in crate::catalog) async fn by_ref(cx: &mut Cx<'_>, reference: &str) -> Result<Option<Entity>> {
    let row = sqlx::query!(
        r#"SELECT e.id AS "id!: EntityId", e.kind AS "kind!: Kind", e.ref AS "reference!: EntityRef", e.name AS "name!",
                  e.title AS "title?", e.description AS "description?", e.type AS "type_name?", e.lifecycle AS "lifecycle?", e.tags AS "tags!",
                  e.owner_ref AS "owner_ref?: EntityRef", e.owner_team_id AS "owner_team_id?: TeamId", t.slug AS "team_slug?", t.name AS "team_name?",
                  e.owner_person_id AS "owner_person_id?: PersonId", p.handle AS "person_handle?", p.name AS "person_name?",
                  e.owner_declared AS "owner_declared?: EntityRef", e.owner_confirmed_at AS "owner_confirmed_at?",
                  o.id AS "operator_id?: TeamId", o.slug AS "operator_slug?", o.name AS "operator_name?",
                  e.system_ref AS "system?: EntityRef", e.domain_ref AS "domain?: EntityRef", e.tier AS "tier?",
                  e.recovery_point_seconds AS "recovery_point_seconds?", e.recovery_time_seconds AS "recovery_time_seconds?",
                  e.runbook AS "runbook?", e.contact AS "contact?", e.slos AS "slos!: Json<Box<RawValue>>",
                  e.descriptor AS "descriptor!: Json<Box<RawValue>>", s.name AS "source?", s.last_applied_at AS "applied_at?",
                  e.location AS "location?", e.orphaned_at AS "orphaned_at?", e.team_id AS "team_id?: TeamId", e.person_id AS "person_id?: PersonId",
                  e.last_change_at AS "last_change_at?", e.version AS "version!", e.created_at AS "created_at!", e.updated_at AS "updated_at!"
           FROM entity e
           LEFT JOIN team t ON t.id = e.owner_team_id
           LEFT JOIN person p ON p.id = e.owner_person_id
           LEFT JOIN source s ON s.id = e.source_id
           LEFT JOIN team o ON o.id = (SELECT x.operated_by FROM provisioned_resource x WHERE x.entity_id = e.id AND x.state = 'active'
                                       ORDER BY x.made_at DESC LIMIT 1)
           WHERE e.ref = $1"#,
        reference,
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(|r| {
        let location = r.location;
        let origin = r.source.zip(r.applied_at).map(|(source, at)| Origin {
            source,
            location,
            applied_at: at.to_jiff(),
        });
        Entity {
            id: r.id,
            kind: r.kind,
            reference: r.reference,
            name: r.name,
            title: r.title,
            description: r.description,
            type_name: r.type_name,
            lifecycle: r.lifecycle,
            tags: r.tags,
            owner: owner(
                r.owner_ref,
                (r.owner_team_id, r.team_slug, r.team_name),
                (r.owner_person_id, r.person_handle, r.person_name),
            ),
            operator: match (r.operator_id, r.operator_slug, r.operator_name) {
                (Some(id), Some(slug), Some(name)) => Some(TeamName { id, slug, name }),
                _ => None,
            },
            owner_declared: r.owner_declared,
            owner_confirmed_at: r.owner_confirmed_at.map(jiff_sqlx::Timestamp::to_jiff),
            system: r.system,
            domain: r.domain,
            tier: r.tier,
            recovery_point_seconds: r.recovery_point_seconds,
            recovery_time_seconds: r.recovery_time_seconds,
            runbook: r.runbook,
            contact: r.contact,
            slos_json: r.slos.0,
            descriptor: r.descriptor.0,
            origin,
            orphaned_at: r.orphaned_at.map(jiff_sqlx::Timestamp::to_jiff),
            team_id: r.team_id,
            person_id: r.person_id,
            last_change_at: r.last_change_at.map(jiff_sqlx::Timestamp::to_jiff),
            version: r.version,
            created_at: r.created_at.to_jiff(),
            updated_at: r.updated_at.to_jiff(),
        }
    }))
}

pub(in crate::catalog) async fn annotation_of_team(
    cx: &mut Cx<'_>,
    team: TeamId,
    annotation: &str,
) -> Result<Option<String>> {
    let found = sqlx::query_scalar!(
        "SELECT descriptor #>> ARRAY['metadata', 'annotations', $2::text] FROM entity WHERE team_id = $1 AND kind = 'group' LIMIT 1",
        team as TeamId,
        annotation,
    );
    Ok(found.fetch_optional(cx.conn()).await?.flatten())
}

/// The teams that operate these, where self-service made them.
pub(in crate::catalog) async fn operators(
    cx: &mut Cx<'_>,
    ids: &[EntityId],
) -> Result<Vec<(EntityId, TeamId)>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"SELECT DISTINCT ON (x.entity_id) x.entity_id AS "entity!: EntityId", x.operated_by AS "team: TeamId"
           FROM provisioned_resource x WHERE x.entity_id = ANY($1) AND x.state = 'active' ORDER BY x.entity_id, x.made_at DESC"#,
        &ids,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.entity, r.team)).collect())
}

/// Many by reference, in the order of the references; those that do not exist are missing.
pub(in crate::catalog) async fn by_refs(cx: &mut Cx<'_>, refs: &[String]) -> Result<Vec<Summary>> {
    let rows = summaries!(
        [""],
        r#" 0::bigint AS "total!", '' AS "key!", -1 AS "best!" "#,
        "unnest($1::text[]) WITH ORDINALITY AS wanted (ref, place) JOIN entity e ON e.ref = wanted.ref",
        "ORDER BY wanted.place",
        refs
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Summary::from).collect())
}
