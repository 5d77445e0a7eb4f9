//! How is the bucket set up?
//!
//! With the gateway's own credentials. IAM actions needed, on the bucket alone, and by the doctor alone:
//! `s3:GetBucketPublicAccessBlock`, `s3:GetBucketOwnershipControls`, `s3:GetEncryptionConfiguration`,
//! `s3:GetBucketVersioning`, `s3:GetLifecycleConfiguration`, `s3:GetBucketPolicy` and `s3:GetBucketNotification`.

use std::error::Error;

use aws_sdk_s3::config::BehaviorVersion;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{
    BucketVersioningStatus, Event, ExpirationStatus, LifecycleRule, PublicAccessBlockConfiguration, QueueConfiguration,
    ServerSideEncryption,
};

use crate::adapters::aws_error::LookError;
use crate::adapters::trace_headers::TraceHeaders;
use crate::adapters::whole_answers::WholeAnswers;
use crate::config;

/// Asks how the bucket is set up, as the gateway itself.
#[derive(Clone)]
pub struct BucketSettings {
    client: aws_sdk_s3::Client,
    bucket: String,
}

/// How the bucket encrypts what comes without a word about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultEncryption {
    /// `AES256`, `aws:kms` or `aws:kms:dsse`.
    pub algorithm: String,
    /// The KMS key, by ARN, id or alias; none is AWS's own key.
    pub key: Option<String>,
    /// One call to KMS serves many objects.
    pub has_bucket_key: bool,
}

impl DefaultEncryption {
    /// Is it with a key of KMS?
    #[must_use]
    pub fn is_kms(&self) -> bool {
        self.algorithm.starts_with("aws:kms")
    }
}

/// A queue that the bucket tells of what happens to its objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueNotification {
    /// Which queue.
    pub queue_arn: String,
    /// Of what it is told, such as `s3:ObjectCreated:*`.
    pub events: Vec<String>,
    /// It is told of some keys alone: `prefix=acme/`.
    pub filters: Vec<String>,
}

impl BucketSettings {
    /// A client with the gateway's own credentials, which come with `shared`.
    #[must_use]
    pub fn new(shared: &aws_config::SdkConfig, aws: &config::Aws, upload: &config::Upload) -> Self {
        let mut builder = aws_sdk_s3::config::Builder::from(shared)
            .interceptor(WholeAnswers)
            .interceptor(TraceHeaders)
            .behavior_version(BehaviorVersion::latest())
            .force_path_style(aws.force_path_style);
        builder.set_endpoint_url(aws.s3_endpoint_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()));
        Self { client: aws_sdk_s3::Client::from_conf(builder.build()), bucket: upload.bucket.clone() }
    }

    /// Which of the four blocks of public access are off, by S3's names.
    ///
    /// # Errors
    /// When the gateway may not look, or S3 cannot be asked.
    pub async fn public_doors(&self) -> Result<Vec<&'static str>, LookError> {
        let answer = Box::pin(self.client.get_public_access_block().bucket(&self.bucket).send()).await;
        let answer = found(answer, &["NoSuchPublicAccessBlockConfiguration"])?;
        let blocks = answer.and_then(|answer| answer.public_access_block_configuration);
        let blocks = blocks.unwrap_or_else(|| PublicAccessBlockConfiguration::builder().build());
        let all = [
            ("BlockPublicAcls", blocks.block_public_acls),
            ("IgnorePublicAcls", blocks.ignore_public_acls),
            ("BlockPublicPolicy", blocks.block_public_policy),
            ("RestrictPublicBuckets", blocks.restrict_public_buckets),
        ];
        Ok(all.into_iter().filter(|(_, is_on)| *is_on != Some(true)).map(|(name, _)| name).collect())
    }

    /// Who owns what others write, such as `BucketOwnerEnforced`.
    ///
    /// # Errors
    /// As [`Self::public_doors`].
    pub async fn ownership(&self) -> Result<Option<String>, LookError> {
        let answer = Box::pin(self.client.get_bucket_ownership_controls().bucket(&self.bucket).send()).await;
        let answer = found(answer, &["OwnershipControlsNotFoundError"])?;
        let rules = answer.and_then(|answer| answer.ownership_controls).map(|controls| controls.rules);
        Ok(rules.and_then(|rules| Some(rules.first()?.object_ownership.as_str().to_owned())))
    }

    /// What the bucket does with objects whose writer names no encryption.
    ///
    /// # Errors
    /// As [`Self::public_doors`].
    pub async fn encryption(&self) -> Result<Option<DefaultEncryption>, LookError> {
        let answer = Box::pin(self.client.get_bucket_encryption().bucket(&self.bucket).send()).await;
        let answer = found(answer, &["ServerSideEncryptionConfigurationNotFoundError"])?;
        let rules = answer.and_then(|answer| answer.server_side_encryption_configuration).map(|all| all.rules);
        let rule = rules.and_then(|rules| rules.into_iter().next());
        let encryption = |rule: aws_sdk_s3::types::ServerSideEncryptionRule| {
            let by_default = rule.apply_server_side_encryption_by_default?;
            let algorithm: &ServerSideEncryption = &by_default.sse_algorithm;
            Some(DefaultEncryption {
                algorithm: algorithm.as_str().to_owned(),
                key: by_default.kms_master_key_id,
                has_bucket_key: rule.bucket_key_enabled == Some(true),
            })
        };
        Ok(rule.and_then(encryption))
    }

    /// Does the bucket keep what is overwritten or deleted?
    ///
    /// # Errors
    /// As [`Self::public_doors`].
    pub async fn is_versioned(&self) -> Result<bool, LookError> {
        let answer = Box::pin(self.client.get_bucket_versioning().bucket(&self.bucket).send()).await;
        Ok(found(answer, &[])?.and_then(|answer| answer.status) == Some(BucketVersioningStatus::Enabled))
    }

    /// After how many days the bucket's lifecycle aborts any multipart upload that was not completed, if it does.
    ///
    /// # Errors
    /// As [`Self::public_doors`].
    pub async fn abandons_after_days(&self) -> Result<Option<i32>, LookError> {
        let answer = Box::pin(self.client.get_bucket_lifecycle_configuration().bucket(&self.bucket).send()).await;
        let answer = found(answer, &["NoSuchLifecycleConfiguration"])?;
        let rules = answer.and_then(|answer| answer.rules).unwrap_or_default();
        let days = rules.iter().filter(|rule| is_for_all(rule)).filter_map(|rule| {
            rule.abort_incomplete_multipart_upload.as_ref().and_then(|abort| abort.days_after_initiation)
        });
        Ok(days.min())
    }

    /// The bucket's own policy, as JSON.
    ///
    /// # Errors
    /// As [`Self::public_doors`].
    pub async fn policy(&self) -> Result<Option<String>, LookError> {
        let answer = Box::pin(self.client.get_bucket_policy().bucket(&self.bucket).send()).await;
        Ok(found(answer, &["NoSuchBucketPolicy"])?.and_then(|answer| answer.policy))
    }

    /// The queues that the bucket tells of what happens.
    ///
    /// # Errors
    /// As [`Self::public_doors`].
    pub async fn queues(&self) -> Result<Vec<QueueNotification>, LookError> {
        let answer = Box::pin(self.client.get_bucket_notification_configuration().bucket(&self.bucket).send()).await;
        let queues = found(answer, &[])?.and_then(|answer| answer.queue_configurations).unwrap_or_default();
        Ok(queues.into_iter().map(notification).collect())
    }
}

/// A lifecycle rule that is on and speaks of every object.
fn is_for_all(rule: &LifecycleRule) -> bool {
    #[expect(deprecated, reason = "older rules still have their prefix there")]
    let older = rule.prefix.as_deref().unwrap_or_default();
    let narrows = rule.filter.as_ref().is_some_and(|filter| {
        filter.prefix().is_some_and(|prefix| !prefix.is_empty())
            || filter.tag().is_some()
            || filter.and().is_some()
            || filter.object_size_greater_than().is_some()
            || filter.object_size_less_than().is_some()
    });
    rule.status == ExpirationStatus::Enabled && older.is_empty() && !narrows
}

fn notification(queue: QueueConfiguration) -> QueueNotification {
    let rules = queue.filter.and_then(|filter| filter.key).and_then(|key| key.filter_rules).unwrap_or_default();
    let filter = |rule: aws_sdk_s3::types::FilterRule| {
        let name = rule.name.as_ref().map(|name| name.as_str().to_ascii_lowercase()).unwrap_or_default();
        let value = rule.value.unwrap_or_default();
        (!value.is_empty()).then(|| format!("{name}={value}"))
    };
    QueueNotification {
        queue_arn: queue.queue_arn,
        events: queue.events.iter().map(Event::as_str).map(ToOwned::to_owned).collect(),
        filters: rules.into_iter().filter_map(filter).collect(),
    }
}

/// The answer, or nothing when S3 says in one of these words that there is no such setting.
fn found<T, E>(answer: Result<T, SdkError<E, HttpResponse>>, absent: &[&str]) -> Result<Option<T>, LookError>
where
    SdkError<E, HttpResponse>: ProvideErrorMetadata + Error + 'static,
{
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.code().is_some_and(|code| absent.contains(&code)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
