//! The pages: thin handlers over the domain's operations, rendered on the server, working without script.
//!
//! A page is a struct beside its handler and a template of the same slice: the handler extracts (`Viewer`, `Form`,
//! `Path`, `Query`), makes one call of the domain, and renders with `page::html`. Errors are returned as they come;
//! the last layer turns them into a page with the masthead of whoever is asking. `help` is the smallest example,
//! `preferences` the smallest form.

mod activity;
mod address;
mod admin;
mod assets;
mod caller;
mod catalog;
mod changes;
#[cfg(test)]
mod contrast;
mod definition;
mod error;
mod findings;
mod flash;
mod form;
mod graph;
mod guard;
mod help;
mod home;
mod incidents;
pub mod letters;
mod live;
mod load;
mod markdown;
mod markup;
mod notify;
mod ownership;
mod page;
mod paging;
mod people;
mod preferences;
mod provisioning;
mod review;
mod rota;
mod search;
mod style;
mod support;
mod svg;
mod time;
mod timeline;
mod visit;
mod wins;
mod words;

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, middleware};
use portolan_domain::Portal;

pub use visit::{SESSION_COOKIE, SESSION_COOKIE_SECURE};

/// What handlers share.
pub(crate) type Shared = Arc<Portal>;

/// All pages and their assets. Every slice adds its routes here.
///
/// Without a viewer one gets the assets, the sign-in pages, and nothing else: every other address, known or not,
/// leads to sign-in.
pub fn router(portal: Arc<Portal>) -> Router {
    Router::new()
        .merge(activity::routes())
        .merge(admin::routes())
        .merge(catalog::routes())
        .merge(changes::routes())
        .merge(findings::routes())
        .merge(help::routes())
        .merge(home::routes())
        .merge(incidents::routes())
        .merge(live::routes())
        .merge(load::routes())
        .merge(notify::routes())
        .merge(ownership::routes())
        .merge(paging::routes())
        .merge(people::routes())
        .merge(preferences::routes())
        .merge(provisioning::routes())
        .merge(review::routes())
        .merge(rota::routes())
        .merge(search::routes())
        .merge(style::routes())
        .merge(support::routes())
        .merge(wins::routes())
        .fallback(error::no_route)
        .method_not_allowed_fallback(error::no_method)
        .layer(DefaultBodyLimit::max(guard::MOST))
        .layer(middleware::from_fn_with_state(portal.clone(), guard::check_writes))
        .layer(middleware::from_fn_with_state(portal.clone(), error::render_failures))
        .layer(middleware::from_fn_with_state(portal.clone(), visit::note))
        .layer(middleware::map_response(guard::headers))
        .merge(assets::routes())
        .with_state(portal)
}
