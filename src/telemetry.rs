//! How are log lines written?

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

use crate::config::{Log, LogFormat};

/// Sends every `tracing` event of this process to standard error.
///
/// # Errors
/// When a subscriber was installed before.
pub fn start(log: &Log) -> Result<(), TryInitError> {
    let filter = EnvFilter::new(&log.filter);
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match log.format {
        LogFormat::Json => lines.json().flatten_event(true).finish().try_init(),
        LogFormat::Text => lines.compact().finish().try_init(),
    }
}
