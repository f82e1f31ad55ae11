//! Signing in and out, the first set-up, and one-time links. The only pages that strangers may see.

use std::{net::SocketAddr, sync::Arc};

use askama::Template;
use axum::{
    Extension, Router,
    extract::{ConnectInfo, FromRequestParts, Path, Query, State},
    http::{StatusCode, header, request::Parts},
    response::Response,
    routing::{get, post},
};
use portolan_domain::{
    Error,
    people::{self, Device, FirstAdmin, Person, Persona, SignedIn},
};

use crate::{
    Shared,
    caller::MaybeViewer,
    error::PageError,
    flash::{Flash, is_local},
    form::Form,
    page::{self, Nav, Shell},
    visit::{self, Visit},
};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/sign-in", get(ask).post(sign_in))
        .route("/sign-in/persona", post(as_persona))
        .route("/sign-in/{secret}", get(link).post(use_link))
        .route("/sign-out", post(sign_out))
        .route("/set-up/{secret}", get(set_up_form).post(set_up))
}

/// Where to go after sign-in; only ever an address of this portal.
#[derive(Debug, serde::Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

/// The browser, as far as a request tells. The address is the one that connects: a header can say anything.
struct Browser(Device);

impl FromRequestParts<Shared> for Browser {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, PageError> {
        let address = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|c| c.0.ip().to_string())
            .unwrap_or_default();
        let agent = parts
            .headers
            .get(header::USER_AGENT)
            .map(|v| String::from_utf8_lossy(v.as_bytes()))
            .unwrap_or_default();
        Ok(Self(Device::new(&address, &agent)))
    }
}

#[derive(Template)]
#[template(path = "people/sign_in.html")]
struct SignInPage {
    shell: Shell,
    form: Form,
    personas: Vec<Persona>,
    /// Whether there is an admin; else the page says how the first one gets in.
    is_set_up: bool,
}

async fn sign_in_page(viewer: &mut MaybeViewer, form: Form) -> Result<SignInPage, PageError> {
    let shell = viewer.shell(Nav::Nowhere);
    let portal = Shared::clone(viewer.portal());
    let cx = &mut viewer.cx();
    let personas = people::demo_personas(cx, &portal).await?;
    Ok(SignInPage { shell, form, personas, is_set_up: people::is_set_up(cx).await? })
}

async fn ask(mut viewer: MaybeViewer, Query(next): Query<Next>) -> Result<Response, PageError> {
    let next = local(&next.next);
    if viewer.actor().person.is_some() {
        return Ok(page::see(next));
    }
    let form = Form::blank().with("next", next);
    page::html(&sign_in_page(&mut viewer, form).await?)
}

/// Takes no viewer: its connection would be kept from others while the password is hashed, by those too who wait for one.
async fn sign_in(
    State(portal): State<Shared>,
    Extension(visit): Extension<Arc<Visit>>,
    Browser(device): Browser,
    mut form: Form,
) -> Result<Response, PageError> {
    match people::sign_in(&portal, form.value("account"), form.value("password"), &device).await {
        Ok(signed_in) => Ok(welcome(&portal, &signed_in, form.value("next"))),
        Err(error) => {
            let status = form.refuse(error)?;
            let mut viewer = MaybeViewer::of(&portal, visit).await?;
            page::html_as(status, &sign_in_page(&mut viewer, form).await?)
        }
    }
}

async fn as_persona(
    State(portal): State<Shared>,
    Browser(device): Browser,
    form: Form,
) -> Result<Response, PageError> {
    let signed_in = people::sign_in_as_persona(&portal, form.value("handle"), &device).await?;
    Ok(welcome(&portal, &signed_in, form.value("next")))
}

async fn sign_out(mut viewer: MaybeViewer, State(portal): State<Shared>) -> Result<Response, PageError> {
    if let Some(session) = viewer.visit().session.clone() {
        people::sign_out(&mut viewer.cx(), &session).await?;
    }
    let mut response = Flash::ok("Signed out.", "").on("/sign-in");
    response.headers_mut().append(header::SET_COOKIE, visit::end_session(&portal));
    Ok(response)
}

#[derive(Template)]
#[template(path = "people/link.html")]
struct LinkPage {
    shell: Shell,
    person: Option<Person>,
    refusal: String,
}

async fn link(viewer: MaybeViewer, Path(secret): Path<String>) -> Result<Response, PageError> {
    link_page(viewer, &secret).await
}

async fn link_page(mut viewer: MaybeViewer, secret: &str) -> Result<Response, PageError> {
    let found = people::sign_in_link(&mut viewer.cx(), secret).await;
    let shell = viewer.shell(Nav::Nowhere);
    match found {
        Ok(person) => page::html(&LinkPage { shell, person: Some(person), refusal: String::new() }),
        Err(Error::Conflict(refusal)) => {
            page::html_as(StatusCode::GONE, &LinkPage { shell, person: None, refusal })
        }
        Err(error) => Err(error.into()),
    }
}

async fn use_link(
    mut viewer: MaybeViewer,
    State(portal): State<Shared>,
    Browser(device): Browser,
    Path(secret): Path<String>,
) -> Result<Response, PageError> {
    match people::use_sign_in_link(&mut viewer.cx(), &secret, &device).await {
        Ok(signed_in) => Ok(welcome(&portal, &signed_in, "/account")),
        Err(Error::Conflict(_)) => link_page(viewer, &secret).await,
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "people/set_up.html")]
struct SetUpPage {
    shell: Shell,
    form: Form,
    refusal: String,
}

async fn set_up_form(mut viewer: MaybeViewer, Path(secret): Path<String>) -> Result<Response, PageError> {
    let works = people::set_up_link(&mut viewer.cx(), &secret).await;
    let shell = viewer.shell(Nav::Nowhere);
    match works {
        Ok(()) => page::html(&SetUpPage {
            shell,
            form: Form::blank().with("time_zone", "UTC"),
            refusal: String::new(),
        }),
        Err(Error::Conflict(refusal)) => {
            page::html_as(StatusCode::GONE, &SetUpPage { shell, form: Form::blank(), refusal })
        }
        Err(error) => Err(error.into()),
    }
}

async fn set_up(
    mut viewer: MaybeViewer,
    State(portal): State<Shared>,
    Browser(device): Browser,
    Path(secret): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let admin = FirstAdmin {
        handle: form.text("handle"),
        name: form.text("name"),
        email: form.text("email"),
        time_zone: form.text("time_zone"),
        password: form.value("password").to_owned(),
    };
    match people::set_up(&mut viewer.cx(), &secret, &admin, &device).await {
        Ok(signed_in) => Ok(welcome(&portal, &signed_in, "/")),
        Err(Error::Conflict(refusal)) => {
            page::html_as(StatusCode::GONE, &SetUpPage { shell: viewer.shell(Nav::Nowhere), form, refusal })
        }
        Err(error) => {
            let status = form.refuse(error)?;
            page::html_as(
                status,
                &SetUpPage { shell: viewer.shell(Nav::Nowhere), form, refusal: String::new() },
            )
        }
    }
}

/// Gives the browser its session and leads on. The cookie outlives the session's idle end, so that use can move it on.
fn welcome(portal: &Shared, signed_in: &SignedIn, next: &str) -> Response {
    let ninety_days = std::time::Duration::from_hours(2160);
    let mut response = page::see(local(next));
    response
        .headers_mut()
        .append(header::SET_COOKIE, visit::start_session(portal, &signed_in.secret, ninety_days));
    response
}

/// The address if it stays in this portal, and the first page otherwise. Signing in never leads back to signing in.
fn local(next: &str) -> &str {
    let loops = ["/sign-in", "/sign-out", "/set-up"].iter().any(|p| next.starts_with(p));
    if is_local(next) && !loops { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_in_leads_nowhere_else() {
        assert_eq!(local("/catalog?q=a"), "/catalog?q=a");
        for out in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "/sign-in?next=/",
            "/sign-out",
            "/a\r\nset-cookie: x",
        ] {
            assert_eq!(local(out), "/", "{out}");
        }
    }
}
