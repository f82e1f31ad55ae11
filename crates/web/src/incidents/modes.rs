//! How a thing is known to fail: written and retired from its page.

use axum::{extract::Path, response::Response};
use portolan_domain::{
    Error,
    catalog::EntityRef,
    incidents::{self, NewFailureMode},
};

use crate::{
    address,
    caller::Viewer,
    error::PageError,
    flash::{Flash, Tone},
    form::Form,
    words,
};

pub(super) async fn add(
    mut viewer: Viewer,
    Path((kind, namespace, name)): Path<(String, String, String)>,
    form: Form,
) -> Result<Response, PageError> {
    let reference = EntityRef::new(&kind, &namespace, &name);
    let incident = form.text("incident");
    let incident = incident.trim_start_matches('#');
    let new = NewFailureMode {
        name: form.text("name"),
        signs: form.text("signs"),
        remedy: form.text("remedy"),
        incident: incident.parse().ok(),
    };
    let back = format!("{}#failure-modes", address::entity(&reference));
    match incidents::add_failure_mode(&mut viewer.cx(), &reference, new).await {
        Ok(_) => Ok(Flash::ok("Written.", "Whoever looks at night sees it.").on(&back)),
        Err(error @ Error::Invalid(_)) => {
            Ok(Flash::new(Tone::Danger, "Not written.", words::sentence(&error.to_string())).on(&back))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn retire(
    mut viewer: Viewer,
    Path((kind, namespace, name, id)): Path<(String, String, String, String)>,
) -> Result<Response, PageError> {
    let reference = EntityRef::new(&kind, &namespace, &name);
    let id = id.parse().map_err(|_| Error::not_found("failure mode", &id))?;
    incidents::retire_failure_mode(&mut viewer.cx(), &reference, id).await?;
    let back = format!("{}#failure-modes", address::entity(&reference));
    Ok(Flash::ok("Retired.", "It cannot happen any more.").on(&back))
}
