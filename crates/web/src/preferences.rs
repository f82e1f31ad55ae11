//! How pages look for the viewer: the theme and the row height, changed from any page. The smallest example of a form.

use axum::{Router, response::Response, routing::post};
use portolan_domain::people::{self, Density, Theme};

use crate::{Shared, caller::Viewer, error::PageError, flash, form::Form, page};

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/preferences", post(set))
}

/// Sets what the form names, leaves the rest, and goes back to where it was pressed.
async fn set(mut viewer: Viewer, form: Form) -> Result<Response, PageError> {
    let mut chosen = viewer.actor().preferences;
    match form.value("theme") {
        "light" => chosen.theme = Theme::Light,
        "dark" => chosen.theme = Theme::Dark,
        "system" => chosen.theme = Theme::System,
        _ => {}
    }
    match form.value("density") {
        "dense" => chosen.density = Density::Dense,
        "roomy" => chosen.density = Density::Roomy,
        _ => {}
    }
    people::set_preferences(&mut viewer.cx(), chosen).await?;
    let back = form.value("next");
    Ok(page::see(if flash::is_local(back) { back } else { "/" }))
}
