//! How is it told what the gateway does? Log lines to standard error, and spans to whoever exports them.

mod json;
mod lines;
mod outlet;
mod panics;
mod spans;

use std::io;

use tracing::Subscriber;
use tracing_subscriber::Registry;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

use crate::config::{Log, LogFormat};
use crate::model::Clock;
use crate::trace::Finished;
use lines::Lines;
use outlet::Outlet;
pub use outlet::Rest;
use spans::{Spans, SpansOfInterest};

/// Where spans go at their end, and how many of the new traces do.
#[derive(Debug, Clone)]
pub struct Export {
    /// Their queue. Whoever finds it full drops the span.
    pub queue: tokio::sync::mpsc::Sender<Finished>,
    /// The share of the traces that begin here, 0 to 1.
    pub share: f64,
}

/// Why nothing can be told.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A subscriber was installed before.
    #[error(transparent)]
    Twice(#[from] TryInitError),
    /// There is no thread for the lines that wait.
    #[error("log lines cannot be gathered: {0}")]
    NoThread(#[from] io::Error),
}

/// Sends every `tracing` event of this process to standard error, panics included, and every span to the export, if there is one.
/// Lines that do not warn may wait for others, until what is returned is dropped.
///
/// # Errors
/// When a subscriber was installed before, or there is no thread to be had.
pub fn start(log: &Log, export: Option<Export>, clock: Clock) -> Result<Rest, StartError> {
    let (outlet, rest) = Outlet::open(io::stderr())?;
    subscriber(log, export, clock, outlet).try_init()?;
    panics::log();
    Ok(rest)
}

/// What [`start`] installs, with lines that go elsewhere.
pub fn subscriber<W>(log: &Log, export: Option<Export>, clock: Clock, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let of_interest = SpansOfInterest { steps: export.is_some() };
    let spans = Spans::new(export, clock).with_filter(of_interest);
    let filter = Lines::new(&log.filter, of_interest);
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = match log.format {
        LogFormat::Json => lines.event_format(json::Line).fmt_fields(json::Nothing).with_filter(filter).boxed(),
        LogFormat::Text => lines.compact().with_filter(filter).boxed(),
    };
    Registry::default().with(spans).with(lines)
}

/// The same for the triggers, whose runtime names each invocation in a span of its own.
///
/// # Errors
/// When a subscriber was installed before.
#[cfg(feature = "lambda")]
pub fn start_in_lambda(filter: &str) -> Result<(), TryInitError> {
    let lines = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .with_writer(std::io::stderr);
    lines.json().flatten_event(true).finish().try_init()
}

#[cfg(test)]
mod tests;
