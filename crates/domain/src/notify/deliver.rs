//! The worker's side: what waits for one recipient, and what came of sending it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{About, EndpointFormat, GAP, MAIL, MOST, Settled, State, WEBHOOK, endpoint, store};
use crate::{
    Cx, NoticeId, Result, WebhookEndpointId,
    live::{self, News},
    sealing::SealingKey,
    work::{self, Claim, NewJob},
};

/// Between two attempts to reach one recipient, at most: whoever is woken must not wait for what failed an hour ago.
const LONGEST: SignedDuration = SignedDuration::from_secs(120);

/// How long settled notices are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The payload of a job that delivers.
#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    recipient: String,
}

/// The job that delivers what waits for this recipient: one at a time, so that nothing is sent twice at once.
pub(super) fn job(recipient: &str) -> NewJob {
    let kind = if recipient.starts_with("endpoint:") { WEBHOOK } else { MAIL };
    NewJob::new(kind, Payload { recipient: recipient.to_owned() }).once(recipient)
}

/// Where a message goes.
#[derive(Clone, PartialEq, Eq)]
pub enum Destination {
    /// A mailbox.
    Email {
        /// Whose, if it is a person's.
        name: Option<String>,
        /// Its address.
        address: String,
    },
    /// A program that checks signatures.
    Standard {
        /// Its address.
        url: String,
        /// What to sign with: `whsec_…`.
        secret: String,
    },
    /// A channel of a chat.
    Slack {
        /// Its address, which is a secret.
        url: String,
    },
}

impl std::fmt::Debug for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Email { .. } => "Email(..)",
            Self::Standard { .. } => "Standard(..)",
            Self::Slack { .. } => "Slack(..)",
        })
    }
}

/// A notice on its way.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Key, the same at each attempt.
    pub id: NoticeId,
    /// What happened.
    pub event: String,
    /// It in a line.
    pub subject: String,
    /// It in full.
    pub text: String,
    /// Path of the page about it.
    pub link: String,
    /// Why they are told.
    pub reason: String,
    /// The thing it is about.
    pub about: About,
    /// How often delivery was tried.
    pub attempts: i32,
    /// When it was to be told.
    pub created_at: Timestamp,
}

/// What goes to one recipient as one message.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// Where.
    pub to: Destination,
    /// What, oldest first; never empty.
    pub notices: Vec<Waiting>,
    /// Whether others may wait behind them, to be taken in the same run.
    pub more: bool,
    pub(super) endpoint: Option<WebhookEndpointId>,
}

impl Bundle {
    /// Each of its notices as a message of its own.
    pub fn singly(&self) -> impl Iterator<Item = Self> + '_ {
        let single = |notice: &Waiting| Self { notices: vec![notice.clone()], more: false, ..self.clone() };
        self.notices.iter().map(single)
    }

    fn ids(&self) -> Vec<NoticeId> {
        self.notices.iter().map(|n| n.id).collect()
    }

    /// The address in words that may be kept: that of a chat is a secret, so its host stands for it.
    fn sent_to(&self) -> String {
        match &self.to {
            Destination::Email { address, .. } => address.clone(),
            Destination::Standard { url, .. } | Destination::Slack { url } => endpoint::host_of(url),
        }
    }
}

/// What there is to do for a recipient.
#[derive(Debug)]
pub enum Taken {
    /// A message to send.
    Message(Bundle),
    /// A message went out a moment ago: the next one goes then.
    NotBefore(Timestamp),
    /// Nothing, or nothing that can be done: whoever cannot be reached has no notice waiting any more.
    Nothing,
}

/// What waits for the recipient of a claimed job ([`MAIL`], [`WEBHOOK`]); `first` for the first message of this run, which keeps its
/// distance from the last one of the run before. What cannot be delivered at all (nobody to send to) is settled here as
/// failed.
pub async fn take(cx: &mut Cx<'_>, claim: &Claim, key: Option<&SealingKey>, first: bool) -> Result<Taken> {
    cx.admin()?;
    let Ok(Payload { recipient }) = serde_json::from_value(claim.payload.clone()) else {
        return Ok(Taken::Nothing);
    };
    let (to, endpoint) = match store::notice::destination(cx, &recipient).await?.opened(key) {
        Ok(found) => found,
        Err(reason) => {
            fail_all(cx, claim, &recipient, &reason).await?;
            return Ok(Taken::Nothing);
        }
    };
    let alone = matches!(to, Destination::Standard { .. });
    if first
        && !alone
        && let Some(last) = store::notice::last_sent(cx, &recipient).await?
        && last + GAP > cx.now()
    {
        return Ok(Taken::NotBefore(last + GAP));
    }
    let most = if alone { 1 } else { MOST };
    let notices = store::notice::waiting(cx, &recipient, most).await?;
    if notices.is_empty() {
        return Ok(Taken::Nothing);
    }
    let more = i64::try_from(notices.len()).is_ok_and(|n| n == most);
    Ok(Taken::Message(Bundle { to, notices, more, endpoint }))
}

/// Notes that a message was taken by the mail server or the endpoint. Also by a worker that lost its lease: it is there.
pub async fn delivered(cx: &mut Cx<'_>, bundle: &Bundle) -> Result<()> {
    cx.admin()?;
    cx.atomically(async |cx| {
        let settled = store::notice::delivered(cx, &bundle.ids(), &bundle.sent_to()).await?;
        if let Some(id) = bundle.endpoint {
            store::endpoint::succeeded(cx, id).await?;
        }
        tell_settled(cx, settled).await
    })
    .await
}

/// Notes that a message will never get there.
pub async fn failed(cx: &mut Cx<'_>, claim: &Claim, bundle: &Bundle, reason: &str) -> Result<()> {
    cx.admin()?;
    cx.atomically(async |cx| {
        work::hold(cx, claim).await?;
        note_failure(cx, bundle, reason).await?;
        let settled = store::notice::failed(cx, &bundle.ids(), reason).await?;
        tell_settled(cx, settled).await
    })
    .await
}

/// Notes that a message did not get there this time, puts the job off, and gives up the notices whose patience ends
/// before the next attempt. Returns when that is.
pub async fn not_now(cx: &mut Cx<'_>, claim: &Claim, bundle: &Bundle, reason: &str) -> Result<Timestamp> {
    cx.admin()?;
    let tried = bundle.notices.iter().map(|n| n.attempts).max().unwrap_or_default() + 1;
    let next = cx.now() + work::wait_after(tried).min(LONGEST);
    cx.atomically(async |cx| {
        work::hold(cx, claim).await?;
        note_failure(cx, bundle, reason).await?;
        store::notice::tried(cx, &bundle.ids(), reason).await?;
        let settled = store::notice::give_up(cx, &bundle.ids(), next).await?;
        tell_settled(cx, settled).await?;
        work::postpone(cx, claim, next).await
    })
    .await?;
    Ok(next)
}

/// How delivery stands, for admins: what waits in vain, and what failed lately and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// Notices that were tried and are not there yet.
    pub retried: i64,
    /// Notices that failed in the last 24 hours.
    pub failed: i64,
    /// Why the last of them did.
    pub last_error: Option<String>,
}

/// How delivery stands; for admins.
pub async fn trouble(cx: &mut Cx<'_>) -> Result<Trouble> {
    cx.admin()?;
    store::notice::trouble(cx).await
}

/// Asks again for the delivery of what waits without a job (its job broke at every attempt), gives up what waited too
/// long, and forgets what was settled 90 days ago. The worker calls it every minute.
pub async fn sweep(cx: &mut Cx<'_>) -> Result<u64> {
    cx.admin()?;
    let before = cx.now() - KEPT;
    cx.atomically(async |cx| {
        let settled = store::notice::overdue(cx).await?;
        let mut rows = settled.len() as u64;
        tell_settled(cx, settled).await?;
        let stranded = store::notice::stranded(cx).await?;
        rows += stranded.len() as u64;
        work::enqueue_all(cx, stranded.iter().map(|r| job(r)).collect()).await?;
        Ok(rows + store::notice::forget(cx, before).await?)
    })
    .await
}

/// Counts all that waits as told when it happened: for a story of the past that is told now, whose people are not to be
/// written to.
pub async fn told_then(cx: &mut Cx<'_>) -> Result<u64> {
    cx.admin()?;
    store::notice::told_then(cx).await
}

async fn fail_all(cx: &mut Cx<'_>, claim: &Claim, recipient: &str, reason: &str) -> Result<()> {
    cx.atomically(async |cx| {
        work::hold(cx, claim).await?;
        let settled = store::notice::fail_recipient(cx, recipient, reason).await?;
        tell_settled(cx, settled).await
    })
    .await
}

async fn note_failure(cx: &mut Cx<'_>, bundle: &Bundle, reason: &str) -> Result<()> {
    match bundle.endpoint {
        Some(id) => store::endpoint::failed(cx, id, reason).await,
        None => Ok(()),
    }
}

/// A settled notice, and the kind of job that wants to know.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) id: NoticeId,
    pub(super) kind: Option<String>,
    pub(super) about: About,
    pub(super) state: State,
    pub(super) error: Option<String>,
}

async fn tell_settled(cx: &mut Cx<'_>, settled: Vec<Outcome>) -> Result<()> {
    if settled.iter().any(|o| o.state == State::Failed) {
        live::tell(cx, &[News::Admins]).await?;
    }
    let jobs = settled.into_iter().filter_map(|o| {
        let payload =
            Settled { notice: o.id, about: o.about, delivered: o.state == State::Delivered, error: o.error };
        Some(NewJob::new(o.kind?, payload))
    });
    work::enqueue_all(cx, jobs.collect()).await
}

/// A recipient as it is stored: what is needed to send, still sealed.
#[derive(Debug)]
pub(super) enum Stored {
    Gone,
    Person {
        name: String,
        email: Option<String>,
        active: bool,
    },
    Mailbox(String),
    Endpoint {
        id: WebhookEndpointId,
        format: EndpointFormat,
        url: Vec<u8>,
        secret: Option<Vec<u8>>,
        open: bool,
    },
}

impl Stored {
    /// Where to send; else why nowhere.
    fn opened(self, key: Option<&SealingKey>) -> Result<(Destination, Option<WebhookEndpointId>), String> {
        match self {
            Self::Gone => Err("the recipient is no longer there".into()),
            Self::Person { name, active: false, .. } => Err(format!("{name} has left")),
            Self::Person { name, email: None, .. } => Err(format!("{name} has no e-mail address")),
            Self::Person { name, email: Some(address), .. } => {
                Ok((Destination::Email { name: Some(name), address }, None))
            }
            Self::Mailbox(address) => Ok((Destination::Email { name: None, address }, None)),
            Self::Endpoint { open: false, .. } => Err("the webhook is closed".into()),
            Self::Endpoint { id, format, url, secret, .. } => {
                let Some(to) = endpoint::opened(id, format, &url, secret.as_deref(), key) else {
                    return Err(
                        "the webhook was sealed with another key; its team has to make it anew".into()
                    );
                };
                Ok((to, Some(id)))
            }
        }
    }
}
