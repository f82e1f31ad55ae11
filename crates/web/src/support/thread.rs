//! A request: what was asked, by when a word is owed, what was said since, and what can be done with it.

use askama::Template;
use axum::{extract::Path, http::StatusCode, response::Response};
use portolan_domain::{
    people::PersonName,
    provisioning::{self, Request as Provisioned},
    support::{self, Category, Event, EventKind, Request, State, Then, Thread},
};

use super::address;
use crate::{
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    markdown,
    page::{self, Nav, Shell},
    people::choices,
};

#[derive(Template)]
#[template(path = "support/thread.html")]
struct ThreadPage {
    shell: Shell,
    thread: Thread,
    /// The provisioning request that it was opened from.
    about: Option<Provisioned>,
    people: Vec<PersonName>,
    form: Form,
}

impl ThreadPage {
    fn request(&self) -> &Request {
        &self.thread.request
    }

    fn address(&self) -> String {
        address(&self.thread.request)
    }

    fn is_closed(&self) -> bool {
        self.thread.request.state == State::Closed
    }

    fn may_speak(&self) -> bool {
        self.thread.may_answer || self.thread.is_mine
    }

    fn categories(&self) -> Vec<(&'static str, &'static str)> {
        Category::ALL.into_iter().map(|c| (c.as_str(), c.label())).collect()
    }

    /// The fields that were filled in, each with its heading.
    fn told(&self) -> Vec<(&'static str, String)> {
        let request = &self.thread.request;
        [("What was tried", &request.tried), ("What should come of it", &request.wanted)]
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(heading, text)| (heading, markdown::html(text)))
            .collect()
    }

    fn html(&self, event: &&Event) -> String {
        markdown::html(&event.text)
    }
}

/// Icon, tone and words of an event.
pub(crate) fn look(event: &Event) -> (&'static str, &'static str, String) {
    let to = event.to.as_ref().map(|p| p.name.as_str());
    match event.kind {
        EventKind::Asked => ("help", "info", "asked".into()),
        EventKind::Said => ("chat", "", "added".into()),
        EventKind::Answered => ("chat", "ok", "answered".into()),
        EventKind::AskedBack => ("chat", "ok", "answered; the next word is whoever asked's".into()),
        EventKind::Paused => ("ahead", "", "waits for whoever asked".into()),
        EventKind::Assigned if event.to.is_some() && event.to == event.author => {
            ("person", "", "took it".into())
        }
        EventKind::Assigned => {
            ("person", "", to.map_or_else(|| "put it back".into(), |name| format!("gave it to {name}")))
        }
        EventKind::Moved => ("swap", "", "said what kind of help it is".into()),
        EventKind::Closed => ("ok", "ok", "closed it".into()),
        EventKind::Reopened => ("warn", "warn", "opened it again".into()),
    }
}

pub(super) async fn show(mut viewer: Viewer, Path(number): Path<i64>) -> Result<Response, PageError> {
    rendered(&mut viewer, number, Form::blank().with("then", "wait"), StatusCode::OK).await
}

async fn rendered(
    viewer: &mut Viewer,
    number: i64,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let thread = support::thread(&mut viewer.cx(), number).await?;
    let cx = &mut viewer.cx();
    let about = match provisioning::request_of_support(cx, number).await? {
        Some(number) => Some(provisioning::request(cx, number).await?),
        None => None,
    };
    let people = if thread.may_answer { choices(viewer, form.value("person")).await? } else { Vec::new() };
    page::html_as(status, &ThreadPage { shell: viewer.shell(Nav::Support), thread, about, people, form })
}

/// Back to the thread with what was done, or the thread with what was wrong.
async fn done(
    mut viewer: Viewer,
    number: i64,
    mut form: Form,
    result: portolan_domain::Result<Request>,
    told: impl FnOnce(&Request) -> Flash,
) -> Result<Response, PageError> {
    match result {
        Ok(request) => Ok(told(&request).on(&address(&request))),
        Err(error) => {
            let status = form.refuse(error)?;
            rendered(&mut viewer, number, form, status).await
        }
    }
}

pub(super) async fn speak(
    mut viewer: Viewer,
    Path(number): Path<i64>,
    form: Form,
) -> Result<Response, PageError> {
    let then = form.optional("then").map(|t| t.parse::<Then>()).transpose()?;
    let result = support::speak(&mut viewer.cx(), number, &form.text("text"), then).await;
    done(viewer, number, form, result, |request| match then {
        Some(Then::Close) => Flash::ok("Closed.", "Whoever asked is told."),
        Some(_) => Flash::ok("Answered.", format!("{} is told.", request.asked_by.name)),
        None => Flash::ok("Added.", "Whoever has it is told."),
    })
    .await
}

pub(super) async fn assign(
    mut viewer: Viewer,
    Path(number): Path<i64>,
    form: Form,
) -> Result<Response, PageError> {
    let to =
        if form.flag("take") { Some(viewer.actor().handle.to_string()) } else { form.optional("person") };
    let result = support::assign(&mut viewer.cx(), number, to.as_deref()).await;
    done(viewer, number, form, result, |request| match &request.assignee {
        Some(person) => Flash::ok("Given.", format!("{} has it now.", person.name)),
        None => Flash::ok("Put back.", "It waits for whoever comes next."),
    })
    .await
}

pub(super) async fn recategorise(
    mut viewer: Viewer,
    Path(number): Path<i64>,
    form: Form,
) -> Result<Response, PageError> {
    let category: Category = form.text("category").parse()?;
    let result = support::recategorise(&mut viewer.cx(), number, category).await;
    done(viewer, number, form, result, |_| Flash::ok("Noted.", "It counts as this kind of help from now on."))
        .await
}

pub(super) async fn close(
    mut viewer: Viewer,
    Path(number): Path<i64>,
    form: Form,
) -> Result<Response, PageError> {
    let result = support::close(&mut viewer.cx(), number, &form.text("text")).await;
    done(viewer, number, form, result, |_| Flash::ok("Closed.", "It can be opened again at any time.")).await
}

pub(super) async fn reopen(
    mut viewer: Viewer,
    Path(number): Path<i64>,
    form: Form,
) -> Result<Response, PageError> {
    let result = support::reopen(&mut viewer.cx(), number, &form.text("text")).await;
    done(viewer, number, form, result, |_| Flash::ok("Open again.", "Whoever had it is told.")).await
}
