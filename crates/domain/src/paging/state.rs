//! How a page stands, and what may happen to it. A function of values: the operations ask it under the lock of the page's
//! row, so that of two who acknowledge at once one is first and the other learns who it was.

use serde::{Deserialize, Serialize};

use crate::Error;

/// How a page stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum State {
    /// It would have opened, and a maintenance window keeps it quiet.
    Suppressed,
    /// Nobody is on it yet: it goes from step to step.
    Open,
    /// Somebody is on it.
    Acknowledged,
    /// It is over.
    Resolved,
}

/// What may happen to a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Somebody says that they are on it.
    Acknowledge,
    /// Somebody else is asked to be on it: they are told, and the steps begin anew if they do not answer.
    Reassign,
    /// It is over, says whoever is on it or what raised it.
    Resolve,
    /// The window that kept it quiet is over, and it fires on.
    Release,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Suppressed, Self::Open, Self::Acknowledged, Self::Resolved];

    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Suppressed => "suppressed",
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
        }
    }

    /// Whether something is still to be done about it.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Open | Self::Acknowledged)
    }

    /// How it stands after a move; none if that changes nothing, or cannot happen to it any more.
    pub fn after(self, happened: Move) -> Option<Self> {
        match (self, happened) {
            (Self::Open, Move::Acknowledge) => Some(Self::Acknowledged),
            (Self::Open | Self::Acknowledged, Move::Reassign) | (Self::Suppressed, Move::Release) => {
                Some(Self::Open)
            }
            (Self::Suppressed | Self::Open | Self::Acknowledged, Move::Resolve) => Some(Self::Resolved),
            _ => None,
        }
    }
}

impl std::str::FromStr for State {
    type Err = Error;
    fn from_str(s: &str) -> crate::Result<Self> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == s)
            .ok_or_else(|| Error::invalid("state", "must be open, acknowledged, resolved or suppressed"))
    }
}

/// What a page turned out to be, said by a person when it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum Judgement {
    /// Somebody outside felt it, or would have without the one who was woken.
    RealImpact,
    /// It was as the alert said, and nobody felt it.
    NoImpact,
    /// Nothing was wrong.
    FalseAlarm,
    /// It told what another page told already.
    Duplicate,
}

impl Judgement {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::RealImpact, Self::NoImpact, Self::FalseAlarm, Self::Duplicate];

    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RealImpact => "real-impact",
            Self::NoImpact => "no-impact",
            Self::FalseAlarm => "false-alarm",
            Self::Duplicate => "duplicate",
        }
    }

    /// The word for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::RealImpact => "Real impact",
            Self::NoImpact => "No impact",
            Self::FalseAlarm => "False alarm",
            Self::Duplicate => "Duplicate",
        }
    }
}

impl std::str::FromStr for Judgement {
    type Err = Error;
    fn from_str(s: &str) -> crate::Result<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == s).ok_or_else(|| {
            Error::invalid("judgement", "must be real-impact, no-impact, false-alarm or duplicate")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Judgement, Move, State};

    #[test]
    fn what_is_over_stays_over_and_the_second_to_acknowledge_is_not_the_first() {
        for happened in [Move::Acknowledge, Move::Reassign, Move::Resolve, Move::Release] {
            assert_eq!(State::Resolved.after(happened), None, "{happened:?}");
        }
        assert_eq!(State::Open.after(Move::Acknowledge), Some(State::Acknowledged));
        assert_eq!(State::Acknowledged.after(Move::Acknowledge), None);
        assert_eq!(State::Acknowledged.after(Move::Reassign), Some(State::Open), "the steps begin anew");
    }

    #[test]
    fn what_is_kept_quiet_wakes_nobody_until_it_is_released() {
        assert_eq!(State::Suppressed.after(Move::Acknowledge), None);
        assert_eq!(State::Suppressed.after(Move::Reassign), None);
        assert_eq!(State::Suppressed.after(Move::Release), Some(State::Open));
        assert_eq!(State::Suppressed.after(Move::Resolve), Some(State::Resolved));
        assert_eq!(State::Open.after(Move::Release), None);
    }

    #[test]
    fn words_and_values_are_the_same_list() {
        for state in State::ALL {
            assert_eq!(state.as_str().parse::<State>().unwrap(), state);
        }
        for one in Judgement::ALL {
            assert_eq!(one.as_str().parse::<Judgement>().unwrap(), one);
        }
        assert!("closed".parse::<State>().is_err() && "fine".parse::<Judgement>().is_err());
    }
}
