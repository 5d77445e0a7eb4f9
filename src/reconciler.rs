//! When does the reconciler work? The loop only: tick, jitter, back-off, stop.

use std::time::Duration;

use rand::Rng as _;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, warn};

use crate::domain::reconcile::Reconciler;
use crate::trace;

/// The longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Sweeps again and again until stopped; a sweep that was begun is finished. While there is more to do it does not pause.
pub(crate) async fn sweep_until(reconciler: Reconciler, interval: Duration, stop: CancellationToken) {
    let mut failures = 0;
    loop {
        // Replicas that started together must not sweep together.
        let jitter = rand::rng().random_range(0.75..1.25);
        let pause = interval.saturating_mul(1 << failures.min(16)).min(LONGEST_PAUSE.max(interval)).mul_f64(jitter);
        let waited = stop.run_until_cancelled(tokio::time::sleep(pause)).await;
        if waited.is_none() {
            return;
        }
        while !stop.is_cancelled() {
            let span = trace::detached_work("sweep");
            match reconciler.sweep().instrument(span.clone()).await {
                Ok(sweep) => {
                    failures = 0;
                    if !sweep.more {
                        break;
                    }
                }
                Err(error) => {
                    failures += 1_u32;
                    let _within = span.enter();
                    trace::note_failure();
                    warn!(%error, reconcile.failures = failures, "a sweep was broken off");
                    break;
                }
            }
        }
    }
}
