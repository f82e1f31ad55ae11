//! The document: its frame, its address, and pages that make it readable (served by the portal itself).

use std::sync::Arc;

use axum::{Router, http::header, routing::get};
use utoipa::openapi::{
    Components, Info, License, OpenApi, OpenApiBuilder,
    security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
};

use crate::{BASE, Shared};

/// Title, version and the one way to sign in: a personal token as bearer.
pub(crate) fn skeleton() -> OpenApi {
    let mut info = Info::new("Portolan", env!("CARGO_PKG_VERSION"));
    info.description = Some("The service catalog and its people, as the pages show them.".into());
    info.license = Some(License::new("Apache-2.0"));
    let bearer = SecurityScheme::Http(
        HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A personal API token from your account page: scope read, write or admin."))
            .build(),
    );
    let state = SecurityScheme::Http(
        HttpBuilder::new()
            .scheme(HttpAuthScheme::Basic)
            .description(Some(
                "The password of one state of Terraform, which the runs of its thing are given.",
            ))
            .build(),
    );
    let mut components = Components::new();
    components.security_schemes.insert("token".into(), bearer.into());
    components.security_schemes.insert("state".into(), state.into());
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .security(Some([SecurityRequirement::new::<_, [&str; 0], &str>("token", [])]))
        .build()
}

/// `GET /api/v1/openapi.json`: public, so that generators need no token.
pub(crate) fn routes(document: Arc<str>) -> Router<Shared> {
    Router::new().route(
        &format!("{BASE}/openapi.json"),
        get(move || {
            let document = document.clone();
            async move { ([(header::CONTENT_TYPE, "application/json")], document.to_string()) }
        }),
    )
}

/// `GET /api/docs/`: the document as pages.
pub(crate) fn readable() -> Router {
    let config = utoipa_swagger_ui::Config::from(format!("{BASE}/openapi.json")).try_it_out_enabled(false);
    Router::from(utoipa_swagger_ui::SwaggerUi::new("/api/docs").config(config))
}
