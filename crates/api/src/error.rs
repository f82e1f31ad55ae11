//! Errors on the wire: `application/problem+json` (RFC 9457) with the id of the request, translated in one place.

use axum::{
    body::to_bytes,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use portolan_domain::{Error, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::Json;

/// The header that carries a request's id, set at the edge.
const REQUEST_ID: &str = "x-request-id";

/// An error on its way out.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    detail: String,
    problems: Vec<Problem>,
    retry_after: Option<u64>,
}

impl ApiError {
    /// An error of the transport itself, which no operation knows.
    pub(crate) fn plain(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), problems: Vec::new(), retry_after: None }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let status = match &error {
            Error::NotFound { .. } => StatusCode::NOT_FOUND,
            Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Conflict(_) => StatusCode::CONFLICT,
            Error::Stale => StatusCode::PRECONDITION_FAILED,
            Error::Unauthenticated => StatusCode::UNAUTHORIZED,
            Error::Forbidden(_) => StatusCode::FORBIDDEN,
            Error::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
            Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let detail = match &error {
            Error::Database(source) => {
                tracing::error!(error = %source, "an operation failed in the database");
                "something failed on our side; quote the request id when you ask".to_owned()
            }
            Error::Unauthenticated => "send a personal API token: Authorization: Bearer ptl_…".to_owned(),
            other => other.to_string(),
        };
        let retry_after = match &error {
            Error::Throttled(wait) => Some(wait.as_secs().max(1)),
            Error::Unavailable(_) => Some(1),
            _ => None,
        };
        let problems = if let Error::Invalid(problems) = error { problems } else { Vec::new() };
        Self { status, detail, problems, retry_after }
    }
}

/// The body of an error.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemBody {
    /// Always `about:blank`: the status says what kind it is.
    r#type: &'static str,
    /// The status in words.
    title: String,
    /// The status.
    status: u16,
    /// What happened and what to do.
    detail: String,
    /// Quote this when you ask for help.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// Every field that is wrong, by its path.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<FieldProblem>,
}

/// One field that is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// Path of the field.
    pub(crate) field: String,
    /// What is wrong and what would be right.
    pub(crate) message: String,
}

impl IntoResponse for ApiError {
    /// Leaves the error in the response's extensions; [`render_problems`] knows the request's id and writes the body.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(Stored(std::sync::Arc::new(self)));
        response
    }
}

#[derive(Clone)]
struct Stored(std::sync::Arc<ApiError>);

/// Writes the bodies of all errors of the API, also of those that the framework answered.
pub(crate) async fn render_problems(request: Request, next: Next) -> Response {
    let id = request.headers().get(REQUEST_ID).cloned();
    let mut response = next.run(request).await;
    if let Some(Stored(error)) = response.extensions_mut().remove() {
        return render(&error, id.as_ref());
    }
    let status = response.status();
    // what is JSON a handler wrote itself, as the lock that is in Terraform's way
    let ours = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|v| v == "application/problem+json" || v == "application/json");
    if ours || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    // an extractor of the framework refused the request and said why in plain text
    let text = to_bytes(response.into_body(), 4096).await.unwrap_or_default();
    render(&ApiError::plain(status, String::from_utf8_lossy(&text)), id.as_ref())
}

fn render(error: &ApiError, id: Option<&HeaderValue>) -> Response {
    let problems =
        error.problems.iter().map(|p| FieldProblem { field: p.field.clone(), message: p.message.clone() });
    let body = ProblemBody {
        r#type: "about:blank",
        title: error.status.canonical_reason().unwrap_or("Error").to_owned(),
        status: error.status.as_u16(),
        detail: error.detail.clone(),
        request_id: id.and_then(|v| v.to_str().ok()).map(str::to_owned),
        problems: problems.collect(),
    };
    let mut response = (error.status, Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if error.status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(seconds) = error.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// No such address. Strangers learn no more than members do.
pub(crate) async fn no_route() -> ApiError {
    ApiError::plain(StatusCode::NOT_FOUND, "there is no such address; /api/docs lists them all")
}

/// The address exists, the method does not.
pub(crate) async fn no_method() -> ApiError {
    ApiError::plain(
        StatusCode::METHOD_NOT_ALLOWED,
        "this address does not take that method; /api/docs lists them all",
    )
}
