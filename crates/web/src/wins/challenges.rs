//! Challenges: what is hard and not over, the oldest first, each with how long it has been told.

use askama::Template;
use axum::{
    extract::{Path, RawQuery},
    http::StatusCode,
    response::Response,
};
use portolan_domain::{
    Cursor, Limit, Page, WinsEntryId,
    wins::{self, Challenge, ChallengeFilter, Closed, Closing, Stands},
};

use super::{entry, reading::key};
use crate::{
    address::{Query, Steps},
    caller::Viewer,
    error::PageError,
    flash::{Flash, Tone},
    form::Form,
    page::{self, Nav, Shell},
    words,
};

/// Challenges of a page.
const ROWS: i64 = 30;

#[derive(Template)]
#[template(path = "wins/challenges.html")]
struct ChallengesPage {
    shell: Shell,
    query: Query,
    stands: Stands,
    page: Page<Challenge>,
    form: Form,
}

impl ChallengesPage {
    fn tabs(&self) -> Vec<(String, &'static str, bool)> {
        [("", "Open", Stands::Open), ("closed", "Closed", Stands::Closed), ("all", "All", Stands::All)]
            .into_iter()
            .map(|(word, title, stands)| {
                let address = if word.is_empty() {
                    self.query.without_all(&["state"])
                } else {
                    self.query.with("state", word)
                };
                (address.to_string(), title, stands == self.stands)
            })
            .collect()
    }

    fn team(&self) -> &str {
        self.query.get("team").unwrap_or_default()
    }

    fn everywhere(&self) -> String {
        self.query.without_all(&["team"]).to_string()
    }

    /// The answer before the data.
    fn headline(&self) -> String {
        let told = words::rows(&self.page, "challenge", "challenges");
        match (self.page.total, self.stands) {
            (0, _) => "What is hard and not over stands here until somebody closes it.".into(),
            (1, Stands::Open) => "1 challenge is open.".into(),
            (_, Stands::Open) => format!("{told} are open, the oldest first."),
            (1, Stands::Closed) => "1 challenge was closed.".into(),
            (_, Stands::Closed) => format!("{told} were closed."),
            (_, Stands::All) => format!("{told}, open and closed."),
        }
    }

    /// `told in 3 cycles`.
    #[expect(clippy::unused_self, reason = "called from the template")]
    fn told(&self, challenge: &Challenge) -> String {
        let days = words::counted(challenge.days, "day", "days");
        let told = match challenge.told {
            0 | 1 => "told once".to_owned(),
            n => format!("told in {n} cycles"),
        };
        if challenge.entry.closed.is_some() {
            format!("was open for {days}, {told}")
        } else {
            format!("open for {days}, {told}")
        }
    }

    fn is_refused(&self, challenge: &Challenge) -> bool {
        self.form.is_refused() && self.form.is("id", &challenge.entry.id.to_string())
    }

    /// What the fields of a challenge are called: a summary of what is wrong leads to the one that was sent.
    fn field(&self, name: &str, challenge: &Challenge) -> String {
        if self.is_refused(challenge) {
            format!("f-{name}")
        } else {
            format!("f-{name}-{}", challenge.entry.id)
        }
    }

    fn steps(&self) -> Steps {
        let around = (self.page.previous.as_ref(), self.page.next.as_ref());
        Steps::new(around, self.query.get("after").is_some(), |after| match after {
            Some(after) => self.query.with("after", after).to_string(),
            None => self.query.without_all(&[]).to_string(),
        })
    }
}

/// Tone of how a challenge ended.
pub(crate) fn tone(closed: &Closed) -> &'static str {
    if closed.how == Closing::Solved { "ok" } else { "unknown" }
}

/// How a challenge may end, for the list of a form.
pub(crate) fn endings() -> [(&'static str, &'static str); 3] {
    [
        (Closing::Solved, "Solved: it is no more"),
        (Closing::Accepted, "Accepted: we live with it"),
        (Closing::Dropped, "Dropped: nobody looks at it any more"),
    ]
    .map(|(how, words)| (how.as_str(), words))
}

/// Whether a form stands on the page of the challenge itself, so that its answer comes there.
fn is_on_its_page(form: &Form) -> bool {
    form.is("on", "entry")
}

pub(super) async fn show(viewer: Viewer, RawQuery(query): RawQuery) -> Result<Response, PageError> {
    let query = Query::read("/wins/challenges", query.as_deref());
    rendered(viewer, query, Form::blank(), StatusCode::OK).await
}

async fn rendered(
    mut viewer: Viewer,
    query: Query,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let stands = match query.get("state") {
        Some("closed") => Stands::Closed,
        Some("all") => Stands::All,
        _ => Stands::Open,
    };
    let filter = ChallengeFilter { team: query.get("team").map(str::to_owned), stands };
    let after = query.get("after").map(|text| Cursor::from_text(text.to_owned()));
    let page = wins::challenges(&mut viewer.cx(), &filter, after, Limit::new(ROWS)?).await?;
    page::html_as(status, &ChallengesPage { shell: viewer.shell(Nav::Wins), query, stands, page, form })
}

pub(super) async fn close(
    mut viewer: Viewer,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let id: WinsEntryId = key("challenge", &id)?;
    let result = match form.text("how").parse::<Closing>() {
        Ok(how) => {
            let note = form.text("note");
            wins::close_challenge(&mut viewer.cx(), id, how, &note).await
        }
        Err(error) => Err(error),
    };
    let there = |elsewhere: &str| {
        if is_on_its_page(&form) { entry::address(&id) } else { elsewhere.to_owned() }
    };
    match result {
        Ok(Some(win)) => {
            Ok(Flash::ok("Solved.", "A win about it waits in the team, in the words of the challenge.")
                .link(format!("/wins/entries/{win}"), "Write the win")
                .on(&there("/wins/challenges")))
        }
        Ok(None) => {
            Ok(Flash::ok("Closed.", "It can be opened again.").on(&there("/wins/challenges?state=closed")))
        }
        Err(error) => {
            let status = form.refuse(error)?;
            if is_on_its_page(&form) {
                return entry::shown(&mut viewer, id, form, status).await;
            }
            let form = form.with("id", id);
            rendered(viewer, Query::read("/wins/challenges", None), form, status).await
        }
    }
}

pub(super) async fn reopen(
    mut viewer: Viewer,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let id: WinsEntryId = key("challenge", &id)?;
    wins::reopen_challenge(&mut viewer.cx(), id).await?;
    let there = if is_on_its_page(&form) { entry::address(&id) } else { "/wins/challenges".into() };
    Ok(Flash::new(Tone::Info, "Open again.", "It is told on until somebody closes it.").on(&there))
}
