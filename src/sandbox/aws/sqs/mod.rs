//! How does SQS behave? One standard queue, spoken to in AWS JSON 1.0, with S3's events in it.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html>

mod actions;
mod attributes;
mod notifications;
mod queue;
mod refused;

use std::sync::Arc;
use std::time::Duration;

use hyper::http::request::Parts;
use hyper::{HeaderMap, StatusCode};
use s3s::HttpResponse;
use serde_json::Value;
use tokio::sync::watch;

pub(super) use self::notifications::{Creation, Notifications};
use self::queue::Queue;
pub(super) use self::refused::Refused;
use super::identity::Principal;
use super::signer::{Unsigned, signer};
use super::{Aws, Fault, Shared};
use crate::model::Clock;

/// The most that a request may be long: a message of 1 MiB whose every byte is escaped.
pub(super) const LONGEST_REQUEST: usize = 8 * 1024 * 1024;

/// The queue's name.
const NAME: &str = "uploads-events";
/// Its account and name, as in its URL.
const PATH: &str = "/000000000000/uploads-events";

/// The queue's ARN.
pub(super) fn queue_arn(region: &str) -> String {
    format!("arn:aws:sqs:{region}:000000000000:{NAME}")
}

/// Names the action in a request's `X-Amz-Target`.
const TARGET: &str = "x-amz-target";
const SERVICE: &str = "AmazonSQS.";

/// The queue, and S3's end of it.
pub(super) struct Sqs {
    pub(super) fault: watch::Sender<Fault>,
    pub(super) notifications: Arc<Notifications>,
    queue: Arc<Queue>,
}

impl Sqs {
    pub(super) fn new(bucket: &str, region: &str, clock: Clock) -> Self {
        let queue = Arc::new(Queue::new(clock.clone()));
        let notifications = Arc::new(Notifications::new(bucket, region, clock, Arc::clone(&queue)));
        Self { fault: watch::Sender::new(Fault::None), notifications, queue }
    }
}

/// Whether a request is for SQS: all three services answer on one port.
pub(super) fn is_request(headers: &HeaderMap) -> bool {
    headers.get(TARGET).is_some_and(|target| target.as_bytes().starts_with(SERVICE.as_bytes()))
}

/// Answers a request, which takes as long as its long poll.
pub(super) async fn answer(shared: &Shared, origin: &str, parts: &Parts, body: &[u8]) -> HttpResponse {
    match dispatch(shared, origin, parts, body).await {
        Ok(answer) => refused::json_response(StatusCode::OK, &answer),
        Err(refused) => refused.into_response(),
    }
}

async fn dispatch(shared: &Shared, origin: &str, parts: &Parts, body: &[u8]) -> Result<Value, Refused> {
    let signer = signer(parts, body, "sqs", shared)?;
    let target = parts.headers.get(TARGET).and_then(|target| target.to_str().ok()).unwrap_or_default();
    let action = target.strip_prefix(SERVICE).unwrap_or_default();
    // The permission for one covers a batch of them.
    let permission = format!("sqs:{}", action.trim_end_matches("Batch"));
    let may = match signer {
        Principal::Admin => true,
        Principal::Gateway => shared.gateway_may(&permission, &queue_arn(&shared.region)),
        Principal::Session(_) => false,
    };
    if !may {
        return Err(Refused::forbidden("AccessDenied", "Access to the resource is denied."));
    }
    if action == "GetQueueAttributes" {
        return attributes::get(shared, body);
    }
    actions::perform(&shared.sqs.queue, origin, action, body).await
}

impl From<Unsigned> for Refused {
    fn from(Unsigned(code, message): Unsigned) -> Self {
        Self::forbidden(code, message)
    }
}

/// The queue as tests and the sandbox handle it.
impl Aws {
    /// The queue that S3 tells of every object that is created.
    #[must_use]
    pub fn queue_url(&self) -> String {
        format!("{}{PATH}", self.url)
    }

    /// Puts any text into the queue.
    pub fn send_message(&self, body: &str) {
        self.shared.sqs.queue.send(body.to_owned());
    }

    /// How many messages were not deleted yet, whether somebody has received them or not.
    #[must_use]
    pub fn queued_messages(&self) -> usize {
        self.shared.sqs.queue.len()
    }

    /// How many long polls wait for a message.
    #[must_use]
    pub fn long_polls(&self) -> usize {
        self.shared.sqs.queue.waiting()
    }

    /// From now on, whoever receives a message and does not say for how long has it to itself for so long: 30 s at first.
    pub fn set_visibility_timeout(&self, time: Duration) {
        self.shared.sqs.queue.set_visibility_timeout(time);
    }

    /// Makes SQS fail, long polls under way included, or work again.
    pub fn set_sqs_fault(&self, fault: Fault) {
        self.shared.sqs.fault.send_replace(fault);
    }

    /// Makes S3 keep its events back, or deliver those that it kept.
    pub fn hold_events(&self, hold: bool) {
        self.shared.sqs.notifications.hold(hold);
    }
}
