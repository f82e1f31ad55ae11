//! Actions: what somebody promised to do by when.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use jiff::civil::Date;
use portolan_domain::{
    ActionId, Cursor, Error, Limit, Page, Result as Done,
    incidents::{self, Action, ActionEdit, ActionFilter, ActionState, NewAction},
};

use super::show;
use crate::{
    address::Steps,
    caller::Viewer,
    error::PageError,
    flash::{self, Flash},
    form::Form,
    page::{self, Nav, Shell},
    words,
};

/// The address bar holds the whole state.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    team: String,
    #[serde(default)]
    mine: String,
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "incidents/actions.html")]
struct ActionsPage {
    shell: Shell,
    asked: Asked,
    page: Page<Action>,
    /// Which of them the viewer may close.
    may_close: Vec<ActionId>,
    today: Date,
    form: Form,
}

impl ActionsPage {
    fn steps(&self) -> Steps {
        let around = (self.page.previous.as_ref(), self.page.next.as_ref());
        let Asked { team, mine, after } = &self.asked;
        Steps::new(around, !after.is_empty(), |after| match after {
            Some(after) => format!("/actions?team={team}&mine={mine}&after={after}"),
            None => format!("/actions?team={team}&mine={mine}"),
        })
    }

    fn headline(&self) -> String {
        let late = self.page.items.iter().filter(|a| a.is_overdue(self.today)).count();
        let open = words::counted(self.page.total, "action is open", "actions are open");
        if late == 0 { format!("{open}.") } else { format!("{open}; {} overdue.", words::count(late)) }
    }
}

/// Whether an action should be done by now; templates hand over references.
pub(crate) fn is_late(action: &Action, today: &Date) -> bool {
    action.is_overdue(*today)
}

pub(super) async fn list(viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    listed(viewer, asked, Form::blank(), StatusCode::OK).await
}

async fn listed(
    mut viewer: Viewer,
    asked: Asked,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let some = |text: &str| Some(text.trim().to_owned()).filter(|t| !t.is_empty());
    let filter = ActionFilter {
        team: some(&asked.team),
        state: Some(ActionState::Open),
        mine: !asked.mine.is_empty(),
        ..ActionFilter::default()
    };
    let after = some(&asked.after).map(Cursor::from_text);
    let page = incidents::actions(&mut viewer.cx(), &filter, after, Limit::new(50)?).await?;
    let may_close = incidents::may_change(&mut viewer.cx(), &page.items).await?;
    let shell = viewer.shell(Nav::Incidents);
    let today = shell.today();
    page::html_as(status, &ActionsPage { shell, asked, page, may_close, today, form })
}

fn day(form: &Form) -> Done<Date> {
    form.text("due_on").parse().map_err(|_| Error::invalid("due_on", "must be a day like 2026-11-30"))
}

/// Promises something out of an incident.
pub(super) async fn add(
    mut viewer: Viewer,
    Path(number): Path<i64>,
    form: Form,
) -> Result<Response, PageError> {
    let result = match day(&form) {
        Ok(due_on) => {
            let new = NewAction {
                incident: Some(number),
                team: None,
                title: form.text("title"),
                owner: form.optional("owner"),
                due_on,
                alert_rule: None,
            };
            incidents::add_action(&mut viewer.cx(), new).await
        }
        Err(error) => Err(error),
    };
    let told = Flash::ok("Promised.", "It stays open until it is done, and the operational review shows it.");
    show::done(viewer, number, form, result, told).await
}

/// Says that it is done, or will not be, or when it will be.
pub(super) async fn save(
    mut viewer: Viewer,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let id: ActionId = id.parse().map_err(|_| Error::not_found("action", &id))?;
    let state = form.optional("state").map(|s| s.parse::<ActionState>()).transpose()?;
    let edit = ActionEdit { state, outcome: form.optional("outcome"), ..ActionEdit::default() };
    match incidents::edit_action(&mut viewer.cx(), id, edit).await {
        Ok(action) => {
            let back = form.value("next");
            let back = if flash::is_local(back) { back } else { "/actions" };
            let words = match action.state {
                ActionState::Open => "Open again.",
                ActionState::Done => "Done.",
                ActionState::Dropped => "Dropped.",
            };
            Ok(Flash::ok(words, action.title).on(back))
        }
        Err(error) => {
            let status = form.refuse(error)?;
            listed(viewer, Asked::default(), form, status).await
        }
    }
}
