//! What does S3 tell the queue? An event for every object that is created, as the bucket's notification configuration would have it.

use std::sync::{Arc, Mutex};

use serde_json::json;
use time::format_description::well_known::Rfc3339;
use url::form_urlencoded;

use super::queue::Queue;
use crate::model::Clock;
use crate::sandbox::aws::lock;

/// How an object came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Creation {
    Put,
    Post,
    CompleteMultipartUpload,
}

impl Creation {
    fn event_name(self) -> &'static str {
        match self {
            Self::Put => "ObjectCreated:Put",
            Self::Post => "ObjectCreated:Post",
            Self::CompleteMultipartUpload => "ObjectCreated:CompleteMultipartUpload",
        }
    }
}

/// S3's end of the queue.
pub(in super::super) struct Notifications {
    bucket: String,
    region: String,
    clock: Clock,
    queue: Arc<Queue>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last_sequencer: i128,
    /// What is kept back, while it is.
    held: Option<Vec<String>>,
}

impl Notifications {
    pub(super) fn new(bucket: &str, region: &str, clock: Clock, queue: Arc<Queue>) -> Self {
        Self { bucket: bucket.to_owned(), region: region.to_owned(), clock, queue, state: Mutex::default() }
    }

    /// Tells of an object that can be read by now.
    pub(in super::super) fn created(&self, how: Creation, key: &str, size: u64, e_tag: &str) {
        let now = self.clock.now();
        let mut state = lock(&self.state);
        // Of the time, so that it still grows after a restart.
        state.last_sequencer = now.unix_timestamp_nanos().max(state.last_sequencer + 1);
        // As S3 writes it: a form's encoding, but with its slashes left as they are.
        let key = form_urlencoded::byte_serialize(key.as_bytes()).collect::<String>().replace("%2F", "/");
        let event = json!({ "Records": [{
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": self.region,
            "eventTime": now.format(&Rfc3339).unwrap_or_default(),
            "eventName": how.event_name(),
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": "uploads",
                "bucket": { "name": self.bucket, "arn": format!("arn:aws:s3:::{}", self.bucket) },
                "object": {
                    "key": key,
                    "size": size,
                    "eTag": e_tag,
                    "sequencer": format!("{:018X}", state.last_sequencer),
                },
            },
        }] });
        match &mut state.held {
            Some(held) => held.push(event.to_string()),
            None => drop(self.queue.send(event.to_string())),
        }
    }

    /// Keeps events back from now on, or delivers those that were kept.
    pub(super) fn hold(&self, hold: bool) {
        let mut state = lock(&self.state);
        if hold {
            state.held.get_or_insert_default();
        } else {
            for event in state.held.take().into_iter().flatten() {
                self.queue.send(event);
            }
        }
    }
}
