//! One page: what is wrong, who is on it, what happened, and what can be done about it.

use askama::Template;
use axum::{extract::Path, http::StatusCode, response::Response};
use portolan_domain::{
    Error, Limit, PageId,
    catalog::EntityRef,
    incidents::{self, Below, Filter, GoingOn, Incident},
    paging::{self, EventKind, IfNoAnswer, Judgement, PagedView, Responder, State},
    people::PersonName,
    rota::{self, OnCall, Purpose},
};

use super::Leg;
use crate::{
    caller::Viewer,
    error::PageError,
    flash::{self, Flash},
    form::Form,
    page::{self, Nav, Shell},
    people::choices,
};

#[derive(Template)]
#[template(path = "paging/view.html")]
struct ViewPage {
    shell: Shell,
    view: PagedView,
    /// What goes on below what it is about; none if it is over or about nothing.
    below: Option<Below>,
    /// Who is on call now for its team; none if it is over.
    on_call: Option<OnCall>,
    /// Whom it goes to next.
    next: Option<IfNoAnswer>,
    /// What was opened from it, the newest first.
    incidents: Vec<Incident>,
    people: Vec<PersonName>,
    /// Whether the viewer may write at all.
    may_write: bool,
    form: Form,
}

impl ViewPage {
    fn is_live(&self) -> bool {
        self.view.page.state.is_live()
    }

    fn can_acknowledge(&self) -> bool {
        self.view.may_act && self.view.page.state == State::Open
    }

    /// Whether an incident may be opened from it: it is not over, and none lasts that was.
    fn can_open_incident(&self) -> bool {
        self.is_live() && self.may_write && !self.incidents.iter().any(Incident::lasts)
    }

    fn can_resolve(&self) -> bool {
        self.view.may_act && self.view.page.state != State::Resolved
    }

    /// How the steps ended, in words.
    fn end(&self) -> &str {
        let end = self.view.events.iter().rfind(|e| e.kind == EventKind::Exhausted);
        end.map_or("Everybody was told, and nobody is on it", |e| e.text.as_str())
    }

    fn address(&self) -> String {
        address(self.view.page.number)
    }

    /// Its steps, and the one last told while it goes from step to step.
    fn way(&self) -> Vec<Leg> {
        let minutes: Vec<_> = self.view.plan.steps.iter().map(|s| s.minutes).collect();
        let told = self.view.told.filter(|_| self.view.page.state == State::Open);
        super::way(&self.view.steps, &minutes, told.and_then(|t| usize::try_from(t.1).ok()))
    }

    fn repeats(&self) -> i64 {
        i64::from(self.view.plan.repeats)
    }

    /// What goes on below, and how far below: rows that lead to whoever answers for it.
    fn rows(&self) -> Vec<super::service::Row> {
        self.below.as_ref().map(super::service::rows).unwrap_or_default()
    }

    /// References of what has an open page or a change below, each once: whose on-call can be brought in.
    fn suspects(&self) -> Vec<(String, String)> {
        let mut found: Vec<(String, String)> = Vec::new();
        for (_, one) in self.below.iter().flat_map(|b| &b.going_on).filter(|(level, _)| *level > 0) {
            let (reference, title) = match one {
                GoingOn::Incident(..) => continue, // its team is on it already
                GoingOn::Page(p) => {
                    (p.entity_ref.clone().unwrap_or_default(), p.entity_title.clone().unwrap_or_default())
                }
                GoingOn::Maintenance(w) => (w.entity_ref.clone(), w.entity_title.clone()),
                GoingOn::Change(c) => (c.entity_ref.clone(), c.entity_title.clone()),
            };
            if !reference.is_empty() && found.iter().all(|(known, _)| *known != reference) {
                found.push((reference, title));
            }
        }
        found
    }
}

/// Incidents that one page names at most; hardly ever is there more than one.
const INCIDENTS: i64 = 10;

fn address(number: i64) -> String {
    format!("/pages/{number}")
}

pub(super) async fn show(viewer: Viewer, Path(text): Path<String>) -> Result<Response, PageError> {
    render(viewer, &text, Form::blank(), StatusCode::OK).await
}

async fn render(
    mut viewer: Viewer,
    text: &str,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let id = paging::find(&mut viewer.cx(), text).await?;
    let view = paging::view(&mut viewer.cx(), id).await?;
    let about = view.page.entity_ref.as_ref().filter(|_| view.page.state != State::Resolved);
    let below = match about.and_then(|r| r.parse::<EntityRef>().ok()) {
        Some(reference) => Some(incidents::below(&mut viewer.cx(), &reference).await?),
        None => None,
    };
    let people = if view.may_act { choices(&mut viewer, form.value("person")).await? } else { Vec::new() };
    let cx = &mut viewer.cx();
    let (on_call, next) = if view.page.state == State::Resolved {
        (None, None)
    } else {
        let now = cx.now();
        let on_call = rota::on_call(cx, &view.page.team, Purpose::OnCall, now).await?;
        (Some(on_call), paging::next_of(cx, &view).await?)
    };
    let opened = Filter { page: Some(id), ..Filter::default() };
    let incidents = incidents::list(cx, &opened, None, Limit::new(INCIDENTS)?).await?.items;
    let may_write = cx.writer().is_ok();
    let shell = viewer.shell(Nav::Pages);
    let page = ViewPage { shell, view, below, on_call, next, incidents, people, may_write, form };
    page::html_as(status, &page)
}

/// Where an act leads: back to the list it was pressed on, else to the page.
fn back(form: &Form, number: i64) -> String {
    Some(form.value("next"))
        .filter(|next| flash::is_local(next))
        .map_or_else(|| address(number), str::to_owned)
}

/// The page again, with why an act was refused.
async fn refused(viewer: Viewer, text: &str, mut form: Form, error: Error) -> Result<Response, PageError> {
    let status = form.refuse(error)?;
    render(viewer, text, form, status).await
}

async fn find(viewer: &mut Viewer, text: &str) -> Result<PageId, PageError> {
    Ok(paging::find(&mut viewer.cx(), text).await?)
}

pub(super) async fn acknowledge(
    mut viewer: Viewer,
    Path(text): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let id = find(&mut viewer, &text).await?;
    match paging::acknowledge(&mut viewer.cx(), id).await {
        Ok(page) => Ok(Flash::ok("You are on it.", format!("Page {} waits for nobody else.", page.number))
            .on(&back(&form, page.number))),
        Err(error) => refused(viewer, &text, form, error).await,
    }
}

fn judgement(form: &Form) -> Result<Option<Judgement>, Error> {
    form.optional("judgement").map(|word| word.parse()).transpose()
}

pub(super) async fn resolve(
    mut viewer: Viewer,
    Path(text): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let id = find(&mut viewer, &text).await?;
    let judged = judgement(&form)?;
    match paging::resolve(&mut viewer.cx(), id, &form.text("note"), judged).await {
        Ok(page) => {
            let words = if judged.is_some() { "" } else { "Say what it was, below." };
            Ok(Flash::ok("It is over.", words).on(&back(&form, page.number)))
        }
        Err(error) => refused(viewer, &text, form, error).await,
    }
}

pub(super) async fn judge(
    mut viewer: Viewer,
    Path(text): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let id = find(&mut viewer, &text).await?;
    let Some(judged) = judgement(&form)? else {
        let error = Error::invalid("judgement", "is needed: what it turned out to be");
        return refused(viewer, &text, form, error).await;
    };
    match paging::judge(&mut viewer.cx(), id, judged, &form.text("note")).await {
        Ok(page) => {
            Ok(Flash::ok(format!("Judged: {}.", judged.title().to_lowercase()), "It may be said anew.")
                .link(address(page.number), format!("Page {}", page.number))
                .on(&back(&form, page.number)))
        }
        Err(error) => refused(viewer, &text, form, error).await,
    }
}

pub(super) async fn reassign(
    mut viewer: Viewer,
    Path(text): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let id = find(&mut viewer, &text).await?;
    match paging::reassign(&mut viewer.cx(), id, &form.text("person"), &form.text("note")).await {
        Ok(page) => {
            Ok(Flash::ok("They are told.", "If they do not answer in five minutes, the steps begin anew.")
                .on(&address(page.number)))
        }
        Err(error) => refused(viewer, &text, form, error).await,
    }
}

pub(super) async fn note(
    mut viewer: Viewer,
    Path(text): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let id = find(&mut viewer, &text).await?;
    match paging::note(&mut viewer.cx(), id, &form.text("text")).await {
        Ok(()) => Ok(Flash::ok("Noted.", "It stands on the timeline.").on(&format!("/pages/{text}"))),
        Err(error) => refused(viewer, &text, form, error).await,
    }
}

pub(super) async fn add_responder(
    mut viewer: Viewer,
    Path(text): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let id = find(&mut viewer, &text).await?;
    let responder = match form.optional("entity") {
        Some(reference) => {
            let reference = EntityRef::parse(&reference, Some("component"), "default");
            Responder::Entity(reference.map_err(|e| Error::invalid("entity", e.to_string()))?)
        }
        None => Responder::Person(form.text("person")),
    };
    match paging::add_responder(&mut viewer.cx(), id, &responder).await {
        Ok(page) => Ok(Flash::ok("They are told.", "They may now do with this page what its team may.")
            .on(&address(page.number))),
        Err(error) => refused(viewer, &text, form, error).await,
    }
}
