//! What can be done about a request: deciding, handing on, taking back, trying again, undoing, saying how it was.

use axum::{extract::Path, response::Response};
use portolan_domain::{
    ApprovalId, Error, Result as Outcome,
    provisioning::{self, ApprovalOf, ApprovalState, Request, State},
};

use super::{in_fields, request::rendered, said};
use crate::{
    caller::Viewer,
    error::PageError,
    flash::{Flash, Tone},
    form::Form,
};

/// Back to the request with what was done, or the request with what was wrong.
async fn done(
    mut viewer: Viewer,
    number: i64,
    mut form: Form,
    result: Outcome<Request>,
    told: impl FnOnce(&Request) -> Flash,
) -> Result<Response, PageError> {
    match result {
        Ok(request) => Ok(told(&request).on(&request.link())),
        Err(error) => {
            let status = form.refuse(in_fields(error))?;
            rendered(&mut viewer, number, form, status).await
        }
    }
}

/// The approval that a form is about; the one that the viewer is asked for, if it does not say.
async fn approval(viewer: &mut Viewer, number: i64, form: &Form) -> Outcome<ApprovalId> {
    if let Some(key) = form.optional("approval") {
        return key.parse().map_err(|_| Error::not_found("approval", key));
    }
    let cx = &mut viewer.cx();
    let request = provisioning::request(cx, number).await?;
    let all = provisioning::approvals(cx, &request).await?;
    let waiting = |a: &&ApprovalOf| a.state == ApprovalState::Waiting;
    let found = all.iter().find(|a| a.mine).or_else(|| all.iter().find(waiting));
    found.map(|a| a.id).ok_or_else(|| Error::Conflict("nothing of it is to be decided any more".into()))
}

pub(super) async fn decide(
    mut viewer: Viewer,
    Path(number): Path<i64>,
    form: Form,
) -> Result<Response, PageError> {
    let agreed = form.is("agreed", "yes");
    let id = approval(&mut viewer, number, &form).await?;
    let result = provisioning::decide(&mut viewer.cx(), number, id, agreed, &form.text("note")).await;
    done(viewer, number, form, result, |request| match request.state {
        State::Refused => Flash::ok("Refused.", "Whoever asked is told, with your reason."),
        State::AwaitingApproval => Flash::ok("Agreed.", "Others have to agree as well."),
        _ => Flash::ok("Agreed.", format!("{} Whoever asked is told.", said::by_itself(request.effect))),
    })
    .await
}

pub(super) async fn delegate(
    mut viewer: Viewer,
    Path(number): Path<i64>,
    form: Form,
) -> Result<Response, PageError> {
    let id = approval(&mut viewer, number, &form).await?;
    let result = provisioning::delegate(&mut viewer.cx(), number, id, &form.text("to")).await;
    done(viewer, number, form, result, |_| {
        Flash::ok("Handed on.", "They are told that it is theirs to decide.")
    })
    .await
}

pub(super) async fn cancel(
    mut viewer: Viewer,
    Path(number): Path<i64>,
    form: Form,
) -> Result<Response, PageError> {
    let result = provisioning::cancel(&mut viewer.cx(), number, &form.text("reason")).await;
    done(viewer, number, form, result, |request| match request.state {
        State::Cancelled => Flash::ok("Cancelled.", "Nothing was made."),
        _ => Flash::new(
            Tone::Info,
            "It is being stopped.",
            "What was made is undone first; the log says how far it is.",
        ),
    })
    .await
}

pub(super) async fn retry(
    mut viewer: Viewer,
    Path(number): Path<i64>,
    form: Form,
) -> Result<Response, PageError> {
    let result = provisioning::retry(&mut viewer.cx(), number).await;
    done(viewer, number, form, result, |_| {
        Flash::ok("Tried again.", "The step that failed is done anew; what was made before stands.")
    })
    .await
}

pub(super) async fn undo(
    mut viewer: Viewer,
    Path(number): Path<i64>,
    form: Form,
) -> Result<Response, PageError> {
    let result = provisioning::undo(&mut viewer.cx(), number).await;
    done(viewer, number, form, result, |_| {
        Flash::new(Tone::Info, "It is being undone.", "What was made is taken back, the last first.")
    })
    .await
}

pub(super) async fn rate(
    mut viewer: Viewer,
    Path(number): Path<i64>,
    form: Form,
) -> Result<Response, PageError> {
    let stars = form.text("satisfaction").parse().unwrap_or(0);
    let result = provisioning::rate(&mut viewer.cx(), number, stars, &form.text("note")).await;
    done(viewer, number, form, result, |request| {
        Flash::ok("Noted.", format!("{} reads it.", request.offering_team.name))
    })
    .await
}

/// Opens a support request with the log, or leads to the one that is open.
pub(super) async fn ask_support(
    mut viewer: Viewer,
    Path(number): Path<i64>,
    mut form: Form,
) -> Result<Response, PageError> {
    match provisioning::ask_support(&mut viewer.cx(), number).await {
        Ok(asked) => Ok(Flash::ok("Asked.", "The end of the log and what was asked for are in it.")
            .on(&crate::support::address(&asked))),
        Err(error) => {
            let status = form.refuse(in_fields(error))?;
            rendered(&mut viewer, number, form, status).await
        }
    }
}

pub(super) async fn discard(mut viewer: Viewer, Path(number): Path<i64>) -> Result<Response, PageError> {
    provisioning::discard(&mut viewer.cx(), number).await?;
    Ok(Flash::ok("Thrown away.", "Nothing was asked.").on("/provision/requests"))
}
