//! What does a replica show of how it hears that tenants change?

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Gauge, Histogram, IntCounterVec, IntGauge};

use super::instruments::Instruments;

/// Seconds, from a notification on one machine to the end of a long outage.
const LAG: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 300.0];

/// The instruments. Cloning shares them.
#[derive(Clone)]
pub struct TenantChanges {
    /// Times that a change was heard of, by what told of it first: `notification` or `poll`. Changes that come together count once.
    pub heard: IntCounterVec,
    /// How old the latest change was when it was heard of, by Postgres's clock alone: from the statement that made it, shortly
    /// before its commit.
    pub lag_seconds: Histogram,
    /// Whether there is a session in which notifications arrive.
    pub listener_connected: IntGauge,
    confirmed: Arc<Mutex<Instant>>,
}

impl TenantChanges {
    pub(super) fn new(instruments: &mut Instruments) -> Result<Self, prometheus::Error> {
        let confirmed = Arc::new(Mutex::new(Instant::now()));
        let gauge = Gauge::new(
            "tenant_revision_age_seconds",
            "Time since this replica was last known to know every change of a tenant, in seconds.",
        )?;
        instruments.keep("gauge", Age { gauge, confirmed: Arc::clone(&confirmed) })?;
        Ok(Self {
            heard: instruments.known_counters(
                "tenant_changes_total",
                "Times that changes of tenants were heard of, by what told of them first.",
                "heard",
                &["notification", "poll"],
            )?,
            lag_seconds: instruments.histogram(
                "tenant_change_lag_seconds",
                "Age of tenants' changes when they were heard of, in seconds, by Postgres's clock alone.",
                &LAG,
            )?,
            listener_connected: instruments
                .gauge("tenant_listener_connected", "1 where notifications of tenants' changes arrive, else 0.")?,
            confirmed,
        })
    }

    /// Whatever was committed by that moment is known here. Before the first time, the age is that of the process.
    pub fn confirm(&self, asked: Instant) {
        *self.confirmed.lock().unwrap_or_else(PoisonError::into_inner) = asked;
    }
}

/// Reckoned when it is looked at, so that it grows also while whoever should confirm waits for a Postgres that hangs.
#[derive(Clone)]
struct Age {
    gauge: Gauge,
    confirmed: Arc<Mutex<Instant>>,
}

impl Collector for Age {
    fn desc(&self) -> Vec<&Desc> {
        self.gauge.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let confirmed = *self.confirmed.lock().unwrap_or_else(PoisonError::into_inner);
        self.gauge.set(confirmed.elapsed().as_secs_f64());
        self.gauge.collect()
    }
}
