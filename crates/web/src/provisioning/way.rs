//! How far a request is: what its bar says, the marks on its way from asking to having, and its log.

use jiff::{Timestamp, civil::Date};
use portolan_domain::provisioning::{
    self, ApprovalOf, ApprovalState, LogLine, Outcome, State, StepOf, StepState,
};

use super::{request::Body, said};
use crate::words;

/// How far a run is.
pub(super) struct Way {
    /// Steps done, half for the one at work; none while it is undone.
    pub(super) value: Option<f64>,
    pub(super) steps: usize,
    pub(super) words: String,
}

/// One mark on the way from asking to having.
pub(super) struct Mark {
    pub(super) look: (&'static str, &'static str),
    pub(super) title: String,
    pub(super) at: Option<Timestamp>,
    pub(super) text: String,
}

impl Body {
    /// How it stands, and at which step.
    pub(super) fn standing(&self) -> String {
        let word = said::state(&self.request).1;
        match self.at() {
            Some((n, _)) if self.request.state == State::Running && self.request.wish.is_none() => {
                format!("{word}, step {n} of {}", self.steps.len())
            }
            _ => word,
        }
    }

    /// The step at work, or the one that failed, and its place.
    pub(super) fn at(&self) -> Option<(usize, &StepOf)> {
        let is_at = |s: &StepOf| matches!(s.state, StepState::Running | StepState::Later | StepState::Failed);
        self.steps.iter().enumerate().find(|(_, s)| is_at(s)).map(|(n, s)| (n + 1, s))
    }

    pub(super) fn progress(&self) -> Option<Way> {
        if !matches!(self.request.state, State::Running | State::NeedsAttention | State::Approved) {
            return None;
        }
        let steps = if self.steps.is_empty() { self.planned().len() } else { self.steps.len() };
        if self.request.wish.is_some() {
            let words = "What was made is being undone, the last first.".to_owned();
            return Some(Way { value: None, steps, words });
        }
        let is_done = |s: &&StepOf| matches!(s.state, StepState::Done | StepState::Skipped);
        #[expect(clippy::cast_precision_loss, reason = "a handful of steps")]
        let done = self.steps.iter().filter(is_done).count() as f64;
        let (value, words) = match self.at() {
            Some((n, step)) if self.request.state == State::NeedsAttention => {
                (done, format!("Stopped at step {n} of {steps}: {}.", step.title))
            }
            Some((n, step)) => (done + 0.5, format!("Step {n} of {steps}: {}.", step.title)),
            None => (done, format!("{done} of {} done.", words::counted(steps, "step", "steps"))),
        };
        (steps > 0).then_some(Way { value: Some(value), steps, words })
    }

    /// How long it may still take, measured at those before.
    pub(super) fn ahead(&self) -> Option<String> {
        let r = &self.request;
        let since = |at: Timestamp| self.shell.now.duration_since(at).as_secs();
        match (r.state, self.at()) {
            (State::Approved, _) => return Some("It begins in a moment.".to_owned()),
            (State::Running, Some((_, at))) if at.uses == "approval" => {
                return Some("It goes on when somebody has agreed.".to_owned());
            }
            (State::Running, _) if r.wish.is_none() => {}
            _ => return None,
        }
        // an action is not measured by how long making takes
        let Some(usual) = self.figures.usual_seconds.filter(|_| r.action.is_none()) else {
            return r.started_at.map(|at| format!("Under way for {}.", said::lasts(since(at))));
        };
        let slow = said::lasts(self.figures.slow_seconds.unwrap_or(usual));
        let ahead = usual - since(r.submitted_at?);
        Some(if ahead > 0 {
            format!("About {} to go: 9 in 10 of these take up to {slow}.", said::lasts(ahead))
        } else {
            format!(
                "It takes longer than usual: half of these are ready in {}, 9 in 10 in {slow}.",
                said::lasts(usual)
            )
        })
    }

    pub(super) fn marks(&self) -> Vec<Mark> {
        let r = &self.request;
        let by = r.requested_by.as_ref().map_or("by Portolan".to_owned(), |p| format!("by {}", p.name));
        let fit = r.verdict.guardrails.iter().filter(|s| s.outcome == Outcome::Fits).count();
        let all = r.verdict.guardrails.len();
        let checked = match (all, fit) {
            (0, _) => String::new(),
            (1, 1) => "; its guardrail holds".to_owned(),
            (1, _) => "; its guardrail does not hold".to_owned(),
            _ => format!("; {fit} of {} hold", words::counted(all, "guardrail", "guardrails")),
        };
        let mut marks = vec![Mark {
            look: ("ok", "is-done"),
            title: "Asked".into(),
            at: r.submitted_at,
            text: by + &checked,
        }];
        marks.extend(self.approvals.iter().filter(|a| a.step.is_empty()).map(approval_mark));
        if self.steps.is_empty() {
            let planned = self.planned().into_iter();
            marks.extend(planned.map(|title| Mark {
                look: ("ahead", "is-ahead"),
                title,
                at: None,
                text: String::new(),
            }));
        }
        for step in &self.steps {
            let (icon, class, word) = said::step(step);
            let failed = step.failure.as_ref().map(|failure| failure.why.clone());
            let again =
                if step.attempts > 1 { format!(", attempt {}", step.attempts) } else { String::new() };
            marks.push(Mark {
                look: (icon, class),
                title: step.title.clone(),
                at: step.ended_at.or(step.started_at),
                text: failed.unwrap_or_else(|| format!("{word}{again}")),
            });
            marks.extend(
                self.approvals
                    .iter()
                    .filter(|a| !a.step.is_empty() && a.step == step.step)
                    .map(approval_mark),
            );
        }
        marks.push(self.last());
        marks
    }

    pub(super) fn last(&self) -> Mark {
        let (title, look) = match self.request.state {
            State::Refused => ("Refused", ("danger", "is-failed")),
            State::Failed => ("Failed", ("danger", "is-failed")),
            State::Cancelled => ("Cancelled", ("unknown", "is-ahead")),
            State::Succeeded => (self.request.effect.map_or("Ready", said::done), ("ok", "is-done")),
            _ => (self.request.effect.map_or("Ready", said::done), ("ahead", "is-ahead")),
        };
        Mark { look, title: title.into(), at: self.request.ended_at, text: String::new() }
    }

    /// Titles of the steps that will be done.
    pub(super) fn planned(&self) -> Vec<String> {
        let definition = &self.offering.definition;
        let steps = match &self.request.action {
            Some(action) => definition.actions.iter().find(|a| a.name == *action).map(|a| &a.steps),
            None => Some(&definition.steps),
        };
        let title =
            |step: &provisioning::Step| step.title.clone().unwrap_or_else(|| words::sentence(&step.id));
        steps.into_iter().flatten().map(title).collect()
    }

    /// The log, with the day where another one begins: all lines of today need none.
    pub(super) fn told(&self) -> Vec<(Option<String>, &LogLine)> {
        let day = |at: Timestamp| at.to_zoned(self.shell.time_zone().clone()).date();
        let days: Vec<_> = self.lines.iter().map(|line| day(line.at)).collect();
        let begun = begun(&days, self.shell.today());
        begun.into_iter().map(|day| day.map(|day| self.shell.day(&day))).zip(&self.lines).collect()
    }

    pub(super) fn clock(&self, at: &Timestamp) -> String {
        at.to_zoned(self.shell.time_zone().clone()).strftime("%H:%M:%S").to_string()
    }

    /// A line of the log that something is wrong with, by its words.
    pub(super) fn line_class(&self, line: &LogLine) -> &'static str {
        let text = line.text.to_lowercase();
        if text.contains("failed") || text.contains("error") {
            "is-danger"
        } else if text.contains("again in") || text.contains("warning") {
            "is-warn"
        } else {
            ""
        }
    }
}

/// The days that begin at these lines: none where the day is that of the line before, or where all are today's.
fn begun(days: &[Date], today: Date) -> Vec<Option<Date>> {
    let is_long = days.iter().any(|day| *day != today);
    let former = std::iter::once(None).chain(days.iter().map(Some));
    days.iter().zip(former).map(|(day, former)| (is_long && former != Some(day)).then_some(*day)).collect()
}

fn approval_mark(approval: &ApprovalOf) -> Mark {
    let (tone, word) = said::approval(&approval.state);
    let look = match approval.state {
        ApprovalState::Waiting => ("now", "is-now"),
        ApprovalState::Agreed => ("ok", "is-done"),
        ApprovalState::Dropped => (tone, "is-ahead"),
        ApprovalState::Refused | ApprovalState::Lapsed => ("danger", "is-failed"),
    };
    let said: Vec<_> =
        approval.approvers.iter().filter(|a| a.agreed.is_some()).map(|a| a.person.name.clone()).collect();
    let who = if said.is_empty() { String::new() } else { format!(": {}", said.join(", ")) };
    let at = approval.approvers.iter().filter_map(|a| a.at).max();
    Mark { look, title: format!("Approval: {}", approval.name), at, text: format!("{word}{who}") }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::begun;

    #[test]
    fn a_log_names_the_day_where_one_begins() {
        let (monday, tuesday) = (date(2026, 11, 23), date(2026, 11, 24));
        assert_eq!(begun(&[tuesday, tuesday], tuesday), [None, None], "today is not named");
        assert_eq!(begun(&[monday, monday], tuesday), [Some(monday), None]);
        assert_eq!(
            begun(&[monday, tuesday, tuesday, monday], tuesday),
            [Some(monday), Some(tuesday), None, Some(monday)]
        );
        assert_eq!(begun(&[], tuesday), []);
    }
}
