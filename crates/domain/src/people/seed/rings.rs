//! Descriptors may say that a team is above itself.

use std::collections::{HashMap, HashSet};

use super::{super::store, Seeded};
use crate::{Cx, Result, TeamId};

/// A ring of parents has no top: its teams are put at the top, and the remark says so.
pub(super) async fn break_rings(cx: &mut Cx<'_>, seeded: &mut Seeded) -> Result<()> {
    let parents: HashMap<TeamId, TeamId> = store::parents(cx).await?.into_iter().collect();
    let ringed = ringed(&parents);
    if ringed.is_empty() {
        return Ok(());
    }
    for (entity_ref, _) in seeded.teams.iter().filter(|(_, id)| ringed.contains(id)) {
        seeded.remarks.push((
            entity_ref.clone(),
            "its parents form a ring, so it was put at the top; mend spec.parent of one of them".into(),
        ));
    }
    store::clear_parents(cx, &ringed).await
}

/// The teams that are above themselves.
fn ringed(parents: &HashMap<TeamId, TeamId>) -> Vec<TeamId> {
    let mut settled: HashSet<TeamId> = HashSet::new();
    let mut ringed = Vec::new();
    for start in parents.keys() {
        let mut path = Vec::new();
        let mut at = *start;
        while settled.insert(at) {
            path.push(at);
            match parents.get(&at) {
                Some(above) => at = *above,
                None => break,
            }
        }
        // walking on came back into this very path: a ring from there on
        if let Some(ring) = path.iter().position(|t| *t == at).filter(|_| parents.contains_key(&at)) {
            ringed.extend_from_slice(&path[ring..]);
        }
    }
    ringed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_are_seen_and_chains_are_not() {
        let ids: Vec<TeamId> = (0..6).map(|_| TeamId::new()).collect();
        let chain = HashMap::from([(ids[0], ids[1]), (ids[1], ids[2]), (ids[5], ids[1])]);
        assert!(ringed(&chain).is_empty());
        // 3 → 4 → 3, and 5 hangs below 3 without being part of the ring
        let ring = HashMap::from([(ids[3], ids[4]), (ids[4], ids[3]), (ids[5], ids[3]), (ids[0], ids[1])]);
        let mut found = ringed(&ring);
        found.sort();
        assert_eq!(found, [ids[3], ids[4]]);
    }
}
