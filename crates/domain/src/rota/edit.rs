//! Making and changing schedules. Every edit can be looked at before it is saved: [`preview`] says who would be on call
//! at other times than now, [`change`] does it, and both go through the same draft.

mod layer;

use super::{
    Contact, Coverage, Difference, Effective, Plan, Purpose, Rotation, Schedule, Unit, Window,
    duty::holder,
    load::{self, TooOften},
    renew::{self, renew},
    schedule::{coverage_of, may_read, schedule},
    store, tell,
};
use crate::{
    Cx, Error, HolidayCalendarId, LayerId, PersonId, Result, ScheduleId,
    activity::{self, Act, Changed},
    check::Checks,
    people::{self, require_team},
};
use jiff::civil::DateTime;
use layer::{MOST_WINDOWS, end_in, layer_edit, layer_of, new_rotation};

const MOST_LAYERS: usize = 20;

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
    seen(cx, &draft.schedule, &draft.before, &draft.after).await
}

/// What becomes of a schedule when its plan is another one.
pub(super) async fn seen(
    cx: &mut Cx<'_>,
    schedule: &Schedule,
    before: &Plan,
    after: &Plan,
) -> Result<Preview> {
    let differences = renew::preview(before, after, cx.now());
    let mut ids: Vec<PersonId> =
        differences.iter().flat_map(|d| d.before.iter().chain(&d.after)).filter_map(|h| holder(*h)).collect();
    let too_often = load::too_often(cx, schedule, after).await?;
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
        return bearable(&[], reason);
    }
    let too_often = load::too_often(cx, schedule, plan).await?;
    let told: Vec<_> =
        too_often.iter().map(|t| format!("{} one in {:.1}", t.person.name, t.one_in)).collect();
    bearable(&told, reason)
}

/// Refuses what is told here, who would be on call how often, unless there is a reason that is kept.
pub(super) fn bearable(told: &[String], reason: &str) -> Result<()> {
    if !reason.trim().is_empty() {
        let mut checks = Checks::default();
        checks.text("reason", reason, 1000);
        return checks.done();
    }
    if told.is_empty() {
        return Ok(());
    }
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
