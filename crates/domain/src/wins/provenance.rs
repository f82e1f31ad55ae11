//! Where a line came from, and what became of an entry.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{
    record::{Cycle, Entry, Lifted, Provenance},
    store,
};
use crate::{Cx, Error, Result, WinsEntryId, people::TeamName};

/// A line down to what was submitted first; what the actor may not see is left out. At most 500 entries.
pub async fn provenance(cx: &mut Cx<'_>, id: WinsEntryId) -> Result<Provenance> {
    cx.reader()?;
    let steps = store::provenance::down(cx, id).await?;
    let mut ids = vec![id];
    ids.extend(steps.iter().filter(|step| step.handed_up).map(|step| step.origin));
    let mut once = BTreeSet::new();
    ids.retain(|id| once.insert(*id));
    let entries: BTreeMap<_, _> =
        store::entry::seen(cx, &ids).await?.into_iter().map(|entry| (entry.id, entry)).collect();
    if !entries.contains_key(&id) {
        return Err(Error::not_found("entry", id.to_string()));
    }
    let seen: Vec<_> = entries.keys().copied().collect();
    let of_entries = store::provenance::cycles(cx, &seen).await?;
    let keys: Vec<_> = of_entries.iter().map(|(_, cycle)| *cycle).collect();
    let known = store::cycle::by_ids(cx, &keys).await?;
    let cycles = of_entries.iter().filter_map(|(id, cycle)| Some((*id, known.get(cycle)?.clone()))).collect();
    let mut below = BTreeMap::<_, Vec<_>>::new();
    for step in steps {
        below.entry(step.line).or_default().push(step.origin);
    }
    let mut tree = Tree { entries, cycles, below };
    let mut found = tree.of(id);
    found.pop().ok_or_else(|| Error::not_found("entry", id.to_string()))
}

/// What a line's tree is made from. Each entry stands in it once: where it was reached first.
struct Tree {
    entries: BTreeMap<WinsEntryId, Entry>,
    cycles: BTreeMap<WinsEntryId, Cycle>,
    below: BTreeMap<WinsEntryId, Vec<WinsEntryId>>,
}

impl Tree {
    /// An entry with what it was made of. In the place of one that the actor may not see stands what that was made of.
    fn of(&mut self, id: WinsEntryId) -> Vec<Provenance> {
        let entry = self.entries.remove(&id);
        // taken out before going on: whatever is met again ends there
        let below = self.below.remove(&id).unwrap_or_default();
        let origins: Vec<_> = below.into_iter().flat_map(|origin| self.of(origin)).collect();
        match entry {
            Some(entry) => vec![Provenance { cycle: self.cycles.remove(&id), entry, origins }],
            None => origins,
        }
    }
}

/// What became of an entry further up, nearest level first: for its author, those credited and its team, and only of updates that were
/// handed up.
pub async fn lifted(cx: &mut Cx<'_>, id: WinsEntryId) -> Result<Vec<Lifted>> {
    let me = cx.reader()?;
    if store::entry::seen(cx, &[id]).await?.is_empty() {
        return Err(Error::not_found("entry", id.to_string()));
    }
    // in whose words it is told there is the business of those who did it, also where they read nothing else of that level
    let theirs = store::provenance::is_theirs(cx, me, id).await?;
    let lines = store::provenance::up(cx, me, id).await?;
    let lines: Vec<_> = lines.into_iter().filter(|line| theirs || line.seen).collect();
    let ids: Vec<_> = lines.iter().map(|line| line.line).collect();
    let mut entries = store::entry::any(cx, &ids).await?;
    store::entry::keep_answers_inside(cx, me, &mut entries).await?;
    let lifted = lines.iter().zip(entries);
    Ok(lifted
        .map(|(line, entry)| Lifted { team: entry.team.clone(), state: line.state, line: entry })
        .collect())
}

/// Those of these lines of which the actor may see what they were made of, or part of it.
pub async fn traceable(cx: &mut Cx<'_>, lines: &[WinsEntryId]) -> Result<Vec<WinsEntryId>> {
    let me = cx.reader()?;
    store::provenance::traceable(cx, me, lines).await
}

/// Of whose work a line was made, for readers who may not see that work itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Behind {
    /// The teams that wrote it first, by name.
    pub teams: Vec<TeamName>,
    /// What they published in the cycle, as far as the actor may read it: whose, and the cycle's slug. At most 50.
    pub published: Vec<(TeamName, String)>,
}

/// Of whose work a line was made. What was published of it names these teams as well, so whoever sees the line may know them.
pub async fn behind(cx: &mut Cx<'_>, id: WinsEntryId) -> Result<Behind> {
    let me = cx.reader()?;
    if store::entry::seen(cx, &[id]).await?.is_empty() {
        return Err(Error::not_found("entry", id.to_string()));
    }
    let teams = store::publication::sources(cx, &[id]).await?.remove(&id).unwrap_or_default();
    Ok(Behind { teams, published: store::provenance::published_below(cx, me, id).await? })
}
