//! The kinds of entities that the catalog holds.

use serde::{Deserialize, Serialize};

use crate::Error;

/// A kind. Components come first wherever kinds are listed: they are the services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Kind {
    /// A piece of software: service, website, library, … by its type.
    Component,
    /// What components offer to each other.
    Api,
    /// What components run on: database, queue, bucket, …
    Resource,
    /// Components, APIs and resources that together do one thing.
    System,
    /// Systems of one part of the business.
    Domain,
    /// A team, or a part of the organisation above teams.
    Group,
    /// A person.
    User,
    /// A pointer to further descriptors.
    Location,
}

impl Kind {
    /// All kinds, services first.
    pub const ALL: [Self; 8] = [
        Self::Component,
        Self::Api,
        Self::Resource,
        Self::System,
        Self::Domain,
        Self::Group,
        Self::User,
        Self::Location,
    ];

    /// As in references and addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Component => "component",
            Self::Api => "api",
            Self::Resource => "resource",
            Self::System => "system",
            Self::Domain => "domain",
            Self::Group => "group",
            Self::User => "user",
            Self::Location => "location",
        }
    }

    /// As in descriptors.
    pub fn in_descriptor(self) -> &'static str {
        match self {
            Self::Component => "Component",
            Self::Api => "API",
            Self::Resource => "Resource",
            Self::System => "System",
            Self::Domain => "Domain",
            Self::Group => "Group",
            Self::User => "User",
            Self::Location => "Location",
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Kind {
    type Err = Error;
    /// In any case of letters.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|k| k.as_str().eq_ignore_ascii_case(text)).ok_or_else(|| {
            Error::invalid(
                "kind",
                "must be component, api, resource, system, domain, group, user or location",
            )
        })
    }
}
