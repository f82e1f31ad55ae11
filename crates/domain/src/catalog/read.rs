//! Reading entities: one by its reference, many by theirs, lists by filter.

use std::collections::HashMap;

use uuid::Uuid;

use super::{
    Entity, EntityRef, Filter, Kind, Sort, Summary, search,
    store::{
        self,
        list::{After, Rows},
        row::SummaryRow,
        search::{BEYOND_NAMES, Query},
    },
};
use crate::{
    Cursor, Cx, EntityId, Error, Limit, Page, Result, TeamId,
    activity::{self, Activity},
    page::check_words,
    people,
};

/// The most references that [`by_refs`] takes at once.
pub const MAX_REFS: usize = 200;

/// One page of entities.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The rows, in order.
    pub items: Vec<Summary>,
    /// Where the next page starts; none on the last page.
    pub next: Option<Cursor>,
    /// Where the page before starts, empty if that is the first one; none on the first page.
    pub previous: Option<Cursor>,
    /// How many rows the whole list has.
    pub total: i64,
    /// Whether a search found more than it counts: there are at least `total`.
    pub total_is_lower_bound: bool,
    /// What the searched words were taken for, if no name had them as typed.
    pub mended: Option<String>,
}

/// The entity of this reference.
pub async fn get(cx: &mut Cx<'_>, reference: &EntityRef) -> Result<Entity> {
    may_read(cx)?;
    known(cx, reference).await
}

/// The entity of this reference, for an operation that asks for rights of its own.
pub(super) async fn known(cx: &mut Cx<'_>, reference: &EntityRef) -> Result<Entity> {
    store::entity::by_ref(cx, reference.as_str()).await?.ok_or_else(|| not_found(reference))
}

/// There is no such entity.
pub(super) fn not_found(reference: &EntityRef) -> Error {
    Error::not_found("entity", reference.as_str())
}

/// The entities of these references in the same order, in one statement; none where there is no such entity.
pub async fn by_refs(cx: &mut Cx<'_>, refs: &[EntityRef]) -> Result<Vec<Option<Summary>>> {
    may_read(cx)?;
    if refs.len() > MAX_REFS {
        return Err(Error::invalid(
            "refs",
            format!("must be at most {MAX_REFS}; ask for the rest in another call"),
        ));
    }
    let texts: Vec<String> = refs.iter().map(|r| r.as_str().to_owned()).collect();
    let mut found = store::entity::by_refs(cx, &texts).await?.into_iter().peekable();
    Ok(refs.iter().map(|wanted| found.next_if(|s| s.reference == *wanted)).collect())
}

/// The teams that are on call for these entities where self-service made them; of all others the owner's is.
pub async fn operators(cx: &mut Cx<'_>, ids: &[EntityId]) -> Result<HashMap<EntityId, TeamId>> {
    may_read(cx)?;
    Ok(store::entity::operators(cx, ids).await?.into_iter().collect())
}

/// What the descriptor of a team says under an annotation; none if it says nothing, or nothing describes the team.
pub async fn annotation_of_team(cx: &mut Cx<'_>, team: TeamId, annotation: &str) -> Result<Option<String>> {
    may_read(cx)?;
    Ok(store::entity::annotation_of_team(cx, team, annotation).await?.filter(|text| !text.trim().is_empty()))
}

/// Where a page of a list begins: the last row's sort key and reference, and whether the words were mended.
type Key = (String, String, bool);

/// The entities that `filter` leaves, a page at a time. The total is exact, but for a search that finds very much.
pub async fn list(
    cx: &mut Cx<'_>,
    filter: &Filter,
    sort: Sort,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Listing> {
    may_read(cx)?;
    filter.words().map_or(Ok(()), check_words)?;
    if let Some(q) = filter.words() {
        return found(cx, q, filter, sort, after.as_ref(), limit).await;
    }
    let cursor = after;
    let key: Option<Key> = cursor.as_ref().map(Cursor::key).transpose()?;
    let after = key.map(|(key, reference, _)| (key, reference));
    let mine = mine(cx, filter).await?;
    let by_name = matches!(sort, Sort::Default | Sort::Name);
    let rows = limit.probe();
    let found = match (filter.kinds.as_slice(), filter.one_owner()) {
        ([kind], _) if by_name && filter.is_kinds_only() => {
            store::list::of_kind(cx, kind.as_str(), &after, rows).await?
        }
        ([kind], Some(owner)) if by_name => {
            store::list::of_owner(cx, kind.as_str(), owner.as_str(), &after, rows).await?
        }
        (_, Some(owner)) if by_name => {
            store::list::of_owner_any(cx, &filter.all_kinds(), owner.as_str(), &after, rows).await?
        }
        _ if by_name && filter.is_kinds_only() => {
            store::list::of_kinds(cx, filter.chosen().kinds.as_deref(), &after, rows).await?
        }
        _ => store::list::narrowed(cx, filter, sort.as_str(), mine.as_deref(), &after, rows).await?,
    };
    Ok(listing(found, limit, cursor.as_ref(), None))
}

/// A list narrowed by words. Words that no name has are mended, and what that finds is listed instead.
async fn found(
    cx: &mut Cx<'_>,
    q: &str,
    filter: &Filter,
    sort: Sort,
    cursor: Option<&Cursor>,
    limit: Limit,
) -> Result<Listing> {
    let Some((query, typed)) = search::as_typed(q) else {
        return Ok(listing(Rows { rows: Vec::new(), total: None, best: None }, limit, cursor, None));
    };
    let key: Option<Key> = cursor.map(Cursor::key).transpose()?;
    let was_mended = key.as_ref().is_some_and(|k| k.2);
    let first_page = key.is_none();
    let after = key.map(|(key, reference, _)| (key, reference));
    let rows = limit.probe();
    if !was_mended {
        let found = hits(cx, &query, filter, sort, &after, rows).await?;
        if !first_page || found.best.is_some_and(|b| b < BEYOND_NAMES) {
            return Ok(listing(found, limit, cursor, None));
        }
        let Some((better, reading)) = search::mended(cx, &query, &typed).await? else {
            return Ok(listing(found, limit, cursor, None));
        };
        let again = hits(cx, &better, filter, sort, &after, rows).await?;
        return Ok(if again.rows.is_empty() {
            listing(found, limit, cursor, None)
        } else {
            listing(again, limit, cursor, Some(reading))
        });
    }
    let (query, reading) = search::mended(cx, &query, &typed).await?.unwrap_or((query, q.to_owned()));
    let found = hits(cx, &query, filter, sort, &after, rows).await?;
    Ok(listing(found, limit, cursor, Some(reading)))
}

async fn hits(
    cx: &mut Cx<'_>,
    query: &Query,
    filter: &Filter,
    sort: Sort,
    after: &After,
    rows: i64,
) -> Result<Rows> {
    if filter.is_search_of_kinds() && sort == Sort::Default {
        return store::search::hits_of_kinds(cx, query, &filter.all_kinds(), after, rows).await;
    }
    let mine = mine(cx, filter).await?;
    store::search::hits(cx, query, filter, sort.as_str(), mine.as_deref(), after, rows).await
}

/// What happened to an entity, newest first; that of a deleted one stays.
pub async fn history(
    cx: &mut Cx<'_>,
    reference: &EntityRef,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Activity>> {
    let about =
        activity::Filter { subject: Some(reference.as_str().to_owned()), ..activity::Filter::default() };
    let page = activity::list(cx, &about, after, limit).await?;
    if page.total == 0 {
        known(cx, reference).await?; // of what never was there is no history, not an empty one
    }
    Ok(page)
}

/// How many entities of a kind have no owner at all.
pub async fn ownerless(cx: &mut Cx<'_>, kind: Kind) -> Result<i64> {
    may_read(cx)?;
    store::facets::without_owner(cx, kind.as_str()).await
}

/// Everyone signed in reads the catalog, and so does the portal itself.
pub(super) fn may_read(cx: &Cx<'_>) -> Result<()> {
    if cx.admin().is_ok() { Ok(()) } else { cx.reader().map(drop) }
}

/// Whose entities "mine" are, if the filter asks for them: the caller and the teams the caller answers for, as keys.
pub(super) async fn mine(cx: &mut Cx<'_>, filter: &Filter) -> Result<Option<Vec<Uuid>>> {
    may_read(cx)?;
    if !filter.mine {
        return Ok(None);
    }
    let me = cx.reader()?;
    let teams = people::teams_answered_for(cx, me).await?;
    Ok(Some(teams.into_iter().map(|team| team.0).chain([me.0]).collect()))
}

fn listing(found: Rows, limit: Limit, after: Option<&Cursor>, mended: Option<String>) -> Listing {
    let total = found.total.unwrap_or(0);
    let total_is_lower_bound = found.best.is_some_and(|b| b >= 0) && total >= store::search::MOST;
    let key = |r: &SummaryRow| (r.key.clone(), r.reference.clone(), mended.is_some());
    let page = Page::cut(found.rows, limit, total, after, key);
    let Page { items, next, previous, total, .. } = page.map(Summary::from);
    Listing { items, next, previous, total, total_is_lower_bound, mended }
}
