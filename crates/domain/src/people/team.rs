//! A team: who builds and keeps something together, and how to reach them. Teams form a tree.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    PersonName,
    check::Checks,
    person::may_read,
    rights::{require_team, team_rights},
    store,
};
use crate::{
    Cursor, Cx, Error, Limit, Page, PersonId, Result, TeamId,
    activity::{self, Act, Changed},
};

/// Levels of the tree, more than any organisation has. Rights are looked for as far up as this.
const DEEPEST: usize = 30;

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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

/// A team to be made.
#[derive(Debug, Clone, Default)]
pub struct NewTeam {
    /// Short unique name.
    pub slug: String,
    /// Name.
    pub name: String,
    /// What it is there for.
    pub purpose: String,
    /// What it is in the organisation; `team` if empty.
    pub kind: String,
    /// Slug of the team above it.
    pub parent: Option<String>,
    /// Handle of its lead.
    pub lead: Option<String>,
    /// Name of its chat channel.
    pub chat_channel: Option<String>,
    /// Link to its chat channel.
    pub chat_url: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its telephone number.
    pub phone: Option<String>,
    /// Which roles it plays.
    pub roles: Vec<Role>,
}

/// What to change of a team; `None` leaves a field as it is, an inner `None` empties it.
#[derive(Debug, Clone, Default)]
pub struct TeamEdit {
    /// Name.
    pub name: Option<String>,
    /// What it is there for.
    pub purpose: Option<String>,
    /// What it is in the organisation.
    pub kind: Option<String>,
    /// Slug of the team above it.
    pub parent: Option<Option<String>>,
    /// Handle of its lead.
    pub lead: Option<Option<String>>,
    /// Name of its chat channel.
    pub chat_channel: Option<Option<String>>,
    /// Link to its chat channel.
    pub chat_url: Option<Option<String>>,
    /// Its e-mail address.
    pub email: Option<Option<String>>,
    /// Its telephone number.
    pub phone: Option<Option<String>>,
    /// Which roles it plays.
    pub roles: Option<Vec<Role>>,
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

/// Teams by name; `q` is a part of a name or slug, also mistyped.
pub async fn teams(
    cx: &mut Cx<'_>,
    q: Option<&str>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Team>> {
    may_read(cx)?;
    let after = after.map(|c| c.key::<(String, TeamId)>()).transpose()?;
    let rows = store::teams(cx, q, after, limit.probe()).await?;
    let total = store::count_teams(cx, q).await?;
    Ok(Page::cut(rows, limit, total, |t| (t.name.clone(), t.id)))
}

/// The teams whose name or slug is nearest to what was typed, best first.
pub async fn find_teams(cx: &mut Cx<'_>, q: &str, limit: Limit) -> Result<Vec<TeamName>> {
    may_read(cx)?;
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

/// Makes a team. Admins anywhere; members and leads below their own team.
pub async fn create_team(cx: &mut Cx<'_>, new: NewTeam) -> Result<Team> {
    may_read(cx)?;
    let slug = new.slug.clone();
    let edit = TeamEdit {
        name: Some(new.name),
        purpose: Some(new.purpose),
        kind: Some(if new.kind.trim().is_empty() { "team".into() } else { new.kind }),
        parent: Some(new.parent),
        lead: Some(new.lead),
        chat_channel: Some(new.chat_channel),
        chat_url: Some(new.chat_url),
        email: Some(new.email),
        phone: Some(new.phone),
        roles: Some(new.roles),
    };
    cx.atomically(async |cx| {
        let mut checks = Checks::default();
        let mut blank = blank(cx);
        blank.slug = checks.key("slug", &slug);
        let team = edited(cx, checks, &blank, &edit).await?;
        require_place(cx, team.parent_id).await?;
        store::insert_team(cx, &team).await?;
        activity::record(cx, Act::new("team.created", subject(&team))).await?;
        Ok(team)
    })
    .await
}

/// Edits a team. Its members, its lead, those of the teams above it, and admins may. Moving it takes the same right
/// over the team it goes to.
pub async fn edit_team(cx: &mut Cx<'_>, slug: &str, edit: TeamEdit, version: Option<i64>) -> Result<Team> {
    may_read(cx)?;
    cx.atomically(async |cx| {
        if edit.parent.is_some() {
            store::lock_tree(cx).await?; // two moves at once could close a ring that neither sees
        }
        let before = store::lock_team(cx, slug).await?.ok_or_else(|| Error::not_found("team", slug))?;
        require_team(cx, Some(before.id), &format!("the team {}", before.name)).await?;
        if version.is_some_and(|v| v != before.version) {
            return Err(Error::Stale);
        }
        let after = edited(cx, Checks::default(), &before, &edit).await?;
        if after.parent_id != before.parent_id {
            require_place(cx, after.parent_id).await?;
        }
        let changes = differences(&before, &after);
        if changes.is_empty() {
            return Ok(before);
        }
        let after = Team { version: before.version + 1, updated_at: cx.now(), ..after };
        store::update_team(cx, &after).await?;
        let changes = named(cx, changes).await?;
        activity::record(cx, Act { changes, ..Act::new("team.edited", subject(&after)) }).await?;
        Ok(after)
    })
    .await
}

pub(super) fn subject(team: &Team) -> String {
    format!("team:{}", team.slug)
}

fn blank(cx: &Cx<'_>) -> Team {
    Team {
        id: TeamId::new(),
        slug: String::new(),
        name: String::new(),
        purpose: String::new(),
        kind: String::new(),
        parent_id: None,
        lead_id: None,
        chat_channel: None,
        chat_url: None,
        email: None,
        phone: None,
        roles: Vec::new(),
        described_by: None,
        described: Vec::new(),
        version: 1,
        created_at: cx.now(),
        updated_at: cx.now(),
    }
}

/// Whether the actor may put a team below this one; at the top, only admins may.
async fn require_place(cx: &mut Cx<'_>, parent: Option<TeamId>) -> Result<()> {
    let Some(parent) = parent else {
        return cx.admin().map_err(|refused| match refused {
            Error::Forbidden(_) if !cx.actor().admin => {
                Error::Forbidden("only an admin may put a team at the top of the organisation; choose a team above it that you belong to, or ask an admin".into())
            }
            other => other,
        });
    };
    if team_rights(cx, parent).await?.edit {
        return Ok(());
    }
    let above = team_by_id(cx, parent).await?;
    require_team(cx, Some(parent), &format!("what lies below the team {}", above.name)).await
}

async fn edited(cx: &mut Cx<'_>, mut checks: Checks, before: &Team, edit: &TeamEdit) -> Result<Team> {
    let mut after = before.clone();
    if let Some(name) = &edit.name {
        after.name = checks.line("name", name, 200);
    }
    if let Some(purpose) = &edit.purpose {
        after.purpose = checks.text("purpose", purpose, 2000);
    }
    if let Some(kind) = &edit.kind {
        after.kind = checks.line("kind", kind, 63).to_lowercase();
    }
    if let Some(channel) = &edit.chat_channel {
        after.chat_channel = checks.optional_line("chat_channel", channel.as_deref(), 200);
    }
    if let Some(link) = &edit.chat_url {
        after.chat_url = checks.link("chat_url", link.as_deref());
    }
    if let Some(email) = &edit.email {
        after.email = checks.email("email", email.as_deref());
    }
    if let Some(phone) = &edit.phone {
        after.phone = checks.optional_line("phone", phone.as_deref(), 50);
    }
    if let Some(roles) = &edit.roles {
        after.roles.clone_from(roles);
        after.roles.sort();
        after.roles.dedup();
    }
    if let Some(parent) = &edit.parent {
        after.parent_id = parent_of(cx, &mut checks, before, parent.as_deref()).await?;
    }
    if let Some(lead) = &edit.lead {
        after.lead_id = lead_of(cx, &mut checks, before, lead.as_deref()).await?;
    }
    if let Some(described_by) = &before.described_by {
        for change in differences(before, &after) {
            if before.is_described(&change.field) {
                checks.problem(
                    &change.field,
                    format!("is given by the descriptor {described_by}; change it there"),
                );
            }
        }
    }
    checks.done()?;
    Ok(after)
}

async fn parent_of(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    team: &Team,
    slug: Option<&str>,
) -> Result<Option<TeamId>> {
    let Some(slug) = slug.map(str::trim).filter(|s| !s.is_empty()) else { return Ok(None) };
    let Some(parent) = store::team_by_slug(cx, slug).await? else {
        checks.problem("parent", format!("names no team: there is no team {slug:?}"));
        return Ok(None);
    };
    if parent.id == team.id {
        checks.problem("parent", "cannot be the team itself");
        return Ok(None);
    }
    let above = store::ancestors(cx, parent.id).await?;
    if above.iter().any(|a| a.id == team.id) {
        checks.problem(
            "parent",
            format!("cannot be {}: it lies below this team, and a team cannot be above itself", parent.name),
        );
    } else if above.len() >= DEEPEST {
        checks.problem("parent", format!("would put this team more than {DEEPEST} levels deep"));
    }
    Ok(Some(parent.id))
}

async fn lead_of(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    team: &Team,
    handle: Option<&str>,
) -> Result<Option<PersonId>> {
    let Some(handle) = handle.map(str::trim).filter(|h| !h.is_empty()) else { return Ok(None) };
    match store::person_by_handle(cx, handle).await? {
        Some(p) if !p.active && team.lead_id != Some(p.id) => {
            checks.problem("lead", format!("cannot be {}: this person is no longer active", p.name));
            Ok(None)
        }
        Some(p) => Ok(Some(p.id)),
        None => {
            checks.problem("lead", format!("names nobody: there is no person {handle:?}"));
            Ok(None)
        }
    }
}

fn differences(before: &Team, after: &Team) -> Vec<Changed> {
    let mut changes = Vec::new();
    let mut compare = |field: &str, from: Value, to: Value| {
        if from != to {
            changes.push(Changed { field: field.into(), from, to });
        }
    };
    let roles = |t: &Team| t.roles.iter().map(|r| r.as_str()).collect::<Vec<_>>();
    compare("name", before.name.clone().into(), after.name.clone().into());
    compare("purpose", before.purpose.clone().into(), after.purpose.clone().into());
    compare("kind", before.kind.clone().into(), after.kind.clone().into());
    compare(
        "parent",
        before.parent_id.map(|id| id.to_string()).into(),
        after.parent_id.map(|id| id.to_string()).into(),
    );
    compare(
        "lead",
        before.lead_id.map(|id| id.to_string()).into(),
        after.lead_id.map(|id| id.to_string()).into(),
    );
    compare("chat_channel", before.chat_channel.clone().into(), after.chat_channel.clone().into());
    compare("chat_url", before.chat_url.clone().into(), after.chat_url.clone().into());
    compare("email", before.email.clone().into(), after.email.clone().into());
    compare("phone", before.phone.clone().into(), after.phone.clone().into());
    compare("roles", roles(before).into(), roles(after).into());
    changes
}

/// The changes with slugs and handles in place of keys: rows of the log outlive what they speak of.
pub(super) async fn named(cx: &mut Cx<'_>, mut changes: Vec<Changed>) -> Result<Vec<Changed>> {
    let keys = |of: &[&str]| -> Vec<uuid::Uuid> {
        let those = changes.iter().filter(|c| of.contains(&c.field.as_str()));
        those.flat_map(|c| [&c.from, &c.to]).filter_map(|v| v.as_str()?.parse().ok()).collect()
    };
    let teams: Vec<_> = keys(&["parent"]).into_iter().map(TeamId).collect();
    let people: Vec<_> = keys(&["lead", "manager"]).into_iter().map(PersonId).collect();
    let teams = team_names(cx, &teams).await?.into_iter().map(|t| (t.id.to_string(), t.slug));
    let people = super::person_names(cx, &people).await?.into_iter().map(|p| (p.id.to_string(), p.handle));
    let names: HashMap<String, String> = teams.chain(people).collect();
    for change in changes.iter_mut().filter(|c| matches!(c.field.as_str(), "parent" | "lead" | "manager")) {
        for value in [&mut change.from, &mut change.to] {
            if let Some(name) = value.as_str().and_then(|key| names.get(key)) {
                *value = name.clone().into();
            }
        }
    }
    Ok(changes)
}

/// A lead in a word, for messages that say whom to ask.
pub(super) fn whom_to_ask(leads: &[PersonName]) -> String {
    match leads {
        [] => "an admin (they are listed under People)".into(),
        [one] => one.name.clone(),
        [first, second, ..] => format!("{} or {}", first.name, second.name),
    }
}
