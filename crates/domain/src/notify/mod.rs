//! What to tell whom, and how it went.
//!
//! [`send`] writes a [`Notice`] inside the transaction of the act that makes it necessary, and asks the queue
//! ([`crate::work`]) to deliver it. The worker takes what waits for one recipient ([`take`]), sends it as one message, and
//! notes that it is there ([`delivered`]), that it may be later ([`not_now`]) or never ([`failed`]), with the reason.
//! Each notice reaches its recipient at least once: a worker that dies between sending and noting it sends it again.
//!
//! **A storm of alerts is no storm of messages.** A recipient gets a message at once, and the next one [`GAP`] later at the
//! earliest; whatever came up meanwhile travels in it together, up to [`MOST`] notices, each with its own line and
//! link. Nothing is dropped. Only a webhook of the standard format gets each notice alone: a program reads it.
//!
//! **What came of it** is told to whoever wants to know, without this slice knowing them: a notice names a kind of job
//! ([`Notice::settled`]), and when it is delivered or has failed for good, a job of that kind is put into the queue in the
//! same transaction, with [`Settled`] as its payload. So an escalation can go on at once when nobody was reached. Without
//! a job [`state_of`] says how all notices about a thing stand.

mod deliver;
mod endpoint;
mod store;
mod words;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Cx, NoticeId, PersonId, Result, TeamId, WebhookEndpointId, work};

pub use deliver::{
    Bundle, Destination, Taken, Trouble, Waiting, delivered, failed, not_now, sweep, take, told_then, trouble,
};
pub use endpoint::{
    Endpoint, EndpointFormat, NewEndpoint, create_endpoint, endpoints, has_endpoints, revoke_endpoint,
    test_endpoint,
};

/// The kind of job that delivers what waits for one mailbox.
pub const MAIL: &str = "notify.mail";

/// The kind of job that delivers what waits for one webhook: apart, so that webhooks that hang keep no e-mail waiting.
pub const WEBHOOK: &str = "notify.webhook";

/// Between two messages to one recipient, at least.
pub const GAP: SignedDuration = SignedDuration::from_secs(30);

/// Notices in one message, at most.
pub const MOST: i64 = 500;

/// Longest texts of a notice; what is longer is cut, for it may come from outside.
const SUBJECT: usize = 200;
const BODY: usize = 8000;

/// Whom to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// A person, by the e-mail address they have when it is sent.
    Person(PersonId),
    /// A mailbox that is nobody's: a team's.
    Email(String),
    /// A webhook.
    Endpoint(WebhookEndpointId),
    /// All webhooks that a team has open: one notice each, none if it has none.
    Team(TeamId),
}

/// The thing that a notice is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct About {
    /// What it is: `page`, `shift`.
    pub kind: String,
    /// Its key.
    pub id: Uuid,
}

impl About {
    /// A thing of this kind.
    pub fn new(kind: impl Into<String>, id: Uuid) -> Self {
        Self { kind: kind.into(), id }
    }
}

/// Something to tell.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Whom.
    pub to: Recipient,
    /// What happened, for programs: slice's noun, dot, past tense: `page.opened`.
    pub event: &'static str,
    /// It in a line.
    pub subject: String,
    /// It in full, plain text; may be empty.
    pub text: String,
    /// Path of the page about it: `/pages/…`.
    pub link: String,
    /// Why they are told, as a sentence: "You are on call for Checkout until Monday 09:00."
    pub reason: String,
    /// The thing it is about.
    pub about: About,
    /// How long delivery is tried before it counts as failed.
    pub patience: SignedDuration,
    /// The kind of job to ask for when it is delivered or has failed; its payload is [`Settled`].
    pub settled: Option<&'static str>,
}

impl Notice {
    /// How long delivery is tried, unless the notice says otherwise.
    pub const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

    /// A notice without text or reason, that nobody waits for.
    pub fn new(
        to: Recipient,
        event: &'static str,
        subject: impl Into<String>,
        link: impl Into<String>,
        about: About,
    ) -> Self {
        Self {
            to,
            event,
            subject: subject.into(),
            text: String::new(),
            link: link.into(),
            reason: String::new(),
            about,
            patience: Self::PATIENCE,
            settled: None,
        }
    }
}

/// What came of a notice: the payload of the job that the notice named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The notice.
    pub notice: NoticeId,
    /// What it was about.
    pub about: About,
    /// Whether it is there.
    pub delivered: bool,
    /// Why not.
    pub error: Option<String>,
}

/// How far a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum State {
    /// Waits, or is tried again.
    Pending,
    /// The mail server or the endpoint took it.
    Delivered,
    /// It will not get there; the reason is kept.
    Failed,
}

/// A notice and how it went.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    /// Key; its order is the order of time.
    pub id: NoticeId,
    /// The person, if it was told to one.
    pub person_id: Option<PersonId>,
    /// The webhook, if it was told to one.
    pub endpoint_id: Option<WebhookEndpointId>,
    /// Whom, in words: the person's or the webhook's name, or the address.
    pub to: String,
    /// What happened.
    pub event: String,
    /// It in a line.
    pub subject: String,
    /// How far it is.
    pub state: State,
    /// How often delivery was tried.
    pub attempts: i32,
    /// Why it is not there yet, or never will be.
    pub error: Option<String>,
    /// The address it went to.
    pub sent_to: Option<String>,
    /// When it was to be told.
    pub created_at: Timestamp,
    /// When it was delivered or given up.
    pub settled_at: Option<Timestamp>,
}

/// Tells something, inside the caller's transaction. Asks for no permission: that is the caller's operation. Returns the
/// keys: one, or for a team one per webhook.
pub async fn send(cx: &mut Cx<'_>, notice: Notice) -> Result<Vec<NoticeId>> {
    send_all(cx, vec![notice]).await
}

/// Tells many things in few statements.
pub async fn send_all(cx: &mut Cx<'_>, notices: Vec<Notice>) -> Result<Vec<NoticeId>> {
    let notices: Vec<_> = resolved(cx, notices).await?.into_iter().map(clean).collect();
    if notices.is_empty() {
        return Ok(Vec::new());
    }
    cx.atomically(async |cx| {
        let ids = store::notice::insert(cx, &notices).await?;
        let now = cx.now();
        let jobs = store::notice::recipients(cx, &ids).await?.into_iter().map(|(recipient, last_sent)| {
            deliver::job(&recipient).at(last_sent.map_or(now, |last| now.max(last + GAP)))
        });
        work::enqueue_all(cx, jobs.collect()).await?;
        Ok(ids)
    })
    .await
}

/// How all notices about a thing stand, oldest first; at most 200.
pub async fn state_of(cx: &mut Cx<'_>, about: &About) -> Result<Vec<Told>> {
    store::notice::about(cx, about).await
}

/// One notice, if it is still kept.
pub async fn told(cx: &mut Cx<'_>, id: NoticeId) -> Result<Option<Told>> {
    store::notice::one(cx, id).await
}

/// Puts a team's open webhooks in its place.
async fn resolved(cx: &mut Cx<'_>, notices: Vec<Notice>) -> Result<Vec<Notice>> {
    let mut teams: Vec<_> =
        notices.iter().filter_map(|n| if let Recipient::Team(id) = n.to { Some(id) } else { None }).collect();
    if teams.is_empty() {
        return Ok(notices);
    }
    teams.sort();
    teams.dedup();
    let open = store::endpoint::open_of_teams(cx, &teams).await?;
    let mut all = Vec::with_capacity(notices.len());
    for notice in notices {
        match notice.to {
            Recipient::Team(team) => {
                let its = open.iter().filter(|(of, _)| *of == team);
                all.extend(its.map(|(_, id)| Notice { to: Recipient::Endpoint(*id), ..notice.clone() }));
            }
            _ => all.push(notice),
        }
    }
    Ok(all)
}

/// What may come from outside is one line, or text without control characters, and not longer than a message can bear.
fn clean(notice: Notice) -> Notice {
    let line = |text: &str| {
        let words: Vec<_> =
            text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|w| !w.is_empty()).collect();
        words.join(" ").chars().take(SUBJECT).collect::<String>()
    };
    let lines = notice.text.replace("\r\n", "\n");
    let text: String =
        lines.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).take(BODY).collect();
    Notice {
        subject: line(&notice.subject),
        reason: line(&notice.reason),
        link: line(&notice.link),
        text,
        ..notice
    }
}
