//! Who took part, over cycles: a help for the team and its chain.

use jiff::Timestamp;

use super::{
    record::{Cycle, Part, Participation, UpdateState},
    store::{self, cycle::Stood},
};
use crate::{Cx, CycleId, Error, Result, people};

/// How a team and those below it took part in the last `cycles` cycles (1 to 26), newest first. For members of the team, its lead and
/// those above.
pub async fn participation(
    cx: &mut Cx<'_>,
    team: &str,
    cycles: i64,
) -> Result<(Vec<Cycle>, Vec<Participation>)> {
    let me = cx.reader()?;
    let team = people::team(cx, team).await?;
    let (inside, over) = store::plan::chain(cx, team.id, me).await?;
    if !inside && !over {
        return Err(Error::Forbidden(
            "the team and those it reports to see who took part, and nobody else".into(),
        ));
    }
    if !(1..=26).contains(&cycles) {
        return Err(Error::invalid("cycles", "must be from 1 to 26"));
    }
    let found = store::cycle::of_tree(cx, team.id, cycles).await?;
    let ids: Vec<CycleId> = found.iter().map(|cycle| cycle.id).collect();
    let now = cx.now();
    let mut all: Vec<Participation> = Vec::new();
    for (team, stood) in store::cycle::stood(cx, team.id, &ids).await? {
        if all.last().is_none_or(|last| last.team.id != team.id) {
            all.push(Participation { team, parts: vec![None; ids.len()] });
        }
        let place = ids.iter().position(|id| *id == stood.cycle);
        if let (Some(row), Some(place)) = (all.last_mut(), place)
            && let Some(part) = row.parts.get_mut(place)
        {
            *part = Some(part_of(&stood, now));
        }
    }
    Ok((found, all))
}

fn part_of(stood: &Stood, now: Timestamp) -> Part {
    match (stood.state, stood.submitted_at) {
        (UpdateState::Missed, _) => Part::Missed,
        (_, at) if at.unwrap_or(now) > stood.due_at => Part::Late,
        (_, None) => Part::Open,
        (_, Some(_)) if stood.quiet => Part::Quiet,
        (_, Some(_)) => Part::OnTime,
    }
}
