//! When are the counters of usage brought up to date? The loop only: grants were recorded, a pause, and then for all of them at once.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::adapters::postgres::usage_deltas;

/// So long grants may gather, which whoever reads the counters has to count meanwhile.
const PAUSE: Duration = Duration::from_secs(1);
/// After so many failures the pauses, which double, grow no more.
const MOST_DOUBLINGS: u32 = 5;

/// Adds up what the ledger leaves, and at first what another process left. While nothing is granted it asks for nothing.
pub(crate) async fn keep_until(pool: PgPool, recorded: Arc<Notify>, stop: CancellationToken) {
    let mut failures: u32 = 0;
    loop {
        match usage_deltas::add_up_all(&pool).await {
            Ok(()) => failures = 0,
            Err(error) => {
                // Nothing is lost, and nothing said of usage is wrong: it only costs more to say.
                failures = failures.saturating_add(1);
                warn!(%error, usage.failures = failures, "what was granted is not added up");
                recorded.notify_one();
            }
        }
        if stop.run_until_cancelled(recorded.notified()).await.is_none() {
            return;
        }
        let pause = PAUSE.saturating_mul(1 << failures.min(MOST_DOUBLINGS));
        let _woken = stop.run_until_cancelled(tokio::time::sleep(pause)).await;
    }
}
