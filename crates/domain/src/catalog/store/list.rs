//! Lists of summaries: a literal statement per hot shape, and one general statement for every combination of filters.
//!
//! Each gives the exact total beside the rows: counted ones from `facet_count`, whose cost does not grow with the
//! catalog, narrowed ones by counting what the filters leave.

use super::row::{SummaryRow, summaries};
use crate::{
    Cx, PersonId, Result,
    catalog::Filter,
};

/// Where a page begins: behind this sort key and reference.
pub(in crate::catalog) type After = Option<(String, String)>;

/// Rows with their sort keys, and the total.
pub(in crate::catalog) struct Rows {
    pub(in crate::catalog) rows: Vec<SummaryRow>,
    pub(in crate::catalog) total: Option<i64>,
}

impl From<Vec<SummaryRow>> for Rows {
    fn from(rows: Vec<SummaryRow>) -> Self {
        let total = rows.first().map(|r| r.total);
        Self { rows, total }
    }
}

/// All of one kind, by name.
pub(in crate::catalog) async fn of_kind(cx: &mut Cx<'_>, kind: &str, after: &After, rows: i64) -> Result<Rows> {
    let (name, reference) = after.as_ref().map_or(("", ""), |(n, r)| (n, r));
    let found = summaries!(
        "",
        r#" (SELECT coalesce(sum(n), 0)::bigint FROM facet_count WHERE kind = $1 AND dimension = 'kind') AS "total!", e.sort_name AS "key!" "#,
        "(SELECT * FROM entity WHERE kind = $1 AND (sort_name, ref) > ($2, $3) ORDER BY sort_name, ref LIMIT $4) e",
        "ORDER BY e.sort_name, e.ref",
        kind,
        name,
        reference,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into())
}

/// What one owner has of one kind, by name.
pub(in crate::catalog) async fn of_owner(cx: &mut Cx<'_>, kind: &str, owner: &str, after: &After, rows: i64) -> Result<Rows> {
    let (name, reference) = after.as_ref().map_or(("", ""), |(n, r)| (n, r));
    let found = summaries!(
        "",
        r#" (SELECT coalesce(sum(n), 0)::bigint FROM facet_count WHERE kind = $1 AND dimension = 'owner' AND value = $2) AS "total!",
            e.sort_name AS "key!" "#,
        "(SELECT * FROM entity WHERE owner_ref = $2 AND kind = $1 AND (sort_name, ref) > ($3, $4) ORDER BY sort_name, ref LIMIT $5) e",
        "ORDER BY e.sort_name, e.ref",
        kind,
        owner,
        name,
        reference,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into())
}

/// Of some kinds, or of all, by name.
pub(in crate::catalog) async fn of_kinds(cx: &mut Cx<'_>, kinds: Option<&[String]>, after: &After, rows: i64) -> Result<Rows> {
    let (name, reference) = after.as_ref().map_or(("", ""), |(n, r)| (n, r));
    let found = summaries!(
        "",
        r#" (SELECT coalesce(sum(n), 0)::bigint FROM facet_count WHERE dimension = 'kind' AND ($1::text[] IS NULL OR kind = ANY($1))) AS "total!",
            e.sort_name AS "key!" "#,
        "(SELECT * FROM entity WHERE ($1::text[] IS NULL OR kind = ANY($1)) AND (sort_name, ref) > ($2, $3) ORDER BY sort_name, ref LIMIT $4) e",
        "ORDER BY e.sort_name, e.ref",
        kinds,
        name,
        reference,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into())
}

/// Whatever the filters leave, in any order. `sort` is one text that compares as the order wants.
pub(in crate::catalog) async fn narrowed(
    cx: &mut Cx<'_>,
    filter: &Filter,
    sort: &str,
    mine: Option<PersonId>,
    after: &After,
    rows: i64,
) -> Result<Rows> {
    let (key, reference) = after.as_ref().map_or((None, None), |(k, r)| (Some(k.as_str()), Some(r.as_str())));
    let chosen = filter.chosen();
    let found = summaries!(
        r#"WITH hit AS MATERIALIZED (
            SELECT id, ref, entity_sort_key($9, sort_name, tier, last_change_at, updated_at, owner_ref) COLLATE "C" AS key
            FROM entity
            WHERE ($1::text[] IS NULL OR kind = ANY($1))
              AND ($2::text[] IS NULL OR facets && $2) AND ($3::text[] IS NULL OR facets && $3)
              AND ($4::text[] IS NULL OR facets && $4) AND ($5::text[] IS NULL OR facets && $5)
              AND ($6::text[] IS NULL OR facets && $6) AND ($7::text[] IS NULL OR facets && $7)
              AND ($8::text[] IS NULL OR facets && $8)
              AND ($10::uuid IS NULL OR owner_person_id = $10 OR owner_team_id IN (
                    SELECT team_id FROM membership WHERE person_id = $10 AND valid_until IS NULL
                    UNION ALL SELECT id FROM team WHERE lead_id = $10))
              AND (NOT $11::boolean OR (kind IN ('component', 'api', 'resource', 'system', 'domain')
                    AND (owner_team_id IS NULL OR owner_team_id NOT IN (SELECT id FROM staffed_team))
                    AND (owner_person_id IS NULL OR owner_person_id IN (SELECT id FROM person WHERE NOT active))))
              AND ($12::boolean IS NULL OR (orphaned_at IS NOT NULL) = $12))"#,
        r#" (SELECT count(*) FROM hit) AS "total!", h.key AS "key!" "#,
        "(SELECT * FROM hit WHERE $13::text IS NULL OR (key, ref) > ($13, $14) ORDER BY key, ref LIMIT $15) h JOIN entity e ON e.id = h.id",
        "ORDER BY h.key, h.ref",
        chosen.kinds.as_deref(),
        chosen.types.as_deref(),
        chosen.owners.as_deref(),
        chosen.tiers.as_deref(),
        chosen.lifecycles.as_deref(),
        chosen.tags.as_deref(),
        chosen.systems.as_deref(),
        chosen.domains.as_deref(),
        sort,
        mine as Option<PersonId>,
        filter.needs_owner,
        filter.orphaned,
        key,
        reference,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into())
}
