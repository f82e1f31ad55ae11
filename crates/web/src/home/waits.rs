//! What waits for the viewer, most urgent first, each with the press or the way it waits for; and when they are on call.

use jiff::{Timestamp, ToSpan, civil::Date};
use portolan_domain::{
    Few, Limit, PersonId,
    incidents::{self, Action, Incident},
    paging::{self, HandOver, Paged, State},
    provisioning::{self, Request as Provisioned, WaitsOn, Waiver},
    rota::{self, Duty, Swap},
    support::{self, Request},
    wins::{self, Owed},
};

use crate::{caller::Viewer, error::PageError};

/// Rows of each kind; behind them stands the way to all.
const EACH: i64 = 5;
/// The same, of what is not asked for by number.
const SHOWN: usize = 5;
/// Actions due within so many days are told.
const SOON: i32 = 7;

/// All of it.
pub(super) struct Waits {
    /// Pages to answer, and those the viewer is on.
    pub(super) pages: Few<Paged>,
    pub(super) incidents: Few<Incident>,
    pub(super) requests: Few<Request>,
    pub(super) swaps: Few<Swap>,
    /// What people ask the viewer to agree to.
    pub(super) decisions: Few<WaitsOn>,
    /// Guardrails that teams ask not to have to keep.
    pub(super) waivers: Few<Waiver>,
    /// What the viewer asked for, and what waits for somebody to look.
    pub(super) stuck: Few<Provisioned>,
    /// Notes to write or to read.
    pub(super) notes: Vec<HandOver>,
    /// Overdue, or due soon.
    pub(super) actions: Few<Action>,
    /// Pages that nobody said what they were.
    pub(super) unjudged: Few<Paged>,
    /// Updates to hand up, and challenges that name a team of the viewer's.
    pub(super) owed: Few<Owed>,
}

impl Waits {
    pub(super) async fn of(viewer: &mut Viewer, me: PersonId, today: Date) -> Result<Self, PageError> {
        let limit = Limit::new(EACH)?;
        let cx = &mut viewer.cx();
        let pages = paging::on_me(cx, limit).await?;
        let incidents = incidents::on_me(cx, limit).await?;
        let requests = support::on_me(cx, limit).await?;
        let swaps = rota::swaps_asked_of_me(cx, limit).await?;
        let decisions = first(provisioning::waits_on_me(cx).await?);
        let waivers = first(provisioning::waivers_on_me(cx).await?);
        let stuck = provisioning::stopped_for_me(cx, limit).await?;
        let mut notes = paging::hand_overs_now(cx).await?;
        notes.retain(|note| is_mine(note, me));
        let actions = incidents::actions_due(cx, today.saturating_add(SOON.days()), limit).await?;
        let unjudged = paging::to_judge(cx, limit).await?;
        let owed = first(wins::owed(cx).await?);
        Ok(Self {
            pages,
            incidents,
            requests,
            swaps,
            decisions,
            waivers,
            stuck,
            notes,
            actions,
            unjudged,
            owed,
        })
    }

    /// How many things wait, and whether there are more than these.
    pub(super) fn count(&self) -> (usize, bool) {
        let n = self.pages.items.len()
            + self.incidents.items.len()
            + self.requests.items.len()
            + self.swaps.items.len()
            + self.decisions.items.len()
            + self.waivers.items.len()
            + self.stuck.items.len()
            + self.notes.len()
            + self.actions.items.len()
            + self.unjudged.items.len()
            + self.owed.items.len();
        let more = self.pages.more
            || self.incidents.more
            || self.requests.more
            || self.swaps.more
            || self.decisions.more
            || self.waivers.more
            || self.stuck.more
            || self.actions.more
            || self.unjudged.more
            || self.owed.more;
        (n, more)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count().0 == 0
    }

    /// Pages that nobody is on.
    pub(super) fn unanswered(&self) -> usize {
        self.pages.items.iter().filter(|page| page.state == State::Open).count()
    }
}

/// The first of them.
fn first<T>(mut items: Vec<T>) -> Few<T> {
    let more = items.len() > SHOWN;
    items.truncate(SHOWN);
    Few { items, more }
}

/// Whether a note is one to write, or one to read.
fn is_mine(note: &HandOver, me: PersonId) -> bool {
    if note.from.id == me { note.published_at.is_none() } else { note.published_at.is_some() }
}

/// A shift of the viewer's, turns of theirs that follow on each other taken together.
pub(super) struct Stint {
    pub(super) duty: Duty,
    pub(super) until: Timestamp,
}

/// What the viewer has now, and what they have next.
pub(super) struct Stints {
    pub(super) now: Vec<Stint>,
    pub(super) next: Option<Duty>,
}

impl Stints {
    pub(super) async fn of(viewer: &mut Viewer) -> Result<Self, PageError> {
        let cx = &mut viewer.cx();
        let at = cx.now();
        Ok(Self::taken_together(rota::my_next_shifts(cx, Limit::new(EACH)?).await?, at))
    }

    fn taken_together(duties: Vec<Duty>, at: Timestamp) -> Self {
        let (now, mut coming): (Vec<_>, Vec<_>) = duties.into_iter().partition(|duty| duty.is_at(at));
        let now = now
            .into_iter()
            .map(|duty| {
                let mut until = duty.end;
                coming.retain(|next| {
                    let follows = next.schedule.id == duty.schedule.id && next.start == until;
                    until = if follows { next.end } else { until };
                    !follows
                });
                Stint { duty, until }
            })
            .collect();
        coming.sort_by_key(|duty| duty.start);
        Self { now, next: coming.into_iter().next() }
    }
}

#[cfg(test)]
mod tests {
    use portolan_domain::{
        ScheduleId,
        rota::{Held, Purpose, ScheduleName, Via},
    };

    use super::*;

    fn duty(schedule: ScheduleId, start: &str, end: &str) -> Duty {
        let at = |text: &str| text.parse::<Timestamp>().expect("an instant");
        Duty {
            schedule: ScheduleName { id: schedule, slug: "basket".into(), name: "Basket".into() },
            purpose: Purpose::OnCall,
            uid: start.into(),
            start: at(start),
            end: at(end),
            held: Held::Person,
            person: None,
            via: Via::Rotation,
            layer: None,
            cover: None,
            reason: String::new(),
            instead_of: None,
            sequence: 0,
            changed_at: at(start),
            cancelled_at: None,
        }
    }

    #[test]
    fn turns_that_follow_on_each_other_are_one_stint() {
        let (basket, other) = (ScheduleId::new(), ScheduleId::new());
        let duties = vec![
            duty(basket, "2026-11-21T08:00:00Z", "2026-11-22T08:00:00Z"),
            duty(other, "2026-11-22T08:00:00Z", "2026-11-22T20:00:00Z"),
            duty(basket, "2026-11-22T08:00:00Z", "2026-11-23T08:00:00Z"),
            duty(basket, "2026-11-30T08:00:00Z", "2026-12-01T08:00:00Z"),
        ];
        let at = "2026-11-21T22:00:00Z".parse().expect("an instant");
        let stints = Stints::taken_together(duties, at);
        let now: Vec<_> = stints.now.iter().map(|s| (s.duty.schedule.id, s.until.to_string())).collect();
        assert_eq!(now, [(basket, "2026-11-23T08:00:00Z".to_owned())]);
        assert_eq!(stints.next.map(|d| d.schedule.id), Some(other), "what comes next is of another schedule");
    }
}
