//! How is the event queue set up?
//!
//! IAM action needed, on the queue, and by the doctor alone: `sqs:GetQueueAttributes`.

use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;

use super::EventQueue;
use crate::adapters::aws_error::LookError;

/// What the queue says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSettings {
    /// Its ARN.
    pub arn: String,
    /// A message that is received again and again goes to another queue in the end.
    pub has_dead_letters: bool,
    /// How long a received message is hidden from other receivers.
    pub visibility_timeout: Option<Duration>,
    /// Its own policy, as JSON: who may send to it.
    pub policy: Option<String>,
}

impl EventQueue {
    /// Asks the queue for its attributes, none of whose messages is touched.
    ///
    /// # Errors
    /// When the gateway may not look, there is no such queue, or SQS cannot be reached.
    pub async fn settings(&self) -> Result<QueueSettings, LookError> {
        let names = [
            QueueAttributeName::QueueArn,
            QueueAttributeName::RedrivePolicy,
            QueueAttributeName::VisibilityTimeout,
            QueueAttributeName::Policy,
        ];
        let request = self.client.get_queue_attributes().queue_url(&self.url).set_attribute_names(Some(names.into()));
        let mut attributes = request.send().await?.attributes.unwrap_or_default();
        let mut take = |name| attributes.remove(&name).filter(|value: &String| !value.is_empty());
        let seconds = take(QueueAttributeName::VisibilityTimeout).and_then(|text| text.parse().ok());
        Ok(QueueSettings {
            arn: take(QueueAttributeName::QueueArn).unwrap_or_default(),
            has_dead_letters: take(QueueAttributeName::RedrivePolicy).is_some(),
            visibility_timeout: seconds.map(Duration::from_secs),
            policy: take(QueueAttributeName::Policy),
        })
    }
}
