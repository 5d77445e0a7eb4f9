//! How does this replica hear that a tenant changed?
//!
//! By `LISTEN`, which tells within milliseconds, and by looking at the revision every second, which finds out also what a
//! lost notification would have told, and works through poolers that cannot listen.
//!
//! While neither can be done, what is remembered of a tenant is used for as long as `tenants.cache_ttl` at most. A grant needs
//! Postgres too, so with Postgres away there is none.

use std::time::{Duration, Instant};

use sqlx::PgExecutor;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::tenant_listener::{Ear, Event};
use super::{DatabaseError, Pools};
use crate::adapters::aws_error::with_causes;
use crate::metrics::TenantChanges;

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Calls `changed` after every change of any tenant, and whenever one may have been missed.
pub struct Watch<F> {
    pools: Pools,
    ear: Ear,
    poll: Duration,
    metrics: TenantChanges,
    changed: F,
    known: Option<i64>,
    /// What is remembered may be out of date, whatever the number says: a Postgres that comes back may be another one.
    in_doubt: bool,
    /// Why nobody can listen, as it was told last.
    told: Option<String>,
}

/// What Postgres says of tenants' changes.
struct Revision {
    /// Grows with every change of any tenant.
    number: i64,
    /// Seconds since the latest.
    age: Option<f64>,
}

impl<F: Fn() + Send> Watch<F> {
    /// One that looks so often.
    pub fn new(pools: Pools, poll: Duration, metrics: TenantChanges, changed: F) -> Self {
        Self { ear: Ear::new(pools.clone()), pools, poll, metrics, changed, known: None, in_doubt: false, told: None }
    }

    /// Watches until it is stopped.
    pub async fn run_until(mut self, stop: CancellationToken) {
        stop.run_until_cancelled(self.run()).await;
    }

    async fn run(&mut self) {
        let mut tick = tokio::time::interval(self.poll);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                event = self.ear.next() => self.heed(event).await,
                _ = tick.tick() => self.look("poll").await,
            }
        }
    }

    async fn heed(&mut self, event: Event) {
        match event {
            Event::Heard => {
                (self.changed)();
                self.look("notification").await;
            }
            Event::Opened => {
                self.told = None;
                self.look("poll").await;
            }
            Event::Lost(error) => {
                debug!(error = %with_causes(&error), "the listener for tenant changes was lost; polling goes on");
                self.metrics.listener_connected.set(0);
                self.look("poll").await;
            }
            Event::Failed(error) => {
                let reason = with_causes(&error);
                // Every half a minute the same says nothing new: the gauge tells that it is still so.
                if self.told.as_ref() != Some(&reason) {
                    warn!(error = reason, "cannot listen for tenant changes; polling goes on");
                    self.told = Some(reason);
                }
            }
        }
    }

    /// Asks how it stands, by the way on which tenants are read; and in the listener's session whether that still stands.
    async fn look(&mut self, told_by: &str) {
        let asked = Instant::now();
        let answer = within(revision(&self.pools.pool)).await;
        let is_deaf = match self.ear.session() {
            Some(session) => within(revision(session)).await.is_err(),
            None => false,
        };
        if is_deaf {
            self.ear.close();
        }
        match answer {
            Ok(Revision { number, age }) => {
                if self.in_doubt || self.known != Some(number) {
                    (self.changed)();
                }
                if self.known.is_some_and(|known| known != number) {
                    self.metrics.heard.with_label_values(&[told_by]).inc();
                    age.into_iter().for_each(|seconds| self.metrics.lag_seconds.observe(seconds.max(0.0)));
                }
                (self.known, self.in_doubt) = (Some(number), false);
                self.metrics.confirm(asked);
                self.metrics.listener_connected.set(i64::from(self.ear.session().is_some()));
            }
            Err(error) => {
                debug!(%error, "the revision of the tenants could not be read");
                self.in_doubt = true;
                self.metrics.listener_connected.set(i64::from(self.ear.session().is_some()));
            }
        }
    }
}

/// Postgres's own time-outs end nothing on a connection that a network swallowed.
async fn within<T>(answer: impl Future<Output = Result<T, DatabaseError>>) -> Result<T, DatabaseError> {
    tokio::time::timeout(PATIENCE, answer).await.unwrap_or_else(|_elapsed| Err(sqlx::Error::PoolTimedOut.into()))
}

async fn revision(connection: impl PgExecutor<'_>) -> Result<Revision, DatabaseError> {
    let found = sqlx::query_as!(
        Revision,
        "select revision as number, extract(epoch from clock_timestamp() - changed_at)::float8 as age from tenant_revision"
    );
    Ok(found.fetch_one(connection).await?)
}
