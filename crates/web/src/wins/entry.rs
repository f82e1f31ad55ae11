//! One entry: what it says, where it came from, what became of it, and what the teams that it names say.

use askama::Template;
use axum::{extract::Path, http::StatusCode, response::Response};
use portolan_domain::{
    Error, WinsEntryId,
    people::PersonName,
    wins::{self, Entry, EntryEdit, Hint, Kind, Lifted, Naming, Provenance, UpdateState},
};

use super::{key, sheet, write};
use crate::{
    caller::Viewer,
    error::PageError,
    flash::{Flash, is_local},
    form::Form,
    page::{self, Shell},
};

/// The page of an entry.
pub(crate) fn address(id: &WinsEntryId) -> String {
    format!("/wins/entries/{id}")
}

/// The way to what stands beside an entry.
pub(crate) fn crumbs(entry: &Entry) -> [(String, String); 2] {
    [("/wins".to_owned(), "Wins & Challenges".to_owned()), (address(&entry.id), entry.words.summary.clone())]
}

/// A link into the portal, if it is one.
pub(crate) fn source(entry: &Entry) -> Option<&str> {
    Some(entry.source_link.as_str()).filter(|link| is_local(link))
}

/// `Maya Chen, Luc Tremblay`.
pub(crate) fn names(people: &[PersonName]) -> String {
    people.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// What came from where, as rows: how deep, and what.
fn rows(of: &Provenance, depth: usize, into: &mut Vec<(usize, Entry, String)>) {
    let cycle =
        of.cycle.as_ref().map_or_else(String::new, |c| format!("{} {}", c.title(), c.starts_on.year()));
    into.push((depth, of.entry.clone(), cycle));
    for origin in &of.origins {
        rows(origin, depth + 1, into);
    }
}

#[derive(Template)]
#[template(path = "wins/entry.html")]
struct EntryPage {
    shell: Shell,
    entry: Entry,
    /// Where it came from, each step with its depth: itself first.
    came: Vec<(usize, Entry, String)>,
    /// What became of it further up.
    lifted: Vec<Lifted>,
    /// Whether the viewer may change it now.
    may_edit: bool,
    /// Teams that it names for which the viewer answers.
    asked: Vec<Naming>,
    form: Form,
}

pub(super) async fn show(mut viewer: Viewer, Path(id): Path<String>) -> Result<Response, PageError> {
    shown(&mut viewer, key(&id)?, Form::blank(), StatusCode::OK).await
}

/// Whether the viewer writes the entry now: whoever wrote it while it waits, and whoever writes the update it is in.
async fn may_edit(viewer: &mut Viewer, entry: &Entry) -> Result<bool, PageError> {
    let me = viewer.person();
    if entry.publication.is_some() {
        return Ok(false);
    }
    if entry.update.is_none() && entry.author.as_ref().map(|a| a.id) == me {
        return Ok(true);
    }
    let head = match entry.update {
        Some(id) => Some(wins::update_by_id(&mut viewer.cx(), id).await),
        None => match wins::current_update(&mut viewer.cx(), &entry.team.slug).await? {
            Some(update) => Some(wins::update_by_id(&mut viewer.cx(), update.id).await),
            None => None,
        },
    };
    match head {
        Some(Ok((update, rights))) => {
            Ok(rights.write && (entry.update.is_none() || update.state == UpdateState::Open))
        }
        // who may read an entry need not be one who may read its update
        Some(Err(Error::NotFound { .. } | Error::Forbidden(_))) | None => Ok(false),
        Some(Err(error)) => Err(error.into()),
    }
}

async fn shown(
    viewer: &mut Viewer,
    id: WinsEntryId,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let entry = wins::entry(&mut viewer.cx(), id).await?;
    let mut came = Vec::new();
    if entry.is_line {
        rows(&wins::provenance(&mut viewer.cx(), id).await?, 0, &mut came);
    }
    let lifted = match wins::lifted(&mut viewer.cx(), id).await {
        Ok(lifted) => lifted,
        // that is for its author and its team
        Err(Error::Forbidden(_) | Error::NotFound { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let waiting = wins::waiting_for_answer(&mut viewer.cx()).await?;
    let mine: Vec<_> = waiting.into_iter().filter(|(e, _)| e.id == id).map(|(_, team)| team.id).collect();
    let asked = entry.namings.iter().filter(|n| mine.contains(&n.team.id)).cloned().collect();
    let may_edit = may_edit(viewer, &entry).await?;
    page::html_as(
        status,
        &EntryPage { shell: viewer.shell(super::NAV), entry, came, lifted, may_edit, asked, form },
    )
}

#[derive(Template)]
#[template(path = "wins/entry_edit.html")]
struct EditPage {
    shell: Shell,
    entry: Entry,
    form: Form,
}

impl EditPage {
    fn hints(&self) -> &'static [Hint] {
        write::no_hints()
    }
}

/// The fields of an entry as it stands.
fn filled(entry: &Entry) -> Form {
    let aside = Form::blank().with("version", entry.version).with("kind", entry.kind);
    sheet::filled(aside, entry, "").with_optional("set_aside", entry.set_aside.then_some("yes"))
}

pub(super) async fn form(mut viewer: Viewer, Path(id): Path<String>) -> Result<Response, PageError> {
    let entry = wins::entry(&mut viewer.cx(), key(&id)?).await?;
    if !may_edit(&mut viewer, &entry).await? {
        return Err(Error::Forbidden(format!(
            "an entry is changed by whoever wrote it while it waits, and by whoever writes the update of {}",
            entry.team.name
        ))
        .into());
    }
    let form = filled(&entry);
    page::html(&EditPage { shell: viewer.shell(super::NAV), entry, form })
}

pub(super) async fn save(
    mut viewer: Viewer,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let id: WinsEntryId = key(&id)?;
    let entry = wins::entry(&mut viewer.cx(), id).await?;
    let aside = form.flag("set_aside");
    let edit = EntryEdit {
        set_aside: Some(aside).filter(|aside| *aside != entry.set_aside),
        ..sheet::edit(&form, "", &entry).unwrap_or_default()
    };
    match wins::edit_entry(&mut viewer.cx(), id, edit, form.version()).await {
        Ok(_) => Ok(Flash::ok("Saved.", "").on(&address(&id))),
        Err(Error::Stale) => {
            let entry = wins::entry(&mut viewer.cx(), id).await?;
            form.overtaken(&filled(&entry));
            page::html_as(StatusCode::CONFLICT, &EditPage { shell: viewer.shell(super::NAV), entry, form })
        }
        Err(error) => {
            let status = form.refuse(error)?;
            page::html_as(status, &EditPage { shell: viewer.shell(super::NAV), entry, form })
        }
    }
}

pub(super) async fn remove(
    mut viewer: Viewer,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let id: WinsEntryId = key(&id)?;
    match wins::remove_entry(&mut viewer.cx(), id).await {
        Ok(()) => Ok(Flash::ok("Removed.", "Nobody sees it any more.").on("/wins/mine")),
        Err(error) => {
            let status = form.refuse(error)?;
            shown(&mut viewer, id, form, status).await
        }
    }
}

/// What a team that is named says.
pub(super) async fn answer(
    mut viewer: Viewer,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let id: WinsEntryId = key(&id)?;
    match wins::answer_naming(&mut viewer.cx(), id, &form.text("team"), &form.text("answer")).await {
        Ok(naming) => {
            let told = if naming.answer.is_empty() {
                "Its author is told that you have seen it."
            } else {
                "Its author is told."
            };
            Ok(Flash::ok(if naming.answer.is_empty() { "Seen." } else { "Answered." }, told)
                .on(&address(&id)))
        }
        Err(error) => {
            let status = form.refuse(error)?;
            shown(&mut viewer, id, form, status).await
        }
    }
}

/// Kinds for the list of a form.
pub(crate) fn kinds() -> Vec<(&'static str, &'static str)> {
    Kind::ALL.iter().map(|k| (k.as_str(), k.label())).collect()
}
