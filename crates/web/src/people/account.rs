//! The viewer's own account: profile, password, browsers, tokens, and how pages look.

use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::Response,
    routing::{get, post},
};
use jiff::ToSpan;
use portolan_domain::{
    Error, Scope, SessionId, TokenId,
    people::{self, Identity, NewToken, Person, PersonEdit, Session, Token},
    rota::{self, AwayCalendar},
};

use super::persons::profile_form;
use crate::{
    Shared,
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
    visit,
};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/account", get(show))
        .route("/account/profile", post(save_profile))
        .route("/account/password", post(set_password))
        .route("/account/calendar", post(set_calendar))
        .route("/account/calendar/removal", post(remove_calendar))
        .route("/account/tokens/new", get(new_token).post(make_token))
        .route("/account/tokens/{id}/revoke", post(revoke_token))
        .route("/account/sessions/{id}/end", post(end_session))
        .route("/account/sessions/end-others", post(end_others))
        .route("/account/sessions/end-all", post(end_all))
}

#[derive(Template)]
#[template(path = "people/account.html")]
struct AccountPage {
    shell: Shell,
    me: Person,
    has_password: bool,
    sessions: Vec<Session>,
    tokens: Vec<Token>,
    identities: Vec<Identity>,
    profile: Form,
    password: Form,
    /// The calendar that says when they are away.
    calendar: Option<AwayCalendar>,
    calendar_form: Form,
    has_key: bool,
    /// A token just made: shown this once.
    secret: Option<String>,
    base_url: String,
}

impl AccountPage {
    /// Whether the descriptor leaves nothing of the profile to be said here.
    fn is_all_described(&self) -> bool {
        ["name", "phone", "time_zone"].iter().all(|field| self.me.is_described(field))
    }

    fn is_over(&self, token: &Token) -> bool {
        token.expires_at.is_some_and(|e| e <= self.shell.now)
    }
}

async fn show(mut viewer: Viewer) -> Result<Response, PageError> {
    page::html(&account(&mut viewer).await?)
}

async fn account(viewer: &mut Viewer) -> Result<AccountPage, PageError> {
    let session = viewer.visit().session.clone();
    let (base_url, has_key) = (viewer.portal().base_url.clone(), viewer.portal().sealing_key.is_some());
    let shell = viewer.shell(Nav::Account);
    let cx = &mut viewer.cx();
    let me = people::me(cx).await?;
    Ok(AccountPage {
        shell,
        has_password: people::has_password(cx).await?,
        sessions: people::sessions(cx, session.as_deref()).await?,
        tokens: people::tokens(cx).await?,
        identities: people::identities(cx).await?,
        profile: profile_form(&me),
        password: Form::blank(),
        calendar: rota::away_calendar(cx).await?,
        calendar_form: Form::blank(),
        has_key,
        secret: None,
        me,
        base_url,
    })
}

async fn save_profile(mut viewer: Viewer, mut form: Form) -> Result<Response, PageError> {
    let me = people::me(&mut viewer.cx()).await?;
    // what the descriptor gives is shown and not sent
    let given = |field: &str| !me.is_described(field);
    let edit = PersonEdit {
        name: given("name").then(|| form.text("name")),
        phone: given("phone").then(|| form.optional("phone")),
        time_zone: given("time_zone").then(|| form.text("time_zone")),
        ..PersonEdit::default()
    };
    match people::edit_person(&mut viewer.cx(), &me.handle, edit, form.version()).await {
        Ok(_) => Ok(Flash::ok("Profile saved.", "").on("/account")),
        Err(error) => {
            let is_stale = matches!(error, Error::Stale);
            let status = form.refuse(error)?;
            if is_stale {
                form.overtaken(&profile_form(&people::me(&mut viewer.cx()).await?));
            }
            page::html_as(status, &AccountPage { profile: form, ..account(&mut viewer).await? })
        }
    }
}

async fn set_password(mut viewer: Viewer, mut form: Form) -> Result<Response, PageError> {
    let session = viewer.visit().session.clone();
    let (new, again) = (form.value("password").to_owned(), form.value("again").to_owned());
    let set = if new == again {
        people::set_password(&mut viewer.cx(), form.value("current"), &new, session.as_deref()).await
    } else {
        Err(Error::invalid("again", "is not the same as the new password"))
    };
    match set {
        Ok(()) => Ok(Flash::ok("Password set.", "Every other browser was signed out.").on("/account")),
        Err(error) => {
            let status = form.refuse(error)?;
            page::html_as(status, &AccountPage { password: form, ..account(&mut viewer).await? })
        }
    }
}

async fn set_calendar(mut viewer: Viewer, mut form: Form) -> Result<Response, PageError> {
    let key = viewer.portal().sealing_key.clone();
    match rota::set_away_calendar(&mut viewer.cx(), form.value("address"), key.as_ref()).await {
        Ok(calendar) => Ok(Flash::ok("Calendar given.", format!("{} is being asked now.", calendar.host))
            .on("/account#away")),
        Err(error) => {
            let status = form.refuse(error)?;
            page::html_as(status, &AccountPage { calendar_form: form, ..account(&mut viewer).await? })
        }
    }
}

async fn remove_calendar(mut viewer: Viewer) -> Result<Response, PageError> {
    rota::remove_away_calendar(&mut viewer.cx()).await?;
    Ok(Flash::ok("Calendar taken away.", "What was read of it is gone too.").on("/account#away"))
}

#[derive(Template)]
#[template(path = "people/token_new.html")]
struct NewTokenPage {
    shell: Shell,
    form: Form,
}

async fn new_token(viewer: Viewer) -> Result<Response, PageError> {
    page::html(&NewTokenPage {
        shell: viewer.shell(Nav::Account),
        form: Form::blank().with("scope", "read").with("days", "90"),
    })
}

async fn make_token(mut viewer: Viewer, mut form: Form) -> Result<Response, PageError> {
    let days: Option<i64> = form.value("days").parse().ok();
    let now = viewer.cx().now();
    let made = match form.value("scope").parse::<Scope>() {
        Ok(scope) => {
            let expires_at = days.map(|d| now + (d.clamp(1, 3650) * 24).hours());
            people::create_token(&mut viewer.cx(), &NewToken { name: form.text("name"), scope, expires_at })
                .await
        }
        Err(error) => Err(error),
    };
    match made {
        // shown in this answer and not kept: a redirect would have to carry it somewhere
        Ok((_, secret)) => page::html_as(
            StatusCode::CREATED,
            &AccountPage { secret: Some(secret), ..account(&mut viewer).await? },
        ),
        Err(error) => {
            let status = form.refuse(error)?;
            page::html_as(status, &NewTokenPage { shell: viewer.shell(Nav::Account), form })
        }
    }
}

async fn revoke_token(mut viewer: Viewer, Path(id): Path<uuid::Uuid>) -> Result<Response, PageError> {
    people::revoke_token(&mut viewer.cx(), TokenId(id)).await?;
    Ok(Flash::ok("Token revoked.", "Whatever used it is refused from now on.").on("/account#tokens"))
}

async fn end_session(mut viewer: Viewer, Path(id): Path<uuid::Uuid>) -> Result<Response, PageError> {
    people::end_session(&mut viewer.cx(), SessionId(id)).await?;
    Ok(Flash::ok("Signed out there.", "").on("/account#browsers"))
}

async fn end_others(mut viewer: Viewer) -> Result<Response, PageError> {
    let session = viewer.visit().session.clone();
    let ended = people::end_all_sessions(&mut viewer.cx(), session.as_deref()).await?;
    let words = crate::words::counted(ended.cast_signed(), "other browser", "other browsers");
    Ok(Flash::ok("Signed out elsewhere:", format!("{words}.")).on("/account#browsers"))
}

async fn end_all(mut viewer: Viewer, State(portal): State<Shared>) -> Result<Response, PageError> {
    people::end_all_sessions(&mut viewer.cx(), None).await?;
    let mut response = Flash::ok("Signed out everywhere.", "").on("/sign-in");
    response.headers_mut().append(header::SET_COOKIE, visit::end_session(&portal));
    Ok(response)
}
