//! What is counted and timed? Every Prometheus instrument, with a registry of its own.
//!
//! Names are the contract with dashboards: they start with `upload_gateway_`, but for the process's own, and end in their
//! unit. Labels come from closed sets; a subject or a key is never one, and a tenant only behind a cap.

mod instruments;
mod names;
mod process;
mod tenant_changes;
mod tenant_series;

use std::sync::Arc;

use prometheus::{
    Gauge, GaugeVec, Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Registry,
};
use time::OffsetDateTime;

use crate::model::{Slug, UploadStatus};
pub use instruments::Described;
use instruments::Instruments;
pub use tenant_changes::TenantChanges;
pub use tenant_series::TenantSeries;

/// The prefix of every name but the process's own.
const NAMESPACE: &str = "upload_gateway";

/// The instruments. Cloning shares them.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    catalogue: Arc<[Described]>,
    /// Requests answered, by route pattern, method and status.
    pub requests: IntCounterVec,
    /// How long requests took, by route pattern.
    pub request_duration: HistogramVec,
    /// Requests that are being served.
    pub requests_in_flight: IntGauge,
    /// Uploads that entered a status.
    pub uploads: IntCounterVec,
    /// Bytes of completed uploads.
    pub upload_bytes: IntCounter,
    /// The same of each tenant.
    pub tenant_series: TenantSeries,
    /// Tokens judged, by result.
    pub tokens: IntCounterVec,
    /// Fetches of signing keys, by result.
    pub jwks_fetches: IntCounterVec,
    /// How long ago each issuer's keys were read, as seen at the scrape.
    pub jwks_age_seconds: GaugeVec,
    /// S3's events, by source (`sqs`, `http`) and result (`ok`, `ignored`, `malformed`, `error`).
    pub events: IntCounterVec,
    /// From an object's creation to our having dealt with it.
    pub event_lag_seconds: Histogram,
    /// Calls to AWS, by service, operation and result (`ok`, `error`, `timeout`).
    pub aws_calls: IntCounterVec,
    /// How long they took, by service.
    pub aws_call_seconds: HistogramVec,
    /// AssumeRole calls, by result.
    pub sts_calls: IntCounterVec,
    /// The shortest life that remembered credentials have left; absent when there are none. As seen at the scrape.
    pub sts_credential_remaining_seconds: GaugeVec,
    /// Remembered sessions, as seen at the scrape.
    pub sts_credentials: IntGauge,
    /// The pool's connections, by state (`busy`, `idle`), as seen at the scrape.
    pub database_connections: IntGaugeVec,
    /// The most that it may have.
    pub database_connections_max: IntGauge,
    /// Grants that wait to be recorded, as seen at the scrape.
    pub ledger_queue_rows: IntGauge,
    /// The most that may wait.
    pub ledger_queue_capacity: IntGauge,
    /// Grants that the ledger did not record, by reason.
    pub ledger_refusals: IntCounterVec,
    /// Anchors of the audit, by what came of them.
    pub audit_anchors: IntCounterVec,
    /// Refusals that are not on record.
    pub audit_dropped: IntCounter,
    /// Grants recorded in one transaction.
    pub ledger_batch_rows: Histogram,
    /// How long one transaction of the ledger took.
    pub ledger_commit_seconds: Histogram,
    /// Requests refused for a limit, by limit.
    pub quota_rejections: IntCounterVec,
    /// Uploads that the reconciler looked at, by what came of it.
    pub reconciled: IntCounterVec,
    /// Uploads that are due to be looked at, as seen at the scrape.
    pub reconcile_due: IntGauge,
    /// For how long the first of them has been due.
    pub reconcile_oldest_due_seconds: Gauge,
    /// How long one sweep took.
    pub reconcile_sweep_seconds: Histogram,
    /// Sweeps that were broken off.
    pub reconcile_failures: IntCounter,
    /// Tenants, by status, as seen at the scrape.
    pub tenants: IntGaugeVec,
    /// When the certificate of the public listener ends. Without labels, and a vector all the same: a gateway behind somebody else's
    /// TLS has no such series, for it would look as if its certificate had ended in 1970.
    pub tls_certificate_not_after_seconds: IntGaugeVec,
    /// 1 once a stop was asked for.
    pub draining: IntGauge,
    /// How this replica hears that tenants change.
    pub tenant_changes: TenantChanges,
}

impl Metrics {
    /// A fresh set, in which no tenant has series of its own.
    ///
    /// # Errors
    /// When two instruments have one name, which a test rules out.
    pub fn new() -> Result<Self, prometheus::Error> {
        Self::with_tenants(0)
    }

    /// A fresh set, in which up to so many tenants have series of their own.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_tenants(most: usize) -> Result<Self, prometheus::Error> {
        let mut instruments = Instruments::new(NAMESPACE)?;
        let metrics = Self::named(most, &mut instruments)?;
        let (registry, mut catalogue) = instruments.finish();
        catalogue.extend(process::described());
        catalogue.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { registry, catalogue: catalogue.into(), ..metrics })
    }

    /// Every name that there is, in alphabetical order, also of what was never counted: what dashboards may ask for.
    #[must_use]
    pub fn catalogue(&self) -> &[Described] {
        &self.catalogue
    }

    /// Counts an upload that entered a status.
    pub fn count_upload(&self, tenant: &Slug, status: UploadStatus, now: OffsetDateTime) {
        self.uploads.with_label_values(&[status.as_str()]).inc();
        self.tenant_series.upload(tenant, status, now);
    }

    /// Counts the bytes of a completed upload.
    pub fn count_upload_bytes(&self, tenant: &Slug, bytes: u64, now: OffsetDateTime) {
        self.upload_bytes.inc_by(bytes);
        self.tenant_series.upload_bytes(tenant, bytes, now);
    }

    /// Everything in Prometheus's text format.
    ///
    /// # Errors
    /// When an instrument has no valid text, which the registry rules out.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        Ok(prometheus::TextEncoder::new().encode_to_string(&self.registry.gather())? + &process::text())
    }
}
