//! What monitoring tells, whoever's format it came in: alerts in a group, each known by its fingerprint.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Error;

/// One delivery of an integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// What the sender keeps together: the same key is the same group, told again.
    pub group_key: String,
    /// How many alerts the sender cut off this delivery: behind them there may be firing ones.
    pub truncated: u64,
    /// The alerts it tells of.
    pub alerts: Vec<IncomingAlert>,
}

/// One alert as told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomingAlert {
    /// What it is known by inside its group.
    pub fingerprint: String,
    /// What the sender says of it.
    pub says: Says,
    /// What is wrong, in a line.
    pub summary: String,
    /// How bad the sender thinks it is.
    pub severity: Severity,
    /// Labels: they lead to the service.
    pub labels: BTreeMap<String, String>,
    /// Where to look on.
    pub link: Option<String>,
    /// Where it says what to do.
    pub runbook: Option<String>,
    /// Since when it fires.
    pub started_at: Option<Timestamp>,
}

/// What a sender says of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// It fires.
    Firing,
    /// Somebody said elsewhere that they are on it.
    Acknowledged,
    /// It is over.
    Resolved,
}

/// How bad a sender thinks it is. Every alert that comes in here pages; this only says how it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Severity {
    /// The sender does not say, or says it in a word of its own.
    Unknown,
    /// Good to know.
    Info,
    /// It will hurt.
    Warning,
    /// It hurts.
    Error,
    /// It hurts much.
    Critical,
}

impl Severity {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }

    /// From the words that tools use for it; one's own word is no mistake.
    pub fn from_word(word: &str) -> Self {
        match word.trim().to_lowercase().as_str() {
            "critical" | "crit" | "fatal" | "emergency" | "page" | "p1" => Self::Critical,
            "error" | "high" | "major" | "p2" => Self::Error,
            "warning" | "warn" | "minor" | "ticket" | "p3" => Self::Warning,
            "info" | "informational" | "low" | "none" | "p4" => Self::Info,
            _ => Self::Unknown,
        }
    }
}

impl std::str::FromStr for Severity {
    type Err = Error;
    fn from_str(s: &str) -> crate::Result<Self> {
        match s {
            "unknown" => Ok(Self::Unknown),
            "info" => Ok(Self::Info),
            "warning" => Ok(Self::Warning),
            "error" => Ok(Self::Error),
            "critical" => Ok(Self::Critical),
            _ => Err(Error::invalid("severity", "must be critical, error, warning, info or unknown")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Severity;

    #[test]
    fn a_word_of_ones_own_is_no_mistake() {
        assert_eq!(Severity::from_word(" PAGE "), Severity::Critical);
        assert_eq!(Severity::from_word("Warn"), Severity::Warning);
        assert_eq!(Severity::from_word("purple"), Severity::Unknown);
        for one in ["unknown", "info", "warning", "error", "critical"] {
            assert_eq!(one.parse::<Severity>().unwrap().as_str(), one);
        }
        assert!(Severity::Critical > Severity::Warning);
    }
}
