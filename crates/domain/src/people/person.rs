//! A person: an account of the portal, and somebody teams are made of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::PersonId;

/// A person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Person {
    /// Key.
    pub id: PersonId,
    /// Short unique name, as in `user:default/<handle>`.
    pub handle: String,
    /// Full name.
    pub name: String,
    /// Unique e-mail address.
    pub email: String,
    /// Telephone number, for the phone at night.
    pub phone: Option<String>,
    /// IANA zone the person lives in.
    pub time_zone: String,
    /// Their manager.
    pub manager_id: Option<PersonId>,
    /// Whether the account may sign in and counts as a team member.
    pub active: bool,
    /// Whether the person administers the portal.
    pub admin: bool,
    /// Display choices.
    pub preferences: Preferences,
    /// Raised at each edit; the ETag.
    pub version: i64,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub updated_at: Timestamp,
}

/// What a person chose for how pages look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Light, dark, or as the system says.
    pub theme: Theme,
    /// Row height of long lists.
    pub density: Density,
}

/// Which paper the pages lie on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the person's system is set.
    #[default]
    System,
    /// Light paper.
    Light,
    /// Dark paper.
    Dark,
}

/// Row height of long lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Density {
    /// Many rows on a screen.
    #[default]
    Dense,
    /// More air.
    Roomy,
}
