//! SQL of self-service.

pub(super) mod approval;
pub(super) mod offering;
pub(super) mod request;
pub(super) mod resource;
pub(super) mod run;
pub(super) mod terraform_state;
pub(super) mod waiver;
