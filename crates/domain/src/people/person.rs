//! A person: an account of the portal, and somebody teams are made of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{check::Checks, store};
use crate::{
    Cursor, Cx, Error, Limit, Page, PersonId, Result,
    activity::{self, Act, Changed},
};

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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

/// A person to be made.
#[derive(Debug, Clone, Default)]
pub struct NewPerson {
    /// Short unique name.
    pub handle: String,
    /// Full name.
    pub name: String,
    /// Unique e-mail address.
    pub email: String,
    /// Telephone number.
    pub phone: Option<String>,
    /// IANA zone; UTC if empty.
    pub time_zone: String,
    /// Handle of the manager.
    pub manager: Option<String>,
    /// Whether the person administers the portal.
    pub admin: bool,
}

/// What to change of a person; `None` leaves a field as it is, an inner `None` empties it.
#[derive(Debug, Clone, Default)]
pub struct PersonEdit {
    /// Full name.
    pub name: Option<String>,
    /// Unique e-mail address (admins only).
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<Option<String>>,
    /// IANA zone.
    pub time_zone: Option<String>,
    /// Handle of the manager (admins only).
    pub manager: Option<Option<String>>,
    /// Whether the person administers the portal (admins only).
    pub admin: Option<bool>,
    /// Whether the account is active (admins only); inactive ends sessions, tokens' use and memberships.
    pub active: Option<bool>,
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

/// People by name.
pub async fn people(
    cx: &mut Cx<'_>,
    filter: &PeopleFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Person>> {
    may_read(cx)?;
    let after = after.map(|c| c.key::<(String, PersonId)>()).transpose()?;
    let rows = store::people(cx, filter, after, limit.probe()).await?;
    let total = store::count_people(cx, filter).await?;
    Ok(Page::cut(rows, limit, total, |p| (p.name.clone(), p.id)))
}

/// The active people whose name, handle or e-mail is nearest to what was typed, best first.
pub async fn find_people(cx: &mut Cx<'_>, q: &str, limit: Limit) -> Result<Vec<PersonName>> {
    may_read(cx)?;
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

/// Makes a person. Admins only. They sign in through a link made for them, and set a password then.
pub async fn create_person(cx: &mut Cx<'_>, new: NewPerson) -> Result<Person> {
    cx.admin()?;
    cx.atomically(async |cx| insert_person(cx, &new).await).await
}

pub(super) async fn insert_person(cx: &mut Cx<'_>, new: &NewPerson) -> Result<Person> {
    let mut checks = Checks::default();
    let zone = if new.time_zone.trim().is_empty() { "UTC" } else { &new.time_zone };
    let mut person = Person {
        id: PersonId::new(),
        handle: checks.key("handle", &new.handle),
        name: checks.line("name", &new.name, 200),
        email: Some(checks.line("email", &new.email, 254)),
        phone: checks.optional_line("phone", new.phone.as_deref(), 50),
        time_zone: checks.time_zone("time_zone", zone),
        manager_id: None,
        active: true,
        admin: new.admin,
        preferences: Preferences::default(),
        described_by: None,
        described: Vec::new(),
        version: 1,
        created_at: cx.now(),
        updated_at: cx.now(),
    };
    if !new.email.trim().is_empty() {
        checks.email("email", Some(&new.email));
    }
    person.manager_id = manager(cx, &mut checks, new.manager.as_deref(), person.id).await?;
    checks.done()?;
    store::insert_person(cx, &person).await?;
    let mut act = Act::new("person.created", subject(&person));
    if person.admin {
        act.changes.push(Changed::new("admin", false, true));
    }
    activity::record(cx, act).await?;
    Ok(person)
}

/// Edits a person. People edit their own name, telephone and time zone; the rest is for admins.
/// Deactivating ends the person's sessions and memberships; the last active admin cannot be taken away.
pub async fn edit_person(
    cx: &mut Cx<'_>,
    handle: &str,
    edit: PersonEdit,
    version: Option<i64>,
) -> Result<Person> {
    may_read(cx)?;
    cx.atomically(async |cx| {
        let leaves = edit.admin == Some(false) || edit.active == Some(false);
        // the admins first, and always in the same order: two who leave at the same moment take turns
        let admins = if leaves { store::lock_active_admins(cx).await? } else { Vec::new() };
        let before =
            store::lock_person(cx, handle).await?.ok_or_else(|| Error::not_found("person", handle))?;
        may_edit(cx, &before, &edit)?;
        if version.is_some_and(|v| v != before.version) {
            return Err(Error::Stale);
        }
        let after = edited(cx, &before, &edit).await?;
        let changes = differences(&before, &after);
        if changes.is_empty() {
            return Ok(before);
        }
        if before.admin && before.active && !(after.admin && after.active) {
            keep_an_admin(&admins, before.id)?;
        }
        let after = Person { version: before.version + 1, updated_at: cx.now(), ..after };
        store::update_person(cx, &after).await?;
        if before.active && !after.active {
            store::end_sessions_of(cx, after.id, None).await?;
            store::void_links_of(cx, after.id).await?;
            store::end_memberships_of(cx, after.id).await?;
        } else if after.active && !before.active {
            // what descriptors still say of this person holds again
            store::reconcile_memberships(cx, &[], &[after.entity_ref()]).await?;
        }
        let verb = match (before.active, after.active) {
            (true, false) => "person.deactivated",
            (false, true) => "person.reactivated",
            _ => "person.edited",
        };
        let changes = super::team::named(cx, changes).await?;
        activity::record(cx, Act { changes, ..Act::new(verb, subject(&after)) }).await?;
        Ok(after)
    })
    .await
}

/// Sets how pages look for the signed-in person. Not an act worth a trace.
pub async fn set_preferences(cx: &mut Cx<'_>, preferences: Preferences) -> Result<()> {
    let me = cx.writer()?;
    store::set_preferences(cx, me, preferences).await
}

/// Whether the actor may edit this person's name, telephone and time zone.
pub fn may_edit_person(cx: &Cx<'_>, person: &Person) -> bool {
    cx.admin().is_ok() || (cx.actor().person == Some(person.id) && cx.writer().is_ok())
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

fn may_edit(cx: &Cx<'_>, person: &Person, edit: &PersonEdit) -> Result<()> {
    let for_admins =
        edit.email.is_some() || edit.manager.is_some() || edit.admin.is_some() || edit.active.is_some();
    let refused = match cx.admin() {
        Ok(()) => return Ok(()),
        Err(refused) => refused,
    };
    if cx.writer()? != person.id {
        return Err(if cx.actor().admin {
            refused
        } else {
            Error::Forbidden(format!(
                "only {} and the admins may edit this person; the admins are listed under People",
                person.name
            ))
        });
    }
    if for_admins {
        return Err(Error::Forbidden("e-mail, manager, admin rights and activity are changed by an admin; the admins are listed under People".into()));
    }
    Ok(())
}

async fn edited(cx: &mut Cx<'_>, before: &Person, edit: &PersonEdit) -> Result<Person> {
    let mut checks = Checks::default();
    let mut after = before.clone();
    if let Some(name) = &edit.name {
        after.name = checks.line("name", name, 200);
    }
    if let Some(email) = &edit.email {
        after.email = checks.email("email", Some(email));
        if after.email.is_none() && before.email.is_some() {
            checks.problem("email", "is needed");
        }
    }
    if let Some(phone) = &edit.phone {
        after.phone = checks.optional_line("phone", phone.as_deref(), 50);
    }
    if let Some(zone) = &edit.time_zone {
        after.time_zone = checks.time_zone("time_zone", zone);
    }
    if let Some(handle) = &edit.manager {
        after.manager_id = manager(cx, &mut checks, handle.as_deref(), before.id).await?;
    }
    after.admin = edit.admin.unwrap_or(before.admin);
    after.active = edit.active.unwrap_or(before.active);
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

async fn manager(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    handle: Option<&str>,
    of: PersonId,
) -> Result<Option<PersonId>> {
    let Some(handle) = handle.map(str::trim).filter(|h| !h.is_empty()) else { return Ok(None) };
    match store::person_by_handle(cx, handle).await? {
        Some(m) if m.id == of => checks.problem("manager", "cannot be the person themselves"),
        Some(m) => return Ok(Some(m.id)),
        None => checks.problem("manager", format!("names nobody: there is no person {handle:?}")),
    }
    Ok(None)
}

fn keep_an_admin(admins: &[PersonId], leaving: PersonId) -> Result<()> {
    if admins.iter().any(|id| *id != leaving) {
        return Ok(());
    }
    Err(Error::Conflict("this is the last active admin; make somebody else an admin first".into()))
}

fn differences(before: &Person, after: &Person) -> Vec<Changed> {
    let mut changes = Vec::new();
    let mut compare = |field: &str, from: Value, to: Value| {
        if from != to {
            changes.push(Changed { field: field.into(), from, to });
        }
    };
    compare("name", before.name.clone().into(), after.name.clone().into());
    compare("email", before.email.clone().into(), after.email.clone().into());
    compare("phone", before.phone.clone().into(), after.phone.clone().into());
    compare("time_zone", before.time_zone.clone().into(), after.time_zone.clone().into());
    compare(
        "manager",
        before.manager_id.map(|id| id.to_string()).into(),
        after.manager_id.map(|id| id.to_string()).into(),
    );
    compare("admin", before.admin.into(), after.admin.into());
    compare("active", before.active.into(), after.active.into());
    changes
}
