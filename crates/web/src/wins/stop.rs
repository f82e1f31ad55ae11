//! Wanting no more letters. Whoever reads them may be nobody of the portal, so the secret of the letter is all that is asked for;
//! and it asks before it does anything, since programs open links too.

use askama::Template;
use axum::{extract::Path, http::StatusCode, response::Response};
use portolan_domain::{Error, wins};

use crate::{
    caller::MaybeViewer,
    error::PageError,
    page::{self, Nav, Shell},
};

#[derive(Template)]
#[template(path = "wins/stop.html")]
struct StopPage {
    shell: Shell,
    how: How,
}

/// How far it is.
#[derive(PartialEq, Eq)]
enum How {
    /// It is asked, for the letters of this team.
    Asks(String),
    /// It is done, for the letters of this team.
    Stopped(String),
    /// The secret is of no letter, or of one to somebody who is on no list any more.
    Unknown,
}

pub(super) async fn ask(mut caller: MaybeViewer, Path(secret): Path<String>) -> Result<Response, PageError> {
    let found = wins::letters_of(&mut caller.cx(), &secret).await;
    let how = found.map(|(team, stopped)| if stopped { How::Stopped(team) } else { How::Asks(team) });
    told(&caller, how)
}

pub(super) async fn stop(mut caller: MaybeViewer, Path(secret): Path<String>) -> Result<Response, PageError> {
    let how = wins::stop_letters(&mut caller.cx(), &secret).await.map(How::Stopped);
    told(&caller, how)
}

fn told(caller: &MaybeViewer, how: Result<How, Error>) -> Result<Response, PageError> {
    let (status, how) = match how {
        Ok(how) => (StatusCode::OK, how),
        Err(Error::NotFound { .. }) => (StatusCode::GONE, How::Unknown),
        Err(other) => return Err(other.into()),
    };
    page::html_as(status, &StopPage { shell: caller.shell(Nav::Nowhere), how })
}
