//! Wins and challenges: writing an update, choosing from below, jotting an entry, and reading what was published.

mod acts;
pub(crate) mod admin;
mod archive;
pub(crate) mod challenges;
mod choose;
mod cycle;
pub(crate) mod ended;
pub(crate) mod entry;
mod feeds;
pub(crate) mod jot;
mod mine;
mod numbers;
pub(crate) mod participation;
pub(crate) mod publishing;
pub(crate) mod read;
pub(crate) mod reading;
pub(crate) mod sheet;
mod stop;
pub(crate) mod strip;
pub(crate) mod team;
pub(crate) mod write;
mod year;

use axum::{
    Router,
    routing::{get, post},
};

use crate::Shared;

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/wins/write", get(write::now))
        .route("/wins/jot", get(jot::form).post(jot::save))
        .route("/wins/mine", get(mine::show))
        .route("/wins/updates/{id}", reading::or_publication("updates", write::show).post(acts::act))
        .route("/wins/updates/{id}/choose", get(write::choose).post(acts::act_below))
        .route("/wins/updates/{id}/publishing", get(publishing::ask).post(publishing::publish))
        .route("/wins/entries/{id}", reading::or_publication("entries", entry::show))
        .route("/wins/entries/{id}/edit", get(entry::form).post(entry::save))
        .route("/wins/entries/{id}/removal", post(entry::remove))
        .route("/wins/entries/{id}/lowering", post(entry::lower))
        .route("/wins/entries/{id}/answers", post(entry::answer))
        .route("/wins/entries/{id}/attachments", post(entry::attach))
        .merge(reading::routes())
}
