//! The Terraform states of what was made: put back to a former version, and handed to whoever takes the thing over.

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use portolan_domain::{Error, ResourceId, provisioning};
use uuid::Uuid;

use super::resource::{key, refused};
use crate::{caller::Viewer, error::PageError, flash::Flash, form::Form};

fn keys(id: &str, state: &str) -> Result<(ResourceId, Uuid), Error> {
    Ok((key(id)?, state.parse().map_err(|_| Error::not_found("state of Terraform", state))?))
}

/// Puts a state back to a version that is still kept.
pub(super) async fn restore(
    mut viewer: Viewer,
    Path((id, state)): Path<(String, String)>,
    form: Form,
) -> Result<Response, PageError> {
    let (id, state) = keys(&id, &state)?;
    let portal = viewer.portal().clone();
    let key = portal.sealing_key.as_ref();
    let version = form.text("version").parse().unwrap_or(0);
    match provisioning::restore_state(&mut viewer.cx(), key, id, state, version).await {
        Ok(new) => {
            let lead = format!("Version {version} is the newest again.");
            let told = Flash::ok(
                lead,
                format!("It was written as version {new}; what is there outside is unchanged."),
            );
            Ok(told.on(&format!("/provision/resources/{id}#states")))
        }
        Err(error) => refused(&mut viewer, id, form, error).await,
    }
}

/// Hands the newest version out, as a file. It holds secrets, so nobody on the way keeps it.
pub(super) async fn export(
    mut viewer: Viewer,
    Path((id, state)): Path<(String, String)>,
    form: Form,
) -> Result<Response, PageError> {
    let (id, state) = keys(&id, &state)?;
    let portal = viewer.portal().clone();
    match provisioning::export_state(&mut viewer.cx(), portal.sealing_key.as_ref(), id, state).await {
        Ok(body) => {
            let headers = [
                (header::CONTENT_TYPE, "application/json"),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"terraform.tfstate\""),
                (header::CACHE_CONTROL, "no-store"),
            ];
            Ok((StatusCode::OK, headers, body).into_response())
        }
        Err(error) => refused(&mut viewer, id, form, error).await,
    }
}
