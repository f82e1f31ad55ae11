//! What an edit of a layer makes of its rotation: from when on the new version counts, and who has the turn then.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::{
    super::{
        Effective, LayerRecord, Plan, Rotation, Schedule, Unit, effective::beginning_with, following, store,
        wall_time,
    },
    LayerEdit, NewLayer, Write,
};
use crate::{Cx, Error, LayerId, PersonId, Result, activity::Changed, check::Checks, people};

const MOST_PARTICIPANTS: usize = 100;
pub(super) const MOST_WINDOWS: usize = 50;

pub(super) async fn layer_of(cx: &mut Cx<'_>, schedule: &Schedule, id: LayerId) -> Result<LayerRecord> {
    let layers = super::super::layers(cx, schedule.id).await?;
    layers.into_iter().find(|l| l.id == id).ok_or_else(|| Error::not_found("layer", id.to_string()))
}

/// Ends a layer's rotations in a plan; those to come never begin.
pub(super) fn end_in(plan: &mut Plan, layer: LayerId, at: Timestamp) {
    for rotation in plan.layers.iter_mut().filter(|l| l.id == layer).flat_map(|l| &mut l.rotations) {
        if rotation.until.is_none_or(|until| until > at) {
            rotation.until = Some(at.max(rotation.from));
        }
    }
}

pub(super) async fn layer_edit(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    plan: &Plan,
    after: &mut Plan,
    old: &LayerRecord,
    edit: &LayerEdit,
    changes: &mut Vec<Changed>,
) -> Result<Write> {
    let now = cx.now();
    let name = edit.name.as_deref().map_or(old.name.clone(), |name| checks.line("name", name, 100));
    let priority = edit.priority.unwrap_or(old.priority);
    // what is not given stays as the last version says, which may lie ahead; the order goes on from the one in force
    let (Some(in_force), Some((_, rotation))) = (old.rotation_at(now), old.rotations.last()) else {
        checks.problem("layer", "has ended; add a new layer for what is to come");
        return Ok(Write::End(old.id));
    };
    let participants = match &edit.participants {
        Some(words) => participants(cx, checks, words).await?,
        None => rotation.participants.clone(),
    };
    let first = match edit.first.as_deref().map(str::trim).filter(|w| !w.is_empty()) {
        Some(word) => Some(participant(cx, checks, "first", word).await?),
        None => None,
    };
    if first.is_some_and(|first| !participants.contains(&first)) {
        checks.problem("first", "must be one of the participants");
    }
    let zone = match &edit.time_zone {
        Some(name) => own_zone(checks, plan, name.as_deref()),
        None => rotation.zone.clone(),
    };
    let until = match edit.ends {
        Some(Some(at)) => instant(checks, "ends", at, zone.as_ref().unwrap_or(&plan.zone)),
        Some(None) => None,
        None => rotation.until,
    };
    let typed = Rotation {
        from: now,
        until,
        zone,
        anchor: edit.hand_off.unwrap_or(rotation.anchor),
        every: edit.every.unwrap_or(rotation.every),
        unit: edit.unit.unwrap_or(rotation.unit),
        only_active_days: edit.only_active_days.unwrap_or(rotation.only_active_days),
        restrictions: edit.restrictions.clone().unwrap_or_else(|| rotation.restrictions.clone()),
        participants,
        first: 0,
    };
    check_rotation(checks, &typed);
    let from = begins(plan, in_force, edit.effective, until, now);
    let new = match (first, edit.effective) {
        (Some(first), _) => beginning_with(plan, Rotation { from, ..typed }, first),
        (None, Effective::At(_)) => {
            let then = old.rotations.iter().map(|(_, r)| r).rfind(|r| r.from <= from).unwrap_or(in_force);
            following(plan, &endless(then), typed, from)
        }
        (None, _) => following(plan, &endless(in_force), typed, from),
    };
    let same = says_the_same(rotation, &new, first.is_some());
    if !same && new.until.is_some_and(|until| until <= new.from) {
        checks.problem("ends", "must be after the edit begins to count");
    }
    if let Some(layer) = after.layers.iter_mut().find(|l| l.id == old.id) {
        layer.priority = priority;
    }
    if !same {
        end_in(after, old.id, new.from);
        if let Some(layer) = after.layers.iter_mut().find(|l| l.id == old.id) {
            layer.rotations.push(new.clone());
        }
    }
    let handles = handles_of(cx, &[rotation, &new]).await?;
    let told = |r: &Rotation| r.participants.iter().map(|p| handles(*p)).collect::<Vec<_>>().join(", ");
    let mut compare = |field: &str, from: String, to: String| {
        if from != to {
            changes.push(Changed::new(format!("{}.{field}", old.name), from, to));
        }
    };
    compare("name", old.name.clone(), name.clone());
    compare("priority", old.priority.to_string(), priority.to_string());
    compare("participants", told(rotation), told(&new));
    compare(
        "every",
        format!("{} {}", rotation.every, rotation.unit.as_str()),
        format!("{} {}", new.every, new.unit.as_str()),
    );
    compare("hand_off", rotation.anchor.to_string(), new.anchor.to_string());
    let zone = |r: &Rotation| r.zone(plan).iana_name().unwrap_or("UTC").to_owned();
    compare("time_zone", zone(rotation), zone(&new));
    compare("only_active_days", rotation.only_active_days.to_string(), new.only_active_days.to_string());
    compare(
        "restrictions",
        serde_json::to_string(&rotation.restrictions).unwrap_or_default(),
        serde_json::to_string(&new.restrictions).unwrap_or_default(),
    );
    Ok(Write::Layer { id: old.id, is_new: false, name, priority, rotation: (!same).then_some(new) })
}

/// The turns of a version as if it went on.
fn endless(rotation: &Rotation) -> Rotation {
    Rotation { until: None, ..rotation.clone() }
}

/// From when on an edit counts. The next hand-off may lie beyond the end of the version in force: then it counts from that
/// end, so that nobody is missing in between; and if nothing would be left until its own end, from now on.
fn begins(
    plan: &Plan,
    in_force: &Rotation,
    effective: Effective,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Timestamp {
    let begins = effective.begins(plan, &endless(in_force), now);
    if effective != Effective::NextHandOff {
        return begins;
    }
    let begins = in_force.until.map_or(begins, |end| begins.min(end)).max(now);
    if until.is_some_and(|until| begins >= until) { now } else { begins }
}

/// Whether a new version differs from the old one in nothing but when it begins. Who begins counts if that was said.
fn says_the_same(old: &Rotation, new: &Rotation, begins: bool) -> bool {
    let first = if begins { new.first } else { old.first };
    Rotation { from: old.from, first, ..new.clone() } == *old
}

async fn handles_of(
    cx: &mut Cx<'_>,
    rotations: &[&Rotation],
) -> Result<impl Fn(Option<PersonId>) -> String + use<>> {
    let mut ids: Vec<PersonId> =
        rotations.iter().flat_map(|r| r.participants.iter().copied().flatten()).collect();
    ids.sort_unstable();
    ids.dedup();
    let contacts = store::contacts(cx, &ids).await?;
    Ok(move |person: Option<PersonId>| {
        let known = person.and_then(|id| contacts.iter().find(|c| c.id == id));
        known.map_or_else(|| "nobody".to_owned(), |c| c.handle.clone())
    })
}

fn check_rotation(checks: &mut Checks, rotation: &Rotation) {
    if !(1..=rotation.unit.most()).contains(&rotation.every) {
        checks.problem(
            "every",
            format!("must be from 1 to {} {}", rotation.unit.most(), rotation.unit.as_str()),
        );
    }
    if rotation.only_active_days && rotation.unit != Unit::Days {
        checks.problem("only_active_days", "counts days, so the hand-off must be every so many days");
    }
    if rotation.restrictions.len() > MOST_WINDOWS {
        checks.problem("restrictions", format!("may be {MOST_WINDOWS} windows at most"));
    }
    if rotation.participants.len() > MOST_PARTICIPANTS {
        checks.problem("participants", format!("may be {MOST_PARTICIPANTS} at most"));
    }
}

pub(super) async fn new_rotation(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    plan: &Plan,
    new: &NewLayer,
) -> Result<Rotation> {
    let now = cx.now();
    let own = own_zone(checks, plan, new.time_zone.as_deref());
    let zone = own.as_ref().unwrap_or(&plan.zone);
    let begins = instant(checks, "hand_off", new.hand_off, zone).unwrap_or(now);
    let rotation = Rotation {
        from: begins.max(now),
        until: new.ends.and_then(|at| instant(checks, "ends", at, zone)),
        zone: own.clone(),
        anchor: new.hand_off,
        every: new.every,
        unit: new.unit,
        only_active_days: new.only_active_days,
        restrictions: new.restrictions.clone(),
        participants: participants(cx, checks, &new.participants).await?,
        first: 0,
    };
    check_rotation(checks, &rotation);
    if rotation.until.is_some_and(|until| until <= rotation.from) {
        checks.problem("ends", "must be after the first hand-off");
    }
    let first = rotation.participants.first().copied().flatten();
    Ok(beginning_with(plan, rotation, first))
}

/// The zone of a rotation, where it is another than the plan's.
fn own_zone(checks: &mut Checks, plan: &Plan, name: Option<&str>) -> Option<TimeZone> {
    let name = name.map(str::trim).filter(|name| !name.is_empty())?;
    let zone = TimeZone::get(&checks.time_zone("time_zone", name)).ok()?;
    (zone.iana_name() != plan.zone.iana_name()).then_some(zone)
}

/// A wall time typed by a person as an instant of the zone it is meant in.
fn instant(checks: &mut Checks, field: &str, at: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    wall_time(at, zone).map_err(|error| checks.problem(field, error.to_string())).ok()
}

async fn participants(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    words: &[String],
) -> Result<Vec<Option<PersonId>>> {
    let mut found = Vec::new();
    for word in words.iter().take(MOST_PARTICIPANTS + 1) {
        found.push(participant(cx, checks, "participants", word).await?);
    }
    Ok(found)
}

/// The person of a word, or nobody. Somebody who left cannot be given turns.
async fn participant(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    field: &str,
    word: &str,
) -> Result<Option<PersonId>> {
    if word.trim().eq_ignore_ascii_case("nobody") {
        return Ok(None);
    }
    if word.trim().is_empty() {
        checks.problem(field, "must name a person, or nobody");
        return Ok(None);
    }
    let found = people::person_meant(cx, checks, field, word).await?;
    if let Some(gone) = found.as_ref().filter(|p| !p.active) {
        checks.problem(field, format!("cannot be {}: this person is no longer active", gone.name));
    }
    Ok(found.map(|p| p.id))
}
