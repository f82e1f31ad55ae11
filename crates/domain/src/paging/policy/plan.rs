//! Who is told, and who next when nobody answers: a function of values, asked by the worker at each instant that it names.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{PersonId, ScheduleId, TeamId};

/// The steps a page goes through. A page keeps the plan it was opened under: an edit of the policy does not move it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// In order; at least one.
    pub steps: Vec<Step>,
    /// How often the steps begin anew after the last one.
    pub repeats: u32,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Who is told.
    pub target: Target,
    /// How long they have to answer until the next step, in minutes; 0: the next step is told at the same time.
    pub minutes: u32,
}

/// Who is told. Never a rotation: overrides and swaps would not count there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind", content = "id")]
pub enum Target {
    /// Whoever is on call on a schedule.
    Schedule(ScheduleId),
    /// Whoever is on call for a team: how another team's primary is one's own secondary.
    Team(TeamId),
    /// A person, on call or not.
    Person(PersonId),
    /// Whoever leads a team, or the nearest team above that has a lead.
    Lead(TeamId),
}

/// How far a page has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Which time the steps are gone through, from 0.
    pub round: u32,
    /// The step last told.
    pub step: u32,
    /// When it was.
    pub told_at: Timestamp,
    /// What came of telling it.
    pub reached: Reached,
}

/// What came of telling a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// It is still on its way to somebody.
    Waiting,
    /// It has arrived with somebody.
    Somebody,
    /// It could not be delivered to anybody, or there was nobody.
    Nobody,
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Tell this step.
    Tell {
        /// Which time the steps are gone through.
        round: u32,
        /// The step, from 0.
        step: u32,
    },
    /// Nothing until then.
    Wait(Timestamp),
    /// Everybody was told as often as the plan says: say so loudly.
    Exhausted,
}

impl Plan {
    /// What is to be done at `now` for a page that nobody has acknowledged.
    pub fn next(&self, progress: Option<&Progress>, now: Timestamp) -> Next {
        let Some(told) = progress else { return self.tell(0, 0) };
        let minutes = self.step(told.step).map_or(0, |step| step.minutes);
        let due = told.told_at.saturating_add(SignedDuration::from_mins(i64::from(minutes)));
        let due = due.unwrap_or(Timestamp::MAX);
        if told.reached != Reached::Nobody && now < due {
            return Next::Wait(due);
        }
        match self.step(told.step + 1) {
            Some(_) => self.tell(told.round, told.step + 1),
            None if told.round < self.repeats => self.tell(told.round + 1, 0),
            None => Next::Exhausted,
        }
    }

    /// The step at this place.
    pub fn step(&self, at: u32) -> Option<&Step> {
        usize::try_from(at).ok().and_then(|at| self.steps.get(at))
    }

    fn tell(&self, round: u32, step: u32) -> Next {
        if self.step(step).is_some() { Next::Tell { round, step } } else { Next::Exhausted }
    }

    /// What a team has that never wrote a policy: whoever is on call, then whoever is on call for the team it names as
    /// related, then the lead.
    pub fn implicit(team: TeamId, related: Option<TeamId>) -> Self {
        let mut steps = vec![Step { target: Target::Team(team), minutes: 5 }];
        steps.extend(related.map(|related| Step { target: Target::Team(related), minutes: 10 }));
        steps.push(Step { target: Target::Lead(team), minutes: 15 });
        Self { steps, repeats: 2 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn plan(minutes: &[u32], repeats: u32) -> Plan {
        let step = |minutes: &u32| Step { target: Target::Person(PersonId::new()), minutes: *minutes };
        Plan { steps: minutes.iter().map(step).collect(), repeats }
    }

    fn told(round: u32, step: u32, minute: i64, reached: Reached) -> Progress {
        Progress { round, step, told_at: at(minute), reached }
    }

    #[test]
    fn the_first_step_is_told_at_once_and_the_next_when_its_time_is_over() {
        let plan = plan(&[5, 10], 0);
        assert_eq!(plan.next(None, at(0)), Next::Tell { round: 0, step: 0 });
        let first = told(0, 0, 0, Reached::Somebody);
        assert_eq!(plan.next(Some(&first), at(4)), Next::Wait(at(5)));
        assert_eq!(plan.next(Some(&first), at(5)), Next::Tell { round: 0, step: 1 }, "at the very instant");
        assert_eq!(plan.next(Some(&first), at(500)), Next::Tell { round: 0, step: 1 }, "the worker was away");
        let last = told(0, 1, 5, Reached::Somebody);
        assert_eq!(plan.next(Some(&last), at(15)), Next::Exhausted);
    }

    #[test]
    fn what_reached_nobody_does_not_wait() {
        let plan = plan(&[60, 60], 1);
        let first = told(0, 0, 0, Reached::Nobody);
        assert_eq!(plan.next(Some(&first), at(0)), Next::Tell { round: 0, step: 1 });
        let on_its_way = told(0, 0, 0, Reached::Waiting);
        assert_eq!(plan.next(Some(&on_its_way), at(1)), Next::Wait(at(60)));
        let end = told(1, 1, 0, Reached::Nobody);
        assert_eq!(plan.next(Some(&end), at(0)), Next::Exhausted, "and it does not go round for ever");
    }

    #[test]
    fn a_plan_without_steps_has_nobody() {
        assert_eq!(plan(&[], 3).next(None, at(0)), Next::Exhausted);
    }

    #[test]
    fn who_has_no_policy_has_their_own_then_the_related_then_the_lead() {
        let (ours, theirs) = (TeamId::new(), TeamId::new());
        let targets =
            |related| Plan::implicit(ours, related).steps.into_iter().map(|s| s.target).collect::<Vec<_>>();
        assert_eq!(targets(None), [Target::Team(ours), Target::Lead(ours)]);
        assert_eq!(targets(Some(theirs)), [Target::Team(ours), Target::Team(theirs), Target::Lead(ours)]);
    }

    proptest! {
        /// However late and however often it is asked, every step is told in its order, each round, and then it ends.
        #[test]
        fn every_step_is_told_in_order_and_it_ends(
            minutes in prop::collection::vec(0..90_u32, 1..6), repeats in 0..4_u32,
            late in prop::collection::vec((0..120_i64, prop::bool::ANY), 1..200),
        ) {
            let plan = plan(&minutes, repeats);
            let (mut progress, mut now, mut seen) = (None, 0, Vec::new());
            let mut delays = late.iter().cycle();
            loop {
                match plan.next(progress.as_ref(), at(now)) {
                    Next::Tell { round, step } => {
                        seen.push((round, step));
                        let reached = delays.next().is_none_or(|d| d.1);
                        progress = Some(told(round, step, now, if reached { Reached::Somebody } else { Reached::Nobody }));
                    }
                    Next::Wait(until) => {
                        prop_assert!(until > at(now), "it waits for something that is still to come");
                        now += delays.next().map_or(1, |d| d.0.max(1));
                    }
                    Next::Exhausted => break,
                }
                prop_assert!(seen.len() <= 100);
            }
            let steps = u32::try_from(minutes.len()).unwrap();
            let all: Vec<_> = (0..=repeats).flat_map(|r| (0..steps).map(move |s| (r, s))).collect();
            prop_assert_eq!(seen, all);
        }
    }
}
