//! The ways in: with a password, through a one-time link, as a persona of the demo. Guessing is counted in the
//! database, so that replicas share the count, and for no longer than it matters.

use std::{
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use super::{NewPerson, Person, PersonName, password, person, person_edit, session, store};
use crate::check::{Checks, tame};
use crate::secret;
use crate::{
    Actor, Cx, Error, PersonId, Portal, Result, Scope, Via,
    activity::{self, Act},
    error::both,
};

/// Attempts that may fail within the window.
const FAILURES: Limits = Limits { both: 10, account: 200, address: 60 };
const WINDOW_MINUTES: i64 = 15;
const LINK_HOURS: i64 = 24;

/// How many attempts may fail.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// On one account from one address: stops whoever guesses, and nobody else who has that account.
    pub(super) both: i64,
    /// On one account from anywhere: far looser, for it also keeps its owner out. It slows those who guess from many
    /// addresses at once, which is costly for them.
    pub(super) account: i64,
    /// From one address on any account: stops those who try one password on many. An office behind one address has
    /// room for its own mistakes.
    pub(super) address: i64,
}

/// The browser somebody signs in with.
#[derive(Debug, Clone, Default)]
pub struct Device {
    /// Its network address.
    pub address: String,
    /// What it says it is.
    pub user_agent: String,
}

impl Device {
    /// A device from what a request says of itself; nothing in it is trusted.
    pub fn new(address: &str, user_agent: &str) -> Self {
        Self { address: tame(address, 64), user_agent: tame(user_agent, 300) }
    }
}

/// A session that has just begun.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// What the cookie holds. Shown to nobody else, stored nowhere.
    pub secret: String,
    /// When it ends if it is not used.
    pub expires_at: Timestamp,
    /// Whose it is.
    pub person: Person,
}

/// A one-time link that has just been made.
#[derive(Debug, Clone)]
pub struct OneTimeLink {
    /// The end of its address: `/sign-in/{secret}` or `/set-up/{secret}`.
    pub secret: String,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// A person of the demo company to sign in as.
#[derive(Debug, Clone, Serialize)]
pub struct Persona {
    /// What they are an example of: engineer, manager, …
    pub label: String,
    /// The person.
    pub person: PersonName,
}

/// The first admin, as typed on the set-up page.
#[derive(Debug, Clone, Default)]
pub struct FirstAdmin {
    /// Short unique name.
    pub handle: String,
    /// Full name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// IANA zone; UTC if empty.
    pub time_zone: String,
    /// Password to be.
    pub password: String,
}

/// Signs in with a handle or an e-mail address, and a password. Takes the portal rather than a context: the connection
/// goes back to the pool while the password is hashed.
pub async fn sign_in(portal: &Portal, account: &str, password: &str, device: &Device) -> Result<SignedIn> {
    let account = tame(account.trim(), 254).to_lowercase();
    let found = {
        let mut call = portal.call(Actor::stranger(Via::Page)).await?;
        attempt(&mut call.cx(), &account, &device.address).await?;
        store::credentials(&mut call.cx(), &account).await?
    };
    let (person, hash) = found.map_or((None, None), |(id, hash)| (Some(id), hash));
    let fits = password::verify(password.to_owned(), hash).await?;
    let Some(person) = person.filter(|_| fits) else {
        return Err(Error::invalid(
            "account",
            "does not go with this password; check both, or ask an admin for a sign-in link",
        ));
    };
    let mut call = portal.call(Actor::stranger(Via::Page)).await?;
    call.cx()
        .atomically(async |cx| {
            // only those from here: whoever guesses elsewhere is not forgiven by the owner's success
            store::forget_attempts(cx, &account, &counted_as(&device.address)).await?;
            session::begin(cx, person, device).await
        })
        .await
}

/// Counts an attempt before it is made, so that many at once cannot slip by, and refuses the one too many.
pub(super) async fn attempt(cx: &mut Cx<'_>, account: &str, address: &str) -> Result<uuid::Uuid> {
    let address = &counted_as(address);
    let id = store::note_attempt(cx, account, address).await?;
    let since = cx.now() - WINDOW_MINUTES.minutes();
    // attempts without an address (a password change) count for the account alone
    let address_limit = if address.is_empty() { i64::MAX } else { FAILURES.address };
    let limits = Limits { address: address_limit, ..FAILURES };
    let Some(at) = store::one_too_many(cx, account, address, since, limits).await? else {
        return Ok(id);
    };
    store::forget_attempt(cx, id).await?; // it was not made, so it does not make the wait longer
    let wait = (at + WINDOW_MINUTES.minutes()).duration_since(cx.now()).as_secs().max(1);
    Err(Error::Throttled(Duration::from_secs(wait.unsigned_abs())))
}

/// The address that attempts are counted for: of IPv6 the network, for one visitor has 2^64 addresses in theirs.
fn counted_as(address: &str) -> String {
    match address.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V6(ip)) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).to_string(),
        Ok(ip) => ip.to_string(),
        Err(_) => address.to_owned(),
    }
}

/// A link that signs a person in once within a day. Admins make it; so does the command line.
pub async fn create_sign_in_link(cx: &mut Cx<'_>, handle: &str) -> Result<OneTimeLink> {
    cx.admin()?;
    let person = person::person(cx, handle).await?;
    if !person.active {
        return Err(Error::Conflict(format!(
            "{} is no longer active; reactivate the account first",
            person.name
        )));
    }
    cx.atomically(async |cx| {
        store::void_links_of(cx, person.id).await?; // the newest link is the only one
        activity::record(cx, Act::new("person.sign-in-link-made", person::subject(&person))).await?;
        make_link(cx, Some(person.id)).await
    })
    .await
}

/// Whose link this is, for the page that asks to go on. Looking does not use it up: mail scanners look too.
pub async fn sign_in_link(cx: &mut Cx<'_>, link: &str) -> Result<Person> {
    let id = store::peek_link(cx, &secret::digest(link)).await?.flatten().ok_or_else(spent)?;
    store::person_by_id(cx, id).await?.filter(|p| p.active).ok_or_else(spent)
}

/// Signs in through a link and uses it up.
pub async fn use_sign_in_link(cx: &mut Cx<'_>, link: &str, device: &Device) -> Result<SignedIn> {
    cx.atomically(async |cx| {
        let id = store::use_link(cx, &secret::digest(link)).await?.flatten().ok_or_else(spent)?;
        session::begin(cx, id, device).await.map_err(|_| spent())
    })
    .await
}

/// The link that makes the first admin; none once there is one. Links made before stop working.
pub async fn create_set_up_link(cx: &mut Cx<'_>) -> Result<Option<OneTimeLink>> {
    cx.admin()?;
    cx.atomically(async |cx| {
        store::lock_set_up(cx).await?;
        if store::has_active_admin(cx).await? {
            return Ok(None);
        }
        store::void_set_up_links(cx).await?;
        make_link(cx, None).await.map(Some)
    })
    .await
}

/// Whether somebody administers the portal; until then the sign-in page says how the first admin gets in.
pub async fn is_set_up(cx: &mut Cx<'_>) -> Result<bool> {
    store::has_active_admin(cx).await
}

/// Whether a set-up link still works.
pub async fn set_up_link(cx: &mut Cx<'_>, link: &str) -> Result<()> {
    match store::peek_link(cx, &secret::digest(link)).await? {
        Some(None) if !store::has_active_admin(cx).await? => Ok(()),
        _ => Err(set_up_spent()),
    }
}

/// Makes the first admin and signs them in. Of two who try at once, one becomes it.
pub async fn set_up(cx: &mut Cx<'_>, link: &str, admin: &FirstAdmin, device: &Device) -> Result<SignedIn> {
    set_up_link(cx, link).await?;
    let mut checks = Checks::default();
    password::check(&mut checks, "password", &admin.password, &[&admin.handle, &admin.name, &admin.email]);
    let weak = checks.done();
    let hash = if weak.is_ok() { password::hash(admin.password.clone()).await? } else { String::new() };
    let new = NewPerson {
        handle: admin.handle.clone(),
        name: admin.name.clone(),
        email: admin.email.clone(),
        time_zone: admin.time_zone.clone(),
        admin: true,
        ..NewPerson::default()
    };
    cx.atomically(async |cx| {
        store::lock_set_up(cx).await?;
        if store::use_link(cx, &secret::digest(link)).await? != Some(None)
            || store::has_active_admin(cx).await?
        {
            return Err(set_up_spent());
        }
        let (person, ()) = both(person_edit::insert(cx, &new).await, weak)?;
        store::set_password_hash(cx, person.id, &hash).await?;
        // nobody was signed in yet, and still it was somebody: the person who is made here
        let admin = Actor::person(&person, Scope::Admin, cx.actor().via);
        person_edit::record_created(&mut cx.acting(&admin), &person).await?;
        session::begin(cx, person.id, device).await
    })
    .await
}

/// The people of the demo company to choose from; none outside a demo.
pub async fn demo_personas(cx: &mut Cx<'_>, portal: &Portal) -> Result<Vec<Persona>> {
    if !portal.demo_sign_in {
        return Ok(Vec::new());
    }
    let order = ["engineer", "platform engineer", "support", "manager", "VP", "admin"];
    let mut personas = store::personas(cx).await?;
    personas
        .sort_by_key(|p| order.iter().position(|o| o.eq_ignore_ascii_case(&p.label)).unwrap_or(order.len()));
    Ok(personas)
}

/// Signs in as a persona, with one click and no secret. Only in a demo on a loopback address; else there is no such way in.
pub async fn sign_in_as_persona(portal: &Portal, handle: &str, device: &Device) -> Result<SignedIn> {
    let mut call = portal.call(Actor::stranger(Via::Page)).await?;
    let cx = &mut call.cx();
    let personas = demo_personas(cx, portal).await?;
    let persona = personas
        .iter()
        .find(|p| p.person.handle.eq_ignore_ascii_case(handle))
        .ok_or_else(|| Error::not_found("persona", handle))?;
    session::begin(cx, persona.person.id, device).await
}

/// Makes the demo's admin persona an admin: descriptors cannot.
pub async fn grant_demo_admin(cx: &mut Cx<'_>) -> Result<()> {
    cx.admin()?;
    let personas = store::personas(cx).await?;
    for persona in personas.iter().filter(|p| p.label.eq_ignore_ascii_case("admin")) {
        let edit = super::PersonEdit { admin: Some(true), ..super::PersonEdit::default() };
        person_edit::edit_person(cx, &persona.person.handle, edit, None).await?;
    }
    Ok(())
}

/// Deletes what has run out: sessions, links, counted failures. For the worker, now and then.
pub async fn sweep(cx: &mut Cx<'_>) -> Result<u64> {
    cx.admin()?;
    let (day_ago, window_ago) = (cx.now() - 24.hours(), cx.now() - WINDOW_MINUTES.minutes());
    Ok(store::delete_ended_sessions(cx).await?
        + store::delete_old_attempts(cx, window_ago).await?
        + store::delete_old_links(cx, day_ago).await?)
}

async fn make_link(cx: &mut Cx<'_>, person: Option<PersonId>) -> Result<OneTimeLink> {
    let (secret, expires_at) = (secret::fresh("")?, cx.now() + LINK_HOURS.hours());
    store::insert_link(cx, person, &secret::digest(&secret), expires_at).await?;
    Ok(OneTimeLink { secret, expires_at })
}

fn spent() -> Error {
    Error::Conflict(
        "this sign-in link was used already or is older than a day; ask an admin for a new one".into(),
    )
}

fn set_up_spent() -> Error {
    Error::Conflict("this set-up link does not work any more: either somebody set the portal up already, then sign in, or a newer link was printed at a later start".into())
}

#[cfg(test)]
mod tests {
    use super::counted_as;

    #[test]
    fn one_network_is_one_visitor() {
        let counted = [
            "2001:db8:1:2:3:4:5:6",
            "2001:db8:1:2::9",
            "2001:db8:1:3::9",
            "192.0.2.7",
            "::ffff:192.0.2.7",
            "",
        ];
        let expected = ["2001:db8:1:2::", "2001:db8:1:2::", "2001:db8:1:3::", "192.0.2.7", "192.0.2.7", ""];
        assert_eq!(counted.map(counted_as), expected);
    }
}
