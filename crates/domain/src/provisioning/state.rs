//! How a provisioning request stands, and what may happen to it. A function of values: the operations ask it under the
//! lock of the request's row, so that of two who decide at once one is first and the other learns what was decided.

use serde::{Deserialize, Serialize};

/// How a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum State {
    /// Kept by whoever writes it; nobody else sees it, and nothing is asked.
    Draft,
    /// People have to agree before it may run.
    AwaitingApproval,
    /// It may run, and waits for the worker.
    Approved,
    /// Somebody whose word was needed said no, the time for their word is over, or a guardrail denies it by now.
    Refused,
    /// The worker is at it: making it, or undoing what was made.
    Running,
    /// A step failed and what was made stands: somebody tries it again, or has it undone.
    NeedsAttention,
    /// What was asked for is there.
    Succeeded,
    /// It could not be made. What was made is undone, or there is a finding for it.
    Failed,
    /// Whoever asked, or may act for them, took it back. What was made is undone, or there is a finding for it.
    Cancelled,
}

/// What may happen to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// It is handed in, and people have to agree.
    Submit,
    /// It is handed in or everybody needed has agreed, and no guardrail denies it; or the portal could not begin it, and
    /// tries again.
    Approve,
    /// Somebody needed said no, or said nothing in time, or a guardrail denies it now.
    Refuse,
    /// The facts changed before it ran: people have to agree who had not to when it was handed in.
    AskAnew,
    /// The worker begins, or begins again at the step that failed, or begins to undo.
    Run,
    /// A step failed as often as it is tried, or the portal itself cannot go on.
    Stop,
    /// The last step is done.
    Succeed,
    /// All is undone that was made, because it cannot be made.
    Fail,
    /// It is taken back; all that was made is undone.
    Cancel,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Draft,
        Self::AwaitingApproval,
        Self::Approved,
        Self::Refused,
        Self::Running,
        Self::NeedsAttention,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::AwaitingApproval => "awaiting-approval",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Running => "running",
            Self::NeedsAttention => "needs-attention",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing can happen to it any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Refused | Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// How it stands after a move; none if that cannot happen to it.
    pub fn after(self, happened: Move) -> Option<Self> {
        match (self, happened) {
            (Self::Draft, Move::Submit) | (Self::Approved, Move::AskAnew) => Some(Self::AwaitingApproval),
            (Self::Draft | Self::AwaitingApproval | Self::NeedsAttention, Move::Approve) => {
                Some(Self::Approved)
            }
            (Self::AwaitingApproval | Self::Approved, Move::Refuse) => Some(Self::Refused),
            (Self::Approved | Self::NeedsAttention, Move::Run) => Some(Self::Running),
            (Self::Approved | Self::Running, Move::Stop) => Some(Self::NeedsAttention),
            (Self::Running, Move::Succeed) => Some(Self::Succeeded),
            (Self::Running, Move::Fail) => Some(Self::Failed),
            // what runs is undone first, and is running until then
            (Self::Draft | Self::AwaitingApproval | Self::Approved | Self::Running, Move::Cancel) => {
                Some(Self::Cancelled)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOVES: [Move; 9] = [
        Move::Submit,
        Move::Approve,
        Move::Refuse,
        Move::AskAnew,
        Move::Run,
        Move::Stop,
        Move::Succeed,
        Move::Fail,
        Move::Cancel,
    ];

    #[test]
    fn what_is_over_stays_over_and_nothing_else_is_a_dead_end() {
        for state in State::ALL {
            let ways = MOVES.iter().filter(|m| state.after(**m).is_some()).count();
            assert_eq!(ways == 0, state.is_over(), "{state:?}");
        }
    }

    /// The table, written out: a change of a rule is a change of a line here.
    #[test]
    fn every_state_and_move() {
        let mut table = String::new();
        for state in State::ALL.into_iter().filter(|s| !s.is_over()) {
            let ways = MOVES.iter().filter_map(|m| Some(format!("{m:?} {}", state.after(*m)?.as_str())));
            table += &format!("{}: {}\n", state.as_str(), ways.collect::<Vec<_>>().join(", "));
        }
        let expected = "\
draft: Submit awaiting-approval, Approve approved, Cancel cancelled
awaiting-approval: Approve approved, Refuse refused, Cancel cancelled
approved: Refuse refused, AskAnew awaiting-approval, Run running, Stop needs-attention, Cancel cancelled
running: Stop needs-attention, Succeed succeeded, Fail failed, Cancel cancelled
needs-attention: Approve approved, Run running
";
        assert_eq!(table, expected);
    }

    /// Nothing is made without a way through the worker, and nothing runs that nobody let through.
    #[test]
    fn nothing_succeeds_unseen() {
        for state in State::ALL {
            let leads_to = |to| MOVES.iter().any(|m| state.after(*m) == Some(to));
            assert!(!leads_to(State::Succeeded) || state == State::Running, "{state:?}");
            assert!(
                !leads_to(State::Running) || matches!(state, State::Approved | State::NeedsAttention),
                "{state:?}"
            );
        }
    }
}
