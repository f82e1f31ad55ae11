//! A person: an account of the portal, and somebody teams are made of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::store;
use crate::check::Checks;
use crate::{Cursor, Cx, Error, Limit, Page, PersonId, Result, page::check_words};

/// A person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Person {
    /// Key.
    pub id: PersonId,
    /// Short unique name, as in `user:default/<handle>`.
    pub handle: String,
    /// Full name.
    pub name: String,
    /// Unique e-mail address; none if a descriptor made the person without one.
    pub email: Option<String>,
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
    /// Reference of the User descriptor that speaks for this person.
    pub described_by: Option<String>,
    /// The fields that descriptor gives; they are edited where it lives.
    pub described: Vec<String>,
    /// Raised at each edit; the `ETag`.
    pub version: i64,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub updated_at: Timestamp,
}

impl Person {
    /// What descriptors call this person.
    pub fn entity_ref(&self) -> String {
        self.described_by.clone().unwrap_or_else(|| format!("user:default/{}", self.handle.to_lowercase()))
    }

    /// Whether a descriptor gives this field, so that it is read-only here.
    pub fn is_described(&self, field: &str) -> bool {
        self.described.iter().any(|f| f == field)
    }
}

/// As much of a person as a link to them needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonName {
    /// Key.
    pub id: PersonId,
    /// Short unique name.
    pub handle: String,
    /// Full name.
    pub name: String,
    /// Whether the account is active.
    pub active: bool,
}

impl From<Person> for PersonName {
    fn from(p: Person) -> Self {
        Self { id: p.id, handle: p.handle, name: p.name, active: p.active }
    }
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

/// Which people to list; empty means all.
#[derive(Debug, Clone, Default)]
pub struct PeopleFilter {
    /// Part of a name, handle or e-mail, also mistyped.
    pub q: Option<String>,
    /// Only active, or only inactive ones.
    pub active: Option<bool>,
    /// Only admins, or only others.
    pub admin: Option<bool>,
}

/// A person by handle, in any case.
pub async fn person(cx: &mut Cx<'_>, handle: &str) -> Result<Person> {
    may_read(cx)?;
    store::person_by_handle(cx, handle).await?.ok_or_else(|| Error::not_found("person", handle))
}

/// A person by key.
pub async fn person_by_id(cx: &mut Cx<'_>, id: PersonId) -> Result<Person> {
    may_read(cx)?;
    store::person_by_id(cx, id).await?.ok_or_else(|| Error::not_found("person", id.to_string()))
}

/// The signed-in person.
pub async fn me(cx: &mut Cx<'_>) -> Result<Person> {
    let id = cx.reader()?;
    store::person_by_id(cx, id).await?.ok_or(Error::Unauthenticated)
}

/// Names of several people, for links; unknown keys are left out.
pub async fn person_names(cx: &mut Cx<'_>, ids: &[PersonId]) -> Result<Vec<PersonName>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    store::person_names(cx, ids).await
}

/// The active people of these handles, in any case; unknown ones are left out.
pub async fn active_people(cx: &mut Cx<'_>, handles: &[&str]) -> Result<Vec<PersonName>> {
    may_read(cx)?;
    store::active_people(cx, handles).await
}

/// People by name.
pub async fn people(
    cx: &mut Cx<'_>,
    filter: &PeopleFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Person>> {
    may_read(cx)?;
    filter.q.as_deref().map_or(Ok(()), check_words)?;
    let key = after.as_ref().map(Cursor::key::<(String, PersonId)>).transpose()?;
    let rows = store::people(cx, filter, key, limit.probe()).await?;
    let total = store::count_people(cx, filter).await?;
    Ok(Page::cut(rows, limit, total, after.as_ref(), |p| (p.name.clone(), p.id)))
}

/// The active people whose name, handle or e-mail is nearest to what was typed, best first.
pub async fn find_people(cx: &mut Cx<'_>, q: &str, limit: Limit) -> Result<Vec<PersonName>> {
    may_read(cx)?;
    check_words(q)?;
    if q.trim().is_empty() {
        return Ok(Vec::new());
    }
    store::find_people(cx, q, limit.rows()).await
}

/// The active people a person manages.
pub async fn reports(cx: &mut Cx<'_>, id: PersonId) -> Result<Vec<PersonName>> {
    may_read(cx)?;
    store::reports(cx, id).await
}

/// Sets how pages look for the signed-in person. Not an act worth a trace.
pub async fn set_preferences(cx: &mut Cx<'_>, preferences: Preferences) -> Result<()> {
    let me = cx.writer()?;
    store::set_preferences(cx, me, preferences).await
}

/// The person whom a word in a field means: by handle, by e-mail address, or by a name that one active person alone has.
/// Nobody for an empty word; a word that means nobody, or several, is noted as a problem.
pub(crate) async fn meant(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    field: &str,
    word: &str,
) -> Result<Option<Person>> {
    let word = word.trim();
    if word.is_empty() {
        return Ok(None);
    }
    if let Some(person) = store::person_by_handle(cx, word).await? {
        return Ok(Some(person));
    }
    let mut called = store::people_called(cx, word).await?;
    if called.len() == 1 {
        return Ok(called.pop());
    }
    let told = |people: Vec<PersonName>| {
        people.iter().map(|p| format!("{} ({})", p.name, p.handle)).collect::<Vec<_>>().join(", ")
    };
    if called.is_empty() {
        let near = store::find_people(cx, word, 3).await?;
        let hint = if near.is_empty() { String::new() } else { format!("; near it are {}", told(near)) };
        checks.problem(field, format!("names nobody: there is no person {word:?}{hint}"));
    } else {
        let several = called.into_iter().map(PersonName::from).collect();
        checks.problem(field, format!("may mean several people; give the handle of one: {}", told(several)));
    }
    Ok(None)
}

/// Everyone signed in reads; commands on the server's machine and Portolan itself do too.
pub(super) fn may_read(cx: &Cx<'_>) -> Result<()> {
    if cx.admin().is_err() {
        cx.reader()?;
    }
    Ok(())
}

pub(super) fn subject(person: &Person) -> String {
    format!("person:{}", person.handle)
}
