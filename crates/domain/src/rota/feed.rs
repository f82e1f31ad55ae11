//! Calendars to subscribe to, under secret addresses that can be taken back: of one schedule, or of one's own shifts.
//! A calendar program cannot sign in, so the address is the credential; only a hash of it is kept.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{
    Duty, Held, ScheduleName,
    ical::{Event, Feed},
    renew::HORIZON,
    schedule::schedule,
    store,
};
use crate::{
    CalendarFeedId, Cx, Error, PersonId, Result,
    activity::{self, Act},
    people, secret,
};

/// Begins every secret of a feed, so that a leaked one is recognised.
pub const FEED_PREFIX: &str = "ptc_";

/// Feeds one person may have.
const MOST: usize = 20;

/// How long what is over, and what ceased to be a shift, stays in a feed: calendars ask once a day at the slowest.
pub(super) const KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// A secret address of a calendar.
#[derive(Debug, Clone, Serialize)]
pub struct CalendarFeed {
    /// Key.
    pub id: CalendarFeedId,
    /// Of which schedule; none: of the owner's own shifts.
    pub schedule: Option<ScheduleName>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a calendar last asked for it.
    pub last_used_at: Option<Timestamp>,
}

/// A feed as it is opened: whose it is, and of what.
#[derive(Debug, Clone)]
pub(super) struct Opened {
    pub(super) id: CalendarFeedId,
    pub(super) owner: PersonId,
    pub(super) owner_name: String,
    pub(super) schedule: Option<ScheduleName>,
    pub(super) last_used_at: Option<Timestamp>,
}

/// Makes an address for the signed-in person: of a schedule (slug), or of their own shifts. The secret is shown this
/// once.
pub async fn create_feed(cx: &mut Cx<'_>, of: Option<&str>) -> Result<(CalendarFeed, String)> {
    let owner = cx.writer()?;
    let me = people::person_by_id(cx, owner).await?;
    let schedule = match of {
        Some(slug) => Some(schedule(cx, slug).await?.name()),
        None => None,
    };
    if store::feeds(cx, owner).await?.len() >= MOST {
        return Err(Error::Conflict(format!(
            "{MOST} calendars are enough for one person; take some back first"
        )));
    }
    let secret = secret::fresh(FEED_PREFIX)?;
    let feed = CalendarFeed { id: CalendarFeedId::new(), schedule, created_at: cx.now(), last_used_at: None };
    cx.atomically(async |cx| {
        store::insert_feed(cx, &feed, owner, &secret::digest(&secret)).await?;
        let note = feed.schedule.as_ref().map_or("own shifts".into(), |s| s.name.clone());
        let subject = format!("person:{}", me.handle);
        activity::record(cx, Act { note, ..Act::new("person.calendar-made", subject) }).await
    })
    .await?;
    Ok((feed, secret))
}

/// Path of the calendar behind a secret.
pub fn feed_path(secret: &str) -> String {
    format!("/api/v1/calendars/{secret}")
}

/// The signed-in person's addresses, the newest first.
pub async fn feeds(cx: &mut Cx<'_>) -> Result<Vec<CalendarFeed>> {
    let owner = cx.reader()?;
    store::feeds(cx, owner).await
}

/// Takes an address of the signed-in person back: calendars that use it get nothing any more.
pub async fn revoke_feed(cx: &mut Cx<'_>, id: CalendarFeedId) -> Result<()> {
    let owner = cx.writer()?;
    let me = people::person_by_id(cx, owner).await?;
    cx.atomically(async |cx| {
        if !store::revoke_feed(cx, id, owner).await? {
            return Err(Error::not_found("calendar", id.to_string()));
        }
        activity::record(cx, Act::new("person.calendar-revoked", format!("person:{}", me.handle))).await
    })
    .await
}

/// The calendar behind a secret. Nobody is signed in: one that was taken back, one whose owner left and one that never
/// was look the same. `base_url` is where the links in it lead.
pub async fn read_feed(cx: &mut Cx<'_>, secret: &str, base_url: &str) -> Result<Feed> {
    let unknown = || Error::not_found("calendar", "");
    if !secret::looks_right(secret, FEED_PREFIX) {
        return Err(unknown());
    }
    let opened = store::open_feed(cx, &secret::digest(secret)).await?.ok_or_else(unknown)?;
    let now = cx.now();
    if opened.last_used_at.is_none_or(|at| now.duration_since(at) > SignedDuration::from_mins(1)) {
        store::touch_feed(cx, opened.id).await?;
    }
    let (from, until) = (now - KEPT, now + HORIZON);
    let duties = match &opened.schedule {
        Some(schedule) => store::feed_of_schedule(cx, schedule.id, from, until).await?,
        None => store::feed_of_person(cx, opened.owner, from, until).await?,
    };
    let own = opened.schedule.is_none().then_some(opened.owner);
    let name = opened
        .schedule
        .as_ref()
        .map_or_else(|| format!("On call: {}", opened.owner_name), |s| format!("On call: {}", s.name));
    Ok(Feed { name, events: duties.iter().map(|duty| event(duty, own, base_url)).collect() })
}

/// A shift as an event. Somebody's own feed takes out what another took over.
fn event(duty: &Duty, own: Option<PersonId>, base_url: &str) -> Event {
    let holder = duty.person.as_ref().filter(|_| duty.held == Held::Person);
    let given_away = own.is_some() && holder.map(|p| p.id) != own;
    let who = holder.map_or("Nobody", |p| p.name.as_str());
    let what = &duty.schedule.name;
    let mut description = match &duty.instead_of {
        Some(other) => format!("{who} instead of {}", other.name),
        None => who.to_owned(),
    };
    if !duty.reason.is_empty() {
        description.push_str(": ");
        description.push_str(&duty.reason);
    }
    Event {
        uid: format!("{}-{}@portolan", duty.uid, duty.schedule.id),
        sequence: u32::try_from(duty.sequence).unwrap_or_default(),
        changed_at: duty.changed_at,
        start: duty.start,
        end: duty.end,
        summary: if own.is_some() { what.clone() } else { format!("{who}: {what}") },
        description,
        url: Some(format!("{base_url}/schedules/{}", duty.schedule.slug)),
        cancelled: duty.cancelled_at.is_some() || given_away || holder.is_none(),
    }
}

/// Forgets shifts that ceased to be shifts so long ago that every calendar has heard of it. For the worker; says how
/// many.
pub async fn sweep(cx: &mut Cx<'_>) -> Result<u64> {
    cx.admin()?;
    store::delete_cancelled(cx, cx.now() - KEPT).await
}
