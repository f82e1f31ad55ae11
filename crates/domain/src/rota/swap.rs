//! Swaps: somebody asks to be replaced, anybody or one person; it counts when it is taken, and can be given back.

use jiff::Timestamp;
use serde::Serialize;

use super::{
    Difference, Schedule, ScheduleName,
    cover::{Decided, LONGEST, decide, next_turn, open_schedule, person, require_arranger},
    renew::renew,
    schedule::may_read,
    store, tell,
};
use crate::{
    Cursor, Cx, Error, Few, Limit, Page, PersonId, Result, ScheduleId, SwapId,
    activity::{self, Act},
    check::Checks,
    people::{Person, PersonName, team_rights},
};

/// A swap to be asked for.
#[derive(Debug, Clone, Default)]
pub struct NewSwap {
    /// Whose time it is (handle); the actor's own if not given.
    pub asker: Option<String>,
    /// First instant.
    pub start: Timestamp,
    /// First instant after it.
    pub end: Timestamp,
    /// Who is asked (handle); anybody if not given.
    pub asked: Option<String>,
    /// What the asker takes over from the taker in return.
    pub in_return: Option<(Timestamp, Timestamp)>,
    /// A word to whoever might take it.
    pub note: String,
}

/// How a swap stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SwapState {
    /// Nobody has taken it: whoever asked is still on call.
    Open,
    /// Somebody has taken it.
    Taken,
    /// It was withdrawn.
    Withdrawn,
    /// Its time is over, and nobody took it.
    Over,
}

impl SwapState {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Taken => "taken",
            Self::Withdrawn => "withdrawn",
            Self::Over => "over",
        }
    }
}

/// A swap.
#[derive(Debug, Clone, Serialize)]
pub struct Swap {
    /// Key.
    pub id: SwapId,
    /// On which schedule.
    pub schedule: ScheduleName,
    /// Whose time it is.
    pub asker: PersonName,
    /// First instant.
    pub start: Timestamp,
    /// First instant after it.
    pub end: Timestamp,
    /// Who is asked; none: anybody.
    pub asked: Option<PersonName>,
    /// What the asker takes over in return.
    pub in_return: Option<(Timestamp, Timestamp)>,
    /// A word to whoever might take it.
    pub note: String,
    /// When it was asked.
    pub created_at: Timestamp,
    /// Who took it.
    pub taker: Option<PersonName>,
    /// When it was taken.
    pub taken_at: Option<Timestamp>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Timestamp>,
}

impl Swap {
    /// How it stands at an instant.
    pub fn state(&self, now: Timestamp) -> SwapState {
        match self {
            Self { withdrawn_at: Some(_), .. } => SwapState::Withdrawn,
            Self { taker: Some(_), .. } => SwapState::Taken,
            Self { end, .. } if *end <= now => SwapState::Over,
            _ => SwapState::Open,
        }
    }
}

/// Which swaps to list; empty means all that are not over.
#[derive(Debug, Clone, Default)]
pub struct SwapFilter {
    /// Of this schedule.
    pub schedule: Option<ScheduleId>,
    /// That this person asked for, is asked for, or took.
    pub person: Option<PersonId>,
    /// Only those that nobody has taken.
    pub open: bool,
}

/// What is asked for, checked.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) id: SwapId,
    pub(super) asker: PersonId,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) asked: Option<PersonId>,
    pub(super) in_return: Option<(Timestamp, Timestamp)>,
    pub(super) note: String,
}

/// Asks to be replaced. Everybody for their own time; whoever may edit the team for others too. It changes nothing until
/// it is taken.
pub async fn ask_swap(cx: &mut Cx<'_>, slug: &str, new: &NewSwap) -> Result<Swap> {
    may_read(cx)?;
    let me = cx.writer()?;
    let schedule = open_schedule(cx, slug).await?;
    let mut checks = Checks::default();
    let asker = match &new.asker {
        Some(word) => person(cx, &mut checks, "asker", Some(word)).await?.map(|p| p.id),
        None => Some(me),
    };
    require_arranger(cx, &schedule, asker).await?;
    let asked = person(cx, &mut checks, "asked", new.asked.as_deref()).await?;
    if let Some(gone) = asked.as_ref().filter(|p| !p.active) {
        checks.problem("asked", format!("cannot be {}: this person is no longer active", gone.name));
    }
    if asked.is_some() && asked.as_ref().map(|p| p.id) == asker {
        checks.problem("asked", "is whose time it is; ask somebody else, or anybody");
    }
    let now = cx.now();
    let start = new.start.max(now);
    if new.end <= start {
        checks.problem("end", "must be in the future, and after the start");
    } else if new.end.duration_since(start) > LONGEST {
        checks.problem("end", "may be three months after the start at most; change the rotation for longer");
    }
    if let Some(back) = new.in_return {
        check_return(cx, &mut checks, &schedule, asked.as_ref(), back).await?;
    }
    let note = checks.text("note", &new.note, 1000);
    if let Some(asker) = asker
        && new.end > start
        && !store::is_on_schedule(cx, schedule.id, asker, start, new.end).await?
    {
        let next = next_turn(cx, &schedule, asker).await?;
        checks.problem(
            "start",
            format!("lies outside of this person's shifts, so there is nothing to be replaced in; {next}"),
        );
    }
    checks.done()?;
    let Some(asker) = asker else { return Err(Error::not_found("person", "")) };
    let id = SwapId::new();
    let asked =
        Asked { id, asker, start, end: new.end, asked: asked.map(|p| p.id), in_return: new.in_return, note };
    cx.atomically(async |cx| {
        store::insert_swap(cx, schedule.id, &asked).await?;
        let swap = found(cx, id).await?;
        activity::record(cx, act("schedule.swap-asked", &schedule, &swap)).await?;
        tell::of_swap_asked(cx, &schedule, &swap).await?;
        Ok(swap)
    })
    .await
}

/// What can be known of the half in return before anybody takes the swap.
async fn check_return(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    schedule: &Schedule,
    asked: Option<&Person>,
    (from, until): (Timestamp, Timestamp),
) -> Result<()> {
    if from < cx.now() || until <= from {
        checks.problem("in_return", "must lie in the future, and end after it begins");
    } else if until.duration_since(from) > LONGEST {
        checks.problem("in_return", "may last three months at most; change the rotation for longer");
    } else if let Some(asked) = asked
        && !store::is_on_schedule(cx, schedule.id, asked.id, from, until).await?
    {
        let why =
            format!("lies outside of the shifts of {}; choose a time that is theirs to give", asked.name);
        checks.problem("in_return", why);
    }
    Ok(())
}

/// Takes a swap: the actor, or (arranged by whoever may edit the team) another person. Whoever is asked by name, or
/// anybody on the schedule or in its team if nobody is.
pub async fn take_swap(cx: &mut Cx<'_>, id: SwapId, taker: Option<&str>) -> Result<(Swap, Vec<Difference>)> {
    may_read(cx)?;
    let me = cx.writer()?;
    let swap = found(cx, id).await?;
    let schedule = open_schedule(cx, &swap.schedule.slug).await?;
    let mut checks = Checks::default();
    let taker = match taker {
        Some(word) => person(cx, &mut checks, "taker", Some(word)).await?,
        None => Some(crate::people::person_by_id(cx, me).await?),
    };
    checks.done()?;
    let Some(taker) = taker else { return Err(Error::invalid("taker", "must name a person")) };
    if !taker.active {
        return Err(Error::invalid(
            "taker",
            format!("cannot be {}: this person is no longer active", taker.name),
        ));
    }
    may_take(cx, &schedule, &swap, taker.id).await?;
    let taker = PersonName::from(taker);
    cx.atomically(async |cx| {
        store::lock_schedule(cx, schedule.id).await?;
        let swap = found(cx, id).await?;
        match swap.state(cx.now()) {
            SwapState::Open => {}
            SwapState::Taken => {
                let who = swap.taker.as_ref().map_or("somebody", |t| t.name.as_str());
                return Err(Error::Conflict(format!("{who} has already taken it")));
            }
            SwapState::Withdrawn => return Err(Error::Conflict("it was withdrawn".into())),
            SwapState::Over => return Err(Error::Conflict("its time is over".into())),
        }
        if swap.asker.id == taker.id {
            return Err(Error::Conflict("this is your own time; withdraw the swap to keep it".into()));
        }
        let given = still_given(cx, &schedule, &swap.asker, (swap.start, swap.end)).await?;
        let back = match swap.in_return {
            Some(back) => Some(still_given(cx, &schedule, &taker, back).await?),
            None => None,
        };
        store::take_swap(cx, id, taker.id).await?;
        let half = |out, by, (start, end): (Timestamp, Timestamp)| Decided {
            out: Some(out),
            by: Some(by),
            start,
            end,
            reason: swap.note.clone(),
            swap: Some(id),
        };
        decide(cx, &schedule, &half(swap.asker.id, taker.id, given)).await?;
        if let Some(back) = back {
            decide(cx, &schedule, &half(taker.id, swap.asker.id, back)).await?;
        }
        let differences = renew(cx, schedule.id).await?;
        store::touch_schedule(cx, schedule.id).await?;
        let swap = found(cx, id).await?;
        activity::record(cx, act("schedule.swap-taken", &schedule, &swap)).await?;
        tell::of_change(cx, &schedule.name(), &differences, "a swap is taken", &swap.note).await?;
        Ok((swap, differences))
    })
    .await
}

/// What lies ahead of a time that somebody gives, with the schedule locked; refused if it is not theirs to give. Else one
/// of the two would take over and get nothing for it.
async fn still_given(
    cx: &mut Cx<'_>,
    schedule: &Schedule,
    giver: &PersonName,
    (start, end): (Timestamp, Timestamp),
) -> Result<(Timestamp, Timestamp)> {
    let start = start.max(cx.now());
    let (name, instead) = (&giver.name, "withdraw the swap, and ask for another");
    let why = if end <= start {
        format!("the time that {name} would give is over; {instead}")
    } else if end.duration_since(start) > LONGEST {
        format!("the time that {name} would give is longer than three months; {instead}")
    } else if !store::is_on_schedule(cx, schedule.id, giver.id, start, end).await? {
        format!("{name} has no shift on {} in the time that they would give; {instead}", schedule.name)
    } else {
        return Ok((start, end));
    };
    Err(Error::Conflict(why))
}

/// Gives a taken swap back: from now on it is open again, and whoever asked is on call as before.
pub async fn give_swap_back(cx: &mut Cx<'_>, id: SwapId) -> Result<(Swap, Vec<Difference>)> {
    may_read(cx)?;
    let swap = found(cx, id).await?;
    let schedule = open_schedule(cx, &swap.schedule.slug).await?;
    require_party(cx, &schedule, &swap).await?;
    cx.atomically(async |cx| {
        store::lock_schedule(cx, schedule.id).await?;
        let swap = found(cx, id).await?;
        if swap.state(cx.now()) != SwapState::Taken || swap.end <= cx.now() {
            return Err(Error::Conflict("nobody has taken it, or its time is over".into()));
        }
        store::give_swap_back(cx, id).await?;
        store::withdraw_covers_of_swap(cx, id).await?;
        let differences = renew(cx, schedule.id).await?;
        store::touch_schedule(cx, schedule.id).await?;
        activity::record(cx, act("schedule.swap-given-back", &schedule, &swap)).await?;
        tell::of_change(cx, &schedule.name(), &differences, "a swap is given back", "").await?;
        Ok((found(cx, id).await?, differences))
    })
    .await
}

/// Withdraws a swap that nobody has taken.
pub async fn withdraw_swap(cx: &mut Cx<'_>, id: SwapId) -> Result<Swap> {
    may_read(cx)?;
    let swap = found(cx, id).await?;
    let schedule = open_schedule(cx, &swap.schedule.slug).await?;
    require_arranger(cx, &schedule, Some(swap.asker.id)).await?;
    cx.atomically(async |cx| {
        store::lock_schedule(cx, schedule.id).await?;
        let swap = found(cx, id).await?;
        if swap.state(cx.now()) != SwapState::Open {
            return Err(Error::Conflict(
                "only a swap that nobody has taken can be withdrawn; give it back first".into(),
            ));
        }
        store::withdraw_swap(cx, id).await?;
        activity::record(cx, act("schedule.swap-withdrawn", &schedule, &swap)).await?;
        tell::of_swap_withdrawn(cx, &schedule.name(), &swap).await?;
        found(cx, id).await
    })
    .await
}

/// One swap.
pub async fn swap(cx: &mut Cx<'_>, id: SwapId) -> Result<Swap> {
    may_read(cx)?;
    found(cx, id).await
}

/// Swaps whose time is not over, those that begin first leading.
pub async fn swaps(
    cx: &mut Cx<'_>,
    filter: &SwapFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Swap>> {
    may_read(cx)?;
    let key = after.as_ref().map(Cursor::key::<(Timestamp, SwapId)>).transpose()?;
    let rows = store::swaps(cx, filter, key, limit.probe()).await?;
    let total = store::count_swaps(cx, filter).await?;
    Ok(Page::cut(rows, limit, total, after.as_ref(), |s| (s.start, s.id)))
}

/// Swaps that wait for the actor: nobody has taken them, and they ask for the actor, or for anybody on a schedule on which
/// the actor takes turns.
pub async fn swaps_asked_of_me(cx: &mut Cx<'_>, limit: Limit) -> Result<Few<Swap>> {
    let me = cx.reader()?;
    Ok(Few::cut(store::swaps_asked_of(cx, me, limit.probe()).await?, limit))
}

async fn found(cx: &mut Cx<'_>, id: SwapId) -> Result<Swap> {
    store::swap(cx, id).await?.ok_or_else(|| Error::not_found("swap", id.to_string()))
}

async fn may_take(cx: &mut Cx<'_>, schedule: &Schedule, swap: &Swap, taker: PersonId) -> Result<()> {
    if team_rights(cx, schedule.team.id).await?.edit {
        return Ok(());
    }
    let me = cx.writer()?;
    let for_me = swap.asked.as_ref().is_none_or(|asked| asked.id == me);
    if taker == me && for_me && store::is_participant(cx, schedule.id, me).await? {
        return Ok(());
    }
    if taker == me && swap.asked.as_ref().is_some_and(|asked| asked.id == me) {
        return Ok(());
    }
    Err(Error::Forbidden(format!(
        "only {}, people of {} and whoever leads them may take this",
        swap.asked.as_ref().map_or("people on the schedule", |asked| asked.name.as_str()),
        schedule.team.name
    )))
}

/// Asker and taker, and whoever may edit the team.
async fn require_party(cx: &mut Cx<'_>, schedule: &Schedule, swap: &Swap) -> Result<()> {
    let me = cx.actor().person;
    let whose = if swap.taker.as_ref().map(|t| t.id) == me { me } else { Some(swap.asker.id) };
    require_arranger(cx, schedule, whose).await
}

fn act(verb: &'static str, schedule: &Schedule, swap: &Swap) -> Act {
    let who = swap.taker.as_ref().or(swap.asked.as_ref()).map_or("anybody", |p| p.name.as_str());
    Act {
        note: format!("{} to {who}, {}/{}", swap.asker.name, swap.start, swap.end),
        ..Act::new(verb, schedule.subject())
    }
}
