//! Bodies of the slice, in and out.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use jiff::Timestamp;
use portolan_domain::{
    Cx, PersonId, Result, TeamId,
    people::{self, Member, Origin, Person, PersonName, Role, Stay, Team, TeamName},
};
use serde::Serialize;
use utoipa::ToSchema;

/// A person, as a link to them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PersonLink {
    /// Short unique name.
    handle: String,
    /// Full name.
    name: String,
}

impl From<PersonName> for PersonLink {
    fn from(p: PersonName) -> Self {
        Self { handle: p.handle, name: p.name }
    }
}

/// A team, as a link to it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct TeamLink {
    /// Short unique name.
    slug: String,
    /// Name.
    name: String,
}

impl From<TeamName> for TeamLink {
    fn from(t: TeamName) -> Self {
        Self { slug: t.slug, name: t.name }
    }
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PersonBody {
    /// Short unique name.
    handle: String,
    /// What descriptors call this person: `user:<namespace>/<name>`.
    r#ref: String,
    /// Full name.
    name: String,
    /// E-mail address; absent if a descriptor made the person without one.
    email: Option<String>,
    /// Telephone number.
    phone: Option<String>,
    /// IANA zone the person lives in.
    time_zone: String,
    /// Their manager.
    manager: Option<PersonLink>,
    /// Whether the account is active.
    active: bool,
    /// Whether the person administers the portal.
    admin: bool,
    /// Reference of the User descriptor that speaks for this person.
    described_by: Option<String>,
    /// Fields that the descriptor gives; they are changed where it lives.
    described: Vec<String>,
    /// When the account was made.
    created_at: Timestamp,
    /// When it was last edited.
    updated_at: Timestamp,
}

/// A team.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TeamBody {
    /// Short unique name.
    slug: String,
    /// What descriptors call this team: `group:<namespace>/<name>`.
    r#ref: String,
    /// Name.
    name: String,
    /// What it is there for.
    purpose: String,
    /// What it is in the organisation: team, department, …
    kind: String,
    /// The team above it.
    parent: Option<TeamLink>,
    /// Who leads it.
    lead: Option<PersonLink>,
    /// Name of its chat channel.
    chat_channel: Option<String>,
    /// Link to its chat channel.
    chat_url: Option<String>,
    /// E-mail address.
    email: Option<String>,
    /// Telephone number.
    phone: Option<String>,
    /// Which roles it plays: service-development, platform-development, service-support, platform-support.
    roles: Vec<&'static str>,
    /// Reference of the Group descriptor that speaks for this team.
    described_by: Option<String>,
    /// Fields that the descriptor gives; they are changed where it lives.
    described: Vec<String>,
    /// When it was made.
    created_at: Timestamp,
    /// When it was last edited.
    updated_at: Timestamp,
}

/// A stay of a person in a team.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MembershipBody {
    /// Key.
    id: uuid::Uuid,
    /// The person (in lists of a team).
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<PersonLink>,
    /// The team (in lists of a person).
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<TeamLink>,
    /// Since when.
    from: Timestamp,
    /// Until when; absent while it lasts.
    until: Option<Timestamp>,
    /// `descriptor` or `portal`: who says so.
    origin: &'static str,
}

impl From<Member> for MembershipBody {
    fn from(m: Member) -> Self {
        Self {
            id: m.id.0,
            person: Some(m.person.into()),
            team: None,
            from: m.from,
            until: m.until,
            origin: origin(m.origin),
        }
    }
}

impl From<Stay> for MembershipBody {
    fn from(s: Stay) -> Self {
        Self {
            id: s.id.0,
            person: None,
            team: Some(s.team.into()),
            from: s.from,
            until: s.until,
            origin: origin(s.origin),
        }
    }
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Descriptor => "descriptor",
        Origin::Portal => "portal",
    }
}

/// Bodies of persons, their managers looked up together.
pub(super) async fn persons(cx: &mut Cx<'_>, persons: Vec<Person>) -> Result<Vec<PersonBody>> {
    let ids: Vec<PersonId> = persons.iter().filter_map(|p| p.manager_id).collect();
    let managers: HashMap<_, _> =
        people::person_names(cx, &ids).await?.into_iter().map(|p| (p.id, p)).collect();
    let body = |p: Person| PersonBody {
        r#ref: p.entity_ref(),
        manager: p.manager_id.and_then(|id| managers.get(&id).cloned()).map(Into::into),
        handle: p.handle,
        name: p.name,
        email: p.email,
        phone: p.phone,
        time_zone: p.time_zone,
        active: p.active,
        admin: p.admin,
        described_by: p.described_by,
        described: p.described,
        created_at: p.created_at,
        updated_at: p.updated_at,
    };
    Ok(persons.into_iter().map(body).collect())
}

/// Bodies of teams, parents and leads looked up together.
pub(super) async fn teams(cx: &mut Cx<'_>, teams: Vec<Team>) -> Result<Vec<TeamBody>> {
    let leads: Vec<PersonId> = teams.iter().filter_map(|t| t.lead_id).collect();
    let parents: Vec<TeamId> = teams.iter().filter_map(|t| t.parent_id).collect();
    let leads: HashMap<_, _> =
        people::person_names(cx, &leads).await?.into_iter().map(|p| (p.id, p)).collect();
    let parents: HashMap<_, _> =
        people::team_names(cx, &parents).await?.into_iter().map(|t| (t.id, t)).collect();
    let body = |t: Team| TeamBody {
        r#ref: t.entity_ref(),
        parent: t.parent_id.and_then(|id| parents.get(&id).cloned()).map(Into::into),
        lead: t.lead_id.and_then(|id| leads.get(&id).cloned()).map(Into::into),
        slug: t.slug,
        name: t.name,
        purpose: t.purpose,
        kind: t.kind,
        chat_channel: t.chat_channel,
        chat_url: t.chat_url,
        email: t.email,
        phone: t.phone,
        roles: t.roles.into_iter().map(Role::as_str).collect(),
        described_by: t.described_by,
        described: t.described,
        created_at: t.created_at,
        updated_at: t.updated_at,
    };
    Ok(teams.into_iter().map(body).collect())
}

/// What distinguishes two representations of one version: names of others appear in them.
pub(super) fn fingerprint(body: &impl Serialize) -> String {
    let mut hasher = DefaultHasher::new();
    serde_json::to_vec(body).unwrap_or_default().hash(&mut hasher);
    format!("{:x}", hasher.finish())
}
