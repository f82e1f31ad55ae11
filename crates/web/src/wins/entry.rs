//! One entry: what it says, where it came from, what became of it, and what the teams that it names say.

use askama::Template;
use axum::{extract::Path, http::StatusCode, response::Response};
use portolan_domain::{
    Error, WinsEntryId,
    people::PersonName,
    wins::{
        self, Behind, Entry, EntryEdit, EntryRights, Hint, Kind, Lifted, Naming, Provenance, Sensitivity,
        Update,
    },
};

use super::{acts, reading::key, sheet, write};
use crate::{
    caller::Viewer,
    error::PageError,
    flash::{Flash, is_local},
    form::Form,
    page::{self, Nav, Shell},
};

/// The page of an entry.
pub(crate) fn address(id: &WinsEntryId) -> String {
    format!("/wins/entries/{id}")
}

/// The way to what stands beside an entry.
pub(crate) fn crumbs(entry: &Entry) -> [(String, String); 2] {
    [
        ("/wins".to_owned(), "Wins and challenges".to_owned()),
        (address(&entry.id), entry.words.summary.clone()),
    ]
}

/// Until when a team that is named has time to answer before the challenge may be published; none: the time is over.
pub(crate) fn until(naming: &Naming, now: &jiff::Timestamp) -> Option<jiff::Timestamp> {
    naming.until().filter(|until| until > now)
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
        of.cycle.as_ref().map_or_else(String::new, |c| format!("{}, {}", c.title(), c.starts_on.year()));
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
    /// Of whose work a line was made of which the viewer may see nothing else.
    behind: Option<Behind>,
    /// What became of it further up.
    lifted: Vec<Lifted>,
    /// The update that it is in, where the viewer may read that.
    update: Option<Update>,
    /// Heading and path of what it is published in.
    published: Option<(String, String)>,
    /// What the viewer may do with it now.
    rights: EntryRights,
    /// Whether its team hands anything up.
    takes_part: bool,
    /// Teams that it names for which the viewer answers.
    asked: Vec<Naming>,
    form: Form,
}

impl EntryPage {
    /// How far it may go then, what is pressed, and what that does: the steps down that are left when it is handed up.
    fn lowers(&self) -> Vec<(&'static str, String, &'static str)> {
        let is_top = self.update.as_ref().is_some_and(|update| update.handed_to.is_none());
        let step = |to: &Sensitivity| match to {
            Sensitivity::Publish => None,
            Sensitivity::Up => Some((
                to.as_str(),
                "Do not publish it".to_owned(),
                if is_top {
                    "It may go up, but it is left out of what is published."
                } else {
                    "It may go up, but neither it nor the lines above that were made of it are published; their writers are told."
                },
            )),
            Sensitivity::Team => Some((
                to.as_str(),
                format!("Keep it in {}", self.entry.team.name),
                if is_top {
                    "It stays in the team: those beside and below read it no more."
                } else {
                    "It stays in the team: it leaves the lines above that were made of it; their writers are told."
                },
            )),
        };
        self.rights.lower.iter().filter_map(step).collect()
    }
}

pub(super) async fn show(mut viewer: Viewer, Path(id): Path<String>) -> Result<Response, PageError> {
    shown(&mut viewer, key("entry", &id)?, Form::blank(), StatusCode::OK).await
}

/// What the viewer may not read is not there.
fn where_readable<T>(found: Result<T, Error>) -> Result<Option<T>, Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Error::Forbidden(_) | Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) async fn shown(
    viewer: &mut Viewer,
    id: WinsEntryId,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let entry = wins::entry(&mut viewer.cx(), id).await?;
    let cx = &mut viewer.cx();
    // who may read an entry need not be one who may read its update
    let update = match entry.update {
        Some(id) => where_readable(wins::update_by_id(cx, id).await)?.map(|(update, _)| update),
        None => None,
    };
    let (mut came, mut behind) = (Vec::new(), None);
    if entry.is_line {
        rows(&wins::provenance(cx, id).await?, 0, &mut came);
        if came.len() < 2 {
            behind = Some(wins::behind(cx, id).await?);
        }
    }
    // that is for its author and its team
    let lifted = where_readable(wins::lifted(cx, id).await)?.unwrap_or_default();
    let waiting = wins::waiting_for_answer(cx).await?;
    let mine: Vec<_> = waiting.into_iter().filter(|(e, _)| e.id == id).map(|(_, team)| team.id).collect();
    let asked = entry.namings.iter().filter(|n| mine.contains(&n.team.id)).cloned().collect();
    let rights = wins::entry_rights(cx, &entry).await?;
    let takes_part = entry.update.is_some() || wins::takes_part(cx, entry.team.id).await?;
    let published = match entry.publication {
        Some(id) => where_readable(wins::publication_by_id(cx, id).await)?,
        None => None,
    };
    let published = published.map(|made| (made.document.heading(), made.document.path()));
    let shell = viewer.shell(Nav::Wins);
    page::html_as(
        status,
        &EntryPage { shell, entry, came, behind, lifted, update, published, rights, takes_part, asked, form },
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
    let entry = wins::entry(&mut viewer.cx(), key("entry", &id)?).await?;
    if !wins::entry_rights(&mut viewer.cx(), &entry).await?.edit {
        return Err(Error::Forbidden(format!(
            "an entry is changed by whoever wrote it while it waits, and by whoever writes the update of {}",
            entry.team.name
        ))
        .into());
    }
    let form = filled(&entry);
    page::html(&EditPage { shell: viewer.shell(Nav::Wins), entry, form })
}

pub(super) async fn save(
    mut viewer: Viewer,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let id: WinsEntryId = key("entry", &id)?;
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
            page::html_as(StatusCode::CONFLICT, &EditPage { shell: viewer.shell(Nav::Wins), entry, form })
        }
        Err(error) => {
            let status = form.refuse(error)?;
            page::html_as(status, &EditPage { shell: viewer.shell(Nav::Wins), entry, form })
        }
    }
}

pub(super) async fn remove(
    mut viewer: Viewer,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let id: WinsEntryId = key("entry", &id)?;
    match wins::remove_entry(&mut viewer.cx(), id).await {
        Ok(()) => Ok(Flash::ok("Removed.", "Nobody sees it any more.").on("/wins/mine")),
        Err(error) => {
            let status = form.refuse(error)?;
            shown(&mut viewer, id, form, status).await
        }
    }
}

/// Lets an entry that was handed up go less far.
pub(super) async fn lower(
    mut viewer: Viewer,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let id: WinsEntryId = key("entry", &id)?;
    let result = match form.text("sensitivity").parse::<Sensitivity>() {
        Ok(to) => {
            let edit = EntryEdit { sensitivity: Some(to), ..EntryEdit::default() };
            wins::edit_entry(&mut viewer.cx(), id, edit, form.version()).await
        }
        Err(error) => Err(error),
    };
    match result {
        Ok(entry) => Ok(Flash::ok(
            "Saved.",
            format!("How far it may go: {}.", entry.sensitivity.label().to_lowercase()),
        )
        .on(&address(&id))),
        Err(error) => {
            let status = form.refuse(error)?;
            shown(&mut viewer, id, form, status).await
        }
    }
}

/// Says whether the answer of a team that it names is published with it.
pub(super) async fn attach(
    mut viewer: Viewer,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let id: WinsEntryId = key("entry", &id)?;
    let pressed = form.text("do");
    let (verb, of) = pressed.split_once(':').unwrap_or((&pressed, ""));
    let team = of.rsplit_once(':').map_or(of, |(_, team)| team);
    match acts::attached(&mut viewer.cx(), verb, &format!("{id}:{team}")).await {
        Ok(flash) => Ok(flash.on(&format!("{}#says", address(&id)))),
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
    let id: WinsEntryId = key("entry", &id)?;
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
