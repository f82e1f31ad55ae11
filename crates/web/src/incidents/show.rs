//! The page of an incident: how it stands, what others are told, who does what, what happened; and afterwards the review.

use askama::Template;
use axum::{extract::Path, http::StatusCode, response::Response};
use jiff::civil::Date;
use portolan_domain::{
    Limit,
    incidents::{self, Action, ActionFilter, EntryKind, Incident, Line, Move, Role, State, Told, What},
    people::PersonName,
};

use super::{address, typed};
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
#[template(path = "incidents/show.html")]
struct IncidentPage {
    shell: Shell,
    told: Told,
    lines: Vec<Line>,
    actions: Vec<Action>,
    people: Vec<PersonName>,
    today: Date,
    form: Form,
}

impl IncidentPage {
    fn incident(&self) -> &Incident {
        &self.told.incident
    }

    fn address(&self) -> String {
        address(&self.told.incident)
    }

    fn html(&self, text: &str) -> String {
        markdown::html(text)
    }

    fn roles(&self) -> Vec<(&'static str, &'static str)> {
        Role::ALL.into_iter().map(|r| (r.as_str(), r.label())).collect()
    }

    /// What may be decided now: value, words, and whether it is what one does next.
    fn moves(&self) -> Vec<(&'static str, &'static str)> {
        match self.told.incident.state {
            State::Open => vec![("mitigate", "It no longer hurts"), ("end", "It is over")],
            State::Mitigated => vec![("end", "It is over"), ("reopen", "It hurts again")],
            State::Ended => vec![("review", "The review is done"), ("reopen", "It is not over")],
            State::Reviewed => vec![("reopen", "Go on with the review")],
        }
    }

    fn is_over(&self) -> bool {
        !self.told.incident.lasts()
    }
}

/// Icon, tone and words of a line.
pub(crate) fn look(line: &Line) -> (&'static str, &'static str, &'static str) {
    match &line.what {
        What::Change(change) => ("ship", crate::changes::tone(&change.status), "changed"),
        What::Entry(entry) => match entry.kind {
            EntryKind::Opened => ("danger", "danger", "opened it"),
            EntryKind::Note => ("chat", "", "noted"),
            EntryKind::Status => ("bell", "info", "told others"),
            EntryKind::Mitigated => ("ok", "warn", "said that it no longer hurts"),
            EntryKind::Ended => ("ok", "ok", "said that it is over"),
            EntryKind::Reopened => ("warn", "danger", "opened it again"),
            EntryKind::Reviewed => ("report", "ok", "finished the review"),
            EntryKind::Role => ("person", "", "changed who does what"),
            EntryKind::Severity => ("edit", "", "changed the severity"),
        },
    }
}

pub(super) async fn show(mut viewer: Viewer, Path(number): Path<i64>) -> Result<Response, PageError> {
    rendered(&mut viewer, number, None, StatusCode::OK).await
}

pub(super) async fn rendered(
    viewer: &mut Viewer,
    number: i64,
    form: Option<Form>,
    status: StatusCode,
) -> Result<Response, PageError> {
    let told = incidents::told(&mut viewer.cx(), number).await?;
    let lines = incidents::timeline(&mut viewer.cx(), &told.incident).await?;
    let filter = ActionFilter { incident: Some(number), ..ActionFilter::default() };
    let actions = incidents::actions(&mut viewer.cx(), &filter, None, Limit::new(100)?).await?.items;
    let form = form.unwrap_or_else(|| {
        Form::blank()
            .with("happened", &told.incident.happened)
            .with("helped", &told.incident.helped)
            .with("kind", "note")
            .with("version", told.incident.version)
    });
    let people = if told.may_act { choices(viewer, form.value("person")).await? } else { Vec::new() };
    let shell = viewer.shell(Nav::Incidents);
    let today = shell.today();
    page::html_as(status, &IncidentPage { shell, told, lines, actions, people, today, form })
}

/// Back to the incident with what was done, or the incident with what was wrong.
pub(super) async fn done<T>(
    mut viewer: Viewer,
    number: i64,
    mut form: Form,
    result: portolan_domain::Result<T>,
    told: Flash,
) -> Result<Response, PageError> {
    match result {
        Ok(_) => Ok(told.on(&format!("/incidents/{number}"))),
        Err(error) => {
            let status = form.refuse(error)?;
            rendered(&mut viewer, number, Some(form), status).await
        }
    }
}

pub(super) async fn go(
    mut viewer: Viewer,
    Path(number): Path<i64>,
    form: Form,
) -> Result<Response, PageError> {
    let (what, words) = match form.value("move") {
        "mitigate" => (Move::Mitigate, "It no longer hurts."),
        "end" => (Move::End, "It is over."),
        "reopen" => (Move::Reopen, "Open again."),
        "review" => (Move::Review, "Reviewed."),
        _ => return Err(portolan_domain::Error::invalid("move", "is not known").into()),
    };
    let result = match typed("at", &form.text("at"), viewer.actor()) {
        Ok(at) => incidents::go(&mut viewer.cx(), number, what, at, &form.text("text")).await,
        Err(error) => Err(error),
    };
    done(viewer, number, form, result, Flash::ok(words, "The timeline says so.")).await
}

pub(super) async fn note(
    mut viewer: Viewer,
    Path(number): Path<i64>,
    form: Form,
) -> Result<Response, PageError> {
    let text = form.text("text");
    let (result, told) = if form.is("kind", "status") {
        let told = Flash::ok("Told.", "It stands at the top for everybody.");
        (incidents::tell_status(&mut viewer.cx(), number, &text).await, told)
    } else {
        (incidents::note(&mut viewer.cx(), number, &text).await, Flash::ok("Noted.", ""))
    };
    done(viewer, number, form, result, told).await
}

pub(super) async fn give_role(
    mut viewer: Viewer,
    Path(number): Path<i64>,
    form: Form,
) -> Result<Response, PageError> {
    let role: Role = form.text("role").parse()?;
    let result = incidents::give_role(&mut viewer.cx(), number, role, &form.text("person")).await;
    done(viewer, number, form, result, Flash::ok("Given.", "Whoever has a role may act in it.")).await
}

pub(super) async fn end_role(
    mut viewer: Viewer,
    Path((number, id)): Path<(i64, String)>,
    form: Form,
) -> Result<Response, PageError> {
    let role = id.parse().map_err(|_| portolan_domain::Error::not_found("role", &id))?;
    let result = incidents::end_role(&mut viewer.cx(), number, role).await;
    done(viewer, number, form, result, Flash::ok("Ended.", "")).await
}

pub(super) async fn review(
    mut viewer: Viewer,
    Path(number): Path<i64>,
    mut form: Form,
) -> Result<Response, PageError> {
    let (happened, helped) = (form.text("happened"), form.text("helped"));
    let result = incidents::write_review(&mut viewer.cx(), number, &happened, &helped, form.version()).await;
    if matches!(result, Err(portolan_domain::Error::Stale)) {
        let now = incidents::told(&mut viewer.cx(), number).await?.incident;
        let filled = Form::blank()
            .with("version", now.version)
            .with("happened", &now.happened)
            .with("helped", &now.helped);
        let status = form.refuse(portolan_domain::Error::Stale)?;
        form.overtaken(&filled);
        return rendered(&mut viewer, number, Some(form), status).await;
    }
    done(viewer, number, form, result, Flash::ok("Written.", "Say that the review is done when it is.")).await
}

pub(super) async fn link(
    mut viewer: Viewer,
    Path(number): Path<i64>,
    form: Form,
) -> Result<Response, PageError> {
    let before = form.text("before").trim_start_matches('#').parse::<i64>();
    let result = match before {
        Ok(before) if form.flag("unlink") => incidents::unlink_before(&mut viewer.cx(), number, before).await,
        Ok(before) => incidents::link_before(&mut viewer.cx(), number, before).await,
        Err(_) => Err(portolan_domain::Error::invalid("before", "must be the number of an incident")),
    };
    done(viewer, number, form, result, Flash::ok("Saved.", "Each says of the other that it was like it."))
        .await
}
