//! `POST /catalog/apply`: descriptors taken in, told document by document.

use axum::{
    body::Bytes,
    extract::DefaultBodyLimit,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use portolan_domain::{
    Error,
    catalog::{
        apply::{self, Counts, Item, Report, Request},
        descriptor::{File, Format, MAX_BODY},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::Semaphore;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    ApiError, Shared,
    body::{Json, Params},
    caller::Writer,
    error::FieldProblem,
};

/// Room for what JSON adds to the documents themselves.
const BODY_LIMIT: usize = MAX_BODY + MAX_BODY / 4;

/// One apply runs at a time, in all replicas together: more than two here would only wait, each with a connection.
static APPLYING: Semaphore = Semaphore::const_new(2);

/// The slice's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(apply_descriptors)).layer(DefaultBodyLimit::max(BODY_LIMIT))
}

/// How to apply.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Who says it: entities belong to the source that brought them in. `default` if absent.
    source: Option<String>,
    /// Do everything, then take it back.
    #[serde(default)]
    dry_run: bool,
    /// All documents, or none.
    #[serde(default)]
    atomic: bool,
    /// This is all that the source has: what is missing is marked orphaned.
    #[serde(default)]
    prune: bool,
    /// Name of the file, where the body is one.
    location: Option<String>,
}

/// Descriptors as JSON: `documents`, or whole `files` with their names. A list of documents alone, or one document,
/// will do too.
#[derive(Debug, Deserialize, ToSchema)]
struct ApplyBody<'a> {
    /// Descriptors as JSON objects.
    #[serde(borrow)]
    #[schema(value_type = Option<Vec<Object>>)]
    documents: Option<&'a RawValue>,
    /// Files as they are.
    files: Option<Vec<FileBody>>,
}

/// A file of descriptors.
#[derive(Debug, Deserialize, ToSchema)]
struct FileBody {
    /// Its name, as messages and pages show it.
    location: String,
    /// Its text: YAML of any number of documents, or JSON.
    text: String,
}

/// What an apply did, or would do.
#[derive(Debug, Serialize, ToSchema)]
struct ReportBody {
    /// Who says it.
    source: String,
    /// Whether it was only tried out.
    dry_run: bool,
    /// Why nothing was written at all; then the status is 422, and the items say what would have been.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
    /// How many of each outcome.
    counts: CountsBody,
    /// One item per document, in their order; then those that were orphaned.
    items: Vec<ItemBody>,
}

/// How many of each outcome.
#[derive(Debug, Serialize, ToSchema)]
struct CountsBody {
    /// New in the catalog.
    created: usize,
    /// Differ now.
    updated: usize,
    /// Just as they were.
    unchanged: usize,
    /// Not taken in.
    rejected: usize,
    /// No longer named by their source.
    orphaned: usize,
}

/// What became of one document.
#[derive(Debug, Serialize, ToSchema)]
struct ItemBody {
    /// Canonical reference, as far as it could be read.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// `created`, `updated`, `unchanged`, `rejected` or `orphaned`.
    outcome: &'static str,
    /// Why it was rejected: every field that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<FieldProblem>,
    /// What was taken in otherwise than it was said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remarks: Vec<String>,
    /// File.
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    /// Line on which the document begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
}

impl From<Counts> for CountsBody {
    fn from(c: Counts) -> Self {
        Self {
            created: c.created,
            updated: c.updated,
            unchanged: c.unchanged,
            rejected: c.rejected,
            orphaned: c.orphaned,
        }
    }
}

impl From<Item> for ItemBody {
    fn from(i: Item) -> Self {
        let problems =
            i.problems.into_iter().map(|p| FieldProblem { field: p.field, message: p.message }).collect();
        Self {
            reference: i.reference,
            outcome: i.outcome.as_str(),
            problems,
            remarks: i.remarks,
            location: i.location,
            line: i.line,
        }
    }
}

impl From<Report> for ReportBody {
    fn from(r: Report) -> Self {
        let counts = r.counts().into();
        Self {
            source: r.source,
            dry_run: r.dry_run,
            refused: r.refused,
            counts,
            items: r.items.into_iter().map(Into::into).collect(),
        }
    }
}

/// Take in descriptors.
///
/// The same thing again changes nothing. A rejected document stops no other, unless the apply is atomic.
#[utoipa::path(
    post, path = "/catalog/apply", tag = "catalog", params(Query),
    request_body(content((String = "application/yaml"), (ApplyBody<'_> = "application/json")), description = "At most 64 MiB and 50,000 documents of 1 MiB."),
    responses((status = 200, body = ReportBody), (status = 422, description = "Nothing was written: a limit, or all-or-nothing, or a prune that is not safe; the report says which", body = ReportBody, content_type = "application/problem+json"))
)]
async fn apply_descriptors(
    Writer(mut caller): Writer,
    Params(query): Params<Query>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let files = files(&headers, &body, query.location)?;
    drop(body);
    let source = query.source.unwrap_or_else(|| "default".into());
    let request = Request { files, source, dry_run: query.dry_run, atomic: query.atomic, prune: query.prune };
    // those that wait for their turn hold no connection meanwhile
    let _turn = APPLYING.acquire().await;
    let report = apply::apply(&mut caller.cx().await?, request).await?;
    Ok(answer(report.into()))
}

/// The report; as a problem with the report's members if nothing was written.
fn answer(report: ReportBody) -> Response {
    #[derive(Serialize)]
    struct Refused {
        r#type: &'static str,
        title: &'static str,
        status: u16,
        detail: String,
        #[serde(flatten)]
        report: ReportBody,
    }
    let Some(detail) = report.refused.clone() else { return Json(report).into_response() };
    let refused =
        Refused { r#type: "about:blank", title: "Unprocessable Entity", status: 422, detail, report };
    let mut response = (StatusCode::UNPROCESSABLE_ENTITY, Json(refused)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

/// The files of a body, by its content type.
fn files(headers: &HeaderMap, body: &[u8], location: Option<String>) -> Result<Vec<File>, ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let one = |format, location, bytes: &[u8]| vec![File { location, format, bytes: bytes.to_vec() }];
    if kind.ends_with("yaml") || kind.starts_with("text/") {
        return Ok(one(Format::Yaml, location, body));
    }
    if kind != "application/json" && !kind.ends_with("+json") {
        return Err(ApiError::plain(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "send YAML with content-type: application/yaml, or JSON with content-type: application/json",
        ));
    }
    let envelope = serde_json::from_slice::<ApplyBody<'_>>(body).ok();
    match envelope {
        Some(ApplyBody { documents: Some(documents), files: None }) => {
            Ok(one(Format::Json, location, documents.get().as_bytes()))
        }
        Some(ApplyBody { documents: None, files: Some(files) }) => Ok(files.into_iter().map(file).collect()),
        Some(ApplyBody { documents: Some(_), files: Some(_) }) => {
            Err(Error::invalid("documents", "and files cannot be given together; send one of them").into())
        }
        // a list of documents, one document, or something whose mistake is told with its line
        _ => Ok(one(Format::Json, location, body)),
    }
}

fn file(file: FileBody) -> File {
    let format =
        if file.location.to_ascii_lowercase().ends_with(".json") { Format::Json } else { Format::Yaml };
    File { location: Some(file.location).filter(|l| !l.is_empty()), format, bytes: file.text.into_bytes() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &'static str, body: &str) -> Result<Vec<(Option<String>, Format, String)>, ApiError> {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
        let files = files(&headers, body.as_bytes(), Some("here".into()))?;
        Ok(files
            .into_iter()
            .map(|f| (f.location, f.format, String::from_utf8(f.bytes).expect("text")))
            .collect())
    }

    #[test]
    fn a_body_is_read_by_its_type() {
        let here = || Some("here".to_owned());
        for kind in ["application/yaml", "application/x-yaml; charset=utf-8", "text/plain", "text/vnd.yaml"] {
            assert_eq!(read(kind, "a: 1").expect("files"), [(here(), Format::Yaml, "a: 1".into())], "{kind}");
        }
        for body in ["[{}]", "{\"kind\": \"API\"}", "nonsense"] {
            assert_eq!(
                read("application/json", body).expect("files"),
                [(here(), Format::Json, body.into())],
                "{body}"
            );
        }
        assert_eq!(
            read("application/json", "{\"documents\": [ {} ]}").expect("files"),
            [(here(), Format::Json, "[ {} ]".into())]
        );
        let two = read(
            "application/json",
            r#"{"files": [{"location": "a.yaml", "text": "a: 1"}, {"location": "b.json", "text": "{}"}]}"#,
        );
        let two: Vec<_> =
            two.expect("files").into_iter().map(|(l, f, _)| (l.unwrap_or_default(), f)).collect();
        assert_eq!(two, [("a.yaml".to_owned(), Format::Yaml), ("b.json".to_owned(), Format::Json)]);
        assert!(read("image/png", "").is_err());
        assert!(read("application/json", r#"{"documents": [], "files": []}"#).is_err());
    }
}
