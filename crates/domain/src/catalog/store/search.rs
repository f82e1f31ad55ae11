//! Search: what is called so, then whose name has the words, then who speaks of them. Each stage is bounded and only
//! reached while earlier ones left room, so a search costs about the same in a catalog ten times the size. Of the names
//! that begin as typed the first are taken in their order: the name itself is never among those left out.

use uuid::Uuid;

use super::row::{narrowed, summaries};
use crate::{
    Cx, EntityId, Result,
    catalog::{
        Filter,
        store::list::{After, Rows},
    },
};

/// The most hits that a search counts and orders; beyond them the total is "at least".
pub(in crate::catalog) const MOST: i64 = 100;
/// The first stage that looks beyond names.
pub(in crate::catalog) const BEYOND_NAMES: i32 = 4;

/// Behind every text that goes on with a letter.
pub(in crate::catalog) const LAST: &str = "\u{10FFFF}";

/// What to look for, ready for the statements.
#[derive(Debug)]
pub(in crate::catalog) struct Query {
    /// The name as typed, in lower case.
    pub(in crate::catalog) name: String,
    /// The end of the range of names that begin so, in byte order.
    pub(in crate::catalog) until: String,
    /// `tsquery` over the words of names.
    pub(in crate::catalog) name_words: String,
    /// `tsquery` over whole words of texts. Beginnings would have to join the lists of very many words.
    pub(in crate::catalog) text_words: String,
    /// The words, for the stems of descriptions.
    pub(in crate::catalog) plain: String,
}

/// The hits of a search, best first, or in another order. Stages: 0 the name itself, 1 its beginning, 2 its words, 4 its text.
pub(in crate::catalog) async fn hits(
    cx: &mut Cx<'_>,
    query: &Query,
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
        r#"stage AS NOT MATERIALIZED (
            (SELECT *, CASE WHEN sort_name = $12 THEN 0 ELSE 1 END AS stage FROM candidate WHERE sort_name >= $12 AND sort_name < $13
             ORDER BY sort_name, ref LIMIT $20)
            UNION ALL
            (SELECT *, 2 FROM candidate WHERE name_words @@ $14::text::tsquery AND NOT (sort_name >= $12 AND sort_name < $13) LIMIT $20)
            UNION ALL
            (SELECT *, 4 FROM candidate WHERE text_words @@ ($21::text::tsquery || plainto_tsquery('english', $15))
                AND NOT name_words @@ $14::text::tsquery AND NOT (sort_name >= $12 AND sort_name < $13) LIMIT $20)),
        hit AS MATERIALIZED (
            SELECT id, ref, stage, CASE WHEN $16 = 'default' THEN stage || coalesce(tier, 9)::text || sort_name
                ELSE entity_sort_key($16, sort_name, tier, last_change_at, updated_at, owner_ref) END COLLATE "C" AS key
            FROM stage LIMIT $20)"#,
        r#" (SELECT count(*) FROM hit) AS "total!", h.key AS "key!", (SELECT min(stage) FROM hit) AS "best!" "#,
        "(SELECT * FROM hit WHERE $17::text IS NULL OR (key, ref) > ($17, $18) ORDER BY key, ref LIMIT $19) h JOIN entity e ON e.id = h.id",
        "ORDER BY h.key, h.ref",
        query.name,
        query.until,
        query.name_words,
        query.plain,
        sort,
        key,
        reference,
        rows,
        MOST,
        query.text_words,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into())
}

/// The same for the hot shape: at most kinds narrow it, best first. Every parameter is read through a subquery, which
/// hides its value from the planner: the plan is made once and kept, for planning this costs more than running it.
pub(in crate::catalog) async fn hits_of_kinds(
    cx: &mut Cx<'_>,
    query: &Query,
    kinds: &[String],
    after: &After,
    rows: i64,
) -> Result<Rows> {
    let (key, reference) = after.as_ref().map_or(("", ""), |(k, r)| (k, r));
    let found = summaries!(
        [r#"WITH hit AS MATERIALIZED (
            SELECT id, ref, stage, stage || coalesce(tier, 9)::text || sort_name AS key FROM (
                (SELECT id, ref, sort_name, tier, CASE WHEN sort_name = $2 THEN 0 ELSE 1 END AS stage FROM entity
                 WHERE kind = ANY($1) AND sort_name >= (SELECT $2) AND sort_name < (SELECT $3)
                 ORDER BY sort_name, ref LIMIT (SELECT $8::bigint))
                UNION ALL
                (SELECT id, ref, sort_name, tier, 2 FROM entity
                 WHERE kind = ANY($1) AND name_words @@ (SELECT $4::text::tsquery)
                   AND NOT (sort_name >= $2 AND sort_name < $3) LIMIT (SELECT $8::bigint))
                UNION ALL
                (SELECT id, ref, sort_name, tier, 4 FROM entity
                 WHERE kind = ANY($1) AND text_words @@ (SELECT $10::text::tsquery || plainto_tsquery('english', $5))
                   AND NOT name_words @@ (SELECT $4::text::tsquery) AND NOT (sort_name >= $2 AND sort_name < $3) LIMIT (SELECT $8::bigint))
                LIMIT (SELECT $8::bigint)) stages)"#],
        r#" (SELECT count(*) FROM hit) AS "total!", h.key AS "key!", (SELECT min(stage) FROM hit) AS "best!" "#,
        "(SELECT * FROM hit WHERE (key, ref) > ($6, $7) ORDER BY key, ref LIMIT $9) h JOIN entity e ON e.id = h.id",
        "ORDER BY h.key, h.ref",
        kinds,
        query.name,
        query.until,
        query.name_words,
        query.plain,
        key,
        reference,
        MOST,
        rows,
        query.text_words,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into())
}

/// Keys of hits and the best stage that found one.
#[derive(Debug)]
pub(in crate::catalog) struct HitIds {
    pub(in crate::catalog) ids: Vec<EntityId>,
    pub(in crate::catalog) best: Option<i32>,
}

/// The hits of a search among some kinds, unordered, through the same stages as [`hits`].
pub(in crate::catalog) async fn hit_ids(
    cx: &mut Cx<'_>,
    query: &Query,
    kinds: &[String],
    most: i64,
) -> Result<HitIds> {
    let found = sqlx::query_as!(
        HitIds,
        r#"SELECT coalesce(array_agg(id), '{}') AS "ids!: Vec<EntityId>", min(stage) AS best FROM (
            (SELECT id, 1 AS stage FROM entity
             WHERE kind = ANY($1) AND sort_name >= (SELECT $2) AND sort_name < (SELECT $3)
             ORDER BY sort_name, ref LIMIT (SELECT $6::bigint))
            UNION ALL
            (SELECT id, 2 FROM entity
             WHERE kind = ANY($1) AND name_words @@ (SELECT $4::text::tsquery)
               AND NOT (sort_name >= $2 AND sort_name < $3) LIMIT (SELECT $6::bigint))
            UNION ALL
            (SELECT id, 4 FROM entity
             WHERE kind = ANY($1) AND text_words @@ (SELECT $7::text::tsquery || plainto_tsquery('english', $5))
               AND NOT name_words @@ (SELECT $4::text::tsquery) AND NOT (sort_name >= $2 AND sort_name < $3) LIMIT (SELECT $6::bigint))
            LIMIT (SELECT $6::bigint)) hit"#,
        kinds,
        query.name,
        query.until,
        query.name_words,
        query.plain,
        most,
        query.text_words,
    )
    .fetch_one(cx.conn())
    .await?;
    Ok(found)
}

/// Known words that a mistyped one may mean: those with its first letter, or with its second (the first was left out
/// or swapped). With how many names use them.
pub(in crate::catalog) async fn known_words(cx: &mut Cx<'_>, word: &str) -> Result<Vec<(String, i64)>> {
    let mut letters = word.chars();
    let (first, second) = (
        letters.next().map(String::from).unwrap_or_default(),
        letters.next().map(String::from).unwrap_or_default(),
    );
    let length = i32::try_from(word.chars().count()).unwrap_or(i32::MAX);
    let found = sqlx::query!(
        "SELECT word, n FROM name_word
         WHERE ((word >= $1 AND word < $1 || $4) OR (word >= $2 AND word < $2 || $4)) AND n > 0 AND length(word) >= $3 - 2
         ORDER BY word LIMIT 5000",
        first,
        second,
        length,
        LAST,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into_iter().map(|r| (r.word, r.n)).collect())
}

/// Known words that have this text inside, the most used first.
pub(in crate::catalog) async fn words_with(cx: &mut Cx<'_>, pattern: &str) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        "SELECT word FROM name_word WHERE word LIKE '%' || $1 AND n > 0 ORDER BY n DESC, word LIMIT 20",
        pattern
    )
    .fetch_all(cx.conn())
    .await?)
}
