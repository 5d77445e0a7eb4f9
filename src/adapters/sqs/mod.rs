//! What has S3 put into the event queue, and how is it taken out?
//!
//! With the gateway's own credentials. IAM actions needed, on the queue alone: `sqs:ReceiveMessage` and `sqs:DeleteMessage`
//! (which covers `DeleteMessageBatch`). The queue is in the gateway's Region. How long a received message is hidden from
//! other receivers, and after how many receptions it goes to a dead-letter queue, are attributes of the queue.

mod settings;

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::BehaviorVersion;
use aws_sdk_sqs::types::DeleteMessageBatchRequestEntry;

use crate::adapters::aws_calls::{CallCounter, Service};
use crate::adapters::aws_error::describe;
use crate::adapters::trace_headers::TraceHeaders;
use crate::adapters::whole_answers::WholeAnswers;
use crate::config;
use crate::metrics::Metrics;

pub use settings::QueueSettings;

/// The most messages that one call may take or delete.
const BATCH: usize = 10;

/// The most seconds that SQS lets a question wait.
const LONGEST_WAIT: u8 = 20;

/// A call to the queue failed. A message that was not deleted comes again.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// No answer, or a refusal, to the question for messages.
    #[error("the event queue could not be read: {0}")]
    Receive(String),
    /// No answer, or a refusal, to the wish to delete some.
    #[error("messages of the event queue could not be deleted: {0}")]
    Forget(String),
}

/// What was in the queue. It is hidden from other receivers for a while, and comes again unless it is forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The text; S3's are read by [`crate::adapters::s3::notification::parse`].
    pub body: String,
    /// Names this reception of the message.
    receipt: String,
}

/// The SQS queue that S3 sends its events to.
#[derive(Debug, Clone)]
pub struct EventQueue {
    client: aws_sdk_sqs::Client,
    url: String,
    wait_seconds: u8,
    /// Time-outs that leave room for the wait.
    patience: TimeoutConfig,
}

impl EventQueue {
    /// The configured queue, if there is one.
    #[must_use]
    pub fn new(
        shared: &aws_config::SdkConfig,
        aws: &config::Aws,
        events: &config::Events,
        metrics: &Metrics,
    ) -> Option<Self> {
        let url = events.queue_url.as_ref()?.to_string();
        let mut builder = aws_sdk_sqs::config::Builder::from(shared)
            .behavior_version(BehaviorVersion::latest())
            .interceptor(CallCounter::new(Service::Sqs, metrics))
            .interceptor(WholeAnswers)
            .interceptor(TraceHeaders);
        builder
            .set_endpoint_url(aws.sqs_endpoint_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()));
        // SQS counts in whole seconds. Without any, an empty queue would be asked again without a pause.
        let wait_seconds =
            u8::try_from(events.wait.as_millis().div_ceil(1000)).unwrap_or(LONGEST_WAIT).clamp(1, LONGEST_WAIT);
        let wait = Duration::from_secs(wait_seconds.into());
        let mut patience = shared.timeout_config().map_or_else(TimeoutConfig::builder, TimeoutConfig::to_builder);
        if let Some(short) = shared.timeout_config() {
            patience.set_operation_attempt_timeout(short.operation_attempt_timeout().map(|limit| limit + wait));
            patience.set_operation_timeout(short.operation_timeout().map(|limit| limit + wait));
            patience.set_read_timeout(short.read_timeout().map(|limit| limit + wait));
        }
        let client = aws_sdk_sqs::Client::from_conf(builder.build());
        Some(Self { client, url, wait_seconds, patience: patience.build() })
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Up to ten messages: at once when there are any, else as soon as one comes, or none when the wait is over.
    ///
    /// # Errors
    /// When SQS refuses or cannot be reached.
    pub async fn receive(&self) -> Result<Vec<Message>, QueueError> {
        let answer = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(10)
            .wait_time_seconds(self.wait_seconds.into())
            .customize()
            .config_override(aws_sdk_sqs::config::Builder::new().timeout_config(self.patience.clone()))
            .send()
            .await
            .map_err(|error| QueueError::Receive(describe(&error)))?;
        let whole = |message: aws_sdk_sqs::types::Message| {
            // SQS names every message's receipt; without one it could not be deleted, and so comes again.
            Some(Message { body: message.body.unwrap_or_default(), receipt: message.receipt_handle? })
        };
        Ok(answer.messages.unwrap_or_default().into_iter().filter_map(whole).collect())
    }

    /// Deletes messages that are done with.
    ///
    /// # Errors
    /// When SQS refuses or cannot be reached, for some of them or all.
    pub async fn forget(&self, messages: &[Message]) -> Result<(), QueueError> {
        for batch in messages.chunks(BATCH) {
            self.forget_batch(batch).await.map_err(QueueError::Forget)?;
        }
        Ok(())
    }

    async fn forget_batch(&self, batch: &[Message]) -> Result<(), String> {
        let mut request = self.client.delete_message_batch().queue_url(&self.url);
        for (number, message) in batch.iter().enumerate() {
            let entry = DeleteMessageBatchRequestEntry::builder().id(number.to_string());
            let entry = entry.receipt_handle(&message.receipt).build().map_err(|error| error.to_string())?;
            request = request.entries(entry);
        }
        let answer = request.send().await.map_err(|error| describe(&error))?;
        let Some(first) = answer.failed.first() else { return Ok(()) };
        let (failed, all, reason) = (answer.failed.len(), batch.len(), first.message().unwrap_or("no message"));
        Err(format!("{failed} of {all} were not, the first for {}: {reason}", first.code()))
    }
}
