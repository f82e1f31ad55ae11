//! The alert rules that cost most.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::wake::{Clock, Woke};
use crate::{incidents::Action, paging::Judgement};

/// Rules that are shown, besides those that somebody mends.
const MOST: usize = 10;

/// What an alert rule cost, and who mends it.
#[derive(Debug, Clone, Serialize)]
pub struct RuleLoad {
    /// What monitoring calls it: the label `alertname`, else what the alert says.
    pub rule: String,
    /// Pages that it opened.
    pub pages: usize,
    /// Of them out of hours.
    pub out_of_hours: usize,
    /// Of them judged.
    pub judged: usize,
    /// Of those, false alarms.
    pub false_alarms: usize,
    /// When it last opened one; none in all this time.
    pub last_at: Option<Timestamp>,
    /// Who mends it until when, if somebody does.
    pub action: Option<Action>,
}

impl RuleLoad {
    fn new(rule: String) -> Self {
        Self { rule, pages: 0, out_of_hours: 0, judged: 0, false_alarms: 0, last_at: None, action: None }
    }

    /// A page counts once, once more out of hours, and once more as a false alarm.
    fn cost(&self) -> usize {
        self.pages + self.out_of_hours + self.false_alarms
    }
}

/// The rules that cost most, the worst first, and all those that somebody mends.
pub(super) fn worst(pages: &[Woke], clock: &Clock<'_>, promised: Vec<Action>) -> Vec<RuleLoad> {
    let mut rules: BTreeMap<&str, RuleLoad> = BTreeMap::new();
    for (page, rule) in pages.iter().filter_map(|p| Some((p, p.rule.as_deref()?))) {
        let row = rules.entry(rule).or_insert_with(|| RuleLoad::new(rule.to_owned()));
        row.pages += 1;
        row.out_of_hours += usize::from(clock.is_page_out_of_hours(page));
        row.judged += usize::from(page.judgement.is_some());
        row.false_alarms += usize::from(page.judgement == Some(Judgement::FalseAlarm));
        row.last_at = row.last_at.max(Some(page.opened_at));
    }
    let mut all: Vec<RuleLoad> = rules.into_values().collect();
    for action in promised {
        let Some(rule) = action.alert_rule.clone() else { continue };
        match all.iter_mut().find(|r| r.rule == rule) {
            Some(row) => row.action = Some(action),
            None => all.push(RuleLoad { action: Some(action), ..RuleLoad::new(rule) }),
        }
    }
    all.sort_by(|a, b| b.cost().cmp(&a.cost()).then_with(|| a.rule.cmp(&b.rule)));
    let mut place = 0;
    all.retain(|row| {
        place += 1;
        place <= MOST || row.action.is_some()
    });
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::{civil::Date, tz::TimeZone};

    use super::*;
    use crate::{ActionId, incidents::ActionState};

    fn page(rule: &str, at: &str, judgement: Option<Judgement>) -> Woke {
        Woke {
            opened_at: at.parse().expect("an instant"),
            is_over: true,
            judgement,
            rule: Some(rule.to_owned()).filter(|r| !r.is_empty()),
            told: Vec::new(),
        }
    }

    fn promise(rule: &str) -> Action {
        Action {
            id: ActionId::new(),
            team: "basket".into(),
            team_name: "Basket".into(),
            incident: None,
            title: "Mend it".into(),
            owner: None,
            owner_name: None,
            due_on: Date::constant(2026, 12, 1),
            alert_rule: Some(rule.into()),
            state: ActionState::Open,
            outcome: String::new(),
            created_at: Timestamp::UNIX_EPOCH,
            closed_at: None,
        }
    }

    fn worst_of(pages: &[Woke], promised: Vec<Action>) -> Vec<RuleLoad> {
        let none = BTreeSet::new();
        worst(pages, &Clock::new(&[], &TimeZone::UTC, &none), promised)
    }

    #[test]
    fn nights_and_false_alarms_weigh_more_than_pages_by_day() {
        let (day, night) = ("2026-11-19T10:00:00Z", "2026-11-19T02:00:00Z");
        let pages = [
            page("DiskFull", day, Some(Judgement::RealImpact)),
            page("DiskFull", day, None),
            page("Flaps", night, Some(Judgement::FalseAlarm)),
            page("", night, None), // a person paged
        ];
        let rules = worst_of(&pages, Vec::new());
        let told: Vec<_> =
            rules.iter().map(|r| (r.rule.as_str(), r.pages, r.out_of_hours, r.judged)).collect();
        assert_eq!(told, [("Flaps", 1, 1, 1), ("DiskFull", 2, 0, 1)]);
        assert_eq!(rules[0].last_at, night.parse().ok());
    }

    #[test]
    fn what_somebody_mends_is_shown_until_it_is_done() {
        let pages: Vec<_> = (0..12)
            .flat_map(|n| (0..=n).map(move |_| page(&format!("Rule{n:02}"), "2026-11-19T10:00:00Z", None)))
            .collect();
        let rules = worst_of(&pages, vec![promise("Rule00"), promise("Quiet"), promise("Rule11")]);
        let names: Vec<_> = rules.iter().map(|r| r.rule.as_str()).collect();
        assert_eq!((names[0], names.len()), ("Rule11", 12), "ten, and two that somebody mends: {names:?}");
        assert!(names.contains(&"Rule00") && names.contains(&"Quiet") && !names.contains(&"Rule01"));
        let quiet = rules.iter().find(|r| r.rule == "Quiet").expect("a rule");
        assert!(quiet.pages == 0 && quiet.last_at.is_none() && quiet.action.is_some());
    }
}
