//! What a team promises for one tier, and what holds where a team promised nothing of its own.

use serde::{Deserialize, Serialize};

use crate::{Error, Problem, Result};

/// How much it hurts, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum Impact {
    /// Nobody is held up.
    Question,
    /// Work or users are slowed; there is a way round.
    Slowed,
    /// A team cannot go on, or some users fail.
    Blocked,
    /// Customers cannot do what they came for, or data is in danger.
    Outage,
}

impl Impact {
    /// All of them, least first.
    pub const ALL: [Self; 4] = [Self::Question, Self::Slowed, Self::Blocked, Self::Outage];

    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Slowed => "slowed",
            Self::Blocked => "blocked",
            Self::Outage => "outage",
        }
    }

    /// The word for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Question => "Nobody is held up",
            Self::Slowed => "Slowed down",
            Self::Blocked => "Blocked",
            Self::Outage => "Outage",
        }
    }

    /// What it means, so that two people choose alike.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Question => "A question, an idea, something to look at together.",
            Self::Slowed => "Work or users are slower than they should be; there is a way round.",
            Self::Blocked => "A team cannot go on, or some users fail.",
            Self::Outage => "Customers cannot do what they came for, or data is in danger.",
        }
    }
}

impl std::str::FromStr for Impact {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|i| i.as_str() == s)
            .ok_or_else(|| Error::invalid("impact", "must be question, slowed, blocked or outage"))
    }
}

/// Who may have an engineer at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum AtOnce {
    /// Nobody: everything waits for support hours.
    Nobody,
    /// Those who answer for something that stands on the service, up to two steps away.
    Dependents,
    /// Anybody signed in.
    Anyone,
}

impl AtOnce {
    /// All of them, least first.
    pub const ALL: [Self; 3] = [Self::Nobody, Self::Dependents, Self::Anyone];

    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Dependents => "dependents",
            Self::Anyone => "anyone",
        }
    }

    /// The word for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Nobody => "Nobody",
            Self::Dependents => "Who stands on it",
            Self::Anyone => "Anybody",
        }
    }
}

impl std::str::FromStr for AtOnce {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|a| a.as_str() == s)
            .ok_or_else(|| Error::invalid("at_once", "must be nobody, dependents or anyone"))
    }
}

/// What a team promises for what is of one tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Level {
    /// The tier; none: what has no tier, and what is asked of the team itself.
    pub tier: Option<i16>,
    /// Who may have an engineer at once, if the next two hold as well.
    pub at_once: AtOnce,
    /// From which impact on.
    pub least_impact: Impact,
    /// Whether only what happens in production counts.
    pub only_production: bool,
    /// Minutes of support hours until the first answer.
    pub first_answer_minutes: i32,
    /// Minutes of support hours until each further answer.
    pub next_answer_minutes: i32,
}

/// The tiers that levels are promised for; what has none comes last.
pub const TIERS: [Option<i16>; 5] = [Some(0), Some(1), Some(2), Some(3), None];

/// Promises of this many minutes can be kept and can be waited for: five minutes to thirty working days.
const BEARABLE: std::ops::RangeInclusive<i32> = 5..=14_400;

impl Level {
    /// What holds where a team promised nothing of its own. A working day has eight support hours.
    pub fn usual(tier: Option<i16>) -> Self {
        let (at_once, least_impact, first, next) = match tier {
            Some(0) => (AtOnce::Anyone, Impact::Blocked, 60, 120),
            Some(1) => (AtOnce::Anyone, Impact::Blocked, 120, 240),
            Some(2) => (AtOnce::Dependents, Impact::Outage, 240, 480),
            _ => (AtOnce::Nobody, Impact::Outage, 480, 960),
        };
        Self {
            tier,
            at_once,
            least_impact,
            only_production: true,
            first_answer_minutes: first,
            next_answer_minutes: next,
        }
    }

    /// `tier 1`, or what stands for what has none.
    pub fn name(&self) -> String {
        self.tier.map_or_else(|| "what has no tier".to_owned(), |t| format!("tier {t}"))
    }

    /// Who may have an engineer at once and when, as a sentence.
    pub fn at_once_words(&self) -> String {
        let who = match self.at_once {
            AtOnce::Nobody => return "Nobody: an answer comes in support hours.".into(),
            AtOnce::Dependents => "Whoever answers for something that stands on it",
            AtOnce::Anyone => "Anybody",
        };
        let place = if self.only_production { " in production" } else { "" };
        match self.least_impact {
            Impact::Question => format!("{who}, whatever it is{place}."),
            Impact::Outage => format!("{who}, for an outage{place}."),
            least => format!("{who}, from \u{201c}{}\u{201d} on{place}.", least.label().to_lowercase()),
        }
    }

    pub(super) fn problems(&self) -> Vec<Problem> {
        let place = self.tier.map_or_else(|| "no_tier".to_owned(), |t| format!("tier_{t}"));
        [("first_answer", self.first_answer_minutes), ("next_answer", self.next_answer_minutes)]
            .into_iter()
            .filter(|(_, minutes)| !BEARABLE.contains(minutes))
            .map(|(field, _)| Problem {
                field: format!("{field}_{place}"),
                message: "must be from 5 minutes to 240 hours of support hours".into(),
            })
            .collect()
    }
}

/// A length of support hours in words: `45 min`, `4 h`, `1 h 30 min`.
pub fn length(minutes: i32) -> String {
    match (minutes / 60, minutes % 60) {
        (0, m) => format!("{m} min"),
        (h, 0) => format!("{h} h"),
        (h, m) => format!("{h} h {m} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_more_rests_on_is_answered_sooner() {
        let usual: Vec<_> = TIERS.into_iter().map(Level::usual).collect();
        for pair in usual.windows(2) {
            assert!(pair[0].first_answer_minutes <= pair[1].first_answer_minutes, "{pair:?}");
            assert!(pair[0].next_answer_minutes <= pair[1].next_answer_minutes, "{pair:?}");
        }
        assert!(usual.iter().all(|l| l.problems().is_empty()));
    }

    #[test]
    fn a_promise_is_a_sentence() {
        assert_eq!(Level::usual(Some(0)).at_once_words(), "Anybody, from “blocked” on in production.");
        assert_eq!(
            Level::usual(Some(2)).at_once_words(),
            "Whoever answers for something that stands on it, for an outage in production."
        );
        assert_eq!(Level::usual(None).at_once_words(), "Nobody: an answer comes in support hours.");
        assert_eq!([5, 60, 90, 480].map(length), ["5 min", "1 h", "1 h 30 min", "8 h"]);
    }

    #[test]
    fn a_promise_nobody_can_keep_is_refused() {
        let level = Level { first_answer_minutes: 1, next_answer_minutes: 20_000, ..Level::usual(None) };
        let fields: Vec<_> = level.problems().into_iter().map(|p| p.field).collect();
        assert_eq!(fields, ["first_answer_no_tier", "next_answer_no_tier"]);
    }
}
