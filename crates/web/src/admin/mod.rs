//! For admins: what the portal is used for, and its settings.

use std::collections::HashMap;

use askama::Template;
use axum::{Router, http::StatusCode, response::Response, routing::get};
use portolan_domain::{
    Error,
    catalog::EntityRef,
    notify::{self, Trouble},
    settings::{self, Settings},
    usage::{self, Report},
    work::{self, Standing},
};

use crate::{
    Shared, address,
    caller::Viewer,
    catalog,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
    words,
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
    /// What was opened is called so.
    names: HashMap<EntityRef, String>,
    dropped: u64,
}

impl UsagePage {
    #[expect(clippy::unused_self, clippy::trivially_copy_pass_by_ref, reason = "called from the template")]
    fn people(&self, n: &i64) -> String {
        usage::few(*n)
    }

    /// Name, kind and address of what was opened.
    fn opened(&self, subject: &str) -> (String, String, String) {
        let Some(reference) = reference(subject) else {
            return (subject.to_owned(), String::new(), String::new());
        };
        match self.names.get(&reference) {
            Some(name) => {
                (name.clone(), catalog::named(reference.kind()).to_owned(), address::entity(&reference))
            }
            None => (reference.name().to_owned(), "no longer in the catalog".to_owned(), String::new()),
        }
    }

    /// What was done, in the words of people.
    #[expect(clippy::unused_self, reason = "called from the template")]
    fn deed(&self, kind: &str) -> String {
        match kind {
            "searched" => "Searched".into(),
            "opened-entity" => "Opened a page of the catalog".into(),
            "handed-over" => "Handed something over".into(),
            "confirmed" => "Said that it is still theirs".into(),
            "corrected" => "Corrected a fact".into(),
            "registered" => "Registered something by hand".into(),
            other => words::sentence(&other.replace('-', " ")),
        }
    }
}

async fn report(mut viewer: Viewer) -> Result<Response, PageError> {
    let report = usage::report(&mut viewer.cx()).await?;
    let dropped = viewer.portal().usage.dropped();
    let opened = report.opened.iter().filter_map(|o| reference(&o.subject)).collect();
    let names = catalog::names(&mut viewer, opened).await?;
    page::html(&UsagePage { shell: viewer.shell(Nav::Usage), report, names, dropped })
}

fn reference(subject: &str) -> Option<EntityRef> {
    EntityRef::parse(subject, None, "default").ok()
}

#[derive(Template)]
#[template(path = "admin/settings.html")]
struct SettingsPage {
    shell: Shell,
    form: Form,
    /// The address that letters come from; none if nobody is told anything by e-mail.
    mail_from: Option<String>,
    /// What was not delivered.
    trouble: Trouble,
    /// Kinds of work of which something failed for good.
    dead: Vec<Standing>,
}

async fn settings_page(viewer: &mut Viewer, form: Form) -> Result<SettingsPage, PageError> {
    let shell = viewer.shell(Nav::Nowhere);
    let mail_from = viewer.portal().mail_from.clone();
    let cx = &mut viewer.cx();
    let trouble = notify::trouble(cx).await?;
    let dead = work::standing(cx).await?.into_iter().filter(|kind| kind.dead > 0).collect();
    Ok(SettingsPage { shell, form, mail_from, trouble, dead })
}

async fn show(mut viewer: Viewer) -> Result<Response, PageError> {
    let now = settings::show(&mut viewer.cx()).await?;
    let form = Form::blank()
        .with("usage_names_days", now.usage_names_days)
        .with_optional("confirm_after_days", now.confirm_after_days)
        .with("confirm_asks_a_month", now.confirm_asks_a_month)
        .with("load_good_one_in", now.load_good_one_in)
        .with("load_least_one_in", now.load_least_one_in)
        .with("load_pages_good", now.load_pages_good)
        .with("load_pages_most", now.load_pages_most)
        .with("load_false_alarms_most", now.load_false_alarms_most)
        .with("load_essential_warn", now.load_essential_warn)
        .with("load_essential_alarm", now.load_essential_alarm)
        .with("cost_centre_annotation", now.cost_centre_annotation);
    page::html(&settings_page(&mut viewer, form).await?)
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
            page::html_as(status, &settings_page(&mut viewer, form).await?)
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
        load_good_one_in: number("load_good_one_in")?,
        load_least_one_in: number("load_least_one_in")?,
        load_pages_good: number("load_pages_good")?,
        load_pages_most: number("load_pages_most")?,
        load_false_alarms_most: number("load_false_alarms_most")?,
        load_essential_warn: number("load_essential_warn")?,
        load_essential_alarm: number("load_essential_alarm")?,
        cost_centre_annotation: form.text("cost_centre_annotation"),
    })
}
