//! Under which name, with which labels and which meaning does Prometheus know each instrument?

use std::sync::Arc;

use prometheus::Registry;

use super::instruments::Instruments;
use super::{Metrics, TenantChanges, TenantSeries};
use crate::model::UploadStatus;

/// Seconds, from a cached grant (under a millisecond) to a dependency's time-out.
const LATENCY: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Seconds, from an event that comes at once to one that a queue kept for its longest time, four days by default.
const LAG: [f64; 14] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 21_600.0, 345_600.0];
/// Seconds, from a sweep that finds nothing to one that waits for S3 time and again.
const SWEEP: [f64; 12] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
/// Rows, by powers of two.
const ROWS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

impl Metrics {
    /// All of them, not yet with their registry and catalogue.
    pub(super) fn named(most_tenants: usize, instruments: &mut Instruments) -> Result<Self, prometheus::Error> {
        instruments.fact(
            "build_info",
            "Always 1; the label says which version runs.",
            "version",
            env!("CARGO_PKG_VERSION"),
        )?;
        Ok(Self {
            requests: instruments.counters(
                "requests_total",
                "Requests answered, on both listeners; those that took too long have the route \"given_up\".",
                &["route", "method", "status"],
            )?,
            request_duration: instruments.histograms(
                "request_duration_seconds",
                "How long requests took until their answer was ready, in seconds.",
                &["route"],
                &LATENCY,
            )?,
            requests_in_flight: instruments.gauge(
                "requests_in_flight",
                "Requests being served on both listeners; the scrape that reads this is one.",
            )?,
            uploads: instruments.known_counters(
                "uploads_total",
                "Uploads that entered a status.",
                "status",
                &UploadStatus::ALL.map(UploadStatus::as_str),
            )?,
            upload_bytes: instruments.counter("upload_bytes_total", "Bytes of completed uploads.")?,
            tenant_series: TenantSeries::new(most_tenants, instruments)?,
            tokens: instruments.counters(
                "tokens_total",
                "Tokens judged, those that were missing among them, by what came of it.",
                &["result"],
            )?,
            jwks_fetches: instruments.known_counters(
                "jwks_fetches_total",
                "Fetches of signing keys.",
                "result",
                &["ok", "error"],
            )?,
            jwks_age_seconds: instruments.fractions(
                "jwks_age_seconds",
                "How long ago the issuer's signing keys were read, in seconds; absent until they were.",
                &["issuer"],
            )?,
            events: {
                let events = instruments.counters(
                    "events_total",
                    "S3's events that came in, by way and by what came of it.",
                    &["source", "result"],
                )?;
                // From the start: the first that is malformed must be an increase.
                for source in ["sqs", "http"] {
                    for result in ["ok", "ignored", "malformed", "error"] {
                        drop(events.with_label_values(&[source, result]));
                    }
                }
                events
            },
            event_lag_seconds: instruments.histogram(
                "event_lag_seconds",
                "From an object's creation, by S3's clock, to the end of our work on its event, in seconds; \
                 below zero counts as zero, and events without a time are left out.",
                &LAG,
            )?,
            aws_calls: instruments.counters(
                "aws_calls_total",
                "Calls to AWS that ended, a call's retries within it; that an object does not exist is no \
                 error.",
                &["service", "operation", "result"],
            )?,
            aws_call_seconds: instruments.histograms(
                "aws_call_seconds",
                "How long calls to AWS took, retries included, in seconds; without ReceiveMessage of SQS, \
                 which waits on purpose.",
                &["service"],
                &LATENCY,
            )?,
            sts_calls: instruments.known_counters(
                "sts_calls_total",
                "AssumeRole calls, by what came of it.",
                "result",
                &["ok", "error"],
            )?,
            sts_credential_remaining_seconds: instruments.fractions(
                "sts_credential_remaining_seconds",
                "The shortest life left among the remembered credentials, in seconds; those of tenants that \
                 nobody asks for run out unrenewed, down to a URL's life. Absent when none are remembered.",
                &[],
            )?,
            sts_credentials: instruments.gauge("sts_credentials", "Sessions whose credentials are remembered.")?,
            database_connections: instruments.gauges(
                "database_connections",
                "Connections of the pool, by state; the ledger's writer has one more of its own.",
                &["state"],
            )?,
            database_connections_max: instruments
                .gauge("database_connections_max", "Connections that the pool may have.")?,
            ledger_queue_rows: instruments
                .gauge("ledger_queue_rows", "Grants that wait to be recorded, without those that are being written.")?,
            ledger_queue_capacity: instruments
                .gauge("ledger_queue_capacity", "Grants that may wait to be recorded.")?,
            ledger_refusals: instruments.known_counters(
                "ledger_refusals_total",
                "Grants that were answered 503 because the ledger did not record them.",
                "reason",
                &["full", "late", "locked", "unavailable"],
            )?,
            audit_anchors: instruments.known_counters(
                "audit_anchors_total",
                "Times that it was to be written down where the audit's chains stand, by what came of it.",
                "result",
                &["ok", "failed"],
            )?,
            audit_dropped: instruments.counter(
                "audit_dropped_total",
                "Refusals that were not put on record, because more came than could be written.",
            )?,
            ledger_batch_rows: instruments.histogram(
                "ledger_batch_rows",
                "Grants recorded in one transaction.",
                &ROWS,
            )?,
            ledger_commit_seconds: instruments.histogram(
                "ledger_commit_seconds",
                "How long one transaction of the ledger took, in seconds.",
                &LATENCY,
            )?,
            quota_rejections: instruments.counters(
                "quota_rejections_total",
                "Requests refused for a limit.",
                &["limit"],
            )?,
            reconciled: instruments.counters(
                "reconciled_total",
                "Uploads that the reconciler looked at, by what came of it.",
                &["outcome"],
            )?,
            reconcile_due: instruments.gauge(
                "reconcile_due",
                "Uploads of all replicas that are due to be looked at, counted up to 10000; the last count \
                 stands while Postgres is away.",
            )?,
            reconcile_oldest_due_seconds: instruments.fraction(
                "reconcile_oldest_due_seconds",
                "For how long the first of them has been due, in seconds; 0 when none is. The last reading \
                 stands while Postgres is away.",
            )?,
            reconcile_sweep_seconds: instruments.histogram(
                "reconcile_sweep_seconds",
                "How long one sweep of the reconciler took, in seconds.",
                &SWEEP,
            )?,
            reconcile_failures: instruments
                .counter("reconcile_failures_total", "Sweeps of the reconciler that were broken off.")?,
            tenants: instruments.gauges(
                "tenants",
                "Tenants on record; the last count stands while Postgres is away.",
                &["status"],
            )?,
            tls_certificate_not_after_seconds: instruments.gauges(
                "tls_certificate_not_after_seconds",
                "When the certificate ends, in Unix time; absent where somebody else speaks TLS.",
                &[],
            )?,
            draining: instruments.gauge("draining", "1 once a stop was asked for.")?,
            tenant_changes: TenantChanges::new(instruments)?,
            registry: Registry::new(),
            catalogue: Arc::default(),
        })
    }
}
