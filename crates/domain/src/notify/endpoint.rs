//! Webhooks that a team is told through: a program of theirs, or a channel of a chat. Made and closed by whoever may edit
//! the team; a secret is shown once.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{About, Destination, Notice, Recipient, store};
use crate::{
    Cx, Error, NoticeId, Result, TeamId, WebhookEndpointId,
    activity::{self, Act, Changed},
    check::Checks,
    people,
    sealing::{self, SealingKey},
};

/// Open webhooks of one team, at most.
const MOST: i64 = 20;

/// How what is told is written down for a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum EndpointFormat {
    /// JSON, one notice each, signed as Standard Webhooks says.
    Standard,
    /// `{"text": …}`, as Slack and those like it take it; many notices may be in one text.
    Slack,
}

impl EndpointFormat {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Slack => "slack",
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Standard => "Signed JSON",
            Self::Slack => "Chat message",
        }
    }
}

impl std::str::FromStr for EndpointFormat {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        match s {
            "standard" => Ok(Self::Standard),
            "slack" => Ok(Self::Slack),
            _ => Err(Error::invalid("format", "must be standard or slack")),
        }
    }
}

/// A webhook. Its address and its secret are never shown again.
#[derive(Debug, Clone, Serialize)]
pub struct Endpoint {
    /// Key.
    pub id: WebhookEndpointId,
    /// Whose.
    pub team_id: TeamId,
    /// Slug of the team.
    pub team: String,
    /// What it is called here.
    pub name: String,
    /// How what is told is written down for it.
    pub format: EndpointFormat,
    /// Host of its address.
    pub host: String,
    /// Handle of who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it was closed.
    pub revoked_at: Option<Timestamp>,
    /// When it last took something.
    pub last_success_at: Option<Timestamp>,
    /// When it last did not.
    pub last_failure_at: Option<Timestamp>,
    /// Why not.
    pub last_error: Option<String>,
}

impl Endpoint {
    /// Whether the last attempt failed.
    pub fn is_failing(&self) -> bool {
        self.last_failure_at > self.last_success_at
    }
}

/// A webhook just made, with the secret that is shown this once; none where the address is the secret.
#[derive(Debug)]
pub struct NewEndpoint {
    /// The webhook.
    pub endpoint: Endpoint,
    /// What the receiver checks signatures with.
    pub secret: Option<String>,
}

/// The webhooks of a team, open ones first, newest first; for those who may edit the team. At most 200.
pub async fn endpoints(cx: &mut Cx<'_>, team: &str) -> Result<Vec<Endpoint>> {
    let team = editable(cx, team).await?;
    store::endpoint::of_team(cx, team.id).await
}

/// Whether a team has a webhook open.
pub async fn has_endpoints(cx: &mut Cx<'_>, team: TeamId) -> Result<bool> {
    Ok(store::endpoint::count_open(cx, team).await? > 0)
}

/// Makes a webhook for a team.
pub async fn create_endpoint(
    cx: &mut Cx<'_>,
    team: &str,
    name: &str,
    url: &str,
    format: EndpointFormat,
    key: Option<&SealingKey>,
) -> Result<NewEndpoint> {
    let team = editable(cx, team).await?;
    let by = cx.writer()?;
    let (name, url) = check(name, url)?;
    let key = sealing::required(key, "webhooks")?;
    let id = WebhookEndpointId::new();
    let secret = match format {
        EndpointFormat::Standard => Some(format!("whsec_{}", STANDARD.encode(sealing::random()?))),
        EndpointFormat::Slack => None,
    };
    let host = host_of(&url);
    let sealed = store::endpoint::Sealed {
        id,
        team: team.id,
        name: &name,
        format,
        host: &host,
        url: key.seal(url.as_bytes(), id.0.as_bytes())?,
        secret: secret.as_ref().map(|s| key.seal(s.as_bytes(), id.0.as_bytes())).transpose()?,
        by,
    };
    cx.atomically(async |cx| {
        if store::endpoint::count_open(cx, team.id).await? >= MOST {
            return Err(Error::Conflict(format!(
                "{} has {MOST} open webhooks, and no team has more; close one first",
                team.name
            )));
        }
        store::endpoint::insert(cx, &sealed).await?;
        let changes = vec![
            Changed::new("webhook", serde_json::Value::Null, name.as_str()),
            Changed::new("host", serde_json::Value::Null, host.as_str()),
        ];
        activity::record(cx, Act { changes, ..Act::new("team.webhook-added", format!("team:{}", team.slug)) })
            .await
    })
    .await?;
    let endpoint = get(cx, id).await?;
    Ok(NewEndpoint { endpoint, secret })
}

/// Closes a webhook: it is told nothing any more, and its address and secret are forgotten.
pub async fn revoke_endpoint(cx: &mut Cx<'_>, id: WebhookEndpointId) -> Result<Endpoint> {
    let endpoint = get(cx, id).await?;
    editable(cx, &endpoint.team).await?;
    if endpoint.revoked_at.is_some() {
        return Ok(endpoint);
    }
    cx.atomically(async |cx| {
        store::endpoint::revoke(cx, id).await?;
        let changes = vec![Changed::new("webhook", endpoint.name.as_str(), serde_json::Value::Null)];
        activity::record(
            cx,
            Act { changes, ..Act::new("team.webhook-closed", format!("team:{}", endpoint.team)) },
        )
        .await
    })
    .await?;
    Ok(endpoint)
}

/// Sends a word to a webhook, so that its team sees whether it gets there.
pub async fn test_endpoint(cx: &mut Cx<'_>, id: WebhookEndpointId) -> Result<(Endpoint, Option<NoticeId>)> {
    let endpoint = get(cx, id).await?;
    editable(cx, &endpoint.team).await?;
    if endpoint.revoked_at.is_some() {
        return Err(Error::Conflict("this webhook is closed; make a new one".into()));
    }
    let subject = format!("A test of the webhook {}", endpoint.name);
    let notice = Notice {
        text: "Nothing happened: somebody tries whether this gets through.".into(),
        reason: format!("{} asked for it.", cx.actor().name),
        patience: jiff::SignedDuration::from_mins(10),
        ..Notice::new(
            Recipient::Endpoint(id),
            "webhook.tested",
            subject,
            format!("/teams/{}/webhooks", endpoint.team),
            About::new("webhook", id.0),
        )
    };
    let sent = super::send(cx, notice).await?;
    Ok((endpoint, sent.first().copied()))
}

/// Where to send, opened; none if it was sealed with another key.
pub(super) fn opened(
    id: WebhookEndpointId,
    format: EndpointFormat,
    url: &[u8],
    secret: Option<&[u8]>,
    key: Option<&SealingKey>,
) -> Option<Destination> {
    let open =
        |sealed: &[u8]| key?.open(sealed, id.0.as_bytes()).and_then(|bytes| String::from_utf8(bytes).ok());
    let url = open(url)?;
    Some(match format {
        EndpointFormat::Standard => Destination::Standard { url, secret: open(secret?)? },
        EndpointFormat::Slack => Destination::Slack { url },
    })
}

/// The host of an address, with its port where it has one.
pub(super) fn host_of(url: &str) -> String {
    let Ok(url) = url::Url::parse(url) else { return String::new() };
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

async fn get(cx: &mut Cx<'_>, id: WebhookEndpointId) -> Result<Endpoint> {
    cx.reader()?;
    store::endpoint::get(cx, id).await?.ok_or_else(|| Error::not_found("webhook", id.to_string()))
}

async fn editable(cx: &mut Cx<'_>, slug: &str) -> Result<people::Team> {
    let team = people::team(cx, slug).await?;
    people::require_team(cx, Some(team.id), &format!("the webhooks of {}", team.name)).await?;
    Ok(team)
}

fn check(name: &str, url: &str) -> Result<(String, String)> {
    let mut checks = Checks::default();
    let name = checks.line("name", name, 100);
    let url = checks.line("url", url, 2000);
    let plain = url::Url::parse(&url).is_ok_and(|u| {
        matches!(u.scheme(), "http" | "https")
            && u.host().is_some()
            && u.username().is_empty()
            && u.password().is_none()
    });
    if !plain && !url.is_empty() {
        checks.problem(
            "url",
            "must be an address that begins with https:// or http://, without a user name in it",
        );
    }
    checks.done()?;
    Ok((name, url))
}
