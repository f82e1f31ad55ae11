//! The assembled server: both faces, the three addresses for machines, and what surrounds every request.

mod failure;
mod guard;
mod health;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, DefaultBodyLimit, Request},
    middleware,
    routing::get,
    serve::Listener,
};
pub(crate) use guard::Guard;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulConnection, GracefulShutdown},
};
use metrics_exporter_prometheus::PrometheusHandle;
use portolan_domain::Portal;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tower::ServiceExt;
use tower_http::{CompressionLevel, compression::CompressionLayer};

use crate::worker::Pulse;

/// What a body may weigh where a route does not say otherwise.
const BODY_LIMIT: usize = 1 << 20;

/// Everything that answers. Also what in-process tests and benchmarks call.
pub(crate) fn app(portal: Arc<Portal>, metrics: PrometheusHandle, pulse: Arc<Pulse>, guard: Guard) -> Router {
    let (api, _) = portolan_api::router(Arc::clone(&portal));
    let machines = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .with_state(health::Probe { portal: Arc::clone(&portal), pulse, metrics });
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

/// How long the server waits for others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For the head of a request, and so also for the next one on a connection that is kept open: whoever sends it drop
    /// by drop is cut off. (The time for the whole request is the [`Guard`]'s.)
    pub(crate) head: Duration,
    /// For the requests in flight when it is told to stop.
    pub(crate) stop: Duration,
}

/// Answers until `stop` turns true; then lets the requests in flight finish. `axum::serve` would wait for a head for
/// ever, so the connections are served by hyper itself.
pub(crate) async fn serve(
    mut listener: TcpListener,
    app: Router,
    stop: watch::Receiver<bool>,
    patience: Patience,
) {
    tracing::debug!(address = ?listener.local_addr(), "listening");
    let connections = GracefulShutdown::new();
    let mut stopped = std::pin::pin!(stopped(stop));
    loop {
        let (stream, visitor) = tokio::select! {
            accepted = Listener::accept(&mut listener) => accepted,
            () = &mut stopped => break,
        };
        let connection = connections.watch(connection(stream, visitor, app.clone(), patience.head));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(patience.stop, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time; they were cut off");
    }
}

/// One visitor's connection, to be driven to its end.
fn connection(
    stream: TcpStream,
    visitor: SocketAddr,
    app: Router,
    head: Duration,
) -> impl GracefulConnection<Error = hyper::Error> {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(visitor));
        app.clone().oneshot(request.map(Body::new))
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .serve_connection(TokioIo::new(stream), service)
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

#[cfg(test)]
mod tests;
