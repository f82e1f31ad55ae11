//! Reading: what is owed and what was published; one publication with what its readers say; a look at one before it is.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use jiff::ToSpan;
use portolan_domain::{
    Cx, CycleId, Error, Limit, Page, PublicationId, UpdateId, WinsEntryId,
    wins::{
        self, Cycle, Document, Line, Owed, Preview, PreviewAs, Publication, PublicationFilter, Update,
        UpdateState, Word, WordKind,
    },
};

use super::reading::{self, key};
use crate::{
    address::{self, Steps},
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    letters,
    page::{self, Nav, Shell},
    words,
};

/// Publications on a page.
const ROWS: i64 = 12;
/// Updates of a running cycle that are counted on the first page.
const COUNTED: i64 = 200;

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "wins/home.html")]
struct HomePage {
    shell: Shell,
    owed: Vec<Owed>,
    running: Vec<Running>,
    publications: Page<Publication>,
    later: bool,
}

/// A cycle that is not closed, as far as the viewer may see it.
pub(crate) struct Running {
    pub(crate) cycle: Cycle,
    pub(crate) steps: Vec<Step>,
    /// Teams whose updates are not counted here.
    pub(crate) more: i64,
}

/// One height of the tree in a cycle: by when, and how far its teams are.
pub(crate) struct Step {
    pub(crate) level: i16,
    pub(crate) due_at: jiff::Timestamp,
    pub(crate) teams: usize,
    pub(crate) up: usize,
    pub(crate) late: usize,
}

impl Step {
    /// `Teams`, `One level above`, `2 levels above`: what stands at a height has no name of its own.
    pub(crate) fn what(&self) -> String {
        match self.level {
            0 => "Teams".into(),
            1 => "One level above".into(),
            n => format!("{n} levels above"),
        }
    }

    /// `3 of 5 handed up, 1 late`.
    pub(crate) fn words(&self) -> String {
        let told = format!("{} of {} handed up", self.up, self.teams);
        if self.late == 0 { told } else { format!("{told}, {} late", self.late) }
    }

    pub(crate) fn tone(&self) -> &'static str {
        match () {
            () if self.late > 0 => "warn",
            () if self.up == self.teams => "ok",
            () => "unknown",
        }
    }
}

impl HomePage {
    /// The answer before the data.
    fn headline(&self) -> String {
        match (self.owed.len(), self.publications.total) {
            (0, 0) => "Every second week teams tell what went well and what is hard; here it is read.".into(),
            (0, _) => "Nothing is waited for from you.".into(),
            (n, _) => {
                format!("{} from you.", words::counted(n, "thing is waited for", "things are waited for"))
            }
        }
    }

    fn steps(&self) -> Steps {
        let around = (self.publications.previous.as_ref(), self.publications.next.as_ref());
        Steps::new(around, self.later, |after| match after {
            Some(after) => format!("/wins?after={after}#published"),
            None => "/wins#published".to_owned(),
        })
    }
}

/// How far the teams of a cycle are, by height.
fn by_height(updates: &[Update], now: jiff::Timestamp) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for update in updates {
        let at = steps.iter().position(|s| s.level == update.level).unwrap_or_else(|| {
            steps.push(Step { level: update.level, due_at: update.due_at, teams: 0, up: 0, late: 0 });
            steps.len() - 1
        });
        let step = &mut steps[at];
        step.teams += 1;
        // one that holds for a single team may differ; what is said is the last of them
        step.due_at = step.due_at.max(update.due_at);
        match update.state {
            UpdateState::Open if update.is_late(now) => step.late += 1,
            UpdateState::Submitted | UpdateState::Published => step.up += 1,
            UpdateState::Open | UpdateState::Missed => {}
        }
    }
    steps.sort_by_key(|s| s.level);
    steps
}

/// The cycles that are being written, the older first.
async fn running(cx: &mut Cx<'_>) -> Result<Vec<Running>, Error> {
    let now = cx.now();
    let mut open: Vec<Cycle> = wins::cycles(cx, None, Limit::new(20)?).await?.items;
    open.retain(|c| c.published_at.is_none());
    open.reverse();
    let mut running = Vec::new();
    for cycle in open {
        let updates = wins::updates_of(cx, cycle.id, None, Limit::new(COUNTED)?).await?;
        let more = updates.total - i64::try_from(updates.items.len()).unwrap_or(i64::MAX);
        running.push(Running { cycle, steps: by_height(&updates.items, now), more: more.max(0) });
    }
    Ok(running)
}

pub(super) async fn home(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let after = address::cursor(&asked.after);
    let later = after.is_some();
    let cx = &mut viewer.cx();
    let owed = wins::owed(cx).await?;
    let running = running(cx).await?;
    let publications =
        wins::publications(cx, &PublicationFilter::default(), after, Limit::new(ROWS)?).await?;
    page::html(&HomePage { shell: viewer.shell(Nav::Wins), owed, running, publications, later })
}

#[derive(Template)]
#[template(path = "wins/publication.html")]
struct PublicationPage {
    shell: Shell,
    publication: Publication,
    words: Vec<Word>,
    /// Lines of which the viewer may see what they were made of.
    traceable: Vec<WinsEntryId>,
    /// Its whole address, to be sent to somebody.
    address: String,
    /// Title and path of the one before, if the viewer may read it.
    before: Option<(String, String)>,
    form: Form,
}

impl PublicationPage {
    fn document(&self) -> &Document {
        &self.publication.document
    }

    /// What was said under a line.
    fn said(&self, line: &Line) -> Vec<&Word> {
        self.words.iter().filter(|w| w.line == line.id).collect()
    }

    /// `2 thanks, 1 question`, or what can be done.
    fn thread(&self, line: &Line) -> String {
        let count = |kind| self.words.iter().filter(|w| w.line == line.id && w.kind == kind).count();
        let told: Vec<String> = [
            (WordKind::Thanks, "thank-you", "thanks"),
            (WordKind::Question, "question", "questions"),
            (WordKind::Answer, "answer", "answers"),
        ]
        .into_iter()
        .filter_map(|(kind, one, many)| {
            Some(count(kind)).filter(|n| *n > 0).map(|n| words::counted(n, one, many))
        })
        .collect();
        if told.is_empty() { "Thank, ask or send".into() } else { told.join(", ") }
    }

    /// The whole address of a line.
    fn address_of(&self, line: &Line) -> String {
        format!("{}#e-{}", self.address, line.id)
    }

    fn is_traceable(&self, line: &Line) -> bool {
        self.traceable.contains(&line.id)
    }

    fn is_asked(&self, line: &Line) -> bool {
        self.words.iter().any(|w| w.line == line.id && w.kind == WordKind::Question)
    }

    /// Whether the words that were refused were meant for this line.
    fn is_refused(&self, line: &Line) -> bool {
        self.form.is_refused() && self.form.is("line", &line.id.to_string())
    }

    /// What the field of a line is called: summaries of what is wrong lead to the one that was sent.
    fn field(&self, line: &Line) -> String {
        if self.is_refused(line) { "f-text".into() } else { format!("f-text-{}", line.id) }
    }

    /// Whether a correction was refused.
    fn is_addendum_refused(&self) -> bool {
        self.form.is_refused() && !self.form.flag("line")
    }

    /// What the field of a correction holds: not what was meant for a line.
    fn addendum(&self) -> Form {
        if self.form.flag("line") { Form::blank() } else { self.form.clone() }
    }

    fn readers(&self) -> String {
        words::counted(self.publication.readers, "reader", "readers")
    }
}

/// `5 teams and 23 entries`; empty: it is a team's own.
pub(crate) fn chosen_from(document: &Document) -> String {
    match (document.teams, document.entries) {
        (_, 0) => String::new(),
        (0 | 1, entries) => words::counted(entries, "entry", "entries"),
        (teams, entries) => format!(
            "{} and {}",
            words::counted(teams, "team", "teams"),
            words::counted(entries, "entry", "entries")
        ),
    }
}

/// `9 to 22 November 2026`.
pub(crate) fn days(document: &Document) -> String {
    letters::days(document.starts_on, document.ends_on)
}

/// The first lines of a publication, for a list of them.
pub(crate) fn first(document: &Document) -> &[Line] {
    document.wins.get(..3).unwrap_or(&document.wins)
}

pub(super) async fn show(
    mut viewer: Viewer,
    Path((team, cycle)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let (cycle, form) = match cycle.rsplit_once('.') {
        Some((slug, form @ ("md" | "json" | "txt"))) => (slug.to_owned(), form.to_owned()),
        _ => (cycle, String::new()),
    };
    let publication = wins::publication(&mut viewer.cx(), &team, &cycle).await?;
    let base = viewer.portal().base_url.clone();
    match form.as_str() {
        "md" => reading::text("text/markdown; charset=utf-8", None, publication.markdown(&base)),
        "txt" => reading::text("text/plain; charset=utf-8", None, publication.text(&base)),
        "json" => reading::text("application/json", None, publication.bytes),
        _ => rendered(&mut viewer, publication, Form::blank(), StatusCode::OK).await,
    }
}

async fn rendered(
    viewer: &mut Viewer,
    publication: Publication,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let cx = &mut viewer.cx();
    let words = wins::words(cx, publication.id).await?;
    let before = before(cx, &publication).await?;
    let document = &publication.document;
    let lines: Vec<_> = document.wins.iter().chain(&document.challenges).map(|line| line.id).collect();
    let traceable = wins::traceable(cx, &lines).await?;
    let address = format!("{}{}", viewer.portal().base_url, document.path());
    let shell = viewer.shell(Nav::Wins);
    let page = PublicationPage { shell, publication, words, traceable, address, before, form };
    page::html_as(status, &page)
}

/// The same team's publication of the cycle before: title and path.
async fn before(cx: &mut Cx<'_>, publication: &Publication) -> Result<Option<(String, String)>, Error> {
    let cycle = &publication.cycle;
    let cycles = wins::cycles(cx, None, Limit::new(Limit::MAX)?).await?.items;
    let last_day = cycle.starts_on.saturating_sub(1.day());
    let Some(earlier) = cycles.into_iter().find(|c| c.plan == cycle.plan && c.ends_on == last_day) else {
        return Ok(None);
    };
    match wins::publication(cx, &publication.team.slug, &earlier.slug).await {
        Ok(found) => Ok(Some((found.document.title.clone(), found.document.path()))),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Thanks, a question or an answer under a line.
pub(super) async fn speak(
    mut viewer: Viewer,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let id: PublicationId = key("publication", &id)?;
    let publication = wins::publication_by_id(&mut viewer.cx(), id).await?;
    let line: WinsEntryId = key("line", &form.text("line"))?;
    let kind: WordKind = form.text("kind").parse()?;
    let (cx, text) = (&mut viewer.cx(), form.text("text"));
    let result = match kind {
        WordKind::Thanks => wins::thank(cx, id, line, &text).await,
        WordKind::Question => wins::ask(cx, id, line, &text).await,
        WordKind::Answer => wins::answer_question(cx, id, line, &text).await,
    };
    match result {
        Ok(_) => {
            let told = match kind {
                WordKind::Thanks => Flash::ok("Thanked.", "Whoever wrote it is told."),
                WordKind::Question => Flash::ok("Asked.", "Whoever wrote it is told; the answer comes here."),
                WordKind::Answer => Flash::ok("Answered.", "Whoever asked is told."),
            };
            Ok(told.on(&format!("{}#e-{line}", publication.document.path())))
        }
        Err(error) => {
            let status = form.refuse(error)?;
            rendered(&mut viewer, publication, form, status).await
        }
    }
}

/// Takes a word of one's own away.
pub(super) async fn remove(
    mut viewer: Viewer,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let id = key("word", &id)?;
    let publication: PublicationId = key("publication", form.value("publication"))?;
    let path = wins::publication_by_id(&mut viewer.cx(), publication).await?.document.path();
    wins::remove_word(&mut viewer.cx(), id).await?;
    Ok(Flash::ok("Taken away.", "").on(&path))
}

/// Says something of a publication afterwards.
pub(super) async fn add(
    mut viewer: Viewer,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let id: PublicationId = key("publication", &id)?;
    match wins::add_addendum(&mut viewer.cx(), id, &form.text("text")).await {
        Ok(_) => {
            let path = wins::publication_by_id(&mut viewer.cx(), id).await?.document.path();
            Ok(Flash::ok("Added.", "It stands beside what was published; whoever had a letter gets another.")
                .on(&path))
        }
        Err(error) => {
            let status = form.refuse(error)?;
            let publication = wins::publication_by_id(&mut viewer.cx(), id).await?;
            rendered(&mut viewer, publication, form, status).await
        }
    }
}

/// As whom a preview is read.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct As {
    #[serde(default, rename = "as")]
    reads: String,
}

#[derive(Template)]
#[template(path = "wins/preview.html")]
struct PreviewPage {
    shell: Shell,
    id: UpdateId,
    /// Whether nobody is above it.
    is_top: bool,
    reads: PreviewAs,
    preview: Preview,
}

impl PreviewPage {
    fn is_outside(&self) -> bool {
        self.reads == PreviewAs::Outside
    }

    /// `2 entries stay inside: they may not be published.`
    fn inside(&self) -> String {
        let n = self.preview.inside.len();
        let entries = words::counted(n, "entry stays", "entries stay");
        let (it, them) = if self.reads == PreviewAs::Above {
            ("in the team", "go up")
        } else {
            ("inside", "be published")
        };
        format!("{entries} {it} and may not {them}:")
    }

    fn tabs(&self) -> Vec<(&'static str, &'static str, bool)> {
        let all = [
            ("reader", "Readers in the portal", PreviewAs::Reader),
            ("above", "The level above", PreviewAs::Above),
            ("outside", "Readers outside, by letter", PreviewAs::Outside),
        ];
        let shown = all.into_iter().filter(|(.., reads)| !self.is_top || *reads != PreviewAs::Above);
        shown.map(|(value, word, reads)| (value, word, self.reads == reads)).collect()
    }
}

pub(super) async fn preview(
    mut viewer: Viewer,
    Path(id): Path<String>,
    Query(asked): Query<As>,
) -> Result<Response, PageError> {
    let id: UpdateId = key("update", &id)?;
    let reads = match asked.reads.as_str() {
        "outside" => PreviewAs::Outside,
        "above" => PreviewAs::Above,
        _ => PreviewAs::Reader,
    };
    let (update, _) = wins::update_by_id(&mut viewer.cx(), id).await?;
    if let Some(made) = update.publication {
        let published = wins::publication_by_id(&mut viewer.cx(), made).await?;
        return Ok(page::see(&published.document.path()));
    }
    let is_top = update.handed_to.is_none();
    let preview = wins::preview(&mut viewer.cx(), id, reads.clone()).await?;
    page::html(&PreviewPage { shell: viewer.shell(Nav::Wins), id, is_top, reads, preview })
}

/// Path of a cycle's page.
pub(crate) fn cycle_path(id: &CycleId) -> String {
    format!("/wins/cycles/{id}")
}
