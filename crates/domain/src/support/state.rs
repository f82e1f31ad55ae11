//! How a request stands, and what may happen to it from there. Pure.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// How a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum State {
    /// Nobody works on it yet.
    Waiting,
    /// Somebody works on it.
    WithSomeone,
    /// The team asked something back.
    WaitingForRequester,
    /// Answered, or not to be answered.
    Closed,
    /// It was closed, and was not done after all.
    Reopened,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Waiting, Self::WithSomeone, Self::WaitingForRequester, Self::Closed, Self::Reopened];

    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::WithSomeone => "with-someone",
            Self::WaitingForRequester => "waiting-for-requester",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
        }
    }

    /// The word for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::WithSomeone => "With someone",
            Self::WaitingForRequester => "Waiting for whoever asked",
            Self::Closed => "Closed",
            Self::Reopened => "Reopened",
        }
    }
}

impl std::str::FromStr for State {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == s).ok_or_else(|| {
            Error::invalid(
                "state",
                "must be waiting, with-someone, waiting-for-requester, closed or reopened",
            )
        })
    }
}

/// What somebody does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// The team gives it to somebody.
    Give,
    /// The team takes it from whoever had it.
    PutBack,
    /// The team answers, and goes on with it.
    Answer,
    /// The team answers or asks, and the next word is the requester's.
    AskBack,
    /// The next word is the requester's, without a word of the team here: it was said elsewhere.
    Pause,
    /// The requester adds something.
    Say,
    /// It is done.
    Close,
    /// It was not done after all.
    Reopen,
}

impl Move {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Give,
        Self::PutBack,
        Self::Answer,
        Self::AskBack,
        Self::Pause,
        Self::Say,
        Self::Close,
        Self::Reopen,
    ];
}

/// How a request stands after a move; `assigned` says whether it is somebody's.
#[expect(clippy::match_same_arms, reason = "one line for each way, in the order in which they are decided")]
pub fn after(state: State, what: Move, assigned: bool) -> Result<State> {
    use State::{Closed, Reopened, Waiting, WaitingForRequester, WithSomeone};
    let open = if assigned { WithSomeone } else { Waiting };
    match (state, what) {
        (Closed, Move::Reopen) => Ok(Reopened),
        (Closed, Move::Close) => Err(Error::Conflict("it is closed already".into())),
        (Closed, _) => Err(Error::Conflict("it is closed; reopen it to go on".into())),
        (_, Move::Reopen) => Err(Error::Conflict("it is open; there is nothing to reopen".into())),
        (_, Move::Close) => Ok(Closed),
        (WaitingForRequester, Move::Pause) => {
            Err(Error::Conflict("it waits for whoever asked already".into()))
        }
        (_, Move::AskBack | Move::Pause) => Ok(WaitingForRequester),
        (_, Move::Answer) => Ok(WithSomeone),
        (WaitingForRequester, Move::Give | Move::PutBack) => Ok(WaitingForRequester), // it is still their turn
        (_, Move::Give) => Ok(WithSomeone),
        (Reopened, Move::PutBack | Move::Say) => Ok(Reopened),
        (WaitingForRequester, Move::Say) => Ok(open),
        (state, Move::Say) => Ok(state),
        (_, Move::PutBack) => Ok(Waiting),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_goes_its_usual_way() {
        let way = [
            (Move::Give, State::WithSomeone),
            (Move::AskBack, State::WaitingForRequester),
            (Move::Say, State::WithSomeone),
            (Move::Answer, State::WithSomeone),
            (Move::Close, State::Closed),
            (Move::Reopen, State::Reopened),
            (Move::Say, State::Reopened),
            (Move::Answer, State::WithSomeone),
            (Move::PutBack, State::Waiting),
            (Move::Close, State::Closed),
        ];
        let mut state = State::Waiting;
        for (what, expected) in way {
            state = after(state, what, true).unwrap_or_else(|e| panic!("{what:?} from {state:?}: {e}"));
            assert_eq!(state, expected, "{what:?}");
        }
    }

    #[test]
    fn what_is_closed_is_only_reopened_and_what_is_open_is_not() {
        for what in Move::ALL {
            assert_eq!(after(State::Closed, what, true).is_ok(), what == Move::Reopen, "{what:?}");
        }
        for state in State::ALL.into_iter().filter(|s| *s != State::Closed) {
            assert!(after(state, Move::Reopen, true).is_err(), "{state:?}");
            assert_eq!(after(state, Move::Close, true).ok(), Some(State::Closed), "{state:?}");
        }
    }

    #[test]
    fn an_answer_to_a_question_back_goes_where_it_came_from() {
        assert_eq!(after(State::WaitingForRequester, Move::Say, true).ok(), Some(State::WithSomeone));
        assert_eq!(after(State::WaitingForRequester, Move::Say, false).ok(), Some(State::Waiting));
        assert_eq!(after(State::Waiting, Move::Say, true).ok(), Some(State::Waiting), "adding takes nothing");
    }
}
