//! Errors as pages, translated in one place: what happened, whose fault it is, what to do next.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use portolan_domain::{
    Error, Limit,
    catalog::{self, EntityRef},
};

use crate::{
    Shared, address,
    caller::{MaybeViewer, Viewer},
    catalog::one,
    form::labels,
    page::{Nav, Shell, html_as},
    visit::Visit,
    words,
};

/// Why there is no page. Handlers return the domain's errors as they are; `?` wraps them.
#[derive(Debug)]
pub(crate) struct PageError(Failure);

#[derive(Debug, Clone)]
enum Failure {
    /// An operation said no.
    Domain(Arc<Error>),
    /// The transport said no.
    Plain(StatusCode),
    /// A write that may come from another site.
    Forged,
}

impl PageError {
    /// An error of the transport itself.
    pub(crate) fn plain(status: StatusCode) -> Self {
        Self(Failure::Plain(status))
    }

    /// A write without the token of the session.
    pub(crate) fn forged() -> Self {
        Self(Failure::Forged)
    }

    /// A template failed: our fault.
    #[expect(clippy::needless_pass_by_value, reason = "handed to map_err")]
    pub(crate) fn template(error: askama::Error) -> Self {
        tracing::error!(%error, "a template failed");
        Self::plain(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<Error> for PageError {
    fn from(error: Error) -> Self {
        Self(Failure::Domain(Arc::new(error)))
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut response = self.0.status().into_response();
        response.extensions_mut().insert(self.0);
        response
    }
}

impl Failure {
    fn status(&self) -> StatusCode {
        match self {
            Self::Plain(status) => *status,
            Self::Forged => StatusCode::FORBIDDEN,
            Self::Domain(error) => match &**error {
                Error::NotFound { .. } => StatusCode::NOT_FOUND,
                Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
                Error::Conflict(_) | Error::Stale => StatusCode::CONFLICT,
                Error::Unauthenticated => StatusCode::UNAUTHORIZED,
                Error::Forbidden(_) => StatusCode::FORBIDDEN,
                Error::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
                Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
                Error::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
            },
        }
    }
}

/// Fallback of all pages. Strangers do not learn which addresses exist.
pub(crate) async fn no_route(_: Viewer) -> PageError {
    PageError::plain(StatusCode::NOT_FOUND)
}

/// The address exists, but not for this method.
pub(crate) async fn no_method(_: Viewer) -> PageError {
    PageError::plain(StatusCode::METHOD_NOT_ALLOWED)
}

/// Turns failures, also those of extractors, into pages with the masthead of whoever is asking.
pub(crate) async fn render_failures(State(portal): State<Shared>, request: Request, next: Next) -> Response {
    let visit = request.extensions().get::<Arc<Visit>>().cloned().unwrap_or_default();
    let mut response = next.run(request).await;
    let failure = match response.extensions_mut().remove::<Failure>() {
        Some(failure) => failure,
        None if is_bare(&response) => Failure::Plain(response.status()),
        None => return response,
    };
    if matches!(&failure, Failure::Domain(error) if matches!(**error, Error::Unauthenticated)) {
        return to_sign_in(&visit);
    }
    if let Failure::Domain(error) = &failure
        && let Error::Database(source) = &**error
    {
        tracing::error!(error = %source, request_id = visit.request_id, "an operation failed in the database");
    }
    let mut page = render(&portal, visit, &failure).await;
    if let Failure::Domain(error) = &failure
        && let Error::Throttled(wait) = &**error
    {
        page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    }
    page
}

/// An error with nothing, or the framework's one line, to read.
fn is_bare(response: &Response) -> bool {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    (status.is_client_error() || status.is_server_error())
        && kind.is_none_or(|k| k.as_bytes().starts_with(b"text/plain"))
}

fn to_sign_in(visit: &Visit) -> Response {
    let next = if visit.reads { visit.address.as_str() } else { "/" };
    let query: String =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    Redirect::to(&if next == "/" { "/sign-in".to_owned() } else { format!("/sign-in?{query}") })
        .into_response()
}

async fn render(portal: &Shared, visit: Arc<Visit>, failure: &Failure) -> Response {
    let status = failure.status();
    let request_id = visit.request_id.clone();
    // when even this fails, the database is away: say so in plain words, without the masthead's facts
    let Ok(mut viewer) = MaybeViewer::of(portal, visit).await else {
        return (
            status,
            "Portolan cannot reach its database at the moment. Nothing was changed; try again in a minute.\n",
        )
            .into_response();
    };
    let (title, text) = said(failure);
    let page = ErrorPage {
        shell: viewer.shell(Nav::Nowhere),
        status,
        title,
        text,
        wanted: wanted(failure).to_owned(),
        near: near(&mut viewer, wanted(failure)).await,
        request_id,
    };
    html_as(status, &page).unwrap_or_else(|_| status.into_response())
}

/// The words of an error: a title and what to do.
fn said(failure: &Failure) -> (String, String) {
    let pair = |title: &str, text: &str| (title.to_owned(), text.to_owned());
    match failure {
        Failure::Forged => pair(
            "This did not come from a page of yours",
            "The page it was sent from is too old, or belongs to another site. Nothing was changed. Go back, load the page again and repeat.",
        ),
        Failure::Plain(status) => match *status {
            StatusCode::NOT_FOUND => pair("There is nothing at this address", "It may have been renamed or retired. Nothing is broken."),
            StatusCode::METHOD_NOT_ALLOWED => pair("This address does not take that", "It is reached through a form; open its page and press the button there."),
            StatusCode::PAYLOAD_TOO_LARGE => pair("That is too large", "A form may send at most 2 MB. Apply large descriptors with the command line."),
            s if s.is_client_error() => pair("The address or the form is damaged", "Check the address, or go back, load the page again and repeat."),
            _ => pair("Something failed on our side", "Nothing of what you sent was kept half-done. Try again; if it fails again, quote the request below."),
        },
        Failure::Domain(error) => match &**error {
            Error::NotFound { what, key } => (
                match key.parse::<EntityRef>().ok().and_then(|r| Some((one(&r.known_kind()?), r))) {
                    Some((kind, reference)) => format!("There is no {kind} called “{}”", reference.name()),
                    None if key.trim().is_empty() => format!("It is not said which {what}"),
                    None => format!("There is no {what} called “{key}”"),
                },
                "It may have been renamed or retired, or you may not be allowed to see it. Nothing is broken.".into(),
            ),
            Error::Forbidden(why) => ("You may not do this".into(), format!("{}.", words::sentence(why.trim_end_matches('.')))),
            Error::Invalid(problems) => (
                "The address or the form has a mistake".into(),
                problems.iter().map(|p| format!("{}: {}.", labels::label("", labels::split(&p.field).0), p.message)).collect::<Vec<_>>().join(" "),
            ),
            Error::Stale => pair("Somebody else changed this meanwhile", "Nothing of yours was saved. Load it again, look at what changed, and repeat the edit."),
            Error::Conflict(why) => ("This clashes with what is there".into(), format!("{}.", words::sentence(why.trim_end_matches('.')))),
            Error::Throttled(wait) => ("Too many tries".into(), format!("Wait {} and try again.", words::counted(wait.as_secs().max(1).cast_signed(), "second", "seconds"))),
            Error::Unavailable(why) => ("Not at the moment".into(), format!("{}.", words::sentence(why.trim_end_matches('.')))),
            Error::Unauthenticated => pair("Sign in first", ""),
            Error::Database(_) => pair(
                "Something failed on our side",
                "Nothing was kept half-done. Try again; if it fails again, quote the request below.",
            ),
        },
    }
}

/// What was looked for, if it was something with a name.
fn wanted(failure: &Failure) -> &str {
    match failure {
        Failure::Domain(error) => match &**error {
            Error::NotFound { key, .. } => key.rsplit(['/', ':']).next().unwrap_or(key),
            _ => "",
        },
        _ => "",
    }
}

/// Things with a name like the one that was not found.
async fn near(viewer: &mut MaybeViewer, wanted: &str) -> Vec<Near> {
    let Ok(limit) = Limit::new(3) else { return Vec::new() };
    // an error page must not fail for want of a hint
    let Ok(found) = catalog::search(&mut viewer.cx(), wanted, limit).await else { return Vec::new() };
    let entities = found.services.into_iter().chain(found.others).map(|e| Near {
        address: address::entity(&e.reference),
        note: e.owner.as_ref().map(|o| format!("owned by {}", o.name())).unwrap_or_default(),
        name: e.name,
    });
    let teams = found.teams.into_iter().map(|t| Near {
        address: format!("/teams/{}", address::segment(&t.slug)),
        name: t.name,
        note: "a team".into(),
    });
    entities.chain(teams).take(4).collect()
}

/// Something that may have been meant.
#[derive(Debug)]
struct Near {
    address: String,
    name: String,
    note: String,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    shell: Shell,
    status: StatusCode,
    title: String,
    text: String,
    wanted: String,
    near: Vec<Near>,
    request_id: String,
}

impl ErrorPage {
    /// The line above the title: the number for those who know it, the chart's words for the others.
    fn eyebrow(&self) -> String {
        let words = match self.status.as_u16() {
            404 => "not on the chart",
            403 => "closed water",
            409 => "two hands on the wheel",
            422 | 400 => "a mistake to mend",
            429 => "slow down",
            503 => "becalmed",
            code if code >= 500 => "our fault",
            _ => "not possible",
        };
        format!("{}, {words}", self.status.as_u16())
    }
}
