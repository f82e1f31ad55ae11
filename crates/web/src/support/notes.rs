//! Hand-over notes of support, week by week.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use portolan_domain::{
    Error,
    levels::Hours,
    people::{self, Team},
    support::{self, Note, Week},
};

use crate::{
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    markdown,
    page::{self, Nav, Shell},
    words,
};

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    week: String,
}

#[derive(Template)]
#[template(path = "support/notes.html")]
struct NotesPage {
    shell: Shell,
    team: Team,
    week: Week,
    is_now: bool,
    note: Option<Note>,
    before: Vec<Note>,
    may_edit: bool,
    form: Form,
}

impl NotesPage {
    fn brief(&self, note: &&Note) -> String {
        words::brief(&markdown::plain(&note.text), 200)
    }

    fn html(&self, note: &&Note) -> String {
        markdown::html(&note.text)
    }
}

/// Weeks shown below the one that is written.
const BEFORE: i64 = 12;

pub(super) async fn show(
    viewer: Viewer,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let week = Some(asked.week).filter(|w| !w.is_empty()).map(|w| w.parse()).transpose()?;
    rendered(viewer, &slug, week, None, StatusCode::OK).await
}

async fn rendered(
    mut viewer: Viewer,
    slug: &str,
    week: Option<Week>,
    form: Option<Form>,
    status: StatusCode,
) -> Result<Response, PageError> {
    let cx = &mut viewer.cx();
    let team = people::team(cx, slug).await?;
    let zone = Hours::of_team(cx, team.id).await?.zone;
    let now = Week::of(cx.now(), &zone);
    let week = week.unwrap_or(now);
    let note = support::note(cx, slug, week).await?;
    let before = support::notes(cx, slug, week, BEFORE).await?;
    let may_edit = people::team_rights(cx, team.id).await?.edit;
    let form = form.unwrap_or_else(|| filled(note.as_ref(), week));
    let shell = viewer.shell(Nav::Support);
    let page = NotesPage { shell, team, week, is_now: week == now, note, before, may_edit, form };
    page::html_as(status, &page)
}

/// The form of a week's note; version 0 is none.
fn filled(note: Option<&Note>, week: Week) -> Form {
    let (text, version) = note.map_or(("", 0), |n| (n.text.as_str(), n.version));
    Form::blank().with("text", text).with("week", week).with("version", version)
}

pub(super) async fn save(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let week: Week = form.text("week").parse()?;
    let text = form.text("text");
    match support::write_note(&mut viewer.cx(), &slug, week, &text, form.version()).await {
        Ok(_) => Ok(Flash::ok("Written.", "Whoever has support next sees it first.")
            .on(&format!("/support/teams/{slug}/notes?week={week}"))),
        Err(error) => {
            let is_stale = matches!(error, Error::Stale);
            let status = form.refuse(error)?;
            if is_stale {
                let note = support::note(&mut viewer.cx(), &slug, week).await?;
                form.overtaken(&filled(note.as_ref(), week));
            }
            rendered(viewer, &slug, Some(week), Some(form), status).await
        }
    }
}
