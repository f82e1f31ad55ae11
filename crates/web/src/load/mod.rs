//! How much is asked of whom: the load of a team, in words, drawings and tables, and who mends which alert rule.

mod charts;
mod rule;
mod show;

use axum::{
    Router,
    routing::{get, post},
};
use portolan_domain::rota::load::{Asked, Bearing, Hours};

use crate::{Shared, words};

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/teams/{slug}/load", get(show::show))
        .route("/teams/{slug}/alert-rules", post(rule::save))
}

/// `1 in 5.8`; nothing without a shift.
pub(crate) fn one_in(asked: &Asked) -> String {
    asked.one_in.map_or_else(|| "none".to_owned(), |n| format!("1 in {n:.1}"))
}

/// Tone of how something is to be borne.
pub(crate) fn tone(bearing: &Bearing) -> &'static str {
    match bearing {
        Bearing::Good => "ok",
        Bearing::Tolerable => "warn",
        Bearing::TooOften => "danger",
    }
}

/// Its word.
pub(crate) fn word(bearing: &Bearing) -> &'static str {
    match bearing {
        Bearing::Good => "Good",
        Bearing::Tolerable => "Bearable",
        Bearing::TooOften => "Too much",
    }
}

/// Whole hours of some seconds: `168`.
pub(crate) fn hours(seconds: &i64) -> String {
    words::count(Hours::whole(*seconds))
}

/// A share as `38%`.
pub(crate) fn percent(share: &f64) -> String {
    format!("{:.0}%", share * 100.0)
}
