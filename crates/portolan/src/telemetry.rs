//! Log lines on standard error, metrics for Prometheus.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use crate::settings::{LogFormat, Settings};

/// Upper bounds of the latency histogram, in seconds.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Starts logging as the settings say. The server's notices to migrations (`already exists, skipping`) are noise.
pub(crate) fn log(settings: &Settings) {
    let quiet = ["sqlx::postgres::notice=warn", "cel=warn"];
    let filter = quiet
        .iter()
        .filter_map(|d| d.parse().ok())
        .fold(EnvFilter::new(&settings.log), EnvFilter::add_directive);
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match settings.log_format {
        LogFormat::Text => {
            lines.with_target(false).with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).boxed()
        }
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // the filter stands before the layer: as a filter of one layer it forgets events when sqlx asks what is enabled
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
}

/// Starts collecting metrics; the handle renders them.
pub(crate) fn metrics() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)?
        .install_recorder()?;
    metrics::describe_counter!("http_requests_total", "Requests answered, by method, route and status");
    metrics::describe_histogram!("http_request_duration_seconds", "Time to answer, by route");
    metrics::describe_gauge!("http_requests_in_flight", "Requests being answered");
    metrics::describe_gauge!("db_pool_connections", "Connections to the database, by state");
    metrics::describe_counter!("jobs_total", "Runs of periodic jobs, by job and outcome");
    metrics::describe_histogram!("job_duration_seconds", "Time of a periodic job, by job");
    metrics::describe_counter!("work_jobs_total", "Jobs of the queue that were run, by kind and outcome");
    metrics::describe_histogram!("work_job_duration_seconds", "Time of a job of the queue, by kind");
    metrics::describe_gauge!("work_unfinished", "Jobs of the queue that are not finished, by kind");
    metrics::describe_gauge!(
        "work_oldest_due_seconds",
        "How long the oldest due job waits to be taken, by kind"
    );
    metrics::describe_gauge!("work_dead", "Jobs that failed for good and are still kept, by kind");
    metrics::describe_gauge!("work_last_look_seconds", "How long ago this worker looked at the queue");
    metrics::describe_counter!("messages_total", "Messages to people and webhooks, by channel and outcome");
    metrics::describe_counter!("notices_total", "What these messages told, by channel and outcome");
    metrics::describe_counter!("usage_events_dropped_total", "Usage events that found no room");
    metrics::describe_gauge!("build_info", "The running version");
    metrics::gauge!("build_info", "version" => env!("CARGO_PKG_VERSION")).set(1);
    Ok(handle)
}
