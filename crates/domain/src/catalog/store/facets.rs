//! Counts per choice: from the counters, or from the rows that a filter leaves.

use uuid::Uuid;

use crate::{
    Cx, EntityId, Result,
    catalog::{Dimension, Filter, Kind},
};

/// One choice with its count and, for references, the name of what it names.
#[derive(Debug)]
pub(in crate::catalog) struct Counted {
    pub(in crate::catalog) dimension: String,
    pub(in crate::catalog) value: String,
    pub(in crate::catalog) label: Option<String>,
    pub(in crate::catalog) n: i64,
}

fn names(dimensions: &[Dimension]) -> Vec<String> {
    dimensions.iter().map(|d| d.as_str().to_owned()).collect()
}

/// The most frequent choices where at most kinds narrow the list; the kind itself is counted over all kinds.
pub(in crate::catalog) async fn counters(
    cx: &mut Cx<'_>,
    filter: &Filter,
    dimensions: &[Dimension],
    most: i64,
) -> Result<Vec<Counted>> {
    let dimensions = names(dimensions);
    let chosen = filter.chosen();
    if let [kind] = filter.kinds.as_slice() {
        return of_one_kind(cx, kind.as_str(), &dimensions, most).await;
    }
    Ok(sqlx::query_as!(
        Counted,
        r#"SELECT f.dimension AS "dimension!", f.value AS "value!", coalesce(t.name, l.title, l.name) AS label, f.n AS "n!"
           FROM (
               SELECT dimension, value, sum(n)::bigint AS n, row_number() OVER (PARTITION BY dimension ORDER BY sum(n) DESC, value) AS place
               FROM facet_count
               WHERE ($1::text[] IS NULL OR kind = ANY($1)) AND dimension = ANY($2) AND dimension <> 'kind' AND n > 0
               GROUP BY dimension, value
               UNION ALL
               SELECT 'kind', kind, n, 1 FROM facet_count WHERE dimension = 'kind' AND 'kind' = ANY($2) AND n > 0) f
           LEFT JOIN team t ON f.dimension = 'owner' AND t.ref = f.value
           LEFT JOIN entity l ON f.dimension IN ('owner', 'system', 'domain') AND l.ref = f.value
           WHERE f.place <= $3::bigint + 1
           ORDER BY f.dimension, f.n DESC, f.value"#,
        chosen.kinds.as_deref(),
        &dimensions,
        most,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// The hot shape: one kind. Each dimension is read from its index in order, and no further than shown; the kinds
/// themselves are one row each.
async fn of_one_kind(cx: &mut Cx<'_>, kind: &str, dimensions: &[String], most: i64) -> Result<Vec<Counted>> {
    let kinds = Kind::ALL.map(|k| k.as_str().to_owned());
    Ok(sqlx::query_as!(
        Counted,
        r#"SELECT d.dimension AS "dimension!", f.value AS "value!",
                  CASE WHEN d.dimension IN ('owner', 'system', 'domain') THEN coalesce(
                      CASE WHEN d.dimension = 'owner' THEN (SELECT name FROM team WHERE ref = f.value LIMIT 1) END,
                      (SELECT coalesce(title, name) FROM entity WHERE ref = f.value)) END AS label,
                  f.n AS "n!"
           FROM unnest($2::text[]) AS d (dimension),
                LATERAL (
                    (SELECT value, n FROM facet_count c WHERE c.kind = $1 AND c.dimension = d.dimension AND d.dimension <> 'kind' AND c.n > 0
                     ORDER BY c.n DESC, c.value LIMIT (SELECT $3::bigint + 1))
                    UNION ALL
                    (SELECT c.kind, c.n FROM facet_count c
                     WHERE d.dimension = 'kind' AND c.kind = ANY($4) AND c.dimension = 'kind' AND c.value = '' AND c.n > 0)) f"#,
        kind,
        dimensions,
        most,
        &kinds,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// How many of a kind have no owner: one row of the counters, however many owners there are.
pub(in crate::catalog) async fn without_owner(cx: &mut Cx<'_>, kind: &str) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"SELECT coalesce(sum(n), 0)::bigint AS "n!" FROM facet_count WHERE kind = $1 AND dimension = 'owner' AND value = ''"#,
        kind,
    )
    .fetch_one(cx.conn())
    .await?)
}

/// Choices of the rows that the filter leaves. One reading: each row counts for a dimension if no *other* one leaves it out.
pub(in crate::catalog) async fn narrowed(
    cx: &mut Cx<'_>,
    filter: &Filter,
    dimensions: &[Dimension],
    mine: Option<&[Uuid]>,
    hits: Option<&[EntityId]>,
    required: Option<&[String]>,
    most: i64,
) -> Result<Vec<Counted>> {
    let chosen = filter.chosen();
    let hits: Option<Vec<Uuid>> = hits.map(|ids| ids.iter().map(|i| i.0).collect());
    Ok(sqlx::query_as!(
        Counted,
        r#"WITH candidate AS MATERIALIZED (
               SELECT facets || ('kind=' || kind) AS facets, array_remove(ARRAY[
                   CASE WHEN NOT kind = ANY($1::text[]) THEN 'kind' END, CASE WHEN NOT facets && $2::text[] THEN 'type' END,
                   CASE WHEN NOT facets && $3::text[] THEN 'owner' END, CASE WHEN NOT facets && $4::text[] THEN 'tier' END,
                   CASE WHEN NOT facets && $5::text[] THEN 'lifecycle' END, CASE WHEN NOT facets && $6::text[] THEN 'tag' END,
                   CASE WHEN NOT facets && $7::text[] THEN 'system' END, CASE WHEN NOT facets && $8::text[] THEN 'domain' END], NULL) AS out
               FROM entity
               WHERE ($9::uuid[] IS NULL OR owner_person_id = ANY($9) OR owner_team_id = ANY($9))
                 AND (NOT $10::boolean OR (kind IN ('component', 'api', 'resource', 'system', 'domain')
                     AND (owner_team_id IS NULL OR owner_team_id NOT IN (SELECT id FROM staffed_team))
                     AND (owner_person_id IS NULL OR owner_person_id IN (SELECT id FROM person WHERE NOT active))))
                 AND ($11::boolean IS NULL OR (orphaned_at IS NOT NULL) = $11)
                 AND ($12::uuid[] IS NULL OR id = ANY($12)) AND ($13::text[] IS NULL OR facets && $13)
                 AND ('kind' = ANY($14::text[]) OR $1 IS NULL OR kind = ANY($1))),
           counted AS (
               SELECT f, count(*) AS n FROM candidate, unnest(facets) f
               WHERE cardinality(out) = 0 OR (cardinality(out) = 1 AND f ^@ (out[1] || '=')) GROUP BY f),
           ranked AS (
               SELECT dimension, value, n, row_number() OVER (PARTITION BY dimension ORDER BY n DESC, value) AS place,
                      f = ANY($2 || $3 || $4 || $5 || $6 || $7 || $8) AS chosen
               FROM counted, split_part(f, '=', 1) AS dimension, substr(f, length(dimension) + 2) AS value
               WHERE dimension = ANY($14))
           SELECT f.dimension AS "dimension!", f.value AS "value!", coalesce(t.name, l.title, l.name) AS label, f.n AS "n!"
           FROM ranked f
           LEFT JOIN team t ON f.dimension = 'owner' AND t.ref = f.value
           LEFT JOIN entity l ON f.dimension IN ('owner', 'system', 'domain') AND l.ref = f.value
           WHERE f.place <= $15::bigint + 1 OR f.chosen
           ORDER BY f.dimension, f.n DESC, f.value"#,
        chosen.kinds.as_deref(),
        chosen.types.as_deref(),
        chosen.owners.as_deref(),
        chosen.tiers.as_deref(),
        chosen.lifecycles.as_deref(),
        chosen.tags.as_deref(),
        chosen.systems.as_deref(),
        chosen.domains.as_deref(),
        mine,
        filter.needs_owner,
        filter.orphaned,
        hits.as_deref(),
        required,
        &names(dimensions),
        most,
    )
    .fetch_all(cx.conn())
    .await?)
}
