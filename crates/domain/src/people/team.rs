//! A team: who builds and keeps something together, and how to reach them. Teams form a tree.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{person::may_read, store};
use crate::{Cursor, Cx, Error, Limit, Page, PersonId, Result, TeamId, page::check_words};

/// A team.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Team {
    /// Key.
    pub id: TeamId,
    /// Short unique name, as in `group:default/<slug>`. It never changes: references are made of it.
    pub slug: String,
    /// Name.
    pub name: String,
    /// What it is there for, in a sentence or two.
    pub purpose: String,
    /// What it is in the organisation: team, department, business-unit, …
    pub kind: String,
    /// The team above it.
    pub parent_id: Option<TeamId>,
    /// Who leads it.
    pub lead_id: Option<PersonId>,
    /// Name of its chat channel.
    pub chat_channel: Option<String>,
    /// Link to its chat channel.
    pub chat_url: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its telephone number.
    pub phone: Option<String>,
    /// Which of the four roles it plays.
    pub roles: Vec<Role>,
    /// Reference of the Group descriptor that speaks for this team.
    pub described_by: Option<String>,
    /// The fields that descriptor gives; they are edited where it lives.
    pub described: Vec<String>,
    /// Raised at each edit; the `ETag`.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub updated_at: Timestamp,
}

impl Team {
    /// What descriptors call this team.
    pub fn entity_ref(&self) -> String {
        self.described_by.clone().unwrap_or_else(|| format!("group:default/{}", self.slug.to_lowercase()))
    }

    /// Whether a descriptor gives this field, so that it is read-only here.
    pub fn is_described(&self, field: &str) -> bool {
        self.described.iter().any(|f| f == field)
    }
}

/// As much of a team as a link to it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamName {
    /// Key.
    pub id: TeamId,
    /// Short unique name.
    pub slug: String,
    /// Name.
    pub name: String,
}

/// The four roles around a product. A team plays any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Builds services for customers.
    ServiceDevelopment,
    /// Builds what the builders of services stand on.
    PlatformDevelopment,
    /// Keeps services running and helps their users.
    ServiceSupport,
    /// Helps the users of the platform.
    PlatformSupport,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::ServiceDevelopment, Self::PlatformDevelopment, Self::ServiceSupport, Self::PlatformSupport];

    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ServiceDevelopment => "service-development",
            Self::PlatformDevelopment => "platform-development",
            Self::ServiceSupport => "service-support",
            Self::PlatformSupport => "platform-support",
        }
    }

    /// The word for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::ServiceDevelopment => "Service development",
            Self::PlatformDevelopment => "Platform development",
            Self::ServiceSupport => "Service support",
            Self::PlatformSupport => "Platform support",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|r| r.as_str() == s).ok_or_else(|| {
            Error::invalid(
                "roles",
                "must be service-development, platform-development, service-support or platform-support",
            )
        })
    }
}

/// A team in the tree of all teams, with what a row of it shows.
#[derive(Debug, Clone, Serialize)]
pub struct OrgTeam {
    /// Key.
    pub id: TeamId,
    /// Short unique name.
    pub slug: String,
    /// Name.
    pub name: String,
    /// What it is in the organisation.
    pub kind: String,
    /// The team above it.
    pub parent_id: Option<TeamId>,
    /// Handle of the lead.
    pub lead_handle: Option<String>,
    /// Name of the lead.
    pub lead_name: Option<String>,
    /// Active people who are members of this very team.
    pub members: i64,
}

/// A team by slug, in any case.
pub async fn team(cx: &mut Cx<'_>, slug: &str) -> Result<Team> {
    may_read(cx)?;
    store::team_by_slug(cx, slug).await?.ok_or_else(|| Error::not_found("team", slug))
}

/// A team by key.
pub async fn team_by_id(cx: &mut Cx<'_>, id: TeamId) -> Result<Team> {
    may_read(cx)?;
    store::team_by_id(cx, id).await?.ok_or_else(|| Error::not_found("team", id.to_string()))
}

/// Names of several teams, for links; unknown keys are left out.
pub async fn team_names(cx: &mut Cx<'_>, ids: &[TeamId]) -> Result<Vec<TeamName>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    store::team_names(cx, ids).await
}

/// The teams of these slugs, in any case; unknown ones are left out.
pub async fn teams_by_slug(cx: &mut Cx<'_>, slugs: &[&str]) -> Result<Vec<TeamName>> {
    may_read(cx)?;
    store::teams_by_slug(cx, slugs).await
}

/// Teams by name; `q` is a part of a name or slug, also mistyped.
pub async fn teams(
    cx: &mut Cx<'_>,
    q: Option<&str>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Team>> {
    may_read(cx)?;
    q.map_or(Ok(()), check_words)?;
    let key = after.as_ref().map(Cursor::key::<(String, TeamId)>).transpose()?;
    let rows = store::teams(cx, q, key, limit.probe()).await?;
    let total = store::count_teams(cx, q).await?;
    Ok(Page::cut(rows, limit, total, after.as_ref(), |t| (t.name.clone(), t.id)))
}

/// The teams whose name or slug is nearest to what was typed, best first.
pub async fn find_teams(cx: &mut Cx<'_>, q: &str, limit: Limit) -> Result<Vec<TeamName>> {
    may_read(cx)?;
    check_words(q)?;
    if q.trim().is_empty() {
        return Ok(Vec::new());
    }
    store::find_teams(cx, q, limit.rows()).await
}

/// All teams by name (up to 5,000), for the tree and for lists to choose from.
pub async fn org(cx: &mut Cx<'_>) -> Result<Vec<OrgTeam>> {
    may_read(cx)?;
    store::org(cx).await
}

/// The teams right below one.
pub async fn sub_teams(cx: &mut Cx<'_>, id: TeamId) -> Result<Vec<TeamName>> {
    may_read(cx)?;
    store::sub_teams(cx, id).await
}

/// The teams above one, nearest first.
pub async fn ancestors(cx: &mut Cx<'_>, id: TeamId) -> Result<Vec<TeamName>> {
    may_read(cx)?;
    store::ancestors(cx, id).await
}

/// The teams a person leads.
pub async fn led_by(cx: &mut Cx<'_>, person: PersonId) -> Result<Vec<TeamName>> {
    may_read(cx)?;
    store::led_by(cx, person).await
}

pub(super) fn subject(team: &Team) -> String {
    format!("team:{}", team.slug)
}
