//! What a delivery means for a group of alerts. Senders deliver at least once, in pairs, in any order, and cut what is
//! long; so nothing follows from a delivery but what it says of each fingerprint.
//!
//! - A fingerprint that is absent says nothing: silenced, inhibited and cut-off alerts are absent and fire on.
//! - A resolve of what does not fire is dropped.
//! - A delivery that was cut (`truncated`) closes nothing: behind the cut something may fire.
//! - The status and labels of the whole body are not looked at: with a cut they describe only what was kept.

use std::collections::BTreeSet;

use super::{Incoming, Says};

/// A group as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// The fingerprints that fire.
    pub firing: BTreeSet<String>,
    /// Whether the last delivery was cut: something may fire that was never told of.
    pub hides: bool,
}

/// What a delivery changes, by the place of the alert in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effects {
    /// They fire, and did not before.
    pub fired: Vec<usize>,
    /// They fire on: told again.
    pub again: Vec<usize>,
    /// They fire, and somebody says elsewhere that they are on it.
    pub acknowledged: Vec<usize>,
    /// They fired, and do not any more.
    pub resolved: Vec<usize>,
    /// They were resolved or acknowledged without firing: dropped.
    pub dropped: Vec<usize>,
}

impl Group {
    /// Whether nothing fires, as far as anybody can know: what was opened for this group may close.
    pub fn is_over(&self) -> bool {
        self.firing.is_empty() && !self.hides
    }

    /// The group after a delivery, and what that changes. Of a fingerprint that a delivery names twice the last word
    /// counts, but that it fires is never lost over it: an alert that fires anywhere in the delivery fires.
    #[must_use]
    pub fn after(&self, delivery: &Incoming) -> (Self, Effects) {
        let mut group = Self { firing: self.firing.clone(), hides: delivery.truncated > 0 };
        let mut effects = Effects::default();
        let says = |wanted: Says| {
            delivery.alerts.iter().filter(|a| a.says == wanted).map(|a| a.fingerprint.as_str()).collect()
        };
        let firing: BTreeSet<&str> = says(Says::Firing);
        for (at, alert) in delivery.alerts.iter().enumerate() {
            let fired = self.firing.contains(&alert.fingerprint);
            match alert.says {
                Says::Firing if group.firing.insert(alert.fingerprint.clone()) => effects.fired.push(at),
                Says::Firing => effects.again.push(at),
                Says::Resolved if fired && !firing.contains(alert.fingerprint.as_str()) => {
                    if group.firing.remove(&alert.fingerprint) {
                        effects.resolved.push(at);
                    } else {
                        effects.dropped.push(at);
                    }
                }
                Says::Acknowledged if fired => effects.acknowledged.push(at),
                Says::Resolved | Says::Acknowledged => effects.dropped.push(at),
            }
        }
        (group, effects)
    }
}

#[cfg(test)]
mod tests;
