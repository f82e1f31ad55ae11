//! Lists of summaries: a literal statement per hot shape, and one general statement for every combination of filters.
//!
//! The hot ones read their limit through a subquery, which hides it from the planner: the plan with the value known would
//! look so much cheaper than the general one that it would be made anew each time, at twice the cost of running it.
//!
//! Each gives the exact total beside the rows: counted ones from `facet_count`, whose cost does not grow with the
//! catalog, narrowed ones by counting what the filters leave.

use uuid::Uuid;

use super::row::{SummaryRow, narrowed, summaries};
use crate::{Cx, Result, catalog::Filter};

/// Where a page begins: behind this sort key and reference.
pub(in crate::catalog) type After = Option<(String, String)>;

/// Rows with their sort keys, and the total.
pub(in crate::catalog) struct Rows {
    pub(in crate::catalog) rows: Vec<SummaryRow>,
    pub(in crate::catalog) total: Option<i64>,
    pub(in crate::catalog) best: Option<i32>,
}

impl From<Vec<SummaryRow>> for Rows {
    fn from(rows: Vec<SummaryRow>) -> Self {
        let total = rows.first().map(|r| r.total);
        let best = rows.first().map(|r| r.best);
        Self { rows, total, best }
    }
}

/// All of one kind, by name.
pub(in crate::catalog) async fn of_kind(
    cx: &mut Cx<'_>,
    kind: &str,
    after: &After,
    rows: i64,
) -> Result<Rows> {
    let (name, reference) = after.as_ref().map_or(("", ""), |(n, r)| (n, r));
    let found = summaries!(
        [""],
        r#" (SELECT coalesce(sum(n), 0)::bigint FROM facet_count WHERE kind = $1 AND dimension = 'kind') AS "total!", e.sort_name AS "key!", -1 AS "best!" "#,
        "(SELECT * FROM entity WHERE kind = $1 AND (sort_name, ref) > ($2, $3) ORDER BY sort_name, ref LIMIT (SELECT $4::bigint)) e",
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
pub(in crate::catalog) async fn of_owner(
    cx: &mut Cx<'_>,
    kind: &str,
    owner: &str,
    after: &After,
    rows: i64,
) -> Result<Rows> {
    let (name, reference) = after.as_ref().map_or(("", ""), |(n, r)| (n, r));
    let found = summaries!(
        [""],
        r#" (SELECT coalesce(sum(n), 0)::bigint FROM facet_count WHERE kind = $1 AND dimension = 'owner' AND value = $2) AS "total!",
            e.sort_name AS "key!", -1 AS "best!" "#,
        "(SELECT * FROM entity WHERE owner_ref = $2 AND kind = $1 AND (sort_name, ref) > ($3, $4) ORDER BY sort_name, ref LIMIT (SELECT $5::bigint)) e",
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

/// What one owner has of several kinds, by name.
pub(in crate::catalog) async fn of_owner_any(
    cx: &mut Cx<'_>,
    kinds: &[String],
    owner: &str,
    after: &After,
    rows: i64,
) -> Result<Rows> {
    let (name, reference) = after.as_ref().map_or(("", ""), |(n, r)| (n, r));
    let found = summaries!(
        [""],
        r#" (SELECT coalesce(sum(n), 0)::bigint FROM facet_count WHERE kind = ANY($1) AND dimension = 'owner' AND value = $2) AS "total!",
            e.sort_name AS "key!", -1 AS "best!" "#,
        "(SELECT * FROM entity WHERE owner_ref = $2 AND kind = ANY($1) AND (sort_name, ref) > ($3, $4) ORDER BY sort_name, ref LIMIT (SELECT $5::bigint)) e",
        "ORDER BY e.sort_name, e.ref",
        kinds,
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
pub(in crate::catalog) async fn of_kinds(
    cx: &mut Cx<'_>,
    kinds: Option<&[String]>,
    after: &After,
    rows: i64,
) -> Result<Rows> {
    let (name, reference) = after.as_ref().map_or(("", ""), |(n, r)| (n, r));
    let found = summaries!(
        [""],
        r#" (SELECT coalesce(sum(n), 0)::bigint FROM facet_count WHERE dimension = 'kind' AND ($1::text[] IS NULL OR kind = ANY($1))) AS "total!",
            e.sort_name AS "key!", -1 AS "best!" "#,
        "(SELECT * FROM entity WHERE ($1::text[] IS NULL OR kind = ANY($1)) AND (sort_name, ref) > ($2, $3) ORDER BY sort_name, ref LIMIT (SELECT $4::bigint)) e",
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
    mine: Option<&[Uuid]>,
    after: &After,
    rows: i64,
) -> Result<Rows> {
    let (key, reference) = after.as_ref().map_or((None, None), |(k, r)| (Some(k.as_str()), Some(r.as_str())));
    let chosen = filter.chosen();
    let found = narrowed!(
        filter,
        chosen,
        mine,
        r#"hit AS MATERIALIZED (
            SELECT id, ref, entity_sort_key($12, sort_name, tier, last_change_at, updated_at, owner_ref) COLLATE "C" AS key FROM candidate)"#,
        r#" (SELECT count(*) FROM hit) AS "total!", h.key AS "key!", -1 AS "best!" "#,
        "(SELECT * FROM hit WHERE $13::text IS NULL OR (key, ref) > ($13, $14) ORDER BY key, ref LIMIT $15) h JOIN entity e ON e.id = h.id",
        "ORDER BY h.key, h.ref",
        sort,
        key,
        reference,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into())
}
