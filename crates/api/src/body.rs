//! Shapes that every slice uses: a page of a list on the way out, parameters and JSON on the way in.

use std::convert::Infallible;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use portolan_domain::{Cursor, Error, Limit, Page};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::error::Category;
use utoipa::{IntoParams, ToSchema};

use crate::{ApiError, BASE};

/// An answer in JSON, written to one piece of memory that grows: the buffer that axum's own goes through showed in the
/// profile of a list.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let mut text = Vec::with_capacity(4096);
        match serde_json::to_writer(&mut text, &self.0) {
            Ok(()) => {
                ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response()
            }
            Err(error) => {
                tracing::error!(%error, "an answer could not be written as JSON");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// The rows, in the order asked for.
    pub(crate) items: Vec<T>,
    /// Give this as `after` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
    /// Give this as `after` to go back to the page before (empty: the first one); absent on the first one, and where
    /// the way back is longer than a cursor remembers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) previous: Option<String>,
    /// Rows of the whole list.
    pub(crate) total: i64,
    /// True if counting stopped at `total`: there are more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) total_is_lower_bound: bool,
}

impl<T> List<T> {
    /// A page of the domain, its rows turned into bodies.
    pub(crate) fn of<D>(page: Page<D>, body: impl FnMut(D) -> T) -> Json<Self> {
        let (rows, page) = page.split();
        Self::with(rows.into_iter().map(body).collect(), page)
    }

    /// The bodies of a page's rows, where they were made all at once.
    pub(crate) fn with(items: Vec<T>, page: Page<Infallible>) -> Json<Self> {
        let Page { next, previous, total, total_is_lower_bound, .. } = page;
        let text = |c: Option<Cursor>| c.map(|c| c.as_str().to_owned());
        Json(Self { items, next: text(next), previous: text(previous), total, total_is_lower_bound })
    }

    /// A list that is never longer than this.
    pub(crate) fn whole(items: Vec<T>) -> Json<Self> {
        let total = i64::try_from(items.len()).unwrap_or(i64::MAX);
        Json(Self { items, next: None, previous: None, total, total_is_lower_bound: false })
    }
}

/// 201, with the address of what was made: `path` goes on from [`BASE`].
pub(crate) fn created(path: impl std::fmt::Display, body: impl IntoResponse) -> Response {
    let mut response = (StatusCode::CREATED, body).into_response();
    if let Ok(address) = HeaderValue::try_from(format!("{BASE}{path}")) {
        response.headers_mut().insert(header::LOCATION, address);
    }
    response
}

/// A field that may be absent, null or given.
pub(crate) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// How much of a list, and from where.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paging {
    /// Rows per page, 1 to 200; 20 if absent.
    pub(crate) limit: Option<i64>,
    /// The `next` of the page before.
    pub(crate) after: Option<String>,
}

/// The domain's limit and cursor from two optional parameters.
pub(crate) fn paging(limit: Option<i64>, after: Option<String>) -> Result<(Limit, Option<Cursor>), Error> {
    let limit = limit.map_or(Ok(Limit::default()), Limit::new)?;
    Ok((limit, after.filter(|a| !a.is_empty()).map(Cursor::from_text)))
}

/// Query parameters; a key may be given several times. A wrong one is named.
#[derive(Debug)]
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let reader = serde_html_form::Deserializer::new(form_urlencoded_pairs(query));
        serde_path_to_error::deserialize(reader).map(Self).map_err(|e| {
            let field = e.path().to_string();
            let field = if field == "." { "query".to_owned() } else { field };
            Error::invalid(field, in_words(&e.into_inner().to_string())).into()
        })
    }
}

fn form_urlencoded_pairs(query: &str) -> url::form_urlencoded::Parse<'_> {
    url::form_urlencoded::parse(query.as_bytes())
}

/// A JSON body. A wrong field is named by its path.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let json =
            request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).is_some_and(|v| {
                v.split(';')
                    .next()
                    .is_some_and(|m| m.trim() == "application/json" || m.trim().ends_with("+json"))
            });
        if !json {
            return Err(ApiError::plain(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "send JSON, with content-type: application/json",
            ));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|e| {
            ApiError::plain(e.status(), "the body could not be read, or is larger than this address takes")
        })?;
        Ok(Self(read(&bytes)?))
    }
}

/// A value from the text of a body: all of it, and nothing behind it.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|e| {
        let field = e.path().to_string();
        let error = e.into_inner();
        match error.classify() {
            Category::Data if field == "." => Error::invalid("body", in_words(&error.to_string())),
            Category::Data => Error::invalid(field, in_words(&error.to_string())),
            Category::Io | Category::Syntax | Category::Eof => no_json(&error),
        }
    })?;
    reader.end().map_err(|e| no_json(&e))?;
    Ok(value)
}

/// What serde says of a value that does not fit, in words for whoever sent it: without the names that types have here, and without the
/// line and column, since the field is named.
fn in_words(text: &str) -> String {
    let text = text.rsplit_once(" at line ").map_or(text, |(text, _)| text);
    let parts = |begins: &str| text.strip_prefix(begins)?.split_once(", expected ");
    let plain = |text: &str| text.trim_start_matches("one of ").replace('`', "");
    let listed = |text: &str| plain(text).replace(" or ", ", ");
    if let Some((got, expected)) = parts("unknown variant ") {
        return format!("must be one of {}, not {}", listed(expected), plain(got));
    }
    if let Some((_, expected)) = parts("unknown field ") {
        return format!("is not known here: what is known are {}", listed(expected));
    }
    if let Some(missing) = text.strip_prefix("missing field ") {
        return format!("needs {}", plain(missing));
    }
    if let Some((got, expected)) = parts("invalid type: ") {
        return format!("must be {}, not {}", shape(expected), plain(shape(got)));
    }
    if let Some((got, expected)) = parts("invalid value: ").or_else(|| parts("invalid length ")) {
        let fits =
            if shape(expected) == "a whole number" { "in the range of this field" } else { shape(expected) };
        return format!("must be {fits}, not {}", plain(got));
    }
    if text.starts_with("data did not match any variant") {
        return "has a shape that is not known here; the description of the API has those that are"
            .to_owned();
    }
    text.to_owned()
}

/// A type as people call it.
fn shape(expected: &str) -> &str {
    match expected {
        "map" | "a map" => "an object",
        "sequence" | "a sequence" => "a list",
        "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number",
        "f32" | "f64" => "a number",
        structure if structure.starts_with("struct ") => "an object",
        listed if listed.starts_with("tuple ") => "a list",
        other => other,
    }
}

fn no_json(error: &serde_json::Error) -> Error {
    Error::invalid("body", format!("is not JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Change {
        #[serde(rename = "version")]
        _version: u32,
    }

    #[test]
    fn a_wrong_value_is_told_without_words_of_the_parser() {
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Kind {
            Win,
            Challenge,
            Other,
        }
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Told {
            #[serde(rename = "kind")]
            _kind: Kind,
            #[serde(default, rename = "places")]
            _places: Vec<i16>,
        }
        let told = |text: &str| match read::<Told>(text.as_bytes()) {
            Err(Error::Invalid(problems)) => format!("{} {}", problems[0].field, problems[0].message),
            other => panic!("{text}: {other:?}"),
        };
        for (text, words) in [
            (r#"{"kind": "joy"}"#, "kind must be one of win, challenge, other, not joy"),
            (r#"{"kind": "win", "x": 1}"#, "x is not known here: what is known are kind, places"),
            (
                r#"{"kind": "win", "places": [70000]}"#,
                "places[0] must be in the range of this field, not integer 70000",
            ),
            ("{}", "body needs kind"),
            (r#"{"kind": "win", "places": 3}"#, "places must be a list, not integer 3"),
            (r#"{"kind": "win", "places": ["a"]}"#, "places[0] must be a whole number, not string \"a\""),
            ("7", "body must be an object, not integer 7"),
        ] {
            assert_eq!(told(text), words, "{text}");
        }
    }

    #[test]
    fn a_body_that_is_no_json_is_told_apart_from_a_wrong_field() {
        let told = |text: &str| match read::<Change>(text.as_bytes()) {
            Err(Error::Invalid(problems)) => problems[0].field.clone(),
            other => panic!("{text}: {other:?}"),
        };
        for text in ["", "{", r#"{"version": 1"#, "version=1", r#"{"version": 1} {"version": 2}"#] {
            assert_eq!(told(text), "body", "{text}");
        }
        assert_eq!((told(r#"{"version": "x"}"#), told("{}")), ("version".to_owned(), "body".to_owned()));
        assert!(read::<Change>(b"{\"version\": 1}\n").is_ok());
    }
}
