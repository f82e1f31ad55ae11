//! Teams and people as descriptors say them: Groups and Users become teams and persons, thousands in a few statements.
//!
//! A Group links to the team with its slug, a User to the person with its handle or e-mail, unless another descriptor
//! speaks for that one already; else a new one is made. What a descriptor gives is kept in `described` and is read-only
//! in the portal; what it stops giving is emptied, if it was the descriptor's. Parents, leads, managers and memberships
//! may name what is described later: the references are kept and resolved after each batch.

use std::collections::{HashMap, HashSet};

use super::{Role, check, secret, store};
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

/// Which team or person a batch entry becomes.
#[derive(Debug, PartialEq, Eq)]
enum Place<Id> {
    Existing(Id),
    New(String),
}

/// What is known of a team or person that might be the one meant.
#[derive(Debug, Clone)]
pub(super) struct Known<Id> {
    pub id: Id,
    pub key: String,
    pub email: Option<String>,
    pub described_by: Option<String>,
}

/// Finds places for references: by descriptor, then by key, then by e-mail, else a new one under a free key.
struct Places<Id> {
    by_ref: HashMap<String, Id>,
    free_by_key: HashMap<String, Id>,
    free_by_email: HashMap<String, Id>,
    keys: HashSet<String>,
    emails: HashMap<String, Option<Id>>,
}

impl<Id: Copy + Eq> Places<Id> {
    fn new(known: &[Known<Id>]) -> Self {
        let mut places = Self {
            by_ref: HashMap::new(),
            free_by_key: HashMap::new(),
            free_by_email: HashMap::new(),
            keys: HashSet::new(),
            emails: HashMap::new(),
        };
        for k in known {
            let key = k.key.to_lowercase();
            let email = k.email.as_deref().map(str::to_lowercase);
            if let Some(by) = &k.described_by {
                places.by_ref.insert(by.clone(), k.id);
            } else {
                places.free_by_key.insert(key.clone(), k.id);
                if let Some(email) = &email {
                    places.free_by_email.insert(email.clone(), k.id);
                }
            }
            places.keys.insert(key);
            if let Some(email) = email {
                places.emails.insert(email, Some(k.id));
            }
        }
        places
    }

    fn find(&mut self, entity_ref: &str, key: &str, email: Option<&str>) -> Place<Id> {
        if let Some(id) = self.by_ref.get(entity_ref) {
            return Place::Existing(*id);
        }
        let email = email.map(str::to_lowercase);
        let found = self
            .free_by_key
            .get(&key.to_lowercase())
            .or_else(|| email.and_then(|e| self.free_by_email.get(&e)))
            .copied();
        if let Some(id) = found {
            self.free_by_key.retain(|_, v| *v != id);
            self.free_by_email.retain(|_, v| *v != id);
            self.by_ref.insert(entity_ref.to_owned(), id);
            return Place::Existing(id);
        }
        Place::New(self.free_key(entity_ref, key))
    }

    /// The first free key among the candidates.
    fn free_key(&mut self, entity_ref: &str, key: &str) -> String {
        let [.., last] = &candidates(entity_ref, key);
        let free = candidates(entity_ref, key)
            .into_iter()
            .find(|k| !self.keys.contains(&k.to_lowercase()))
            .unwrap_or_else(|| last.clone());
        self.keys.insert(free.to_lowercase());
        free
    }

    /// Whether this place may have this e-mail; keeps it for it if so.
    fn claim_email(&mut self, email: &str, by: Option<Id>) -> bool {
        if let Some(holder) = self.emails.get(&email.to_lowercase()) {
            holder.is_some() && *holder == by
        } else {
            self.emails.insert(email.to_lowercase(), by);
            true
        }
    }
}

/// Keys to try for something new: the key itself, one with the namespace in front, one that nobody else comes to.
pub(super) fn candidates(entity_ref: &str, key: &str) -> [String; 3] {
    let namespace =
        entity_ref.split_once(':').and_then(|(_, rest)| rest.split_once('/')).map_or("default", |(n, _)| n);
    let digest = hex::encode(&secret::digest(entity_ref)[..4]);
    let own = if check::is_key(key) {
        key.to_owned()
    } else {
        check::suggest_key(key).unwrap_or_else(|| digest.clone())
    };
    let spaced = check::suggest_key(&format!("{namespace}-{own}")).unwrap_or_else(|| digest.clone());
    let unique = format!("{}-{digest}", own[..own.len().min(54)].trim_end_matches(['-', '.', '_']));
    [own, spaced, unique]
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

/// A ring of parents has no top: its teams are put at the top, and the remark says so.
async fn break_rings(cx: &mut Cx<'_>, seeded: &mut Seeded) -> Result<()> {
    let parents: HashMap<TeamId, TeamId> = store::parents(cx).await?.into_iter().collect();
    let ringed = ringed(&parents);
    if ringed.is_empty() {
        return Ok(());
    }
    for (entity_ref, _) in seeded.teams.iter().filter(|(_, id)| ringed.contains(id)) {
        seeded.remarks.push((
            entity_ref.clone(),
            "its parents form a ring, so it was put at the top; mend spec.parent of one of them".into(),
        ));
    }
    store::clear_parents(cx, &ringed).await
}

/// The teams that are above themselves.
fn ringed(parents: &HashMap<TeamId, TeamId>) -> Vec<TeamId> {
    let mut settled: HashSet<TeamId> = HashSet::new();
    let mut ringed = Vec::new();
    for start in parents.keys() {
        let mut path = Vec::new();
        let mut at = *start;
        while settled.insert(at) {
            path.push(at);
            match parents.get(&at) {
                Some(above) => at = *above,
                None => break,
            }
        }
        // walking on came back into this very path: a ring from there on
        if let Some(ring) = path.iter().position(|t| *t == at).filter(|_| parents.contains_key(&at)) {
            ringed.extend_from_slice(&path[ring..]);
        }
    }
    ringed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(id: u32, key: &str, email: Option<&str>, by: Option<&str>) -> Known<u32> {
        Known { id, key: key.into(), email: email.map(Into::into), described_by: by.map(Into::into) }
    }

    #[test]
    fn a_place_is_found_by_descriptor_then_key_then_mail() {
        let mut places = Places::new(&[
            known(1, "imke", Some("imke@f.example"), None),
            known(2, "Tomas", Some("t@f.example"), Some("user:default/tomas.p")),
            known(3, "anna", Some("Anna@f.example"), None),
        ]);
        assert_eq!(places.find("user:default/tomas.p", "tomas.p", None), Place::Existing(2));
        assert_eq!(places.find("user:default/imke", "IMKE", None), Place::Existing(1));
        assert_eq!(places.find("user:default/anna.b", "anna.b", Some("anna@F.example")), Place::Existing(3));
        // spoken for already: not taken over by another descriptor
        assert_eq!(places.find("user:other/imke", "imke", None), Place::New("other-imke".into()));
        assert_eq!(places.find("user:default/tomas", "tomas", None), Place::New("default-tomas".into()));
        assert_eq!(
            places.find("user:other/imke2", "imke", None),
            Place::New(candidates("user:other/imke2", "imke")[2].clone())
        );
        assert_eq!(places.find("user:default/new", "new", None), Place::New("new".into()));
    }

    #[test]
    fn an_email_belongs_to_one() {
        let mut places = Places::new(&[known(1, "imke", Some("imke@f.example"), None)]);
        assert!(places.claim_email("Imke@f.example", Some(1)));
        assert!(!places.claim_email("imke@f.example", Some(2)));
        assert!(!places.claim_email("imke@f.example", None));
        assert!(places.claim_email("new@f.example", None));
        assert!(!places.claim_email("new@f.example", None), "the second newcomer with the same address");
    }

    #[test]
    fn rings_are_seen_and_chains_are_not() {
        let ids: Vec<TeamId> = (0..6).map(|_| TeamId::new()).collect();
        let chain = HashMap::from([(ids[0], ids[1]), (ids[1], ids[2]), (ids[5], ids[1])]);
        assert!(ringed(&chain).is_empty());
        // 3 → 4 → 3, and 5 hangs below 3 without being part of the ring
        let ring = HashMap::from([(ids[3], ids[4]), (ids[4], ids[3]), (ids[5], ids[3]), (ids[0], ids[1])]);
        let mut found = ringed(&ring);
        found.sort();
        assert_eq!(found, [ids[3], ids[4]]);
    }
}
