//! Teams and people as descriptors say them: Groups and Users become teams and persons, thousands in a few statements.
//!
//! A Group links to the team with its slug, a User to the person with its handle or e-mail, unless another descriptor
//! speaks for that one already; else a new one is made. What a descriptor gives is kept in `described` and is read-only
//! in the portal; what it stops giving is emptied, if it was the descriptor's. Parents, leads, managers and memberships
//! may name what is described later: the references are kept and resolved after each batch.

mod places;
mod rings;

use std::collections::HashMap;

pub(super) use places::{Known, candidates};
use places::{Place, Places};
use rings::break_rings;

use super::{Role, store};
use crate::check;
use crate::{
    Cx, PersonId, Result, TeamId,
    activity::{self, Act},
};

/// A team as a Group descriptor says it. References are canonical and lower-case.
#[derive(Debug, Clone, Default)]
pub struct GroupSeed {
    /// Reference of the Group.
    pub entity_ref: String,
    /// Slug to link by or to make the team with.
    pub slug: String,
    /// Name.
    pub name: String,
    /// What it is there for.
    pub purpose: Option<String>,
    /// What it is in the organisation.
    pub kind: String,
    /// The Group above it.
    pub parent_ref: Option<String>,
    /// The User who leads it.
    pub lead_ref: Option<String>,
    /// Name of its chat channel.
    pub chat_channel: Option<String>,
    /// Link to its chat channel.
    pub chat_url: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its telephone number.
    pub phone: Option<String>,
    /// Which roles it plays; silent if empty.
    pub roles: Vec<Role>,
    /// References of the Users that the Group itself names as members.
    pub members: Vec<String>,
}

/// A person as a User descriptor says it. References are canonical and lower-case.
#[derive(Debug, Clone, Default)]
pub struct UserSeed {
    /// Reference of the User.
    pub entity_ref: String,
    /// Handle to link by or to make the person with.
    pub handle: String,
    /// Name.
    pub name: String,
    /// E-mail address to link by.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// IANA zone.
    pub time_zone: Option<String>,
    /// The User who manages this one.
    pub manager_ref: Option<String>,
    /// References of the Groups that the User itself names.
    pub member_of: Vec<String>,
    /// What the demo's sign-in page calls this person (`portolan.dev/persona`).
    pub persona: Option<String>,
}

/// What became of a batch.
#[derive(Debug, Clone, Default)]
pub struct Seeded {
    /// Team of each Group reference of the batch.
    pub teams: HashMap<String, TeamId>,
    /// Person of each User reference of the batch.
    pub people: HashMap<String, PersonId>,
    /// What could not be taken over as said: reference and a sentence for humans.
    pub remarks: Vec<(String, String)>,
}

/// Takes over a batch of Groups and Users. The caller has asked for permission to apply descriptors; the batch is part
/// of the caller's transaction. A batch said twice changes nothing.
pub async fn apply_seeds(cx: &mut Cx<'_>, groups: &[GroupSeed], users: &[UserSeed]) -> Result<Seeded> {
    if groups.is_empty() && users.is_empty() {
        return Ok(Seeded::default());
    }
    cx.atomically(async |cx| {
        store::lock_tree(cx).await?; // one batch at a time: two could make the same team
        let mut seeded = Seeded::default();
        let mut acts = apply_groups(cx, groups, &mut seeded).await?;
        acts.extend(apply_users(cx, users, &mut seeded).await?);
        store::resolve_references(cx).await?;
        break_rings(cx, &mut seeded).await?;
        let teams: Vec<String> = groups.iter().map(|g| g.entity_ref.clone()).collect();
        let people: Vec<String> = users.iter().map(|u| u.entity_ref.clone()).collect();
        store::replace_said(cx, groups, users).await?;
        store::reconcile_memberships(cx, &teams, &people).await?;
        activity::record_all(cx, acts).await?;
        Ok(seeded)
    })
    .await
}

/// Puts described teams below the group that descriptors name as the one above, be it only in that group's `children`:
/// reference of each Group, and of its parent. Rings are told in the remarks.
pub async fn place_teams(
    cx: &mut Cx<'_>,
    places: &[(String, Option<String>)],
    seeded: &mut Seeded,
) -> Result<()> {
    if store::place_teams(cx, places).await? == 0 {
        return Ok(());
    }
    store::resolve_references(cx).await?;
    break_rings(cx, seeded).await
}

/// Makes teams and people independent of descriptors that are gone: their fields are edited in the portal from now
/// on, and the memberships that only those descriptors said end.
pub async fn release_seeds(cx: &mut Cx<'_>, refs: &[String]) -> Result<()> {
    if refs.is_empty() {
        return Ok(());
    }
    cx.atomically(async |cx| {
        let said = store::said_by(cx, refs).await?;
        store::release(cx, refs).await?;
        let (teams, people): (Vec<_>, Vec<_>) = said.into_iter().unzip();
        store::reconcile_memberships(cx, &teams, &people).await
    })
    .await
}

async fn apply_groups(cx: &mut Cx<'_>, groups: &[GroupSeed], seeded: &mut Seeded) -> Result<Vec<Act>> {
    let mut places = Places::new(&store::known_teams(cx, groups).await?);
    let (mut new, mut old, mut acts) = (Vec::new(), Vec::new(), Vec::new());
    for g in groups {
        if seeded.teams.contains_key(&g.entity_ref) {
            continue;
        }
        let id = match places.find(&g.entity_ref, &g.slug, None) {
            Place::Existing(id) => {
                old.push((id, g));
                id
            }
            Place::New(slug) => {
                let id = TeamId::new();
                acts.push(Act::new("team.created", format!("team:{slug}")));
                new.push((id, slug, g));
                id
            }
        };
        seeded.teams.insert(g.entity_ref.clone(), id);
    }
    store::insert_seeded_teams(cx, &new).await?;
    old.extend(new.iter().map(|(id, _, g)| (*id, *g)));
    store::update_seeded_teams(cx, &old).await?;
    Ok(acts)
}

async fn apply_users(cx: &mut Cx<'_>, users: &[UserSeed], seeded: &mut Seeded) -> Result<Vec<Act>> {
    let mut places = Places::new(&store::known_people(cx, users).await?);
    let (mut new, mut all, mut acts) = (Vec::new(), Vec::new(), Vec::new());
    for u in users {
        if seeded.people.contains_key(&u.entity_ref) {
            continue;
        }
        let mut u = u.clone();
        let place = places.find(&u.entity_ref, &u.handle, u.email.as_deref());
        let holder = if let Place::Existing(id) = &place { Some(*id) } else { None };
        if let Some(email) = u.email.take_if(|e| !places.claim_email(e, holder)) {
            seeded.remarks.push((
                u.entity_ref.clone(),
                format!("the e-mail address {email} belongs to somebody else already and was left out"),
            ));
        }
        if let Some(zone) = u.time_zone.take_if(|z| !check::is_time_zone(z)) {
            seeded.remarks.push((
                u.entity_ref.clone(),
                format!("there is no time zone {zone:?}; a name like Europe/Amsterdam is needed"),
            ));
        }
        let id = match place {
            Place::Existing(id) => id,
            Place::New(handle) => {
                let id = PersonId::new();
                acts.push(Act::new("person.created", format!("person:{handle}")));
                new.push((id, handle, u.name.clone()));
                id
            }
        };
        seeded.people.insert(u.entity_ref.clone(), id);
        all.push((id, u));
    }
    store::insert_seeded_people(cx, &new).await?;
    store::update_seeded_people(cx, &all).await?;
    Ok(acts)
}
