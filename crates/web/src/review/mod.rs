//! Operational reviews: a team's week as it stands, frozen ones, and what stands out of the organisation's month.
//!
//! A review is looked at by people together, wherever they are, and printed: its times are those of the team, written out.

mod frozen;
mod month;
pub(crate) mod sheet;
mod week;

use axum::{
    Router,
    routing::{get, post},
};

use crate::Shared;

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/reviews", get(month::show))
        .route("/teams/{slug}/review", get(week::show))
        .route("/teams/{slug}/reviews", post(week::freeze).get(frozen::list))
        .route("/teams/{slug}/reviews/{number}", get(frozen::show))
}

/// The way to a team's reviews.
pub(crate) fn crumbs(slug: &str, name: &str) -> [(String, String); 2] {
    [("/teams".to_owned(), "Teams".to_owned()), (format!("/teams/{slug}"), name.to_owned())]
}
