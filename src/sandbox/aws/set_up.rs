//! How are bucket, queue and role set up, and how does a test set them up wrongly?
//!
//! At first as they should be. What the bucket says of encryption, versions, lifecycle, TLS and public access, and the queue of
//! dead letters, is said alone: there is one bucket on loopback, for as long as its owner wants it, and nobody else comes there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::iam::gateway_policy;
use super::policy::{Malformed, Policy, Request, default_role_policy, is_allowed};
use super::sqs::queue_arn;
use super::{Aws, CorsRule, Error, lock};

/// What the role's trust policy demands, besides the gateway's own key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trust {
    /// A session must have a tenant's tag.
    pub requires_tag: bool,
    /// The tag may be empty.
    pub takes_empty_tag: bool,
    /// There may be tags besides the gateway's.
    pub takes_other_tags: bool,
}

/// The bucket's settings, as S3 gives them to those who may look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketSettings {
    /// All four blocks of public access are on, or else all off; none when there is no such configuration.
    pub blocks_public_access: Option<bool>,
    /// `ObjectOwnership`
    pub ownership: Option<String>,
    /// Objects are encrypted with this KMS key by default; none is S3's own.
    pub kms_key: Option<String>,
    /// `BucketKeyEnabled`
    pub has_bucket_key: bool,
    /// Versions are kept.
    pub is_versioned: bool,
    /// Multipart uploads are aborted after so many days, below this prefix.
    pub aborts_uploads: Option<(i32, String)>,
    /// The queue that is told of objects, of which events, and below which prefix.
    pub notification: Option<(String, String, String)>,
    /// The bucket's policy.
    pub policy: Option<String>,
}

/// The queue's settings, as SQS gives them to those who may look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSettings {
    /// It has a dead-letter queue.
    pub has_dead_letters: bool,
    /// The queue's policy.
    pub policy: Option<String>,
}

/// All of it.
pub(super) struct SetUp {
    role_policy: Mutex<Arc<Policy>>,
    /// What was written into the role since, by name.
    inline_policies: Mutex<BTreeMap<String, Policy>>,
    gateway_policy: Mutex<Arc<Policy>>,
    trust: Mutex<Trust>,
    longest_session: Mutex<time::Duration>,
    /// None is S3's CORS at its widest.
    cors: Mutex<Option<Arc<[CorsRule]>>>,
    bucket: Mutex<BucketSettings>,
    queue: Mutex<QueueSettings>,
}

impl SetUp {
    pub(super) fn new(bucket: &str, region: &str) -> Result<Self, Error> {
        let arn = format!("arn:aws:s3:::{bucket}");
        let bucket_policy = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, format!("{arn}/*")],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }});
        let queue_policy = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage",
            "Resource": queue_arn(region), "Condition": {"ArnEquals": {"aws:SourceArn": arn}},
        }});
        Ok(Self {
            role_policy: Mutex::new(parse(&default_role_policy(bucket))?),
            inline_policies: Mutex::default(),
            gateway_policy: Mutex::new(parse(&gateway_policy(bucket, region))?),
            trust: Mutex::new(Trust { requires_tag: true, takes_empty_tag: false, takes_other_tags: false }),
            longest_session: Mutex::new(time::Duration::hours(1)),
            cors: Mutex::default(),
            bucket: Mutex::new(BucketSettings {
                blocks_public_access: Some(true),
                ownership: Some("BucketOwnerEnforced".to_owned()),
                kms_key: None,
                has_bucket_key: false,
                is_versioned: false,
                aborts_uploads: Some((7, String::new())),
                notification: Some((queue_arn(region), "s3:ObjectCreated:*".to_owned(), String::new())),
                policy: Some(bucket_policy.to_string()),
            }),
            queue: Mutex::new(QueueSettings { has_dead_letters: true, policy: Some(queue_policy.to_string()) }),
        })
    }

    /// Whether the role's policies, and the session's own, allow a session what it asks.
    pub(super) fn role_allows(&self, session: Option<&Policy>, request: &Request<'_>) -> bool {
        let (first, inline) = (Arc::clone(&lock(&self.role_policy)), lock(&self.inline_policies));
        is_allowed(inline.values().chain([&*first]), session, request)
    }

    pub(super) fn put_role_policy(&self, name: String, policy: Policy) {
        lock(&self.inline_policies).insert(name, policy);
    }

    pub(super) fn gateway_policy(&self) -> Arc<Policy> {
        Arc::clone(&lock(&self.gateway_policy))
    }

    pub(super) fn trust(&self) -> Trust {
        *lock(&self.trust)
    }

    pub(super) fn longest_session(&self) -> time::Duration {
        *lock(&self.longest_session)
    }

    pub(super) fn cors(&self) -> Option<Arc<[CorsRule]>> {
        lock(&self.cors).clone()
    }

    pub(super) fn bucket(&self) -> BucketSettings {
        lock(&self.bucket).clone()
    }

    pub(super) fn queue(&self) -> QueueSettings {
        lock(&self.queue).clone()
    }
}

/// For tests.
impl Aws {
    /// Replaces the bucket's CORS rules, which let any page do anything at first. Without a rule no page may do anything.
    pub fn set_cors(&self, rules: &[CorsRule]) {
        *lock(&self.shared.set_up.cors) = Some(rules.into());
    }

    /// From now on sessions live no longer than this, whatever was asked for.
    pub fn set_longest_session(&self, longest: std::time::Duration) {
        let longest = time::Duration::try_from(longest).unwrap_or(time::Duration::MAX);
        *lock(&self.shared.set_up.longest_session) = longest;
    }

    /// Replaces what the role may do in S3: also for the sessions that it has already.
    ///
    /// # Errors
    ///
    /// When the policy is malformed or says what the sandbox does not know.
    pub fn set_role_policy(&self, json: &str) -> Result<(), Error> {
        *lock(&self.shared.set_up.role_policy) = parse(json)?;
        Ok(())
    }

    /// Replaces what the gateway's own key may do, besides assuming the role.
    ///
    /// # Errors
    ///
    /// As [`Self::set_role_policy`].
    pub fn set_gateway_policy(&self, json: &str) -> Result<(), Error> {
        *lock(&self.shared.set_up.gateway_policy) = parse(json)?;
        Ok(())
    }

    /// Changes what the role's trust policy demands.
    pub fn change_trust(&self, change: impl FnOnce(&mut Trust)) {
        change(&mut lock(&self.shared.set_up.trust));
    }

    /// Changes what the bucket says of itself.
    pub fn change_bucket(&self, change: impl FnOnce(&mut BucketSettings)) {
        change(&mut lock(&self.shared.set_up.bucket));
    }

    /// Changes what the queue says of itself.
    pub fn change_queue(&self, change: impl FnOnce(&mut QueueSettings)) {
        change(&mut lock(&self.shared.set_up.queue));
    }
}

fn parse(policy: &str) -> Result<Arc<Policy>, Error> {
    Policy::parse(policy).map(Arc::new).map_err(|malformed: Malformed| Error::Policy(Box::new(malformed)))
}
