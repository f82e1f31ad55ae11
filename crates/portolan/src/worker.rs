//! What happens by itself: housekeeping at its intervals. Replicas do the same work; doing it twice does no harm.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use metrics_exporter_prometheus::PrometheusHandle;
use portolan_domain::{Actor, Cx, Portal, Result, people, usage};
use tokio::time::{MissedTickBehavior, interval};

/// Minutes between two runs of each job.
const SWEEP: u64 = 15;
const FORGET: u64 = 6 * 60;

/// Runs the jobs for ever.
pub(crate) async fn run(portal: Arc<Portal>, metrics: PrometheusHandle) {
    let mut minute = interval(Duration::from_mins(1));
    minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for round in 0_u64.. {
        minute.tick().await;
        metrics.run_upkeep();
        if round.is_multiple_of(SWEEP) {
            job("sweep-people", &portal, async |cx| people::sweep(cx).await).await;
        }
        if round.is_multiple_of(FORGET) {
            job("forget-usage-names", &portal, async |cx| usage::forget_names(cx).await).await;
        }
    }
}

/// Runs one job as Portolan itself; a failure is logged, and the next round tries again.
async fn job(name: &'static str, portal: &Portal, work: impl AsyncFnOnce(&mut Cx<'_>) -> Result<u64>) {
    let began = Instant::now();
    let result = async {
        let mut call = portal.call(Actor::system()).await?;
        work(&mut call.cx()).await
    };
    let outcome = match result.await {
        Ok(rows) => {
            tracing::debug!(name, rows, elapsed = ?began.elapsed(), "job done");
            "done"
        }
        Err(error) => {
            tracing::warn!(name, %error, "job failed");
            "failed"
        }
    };
    metrics::counter!("jobs_total", "job" => name, "outcome" => outcome).increment(1);
    metrics::histogram!("job_duration_seconds", "job" => name).record(began.elapsed());
}
