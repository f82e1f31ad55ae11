//! Making and editing a person.

use super::{
    Person, Preferences,
    changed::{Changes, named, refuse_described},
    person::{may_read, meant, subject},
    store,
};
use crate::check::Checks;
use crate::{
    Cx, Error, PersonId, Result,
    activity::{self, Act, Changed},
};

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
    /// The manager: handle, e-mail address, or a name that one person alone has.
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
    /// The manager, named as in [`NewPerson`] (admins only).
    pub manager: Option<Option<String>>,
    /// Whether the person administers the portal (admins only).
    pub admin: Option<bool>,
    /// Whether the account is active (admins only); inactive ends sessions, tokens' use and memberships.
    pub active: Option<bool>,
}

/// Makes a person. Admins only. They sign in through a link made for them, and set a password then.
pub async fn create_person(cx: &mut Cx<'_>, new: NewPerson) -> Result<Person> {
    cx.admin()?;
    cx.atomically(async |cx| {
        let person = insert(cx, &new).await?;
        record_created(cx, &person).await?;
        Ok(person)
    })
    .await
}

/// Makes a person without a trace; see [`record_created`].
pub(super) async fn insert(cx: &mut Cx<'_>, new: &NewPerson) -> Result<Person> {
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
    Ok(person)
}

/// The trace of a person who was made.
pub(super) async fn record_created(cx: &mut Cx<'_>, person: &Person) -> Result<()> {
    let mut act = Act::new("person.created", subject(person));
    if person.admin {
        act.changes.push(Changed::new("admin", false, true));
    }
    activity::record(cx, act).await
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
        let changes = named(cx, changes).await?;
        activity::record(cx, Act { changes, ..Act::new(verb, subject(&after)) }).await?;
        Ok(after)
    })
    .await
}

/// Whether the actor may edit this person's name, telephone and time zone.
pub fn may_edit_person(cx: &Cx<'_>, person: &Person) -> bool {
    cx.admin().is_ok() || (cx.actor().person == Some(person.id) && cx.writer().is_ok())
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
    refuse_described(
        &mut checks,
        &differences(before, &after),
        before.described_by.as_deref(),
        &before.described,
    );
    checks.done()?;
    Ok(after)
}

async fn manager(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    word: Option<&str>,
    of: PersonId,
) -> Result<Option<PersonId>> {
    match meant(cx, checks, "manager", word.unwrap_or_default()).await? {
        Some(m) if m.id == of => {
            checks.problem("manager", "cannot be the person themselves");
            Ok(None)
        }
        found => Ok(found.map(|m| m.id)),
    }
}

fn keep_an_admin(admins: &[PersonId], leaving: PersonId) -> Result<()> {
    if admins.iter().any(|id| *id != leaving) {
        return Ok(());
    }
    Err(Error::Conflict("this is the last active admin; make somebody else an admin first".into()))
}

fn differences(before: &Person, after: &Person) -> Vec<Changed> {
    let mut changes = Changes::default();
    changes.compare("name", before.name.as_str(), after.name.as_str());
    changes.compare("email", before.email.as_deref(), after.email.as_deref());
    changes.compare("phone", before.phone.as_deref(), after.phone.as_deref());
    changes.compare("time_zone", before.time_zone.as_str(), after.time_zone.as_str());
    changes.compare_keys("manager", before.manager_id, after.manager_id);
    changes.compare("admin", before.admin, after.admin);
    changes.compare("active", before.active, after.active);
    changes.into()
}
