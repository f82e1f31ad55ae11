//! Schedules, who is on call, and everything that moves it: `/oncall`, `/schedules`, `/swaps`, `/holiday-calendars`,
//! `/calendars`. Instants are UTC; the zone of a schedule stands beside them.

mod bodies;
mod covers;
mod feeds;
mod holidays;
mod layers;
mod oncall;
mod people;
mod schedules;
mod swaps;

pub(crate) use bodies::NameBody;
use utoipa_axum::router::OpenApiRouter;

use crate::Shared;

/// The slice's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(covers::routes())
        .merge(feeds::routes())
        .merge(holidays::routes())
        .merge(layers::routes())
        .merge(oncall::routes())
        .merge(people::routes())
        .merge(schedules::routes())
        .merge(swaps::routes())
}
