//! How does this replica hear that a tenant changed?
//!
//! By `LISTEN`, which tells within milliseconds, and by looking at the revision every second, which finds out also what a
//! lost notification would have told, and works through poolers that cannot listen.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::tenants;

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Calls `changed` after every change of any tenant, and whenever one may have been missed, until stopped.
pub async fn watch_until(pool: PgPool, poll: Duration, stop: CancellationToken, changed: impl Fn() + Send) {
    stop.run_until_cancelled(watch(&pool, poll, changed)).await;
}

async fn watch(pool: &PgPool, poll: Duration, changed: impl Fn() + Send) {
    let mut listener = None;
    let mut seen = None;
    let mut tick = tokio::time::interval(poll);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            heard = hear(&mut listener) => match heard {
                Ok(()) => changed(),
                Err(error) => {
                    debug!(%error, "the listener for tenant changes was lost; polling goes on");
                    listener = None;
                }
            },
            _ = tick.tick() => {
                match within(tenants::revision(pool)).await {
                    Ok(revision) if seen != Some(revision) => {
                        seen = Some(revision);
                        changed();
                    }
                    Ok(_unchanged) => {}
                    Err(error) => {
                        debug!(%error, "the revision of the tenants could not be read");
                        // What is remembered may be out of date by the time that Postgres is back.
                        seen = None;
                    }
                }
                if listener.is_none() {
                    listener = listen(pool).await;
                }
            }
        }
    }
}

/// Postgres's own time-outs end nothing on a connection that a network swallowed.
async fn within<T, E: From<sqlx::Error>>(answer: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    tokio::time::timeout(PATIENCE, answer).await.unwrap_or_else(|_elapsed| Err(sqlx::Error::PoolTimedOut.into()))
}

async fn listen(pool: &PgPool) -> Option<PgListener> {
    let open = async {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen("tenants").await?;
        Ok::<_, sqlx::Error>(listener)
    };
    within(open).await.inspect_err(|error| warn!(%error, "cannot listen for tenant changes; polling goes on")).ok()
}

/// Waits for the next notification; forever, when nobody listens.
async fn hear(listener: &mut Option<PgListener>) -> Result<(), sqlx::Error> {
    match listener {
        // `try_recv` answers nothing when the connection was lost and made anew: something may have been missed then.
        Some(listener) => listener.try_recv().await.map(|_notification| ()),
        None => std::future::pending().await,
    }
}
