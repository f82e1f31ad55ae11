//! When people are away, as calendars of their own say.
//!
//! A person gives the address of a calendar ([`set_away_calendar`]); the worker asks for it every hour ([`to_ask`]) and
//! notes what it said ([`calendar_read`], [`calendar_unchanged`], [`calendar_failed`]). Only absences are kept, as times
//! without titles, a year ahead. [`away`] says when any of several people are away.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{ical, span::joined, store};
use crate::{
    Cx, Error, PersonId, Result,
    activity::{self, Act, Changed},
    people,
    sealing::{self, SealingKey},
    work::{self, NewJob},
};

/// The kind of job that asks for somebody's calendar.
pub const ASK_CALENDAR: &str = "rota.ask-calendar";

/// Between two times that a calendar is asked for.
pub const EVERY: SignedDuration = SignedDuration::from_hours(1);

/// A calendar is read as a whole at least so often, also if it did not change: the year ahead moves on.
const WHOLE: SignedDuration = SignedDuration::from_hours(24);

/// How far ahead.
const AHEAD: SignedDuration = SignedDuration::from_hours(366 * 24);

/// The calendar of a person, without its address.
#[derive(Debug, Clone, Serialize)]
pub struct AwayCalendar {
    /// Host of the address.
    pub host: String,
    /// When the address was given.
    pub set_at: Timestamp,
    /// When it was last asked for.
    pub asked_at: Option<Timestamp>,
    /// When it was last read.
    pub read_at: Option<Timestamp>,
    /// Why it could not be read, the last time.
    pub error: Option<String>,
    /// Absences to come.
    pub absences: i64,
}

/// A time at which somebody is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Away {
    /// Who.
    pub person: PersonId,
    /// First instant.
    pub start: Timestamp,
    /// First instant after it.
    pub end: Timestamp,
}

/// The payload of a job that asks for a calendar.
#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    person: PersonId,
    /// When its address was given, in microseconds: another address has a job of its own.
    set_at: i64,
}

/// A calendar to ask for.
pub struct ToAsk {
    /// Whose.
    pub person: PersonId,
    /// Its address.
    pub address: String,
    /// When the address was given: what is learned of it counts only as long as there is no other.
    pub set_at: Timestamp,
    /// Its `ETag` and `Last-Modified` when it was last read; none if it is to be read as a whole.
    pub seen: (Option<String>, Option<String>),
}

impl std::fmt::Debug for ToAsk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ToAsk({})", self.person)
    }
}

/// A calendar as it is stored.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) sealed: Vec<u8>,
    pub(super) etag: Option<String>,
    pub(super) modified: Option<String>,
    pub(super) read_at: Option<Timestamp>,
    pub(super) time_zone: String,
    pub(super) set_at: Timestamp,
}

/// The actor's own calendar, if they gave one.
pub async fn away_calendar(cx: &mut Cx<'_>) -> Result<Option<AwayCalendar>> {
    let me = cx.reader()?;
    store::away_calendar(cx, me).await
}

/// Gives the address of the actor's calendar, in place of the one before. It is asked for at once.
pub async fn set_away_calendar(
    cx: &mut Cx<'_>,
    address: &str,
    key: Option<&SealingKey>,
) -> Result<AwayCalendar> {
    let me = cx.writer()?;
    let address = address.trim();
    let plain = address
        .strip_prefix("webcal://")
        .map_or_else(|| address.to_owned(), |rest| format!("https://{rest}"));
    let host = match url::Url::parse(&plain) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() && plain.len() <= 2000 => {
            url.host_str().unwrap_or_default().to_owned()
        }
        _ => {
            return Err(Error::invalid(
                "address",
                "must be the address of a calendar that begins with https://, http:// or webcal://",
            ));
        }
    };
    let sealed = sealing::required(key, "calendars")?.seal(plain.as_bytes(), me.0.as_bytes())?;
    cx.atomically(async |cx| {
        store::put_away_calendar(cx, me, &host, &sealed).await?;
        let changes = vec![Changed::new("calendar", serde_json::Value::Null, host.as_str())];
        record(cx, me, "person.calendar-given", changes).await?;
        let now = cx.now();
        work::enqueue(cx, job(me, now)).await
    })
    .await?;
    store::away_calendar(cx, me).await?.ok_or_else(|| Error::not_found("calendar", me.to_string()))
}

/// Takes the actor's calendar away, and with it what was read of it.
pub async fn remove_away_calendar(cx: &mut Cx<'_>) -> Result<()> {
    let me = cx.writer()?;
    cx.atomically(async |cx| {
        let Some(host) = store::remove_away_calendar(cx, me).await? else { return Ok(()) };
        record(
            cx,
            me,
            "person.calendar-removed",
            vec![Changed::new("calendar", host, serde_json::Value::Null)],
        )
        .await
    })
    .await
}

/// When any of these people are away within `from..to`, in order. For operations and pages that showed these people
/// already. At most 10,000.
pub async fn away(cx: &mut Cx<'_>, people: &[PersonId], from: Timestamp, to: Timestamp) -> Result<Vec<Away>> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    store::away(cx, people, from, to).await
}

/// What the job with this payload is to ask for; none if the calendar is gone or its person has left. For the worker.
pub async fn to_ask(
    cx: &mut Cx<'_>,
    payload: &serde_json::Value,
    key: Option<&SealingKey>,
) -> Result<Option<ToAsk>> {
    cx.admin()?;
    let Ok(Payload { person, set_at }) = Payload::deserialize(payload) else { return Ok(None) };
    let Some(stored) = store::calendar_to_ask(cx, person).await? else { return Ok(None) };
    if stored.set_at.as_microsecond() != set_at {
        return Ok(None);
    }
    let open = key.and_then(|key| key.open(&stored.sealed, person.0.as_bytes()));
    let Some(address) = open.and_then(|bytes| String::from_utf8(bytes).ok()) else {
        let why = "its address was sealed with another key; give it again";
        store::calendar_asked(cx, person, stored.set_at, Some(why)).await?;
        return Ok(None);
    };
    let recent = stored.read_at.is_some_and(|at| at + WHOLE > cx.now());
    let seen = if recent { (stored.etag, stored.modified) } else { (None, None) };
    Ok(Some(ToAsk { person, address, set_at: stored.set_at, seen }))
}

/// Notes what a calendar says, in place of what it said before. What cannot be read is noted as that; of an address that
/// is not the person's any more nothing is.
pub async fn calendar_read(
    cx: &mut Cx<'_>,
    asked: &ToAsk,
    text: String,
    seen: (Option<String>, Option<String>),
) -> Result<()> {
    cx.admin()?;
    let Some(stored) = store::calendar_to_ask(cx, asked.person).await? else { return Ok(()) };
    if !text.trim_end().ends_with("END:VCALENDAR") {
        // to take half a calendar for the whole would forget absences
        return calendar_failed(cx, asked, "it ends in the middle").await;
    }
    let zone = TimeZone::get(&stored.time_zone).unwrap_or(TimeZone::UTC);
    let (from, to) = (cx.now(), cx.now() + AHEAD);
    let spans = match ical::apart(move || ical::read(&text, &zone, from, to)).await {
        Ok(calendar) => {
            let absences = calendar.found.into_iter().filter(|busy| busy.away);
            joined(absences.map(|busy| (busy.start, busy.end)))
        }
        Err(error) => return calendar_failed(cx, asked, &error.to_string()).await,
    };
    cx.atomically(async |cx| {
        if store::calendar_read(cx, asked.person, asked.set_at, &seen).await? {
            store::put_away(cx, asked.person, &spans).await?;
        }
        Ok(())
    })
    .await
}

/// Notes that a calendar says what it said before.
pub async fn calendar_unchanged(cx: &mut Cx<'_>, asked: &ToAsk) -> Result<()> {
    cx.admin()?;
    store::calendar_asked(cx, asked.person, asked.set_at, None).await
}

/// Notes that a calendar could not be asked, and why. What it said before stays.
pub async fn calendar_failed(cx: &mut Cx<'_>, asked: &ToAsk, why: &str) -> Result<()> {
    cx.admin()?;
    store::calendar_asked(cx, asked.person, asked.set_at, Some(why)).await
}

/// Asks again for calendars whose job was lost. The worker calls it every six hours.
pub async fn sweep_calendars(cx: &mut Cx<'_>) -> Result<u64> {
    cx.admin()?;
    let before = cx.now() - SignedDuration::from_hours(3);
    let forgotten = store::calendars_not_asked_since(cx, before).await?;
    work::enqueue_all(cx, forgotten.iter().map(|(person, set_at)| job(*person, *set_at)).collect()).await?;
    Ok(forgotten.len() as u64)
}

fn job(person: PersonId, set_at: Timestamp) -> NewJob {
    let set_at = set_at.as_microsecond();
    NewJob::new(ASK_CALENDAR, Payload { person, set_at }).once(format!("{person} {set_at}"))
}

async fn record(cx: &mut Cx<'_>, person: PersonId, verb: &'static str, changes: Vec<Changed>) -> Result<()> {
    let handle = people::person_by_id(cx, person).await?.handle;
    activity::record(cx, Act { changes, ..Act::new(verb, format!("person:{handle}")) }).await
}
