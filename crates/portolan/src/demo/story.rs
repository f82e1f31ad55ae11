//! What happened at Fairhaven, as `changes.yaml` and `acts.yaml` tell it. Times are counted back from the loading.

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use portolan_domain::{changes::NewChange, incidents::NewIncident, support::NewRequest};
use serde::{Deserialize, Deserializer};

/// A moment before the loading, written like `-29m`, `-5h` or `-2d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ago(SignedDuration);

impl Ago {
    /// The moment itself.
    pub(crate) fn before(self, now: Timestamp) -> Timestamp {
        now - self.0
    }
}

impl std::str::FromStr for Ago {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        span(
            text.strip_prefix('-')
                .with_context(|| format!("{text:?} is not in the past: write it like -29m, -5h or -2d"))?,
        )
        .map(Self)
    }
}

impl<'de> Deserialize<'de> for Ago {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A length like `4m`, `5h` or `2d`; a day is 24 hours here.
fn span(text: &str) -> anyhow::Result<SignedDuration> {
    let problem = || format!("{text:?} is no length of time: write it like 29m, 5h or 2d");
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).with_context(problem)?;
    let number: i64 = number.parse().with_context(problem)?;
    match unit {
        "m" => Ok(SignedDuration::from_mins(number)),
        "h" => Ok(SignedDuration::from_hours(number)),
        "d" => Ok(SignedDuration::from_hours(24 * number)),
        _ => anyhow::bail!(problem()),
    }
}

/// How long a deployment took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Took(pub(crate) SignedDuration);

impl<'de> Deserialize<'de> for Took {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        span(&String::deserialize(from)?).map(Self).map_err(serde::de::Error::custom)
    }
}

/// A production change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    pub(crate) entity: String,
    pub(crate) environment: String,
    pub(crate) version: String,
    pub(crate) commit: String,
    pub(crate) deployed_by: String,
    pub(crate) reviewed_by: Option<String>,
    pub(crate) started: Ago,
    pub(crate) took: Option<Took>,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) outcome: String,
    pub(crate) link: String,
}

impl Change {
    /// When the pipeline told of it: at its end, or at its start while it runs.
    pub(crate) fn told_at(&self, now: Timestamp) -> Timestamp {
        self.started.before(now) + self.took.map_or(SignedDuration::ZERO, |took| took.0)
    }

    /// What the pipeline told.
    pub(crate) fn told(self, now: Timestamp) -> anyhow::Result<NewChange> {
        Ok(NewChange {
            started_at: Some(self.started.before(now)),
            finished_at: self.took.map(|_| self.told_at(now)),
            status: Some(self.status.parse()?),
            key: Some(format!("{}:{}", self.environment, self.version)),
            entity_ref: self.entity,
            environment: self.environment,
            version: self.version,
            commit: Some(self.commit),
            deployed_by: self.deployed_by,
            reviewed_by: self.reviewed_by,
            outcome: self.outcome,
            link: Some(self.link),
        })
    }
}

/// Something a person did in the portal: exactly one of the fields below `by`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Act {
    pub(crate) at: Ago,
    pub(crate) by: String,
    #[serde(default)]
    pub(crate) confirm: Vec<String>,
    #[serde(default)]
    pub(crate) deactivate: Vec<String>,
    pub(crate) hand_over: Option<HandOver>,
}

/// An entity that went to another team.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HandOver {
    pub(crate) entity: String,
    pub(crate) to: String,
    pub(crate) reason: String,
}

/// A request for help, and what came of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Help {
    pub(crate) at: Ago,
    pub(crate) by: String,
    entity: Option<String>,
    team: Option<String>,
    pub(crate) title: String,
    #[serde(default)]
    environment: String,
    impact: String,
    category: String,
    #[serde(default)]
    tried: String,
    #[serde(default)]
    wanted: String,
    #[serde(default)]
    links: Vec<String>,
    #[serde(default)]
    pub(crate) then: Vec<HelpStep>,
}

impl Help {
    /// What was asked.
    pub(crate) fn asked(&self) -> anyhow::Result<NewRequest> {
        Ok(NewRequest {
            entity: self.entity.clone(),
            team: self.team.clone(),
            title: self.title.clone(),
            environment: self.environment.clone(),
            impact: Some(self.impact.parse()?),
            tried: self.tried.clone(),
            wanted: self.wanted.clone(),
            links: self.links.clone(),
            category: Some(self.category.parse()?),
            page_id: None,
        })
    }
}

/// What somebody did with a request: exactly one of `take`, `answer` and `say`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HelpStep {
    pub(crate) at: Ago,
    pub(crate) by: String,
    #[serde(default)]
    pub(crate) take: bool,
    pub(crate) answer: Option<String>,
    pub(crate) next: Option<String>,
    pub(crate) say: Option<String>,
}

/// An incident, and what people did in it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Smoke {
    pub(crate) at: Ago,
    pub(crate) by: String,
    pub(crate) title: String,
    severity: i16,
    affected: Vec<String>,
    noticed_by: String,
    slo_saw: String,
    text: String,
    #[serde(default)]
    pub(crate) then: Vec<SmokeStep>,
}

impl Smoke {
    /// What was said when it was opened.
    pub(crate) fn opened(&self) -> anyhow::Result<NewIncident> {
        Ok(NewIncident {
            title: self.title.clone(),
            severity: Some(self.severity),
            team: None,
            affected: self.affected.clone(),
            noticed_by: self.noticed_by.parse()?,
            slo_saw: Some(self.slo_saw.parse()?),
            began_at: None,
            link: None,
            page: None,
            text: self.text.clone(),
        })
    }
}

/// What somebody did in an incident.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmokeStep {
    pub(crate) at: Ago,
    pub(crate) by: String,
    pub(crate) note: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) r#move: Option<String>,
    #[serde(default)]
    pub(crate) text: String,
    pub(crate) review: Option<SmokeReview>,
    pub(crate) action: Option<SmokeAction>,
    pub(crate) mode: Option<SmokeMode>,
}

/// What a review says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmokeReview {
    pub(crate) happened: String,
    pub(crate) helped: String,
}

/// What somebody promised to do in so many days.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmokeAction {
    pub(crate) title: String,
    pub(crate) owner: Option<String>,
    pub(crate) days: i64,
}

/// How a thing is known to fail from then on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmokeMode {
    pub(crate) entity: String,
    pub(crate) name: String,
    pub(crate) signs: String,
    pub(crate) remedy: String,
}

/// What was left for whoever has support next.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HelpNote {
    pub(crate) at: Ago,
    pub(crate) by: String,
    pub(crate) team: String,
    pub(crate) text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_counted_back() {
        let now: Timestamp = "2026-11-19T02:10:00Z".parse().expect("an instant");
        for (text, expected) in [
            ("-29m", "2026-11-19T01:41:00Z"),
            ("-5h", "2026-11-18T21:10:00Z"),
            ("-2d", "2026-11-17T02:10:00Z"),
        ] {
            let ago: Ago = text.parse().expect(text);
            assert_eq!(ago.before(now).to_string(), expected);
        }
    }

    #[test]
    fn a_moment_that_makes_no_sense_is_refused() {
        for text in ["", "-", "5m", "-5", "-5w", "-fived", "-5é"] {
            assert!(text.parse::<Ago>().is_err(), "{text:?}");
        }
    }
}
