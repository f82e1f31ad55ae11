//! What is wrong with schedules to come, from where each is known: the schedules themselves, and the policies they stand in.

use jiff::Timestamp;
use portolan_domain::{
    Cx, Result as Outcome, ScheduleId,
    paging::{self, ToldTwice},
    rota::{self, Warning},
};

/// Something to mend.
pub(crate) enum Wrong {
    /// With a schedule.
    Schedule(Warning),
    /// With a policy in which it stands.
    Policy(ToldTwice),
}

impl Wrong {
    /// When it begins.
    pub(crate) fn start(&self) -> Timestamp {
        match self {
            Self::Schedule(warning) => warning.start(),
            Self::Policy(twice) => twice.start,
        }
    }

    /// In a word and where, for a page that shows a few of many schedules.
    pub(crate) fn brief(&self) -> String {
        match self {
            Self::Schedule(Warning::Gap { schedule, .. }) => format!("Nobody on {}", schedule.name),
            Self::Schedule(Warning::Vacant { schedule, person, .. }) => {
                format!("{} has left, {}", person.name, schedule.name)
            }
            Self::Schedule(Warning::Unreachable { person, .. }) => {
                format!("Nothing reaches {}", person.name)
            }
            Self::Schedule(Warning::DoubleBooked { person, schedule, other, .. }) => {
                format!("{} is on {} and {} at once", person.name, schedule.name, other.name)
            }
            Self::Schedule(Warning::Away { person, schedule, .. }) => {
                format!("{} is away, and on {}", person.name, schedule.name)
            }
            Self::Policy(twice) => {
                format!(
                    "{} is steps {} and {} of {}",
                    twice.person.name,
                    twice.step,
                    twice.step + 1,
                    twice.whose()
                )
            }
        }
    }

    /// Whether it is about this schedule.
    pub(crate) fn is_of(&self, schedule: ScheduleId) -> bool {
        match self {
            Self::Schedule(warning) => warning.schedule() == schedule,
            Self::Policy(twice) => [twice.schedules.0, twice.schedules.1].contains(&Some(schedule)),
        }
    }

    /// How bad it is: whether a page would reach nobody, or nobody else.
    pub(crate) fn tone(&self) -> &'static str {
        match self {
            Self::Schedule(Warning::DoubleBooked { .. } | Warning::Away { .. }) => "warn",
            Self::Schedule(Warning::Gap { .. } | Warning::Vacant { .. } | Warning::Unreachable { .. })
            | Self::Policy(_) => "danger",
        }
    }
}

/// What is wrong with these schedules in the next eight weeks, by time.
pub(crate) async fn wrong(cx: &mut Cx<'_>, schedules: &[ScheduleId]) -> Outcome<Vec<Wrong>> {
    let warnings = rota::warnings(cx, schedules).await?;
    let twice = paging::told_twice(cx, schedules).await?;
    let mut all: Vec<Wrong> =
        warnings.into_iter().filter(|w| !is_told(w, &twice)).map(Wrong::Schedule).collect();
    // one fault of a policy shows whenever that person has the turn: it is told once, for the first time that comes
    let mut told: Vec<ToldTwice> = Vec::new();
    for one in twice {
        let same =
            |t: &ToldTwice| t.person.id == one.person.id && t.step == one.step && t.whose() == one.whose();
        if !told.iter().any(same) {
            told.push(one);
        }
    }
    all.extend(told.into_iter().map(Wrong::Policy));
    all.sort_by_key(Wrong::start);
    Ok(all)
}

/// Whether a policy tells it already, and says more: who is on two schedules is its first step and its second.
fn is_told(warning: &Warning, twice: &[ToldTwice]) -> bool {
    let Warning::DoubleBooked { schedule, other, start, end, person } = warning else { return false };
    twice.iter().any(|t| {
        let both = [t.schedules.0, t.schedules.1];
        t.person.id == person.id
            && both.contains(&Some(schedule.id))
            && both.contains(&Some(other.id))
            && t.start <= *start
            && *end <= t.end
    })
}

#[cfg(test)]
mod tests {
    use portolan_domain::{
        PersonId, PolicyId, TeamId,
        paging::PolicyName,
        people::{PersonName, TeamName},
        rota::ScheduleName,
    };

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_policy_says_it_better_than_two_schedules() {
        let name = |slug: &str| ScheduleName { id: ScheduleId::new(), slug: slug.into(), name: slug.into() };
        let (one, two, three) = (name("one"), name("two"), name("three"));
        let person =
            PersonName { id: PersonId::new(), handle: "hui".into(), name: "Hui".into(), active: true };
        let (start, end) = (at("2026-11-23T08:00:00Z"), at("2026-11-30T08:00:00Z"));
        let booked = |other: &ScheduleName, start| Warning::DoubleBooked {
            schedule: one.clone(),
            other: other.clone(),
            start,
            end,
            person: person.clone(),
        };
        let twice = [ToldTwice {
            policy: Some(PolicyName { id: PolicyId::new(), slug: "basket".into(), name: "Basket".into() }),
            team: TeamName { id: TeamId::new(), slug: "shop".into(), name: "Shop".into() },
            step: 1,
            schedules: (Some(two.id), Some(one.id)),
            start,
            end,
            person: person.clone(),
        }];
        assert!(is_told(&booked(&two, start), &twice));
        assert!(!is_told(&booked(&three, start), &twice), "another schedule is another matter");
        assert!(!is_told(&booked(&two, at("2026-11-22T08:00:00Z")), &twice), "and so is another time");
        let [told] = twice;
        assert!(Wrong::Policy(told.clone()).is_of(two.id) && !Wrong::Policy(told.clone()).is_of(three.id));
        let usual = ToldTwice { policy: None, ..told.clone() };
        assert_eq!(Wrong::Policy(told).brief(), "Hui is steps 1 and 2 of the policy Basket");
        assert_eq!(Wrong::Policy(usual).brief(), "Hui is steps 1 and 2 of the usual steps of Shop");
    }
}
