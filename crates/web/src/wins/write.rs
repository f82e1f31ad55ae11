//! Writing an update: one form with all its entries, what waits in the team, and what the records say. Whatever is pressed, what
//! was typed is kept first.

use askama::Template;
use axum::{extract::Path, http::StatusCode, response::Response};
use portolan_domain::{
    UpdateId,
    people::PersonName,
    wins::{
        self, Audience, Checked, Entry, Hint, Kind, Naming, Owed, Proposal, Sensitivity, Sheet, Topic,
        Update, UpdateState, Words,
    },
};

use super::{choose, ended::Ended, entry, participation::own_teams, reading::key, sheet};
use crate::{
    caller::Viewer,
    error::PageError,
    form::Form,
    markdown,
    page::{self, Nav, Shell},
    people::choices,
    words,
};

/// The page that the form stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    /// The update alone.
    Sheet,
    /// The update beside what was handed to it.
    Below,
}

impl On {
    pub(super) fn address(self, id: UpdateId) -> String {
        match self {
            Self::Sheet => address(&id),
            Self::Below => format!("{}/choose", address(&id)),
        }
    }
}

/// The page of an update.
pub(crate) fn address(id: &UpdateId) -> String {
    format!("/wins/updates/{id}")
}

/// `Basket, weeks 46 and 47`.
pub(crate) fn title(update: &Update) -> String {
    format!("{}, {}", update.team.name, update.cycle.title().to_lowercase())
}

#[derive(Template)]
#[template(path = "wins/write.html")]
struct WritePage {
    shell: Shell,
    sheet: Sheet,
    /// What the records say of the team.
    proposals: Vec<Proposal>,
    people: Vec<PersonName>,
    form: Form,
    /// What was pressed and not done, though what was typed was kept.
    undone: Option<String>,
    /// Whether the viewer may jot entries of the team.
    may_jot: bool,
}

impl WritePage {
    fn update(&self) -> &Update {
        &self.sheet.update
    }

    /// Whether there is nothing to hand up.
    fn is_empty(&self) -> bool {
        self.sheet.wins.is_empty() && self.sheet.challenges.is_empty()
    }

    /// What the button takes in that takes as much as there is room for; empty: there is nothing for it to do.
    fn take_all(&self) -> String {
        let (fits, waits) = (self.sheet.fitting().len(), self.sheet.offered().count());
        match (fits, waits) {
            (0 | 1, _) => String::new(),
            _ if fits == waits => "Take all in".to_owned(),
            _ => format!("Take in the first {} that fit", words::count(fits)),
        }
    }

    /// What of the records was not taken and not set aside.
    fn offered(&self) -> Vec<&Proposal> {
        self.proposals.iter().filter(|p| p.taken.is_none() && !p.dismissed).collect()
    }

    fn dismissed(&self) -> Vec<&Proposal> {
        self.proposals.iter().filter(|p| p.taken.is_none() && p.dismissed).collect()
    }

    /// Whether an update may hand up no more of a kind.
    fn is_full(&self, kind: &Kind) -> bool {
        self.sheet.room(*kind) == 0
    }

    /// `3 of at most 4, 1 stays in the team`.
    fn counted(&self, kind: &Kind) -> String {
        let all = self.sheet.of_kind(*kind);
        let up = self.sheet.going_up(*kind);
        let told = format!("{up} of at most {}", self.update().most(*kind));
        match all.len() - up {
            0 => told,
            stay => format!("{told}, {} in the team", words::counted(stay, "stays", "stay")),
        }
    }

    /// Whether it was to be a quiet cycle with entries in it, which can wait for the next one: lines are dropped by hand.
    fn may_put_back(&self) -> bool {
        self.form.is("do", "quiet")
            && !self.is_empty()
            && !sheet::entries(&self.sheet).any(|entry| entry.is_line)
    }
}

#[derive(Template)]
#[template(path = "wins/update.html")]
struct UpdatePage {
    shell: Shell,
    sheet: Sheet,
    /// Why what was pressed was not done.
    undone: Option<String>,
    ended: Ended,
    /// Whether the viewer may jot entries of the team.
    may_jot: bool,
}

impl UpdatePage {
    fn update(&self) -> &Update {
        &self.sheet.update
    }

    fn both(&self) -> [(&[Checked], &'static str); 2] {
        [(&self.sheet.wins, "Wins"), (&self.sheet.challenges, "Challenges")]
    }
}

/// Kinds, topics and so on for the lists of a form.
pub(crate) fn topics() -> Vec<(&'static str, &'static str)> {
    Topic::ALL.iter().map(|t| (t.as_str(), t.label())).collect()
}

/// See [`topics`].
pub(crate) fn sensitivities() -> Vec<(&'static str, &'static str)> {
    Sensitivity::ALL.iter().map(|s| (s.as_str(), s.label())).collect()
}

/// See [`topics`].
pub(crate) fn audiences() -> Vec<(&'static str, &'static str)> {
    Audience::ALL.iter().map(|a| (a.as_str(), a.label())).collect()
}

/// For templates, which hand over references.
pub(crate) const WIN: &Kind = &Kind::Win;
/// See [`WIN`].
pub(crate) const CHALLENGE: &Kind = &Kind::Challenge;
/// See [`WIN`].
pub(crate) const PUBLISH: Sensitivity = Sensitivity::Publish;

/// For entries that are not written yet.
pub(crate) fn no_hints() -> &'static [Hint] {
    &[]
}

/// What a reader would miss in an entry.
pub(crate) fn hints(one: &Checked) -> &[Hint] {
    &one.hints
}

/// What an entry says beyond its line, each text with its word.
pub(crate) fn texts(entry: &Entry) -> Vec<(&'static str, &str)> {
    let Words { situation, action, result, .. } = &entry.words;
    let all = [("Situation", situation), ("Action", action), ("Result", result)];
    all.into_iter().filter(|(_, text)| !text.is_empty()).map(|(word, text)| (word, text.as_str())).collect()
}

/// The way to what stands beside an update.
pub(crate) fn crumbs(update: &Update) -> [(String, String); 2] {
    [("/wins".to_owned(), "Wins and challenges".to_owned()), (address(&update.id), title(update))]
}

/// Text of people as HTML; templates hand over references.
pub(crate) fn html(text: &str) -> String {
    markdown::html(text)
}

/// The picture beside a proposal.
pub(crate) fn icon(topic: &Topic) -> &'static str {
    match topic {
        Topic::Initiative => "ship",
        Topic::People => "person",
        Topic::Operations => "bell",
        Topic::Metric => "report",
    }
}

/// Since when something is open: `open since today`, `open for 3 days`.
pub(crate) fn open_for(entry: &Entry, now: &jiff::Timestamp) -> String {
    match now.duration_since(entry.since).as_hours() / 24 {
        ..=0 => "open since today".to_owned(),
        days => format!("open for {}", words::counted(days, "day", "days")),
    }
}

/// How it stands with a team that an entry names; empty: there is nothing to say. Wins need nobody's word.
pub(crate) fn naming(entry: &Entry, naming: &Naming, shell: &Shell) -> String {
    let team = &naming.team.name;
    let may_be_published = entry.sensitivity == Sensitivity::Publish;
    if naming.reworded {
        return reworded(entry, naming, shell);
    }
    match (&naming.answered_by, naming.answered_at, naming.shown_at) {
        (_, Some(_), _) if naming.answer.is_empty() => format!("{team} has seen it."),
        (Some(who), Some(_), _) => format!("{} answered for {team}: {}", who.name, naming.answer),
        (None, Some(_), _) => format!("{team} answered: {}", naming.answer),
        _ if entry.kind == Kind::Win => String::new(),
        (_, None, Some(_)) if entry.publication.is_some() => format!("{team} was asked and said nothing."),
        (_, None, Some(_)) if !may_be_published => {
            format!("{team} was asked, but it may not be published any more.")
        }
        (_, None, Some(_)) if naming.is_clear(shell.now) => {
            format!("{team} was asked and said nothing in 48 hours: it may be published without an answer.")
        }
        (_, None, Some(_)) => format!(
            "{team} was asked: it may be published once they answered, or from {} on.",
            naming.until().map(|until| shell.words_by_in_zone(until)).unwrap_or_default()
        ),
        (_, None, None) if may_be_published => {
            format!("{team} is shown it when it is handed up, and has 48 hours for an answer.")
        }
        (_, None, None) => format!("{team} is not shown it, unless it may be published."),
    }
}

/// The same of a team that answered before the challenge got other words.
fn reworded(entry: &Entry, naming: &Naming, shell: &Shell) -> String {
    let team = &naming.team.name;
    let who =
        naming.answered_by.as_ref().map_or_else(|| team.clone(), |who| format!("{} for {team}", who.name));
    let said = if naming.answer.is_empty() {
        format!("{team} had seen it in other words.")
    } else {
        format!("{who} answered to other words: {}", naming.answer)
    };
    let next = match entry::until(naming, &shell.now) {
        _ if entry.publication.is_some() || entry.sensitivity != Sensitivity::Publish => String::new(),
        Some(until) => {
            format!(
                " It may be published once they answered to these, or from {} on.",
                shell.words_by_in_zone(until)
            )
        }
        None => " It may be published without that answer; one to these words can go with it.".to_owned(),
    };
    format!("{said}{next}")
}

/// What the button that ends the writing says.
pub(crate) fn hand_up(update: &Update) -> String {
    update
        .handed_to
        .as_ref()
        .map_or_else(|| "Ready to publish".to_owned(), |team| format!("Hand to {}", team.name))
}

#[derive(Template)]
#[template(path = "wins/open.html")]
struct OpenPage {
    shell: Shell,
    /// What the viewer may write, the most pressing first.
    updates: Vec<Update>,
    /// Whether they are in a team or lead one.
    in_a_team: bool,
}

/// The update that the viewer writes now; where there are several, all of them.
pub(super) async fn now(mut viewer: Viewer) -> Result<Response, PageError> {
    let (updates, in_a_team) = mine(&mut viewer).await?;
    match updates.as_slice() {
        [one] => Ok(page::see(&address(&one.id))),
        _ => page::html(&OpenPage { shell: viewer.shell(Nav::Wins), updates, in_a_team }),
    }
}

async fn mine(viewer: &mut Viewer) -> Result<(Vec<Update>, bool), PageError> {
    let owed = wins::owed(&mut viewer.cx()).await?;
    let mut updates: Vec<Update> = Vec::new();
    for one in owed {
        if let Owed::Update(update) = one {
            updates.push(*update);
        }
    }
    let teams = own_teams(viewer).await?;
    for team in &teams {
        if updates.iter().any(|u| u.team.id == team.id) {
            continue;
        }
        if let Some(update) = wins::current_update(&mut viewer.cx(), &team.slug).await? {
            updates.push(update);
        }
    }
    Ok((updates, !teams.is_empty()))
}

/// The update: its form for whoever writes it, else what may be read of it.
pub(super) async fn show(viewer: Viewer, Path(id): Path<String>) -> Result<Response, PageError> {
    opened(viewer, &id, On::Sheet).await
}

/// What was handed to the update, and its lines.
pub(super) async fn choose(viewer: Viewer, Path(id): Path<String>) -> Result<Response, PageError> {
    opened(viewer, &id, On::Below).await
}

async fn opened(mut viewer: Viewer, id: &str, on: On) -> Result<Response, PageError> {
    let sheet = wins::sheet(&mut viewer.cx(), key("update", id)?).await?;
    let form = begun(&sheet);
    shown(&mut viewer, sheet, on, form, None, StatusCode::OK).await
}

/// The form as the update stands. What is beside the entries is no part of what may be overtaken: it has presses of its own.
pub(super) fn begun(sheet: &Sheet) -> Form {
    let form = sheet::form(sheet);
    let seen = form.seen();
    let Update { most_wins, most_challenges, audience, delegate, .. } = &sheet.update;
    form.with("seen", seen)
        .with("most_wins", most_wins)
        .with("most_challenges", most_challenges)
        .with("audience", audience)
        .with_optional("delegate", delegate.as_ref().map(|who| &who.handle))
}

/// The page of an update with a form that was begun, or typed and not taken.
pub(super) async fn shown(
    viewer: &mut Viewer,
    sheet: Sheet,
    on: On,
    form: Form,
    undone: Option<String>,
    status: StatusCode,
) -> Result<Response, PageError> {
    let id = sheet.update.id;
    if on == On::Below {
        return choose::page(viewer, sheet, form, undone, status).await;
    }
    let may_jot = wins::may_jot(&mut viewer.cx(), sheet.update.team.id).await?;
    if !sheet.rights.write || sheet.update.state != UpdateState::Open {
        let ended = Ended::of(viewer, &sheet, form).await?;
        let shell = viewer.shell(Nav::Wins);
        return page::html_as(status, &UpdatePage { shell, sheet, undone, ended, may_jot });
    }
    let proposals = wins::proposals(&mut viewer.cx(), id).await?;
    let people = choices(viewer, form.value("delegate")).await?;
    let shell = viewer.shell(Nav::Wins);
    page::html_as(status, &WritePage { shell, sheet, proposals, people, form, undone, may_jot })
}
