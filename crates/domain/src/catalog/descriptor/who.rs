//! What Groups and Users say: what teams and persons are made from.

use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::{
    EntityRef, RelationKind, Stated, facts,
    fields::{Fields, join},
};

const TEAM_ROLES: [&str; 4] =
    ["service-development", "platform-development", "service-support", "platform-support"];

/// What a Group says about its team.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupPart {
    /// `spec.profile.displayName`.
    pub display_name: Option<String>,
    /// `spec.profile.email`.
    pub email: Option<String>,
    /// The group above: `spec.parent`.
    pub parent: Option<EntityRef>,
    /// The groups below: `spec.children`.
    pub children: Vec<EntityRef>,
    /// The persons in it: `spec.members`.
    pub members: Vec<EntityRef>,
    /// `portolan.dev/lead`.
    pub lead: Option<EntityRef>,
    /// `portolan.dev/purpose`.
    pub purpose: Option<String>,
    /// `portolan.dev/chat`.
    pub chat_channel: Option<String>,
    /// `portolan.dev/chat-url`.
    pub chat_url: Option<String>,
    /// `portolan.dev/phone`.
    pub phone: Option<String>,
    /// `portolan.dev/roles`.
    pub roles: Option<Vec<String>>,
}

/// What a User says about the person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserPart {
    /// `spec.profile.displayName`.
    pub display_name: Option<String>,
    /// `spec.profile.email`.
    pub email: Option<String>,
    /// The groups the person is in: `spec.memberOf`.
    pub member_of: Vec<EntityRef>,
    /// `portolan.dev/time-zone`.
    pub time_zone: Option<String>,
    /// `portolan.dev/manager`.
    pub manager: Option<EntityRef>,
    /// `portolan.dev/phone`.
    pub phone: Option<String>,
    /// `portolan.dev/persona`: what the sign-in page of a demo calls this person.
    pub persona: Option<String>,
}

/// `spec.profile`: name and e-mail address.
fn profile(spec: &mut Fields<'_, '_>) -> (Option<String>, Option<String>) {
    let Some(mut profile) = spec.mapping("profile") else { return (None, None) };
    let name = profile.text("displayName", 200).map(str::to_owned);
    let email = profile.text("email", 254).map(str::trim);
    if email.is_some_and(|e| {
        e.contains(char::is_whitespace) || e.split('@').filter(|p| !p.is_empty()).count() != 2
    }) {
        profile.problem("email", "must be an e-mail address");
    }
    profile.text("picture", 4000);
    (name, email.map(str::to_owned))
}

/// What a Group says, and the relations that follow.
pub(super) fn group(
    spec: &mut Fields<'_, '_>,
    relations: &mut Vec<Stated>,
    me: &EntityRef,
    own: &Map<String, Value>,
) -> GroupPart {
    let ns = me.namespace().to_owned();
    let (display_name, email) = profile(spec);
    spec.required_list("children");
    let parent = spec.reference("parent", Some("group"), &ns);
    let children = spec.references("children", Some("group"), &ns);
    let members = spec.references("members", Some("user"), &ns);
    let child_of = |from: &EntityRef, to: &EntityRef| Stated {
        from: from.clone(),
        kind: RelationKind::ChildOf,
        to: to.clone(),
    };
    relations.extend(parent.iter().map(|p| child_of(me, p)));
    relations.extend(children.iter().map(|c| child_of(c, me)));
    relations.extend(members.iter().map(|m| Stated {
        from: m.clone(),
        kind: RelationKind::MemberOf,
        to: me.clone(),
    }));
    if parent.as_ref() == Some(me) {
        spec.problem("parent", "must be another group");
    }
    let mut own = Own::new(own, spec);
    let roles = own.text("roles", 200).map(|text| {
        text.split(',').map(|r| r.trim().to_owned()).filter(|r| !r.is_empty()).collect::<Vec<_>>()
    });
    if roles.as_ref().is_some_and(|r| r.iter().any(|r| !TEAM_ROLES.contains(&r.as_str()))) {
        own.problem("roles", format!("must be a comma-separated choice of {}", TEAM_ROLES.join(", ")));
    }
    let chat_url = own.text("chat-url", 2000);
    if chat_url.as_ref().is_some_and(|u| facts::runbook_problem(u).is_some()) {
        own.problem("chat-url", "must be an address that begins with https:// or http://");
    }
    GroupPart {
        display_name,
        email,
        parent,
        children,
        members,
        lead: own.reference("lead", &ns),
        purpose: own.text("purpose", 2000),
        chat_channel: own.text("chat", 200),
        chat_url,
        phone: own.text("phone", 50),
        roles,
    }
}

/// What a User says, and the relations that follow.
pub(super) fn user(
    spec: &mut Fields<'_, '_>,
    relations: &mut Vec<Stated>,
    me: &EntityRef,
    own: &Map<String, Value>,
) -> UserPart {
    let ns = me.namespace().to_owned();
    let (display_name, email) = profile(spec);
    spec.required_list("memberOf");
    let member_of = spec.references("memberOf", Some("group"), &ns);
    relations.extend(member_of.iter().map(|g| Stated {
        from: me.clone(),
        kind: RelationKind::MemberOf,
        to: g.clone(),
    }));
    let mut own = Own::new(own, spec);
    let time_zone = own.text("time-zone", 100);
    if time_zone.as_ref().is_some_and(|z| TimeZone::get(z).is_err()) {
        own.problem("time-zone", "must be a zone of the time zone database, such as Europe/Lisbon");
    }
    let manager = own.reference("manager", &ns);
    if manager.as_ref() == Some(me) {
        own.problem("manager", "must be somebody else");
    }
    UserPart {
        display_name,
        email,
        member_of,
        time_zone,
        manager,
        phone: own.text("phone", 50),
        persona: own.text("persona", 60),
    }
}

/// Portolan's annotations of a Group or User.
struct Own<'a, 'f, 'v, 'p> {
    annotations: &'a Map<String, Value>,
    spec: &'f mut Fields<'v, 'p>,
}

impl<'a, 'f, 'v, 'p> Own<'a, 'f, 'v, 'p> {
    fn new(annotations: &'a Map<String, Value>, spec: &'f mut Fields<'v, 'p>) -> Self {
        Self { annotations, spec }
    }

    fn text(&mut self, key: &str, longest: usize) -> Option<String> {
        let text = self.annotations.get(key)?.as_str()?.trim();
        if text.is_empty() || text.chars().nth(longest).is_some() {
            self.problem(key, format!("must have 1 to {longest} characters"));
            return None;
        }
        Some(text.to_owned())
    }

    fn reference(&mut self, key: &str, namespace: &str) -> Option<EntityRef> {
        let text = self.text(key, 400)?;
        EntityRef::parse(&text, Some("user"), namespace).map_err(|e| self.problem(key, e.to_string())).ok()
    }

    fn problem(&mut self, key: &str, message: impl Into<String>) {
        self.spec.problem_at(join("metadata.annotations", &format!("portolan.dev/{key}")), message);
    }
}
