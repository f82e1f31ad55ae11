//! Shifts as they are kept, with the names of who has them: of a schedule, of a person, of now.

use jiff::Timestamp;
use serde::Serialize;

use super::{Away, Holder, Plan, Purpose, Schedule, ScheduleName, Shift, schedule::may_read, shifts, store};
use crate::{
    CoverId, Cursor, Cx, Error, LayerId, Limit, Page, PersonId, Result, ScheduleId, TeamId,
    page::check_words, people::PersonName,
};

/// The longest range that shifts are listed for: a year and a bit, so that two year-ends fit.
pub const MOST_DAYS: i64 = 400;

/// Somebody on call, with how to reach them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contact {
    /// Key.
    pub id: PersonId,
    /// Short unique name.
    pub handle: String,
    /// Full name.
    pub name: String,
    /// Whether the account is active.
    pub active: bool,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// IANA zone they live in.
    pub time_zone: String,
}

impl Contact {
    /// Whether a page could reach them at all.
    pub fn is_reachable(&self) -> bool {
        self.active && (self.email.is_some() || self.phone.is_some())
    }
}

/// Whether somebody has a shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Held {
    /// Somebody has it.
    Person,
    /// Whoever has it is no longer active.
    Vacant,
    /// Nobody, on purpose.
    Nobody,
    /// Nobody, though somebody should.
    Gap,
}

impl Held {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Vacant => "vacant",
            Self::Nobody => "nobody",
            Self::Gap => "gap",
        }
    }
}

/// Where a shift comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Via {
    /// A turn of a rotation.
    Rotation,
    /// An override.
    Override,
    /// A swap that was taken.
    Swap,
}

impl Via {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rotation => "rotation",
            Self::Override => "override",
            Self::Swap => "swap",
        }
    }
}

/// A shift of a schedule. Half-open: at `end` the next one is on call.
#[derive(Debug, Clone, Serialize)]
pub struct Duty {
    /// Whose schedule.
    pub schedule: ScheduleName,
    /// What the schedule is for.
    pub purpose: Purpose,
    /// What stays the same when another person takes it.
    pub uid: String,
    /// First instant.
    pub start: Timestamp,
    /// First instant after it.
    pub end: Timestamp,
    /// Whether somebody has it.
    pub held: Held,
    /// Who has it, or for a vacant one had it.
    pub person: Option<Contact>,
    /// Where it comes from.
    pub via: Via,
    /// The layer whose turn it is.
    pub layer: Option<LayerId>,
    /// The override or half of a swap it comes from.
    pub cover: Option<CoverId>,
    /// Why somebody else has it.
    pub reason: String,
    /// Who would have had it, had nobody taken over.
    pub instead_of: Option<PersonName>,
    /// How often it was changed.
    pub sequence: i32,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// When it ceased to be a shift.
    pub cancelled_at: Option<Timestamp>,
}

impl Duty {
    /// The person who is on call.
    pub fn on_call(&self) -> Option<&Contact> {
        self.person.as_ref().filter(|_| self.held == Held::Person)
    }

    /// When within it whoever has it is away, by what is known of absences; in their order.
    pub fn away(&self, absences: &[Away]) -> Vec<Away> {
        let Some(person) = self.on_call() else { return Vec::new() };
        let own = absences.iter().filter(|a| a.person == person.id);
        own.map(|a| Away { start: a.start.max(self.start), end: a.end.min(self.end), ..*a })
            .filter(|a| a.start < a.end)
            .collect()
    }

    /// Whether it lasts at this instant.
    pub fn is_at(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }
}

/// The shifts of a schedule that touch `[from, to)`, whole, by their start: facts, what is planned, and beyond the
/// horizon what would follow.
pub async fn shifts_of_schedule(
    cx: &mut Cx<'_>,
    schedule: &Schedule,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Duty>> {
    may_read(cx)?;
    check_range(from, to)?;
    let mut duties = store::duties_of_schedule(cx, schedule.id, from, to).await?;
    if to > schedule.projected_until && schedule.closed_at.is_none() {
        let begin = from.max(schedule.projected_until);
        let plan = store::plan(cx, schedule, begin).await?;
        let known: std::collections::HashSet<_> = duties.iter().map(|d| d.uid.clone()).collect();
        let later = shifts(&plan, begin, to).into_iter().filter(|s| !known.contains(&s.key)).collect();
        duties.extend(named(cx, schedule, later).await?);
    }
    Ok(duties)
}

/// Computed shifts with the names of their people.
pub(super) async fn named(cx: &mut Cx<'_>, schedule: &Schedule, shifts: Vec<Shift>) -> Result<Vec<Duty>> {
    let mut ids: Vec<PersonId> =
        shifts.iter().flat_map(|s| [holder(s.holder), s.instead_of]).flatten().collect();
    ids.sort_unstable();
    ids.dedup();
    let contacts = store::contacts(cx, &ids).await?;
    let contact = |id: PersonId| contacts.iter().find(|c| c.id == id).cloned();
    Ok(shifts
        .into_iter()
        .map(|s| Duty {
            schedule: schedule.name(),
            purpose: schedule.purpose,
            held: held(s.holder),
            person: holder(s.holder).and_then(contact),
            via: match s.via {
                super::ShiftVia::Rotation => Via::Rotation,
                super::ShiftVia::Override(_) => Via::Override,
                super::ShiftVia::Swap(_) => Via::Swap,
            },
            cover: s.via.cover(),
            instead_of: s.instead_of.and_then(contact).map(|c| PersonName {
                id: c.id,
                handle: c.handle,
                name: c.name,
                active: c.active,
            }),
            uid: s.key,
            start: s.start,
            end: s.end,
            layer: s.layer,
            reason: String::new(),
            sequence: 0,
            changed_at: schedule.updated_at,
            cancelled_at: None,
        })
        .collect())
}

fn held(holder: Holder) -> Held {
    match holder {
        Holder::Person(_) => Held::Person,
        Holder::Vacant(_) => Held::Vacant,
        Holder::Nobody => Held::Nobody,
        Holder::Gap => Held::Gap,
    }
}

pub(super) fn holder(holder: Holder) -> Option<PersonId> {
    match holder {
        Holder::Person(person) | Holder::Vacant(person) => Some(person),
        Holder::Nobody | Holder::Gap => None,
    }
}

/// What a schedule says, as values: for the timeline of its layers.
pub async fn plan_of(cx: &mut Cx<'_>, schedule: &Schedule, since: Timestamp) -> Result<Plan> {
    may_read(cx)?;
    store::plan(cx, schedule, since).await
}

/// Names of the people who stand in a plan, for the timeline of its layers.
pub async fn contacts(cx: &mut Cx<'_>, people: &[PersonId]) -> Result<Vec<Contact>> {
    may_read(cx)?;
    store::contacts(cx, people).await
}

/// The shifts of a person that touch `[from, to)`, on all schedules, by their start.
pub async fn shifts_of_person(
    cx: &mut Cx<'_>,
    person: PersonId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Duty>> {
    may_read(cx)?;
    check_range(from, to)?;
    store::duties_of_person(cx, person, from, to).await
}

/// The shifts of the actor that last now, and those that come next: the first few that are not over.
pub async fn my_next_shifts(cx: &mut Cx<'_>, limit: Limit) -> Result<Vec<Duty>> {
    let me = cx.reader()?;
    store::first_duties_of_person(cx, me, limit.rows()).await
}

/// Who is on duty on a schedule at an instant: several where layers stand side by side, and what is there instead of
/// somebody (a gap, a vacant turn).
pub async fn on_duty(cx: &mut Cx<'_>, schedule: &Schedule, at: Timestamp) -> Result<Vec<Duty>> {
    may_read(cx)?;
    // the finest step that the database knows
    let soon = at.checked_add(jiff::SignedDuration::from_micros(1)).unwrap_or(at);
    shifts_of_schedule(cx, schedule, at, soon).await
}

/// A schedule with who is on duty now and who is next, for the whole company at a glance.
#[derive(Debug, Clone)]
pub struct NowAndNext {
    /// The schedule.
    pub schedule: ScheduleName,
    /// Slug and name of its team.
    pub team: crate::people::TeamName,
    /// What it is for.
    pub purpose: Purpose,
    /// Its zone.
    pub time_zone: String,
    /// What lasts now; empty outside the coverage.
    pub now: Vec<Duty>,
    /// The next shift that somebody has.
    pub next: Option<Duty>,
    /// The next gap or vacant turn, as far as warnings look ahead.
    pub gap: Option<Duty>,
}

/// The open schedules with who is there now, who is next, and what is missing next; by team and name.
pub async fn company_now(
    cx: &mut Cx<'_>,
    filter: &super::ScheduleFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<NowAndNext>> {
    may_read(cx)?;
    filter.q.as_deref().map_or(Ok(()), check_words)?;
    let key = after.as_ref().map(Cursor::key::<(String, String, ScheduleId)>).transpose()?;
    let rows = store::schedules_by_team(cx, filter, key, limit.probe()).await?;
    let total = store::count_schedules(cx, filter).await?;
    let page = Page::cut(rows, limit, total, after.as_ref(), |s| (s.team.name.clone(), s.name.clone(), s.id));
    let ids: Vec<ScheduleId> = page.items.iter().map(|s| s.id).collect();
    let mut around = store::duties_around(cx, &ids, cx.now()).await?;
    let now = cx.now();
    Ok(page.map(|s| {
        let (of_it, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut around).into_iter().partition(|d| d.schedule.id == s.id);
        around = others;
        let (lasting, coming): (Vec<_>, Vec<_>) = of_it.into_iter().partition(|d| d.is_at(now));
        NowAndNext {
            schedule: s.name(),
            next: coming.iter().find(|d| d.held == Held::Person).cloned(),
            gap: coming.iter().find(|d| matches!(d.held, Held::Gap | Held::Vacant)).cloned(),
            now: lasting,
            team: s.team,
            purpose: s.purpose,
            time_zone: s.time_zone,
        }
    }))
}

fn check_range(from: Timestamp, to: Timestamp) -> Result<()> {
    if to <= from {
        return Err(Error::invalid("to", "must be after from"));
    }
    if to.duration_since(from) > jiff::SignedDuration::from_hours(24 * MOST_DAYS) {
        return Err(Error::invalid(
            "to",
            format!("may be {MOST_DAYS} days after from at most; ask for less at once"),
        ));
    }
    Ok(())
}

/// Who is on duty now on the first schedule of each of these teams, for lists that name the person on call.
pub async fn on_call_of_teams(
    cx: &mut Cx<'_>,
    teams: &[TeamId],
    purpose: Purpose,
) -> Result<Vec<(TeamId, Duty)>> {
    may_read(cx)?;
    if teams.is_empty() {
        return Ok(Vec::new());
    }
    store::on_call_of_teams(cx, teams, purpose).await
}

/// Who had or will have a shift of a team between two instants, on all of its schedules, closed ones too: for sums of
/// time. Whole shifts, at most two thousand.
pub async fn shifts_of_team(
    cx: &mut Cx<'_>,
    team: TeamId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(PersonId, Timestamp, Timestamp)>> {
    may_read(cx)?;
    check_range(from, to)?;
    store::held_by_people(cx, team, from, to).await
}

/// When whoever has one of these shifts is away meanwhile, as their calendars say. One statement; of past times only what
/// was known then.
pub async fn away_during(cx: &mut Cx<'_>, duties: &[Duty]) -> Result<Vec<Away>> {
    may_read(cx)?;
    let mut people: Vec<PersonId> = duties.iter().filter_map(Duty::on_call).map(|c| c.id).collect();
    people.sort_unstable();
    people.dedup();
    let start = duties.iter().map(|d| d.start).min();
    let (Some(start), Some(end)) = (start, duties.iter().map(|d| d.end).max()) else {
        return Ok(Vec::new());
    };
    super::away(cx, &people, start, end).await
}
