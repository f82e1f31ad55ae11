//! SQL that gathers evidence of the likely owner: one statement per kind of sign.

use uuid::Uuid;

use super::super::likely::{Kind, Sign};
use crate::{Cx, EntityId, Result, TeamId};

struct Row {
    team: TeamId,
    slug: String,
    team_name: String,
    times: i64,
    of: i64,
    names: Vec<String>,
}

fn signs(kind: Kind, rows: Vec<Row>) -> Vec<Sign> {
    rows.into_iter()
        .map(|r| Sign {
            kind,
            team: r.team,
            slug: r.slug,
            team_name: r.team_name,
            times: r.times,
            of: r.of,
            names: r.names,
        })
        .collect()
}

/// The last twenty changes, by the team their person was in at that time.
pub(crate) async fn changed(cx: &mut Cx<'_>, entity: EntityId) -> Result<Vec<Sign>> {
    let rows = sqlx::query_as!(
        Row,
        r#"WITH last AS (SELECT person_id, started_at FROM change WHERE entity_id = $1 ORDER BY started_at DESC, id DESC LIMIT 20)
           SELECT t.id AS "team: TeamId", t.slug, t.name AS team_name, count(DISTINCT l.started_at) AS "times!",
                  (SELECT count(*) FROM last) AS "of!", array_agg(DISTINCT p.name) AS "names!"
           FROM last l JOIN person p ON p.id = l.person_id
                JOIN membership m ON m.person_id = p.id AND m.valid_from <= l.started_at AND (m.valid_until IS NULL OR m.valid_until > l.started_at)
                JOIN team t ON t.id = m.team_id
           GROUP BY t.id"#,
        entity as EntityId,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(signs(Kind::Changed, rows))
}

/// Owners of other things of the same repository.
pub(crate) async fn repository(cx: &mut Cx<'_>, entity: EntityId) -> Result<Vec<Sign>> {
    let rows = sqlx::query_as!(
        Row,
        r#"WITH me AS (SELECT id, lower(descriptor #>> '{metadata,annotations,github.com/project-slug}') AS github,
                              lower(descriptor #>> '{metadata,annotations,gitlab.com/project-slug}') AS gitlab FROM entity WHERE id = $1),
                same AS (
                  SELECT e.name, e.owner_team_id FROM me JOIN entity e ON e.id <> me.id
                     AND e.descriptor #>> '{metadata,annotations,github.com/project-slug}' IS NOT NULL
                     AND lower(e.descriptor #>> '{metadata,annotations,github.com/project-slug}') = me.github
                  UNION
                  SELECT e.name, e.owner_team_id FROM me JOIN entity e ON e.id <> me.id
                     AND e.descriptor #>> '{metadata,annotations,gitlab.com/project-slug}' IS NOT NULL
                     AND lower(e.descriptor #>> '{metadata,annotations,gitlab.com/project-slug}') = me.gitlab)
           SELECT t.id AS "team: TeamId", t.slug, t.name AS team_name, count(*) AS "times!",
                  (SELECT count(*) FROM same WHERE owner_team_id IS NOT NULL) AS "of!", array_agg(s.name ORDER BY s.name) AS "names!"
           FROM same s JOIN team t ON t.id = s.owner_team_id GROUP BY t.id"#,
        entity as EntityId,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(signs(Kind::Repository, rows))
}

/// Teams whose slug reads like the unknown owner that the descriptor names.
pub(crate) async fn named_alike(cx: &mut Cx<'_>, entity: EntityId) -> Result<Vec<Sign>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT t.id AS "team: TeamId", t.slug, t.name AS team_name, 1::bigint AS "times!", 1::bigint AS "of!",
                  ARRAY[e.owner_declared] AS "names!"
           FROM entity e JOIN team t ON similarity(t.search_name, regexp_replace(e.owner_declared, '^.*/', '')) > 0.35
           WHERE e.id = $1 AND e.owner_declared LIKE 'group:%'
             AND NOT EXISTS (SELECT 1 FROM entity g WHERE g.ref = e.owner_declared)
             AND e.owner_declared <> 'group:default/' || lower(t.slug)
           ORDER BY similarity(t.search_name, regexp_replace(e.owner_declared, '^.*/', '')) DESC LIMIT 1"#,
        entity as EntityId,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(signs(Kind::NamedAlike, rows))
}

/// The owner of its system.
pub(crate) async fn system(cx: &mut Cx<'_>, entity: EntityId) -> Result<Vec<Sign>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT t.id AS "team: TeamId", t.slug, t.name AS team_name, 1::bigint AS "times!", 1::bigint AS "of!",
                  ARRAY[coalesce(s.title, s.name)] AS "names!"
           FROM entity e JOIN entity s ON s.ref = e.system_ref JOIN team t ON t.id = s.owner_team_id
           WHERE e.id = $1"#,
        entity as EntityId,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(signs(Kind::System, rows))
}

/// Owners of what it depends on and of what depends on it.
pub(crate) async fn neighbours(cx: &mut Cx<'_>, entity: EntityId) -> Result<Vec<Sign>> {
    let rows = sqlx::query_as!(
        Row,
        r#"WITH me AS (SELECT ref FROM entity WHERE id = $1),
                far AS (SELECT r.to_ref AS ref FROM relation r JOIN me ON r.from_ref = me.ref
                        WHERE r.kind IN ('dependsOn', 'providesApi', 'consumesApi')
                        UNION
                        SELECT r.from_ref FROM relation r JOIN me ON r.to_ref = me.ref
                        WHERE r.kind IN ('dependsOn', 'providesApi', 'consumesApi')),
                known AS (SELECT e.name, e.owner_team_id FROM far JOIN entity e ON e.ref = far.ref WHERE e.owner_team_id IS NOT NULL)
           SELECT t.id AS "team: TeamId", t.slug, t.name AS team_name, count(*) AS "times!", (SELECT count(*) FROM known) AS "of!",
                  array_agg(k.name ORDER BY k.name) AS "names!"
           FROM known k JOIN team t ON t.id = k.owner_team_id GROUP BY t.id"#,
        entity as EntityId,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(signs(Kind::Neighbours, rows))
}

/// The team that had it last.
pub(crate) async fn before(cx: &mut Cx<'_>, entity: EntityId) -> Result<Vec<Sign>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT t.id AS "team: TeamId", t.slug, t.name AS team_name, 1::bigint AS "times!", 1::bigint AS "of!", '{}'::text[] AS "names!"
           FROM ownership o LEFT JOIN entity g ON g.ref = o.owner_ref
                JOIN team t ON t.id = g.team_id OR o.owner_ref = 'group:default/' || lower(t.slug)
           WHERE o.entity_id = $1 AND o.valid_until IS NOT NULL
           ORDER BY o.valid_until DESC LIMIT 1"#,
        entity as EntityId,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(signs(Kind::Before, rows))
}

/// Owners of things whose repository has the same owner (organisation, group) at the code host.
pub(crate) async fn organisation(cx: &mut Cx<'_>, entity: EntityId) -> Result<Vec<Sign>> {
    let rows = sqlx::query_as!(
        Row,
        r#"WITH me AS (SELECT id, regexp_replace(lower(coalesce(descriptor #>> '{metadata,annotations,github.com/project-slug}',
                                  descriptor #>> '{metadata,annotations,gitlab.com/project-slug}')), '/[^/]*$', '/') AS prefix
                       FROM entity WHERE id = $1),
                same AS (SELECT e.owner_team_id FROM me JOIN entity e ON e.id <> me.id AND e.owner_team_id IS NOT NULL
                     AND starts_with(lower(coalesce(e.descriptor #>> '{metadata,annotations,github.com/project-slug}',
                                  e.descriptor #>> '{metadata,annotations,gitlab.com/project-slug}')), me.prefix))
           SELECT t.id AS "team: TeamId", t.slug, t.name AS team_name, count(*) AS "times!", (SELECT count(*) FROM same) AS "of!",
                  '{}'::text[] AS "names!"
           FROM same s JOIN team t ON t.id = s.owner_team_id GROUP BY t.id ORDER BY count(*) DESC LIMIT 5"#,
        entity as EntityId,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(signs(Kind::Organisation, rows))
}

/// Owners of things whose names are alike, of those that share a word with this one.
pub(crate) async fn names(cx: &mut Cx<'_>, entity: EntityId) -> Result<Vec<Sign>> {
    let rows = sqlx::query_as!(
        Row,
        r#"WITH me AS (SELECT name, tsvector_to_array(name_words) AS words FROM entity WHERE id = $1),
                near AS (SELECT name, ref, owner_team_id FROM entity
                         WHERE name_words @@ (SELECT string_agg(quote_literal(w), ' | ')::tsquery FROM me, unnest(me.words) w)
                           AND id <> $1 AND owner_team_id IS NOT NULL AND kind NOT IN ('group', 'user', 'location') LIMIT 1000),
                alike AS (SELECT near.name, near.owner_team_id FROM near, me WHERE near.name % me.name
                          ORDER BY similarity(near.name, me.name) DESC, near.ref LIMIT 6)
           SELECT t.id AS "team: TeamId", t.slug, t.name AS team_name, count(*) AS "times!", (SELECT count(*) FROM alike) AS "of!",
                  array_agg(a.name ORDER BY a.name) AS "names!"
           FROM alike a JOIN team t ON t.id = a.owner_team_id GROUP BY t.id"#,
        entity as EntityId,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(signs(Kind::Names, rows))
}

/// Those of the teams that have somebody.
pub(crate) async fn staffed(cx: &mut Cx<'_>, teams: Vec<Uuid>) -> Result<Vec<TeamId>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT id AS "id!: TeamId" FROM team WHERE id = ANY($1) AND team_is_staffed(id)"#,
        &teams
    )
    .fetch_all(cx.conn())
    .await?)
}
