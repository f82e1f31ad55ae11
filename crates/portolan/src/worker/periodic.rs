//! Housekeeping at its intervals. Replicas do the same work; doing it twice does no harm.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use metrics_exporter_prometheus::PrometheusHandle;
use portolan_domain::{
    Actor, Cx, Portal, Result, notify, paging, people, provisioning, rota, support, usage, wins, work,
};
use tokio::time::{MissedTickBehavior, interval};

use super::KINDS;

/// Minutes between two runs of each job.
const SWEEP: u64 = 15;
const RENEW_TARGETS: u64 = 15;
const FORGET: u64 = 6 * 60;

/// Runs the jobs for ever.
pub(crate) async fn run(portal: Arc<Portal>, metrics: PrometheusHandle) {
    let mut minute = interval(Duration::from_mins(1));
    minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for round in 0_u64.. {
        minute.tick().await;
        metrics.run_upkeep();
        job("sweep-work", &portal, async |cx| work::sweep(cx).await).await;
        job("sweep-notices", &portal, async |cx| notify::sweep(cx).await).await;
        job("measure-work", &portal, measure).await;
        job("renew-shifts", &portal, async |cx| rota::renew_due(cx).await).await;
        job("sweep-maintenance", &portal, async |cx| paging::sweep_maintenance(cx).await).await;
        job("sweep-approvals", &portal, async |cx| provisioning::sweep_approvals(cx).await).await;
        job("sweep-runs", &portal, async |cx| provisioning::sweep_runs(cx).await).await;
        job("sweep-resources", &portal, async |cx| provisioning::sweep_resources(cx).await).await;
        job("turn-wins", &portal, async |cx| wins::turn(cx).await).await;
        job("prepare-hand-overs", &portal, async |cx| paging::prepare_hand_overs(cx).await).await;
        if round.is_multiple_of(SWEEP) {
            job("sweep-people", &portal, async |cx| people::sweep(cx).await).await;
        }
        if round.is_multiple_of(RENEW_TARGETS) {
            job("renew-support-targets", &portal, async |cx| support::renew_targets(cx).await).await;
        }
        if round.is_multiple_of(FORGET) {
            job("sweep-shifts", &portal, async |cx| rota::sweep(cx).await).await;
            job("sweep-calendars", &portal, async |cx| rota::sweep_calendars(cx).await).await;
            job("forget-usage-names", &portal, async |cx| usage::forget_names(cx).await).await;
        }
    }
}

/// How the queue stands, for whoever watches it: also the kinds of which there is nothing.
async fn measure(cx: &mut Cx<'_>) -> Result<u64> {
    let standing = work::standing(cx).await?;
    let known = KINDS.iter().map(|kind| kind.name);
    let kinds: BTreeSet<&str> = known.chain(standing.iter().map(|one| one.kind.as_str())).collect();
    for name in kinds {
        let one = standing.iter().find(|one| one.kind == name);
        let waits =
            one.and_then(|one| one.oldest_due).map_or(0.0, |due| cx.now().duration_since(due).as_secs_f64());
        let kind = name.to_owned();
        metrics::gauge!("work_unfinished", "kind" => kind.clone())
            .set(approximate(one.map_or(0, |one| one.unfinished)));
        metrics::gauge!("work_oldest_due_seconds", "kind" => kind.clone()).set(waits);
        metrics::gauge!("work_dead", "kind" => kind).set(approximate(one.map_or(0, |one| one.dead)));
    }
    Ok(standing.len() as u64)
}

/// A count as a metric has it.
fn approximate(count: i64) -> f64 {
    f64::from(i32::try_from(count).unwrap_or(i32::MAX))
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
