//! Making and changing schedules. Every edit can be looked at before it is saved: [`preview`] says who would be on call
//! at other times than now, [`change`] does it, and both go through the same draft.

use super::{
    Contact, Coverage, Difference, Effective, LayerRecord, Plan, Purpose, Rotation, Schedule, Unit, Window,
    duty::holder,
    effective::beginning_with,
    following,
    load::{self, TooOften},
    renew::{self, renew},
    schedule::{coverage_of, may_read, schedule},
    store, tell, wall_time,
};
use crate::{
    Cx, Error, HolidayCalendarId, LayerId, PersonId, Result, ScheduleId,
    activity::{self, Act, Changed},
    check::Checks,
    people::{self, require_team},
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

const MOST_LAYERS: usize = 20;
const MOST_PARTICIPANTS: usize = 100;
const MOST_WINDOWS: usize = 50;

/// A schedule to be made.
#[derive(Debug, Clone)]
pub struct NewSchedule {
    /// Slug of the team it belongs to.
    pub team: String,
    /// Short unique name: small letters, digits, hyphens.
    pub slug: String,
    /// Name.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// What it is for.
    pub purpose: Purpose,
    /// IANA name of its zone.
    pub time_zone: String,
    /// Weekly windows in which somebody should be there; none: always.
    pub coverage: Option<Vec<Window>>,
    /// Where its holidays come from.
    pub holiday_calendar: Option<HolidayCalendarId>,
    /// Its layers.
    pub layers: Vec<NewLayer>,
}

/// A layer to be made.
#[derive(Debug, Clone)]
pub struct NewLayer {
    /// Name.
    pub name: String,
    /// Higher replaces lower.
    pub priority: i32,
    /// IANA name of the zone of its hand-offs and restrictions, if it is another than the schedule's.
    pub time_zone: Option<String>,
    /// A wall time at which a hand-off falls, usually the first one. If it is past, the turn that lasts is a partial one.
    pub hand_off: DateTime,
    /// The hand-off is every so many …
    pub every: u32,
    /// … of these.
    pub unit: Unit,
    /// Count only active days.
    pub only_active_days: bool,
    /// Weekly windows in which the layer counts; none: always.
    pub restrictions: Vec<Window>,
    /// Handles in order, the first one begins; `nobody` is a turn of nobody.
    pub participants: Vec<String>,
    /// Wall time at which it ends.
    pub ends: Option<DateTime>,
}

/// What to change of a schedule itself; nothing given, nothing changed.
#[derive(Debug, Clone, Default)]
pub struct ScheduleEdit {
    /// Name.
    pub name: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// IANA name of its zone.
    pub time_zone: Option<String>,
    /// Weekly windows; none: always.
    pub coverage: Option<Option<Vec<Window>>>,
    /// Where its holidays come from.
    pub holiday_calendar: Option<Option<HolidayCalendarId>>,
    /// Close it: no shifts from now on.
    pub close: bool,
}

/// What to change of a layer; nothing given, nothing changed.
#[derive(Debug, Clone, Default)]
pub struct LayerEdit {
    /// Name.
    pub name: Option<String>,
    /// Higher replaces lower.
    pub priority: Option<i32>,
    /// IANA name of the zone of its hand-offs and restrictions; none: the schedule's.
    pub time_zone: Option<Option<String>>,
    /// A wall time at which a hand-off falls.
    pub hand_off: Option<DateTime>,
    /// The hand-off is every so many …
    pub every: Option<u32>,
    /// … of these.
    pub unit: Option<Unit>,
    /// Count only active days.
    pub only_active_days: Option<bool>,
    /// Weekly windows in which the layer counts.
    pub restrictions: Option<Vec<Window>>,
    /// Handles in order; `nobody` is a turn of nobody.
    pub participants: Option<Vec<String>>,
    /// Who has the first turn of the new version (handle); else the order goes on.
    pub first: Option<String>,
    /// Wall time at which it ends.
    pub ends: Option<Option<DateTime>>,
    /// From when on.
    pub effective: Effective,
}

/// One edit of a schedule.
#[derive(Debug, Clone)]
pub enum Edit {
    /// Of the schedule itself.
    About(ScheduleEdit),
    /// A layer more.
    AddLayer(NewLayer),
    /// Of a layer: a new version of its rotation.
    Layer(LayerId, LayerEdit),
    /// A layer less, from now on.
    RemoveLayer(LayerId),
}

/// What an edit would do.
#[derive(Debug, Clone)]
pub struct Preview {
    /// When other people would be on call than now is planned.
    pub differences: Vec<Difference>,
    /// The people named in them.
    pub people: Vec<Contact>,
    /// Who would be on call too often: saving it needs a reason.
    pub too_often: Vec<TooOften>,
}

/// A worked-out edit, not yet written.
struct Draft {
    schedule: Schedule,
    before: Plan,
    after: Plan,
    write: Write,
    changes: Vec<Changed>,
}

enum Write {
    About,
    Layer { id: LayerId, is_new: bool, name: String, priority: i32, rotation: Option<Rotation> },
    End(LayerId),
}

/// Makes a schedule with its layers. For whoever may edit the team.
pub async fn create_schedule(cx: &mut Cx<'_>, new: NewSchedule, reason: &str) -> Result<Schedule> {
    let team = people::team(cx, &new.team).await?;
    require_team(cx, Some(team.id), &format!("the schedules of {}", team.name)).await?;
    let mut checks = Checks::default();
    if !is_slug(new.slug.trim()) {
        checks.problem("slug", "must be 1 to 63 small letters, digits and hyphens, with a letter or digit at both ends, such as basket-on-call");
    }
    let about = ScheduleEdit {
        name: Some(new.name),
        description: Some(new.description),
        time_zone: Some(new.time_zone),
        coverage: Some(new.coverage),
        holiday_calendar: Some(new.holiday_calendar),
        close: false,
    };
    let blank = Schedule {
        id: ScheduleId::new(),
        team: people::TeamName { id: team.id, slug: team.slug.clone(), name: team.name.clone() },
        slug: new.slug.trim().to_owned(),
        name: String::new(),
        description: String::new(),
        purpose: new.purpose,
        time_zone: String::new(),
        coverage: Coverage::Always,
        holiday_calendar: None,
        projected_until: cx.now(),
        version: 1,
        created_at: cx.now(),
        updated_at: cx.now(),
        closed_at: None,
    };
    let schedule = about_of(cx, &mut checks, &blank, &about).await?;
    if new.layers.len() > MOST_LAYERS {
        checks.problem("layers", format!("may be {MOST_LAYERS} at most"));
    }
    let mut plan = empty_plan(&schedule);
    let mut layers = Vec::new();
    for layer in &new.layers {
        let rotation = new_rotation(cx, &mut checks, &plan, layer).await?;
        let name = checks.line("layers.name", &layer.name, 100);
        let id = LayerId::new();
        plan.layers.push(super::Layer { id, priority: layer.priority, rotations: vec![rotation.clone()] });
        layers.push((id, name, layer.priority, rotation));
    }
    checks.done()?;
    require_reason(cx, &schedule, &plan, reason).await?;
    cx.atomically(async |cx| {
        store::insert_schedule(cx, &schedule).await?;
        for (id, name, priority, rotation) in &layers {
            store::insert_layer(cx, schedule.id, *id, name, *priority).await?;
            store::insert_rotation(cx, *id, rotation).await?;
        }
        renew(cx, schedule.id).await?;
        let turns = renew::preview(&empty_plan(&schedule), &plan, cx.now());
        tell::of_change(cx, &schedule.name(), &turns, "a new schedule", reason).await?;
        let note = reason.trim().to_owned();
        activity::record(cx, Act { note, ..Act::new("schedule.created", schedule.subject()) }).await?;
        super::schedule_by_id(cx, schedule.id).await
    })
    .await
}

/// Who would be on call at other times than now, if this were saved. For whoever may edit the team.
pub async fn preview(cx: &mut Cx<'_>, slug: &str, edit: &Edit) -> Result<Preview> {
    let before = editable(cx, slug).await?;
    let draft = draft(cx, before, edit).await?;
    let now = cx.now();
    let differences = renew::preview(&draft.before, &draft.after, now);
    let mut ids: Vec<PersonId> =
        differences.iter().flat_map(|d| d.before.iter().chain(&d.after)).filter_map(|h| holder(*h)).collect();
    let too_often = load::too_often(cx, &draft.schedule, &draft.after).await?;
    ids.sort_unstable();
    ids.dedup();
    Ok(Preview { differences, people: store::contacts(cx, &ids).await?, too_often })
}

/// Saves an edit, and returns whom it affects and how. For whoever may edit the team; `reason` is needed where somebody
/// would be on call too often.
pub async fn change(
    cx: &mut Cx<'_>,
    slug: &str,
    edit: &Edit,
    version: Option<i64>,
    reason: &str,
) -> Result<(Schedule, Vec<Difference>)> {
    let before = editable(cx, slug).await?;
    cx.atomically(async |cx| {
        let before =
            store::lock_schedule(cx, before.id).await?.ok_or_else(|| Error::not_found("schedule", slug))?;
        if version.is_some_and(|v| v != before.version) {
            return Err(Error::Stale);
        }
        let draft = draft(cx, before, edit).await?;
        require_reason(cx, &draft.schedule, &draft.after, reason).await?;
        let id = draft.schedule.id;
        write(cx, &draft).await?;
        let differences = renew(cx, id).await?;
        let verb = match edit {
            Edit::About(about) if about.close => "schedule.closed",
            Edit::AddLayer(_) => "schedule.layer-added",
            Edit::RemoveLayer(_) => "schedule.layer-removed",
            Edit::About(_) | Edit::Layer(..) => "schedule.edited",
        };
        let what = match edit {
            Edit::About(about) if about.close => "the schedule is closed",
            Edit::AddLayer(_) => "a layer more",
            Edit::RemoveLayer(_) => "a layer less",
            Edit::About(_) => "the schedule is edited",
            Edit::Layer(..) => "the rotation is edited",
        };
        tell::of_change(cx, &draft.schedule.name(), &differences, what, reason).await?;
        let (changes, note) = (draft.changes, reason.trim().to_owned());
        activity::record(cx, Act { changes, note, ..Act::new(verb, draft.schedule.subject()) }).await?;
        Ok((super::schedule_by_id(cx, id).await?, differences))
    })
    .await
}

/// A schedule that the actor may edit.
pub(super) async fn editable(cx: &mut Cx<'_>, slug: &str) -> Result<Schedule> {
    may_read(cx)?;
    let schedule = schedule(cx, slug).await?;
    require_team(cx, Some(schedule.team.id), &format!("the schedule {}", schedule.name)).await?;
    if schedule.closed_at.is_some() {
        return Err(Error::Conflict(format!(
            "the schedule {} is closed; make a new one for what is to come",
            schedule.name
        )));
    }
    Ok(schedule)
}

async fn write(cx: &mut Cx<'_>, draft: &Draft) -> Result<()> {
    let schedule = draft.schedule.id;
    match &draft.write {
        Write::About => store::update_schedule(cx, &draft.schedule).await,
        Write::Layer { id, is_new, name, priority, rotation } => {
            if *is_new {
                store::insert_layer(cx, schedule, *id, name, *priority).await?;
            } else {
                store::update_layer(cx, *id, name, *priority).await?;
            }
            if let Some(rotation) = rotation {
                store::end_rotations(cx, *id, rotation.from).await?;
                store::insert_rotation(cx, *id, rotation).await?;
            }
            store::touch_schedule(cx, schedule).await
        }
        Write::End(layer) => {
            let now = cx.now();
            store::end_rotations(cx, *layer, now).await?;
            store::touch_schedule(cx, schedule).await
        }
    }
}

async fn draft(cx: &mut Cx<'_>, before: Schedule, edit: &Edit) -> Result<Draft> {
    let now = cx.now();
    let plan = store::plan(cx, &before, now).await?;
    let mut checks = Checks::default();
    let mut after = plan.clone();
    let mut schedule = before.clone();
    let mut changes = Vec::new();
    let write = match edit {
        Edit::About(about) => {
            schedule = about_of(cx, &mut checks, &before, about).await?;
            changes = about_changes(&before, &schedule);
            after.zone = schedule.zone();
            after.coverage = schedule.coverage.clone();
            if about.close {
                schedule.closed_at = Some(now);
                after.layers.clear();
                after.covers.clear();
                after.coverage = coverage_of(Some(Vec::new()), std::collections::BTreeSet::new());
            }
            Write::About
        }
        Edit::AddLayer(new) => {
            if plan.layers.len() >= MOST_LAYERS {
                checks.problem("layers", format!("may be {MOST_LAYERS} at most"));
            }
            let name = checks.line("name", &new.name, 100);
            let rotation = new_rotation(cx, &mut checks, &plan, new).await?;
            let id = LayerId::new();
            after.layers.push(super::Layer { id, priority: new.priority, rotations: vec![rotation.clone()] });
            changes.push(Changed::new("layer", serde_json::Value::Null, name.as_str()));
            Write::Layer { id, is_new: true, name, priority: new.priority, rotation: Some(rotation) }
        }
        Edit::Layer(id, edit) => {
            let old = layer_of(cx, &before, *id).await?;
            layer_edit(cx, &mut checks, &plan, &mut after, &old, edit, &mut changes).await?
        }
        Edit::RemoveLayer(id) => {
            let old = layer_of(cx, &before, *id).await?;
            end_in(&mut after, *id, now);
            changes.push(Changed::new("layer", old.name, serde_json::Value::Null));
            Write::End(*id)
        }
    };
    checks.done()?;
    Ok(Draft { schedule, before: plan, after, write, changes })
}

async fn layer_of(cx: &mut Cx<'_>, schedule: &Schedule, id: LayerId) -> Result<LayerRecord> {
    let layers = super::layers(cx, schedule.id).await?;
    layers.into_iter().find(|l| l.id == id).ok_or_else(|| Error::not_found("layer", id.to_string()))
}

/// Ends a layer's rotations in a plan; those to come never begin.
fn end_in(plan: &mut Plan, layer: LayerId, at: Timestamp) {
    for rotation in plan.layers.iter_mut().filter(|l| l.id == layer).flat_map(|l| &mut l.rotations) {
        if rotation.until.is_none_or(|until| until > at) {
            rotation.until = Some(at.max(rotation.from));
        }
    }
}

async fn layer_edit(
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

async fn new_rotation(cx: &mut Cx<'_>, checks: &mut Checks, plan: &Plan, new: &NewLayer) -> Result<Rotation> {
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

async fn about_of(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    before: &Schedule,
    edit: &ScheduleEdit,
) -> Result<Schedule> {
    let mut after = before.clone();
    if let Some(name) = &edit.name {
        after.name = checks.line("name", name, 200);
    }
    if let Some(description) = &edit.description {
        after.description = checks.text("description", description, 2000);
    }
    if let Some(zone) = &edit.time_zone {
        after.time_zone = checks.time_zone("time_zone", zone);
    }
    if let Some(calendar) = edit.holiday_calendar {
        after.holiday_calendar = calendar;
    }
    let holidays = match after.holiday_calendar {
        Some(calendar) => store::holidays(cx, calendar).await?.unwrap_or_else(|| {
            checks.problem("holiday_calendar", "is not there; choose another or none");
            std::collections::BTreeSet::new()
        }),
        None => std::collections::BTreeSet::new(),
    };
    let windows = match &edit.coverage {
        Some(windows) => windows.clone(),
        None => after.windows().map(<[Window]>::to_vec),
    };
    match &windows {
        Some(windows) if windows.is_empty() => {
            checks.problem("coverage", "needs at least one window, or none at all for day and night");
        }
        Some(windows) if windows.len() > MOST_WINDOWS => {
            checks.problem("coverage", format!("may be {MOST_WINDOWS} windows at most"));
        }
        _ => {}
    }
    after.coverage = coverage_of(windows, holidays);
    Ok(after)
}

fn about_changes(before: &Schedule, after: &Schedule) -> Vec<Changed> {
    let told = |s: &Schedule| {
        [
            ("name", s.name.clone()),
            ("description", s.description.clone()),
            ("time_zone", s.time_zone.clone()),
            (
                "coverage",
                s.windows().map_or("always".into(), |w| serde_json::to_string(w).unwrap_or_default()),
            ),
            ("holiday_calendar", s.holiday_calendar.map(|c| c.to_string()).unwrap_or_default()),
        ]
    };
    told(before)
        .into_iter()
        .zip(told(after))
        .filter(|(from, to)| from != to)
        .map(|((field, from), (_, to))| Changed::new(field, from, to))
        .collect()
}

/// Refuses to let somebody be on call more often than the settings bear without a reason that is kept.
async fn require_reason(cx: &mut Cx<'_>, schedule: &Schedule, plan: &Plan, reason: &str) -> Result<()> {
    if !reason.trim().is_empty() {
        let mut checks = Checks::default();
        checks.text("reason", reason, 1000);
        return checks.done();
    }
    let too_often = load::too_often(cx, schedule, plan).await?;
    if too_often.is_empty() {
        return Ok(());
    }
    let told: Vec<_> =
        too_often.iter().map(|t| format!("{} one in {:.1}", t.person.name, t.one_in)).collect();
    Err(Error::invalid(
        "reason",
        format!(
            "is needed, because this is more than anybody should bear for long: {}; say why it has to be so, and until when",
            told.join(", ")
        ),
    ))
}

fn empty_plan(schedule: &Schedule) -> Plan {
    Plan {
        zone: schedule.zone(),
        coverage: schedule.coverage.clone(),
        layers: Vec::new(),
        covers: Vec::new(),
        left: std::collections::BTreeMap::new(),
    }
}

fn is_slug(text: &str) -> bool {
    let bytes = text.as_bytes();
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    bytes.len() <= 63
        && edge(bytes.first())
        && edge(bytes.last())
        && text != "new"
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
}
