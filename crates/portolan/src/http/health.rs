//! For machines: is it alive, may it get requests, how is it doing. Needs no caller; tells nothing about people.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use metrics_exporter_prometheus::PrometheusHandle;
use portolan_domain::Portal;

use crate::{database, worker::Pulse};

/// How long readiness waits for the database.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Clone)]
pub(super) struct Probe {
    pub(super) portal: Arc<Portal>,
    pub(super) pulse: Arc<Pulse>,
    pub(super) metrics: PrometheusHandle,
}

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// The database answers, its migrations are those of this binary, and the worker looks at its queue: a portal that answers
/// but pages nobody is not ready.
pub(super) async fn ready(State(probe): State<Probe>) -> (StatusCode, String) {
    let asked = tokio::time::timeout(PATIENCE, database::is_current(probe.portal.db.pool())).await;
    match asked {
        Ok(Ok(true)) if probe.pulse.is_still() => {
            let seconds = probe.pulse.age().as_secs();
            tracing::error!(seconds, "not ready: the worker does not look at its queue");
            let words = format!("the worker has not looked at its queue for {seconds} s\n");
            (StatusCode::SERVICE_UNAVAILABLE, words)
        }
        Ok(Ok(true)) => (StatusCode::OK, "ready\n".to_owned()),
        Ok(Ok(false)) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database's migrations are not those of this version\n".to_owned(),
        ),
        Ok(Err(error)) => {
            tracing::warn!("not ready: {error:#}");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n".to_owned())
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer in time\n".to_owned()),
    }
}

/// Prometheus' text format.
pub(super) async fn metrics(State(probe): State<Probe>) -> impl IntoResponse {
    let pool = probe.portal.db.pool();
    let (all, idle) = (pool.size(), u32::try_from(pool.num_idle()).unwrap_or(0));
    metrics::gauge!("db_pool_connections", "state" => "idle").set(idle);
    metrics::gauge!("db_pool_connections", "state" => "used").set(all.saturating_sub(idle));
    metrics::gauge!("work_last_look_seconds").set(probe.pulse.age().as_secs_f64());
    metrics::counter!("usage_events_dropped_total").absolute(probe.portal.usage.dropped());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], probe.metrics.render())
}
