//! Which team or person an entry of a batch is: one that is there already, or a new one under a free key.

use std::collections::{HashMap, HashSet};

use crate::check;
use crate::secret;

/// Which team or person a batch entry becomes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place<Id> {
    Existing(Id),
    New(String),
}

/// What is known of a team or person that might be the one meant.
#[derive(Debug, Clone)]
pub(in crate::people) struct Known<Id> {
    pub id: Id,
    pub key: String,
    pub email: Option<String>,
    pub described_by: Option<String>,
}

/// Finds places for references: by descriptor, then by key, then by e-mail, else a new one under a free key.
pub(super) struct Places<Id> {
    by_ref: HashMap<String, Id>,
    free_by_key: HashMap<String, Id>,
    free_by_email: HashMap<String, Id>,
    keys: HashSet<String>,
    emails: HashMap<String, Option<Id>>,
}

impl<Id: Copy + Eq> Places<Id> {
    pub(super) fn new(known: &[Known<Id>]) -> Self {
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

    pub(super) fn find(&mut self, entity_ref: &str, key: &str, email: Option<&str>) -> Place<Id> {
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
            .find(|k| !self.keys.contains(&k.to_lowercase()) && !check::is_reserved(k))
            .unwrap_or_else(|| last.clone());
        self.keys.insert(free.to_lowercase());
        free
    }

    /// Whether this place may have this e-mail; keeps it for it if so.
    pub(super) fn claim_email(&mut self, email: &str, by: Option<Id>) -> bool {
        if let Some(holder) = self.emails.get(&email.to_lowercase()) {
            holder.is_some() && *holder == by
        } else {
            self.emails.insert(email.to_lowercase(), by);
            true
        }
    }
}

/// Keys to try for something new: the key itself, one with the namespace in front, one that nobody else comes to.
pub(in crate::people) fn candidates(entity_ref: &str, key: &str) -> [String; 3] {
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
        assert_eq!(places.find("user:default/fresh", "fresh", None), Place::New("fresh".into()));
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
}
