//! SQL of self-service.

pub(super) mod approval;
pub(super) mod offering;
pub(super) mod request;
pub(super) mod resource;
pub(super) mod run;
pub(super) mod terraform_state;
pub(super) mod waiver;

use crate::{Error, Result};

/// A value as it is kept: JSON text, in its order.
fn text(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::invalid("record", format!("cannot be kept: {e}")))
}
