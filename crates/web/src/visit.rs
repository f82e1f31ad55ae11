//! What a request says about itself, read once: where it goes, the session's secret, a message left by the last page.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use portolan_domain::Portal;
use sha2::Sha256;

use crate::{
    Shared,
    flash::{self, Flash},
};

/// Name of the session cookie over plain HTTP (a laptop, a tunnel).
pub const SESSION_COOKIE: &str = "portolan_session";
/// Name of the session cookie over HTTPS; the prefix makes browsers refuse it from anywhere else.
pub const SESSION_COOKIE_SECURE: &str = "__Host-portolan_session";

/// What a request says about itself.
#[derive(Debug, Default)]
pub(crate) struct Visit {
    /// Path and query, as asked for.
    pub(crate) address: String,
    /// Whether it only reads (GET, HEAD).
    pub(crate) reads: bool,
    /// The secret in the session cookie.
    pub(crate) session: Option<String>,
    /// Left by the page before.
    pub(crate) flash: Option<Flash>,
    /// Name of this request in the log.
    pub(crate) request_id: String,
}

impl Visit {
    /// The token that a form of this session carries: made from the secret that only this browser holds, so another
    /// site cannot know it, and useless for finding the secret.
    pub(crate) fn csrf(&self) -> String {
        self.session.as_deref().map(csrf_of).unwrap_or_default()
    }
}

/// First layer: reads the request once, and takes a shown message off the browser.
pub(crate) async fn note(State(portal): State<Shared>, mut request: Request, next: Next) -> Response {
    let visit = Arc::new(Visit::of(&request, &portal));
    let had_flash = flash::cookie(request.headers()).is_some() && visit.reads;
    request.extensions_mut().insert(visit);
    let mut response = next.run(request).await;
    if had_flash && is_page(&response) {
        flash::forget(response.headers_mut());
    }
    response
}

impl Visit {
    fn of(request: &Request, portal: &Portal) -> Self {
        let headers = request.headers();
        Self {
            address: request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned(),
            reads: request.method().is_safe(),
            session: cookie(headers, session_cookie_name(portal)).map(str::to_owned),
            flash: flash::cookie(headers).and_then(Flash::unpack),
            request_id: headers
                .get("x-request-id")
                .and_then(|v| v.to_str().ok())
                .unwrap_or_default()
                .to_owned(),
        }
    }
}

/// The value of a cookie.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    all.flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(n, value)| (n == name && !value.is_empty()).then_some(value))
}

/// The header that gives the browser a session. It lives as long as the browser keeps it, at most `max_age`.
pub(crate) fn start_session(portal: &Portal, secret: &str, max_age: std::time::Duration) -> HeaderValue {
    session_header(portal, secret, max_age.as_secs())
}

/// The header that takes the session off the browser.
pub(crate) fn end_session(portal: &Portal) -> HeaderValue {
    session_header(portal, "", 0)
}

fn session_header(portal: &Portal, secret: &str, max_age: u64) -> HeaderValue {
    let name = session_cookie_name(portal);
    let secure = if is_secure(portal) { "; Secure" } else { "" };
    HeaderValue::from_str(&format!(
        "{name}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure}"
    ))
    .unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn session_cookie_name(portal: &Portal) -> &'static str {
    if is_secure(portal) { SESSION_COOKIE_SECURE } else { SESSION_COOKIE }
}

/// Whether browsers reach the portal over HTTPS.
pub(crate) fn is_secure(portal: &Portal) -> bool {
    portal.base_url.starts_with("https://")
}

fn csrf_of(secret: &str) -> String {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(b"portolan form");
    URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..18])
}

fn is_page(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"text/html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_cookie_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; portolan_session=s3cret; b="));
        assert_eq!(cookie(&headers, SESSION_COOKIE), Some("s3cret"));
        assert_eq!(cookie(&headers, "session"), None);
        assert_eq!(cookie(&headers, "b"), None);
    }

    #[test]
    fn tokens_of_two_sessions_differ_and_do_not_show_the_secret() {
        let token = csrf_of("one");
        assert_ne!(token, csrf_of("two"));
        assert_eq!(token, csrf_of("one"));
        assert!(!token.contains("one"));
    }
}
