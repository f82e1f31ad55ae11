//! The REST API: thin handlers over the domain's operations, and the document that describes them.
//!
//! A handler extracts ([`Caller`], [`Params`], [`Body`]), makes one call of the domain, and answers with a struct of
//! its own that is part of the contract. Errors leave as `application/problem+json` (RFC 9457). Quirks of the
//! contract are written down in `docs/API.md`.

mod activity;
mod admin;
mod apply;
mod away;
mod body;
mod caller;
mod catalog;
mod changes;
mod error;
mod findings;
mod incidents;
mod integrations;
mod load;
mod notify;
mod openapi;
mod ownership;
mod paging;
mod people;
mod provisioning;
mod review;
mod rota;
mod support;
mod tag;
mod wins;

use std::sync::Arc;

use axum::{Router, middleware};
use portolan_domain::Portal;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use caller::Caller;
pub use error::ApiError;

/// Where the API lives.
pub const BASE: &str = "/api/v1";

/// What handlers share.
pub(crate) type Shared = Arc<Portal>;

/// The API's routes, and the `OpenAPI` 3.1 document made from the same expressions.
pub fn router(portal: Arc<Portal>) -> (Router, OpenApi) {
    let (routes, document) = routes().split_for_parts();
    let document_text: Arc<str> = document.to_json().unwrap_or_default().into();
    let router = routes
        .merge(openapi::routes(document_text))
        .fallback(error::no_route)
        .method_not_allowed_fallback(error::no_method)
        .layer(middleware::from_fn(error::render_problems))
        .with_state(portal);
    (router.merge(openapi::readable()), document)
}

/// The document alone, for `portolan openapi` and its snapshot.
pub fn document() -> OpenApi {
    routes().into_openapi()
}

/// Every slice adds its routes here; the paths in the document begin with [`BASE`].
fn routes() -> OpenApiRouter<Shared> {
    let slices = vec![
        activity::routes(),
        admin::routes(),
        apply::routes(),
        away::routes(),
        catalog::routes(),
        changes::routes(),
        findings::routes(),
        incidents::routes(),
        integrations::routes(),
        load::routes(),
        notify::routes(),
        ownership::routes(),
        paging::routes(),
        people::routes(),
        provisioning::routes(),
        review::routes(),
        rota::routes(),
        support::routes(),
        wins::routes(),
    ];
    let api = slices.into_iter().fold(OpenApiRouter::new(), OpenApiRouter::merge);
    OpenApiRouter::with_openapi(openapi::skeleton()).nest(BASE, api)
}
