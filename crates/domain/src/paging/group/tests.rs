//! The group under everything that senders do: pairs, repeats, cuts, and orders that nobody wished for.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::paging::{IncomingAlert, Severity};

fn alert(fingerprint: &str, says: Says) -> IncomingAlert {
    IncomingAlert {
        fingerprint: fingerprint.into(),
        says,
        summary: String::new(),
        severity: Severity::Unknown,
        labels: BTreeMap::new(),
        link: None,
        runbook: None,
        started_at: None,
    }
}

fn told(truncated: u64, alerts: &[(&str, Says)]) -> Incoming {
    let alerts = alerts.iter().map(|(f, says)| alert(f, *says)).collect();
    Incoming { group_key: "g".into(), truncated, alerts }
}

use Says::{Acknowledged, Firing, Resolved};

#[test]
fn a_group_is_over_when_none_of_its_alerts_fires() {
    let (group, effects) = Group::default().after(&told(0, &[("a", Firing), ("b", Firing)]));
    assert_eq!((group.is_over(), effects.fired), (false, vec![0, 1]));
    let (group, effects) = group.after(&told(0, &[("a", Firing), ("b", Resolved)]));
    assert_eq!((group.is_over(), effects.again, effects.resolved), (false, vec![0], vec![1]));
    let (group, effects) = group.after(&told(0, &[("a", Resolved)]));
    assert_eq!((group.is_over(), effects.resolved), (true, vec![0]));
}

#[test]
fn a_cut_delivery_closes_nothing_and_the_next_whole_one_does() {
    let (group, _) = Group::default().after(&told(0, &[("a", Firing)]));
    let (group, effects) = group.after(&told(3, &[("a", Resolved)]));
    assert_eq!((group.is_over(), effects.resolved), (false, vec![0]), "three alerts were not shown");
    let (group, effects) = group.after(&told(0, &[("a", Resolved)]));
    assert_eq!((group.is_over(), effects.dropped), (true, vec![0]));
}

#[test]
fn what_is_absent_fires_on() {
    let (group, _) = Group::default().after(&told(0, &[("a", Firing), ("b", Firing)]));
    let (group, _) = group.after(&told(0, &[("b", Resolved)]));
    assert_eq!(group.firing, BTreeSet::from(["a".to_owned()]), "a may be silenced");
}

#[test]
fn a_word_on_what_does_not_fire_is_dropped() {
    for says in [Resolved, Acknowledged] {
        let (group, effects) = Group::default().after(&told(0, &[("a", says)]));
        assert_eq!((group, effects.dropped), (Group::default(), vec![0]), "{says:?}");
    }
    let (group, _) = Group::default().after(&told(0, &[("a", Firing)]));
    assert_eq!(group.after(&told(0, &[("a", Acknowledged)])).1.acknowledged, [0]);
}

#[test]
fn one_delivery_that_contradicts_itself_fires() {
    for alerts in [[("a", Firing), ("a", Resolved)], [("a", Resolved), ("a", Firing)]] {
        for before in [Group::default(), Group::default().after(&told(0, &[("a", Firing)])).0] {
            assert!(!before.after(&told(0, &alerts)).0.is_over(), "{alerts:?}");
        }
    }
}

/// Deliveries of a few alerts, some of them cut.
fn deliveries() -> impl Strategy<Value = Vec<Incoming>> {
    let says = prop_oneof![Just(Firing), Just(Resolved), Just(Acknowledged)];
    let one = (prop::bool::weighted(0.2), prop::collection::vec((0..5_u8, says), 0..6));
    prop::collection::vec(one, 1..20).prop_map(|all| {
        let delivery = |(cut, alerts): (bool, Vec<(u8, Says)>)| Incoming {
            group_key: "g".into(),
            truncated: u64::from(cut),
            alerts: alerts.into_iter().map(|(f, says)| alert(&f.to_string(), says)).collect(),
        };
        all.into_iter().map(delivery).collect()
    })
}

fn run(group: &Group, deliveries: &[Incoming]) -> Group {
    deliveries.iter().fold(group.clone(), |group, delivery| group.after(delivery).0)
}

/// Whether the last word on each fingerprint, and on the cut, allows closing: what the rules promise, said in another way.
fn may_be_over(deliveries: &[Incoming]) -> bool {
    let mut last: BTreeMap<&str, bool> = BTreeMap::new();
    for delivery in deliveries {
        for alert in delivery.alerts.iter().filter(|a| a.says == Resolved) {
            last.insert(&alert.fingerprint, false);
        }
        for alert in delivery.alerts.iter().filter(|a| a.says == Firing) {
            last.insert(&alert.fingerprint, true);
        }
    }
    deliveries.last().is_none_or(|d| d.truncated == 0) && !last.values().any(|fires| *fires)
}

proptest! {
    #[test]
    fn it_is_over_exactly_when_the_last_word_on_every_alert_allows_it(deliveries in deliveries()) {
        prop_assert_eq!(run(&Group::default(), &deliveries).is_over(), may_be_over(&deliveries));
    }

    #[test]
    fn a_delivery_told_twice_is_told_once(deliveries in deliveries(), at in any::<prop::sample::Index>()) {
        let at = at.index(deliveries.len());
        let mut twice = deliveries.clone();
        twice.insert(at, deliveries[at].clone());
        prop_assert_eq!(run(&Group::default(), &twice), run(&Group::default(), &deliveries));
        let before = run(&Group::default(), &deliveries[..=at]);
        let again = before.after(&deliveries[at]).1;
        prop_assert!(again.fired.is_empty() && again.resolved.is_empty(), "a repeat is no news: {:?}", again);
    }

    /// Both of a pair tell the same, each in its order, however their deliveries fall between each other.
    #[test]
    fn a_pair_ends_where_one_alone_does(deliveries in deliveries(), turns in prop::collection::vec(any::<bool>(), 40)) {
        let (mut first, mut second) = (deliveries.iter(), deliveries.iter());
        let mut both = Vec::new();
        for turn in turns {
            both.extend(if turn { first.next() } else { second.next() }.cloned());
        }
        both.extend(first.chain(second).cloned());
        prop_assert_eq!(run(&Group::default(), &both), run(&Group::default(), &deliveries));
    }

    #[test]
    fn every_alert_of_a_delivery_has_one_effect(deliveries in deliveries()) {
        let mut group = Group::default();
        for delivery in &deliveries {
            let (next, e) = group.after(delivery);
            let mut all: Vec<_> = [&e.fired, &e.again, &e.acknowledged, &e.resolved, &e.dropped].into_iter().flatten().copied().collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..delivery.alerts.len()).collect::<Vec<_>>());
            for at in &e.fired {
                prop_assert!(!group.firing.contains(&delivery.alerts[*at].fingerprint));
                prop_assert!(next.firing.contains(&delivery.alerts[*at].fingerprint));
            }
            group = next;
        }
    }
}
