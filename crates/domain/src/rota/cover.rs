//! Somebody takes over: overrides. The later decision wins, and taking one back restores exactly what was.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::Serialize;

use super::{
    Cover, CoverKind, Difference, HORIZON, Holder, Plan, Schedule, differences,
    renew::renew,
    schedule::{may_read, schedule},
    shifts, store, tell,
};
use crate::{
    CoverId, Cursor, Cx, Error, Limit, Page, PersonId, Result, ScheduleId, SwapId,
    activity::{self, Act, Changed},
    check::Checks,
    people::{self, PersonName, require_team, team_rights},
};

/// The longest an override may last: longer than that it is a change of the rotation.
pub(super) const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 92);

/// An override to be made. Times are instants: what a person typed was read before, with `typed_time`.
#[derive(Debug, Clone, Default)]
pub struct NewCover {
    /// Who is replaced (handle); none: nobody is.
    pub out: Option<String>,
    /// Who is on call instead, or beside the others (handle); none: nobody is, on purpose.
    pub by: Option<String>,
    /// First instant; now if not given or past.
    pub start: Option<Timestamp>,
    /// First instant after it.
    pub end: Timestamp,
    /// Why.
    pub reason: String,
}

/// An override, or one half of a taken swap.
#[derive(Debug, Clone, Serialize)]
pub struct CoverRecord {
    /// Key.
    pub id: CoverId,
    /// Who is replaced; none: nobody is.
    pub out: Option<PersonName>,
    /// Who is on call instead, or beside the others; none: nobody is.
    pub by: Option<PersonName>,
    /// First instant.
    pub start: Timestamp,
    /// First instant after it.
    pub end: Timestamp,
    /// Why.
    pub reason: String,
    /// The swap it comes from.
    pub swap: Option<SwapId>,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// Handle of who decided it.
    pub decided_by: Option<String>,
    /// When it was taken back.
    pub withdrawn_at: Option<Timestamp>,
}

impl CoverRecord {
    /// In a word: `replace`, `add` or `nobody`.
    pub fn kind(&self) -> &'static str {
        match (&self.out, &self.by) {
            (Some(_), _) => "replace",
            (None, Some(_)) => "add",
            (None, None) => "nobody",
        }
    }
}

/// What somebody decided, checked, with the people it names.
#[derive(Debug, Clone)]
pub(super) struct Decided {
    pub(super) out: Option<PersonId>,
    pub(super) by: Option<PersonId>,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) reason: String,
    pub(super) swap: Option<SwapId>,
}

/// Somebody takes over for a while. Members of the team and its chain may arrange it, and everybody for their own time.
/// What would change nothing is refused.
pub async fn add_cover(
    cx: &mut Cx<'_>,
    slug: &str,
    new: &NewCover,
) -> Result<(CoverRecord, Vec<Difference>)> {
    may_read(cx)?;
    let schedule = open_schedule(cx, slug).await?;
    let mut checks = Checks::default();
    let out = person(cx, &mut checks, "out", new.out.as_deref()).await?;
    let by = person(cx, &mut checks, "by", new.by.as_deref()).await?;
    require_arranger(cx, &schedule, out.as_ref().map(|p| p.id)).await?;
    if let Some(gone) = by.as_ref().filter(|p| !p.active) {
        checks.problem("by", format!("cannot be {}: this person is no longer active", gone.name));
    }
    if out.is_some() && by.is_none() {
        checks.problem("by", "is needed: who is on call instead");
    }
    if out.is_some() && out.as_ref().map(|p| p.id) == by.as_ref().map(|p| p.id) {
        checks.problem("by", "is the same person; choose somebody else");
    }
    let start = new.start.map_or(cx.now(), |start| start.max(cx.now()));
    if new.end <= start {
        checks.problem("end", "must be in the future, and after the start");
    } else if new.end.duration_since(start) > LONGEST {
        checks.problem("end", "may be three months after the start at most; change the rotation for longer");
    }
    let reason = checks.text("reason", &new.reason, 1000);
    checks.done()?;
    let decided = Decided {
        out: out.as_ref().map(|p| p.id),
        by: by.as_ref().map(|p| p.id),
        start,
        end: new.end,
        reason,
        swap: None,
    };
    cx.atomically(async |cx| {
        store::lock_schedule(cx, schedule.id).await?;
        let before = store::plan(cx, &schedule, decided.start).await?;
        let id = decide(cx, &schedule, &decided).await?;
        require_effect(cx, &schedule, &before, &decided).await?;
        let differences = renew(cx, schedule.id).await?;
        tell::of_change(cx, &schedule.name(), &differences, "somebody takes over", &decided.reason).await?;
        let cover =
            store::cover(cx, id).await?.ok_or_else(|| Error::not_found("override", id.to_string()))?;
        store::touch_schedule(cx, schedule.id).await?;
        activity::record(cx, act("schedule.override-added", &schedule, &cover)).await?;
        Ok((cover, differences))
    })
    .await
}

/// Takes an override back: what it replaced is in force again, from now on.
pub async fn withdraw_cover(cx: &mut Cx<'_>, slug: &str, id: CoverId) -> Result<Vec<Difference>> {
    may_read(cx)?;
    let schedule = open_schedule(cx, slug).await?;
    cx.atomically(async |cx| {
        store::lock_schedule(cx, schedule.id).await?;
        let cover = store::cover_of(cx, schedule.id, id)
            .await?
            .ok_or_else(|| Error::not_found("override", id.to_string()))?;
        require_arranger(cx, &schedule, cover.out.as_ref().map(|p| p.id)).await?;
        if cover.swap.is_some() {
            return Err(Error::Conflict(
                "this belongs to a swap that was taken; give the swap back instead".into(),
            ));
        }
        if cover.withdrawn_at.is_some() || cover.end <= cx.now() {
            return Err(Error::Conflict("this override is over, or was taken back already".into()));
        }
        store::withdraw_cover(cx, id).await?;
        let differences = renew(cx, schedule.id).await?;
        tell::of_change(cx, &schedule.name(), &differences, "an override is taken back", "").await?;
        store::touch_schedule(cx, schedule.id).await?;
        activity::record(cx, act("schedule.override-withdrawn", &schedule, &cover)).await?;
        Ok(differences)
    })
    .await
}

/// Overrides of a schedule that are not over, those that begin first leading.
pub async fn covers(
    cx: &mut Cx<'_>,
    schedule: ScheduleId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<CoverRecord>> {
    may_read(cx)?;
    let key = after.as_ref().map(Cursor::key::<(Timestamp, CoverId)>).transpose()?;
    let rows = store::covers_to_come(cx, schedule, key, limit.probe()).await?;
    let total = store::count_covers_to_come(cx, schedule).await?;
    Ok(Page::cut(rows, limit, total, after.as_ref(), |c| (c.start, c.id)))
}

/// Writes a decision. Two about the same person at the same time contradict each other, whoever was faster.
pub(super) async fn decide(cx: &mut Cx<'_>, schedule: &Schedule, decided: &Decided) -> Result<CoverId> {
    let id = CoverId::new();
    match store::insert_cover(cx, id, schedule.id, decided).await {
        Ok(()) => Ok(id),
        Err(Error::Database(error)) if Error::constraint(&error) == Some("cover_once") => {
            Err(Error::Conflict(format!(
                "somebody has already decided about {} in that time on {}; look at the schedule again, and take that back first or choose another time",
                if decided.out.is_some() {
                    "this person's turn"
                } else if decided.by.is_some() {
                    "adding this person"
                } else {
                    "leaving it to nobody"
                },
                schedule.name
            )))
        }
        Err(other) => Err(other),
    }
}

/// Refuses an override that changes nothing: people would believe that somebody is on call who is not.
async fn require_effect(
    cx: &mut Cx<'_>,
    schedule: &Schedule,
    before: &Plan,
    decided: &Decided,
) -> Result<()> {
    let what = match (decided.out, decided.by) {
        (Some(out), Some(by)) => CoverKind::Replace { out, by },
        (None, Some(by)) => CoverKind::Add(by),
        (_, None) => CoverKind::Nobody,
    };
    let (start, end) = (decided.start, decided.end);
    let mut after = before.clone();
    after.covers.push(Cover { id: CoverId::new(), start, end, what, swap: false });
    if !differences(&shifts(before, start, end), &shifts(&after, start, end), start, end).is_empty() {
        return Ok(());
    }
    Err(match what {
        CoverKind::Replace { out, .. } => {
            let next = next_turn(cx, schedule, out).await?;
            Error::invalid(
                "out",
                format!("is not on call in that time, so there is nothing to take over; {next}"),
            )
        }
        CoverKind::Add(_) => Error::invalid("by", "is on call in all of that time anyway"),
        CoverKind::Nobody => {
            Error::invalid("start", "lies in a time in which nobody is to be on call anyway")
        }
    })
}

/// When somebody is on call next on a schedule, in words and in the zone of whoever asks; as far as shifts are planned.
pub(super) async fn next_turn(cx: &mut Cx<'_>, schedule: &Schedule, person: PersonId) -> Result<String> {
    let now = cx.now();
    let plan = store::plan(cx, schedule, now).await?;
    let is_theirs = |holder| matches!(holder, Holder::Person(p) | Holder::Vacant(p) if p == person);
    let next = shifts(&plan, now, now + HORIZON).into_iter().find(|shift| is_theirs(shift.holder));
    let Some(next) = next else { return Ok("they have no turn in the half year to come".into()) };
    let zone = TimeZone::get(&cx.actor().time_zone).unwrap_or(TimeZone::UTC);
    let at = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%a %-d %b %Y %H:%M").to_string();
    let name = zone.iana_name().unwrap_or("UTC");
    Ok(if next.start <= now {
        format!("they are on call now, until {} ({name})", at(next.end))
    } else {
        format!("they are on call next from {} to {} ({name})", at(next.start), at(next.end))
    })
}

pub(super) async fn open_schedule(cx: &mut Cx<'_>, slug: &str) -> Result<Schedule> {
    let schedule = schedule(cx, slug).await?;
    if schedule.closed_at.is_some() {
        return Err(Error::Conflict(format!("the schedule {} is closed", schedule.name)));
    }
    Ok(schedule)
}

/// Whoever may edit the team arranges for everybody; everybody arranges for themselves.
pub(super) async fn require_arranger(
    cx: &mut Cx<'_>,
    schedule: &Schedule,
    whose: Option<PersonId>,
) -> Result<()> {
    if cx.admin().is_ok() {
        return Ok(());
    }
    let me = cx.writer()?;
    if whose == Some(me) || team_rights(cx, schedule.team.id).await?.edit {
        return Ok(());
    }
    require_team(cx, Some(schedule.team.id), &format!("who is on call on {}", schedule.name)).await
}

pub(super) async fn person(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    field: &str,
    word: Option<&str>,
) -> Result<Option<people::Person>> {
    match word {
        Some(word) => people::person_meant(cx, checks, field, word).await,
        None => Ok(None),
    }
}

fn act(verb: &'static str, schedule: &Schedule, cover: &CoverRecord) -> Act {
    let handle = |p: &Option<PersonName>| p.as_ref().map_or("nobody".into(), |p| p.handle.clone());
    Act {
        changes: vec![
            Changed::new("on_call", handle(&cover.out), handle(&cover.by)),
            Changed::new("time", serde_json::Value::Null, format!("{}/{}", cover.start, cover.end)),
        ],
        note: cover.reason.clone(),
        ..Act::new(verb, schedule.subject())
    }
}
