//! What is counted and timed? Every Prometheus instrument, with a registry of its own.
//!
//! Names are the contract with dashboards: they start with `upload_gateway_` and end in their unit. Labels come from
//! closed sets; a tenant, a subject or a key is never one.

use prometheus::{
    Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};

/// The prefix of every name.
const NAMESPACE: &str = "upload_gateway";

/// Seconds, from a cached grant (under a millisecond) to a dependency's time-out.
const LATENCY: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The instruments. Cloning shares them.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    /// Requests answered, by route pattern, method and status.
    pub requests: IntCounterVec,
    /// How long requests took, by route pattern.
    pub request_duration: HistogramVec,
    /// Uploads that entered a status.
    pub uploads: IntCounterVec,
    /// Bytes of completed uploads.
    pub upload_bytes: IntCounter,
    /// Tokens judged, by result.
    pub tokens: IntCounterVec,
    /// Fetches of signing keys, by result.
    pub jwks_fetches: IntCounterVec,
    /// S3's events, by source (`sqs`, `http`) and result (`ok`, `ignored`, `malformed`, `error`).
    pub events: IntCounterVec,
    /// AssumeRole calls, by result.
    pub sts_calls: IntCounterVec,
    /// The life that the credentials obtained last had left when they came.
    pub sts_credential_remaining_seconds: Gauge,
    /// Grants recorded in one transaction.
    pub ledger_batch_rows: Histogram,
    /// How long one transaction of the ledger took.
    pub ledger_commit_seconds: Histogram,
    /// Requests refused for a limit, by limit.
    pub quota_rejections: IntCounterVec,
    /// Uploads that the reconciler looked at, by what came of it.
    pub reconciled: IntCounterVec,
    /// Tenants, by status.
    pub tenants: IntGaugeVec,
    /// 1 once a stop was asked for.
    pub draining: IntGauge,
}

impl Metrics {
    /// A fresh set, registered.
    ///
    /// # Errors
    /// When two instruments have one name, which a test rules out.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new_custom(Some(NAMESPACE.to_owned()), None)?;
        let counters = |name: &str, help: &str, labels: &[&str]| -> Result<IntCounterVec, prometheus::Error> {
            let vec = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(vec.clone()))?;
            Ok(vec)
        };
        let histogram = |name: &str, help: &str, buckets: Vec<f64>| -> Result<Histogram, prometheus::Error> {
            let histogram = Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets))?;
            registry.register(Box::new(histogram.clone()))?;
            Ok(histogram)
        };
        let requests = counters("requests_total", "Requests answered.", &["route", "method", "status"])?;
        let options =
            HistogramOpts::new("request_duration_seconds", "How long requests took.").buckets(LATENCY.to_vec());
        let request_duration = HistogramVec::new(options, &["route"])?;
        registry.register(Box::new(request_duration.clone()))?;
        let upload_bytes = IntCounter::new("upload_bytes_total", "Bytes of completed uploads.")?;
        registry.register(Box::new(upload_bytes.clone()))?;
        let sts_credential_remaining_seconds = Gauge::new(
            "sts_credential_remaining_seconds",
            "Life that the credentials obtained last had left when they came.",
        )?;
        registry.register(Box::new(sts_credential_remaining_seconds.clone()))?;
        let tenants = IntGaugeVec::new(Opts::new("tenants", "Tenants."), &["status"])?;
        registry.register(Box::new(tenants.clone()))?;
        let draining = IntGauge::new("draining", "Whether a stop was asked for.")?;
        registry.register(Box::new(draining.clone()))?;
        Ok(Self {
            uploads: counters("uploads_total", "Uploads that entered a status.", &["status"])?,
            tokens: counters("tokens_total", "Tokens judged.", &["result"])?,
            jwks_fetches: counters("jwks_fetches_total", "Fetches of signing keys.", &["result"])?,
            events: counters("events_total", "S3's events that came in.", &["source", "result"])?,
            sts_calls: counters("sts_calls_total", "AssumeRole calls.", &["result"])?,
            quota_rejections: counters("quota_rejections_total", "Requests refused for a limit.", &["limit"])?,
            reconciled: counters("reconciled_total", "Uploads that the reconciler looked at.", &["outcome"])?,
            ledger_batch_rows: histogram(
                "ledger_batch_rows",
                "Grants recorded in one transaction.",
                vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0],
            )?,
            ledger_commit_seconds: histogram(
                "ledger_commit_seconds",
                "How long one transaction of the ledger took.",
                LATENCY.to_vec(),
            )?,
            registry,
            requests,
            request_duration,
            upload_bytes,
            sts_credential_remaining_seconds,
            tenants,
            draining,
        })
    }

    /// When the certificate of the public listener ends, in Unix seconds. Of those who have one alone: a gateway behind somebody
    /// else's TLS would look as if its certificate had ended in 1970.
    ///
    /// # Errors
    /// When it is asked for twice.
    pub fn certificate_not_after(&self) -> Result<IntGauge, prometheus::Error> {
        let gauge = IntGauge::new("tls_certificate_not_after_seconds", "When the certificate ends, in Unix time.")?;
        self.registry.register(Box::new(gauge.clone()))?;
        Ok(gauge)
    }

    /// Everything in Prometheus's text format.
    ///
    /// # Errors
    /// When an instrument has no valid text, which the registry rules out.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        prometheus::TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}
