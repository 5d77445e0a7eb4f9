//! What does the bucket say of how it is set up?

use hyper::StatusCode;
use s3s::dto::{
    AbortIncompleteMultipartUpload, BucketVersioningStatus, ExpirationStatus, FilterRule, FilterRuleName,
    GetBucketEncryptionOutput, GetBucketLifecycleConfigurationOutput, GetBucketNotificationConfigurationOutput,
    GetBucketOwnershipControlsOutput, GetBucketPolicyOutput, GetBucketVersioningOutput, GetPublicAccessBlockOutput,
    LifecycleRule, LifecycleRuleFilter, NotificationConfigurationFilter, ObjectOwnership, OwnershipControls,
    OwnershipControlsRule, PublicAccessBlockConfiguration, QueueConfiguration, S3KeyFilter, ServerSideEncryption,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};
use s3s::{S3Error, S3ErrorCode, S3Result};

use crate::sandbox::aws::BucketSettings;

pub(super) fn public_access(settings: &BucketSettings) -> S3Result<GetPublicAccessBlockOutput> {
    let is_on = settings.blocks_public_access.ok_or_else(|| absent("NoSuchPublicAccessBlockConfiguration"))?;
    let configuration = PublicAccessBlockConfiguration {
        block_public_acls: Some(is_on),
        block_public_policy: Some(is_on),
        ignore_public_acls: Some(is_on),
        restrict_public_buckets: Some(is_on),
    };
    Ok(GetPublicAccessBlockOutput { public_access_block_configuration: Some(configuration) })
}

pub(super) fn ownership(settings: BucketSettings) -> S3Result<GetBucketOwnershipControlsOutput> {
    let owner = settings.ownership.ok_or_else(|| absent("OwnershipControlsNotFoundError"))?;
    let rules = vec![OwnershipControlsRule { object_ownership: ObjectOwnership::from(owner) }];
    Ok(GetBucketOwnershipControlsOutput { ownership_controls: Some(OwnershipControls { rules }) })
}

pub(super) fn encryption(settings: BucketSettings) -> GetBucketEncryptionOutput {
    let algorithm =
        if settings.kms_key.is_some() { ServerSideEncryption::AWS_KMS } else { ServerSideEncryption::AES256 };
    let by_default = ServerSideEncryptionByDefault {
        kms_master_key_id: settings.kms_key,
        sse_algorithm: ServerSideEncryption::from_static(algorithm),
    };
    let rule = ServerSideEncryptionRule {
        apply_server_side_encryption_by_default: Some(by_default),
        bucket_key_enabled: Some(settings.has_bucket_key),
    };
    let configuration = ServerSideEncryptionConfiguration { rules: vec![rule] };
    GetBucketEncryptionOutput { server_side_encryption_configuration: Some(configuration) }
}

pub(super) fn versioning(settings: &BucketSettings) -> GetBucketVersioningOutput {
    // A bucket that never had versions says nothing.
    let enabled = BucketVersioningStatus::from_static(BucketVersioningStatus::ENABLED);
    GetBucketVersioningOutput { mfa_delete: None, status: settings.is_versioned.then_some(enabled) }
}

pub(super) fn lifecycle(settings: BucketSettings) -> S3Result<GetBucketLifecycleConfigurationOutput> {
    let (days, prefix) = settings.aborts_uploads.ok_or_else(|| absent("NoSuchLifecycleConfiguration"))?;
    let rule = LifecycleRule {
        abort_incomplete_multipart_upload: Some(AbortIncompleteMultipartUpload { days_after_initiation: Some(days) }),
        expiration: None,
        filter: Some(LifecycleRuleFilter { prefix: Some(prefix), ..LifecycleRuleFilter::default() }),
        id: Some("unfinished".to_owned()),
        noncurrent_version_expiration: None,
        noncurrent_version_transitions: None,
        prefix: None,
        status: ExpirationStatus::from_static(ExpirationStatus::ENABLED),
        transitions: None,
    };
    Ok(GetBucketLifecycleConfigurationOutput {
        rules: Some(vec![rule]),
        ..GetBucketLifecycleConfigurationOutput::default()
    })
}

pub(super) fn policy(settings: BucketSettings) -> S3Result<GetBucketPolicyOutput> {
    let policy = settings.policy.ok_or_else(|| absent("NoSuchBucketPolicy"))?;
    Ok(GetBucketPolicyOutput { policy: Some(policy) })
}

pub(super) fn notification(settings: BucketSettings) -> GetBucketNotificationConfigurationOutput {
    let queue = |(queue_arn, event, prefix): (String, String, String)| {
        let prefix =
            FilterRule { name: Some(FilterRuleName::from_static(FilterRuleName::PREFIX)), value: Some(prefix) };
        let key = S3KeyFilter { filter_rules: Some(vec![prefix]) };
        QueueConfiguration {
            events: vec![event.into()],
            filter: Some(NotificationConfigurationFilter { key: Some(key) }),
            id: Some("uploads".to_owned()),
            queue_arn,
        }
    };
    GetBucketNotificationConfigurationOutput {
        queue_configurations: settings.notification.map(|notification| vec![queue(notification)]),
        ..GetBucketNotificationConfigurationOutput::default()
    }
}

/// What S3 says when there is no such setting.
fn absent(code: &'static str) -> S3Error {
    let mut error = S3Error::with_message(S3ErrorCode::Custom(code.into()), "The configuration does not exist.");
    error.set_status_code(StatusCode::NOT_FOUND);
    error
}
