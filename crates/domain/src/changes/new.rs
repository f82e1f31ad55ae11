//! What is told about a change, and the rules it must keep.

use jiff::{SignedDuration, Timestamp};

use super::Status;
use crate::{Error, Problem, Result, catalog::EntityRef};

/// A change as a pipeline tells it. Only the entity, the environment and the version are needed.
#[derive(Debug, Clone, Default)]
pub struct NewChange {
    /// Reference of what was changed; a bare name is a component of the default namespace.
    pub entity_ref: String,
    /// Where. Kept in small letters.
    pub environment: String,
    /// What it went to.
    pub version: String,
    /// The commit it was built from.
    pub commit: Option<String>,
    /// By whom: handle or e-mail of a person, or whatever the pipeline calls itself.
    pub deployed_by: String,
    /// Who looked at it beforehand.
    pub reviewed_by: Option<String>,
    /// When it began; now if not told.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// How it stands; succeeded if not told.
    pub status: Option<Status>,
    /// How it went, in words.
    pub outcome: String,
    /// Where to read on.
    pub link: Option<String>,
    /// The same key means the same change, told again. Without one, the version that is the last one in the
    /// environment already is taken as told again.
    pub key: Option<String>,
}

/// What a code host's webhook says of one deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Repository as `owner/name`.
    pub repository: String,
    /// Where.
    pub environment: String,
    /// Branch, tag or short commit.
    pub version: String,
    /// Commit.
    pub commit: Option<String>,
    /// Login, e-mail or name of whoever started it.
    pub deployed_by: String,
    /// When the host made the deployment.
    pub started_at: Option<Timestamp>,
    /// When the host says that it ended.
    pub finished_at: Option<Timestamp>,
    /// How it stands.
    pub status: Status,
    /// The host's description.
    pub outcome: String,
    /// Log or environment.
    pub link: Option<String>,
    /// The host's number of the deployment.
    pub key: String,
}

impl Deployment {
    pub(super) fn change_of(&self, entity_ref: &str) -> NewChange {
        NewChange {
            entity_ref: entity_ref.to_owned(),
            environment: self.environment.clone(),
            version: self.version.clone(),
            commit: self.commit.clone(),
            deployed_by: self.deployed_by.clone(),
            reviewed_by: None,
            started_at: self.started_at,
            finished_at: self.finished_at,
            status: Some(self.status),
            outcome: self.outcome.clone(),
            link: self.link.clone(),
            key: Some(self.key.clone()),
        }
    }
}

/// Whether an environment is production, by its name: the one whose changes an incident asks for first.
pub fn is_production(environment: &str) -> bool {
    environment == "live"
        || environment.split(['-', '_', '/', '.', ' ']).any(|part| part == "prod" || part == "production")
}

const MINUTES_AHEAD: i64 = 10; // a pipeline's clock may be a little fast

impl NewChange {
    /// The same with its blanks trimmed and defaults filled in, or everything that is wrong with it.
    pub(super) fn checked(mut self, now: Timestamp) -> Result<Self> {
        self.environment = self.environment.trim().to_lowercase();
        self.version = self.version.trim().into();
        self.deployed_by = self.deployed_by.trim().into();
        self.outcome = self.outcome.trim().into();
        for text in [&mut self.commit, &mut self.reviewed_by, &mut self.link, &mut self.key] {
            *text = text.take().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
        }
        let mut problems = self.problems(now);
        match EntityRef::parse(&self.entity_ref, Some("component"), "default") {
            Ok(full) => self.entity_ref = full.to_string(),
            Err(e) if problems.iter().all(|p| p.field != "entity") => {
                problems.push(Problem { field: "entity".into(), message: e.to_string() });
            }
            Err(_) => {}
        }
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        if self.key.is_none()
            && let Some(started) = self.started_at
        {
            self.key = Some(format!("{}/{}/{started}", self.environment, self.version));
        }
        self.status = Some(self.status.unwrap_or(Status::Succeeded));
        Ok(self)
    }

    fn problems(&self, now: Timestamp) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong =
            |field: &str, message: String| problems.push(Problem { field: field.into(), message });
        for (field, text, needed, most) in [
            ("entity", self.entity_ref.trim(), true, 260),
            ("environment", &self.environment, true, 63),
            ("version", &self.version, true, 200),
            ("commit", self.commit.as_deref().unwrap_or(""), false, 200),
            ("deployed_by", &self.deployed_by, false, 200),
            ("reviewed_by", self.reviewed_by.as_deref().unwrap_or(""), false, 200),
            ("outcome", &self.outcome, false, 2000),
            ("link", self.link.as_deref().unwrap_or(""), false, 2000),
            ("key", self.key.as_deref().unwrap_or(""), false, 200),
        ] {
            if needed && text.is_empty() {
                wrong(field, "is needed".into());
            } else if text.chars().count() > most {
                wrong(field, format!("must have at most {most} characters"));
            } else if text.chars().any(|c| c.is_control() && c != '\n') {
                wrong(field, "must not have control characters".into());
            }
        }
        if let Some(link) = &self.link
            && !url::Url::parse(link).is_ok_and(|u| matches!(u.scheme(), "http" | "https"))
        {
            wrong("link", "must be an address that begins with http:// or https://".into());
        }
        let latest = now.saturating_add(SignedDuration::from_mins(MINUTES_AHEAD)).unwrap_or(now);
        for (field, at) in [("started_at", self.started_at), ("finished_at", self.finished_at)] {
            if at.is_some_and(|at| at > latest) {
                wrong(field, "lies in the future; check the clock of the pipeline".into());
            }
        }
        if let Some(finished) = self.finished_at
            && finished < self.started_at.unwrap_or(finished)
        {
            wrong("finished_at", "must not be before started_at".into());
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::{NewChange, is_production};
    use crate::Error;

    #[test]
    fn a_bare_name_is_a_component() {
        let full = |given: &str| {
            let new = NewChange {
                entity_ref: given.into(),
                environment: " Prod ".into(),
                version: "1".into(),
                ..NewChange::default()
            };
            new.checked("2026-01-01T00:00:00Z".parse().unwrap()).unwrap().entity_ref
        };
        assert_eq!(full(" Checkout-API "), "component:default/checkout-api");
        assert_eq!(full("shop/checkout"), "component:shop/checkout");
        assert_eq!(full("resource:orders-db"), "resource:default/orders-db");
    }

    #[test]
    fn production_has_several_names() {
        assert!(
            ["production", "prod", "prod-eu-west-1", "eu/production", "live"].into_iter().all(is_production)
        );
        assert!(!["staging", "product-test", "preview", "pre"].into_iter().any(is_production));
    }

    #[test]
    fn what_has_not_been_yet_is_not_told() {
        let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        for ahead in [now + jiff::SignedDuration::from_mins(11), jiff::Timestamp::MAX] {
            let new = NewChange {
                entity_ref: "checkout".into(),
                environment: "production".into(),
                version: "1".into(),
                finished_at: Some(ahead),
                ..NewChange::default()
            };
            let Err(Error::Invalid(problems)) = new.checked(now) else { panic!("{ahead}") };
            assert_eq!(problems[0].field, "finished_at");
        }
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let new = NewChange {
            link: Some("javascript:alert(1)".into()),
            started_at: Some("2030-01-01T00:00:00Z".parse().unwrap()),
            finished_at: Some("2029-01-01T00:00:00Z".parse().unwrap()),
            ..NewChange::default()
        };
        let Err(Error::Invalid(problems)) = new.checked("2026-01-01T00:00:00Z".parse().unwrap()) else {
            panic!()
        };
        let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
        assert_eq!(
            fields,
            ["entity", "environment", "version", "link", "started_at", "finished_at", "finished_at"]
        );
    }
}
