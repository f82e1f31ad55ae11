//! Whether somebody gets an engineer at once, and why. Pure: paging shows the same words before it wakes anybody.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{AtOnce, Hours, Impact, Level, level::length};
use crate::changes::is_production;

/// What is asked of a team, as far as the decision needs it.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// How much it hurts.
    pub impact: Impact,
    /// Where it happens; empty: not said.
    pub environment: &'a str,
    /// Whether it is about a thing of the catalog, and not about the team.
    pub about_entity: bool,
    /// Whether the asker answers for something that stands on it.
    pub dependent: bool,
}

/// When somebody looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "when", rename_all = "kebab-case")]
pub enum Engagement {
    /// The team may be paged for it.
    Now {
        /// Why, in sentences.
        why: Vec<String>,
    },
    /// In the team's support hours.
    InWorkingHours {
        /// Minutes of support hours until the first answer.
        first_answer_minutes: i32,
        /// The instant that is; none: the team has no support hours at all.
        by: Option<Timestamp>,
        /// Why not at once, in sentences.
        why: Vec<String>,
    },
}

impl Engagement {
    /// Whether the team may be paged for it.
    pub fn is_now(&self) -> bool {
        matches!(self, Self::Now { .. })
    }

    /// Why, in sentences.
    pub fn why(&self) -> &[String] {
        match self {
            Self::Now { why } | Self::InWorkingHours { why, .. } => why,
        }
    }
}

/// The decision: at once if all conditions of the level hold, else in support hours with every reason why not.
pub fn engage(level: &Level, ask: &Ask<'_>, hours: &Hours, now: Timestamp) -> Engagement {
    let against = against(level, ask);
    if against.is_empty() {
        let place = if is_production(ask.environment) { " in production" } else { "" };
        let impact = ask.impact.label().to_lowercase();
        let why = format!(
            "\u{201c}{}\u{201d}{place} is reason enough to ask for an engineer at once for {}.",
            capital(&impact),
            level.name()
        );
        return Engagement::Now { why: vec![why] };
    }
    let minutes = level.first_answer_minutes;
    let by = hours.after(now, SignedDuration::from_mins(i64::from(minutes)));
    let mut why = against;
    why.push(if by.is_some() {
        format!(
            "The first answer is promised within {} of support hours ({}).",
            length(minutes),
            hours.words()
        )
    } else {
        "The team has no support hours, so no answer is promised.".to_owned()
    });
    Engagement::InWorkingHours { first_answer_minutes: minutes, by, why }
}

fn against(level: &Level, ask: &Ask<'_>) -> Vec<String> {
    let name = level.name();
    let mut against = Vec::new();
    match level.at_once {
        AtOnce::Nobody => return vec![format!("For {name} nobody is asked at once.")],
        AtOnce::Dependents if !ask.about_entity => {
            against.push(
                "It does not say which service it is about; only those who stand on one may ask at once."
                    .into(),
            );
        }
        AtOnce::Dependents if !ask.dependent => {
            against.push("Only those who answer for something that stands on it may ask at once.".into());
        }
        _ => {}
    }
    if ask.impact < level.least_impact {
        against.push(format!(
            "For {name} an engineer comes at once from \u{201c}{}\u{201d} on; this is \u{201c}{}\u{201d}.",
            level.least_impact.label().to_lowercase(),
            ask.impact.label().to_lowercase()
        ));
    }
    if level.only_production && !is_production(ask.environment) {
        against.push(if ask.environment.is_empty() {
            "Only production is looked at at once, and no environment is named.".into()
        } else {
            format!("Only production is looked at at once, and this is {}.", ask.environment)
        });
    }
    against
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASK: Ask<'_> =
        Ask { impact: Impact::Outage, environment: "production", about_entity: true, dependent: true };

    fn decided(level: Level, ask: Ask<'_>) -> Engagement {
        // Saturday morning
        let now = "2026-11-21T09:00:00Z".parse().expect("an instant");
        engage(&level, &ask, &Hours::usual("Europe/Amsterdam"), now)
    }

    #[test]
    fn an_outage_of_tier_0_in_production_wakes_somebody() {
        for tier in [Some(0), Some(1), Some(2)] {
            assert!(decided(Level::usual(tier), ASK).is_now(), "{tier:?}");
        }
        let stranger = Ask { dependent: false, ..ASK };
        assert!(decided(Level::usual(Some(1)), stranger).is_now(), "anybody may say that tier 1 is down");
        assert!(!decided(Level::usual(Some(2)), stranger).is_now());
    }

    #[test]
    fn every_reason_against_it_is_said() {
        let ask = Ask { impact: Impact::Slowed, environment: "staging", ..ASK };
        let Engagement::InWorkingHours { first_answer_minutes, by, why } =
            decided(Level::usual(Some(1)), ask)
        else {
            panic!("nobody is woken for a slow staging")
        };
        assert_eq!(first_answer_minutes, 120);
        assert_eq!(by.map(|b| b.to_string()).as_deref(), Some("2026-11-23T10:00:00Z"), "Monday 11:00 there");
        assert_eq!(why.len(), 3, "{why:?}");
        assert!(why[0].contains("from “blocked” on; this is “slowed down”"), "{why:?}");
        assert!(why[1].contains("this is staging"), "{why:?}");
        assert!(why[2].contains("within 2 h of support hours"), "{why:?}");
    }

    #[test]
    fn nobody_is_asked_at_once_for_what_nothing_rests_on() {
        let engagement = decided(Level::usual(None), ASK);
        assert_eq!(engagement.why()[0], "For what has no tier nobody is asked at once.");
        assert_eq!(engagement.why().len(), 2);
    }
}
