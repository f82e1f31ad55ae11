//! The question before an update is published by hand: who will read it, what is missing, and that it stays as it is.

use askama::Template;
use axum::{extract::Path, http::StatusCode, response::Response};
use portolan_domain::{
    Error, UpdateId,
    wins::{self, Audience, Below, Publishing, Update, UpdateState},
};

use super::reading::key;
use crate::{
    caller::Viewer,
    error::PageError,
    flash::Flash,
    page::{self, Nav, Shell},
    words,
};

/// Teams that are named one by one.
const MOST_LATE: usize = 20;

/// The page that asks.
pub(crate) fn address(id: &UpdateId) -> String {
    format!("/wins/updates/{id}/publishing")
}

#[derive(Template)]
#[template(path = "wins/publishing.html")]
struct PublishingPage {
    shell: Shell,
    asked: Publishing,
    /// Why it was not done, when it was pressed.
    undone: Option<String>,
}

impl PublishingPage {
    fn update(&self) -> &Update {
        &self.asked.update
    }

    /// Those that are late, as many as are read.
    fn late(&self) -> &[Below] {
        self.asked.late.get(..MOST_LATE).unwrap_or(&self.asked.late)
    }

    /// `67 people may read it: everyone who can sign in.`
    fn readers(&self) -> String {
        let people = words::counted(self.asked.readers, "person", "people");
        match self.update().audience {
            Audience::Everyone => format!("{people} may read it: everyone who can sign in."),
            Audience::Circle => {
                format!("{people} may read it: the team, those above and beside it, and its lists.")
            }
        }
    }

    /// `It is sent to 12 people and to 3 addresses outside, by the lists Board and Partners.`
    fn letters(&self) -> String {
        let Publishing { lists, letters, outside, .. } = &self.asked;
        if lists.is_empty() {
            return "It is sent to nobody by letter: the team has no list of readers.".into();
        }
        let by = match lists.as_slice() {
            [one] => format!("the list {one}"),
            [all @ .., last] => format!("the lists {} and {last}", all.join(", ")),
            [] => String::new(),
        };
        let people = words::counted(*letters, "person", "people");
        let addresses = words::counted(*outside, "address outside", "addresses outside");
        match (letters, outside) {
            (0, 0) => format!("It is sent to nobody by letter: {by} reaches nobody now."),
            (_, 0) => format!("It is sent by letter to {people}, by {by}; to no address outside."),
            (0, _) => format!("It is sent by letter to {addresses}, by {by}."),
            _ => format!("It is sent by letter to {people} and to {addresses}, by {by}."),
        }
    }

    /// `4 wins and 1 challenge`.
    fn holds(&self) -> String {
        let document = &self.asked.preview.document;
        match (document.wins.len(), document.challenges.len()) {
            (0, 0) if document.is_quiet => "that it was a quiet cycle".into(),
            (0, 0) => "nothing".into(),
            (wins, 0) => words::counted(wins, "win", "wins"),
            (0, challenges) => words::counted(challenges, "challenge", "challenges"),
            (wins, challenges) => format!(
                "{} and {}",
                words::counted(wins, "win", "wins"),
                words::counted(challenges, "challenge", "challenges")
            ),
        }
    }
}

/// Tone and words of how one that is late stands.
pub(crate) fn lateness(below: &Below) -> (&'static str, &'static str) {
    match (below.update.state, below.late) {
        (UpdateState::Submitted | UpdateState::Published, _) => ("ok", "came late, is in it"),
        (_, true) => ("warn", "late, not in it"),
        (_, false) => ("unknown", "not handed up yet, not in it"),
    }
}

pub(super) async fn ask(mut viewer: Viewer, Path(id): Path<String>) -> Result<Response, PageError> {
    asked(&mut viewer, key("update", &id)?, None, StatusCode::OK).await
}

async fn asked(
    viewer: &mut Viewer,
    id: UpdateId,
    undone: Option<String>,
    status: StatusCode,
) -> Result<Response, PageError> {
    let asked = wins::publishing(&mut viewer.cx(), id).await?;
    page::html_as(status, &PublishingPage { shell: viewer.shell(Nav::Wins), asked, undone })
}

pub(super) async fn publish(mut viewer: Viewer, Path(id): Path<String>) -> Result<Response, PageError> {
    let id = key("update", &id)?;
    match wins::publish(&mut viewer.cx(), id).await {
        Ok(made) => Ok(Flash::ok("Published.", "Its readers are sent it. From now on it stays as it is.")
            .on(&made.document.path())),
        Err(Error::Conflict(why)) => {
            asked(&mut viewer, id, Some(words::sentence(&why)), StatusCode::CONFLICT).await
        }
        Err(error) => Err(error.into()),
    }
}
