//! What surrounds every request: its id, its log line, its metrics, its time limit, and a net for panics.

use std::{
    borrow::Cow,
    net::{IpAddr, SocketAddr},
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use axum::{
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode},
    middleware::Next,
    response::Response,
};
use futures_util::FutureExt;
use portolan_domain::{paging::KEY_PREFIX, people::TOKEN_PREFIX, rota::FEED_PREFIX, wins};
use tracing::Instrument;
use uuid::Uuid;

use super::failure::Failure;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A whole catalog may be in one atomic request.
const APPLY: &str = "/api/v1/catalog/apply";
const APPLY_TIMEOUT: Duration = Duration::from_mins(10);

/// How requests are guarded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guard {
    /// Longest that a request may take.
    pub(crate) timeout: Duration,
    /// Whether a proxy of ours stands before us and says who calls.
    pub(crate) trust_proxy: bool,
}

/// Runs a request.
pub(super) async fn around(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    if guard.trust_proxy
        && let Some(address) = forwarded(&request)
    {
        request.extensions_mut().insert(ConnectInfo(address));
    }
    let id = id(&request);
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |m| m.as_str().to_owned());
    let limit = if route == APPLY { APPLY_TIMEOUT.max(guard.timeout) } else { guard.timeout };
    let span =
        tracing::info_span!("request", id = id.to_str().unwrap_or_default(), %method, path = %for_log(&path));

    let _in_flight = InFlight::begin();
    let answer = tokio::time::timeout(limit, AssertUnwindSafe(next.run(request)).catch_unwind())
        .instrument(span.clone())
        .await;
    let failed = |status, title, detail| Failure { status, title, detail, id: &id }.answer(&path);
    let mut response = match answer {
        Ok(Ok(response)) => response,
        // the panic itself is on standard error
        Ok(Err(_)) => failed(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something failed on our side",
            "Quote the request id when you ask.",
        ),
        Err(_) => failed(
            StatusCode::SERVICE_UNAVAILABLE,
            "This took too long",
            "It was given up. Try again in a moment, or ask for less at once.",
        ),
    };
    response.headers_mut().insert(REQUEST_ID, id);
    let (status, elapsed) = (response.status(), began.elapsed());
    let _entered = span.enter();
    if status.is_server_error() {
        tracing::warn!(status = status.as_u16(), ?elapsed, "answered");
    } else {
        tracing::debug!(status = status.as_u16(), ?elapsed, "answered");
    }
    metrics::histogram!("http_request_duration_seconds", "route" => route.clone()).record(elapsed);
    metrics::counter!("http_requests_total", "method" => label(&method), "route" => route, "status" => status.as_str().to_owned()).increment(1);
    response
}

/// What stands before a secret in a path: one-time links, and addresses for programs that cannot sign in.
const BEFORE_SECRETS: [&str; 5] = ["sign-in", "set-up", "calendars", "integrations", "stop"];
/// How secrets begin, wherever one is written by mistake.
const SECRETS_BEGIN: [&str; 4] = [TOKEN_PREFIX, FEED_PREFIX, KEY_PREFIX, wins::FEED_PREFIX];

/// The path without secrets: who reads the log must not be able to use them. A key in such a place opens nothing and tells
/// which one is meant, so it stays.
pub(super) fn for_log(path: &str) -> Cow<'_, str> {
    let (mut before, mut hidden) = ("", false);
    // the secret of a step stands behind the step's key, that of a feed behind what it is a feed of
    let mut of_step = false;
    let of_feed = path.starts_with("/feeds/");
    let mut parts: Vec<&str> = path.split('/').collect();
    for part in parts.iter_mut().filter(|part| !part.is_empty()) {
        let own = *part;
        let is_behind = of_step || (of_feed && before == "wins") || BEFORE_SECRETS.contains(&before);
        let is_secret = is_behind && Uuid::try_parse(own).is_err();
        if is_secret || SECRETS_BEGIN.iter().any(|begin| own.starts_with(begin)) {
            *part = "…";
            hidden = true;
        }
        before = own;
        of_step |= own == "provisioning-callbacks";
    }
    if hidden { Cow::Owned(parts.join("/")) } else { Cow::Borrowed(path) }
}

/// A method as a label; visitors may invent methods, but not fill the memory with them.
fn label(method: &Method) -> &'static str {
    let known = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    let names = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.iter().position(|k| k == method).map_or("other", |at| names[at])
}

/// The id that came with the request, if it is a plain one; else a new one.
fn id(request: &Request) -> HeaderValue {
    let plain = |v: &&HeaderValue| {
        (8..=64).contains(&v.len())
            && v.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
    };
    let given = request.headers().get(REQUEST_ID).filter(plain).cloned();
    given.unwrap_or_else(|| {
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        HeaderValue::from_str(Uuid::now_v7().hyphenated().encode_lower(&mut text))
            .unwrap_or(HeaderValue::from_static("unknown"))
    })
}

/// The address that our proxy saw: the last one in the header, for the earlier ones are the visitor's own words.
fn forwarded(request: &Request) -> Option<SocketAddr> {
    let header = request.headers().get_all("x-forwarded-for").iter().next_back()?;
    let address: IpAddr = header.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()?;
    Some(SocketAddr::new(address, 0))
}

/// Counts a request for as long as it lives, also when its visitor goes away.
struct InFlight;

impl InFlight {
    fn begin() -> Self {
        metrics::gauge!("http_requests_in_flight").increment(1);
        Self
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        metrics::gauge!("http_requests_in_flight").decrement(1);
    }
}
