//! Versions on the wire: `ETag` on reads, `If-None-Match` to save a body, `If-Match` so that two editors cannot
//! overwrite each other (RFC 9110, 8.8.3 and 13.1).

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use portolan_domain::Error;

use crate::ApiError;

/// The entity tag of a record: its version, and `more` for what else the representation shows.
pub(crate) fn etag(version: i64, more: impl std::fmt::Display) -> String {
    format!("\"{version}-{more}\"")
}

/// A digest of a body, for what many things change: the same on every replica.
pub(crate) fn digest(body: &impl serde::Serialize) -> String {
    let mut hasher = std::hash::DefaultHasher::new();
    std::hash::Hash::hash(&serde_json::to_vec(body).unwrap_or_default(), &mut hasher);
    format!("{:016x}", std::hash::Hasher::finish(&hasher))
}

/// The body with its tag, or 304 if the client has it already.
pub(crate) fn tagged(headers: &HeaderMap, tag: &str, body: impl IntoResponse) -> Response {
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.split(',').any(|t| t.trim().trim_start_matches("W/") == tag || t.trim() == "*"));
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { body.into_response() };
    let value = HeaderValue::from_str(tag).unwrap_or(HeaderValue::from_static("\"\""));
    response.headers_mut().insert(header::ETAG, value);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

/// The version an editor started from, from `If-Match`; `*` or no header means "whatever is there".
#[derive(Debug, Clone, Copy)]
pub(crate) struct IfMatch(pub(crate) Option<i64>);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else { return Ok(Self(None)) };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let version = text.trim_matches('"').split('-').next().and_then(|v| v.parse().ok());
        match version {
            Some(version) => Ok(Self(Some(version))),
            None => Err(Error::invalid("If-Match", "must be the ETag of an earlier answer").into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(if_none_match: &'static str) -> StatusCode {
        let headers =
            HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(if_none_match))]);
        tagged(&headers, "\"3-x\"", "body").status()
    }

    #[test]
    fn a_known_tag_saves_the_body() {
        assert_eq!(asked("\"3-x\""), StatusCode::NOT_MODIFIED);
        assert_eq!(asked("\"2-x\", W/\"3-x\""), StatusCode::NOT_MODIFIED);
        assert_eq!(asked("*"), StatusCode::NOT_MODIFIED);
        assert_eq!(asked("\"2-x\""), StatusCode::OK);
    }
}
