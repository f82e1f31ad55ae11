//! The assembled server: both faces, the three addresses for machines, and what surrounds every request.

mod failure;
mod guard;
mod health;

use std::{future::IntoFuture, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware,
    routing::get,
    serve::{Listener, ListenerExt},
};
pub(crate) use guard::Guard;
use metrics_exporter_prometheus::PrometheusHandle;
use portolan_domain::Portal;
use tokio::{net::TcpListener, sync::watch};
use tower::ServiceExt;
use tower_http::{CompressionLevel, compression::CompressionLayer};

/// What a body may weigh where a route does not say otherwise.
const BODY_LIMIT: usize = 1 << 20;

/// Everything that answers. Also what in-process tests and benchmarks call.
pub(crate) fn app(portal: Arc<Portal>, metrics: PrometheusHandle, guard: Guard) -> Router {
    let (api, _) = portolan_api::router(Arc::clone(&portal));
    let machines = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .with_state(health::Probe { portal: Arc::clone(&portal), metrics });
    let pages = portolan_web::router(portal);
    // both faces answer unknown addresses in their own way; a merged router has room for one answer only
    let strays = (api.clone(), pages.clone());
    let stray = async move |request: Request| {
        let of_api = request.uri().path().starts_with("/api/");
        let face = if of_api { strays.0 } else { strays.1 };
        face.oneshot(request).await
    };
    pages
        .reset_fallback()
        .merge(api.reset_fallback())
        .merge(machines)
        .fallback(stray)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(guard, guard::around))
        // the fastest level: a page shrinks to a fifth, and the best level would cost more than making the page
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
}

/// Takes the address, or says who to ask.
pub(crate) async fn bind(listen: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}: stop what uses that port, or name another address with --listen")
    })
}

/// Answers until `stop` turns true; then lets the requests in flight finish, for `patience` at most.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    stop: watch::Receiver<bool>,
    patience: Duration,
) -> Result<()> {
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    tracing::debug!(address = ?listener.local_addr(), "listening");
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(stopped(stop.clone()));
    let bounded = async {
        stopped(stop).await;
        tokio::time::sleep(patience).await;
    };
    tokio::select! {
        result = server.into_future() => result.context("the server failed"),
        () = bounded => {
            tracing::warn!("some requests did not finish in time; they were cut off");
            Ok(())
        }
    }
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

#[cfg(test)]
mod tests;
