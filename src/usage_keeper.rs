//! When are the counters of usage brought up to date? The loop only: grants were recorded, a pause, and then for all of them at once.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::adapters::postgres::usage_deltas;

/// So much may gather, which whoever reads the counters has to count.
const PAUSE: Duration = Duration::from_secs(1);

/// Adds up what the ledger leaves, and at first what another process left. While nothing is granted it asks for nothing.
pub(crate) async fn keep_until(pool: PgPool, recorded: Arc<Notify>, stop: CancellationToken) {
    loop {
        if let Err(error) = usage_deltas::add_up_all(&pool).await {
            // Nothing is lost, and nothing said of usage is wrong: it only costs more to say.
            warn!(%error, "what was granted is not added up");
            recorded.notify_one();
        }
        if stop.run_until_cancelled(recorded.notified()).await.is_none() {
            return;
        }
        let _woken = stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
    }
}
