//! How an incident stands, and what may happen to it from there. Pure.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// How an incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum State {
    /// It hurts.
    Open,
    /// It does not hurt any more, but it is not over: the cause is still there.
    Mitigated,
    /// It is over; the review is still to come.
    Ended,
    /// What was learned is written down.
    Reviewed,
}

impl State {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::Open, Self::Mitigated, Self::Ended, Self::Reviewed];

    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Mitigated => "mitigated",
            Self::Ended => "ended",
            Self::Reviewed => "reviewed",
        }
    }

    /// The word for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Mitigated => "Mitigated",
            Self::Ended => "Over, review to come",
            Self::Reviewed => "Reviewed",
        }
    }

    /// Whether it still lasts.
    pub fn lasts(self) -> bool {
        matches!(self, Self::Open | Self::Mitigated)
    }
}

impl std::str::FromStr for State {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == s)
            .ok_or_else(|| Error::invalid("state", "must be open, mitigated, ended or reviewed"))
    }
}

/// What somebody decides about an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// It does not hurt any more.
    Mitigate,
    /// It is over.
    End,
    /// It is not over after all; of a reviewed one: the review goes on.
    Reopen,
    /// The review is done.
    Review,
}

impl Move {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Mitigate, Self::End, Self::Reopen, Self::Review];
}

/// How an incident stands after a move.
#[expect(clippy::match_same_arms, reason = "one line for each way")]
pub fn after(state: State, what: Move) -> Result<State> {
    let no = |why: &str| Err(Error::Conflict(why.into()));
    match (state, what) {
        (State::Open, Move::Mitigate) => Ok(State::Mitigated),
        (State::Open | State::Mitigated, Move::End) => Ok(State::Ended),
        (State::Mitigated | State::Ended, Move::Reopen) => Ok(State::Open),
        (State::Ended, Move::Review) => Ok(State::Reviewed),
        (State::Reviewed, Move::Reopen) => Ok(State::Ended),
        (State::Open, Move::Reopen) => no("it is open; there is nothing to reopen"),
        (State::Open | State::Mitigated, Move::Review) => {
            no("it is not over yet; end it first, then review it")
        }
        (State::Mitigated, Move::Mitigate) => no("it is mitigated already"),
        (State::Ended | State::Reviewed, Move::Mitigate | Move::End) => no("it is over already"),
        (State::Reviewed, Move::Review) => no("it is reviewed already"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_goes_its_way_and_back() {
        let way = [
            (Move::Mitigate, State::Mitigated),
            (Move::Reopen, State::Open),
            (Move::End, State::Ended),
            (Move::Review, State::Reviewed),
            (Move::Reopen, State::Ended),
            (Move::Reopen, State::Open),
            (Move::Mitigate, State::Mitigated),
            (Move::End, State::Ended),
        ];
        let mut state = State::Open;
        for (what, expected) in way {
            state = after(state, what).unwrap_or_else(|e| panic!("{what:?} from {state:?}: {e}"));
            assert_eq!(state, expected, "{what:?}");
        }
    }

    #[test]
    fn nothing_is_reviewed_before_it_is_over_and_nothing_ends_twice() {
        let possible = |state| Move::ALL.into_iter().filter(|m| after(state, *m).is_ok()).collect::<Vec<_>>();
        assert_eq!(possible(State::Open), [Move::Mitigate, Move::End]);
        assert_eq!(possible(State::Mitigated), [Move::End, Move::Reopen]);
        assert_eq!(possible(State::Ended), [Move::Reopen, Move::Review]);
        assert_eq!(possible(State::Reviewed), [Move::Reopen]);
    }
}
