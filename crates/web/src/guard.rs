//! What no handler may forget: writes come from our own pages, and every answer says what a browser may do with it.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use subtle::ConstantTimeEq;

use crate::{Shared, error::PageError, form::Form, visit::Visit};

/// The most a form may send.
pub(crate) const MOST: usize = 2 * 1024 * 1024;

/// Refuses writes that another site could have caused: by what the browser says about the origin, and by the token
/// that only a page of this session has.
pub(crate) async fn check_writes(State(portal): State<Shared>, request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    if !is_from_here(request.headers(), &portal.base_url) {
        return PageError::forged().into_response();
    }
    let is_form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|t| t.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    // mail programs stop letters with one request, whose body nobody reads and which may be a multipart one (RFC 8058, section 3.1)
    let is_stop = request.uri().path().starts_with("/wins/stop/");
    if !is_form && !is_stop {
        return PageError::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE).into_response();
    }
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, MOST).await else {
        return PageError::plain(StatusCode::PAYLOAD_TOO_LARGE).into_response();
    };
    let visit = parts.extensions.get::<Arc<Visit>>().cloned().unwrap_or_default();
    if visit.session.is_some() {
        let given = Form::read(&bytes).text("csrf");
        if !bool::from(given.as_bytes().ct_eq(visit.csrf().as_bytes())) {
            return PageError::forged().into_response();
        }
    }
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

/// Browsers say where a request comes from. A client that says nothing is none, and has no cookie to abuse.
fn is_from_here(headers: &HeaderMap, base_url: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else { return true };
    let host = origin.split_once("://").map(|(_, host)| host);
    origin == base_url || (host.is_some() && host == text("host"))
}

/// Headers of every page.
pub(crate) async fn headers(mut response: Response) -> Response {
    let all = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in all {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    // what one person may see is kept by no shared cache, and not shown after they signed out
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private, no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(n, v)| (header::HeaderName::from_static(n), HeaderValue::from_static(v)))
            .collect();
        is_from_here(&headers, "https://portal.example")
    }

    #[test]
    fn only_our_own_pages_may_write() {
        assert!(asked(&[("sec-fetch-site", "same-origin")]));
        assert!(!asked(&[("sec-fetch-site", "cross-site")]));
        assert!(!asked(&[("sec-fetch-site", "same-site"), ("origin", "https://portal.example")]));
        assert!(asked(&[("origin", "https://portal.example"), ("host", "internal:8080")]));
        assert!(asked(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")]));
        assert!(!asked(&[("origin", "https://evil.example"), ("host", "portal.example")]));
        assert!(!asked(&[("origin", "null"), ("host", "portal.example")]));
        assert!(asked(&[]));
    }
}
