//! The answer when a request panicked or took too long: a problem document for programs, a plain page for people.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use serde_json::json;

/// What failed, in words for the visitor.
pub(super) struct Failure<'a> {
    pub(super) status: StatusCode,
    pub(super) title: &'a str,
    pub(super) detail: &'a str,
    pub(super) id: &'a HeaderValue,
}

impl Failure<'_> {
    /// The answer for an address.
    pub(super) fn answer(&self, path: &str) -> Response {
        let Self { status, title, detail, .. } = *self;
        let id = self.id.to_str().unwrap_or_default();
        if path.starts_with("/api/") {
            let body = json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail, "request_id": id });
            return (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string())
                .into_response();
        }
        // the id holds letters, digits and -_. alone, and the words are ours: nothing to escape
        let page = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>{title} · Portolan</title><h1>{title}</h1><p>{detail}</p><p>Request <code>{id}</code></p><p><a href=\"/\">Home</a></p></html>"
        );
        (status, Html(page)).into_response()
    }
}
