//! What is the configuration of what operators watch, once it is known to be good?

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

/// How long the audit is kept.
#[derive(Debug, Clone)]
pub struct Audit {
    /// So long after its month ended; none: for ever.
    pub retention: Option<Duration>,
    /// Where it is written down where its chains stand, if anywhere.
    pub anchors: Option<Anchors>,
}

/// Where anchors of the audit are kept.
#[derive(Debug, Clone)]
pub struct Anchors {
    /// The bucket.
    pub bucket: String,
    /// What their names begin with.
    pub prefix: String,
    /// How often.
    pub interval: Duration,
    /// A PEM file with the Ed25519 key that signs them.
    pub key: PathBuf,
}

/// What is counted.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// How many tenants have series of their own.
    pub tenants: usize,
}

/// Which traces are told of, and to whom.
#[derive(Debug, Clone)]
pub struct Trace {
    /// The collector's address for OTLP over HTTP.
    pub otlp_endpoint: Option<Url>,
    /// The share of the traces that begin here and are exported, 0 to 1.
    pub sample_ratio: f64,
    /// What the gateway is called there.
    pub service_name: String,
}

impl Trace {
    /// Where spans are sent, when they are.
    #[must_use]
    pub fn traces_url(&self) -> Option<Url> {
        let mut url = self.otlp_endpoint.clone()?;
        url.set_path(&format!("{}/v1/traces", url.path().trim_end_matches('/')));
        Some(url)
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// How to log.
#[derive(Debug, Clone)]
pub struct Log {
    /// How lines look.
    pub format: LogFormat,
    /// Which lines are written.
    pub filter: String,
}
