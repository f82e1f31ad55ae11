//! Relations, read from both ends. They are stored once, in their canonical direction; owners are columns of the entity.

use super::row::summaries;
use crate::{
    Cx, Result, TeamId,
    catalog::{EntityRef, Kind, Relation, RelationKind, Summary},
};

/// All relations of one entity with what is known of the far ends.
pub(in crate::catalog) async fn of(cx: &mut Cx<'_>, reference: &str, most: i64) -> Result<Vec<Relation>> {
    let links = sqlx::query!(
        r#"SELECT kind AS "kind!", forward AS "forward!", other AS "other!: EntityRef" FROM (
               SELECT 'ownedBy' AS kind, true AS forward, owner_ref AS other FROM entity WHERE ref = $1 AND owner_ref IS NOT NULL
               UNION SELECT kind, true, to_ref FROM relation WHERE from_ref = $1
               UNION SELECT kind, false, from_ref FROM relation WHERE to_ref = $1
               UNION (SELECT 'ownedBy', false, ref FROM entity WHERE owner_ref = $1 ORDER BY kind, sort_name, ref LIMIT $2)) link
           ORDER BY forward DESC, kind, other LIMIT $2"#,
        reference,
        most,
    )
    .fetch_all(cx.conn())
    .await?;
    let mut refs: Vec<String> = links.iter().map(|l| l.other.as_str().to_owned()).collect();
    refs.sort_unstable();
    refs.dedup();
    let known = super::entity::by_refs(cx, &refs).await?;
    Ok(links
        .into_iter()
        .filter_map(|l| {
            let kind = RelationKind::read(&l.kind, l.forward)?;
            Some(Relation {
                kind,
                entity: known.iter().find(|s| s.reference == l.other).cloned(),
                other: l.other,
            })
        })
        .collect())
}

/// Whether there is no entity of this reference.
pub(in crate::catalog) async fn missing(cx: &mut Cx<'_>, reference: &str) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"SELECT NOT EXISTS (SELECT FROM entity WHERE ref = $1) AS "missing!""#,
        reference
    )
    .fetch_one(cx.conn())
    .await?)
}

/// One arrow of a neighbourhood and how far from the centre it leads.
#[derive(Debug)]
pub(in crate::catalog) struct Step {
    pub(in crate::catalog) level: i8,
    pub(in crate::catalog) from: EntityRef,
    pub(in crate::catalog) to: EntityRef,
    pub(in crate::catalog) kind: RelationKind,
}

/// The arrows within two steps of an entity. An arrow "needs" is: depends on, consumes an API, and from an API to whoever
/// provides it. Each level of each direction takes `most` arrows, those to what most rests on first, and tells when
/// there were more.
pub(in crate::catalog) async fn steps(cx: &mut Cx<'_>, reference: &str, most: i64) -> Result<Vec<Step>> {
    let rows = sqlx::query!(
        r#"WITH down_1 AS (
               SELECT a.* FROM (
                   SELECT from_ref, to_ref, kind FROM relation WHERE from_ref = $1 AND kind IN ('dependsOn', 'consumesApi')
                   UNION SELECT to_ref, from_ref, 'apiProvidedBy' FROM relation WHERE to_ref = $1 AND kind = 'providesApi'
                   LIMIT 10 * $2::bigint) a
               LEFT JOIN entity e ON e.ref = a.to_ref ORDER BY coalesce(e.tier, 9), a.to_ref LIMIT $2::bigint + 1),
           up_1 AS (
               SELECT a.* FROM (
                   SELECT from_ref, to_ref, kind FROM relation WHERE to_ref = $1 AND kind IN ('dependsOn', 'consumesApi')
                   UNION SELECT to_ref, from_ref, 'apiProvidedBy' FROM relation WHERE from_ref = $1 AND kind = 'providesApi'
                   LIMIT 10 * $2::bigint) a
               LEFT JOIN entity e ON e.ref = a.from_ref ORDER BY coalesce(e.tier, 9), a.from_ref LIMIT $2::bigint + 1),
           down_2 AS (
               SELECT from_ref, to_ref, kind FROM relation
               WHERE from_ref IN (SELECT to_ref FROM down_1 WHERE to_ref <> $1) AND kind IN ('dependsOn', 'consumesApi')
               UNION SELECT to_ref, from_ref, 'apiProvidedBy' FROM relation
               WHERE to_ref IN (SELECT to_ref FROM down_1 WHERE to_ref <> $1) AND kind = 'providesApi' LIMIT $2::bigint + 1),
           up_2 AS (
               SELECT from_ref, to_ref, kind FROM relation
               WHERE to_ref IN (SELECT from_ref FROM up_1 WHERE from_ref <> $1) AND kind IN ('dependsOn', 'consumesApi')
               UNION SELECT to_ref, from_ref, 'apiProvidedBy' FROM relation
               WHERE from_ref IN (SELECT from_ref FROM up_1 WHERE from_ref <> $1) AND kind = 'providesApi' LIMIT $2::bigint + 1)
           SELECT level AS "level!", from_ref AS "from!: EntityRef", to_ref AS "to!: EntityRef", kind AS "kind!" FROM (
               SELECT 1::smallint AS level, * FROM down_1 UNION ALL SELECT 2::smallint, * FROM down_2
               UNION ALL SELECT -1::smallint, * FROM up_1 UNION ALL SELECT -2::smallint, * FROM up_2) step"#,
        reference,
        most,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Step {
            level: i8::try_from(r.level).unwrap_or_default(),
            from: r.from,
            to: r.to,
            kind: match r.kind.as_str() {
                "dependsOn" => RelationKind::DependsOn,
                "consumesApi" => RelationKind::ConsumesApi,
                _ => RelationKind::ApiProvidedBy,
            },
        })
        .collect())
}

/// One API of a component, and one at its other end.
#[derive(Debug)]
pub(in crate::catalog) struct ApiRow {
    pub(in crate::catalog) provides: bool,
    pub(in crate::catalog) api: EntityRef,
    pub(in crate::catalog) other: Option<EntityRef>,
}

/// The APIs of a component, each with those at its other end, together by API.
pub(in crate::catalog) async fn apis(cx: &mut Cx<'_>, reference: &str, most: i64) -> Result<Vec<ApiRow>> {
    Ok(sqlx::query_as!(
        ApiRow,
        r#"SELECT DISTINCT mine.kind = 'providesApi' AS "provides!", mine.to_ref AS "api!: EntityRef", theirs.from_ref AS "other?: EntityRef"
           FROM relation mine
           LEFT JOIN relation theirs ON theirs.to_ref = mine.to_ref AND theirs.from_ref <> $1
                AND theirs.kind = CASE mine.kind WHEN 'providesApi' THEN 'consumesApi' ELSE 'providesApi' END
           WHERE mine.from_ref = $1 AND mine.kind IN ('providesApi', 'consumesApi')
           ORDER BY 1 DESC, 2, 3 LIMIT $2"#,
        reference,
        most,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Entities that are part of another.
pub(in crate::catalog) async fn parts(cx: &mut Cx<'_>, reference: &str, most: i64) -> Result<Vec<Summary>> {
    let rows = summaries!(
        [""],
        r#" 0::bigint AS "total!", '' AS "key!", -1 AS "best!" "#,
        "entity e",
        "WHERE e.ref IN (SELECT from_ref FROM relation WHERE to_ref = $1 AND kind = 'partOf') ORDER BY e.kind, e.tier, e.sort_name LIMIT $2",
        reference,
        most,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Summary::from).collect())
}

/// What a team owns, what most rests on first.
pub(in crate::catalog) async fn owned(cx: &mut Cx<'_>, team: TeamId, most: i64) -> Result<Vec<Summary>> {
    let rows = summaries!(
        [""],
        r#" 0::bigint AS "total!", '' AS "key!", -1 AS "best!" "#,
        "entity e",
        "WHERE e.owner_team_id = $1 ORDER BY coalesce(e.tier, 9), e.kind, e.sort_name, e.ref LIMIT $2",
        team as TeamId,
        most,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Summary::from).collect())
}

/// How much a team owns of each kind.
pub(in crate::catalog) async fn owned_kinds(cx: &mut Cx<'_>, team: TeamId) -> Result<Vec<(Kind, i64)>> {
    let rows = sqlx::query!(
        r#"SELECT kind AS "kind: Kind", count(*) AS "n!" FROM entity WHERE owner_team_id = $1 GROUP BY kind"#,
        team as TeamId,
    )
    .fetch_all(cx.conn())
    .await?;
    let mut kinds: Vec<_> = rows.into_iter().map(|r| (r.kind, r.n)).collect();
    kinds.sort_unstable();
    Ok(kinds)
}
