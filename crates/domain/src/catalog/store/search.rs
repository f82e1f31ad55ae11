//! Search: what is called so, then whose name has the words, then who speaks of them. Each stage is bounded and only
//! reached while earlier ones left room, so a search costs about the same in a catalog ten times the size.

use super::row::narrowed;
use crate::{
    Cx, EntityId, PersonId, Result,
    catalog::{
        Filter,
        store::list::{After, Rows},
    },
};

/// The most hits that a search counts and orders; beyond them the total is "at least".
pub(in crate::catalog) const MOST: i64 = 200;
/// The first stage that looks beyond names.
pub(in crate::catalog) const BEYOND_NAMES: i32 = 4;

/// What to look for, ready for the statements.
#[derive(Debug)]
pub(in crate::catalog) struct Query {
    /// The name as typed, in lower case.
    pub(in crate::catalog) name: String,
    /// The pattern of names that begin so.
    pub(in crate::catalog) begins: String,
    /// `tsquery` over the words of names.
    pub(in crate::catalog) name_words: String,
    /// The words, for the stems of descriptions.
    pub(in crate::catalog) plain: String,
}

/// The hits of a search, best first, or in another order. Stages: 0 the name itself, 1 its beginning, 2 its words, 4 its text.
pub(in crate::catalog) async fn hits(
    cx: &mut Cx<'_>,
    query: &Query,
    filter: &Filter,
    sort: &str,
    mine: Option<PersonId>,
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
            (SELECT *, CASE WHEN sort_name = $12 THEN 0 ELSE 1 END AS stage FROM candidate WHERE sort_name LIKE $13 LIMIT $20)
            UNION ALL
            (SELECT *, 2 FROM candidate WHERE name_words @@ $14::text::tsquery AND NOT sort_name LIKE $13 LIMIT $20)
            UNION ALL
            (SELECT *, 4 FROM candidate WHERE text_words @@ ($14::text::tsquery || plainto_tsquery('english', $15))
                AND NOT name_words @@ $14::text::tsquery AND NOT sort_name LIKE $13 LIMIT $20)),
        hit AS MATERIALIZED (
            SELECT id, ref, stage, CASE WHEN $16 = 'default' THEN stage || coalesce(tier, 9)::text || sort_name
                ELSE entity_sort_key($16, sort_name, tier, last_change_at, updated_at, owner_ref) END COLLATE "C" AS key
            FROM stage LIMIT $20)"#,
        r#" (SELECT count(*) FROM hit) AS "total!", h.key AS "key!", (SELECT min(stage) FROM hit) AS "best!" "#,
        "(SELECT * FROM hit WHERE $17::text IS NULL OR (key, ref) > ($17, $18) ORDER BY key, ref LIMIT $19) h JOIN entity e ON e.id = h.id",
        "ORDER BY h.key, h.ref",
        query.name,
        query.begins,
        query.name_words,
        query.plain,
        sort,
        key,
        reference,
        rows,
        MOST,
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
pub(in crate::catalog) async fn hit_ids(cx: &mut Cx<'_>, query: &Query, kinds: Option<&[String]>, most: i64) -> Result<HitIds> {
    let found = sqlx::query_as!(
        HitIds,
        r#"SELECT coalesce(array_agg(id), '{}') AS "ids!: Vec<EntityId>", min(stage) AS best FROM (
            (SELECT id, 1 AS stage FROM entity WHERE sort_name LIKE $2 AND ($1::text[] IS NULL OR kind = ANY($1)) LIMIT $5)
            UNION ALL
            (SELECT id, 2 FROM entity WHERE name_words @@ $3::text::tsquery AND NOT sort_name LIKE $2
                AND ($1::text[] IS NULL OR kind = ANY($1)) LIMIT $5)
            UNION ALL
            (SELECT id, 4 FROM entity WHERE text_words @@ ($3::text::tsquery || plainto_tsquery('english', $4))
                AND NOT name_words @@ $3::text::tsquery AND NOT sort_name LIKE $2 AND ($1::text[] IS NULL OR kind = ANY($1)) LIMIT $5)
            LIMIT $5) hit"#,
        kinds,
        query.begins,
        query.name_words,
        query.plain,
        most,
    )
    .fetch_one(cx.conn())
    .await?;
    Ok(found)
}

/// Known words that a mistyped one may mean: those with its first letter, or with its second (the first was left out
/// or swapped). With how many names use them.
pub(in crate::catalog) async fn known_words(cx: &mut Cx<'_>, word: &str) -> Result<Vec<(String, i64)>> {
    let mut letters = word.chars();
    let (first, second) = (letters.next().map(String::from).unwrap_or_default(), letters.next().map(String::from).unwrap_or_default());
    let length = i32::try_from(word.chars().count()).unwrap_or(i32::MAX);
    let found = sqlx::query!(
        "SELECT word, n FROM name_word
         WHERE (word ^@ $1 OR word ^@ $2) AND n > 0 AND length(word) >= $3 - 2
         ORDER BY word LIMIT 5000",
        first,
        second,
        length,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into_iter().map(|r| (r.word, r.n)).collect())
}

/// Known words that have this text inside, the most used first.
pub(in crate::catalog) async fn words_with(cx: &mut Cx<'_>, pattern: &str) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!("SELECT word FROM name_word WHERE word LIKE '%' || $1 AND n > 0 ORDER BY n DESC, word LIMIT 20", pattern)
        .fetch_all(cx.conn())
        .await?)
}
