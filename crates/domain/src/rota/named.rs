//! Somebody leaves: everything to come that still names them, and its repair in bulk. Until then their turns stand
//! vacant and nobody else's dates move.

use jiff::Timestamp;
use serde::Serialize;

use super::{
    CoverKind, Difference, Plan, Preview, Rotation, ScheduleName, SwapFilter,
    edit::{bearable, seen},
    load,
    renew::renew,
    schedule::may_read,
    store, tell,
};
use crate::{
    Cx, Error, PersonId, Result,
    activity::{self, Act, Changed},
    people::{self, Person, TeamName, require_team},
};

/// Swaps of one person that wait for somebody, at most.
const MOST_SWAPS: i64 = 200;

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

/// What would change for whom, if [`replace_person`] did this: for each of the schedules. For whoever may edit each of the
/// teams.
pub async fn preview_replacement(
    cx: &mut Cx<'_>,
    handle: &str,
    by: &str,
    schedules: Option<&[String]>,
) -> Result<Vec<(ScheduleName, Preview)>> {
    may_read(cx)?;
    let (gone, by, named) = chosen(cx, handle, by, schedules).await?;
    let mut found = Vec::new();
    for one in named {
        let schedule = super::schedule_by_id(cx, one.schedule.id).await?;
        let before = store::plan(cx, &schedule, cx.now()).await?;
        let after = given(&before, gone.id, by.id, cx.now());
        found.push((one.schedule, seen(cx, &schedule, &before, &after).await?));
    }
    Ok(found)
}

/// Gives all that is to come of one person to another, on these schedules (slugs; none: all that name them): rotations get
/// a new version from now on in which only the name differs, and overrides and taken swaps name the other one. What they
/// ask others to take over is withdrawn; what others ask of them is asked of anybody. For whoever may edit each of the
/// teams; `reason` is needed where somebody would be on call too often. All of it happens, or nothing.
pub async fn replace_person(
    cx: &mut Cx<'_>,
    handle: &str,
    by: &str,
    schedules: Option<&[String]>,
    reason: &str,
) -> Result<Vec<(ScheduleName, Vec<Difference>)>> {
    may_read(cx)?;
    cx.writer()?;
    let (gone, by, named) = chosen(cx, handle, by, schedules).await?;
    cx.atomically(async |cx| {
        require_reason(cx, &named, gone.id, by.id, reason).await?;
        let mut done = Vec::new();
        for one in named {
            rename_turns(cx, &one.schedule, gone.id, by.id).await?;
            rename_arrangements(cx, &one.schedule, &gone, &by).await?;
            let differences = renew(cx, one.schedule.id).await?;
            let what = format!("{} takes the turns of {}", by.name, gone.name);
            tell::of_change(cx, &one.schedule, &differences, &what, reason).await?;
            store::touch_schedule(cx, one.schedule.id).await?;
            let changes = vec![Changed::new("participants", gone.handle.as_str(), by.handle.as_str())];
            let (note, subject) = (reason.trim().to_owned(), format!("schedule:{}", one.schedule.slug));
            activity::record(cx, Act { changes, note, ..Act::new("schedule.edited", subject) }).await?;
            done.push((one.schedule, differences));
        }
        Ok(done)
    })
    .await
}

/// Who goes, who comes, and the schedules on which that is: those that name the one who goes.
async fn chosen(
    cx: &mut Cx<'_>,
    handle: &str,
    by: &str,
    schedules: Option<&[String]>,
) -> Result<(Person, Person, Vec<NamedIn>)> {
    let (gone, by) = (people::person(cx, handle).await?, people::person(cx, by).await?);
    check_successor(&gone, &by)?;
    let mut named = store::named_in(cx, gone.id).await?;
    if let Some(schedules) = schedules {
        if let Some(unknown) = schedules.iter().find(|slug| named.iter().all(|n| n.schedule.slug != **slug)) {
            return Err(Error::invalid("schedules", format!("{unknown} does not name {}", gone.name)));
        }
        named.retain(|n| schedules.contains(&n.schedule.slug));
    }
    for one in &named {
        require_team(cx, Some(one.team.id), &format!("the schedule {}", one.schedule.name)).await?;
    }
    Ok((gone, by, named))
}

/// Locks the schedules, and refuses to let anybody be on call too often on any of them without a reason.
async fn require_reason(
    cx: &mut Cx<'_>,
    named: &[NamedIn],
    gone: PersonId,
    by: PersonId,
    reason: &str,
) -> Result<()> {
    let mut told = Vec::new();
    for one in named {
        let Some(schedule) = store::lock_schedule(cx, one.schedule.id).await? else { continue };
        let plan = store::plan(cx, &schedule, cx.now()).await?;
        let after = given(&plan, gone, by, cx.now());
        let too_often = load::too_often(cx, &schedule, &after).await?;
        let say =
            |t: &load::TooOften| format!("{} one in {:.1} on {}", t.person.name, t.one_in, schedule.name);
        told.extend(too_often.iter().map(say));
    }
    bearable(&told, reason)
}

/// The plan in which the one has what the other had: what [`rename_turns`] and [`rename_arrangements`] write, as values.
fn given(plan: &Plan, gone: PersonId, by: PersonId, now: Timestamp) -> Plan {
    let mut after = plan.clone();
    for layer in &mut after.layers {
        if layer.rotations.iter().any(|rotation| rotation.participants.contains(&Some(gone))) {
            layer.rotations = layer.rotations.iter().map(|r| renamed(r, gone, by, now)).collect();
        }
    }
    let rename = |person: PersonId| if person == gone { by } else { person };
    after.covers.retain_mut(|cover| match &mut cover.what {
        CoverKind::Replace { out, by: other } => {
            (*out, *other) = (rename(*out), rename(*other));
            out != other // nobody takes over from themselves
        }
        CoverKind::Add(person) => {
            *person = rename(*person);
            true
        }
        CoverKind::Nobody => true,
    });
    after
}

/// Refuses who cannot take what is another's.
pub(crate) fn check_successor(gone: &Person, by: &Person) -> Result<()> {
    if !by.active {
        return Err(Error::invalid("by", format!("cannot be {}: this person is no longer active", by.name)));
    }
    if gone.id == by.id {
        return Err(Error::invalid("by", "is the same person; choose somebody else"));
    }
    Ok(())
}

/// Every layer that names one gets new versions from now on: also those to come that do not name them, for a layer's
/// versions end together.
async fn rename_turns(cx: &mut Cx<'_>, schedule: &ScheduleName, gone: PersonId, by: PersonId) -> Result<()> {
    let now = cx.now();
    for layer in store::layers(cx, schedule.id, now).await? {
        if layer.rotations.iter().all(|(_, rotation)| !rotation.participants.contains(&Some(gone))) {
            continue;
        }
        store::end_rotations(cx, layer.id, now).await?;
        for (_, rotation) in &layer.rotations {
            store::insert_rotation(cx, layer.id, &renamed(rotation, gone, by, now)).await?;
        }
    }
    Ok(())
}

/// Overrides and swaps to come.
async fn rename_arrangements(
    cx: &mut Cx<'_>,
    schedule: &ScheduleName,
    gone: &Person,
    by: &Person,
) -> Result<()> {
    let open = SwapFilter { schedule: Some(schedule.id), person: Some(gone.id), open: true };
    for swap in store::swaps(cx, &open, None, MOST_SWAPS).await?.iter().filter(|s| s.asker.id == gone.id) {
        tell::of_swap_withdrawn(cx, schedule, swap).await?;
    }
    let renamed = async {
        store::rename_covers(cx, schedule.id, gone.id, by.id).await?;
        store::rename_swaps(cx, schedule.id, gone.id, by.id).await
    };
    match renamed.await {
        Err(Error::Database(error))
            if matches!(Error::constraint(&error), Some("cover_once" | "swap_once")) =>
        {
            Err(Error::Conflict(format!(
                "on {} something is arranged at the same time for {} as for {}; take one of the two back first",
                schedule.name, by.name, gone.name
            )))
        }
        other => other,
    }
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
