//! For admins: what the portal is used for, and its settings.

use askama::Template;
use axum::{Router, http::StatusCode, response::Response, routing::get};
use portolan_domain::{
    Error,
    settings::{self, Settings},
    usage::{self, Report},
};

use crate::{
    Shared,
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
};

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/usage", get(report)).route("/settings", get(show).post(change))
}

#[derive(Template)]
#[template(path = "admin/usage.html")]
struct UsagePage {
    shell: Shell,
    report: Report,
    dropped: u64,
}

impl UsagePage {
    #[expect(clippy::unused_self, clippy::trivially_copy_pass_by_ref, reason = "called from the template")]
    fn people(&self, n: &i64) -> String {
        usage::few(*n)
    }
}

async fn report(mut viewer: Viewer) -> Result<Response, PageError> {
    let report = usage::report(&mut viewer.cx()).await?;
    let dropped = viewer.portal().usage.dropped();
    page::html(&UsagePage { shell: viewer.shell(Nav::Usage), report, dropped })
}

#[derive(Template)]
#[template(path = "admin/settings.html")]
struct SettingsPage {
    shell: Shell,
    form: Form,
}

async fn show(mut viewer: Viewer) -> Result<Response, PageError> {
    let now = settings::show(&mut viewer.cx()).await?;
    let form = Form::blank()
        .with("usage_names_days", now.usage_names_days)
        .with_optional("confirm_after_days", now.confirm_after_days)
        .with("confirm_asks_a_month", now.confirm_asks_a_month);
    page::html(&SettingsPage { shell: viewer.shell(Nav::Nowhere), form })
}

async fn change(mut viewer: Viewer, mut form: Form) -> Result<Response, PageError> {
    let changed = match read(&form) {
        Ok(new) => settings::change(&mut viewer.cx(), new).await,
        Err(error) => Err(error),
    };
    match changed {
        Ok(_) => Ok(Flash::ok("Saved.", "The settings are in force now.").on("/settings")),
        Err(error) => {
            let status: StatusCode = form.refuse(error)?;
            page::html_as(status, &SettingsPage { shell: viewer.shell(Nav::Nowhere), form })
        }
    }
}

fn read(form: &Form) -> Result<Settings, Error> {
    let number = |name: &str| {
        form.text(name).parse::<i64>().map_err(|_| Error::invalid(name, "must be a whole number"))
    };
    let confirm_after_days =
        form.optional("confirm_after_days").map(|_| number("confirm_after_days")).transpose()?;
    Ok(Settings {
        usage_names_days: number("usage_names_days")?,
        confirm_after_days,
        confirm_asks_a_month: number("confirm_asks_a_month")?,
    })
}
