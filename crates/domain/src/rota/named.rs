//! Somebody leaves: everything to come that still names them, and its repair in bulk. Until then their turns stand
//! vacant and nobody else's dates move.

use jiff::Timestamp;
use serde::Serialize;

use super::{
    Difference, Rotation, ScheduleName,
    cover::{Decided, decide},
    renew::renew,
    schedule::may_read,
    store, tell,
};
use crate::{
    Cx, Error, LayerId, PersonId, Result,
    activity::{self, Act, Changed},
    people::{self, TeamName, require_team},
};

/// A schedule that names a person in what is to come.
#[derive(Debug, Clone, Serialize)]
pub struct NamedIn {
    /// The schedule.
    pub schedule: ScheduleName,
    /// Whose it is.
    pub team: TeamName,
    /// Layers in which they take turns.
    pub layers: Vec<String>,
    /// Their shifts to come, as far as they are known.
    pub shifts: i64,
    /// The first of them.
    pub first_shift: Option<Timestamp>,
    /// Overrides to come that put them on call.
    pub overrides: i64,
    /// Swaps to come that they asked for, are asked for, or took.
    pub swaps: i64,
}

/// Where a person (handle) is named in what is to come: at most 200 schedules.
pub async fn named_in(cx: &mut Cx<'_>, handle: &str) -> Result<Vec<NamedIn>> {
    may_read(cx)?;
    let person = people::person(cx, handle).await?;
    store::named_in(cx, person.id).await
}

/// Gives all that is to come of one person to another, on these schedules (slugs; all that name them if none are given):
/// rotations get a new version from now on in which only the name differs, and overrides put the other one on call. What
/// they ask others to take over is withdrawn; what others ask of them is asked of anybody. For whoever may edit each of
/// the teams; all of it happens, or nothing.
pub async fn replace_person(
    cx: &mut Cx<'_>,
    handle: &str,
    by: &str,
    schedules: &[String],
) -> Result<Vec<(ScheduleName, Vec<Difference>)>> {
    may_read(cx)?;
    cx.writer()?;
    let (gone, by) = (people::person(cx, handle).await?, people::person(cx, by).await?);
    if !by.active {
        return Err(Error::invalid("by", format!("cannot be {}: this person is no longer active", by.name)));
    }
    if gone.id == by.id {
        return Err(Error::invalid("by", "is the same person; choose somebody else"));
    }
    let mut named = store::named_in(cx, gone.id).await?;
    if !schedules.is_empty() {
        if let Some(unknown) = schedules.iter().find(|slug| named.iter().all(|n| n.schedule.slug != **slug)) {
            return Err(Error::invalid("schedules", format!("{unknown} does not name {}", gone.name)));
        }
        named.retain(|n| schedules.contains(&n.schedule.slug));
    }
    for one in &named {
        require_team(cx, Some(one.team.id), &format!("the schedule {}", one.schedule.name)).await?;
    }
    cx.atomically(async |cx| {
        let mut done = Vec::new();
        for one in named {
            store::lock_schedule(cx, one.schedule.id).await?;
            for (layer, rotation) in rotations_naming(cx, &one.schedule, gone.id).await? {
                store::end_rotations(cx, layer, rotation.from.max(cx.now())).await?;
                store::insert_rotation(cx, layer, &renamed(&rotation, gone.id, by.id, cx.now())).await?;
            }
            give_overrides(cx, &one.schedule, gone.id, by.id).await?;
            store::close_swaps(cx, one.schedule.id, gone.id).await?;
            let differences = renew(cx, one.schedule.id).await?;
            let what = format!("{} takes the turns of {}", by.name, gone.name);
            tell::of_change(cx, &one.schedule, &differences, &what, "").await?;
            store::touch_schedule(cx, one.schedule.id).await?;
            let changes = vec![Changed::new("participants", gone.handle.as_str(), by.handle.as_str())];
            let subject = format!("schedule:{}", one.schedule.slug);
            activity::record(cx, Act { changes, ..Act::new("schedule.edited", subject) }).await?;
            done.push((one.schedule, differences));
        }
        Ok(done)
    })
    .await
}

/// Overrides to come that put one on call put the other there.
async fn give_overrides(
    cx: &mut Cx<'_>,
    schedule: &ScheduleName,
    gone: PersonId,
    by: PersonId,
) -> Result<()> {
    let schedule = super::schedule_by_id(cx, schedule.id).await?;
    for cover in store::covers_by(cx, schedule.id, gone).await? {
        store::withdraw_cover(cx, cover.id).await?;
        let out = cover.out.as_ref().map(|p| p.id);
        if out == Some(by) {
            continue; // whose turn it was has it again
        }
        let start = cover.start.max(cx.now());
        let decided =
            Decided { out, by: Some(by), start, end: cover.end, reason: cover.reason, swap: cover.swap };
        decide(cx, &schedule, &decided).await?;
    }
    Ok(())
}

async fn rotations_naming(
    cx: &mut Cx<'_>,
    schedule: &ScheduleName,
    person: PersonId,
) -> Result<Vec<(LayerId, Rotation)>> {
    let now = cx.now();
    let layers = store::layers(cx, schedule.id, now).await?;
    Ok(layers
        .into_iter()
        .flat_map(|layer| layer.rotations.into_iter().map(move |(_, rotation)| (layer.id, rotation)))
        .filter(|(_, rotation)| rotation.participants.contains(&Some(person)))
        .collect())
}

/// The same turns with one name in place of another.
fn renamed(rotation: &Rotation, gone: PersonId, by: PersonId, now: Timestamp) -> Rotation {
    let rename = |p: &Option<PersonId>| if *p == Some(gone) { Some(by) } else { *p };
    Rotation {
        from: rotation.from.max(now),
        participants: rotation.participants.iter().map(rename).collect(),
        ..rotation.clone()
    }
}
