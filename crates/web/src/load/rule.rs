//! Somebody mends an alert rule until a day: promised, or changed.

use axum::{extract::Path, response::Response};
use portolan_domain::{
    ActionId, Error, Result as Done,
    incidents::{self, Action, ActionEdit, NewAction},
};

use super::show::{address, rendered};
use crate::{caller::Viewer, error::PageError, flash::Flash, form::Form};

pub(super) async fn save(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    match promise(&mut viewer, &slug, &form).await {
        Ok(action) => {
            let who = action.owner_name.unwrap_or_else(|| "Nobody yet".into());
            let told = format!(
                "{who}, by {}. It stays here and among the open actions until it is done.",
                action.due_on
            );
            Ok(Flash::ok("Promised.", told).on(&address(&slug)))
        }
        Err(error) => {
            let status = form.refuse(error)?;
            let rule = form.text("rule");
            rendered(viewer, &slug, rule, Some(form), status).await
        }
    }
}

async fn promise(viewer: &mut Viewer, slug: &str, form: &Form) -> Done<Action> {
    let rule = form.text("rule");
    if rule.is_empty() {
        return Err(Error::invalid("rule", "is needed: the alert rule, as monitoring calls it"));
    }
    let due_on = form
        .text("due_on")
        .parse()
        .map_err(|_| Error::invalid("due_on", "is needed: a day like 2026-11-30"))?;
    let owner = form.optional("owner");
    if let Some(id) = form.optional("action") {
        let id: ActionId = id.parse().map_err(|_| Error::not_found("action", &id))?;
        let edit = ActionEdit { owner: Some(owner), due_on: Some(due_on), ..ActionEdit::default() };
        return incidents::edit_action(&mut viewer.cx(), id, edit).await;
    }
    let new = NewAction {
        incident: None,
        team: Some(slug.to_owned()),
        title: format!("Mend the alert rule {}", crate::words::brief(&rule, 200)),
        owner,
        due_on,
        alert_rule: Some(rule),
    };
    incidents::add_action(&mut viewer.cx(), new).await
}
