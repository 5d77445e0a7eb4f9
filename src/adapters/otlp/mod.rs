//! How do spans get to a collector? OTLP over HTTP, in protobuf (<https://opentelemetry.io/docs/specs/otlp/#otlphttp>).
//!
//! Nobody ever waits for it: spans come through a bounded queue, and whoever finds it full drops its span. What a collector does not
//! take is lost, and told once in a while.

mod wire;

use std::time::{Duration, Instant};

use prost::Message as _;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::warn;
use url::Url;

use super::aws_error::with_causes;
use crate::config;
use crate::trace::Finished;

/// Spans that may wait.
const QUEUE: usize = 4096;
/// Spans of one request to the collector, at most.
const MOST_AT_ONCE: usize = 512;
/// How long the first of them waits for the others.
const GATHERING: Duration = Duration::from_secs(1);
/// How long the collector may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the last spans may take when the gateway stops.
const LAST: Duration = Duration::from_secs(2);
/// How often a loss is told.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Why a collector has not got some spans.
#[derive(Debug, thiserror::Error)]
enum ExportError {
    /// It did not answer.
    #[error("the collector could not be asked: {0}")]
    Unreachable(String),
    /// It answered something else than success.
    #[error("the collector's answer is {0}")]
    Refused(reqwest::StatusCode),
}

/// Sends to the collector what comes through the queue.
pub struct Exporter {
    queue: mpsc::Receiver<Finished>,
    client: reqwest::Client,
    url: Url,
    service_name: String,
    lost: usize,
    told_at: Option<Instant>,
}

/// An entrance to the queue, and who empties it, which must be spawned. Nothing when no collector is configured.
///
/// # Errors
/// When the HTTP client's TLS cannot be set up.
pub fn open(trace: &config::Trace) -> Result<Option<(mpsc::Sender<Finished>, Exporter)>, reqwest::Error> {
    let Some(url) = trace.traces_url() else { return Ok(None) };
    let client = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build()?;
    let (sender, queue) = mpsc::channel(QUEUE);
    let service_name = trace.service_name.clone();
    Ok(Some((sender, Exporter { queue, client, url, service_name, lost: 0, told_at: None })))
}

impl Exporter {
    /// Sends what comes, until stopped; then what still waits, for two seconds at most.
    pub async fn run_until(mut self, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(MOST_AT_ONCE);
        while stop.run_until_cancelled(self.gather(&mut batch)).await.is_some() {
            if stop.run_until_cancelled(self.send(&mut batch)).await.is_none() {
                break;
            }
        }
        // The last of a request's spans may have ended just now.
        self.queue.close();
        let the_rest = async {
            loop {
                self.send(&mut batch).await;
                if self.queue.recv_many(&mut batch, MOST_AT_ONCE).await == 0 {
                    return;
                }
            }
        };
        let _late = tokio::time::timeout(LAST, the_rest).await;
    }

    /// Waits for one, and then a moment for more.
    async fn gather(&mut self, batch: &mut Vec<Finished>) {
        if batch.is_empty() && self.queue.recv_many(batch, MOST_AT_ONCE).await == 0 {
            return std::future::pending().await;
        }
        let until = tokio::time::Instant::now() + GATHERING;
        while let Some(room @ 1..) = MOST_AT_ONCE.checked_sub(batch.len()) {
            match tokio::time::timeout_at(until, self.queue.recv_many(batch, room)).await {
                Ok(0) | Err(_) => return,
                Ok(_more) => {}
            }
        }
    }

    /// One request, after which the batch is empty.
    async fn send(&mut self, batch: &mut Vec<Finished>) {
        if batch.is_empty() {
            return;
        }
        if self.queue.capacity() == 0 && self.may_tell() {
            warn!(trace.queue = QUEUE, "spans are lost: they come faster than the collector takes them");
        }
        let message = wire::request(&self.service_name, batch);
        // Emptied after the answer: whoever breaks this off sends them again.
        let sent = self.post(message.encode_to_vec()).await;
        let count = batch.len();
        batch.clear();
        if let Err(error) = sent {
            self.lost += count;
            if self.may_tell() {
                warn!(trace.spans_lost = self.lost, %error, "spans could not be exported");
                self.lost = 0;
            }
        }
    }

    /// Once in a while; asking counts as telling.
    fn may_tell(&mut self) -> bool {
        let may = self.told_at.is_none_or(|at| at.elapsed() >= TOLD_EVERY);
        if may {
            self.told_at = Some(Instant::now());
        }
        may
    }

    async fn post(&self, body: Vec<u8>) -> Result<(), ExportError> {
        let request = self.client.post(self.url.clone()).header("content-type", "application/x-protobuf").body(body);
        let answer =
            request.send().await.map_err(|error| ExportError::Unreachable(with_causes(&error.without_url())))?;
        if answer.status().is_success() { Ok(()) } else { Err(ExportError::Refused(answer.status())) }
    }
}
