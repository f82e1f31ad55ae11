//! Reading entities: one by its reference, many by theirs, lists by filter.

use super::{Entity, EntityRef, Filter, Sort, Summary, store};
use crate::{Cursor, Cx, Error, Limit, Page, Result};

/// The most references that [`by_refs`] takes at once.
pub const MAX_REFS: usize = 200;

/// The entity of this reference.
pub async fn get(cx: &mut Cx<'_>, reference: &EntityRef) -> Result<Entity> {
    cx.reader()?;
    store::entity::by_ref(cx, reference.as_str()).await?.ok_or_else(|| not_found(reference))
}

/// There is no such entity; said in the words of its kind.
pub(super) fn not_found(reference: &EntityRef) -> Error {
    Error::not_found("entity", reference.as_str())
}

/// The entities of these references in the same order, in one statement; none where there is no such entity.
pub async fn by_refs(cx: &mut Cx<'_>, refs: &[EntityRef]) -> Result<Vec<Option<Summary>>> {
    cx.reader()?;
    if refs.len() > MAX_REFS {
        return Err(Error::invalid("refs", format!("must be at most {MAX_REFS}; ask for the rest in another call")));
    }
    let texts: Vec<String> = refs.iter().map(|r| r.as_str().to_owned()).collect();
    let found = store::entity::by_refs(cx, &texts).await?;
    // a few dozen at most: looking through them costs less than a map
    Ok(refs.iter().map(|r| found.iter().find(|s| s.reference == *r).cloned()).collect())
}

/// The entities that `filter` leaves, a page at a time, with their exact number.
pub async fn list(cx: &mut Cx<'_>, filter: &Filter, sort: Sort, after: Option<Cursor>, limit: Limit) -> Result<Page<Summary>> {
    let me = cx.reader()?;
    let after: Option<(String, String)> = after.map(|c| c.key()).transpose()?;
    let mine = filter.mine.then_some(me);
    let by_name = matches!(sort, Sort::Default | Sort::Name);
    let plain_kinds = filter.is_kinds_only();
    let one_owner = filter.one_kind_and_owner();
    let found = match (filter.kinds.as_slice(), one_owner) {
        ([kind], _) if by_name && plain_kinds => store::list::of_kind(cx, kind.as_str(), &after, limit.probe()).await?,
        (_, Some((kind, owner))) if by_name => store::list::of_owner(cx, kind.as_str(), owner.as_str(), &after, limit.probe()).await?,
        _ if by_name && plain_kinds => store::list::of_kinds(cx, filter.chosen().kinds.as_deref(), &after, limit.probe()).await?,
        _ => store::list::narrowed(cx, filter, sort.as_str(), mine, &after, limit.probe()).await?,
    };
    let page = Page::cut(found.rows, limit, found.total.unwrap_or(0), |r| (r.key.clone(), r.reference.clone()));
    Ok(page.map(Summary::from))
}
