//! What happens by itself: cycles open, teams that moved are handed elsewhere, people are reminded, cycles are published and closed.
//!
//! Each plan and each cycle is a transaction of its own that holds its row, so two workers never do one thing twice, and what fails
//! keeps back nothing else.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date, tz::TimeZone};

use super::{
    deadline::{self, Days},
    plan::Plan,
    publication::close_update,
    record::UpdateState,
    store::{
        self,
        turn::{OpenCycle, Place, Placed, Reminder, Stands},
    },
};
use crate::{
    Cx, Error, Result, TeamId, UpdateId,
    activity::{self, Act},
    notify::{self, About, Notice, Recipient},
    rota,
};

/// How long before it is due somebody is reminded.
const BEFORE: SignedDuration = SignedDuration::from_hours(24);

/// What was done, and what failed first.
#[derive(Default)]
struct Tally {
    done: u64,
    failed: Option<Error>,
}

impl Tally {
    fn note(&mut self, result: Result<u64>) {
        match result {
            Ok(done) => self.done += done,
            Err(error) => {
                tracing::warn!(%error, "something of wins and challenges could not be done by itself");
                self.failed.get_or_insert(error);
            }
        }
    }
}

/// Does all that is due. For the worker, each minute; whatever was done is not done again. Returns how many things were done.
pub async fn turn(cx: &mut Cx<'_>) -> Result<u64> {
    cx.admin()?;
    let mut tally = Tally::default();
    let plans = store::plan::plans(cx, None).await?;
    let ended: BTreeMap<_, _> = store::turn::last_days(cx).await?.into_iter().collect();
    for plan in plans.iter().filter(|plan| !plan.paused) {
        let today = cx.now().to_zoned(zone_of(plan)).date();
        if ended.get(&plan.id).is_none_or(|last| *last < today) {
            let opened = cx.atomically(async |cx| open(cx, plan, today).await).await;
            tally.note(opened);
        }
    }
    for cycle in store::turn::open_cycles(cx).await? {
        if let Some(plan) = plans.iter().find(|plan| plan.id == cycle.plan) {
            let placed = cx.atomically(async |cx| follow_tree(cx, plan, &cycle).await).await;
            tally.note(placed);
        }
        if cycle.publish_at <= cx.now() {
            let closed = cx.atomically(async |cx| close(cx, &cycle).await).await;
            tally.note(closed);
        }
    }
    let reminded = cx.atomically(remind).await;
    tally.note(reminded);
    match tally.failed {
        Some(error) => Err(error),
        None => Ok(tally.done),
    }
}

fn zone_of(plan: &Plan) -> TimeZone {
    TimeZone::get(&plan.time_zone).unwrap_or(TimeZone::UTC)
}

async fn holidays(cx: &mut Cx<'_>, plan: &Plan) -> Result<BTreeSet<Date>> {
    let Some(calendar) = plan.calendar else { return Ok(BTreeSet::new()) };
    match rota::holiday_calendar(cx, calendar).await {
        Ok(calendar) => Ok(calendar.days.into_iter().map(|holiday| holiday.day).collect()),
        Err(Error::NotFound { .. }) => Ok(BTreeSet::new()),
        Err(error) => Err(error),
    }
}

/// When each height is due, and when it is published.
struct Due {
    levels: Vec<Timestamp>,
    publish_at: Timestamp,
}

impl Due {
    fn at(&self, level: i16) -> Timestamp {
        deadline::at_level(&self.levels, level).unwrap_or(self.publish_at)
    }
}

/// The deadlines of a cycle that ends on this day, as the plan says now.
async fn due(cx: &mut Cx<'_>, plan: &Plan, last: Date) -> Result<Due> {
    let holidays = holidays(cx, plan).await?;
    let levels: Vec<_> = plan.levels.iter().filter_map(|level| deadline::moment(&level.due)).collect();
    let Some(publish) = deadline::moment(&plan.publish_at) else {
        return Err(Error::Conflict(format!("the plan {} does not say when it is published", plan.name)));
    };
    let (levels, publish_at) = deadline::cascade(last, &levels, publish, &zone_of(plan), &holidays);
    Ok(Due { levels, publish_at })
}

/// Opens the cycle that today lies in, and those before it that were not opened and can still be written up.
async fn open(cx: &mut Cx<'_>, plan: &Plan, today: Date) -> Result<u64> {
    store::plan::lock(cx, plan.id).await?;
    // somebody else may have opened it while this waited
    let last =
        store::turn::last_days(cx).await?.into_iter().find(|(id, _)| *id == plan.id).map(|(_, last)| last);
    // what is written up ends before the next cycle does, so nothing before this is worth a look
    let recent = today.saturating_sub((i32::from(plan.weeks) * 14).days());
    let mut days = match last {
        None => deadline::around(today, plan.anchor, plan.weeks),
        Some(last) => {
            let recent = deadline::around(recent, plan.anchor, plan.weeks);
            if recent.first > last { recent } else { deadline::next(last, plan.anchor, plan.weeks) }
        }
    };
    let mut done = 0;
    while days.first <= today {
        done += open_one(cx, plan, days).await?;
        days = deadline::next(days.last, plan.anchor, plan.weeks);
    }
    Ok(done)
}

async fn open_one(cx: &mut Cx<'_>, plan: &Plan, days: Days) -> Result<u64> {
    let due = due(cx, plan, days.last).await?;
    if due.publish_at <= cx.now() {
        return Ok(0); // nobody could write it up any more
    }
    let slug = deadline::slug(days.first);
    let opens_at = deadline::midnight(days.first, &zone_of(plan));
    let Some(cycle) = store::turn::insert_cycle(cx, plan.id, &slug, days, opens_at, due.publish_at).await?
    else {
        return Ok(0);
    };
    let placed = store::turn::placed(cx, plan.id).await?;
    let elsewhere = store::turn::elsewhere(cx, cycle).await?;
    let places = Moves::of(&placed, &[], |team| !elsewhere.contains(&team.team)).places(&due);
    let made = store::turn::insert_updates(cx, cycle, plan.id, &places).await?;
    activity::record(cx, Act::new("wins-cycle.opened", format!("wins-cycle:{slug}"))).await?;
    Ok(1 + made)
}

/// What is to be done so that the updates of a cycle stand as the tree does.
#[derive(Default)]
struct Moves {
    /// Updates to be made: of which team, handed to which, at which height.
    new: Vec<(UpdateId, TeamId, Option<UpdateId>, i16)>,
    /// Open updates that are handed to another, or whose height is another: the height that was, and what is.
    moved: Vec<(UpdateId, i16, Option<UpdateId>, i16)>,
    /// Open updates of teams that take no part any more, and to which nothing was handed up.
    gone: Vec<UpdateId>,
}

impl Moves {
    /// What was handed up stays with whom it was handed to. A team that is new takes part if it may join.
    fn of(placed: &[Placed], standing: &[Stands], may_join: impl Fn(&Placed) -> bool) -> Self {
        let above: BTreeMap<TeamId, Option<TeamId>> = placed.iter().map(|p| (p.team, p.above)).collect();
        let stands: BTreeMap<TeamId, &Stands> = standing.iter().map(|s| (s.team, s)).collect();
        let mut ids: BTreeMap<TeamId, UpdateId> = standing.iter().map(|s| (s.team, s.id)).collect();
        let mut moves = Self::default();
        // those above come first, so whom a team hands to is known when its turn comes
        for team in placed {
            let mut up = team.above;
            while let Some(one) = up.filter(|one| !ids.contains_key(one)) {
                up = above.get(&one).copied().flatten();
            }
            let parent = up.and_then(|one| ids.get(&one).copied());
            match stands.get(&team.team) {
                None if may_join(team) => {
                    let id = UpdateId::new();
                    ids.insert(team.team, id);
                    moves.new.push((id, team.team, parent, team.level));
                }
                Some(s) if s.state == UpdateState::Open && (s.parent, s.level) != (parent, team.level) => {
                    moves.moved.push((s.id, s.level, parent, team.level));
                }
                _ => {}
            }
        }
        let kept: BTreeSet<UpdateId> =
            standing.iter().filter(|s| s.state != UpdateState::Open).filter_map(|s| s.parent).collect();
        let left = |s: &&Stands| {
            s.state == UpdateState::Open && !above.contains_key(&s.team) && !kept.contains(&s.id)
        };
        moves.gone = standing.iter().filter(left).map(|s| s.id).collect();
        moves
    }

    fn is_empty(&self) -> bool {
        self.new.is_empty() && self.moved.is_empty() && self.gone.is_empty()
    }

    /// The new ones as they are written.
    fn places(&self, due: &Due) -> Vec<Place> {
        let place = |(id, team, parent, level): &(UpdateId, TeamId, Option<UpdateId>, i16)| Place {
            id: *id,
            team: *team,
            parent: *parent,
            level: *level,
            due_at: due.at(*level),
        };
        self.new.iter().map(place).collect()
    }
}

/// Hands open updates to whom the tree says now, adds those of teams that joined in time and takes those away that left.
async fn follow_tree(cx: &mut Cx<'_>, plan: &Plan, cycle: &OpenCycle) -> Result<u64> {
    let placed = store::turn::placed(cx, plan.id).await?;
    let due = due(cx, plan, cycle.last).await?;
    let now = cx.now();
    let elsewhere = store::turn::elsewhere(cx, cycle.id).await?;
    // in time for its height, and not part of another plan in these days
    let may_join = |team: &Placed| due.at(team.level) > now && !elsewhere.contains(&team.team);
    if Moves::of(&placed, &store::turn::standing(cx, cycle.id).await?, may_join).is_empty()
        || !store::turn::take(cx, cycle.id).await?
    {
        return Ok(0);
    }
    // looked at again: nobody hands up meanwhile
    let moves = Moves::of(&placed, &store::turn::lock_standing(cx, cycle.id).await?, may_join);
    let mut done = store::turn::insert_updates(cx, cycle.id, plan.id, &moves.places(&due)).await?;
    let moved: Vec<_> = moves
        .moved
        .iter()
        // a deadline stays, also if the plan was edited, as long as the height does
        .map(|(id, was, parent, level)| (*id, *parent, *level, (was != level).then(|| due.at(*level))))
        .collect();
    done += store::turn::move_updates(cx, &moved).await?;
    if !moves.gone.is_empty() {
        store::turn::release(cx, &moves.gone).await?;
        done += store::turn::delete_updates(cx, &moves.gone).await?;
    }
    Ok(done)
}

/// Publishes what was handed up, from the lowest to the top, and closes the cycle. What was written and not handed up waits for the next
/// one.
async fn close(cx: &mut Cx<'_>, cycle: &OpenCycle) -> Result<u64> {
    if !store::turn::take(cx, cycle.id).await? {
        return Ok(0);
    }
    let standing = store::turn::lock_standing(cx, cycle.id).await?;
    let of = |state| standing.iter().filter(move |s| s.state == state).map(|s| s.id).collect::<Vec<_>>();
    let submitted = of(UpdateState::Submitted);
    let mut heads = store::update::heads(cx, &submitted).await?;
    heads.sort_by_key(|update| (update.level, update.id));
    let mut done = 1;
    for update in &heads {
        close_update(cx, update).await?;
        done += 1;
    }
    store::turn::keep_waiting(cx, &of(UpdateState::Open)).await?;
    done += store::turn::close(cx, cycle.id).await?;
    let subject = format!("wins-cycle:{}", cycle.slug);
    activity::record(cx, Act::new("wins-cycle.closed", subject)).await?;
    Ok(done)
}

/// Reminds whoever owes an update: once a day before it is due, and once when it is late.
async fn remind(cx: &mut Cx<'_>) -> Result<u64> {
    let soon = cx.now() + BEFORE;
    let reminders = store::turn::reminders(cx, soon).await?;
    let done = reminders.len() as u64;
    notify::send_all(cx, reminders.iter().map(notice).collect()).await?;
    Ok(done)
}

fn notice(r: &Reminder) -> Notice {
    let zone = TimeZone::get(&r.time_zone).unwrap_or(TimeZone::UTC);
    let told = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%A, %H:%M %Z").to_string();
    let (event, subject, text) = if r.late {
        (
            "wins.late",
            format!("{}: wins and challenges were due on {}", r.team, told(r.due_at)),
            format!(
                "What is handed up until {} still goes out with the others; after that it waits for the next time.",
                told(r.publish_at)
            ),
        )
    } else {
        (
            "wins.due",
            format!("{}: wins and challenges are due on {}", r.team, told(r.due_at)),
            "If nothing major happened, one press says so.".to_owned(),
        )
    };
    let link = format!("/wins/updates/{}", r.update);
    let about = About::new("wins-update", r.update.0);
    Notice {
        text,
        reason: format!("You write for {} this time.", r.team),
        ..Notice::new(Recipient::Person(r.who), event, subject, link, about)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(team: TeamId, above: Option<TeamId>, level: i16) -> Placed {
        Placed { team, above, level }
    }

    fn stands(team: TeamId, parent: Option<UpdateId>, level: i16, state: UpdateState) -> Stands {
        Stands { id: UpdateId::new(), team, parent, level, state }
    }

    #[test]
    fn what_is_open_follows_the_tree_and_what_was_handed_up_stays() {
        let [top, left, right, team] = [(); 4].map(|()| TeamId::new());
        let root = stands(top, None, 2, UpdateState::Open);
        let (a, b) = (
            stands(left, Some(root.id), 1, UpdateState::Open),
            stands(right, Some(root.id), 1, UpdateState::Open),
        );
        let tree = [
            placed(top, None, 2),
            placed(left, Some(top), 0),
            placed(right, Some(top), 1),
            placed(team, Some(right), 0),
        ];
        let open = stands(team, Some(a.id), 0, UpdateState::Open);
        let moves = Moves::of(&tree, &[root, a, b, open], |_| true);
        assert_eq!(moves.moved, [(a.id, 1, Some(root.id), 0), (open.id, 0, Some(b.id), 0)]);
        let submitted = Stands { state: UpdateState::Submitted, ..open };
        assert_eq!(Moves::of(&tree, &[root, a, b, submitted], |_| true).moved, [(a.id, 1, Some(root.id), 0)]);
    }

    #[test]
    fn who_joins_too_late_takes_no_part_and_is_stepped_over() {
        let [top, new, team] = [(); 3].map(|()| TeamId::new());
        let root = stands(top, None, 1, UpdateState::Open);
        let below = stands(team, Some(root.id), 0, UpdateState::Open);
        let tree = [placed(top, None, 2), placed(new, Some(top), 1), placed(team, Some(new), 0)];
        let moves = Moves::of(&tree, &[root, below], |team| team.level > 1);
        assert!(moves.new.is_empty());
        assert_eq!(moves.moved, [(root.id, 1, None, 2)], "the team hands to the top as before");
        let moves = Moves::of(&tree, &[root, below], |_| true);
        let made = moves.new[0].0;
        assert_eq!(moves.new, [(made, new, Some(root.id), 1)]);
        assert!(moves.moved.contains(&(below.id, 0, Some(made), 0)));
    }

    #[test]
    fn who_leaves_is_taken_away_unless_something_was_handed_to_them() {
        let [top, left, team] = [(); 3].map(|()| TeamId::new());
        let root = stands(top, None, 2, UpdateState::Open);
        let gone = stands(left, Some(root.id), 1, UpdateState::Open);
        let tree = [placed(top, None, 1), placed(team, Some(top), 0)];
        let open = stands(team, Some(gone.id), 0, UpdateState::Open);
        assert_eq!(Moves::of(&tree, &[root, gone, open], |_| true).gone, [gone.id]);
        let submitted = Stands { state: UpdateState::Submitted, ..open };
        assert!(Moves::of(&tree, &[root, gone, submitted], |_| true).gone.is_empty());
    }
}
