//! Groups and Users on their way to becoming teams and persons.

use super::plan::Work;
use crate::{
    catalog::{EntityRef, descriptor::Descriptor},
    people::{GroupSeed, UserSeed},
};

/// Groups and Users among the works.
pub(super) fn seeds(works: &[Work]) -> (Vec<GroupSeed>, Vec<UserSeed>) {
    let descriptors = || works.iter().map(|w| w.descriptor.as_ref());
    (descriptors().filter_map(group).collect(), descriptors().filter_map(user).collect())
}

fn texts(refs: &[EntityRef]) -> Vec<String> {
    refs.iter().map(ToString::to_string).collect()
}

fn text(reference: Option<&EntityRef>) -> Option<String> {
    reference.map(ToString::to_string)
}

fn group(d: &Descriptor) -> Option<GroupSeed> {
    let g = d.group.as_ref()?;
    Some(GroupSeed {
        entity_ref: d.reference.to_string(),
        slug: d.name.clone(),
        name: g.display_name.as_ref().or(d.title.as_ref()).unwrap_or(&d.name).clone(),
        purpose: g.purpose.clone().or_else(|| d.description.clone()),
        kind: d.r#type.clone().unwrap_or_else(|| "team".into()),
        parent_ref: text(g.parent.as_ref()),
        lead_ref: text(g.lead.as_ref()),
        chat_channel: g.chat_channel.clone(),
        chat_url: g.chat_url.clone(),
        email: g.email.clone(),
        phone: g.phone.clone(),
        roles: g.roles.iter().flatten().filter_map(|r| r.parse().ok()).collect(),
        members: texts(&g.members),
    })
}

fn user(d: &Descriptor) -> Option<UserSeed> {
    let u = d.user.as_ref()?;
    Some(UserSeed {
        entity_ref: d.reference.to_string(),
        handle: d.name.clone(),
        name: u.display_name.as_ref().or(d.title.as_ref()).unwrap_or(&d.name).clone(),
        email: u.email.clone(),
        phone: u.phone.clone(),
        time_zone: u.time_zone.clone(),
        manager_ref: text(u.manager.as_ref()),
        member_of: texts(&u.member_of),
        persona: u.persona.clone(),
    })
}
