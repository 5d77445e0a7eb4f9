//! What does S3 hold under a key?

use aws_sdk_s3::config::BehaviorVersion;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::types::ChecksumMode;
use tracing::warn;

use crate::adapters::aws_error::describe;
use crate::adapters::sts::TemporaryCredentials;
use crate::config;
use crate::model::{Checksum, ChecksumAlgorithm, ObjectKey, StoredObject};

/// Why is it not known what S3 holds?
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// There is no such object.
    #[error("there is no object under this key")]
    Missing,
    /// S3 could not be asked.
    #[error("S3 could not be asked: {0}")]
    Unavailable(String),
}

/// Asks S3 about single objects, with a tenant's session.
#[derive(Clone)]
pub struct Objects {
    client: aws_sdk_s3::Client,
    bucket: String,
}

impl Objects {
    /// A client without credentials of its own; each call brings a tenant's.
    #[must_use]
    pub fn new(shared: &aws_config::SdkConfig, aws: &config::Aws, upload: &config::Upload) -> Self {
        let mut builder = aws_sdk_s3::config::Builder::from(shared)
            .behavior_version(BehaviorVersion::latest())
            .force_path_style(aws.force_path_style);
        builder.set_credentials_provider(None);
        builder.set_endpoint_url(aws.s3_endpoint_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()));
        Self { client: aws_sdk_s3::Client::from_conf(builder.build()), bucket: upload.bucket.clone() }
    }

    /// Size, entity tag, type and checksum of the object.
    ///
    /// A session may not list the bucket, and to such a caller S3 answers 403 for a key that does not exist
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>); below the session's own prefix that means missing.
    ///
    /// # Errors
    /// When there is none, or S3 cannot be asked.
    pub async fn head(&self, credentials: &TemporaryCredentials, key: &ObjectKey) -> Result<StoredObject, ObjectError> {
        let session = aws_sdk_s3::config::Builder::new().credentials_provider(credentials.for_sdk());
        let request =
            self.client.head_object().bucket(&self.bucket).key(key.as_str()).checksum_mode(ChecksumMode::Enabled);
        match request.customize().config_override(session).send().await {
            Ok(head) => {
                let value = |algorithm, value: Option<&String>| value.map(|v| Checksum { algorithm, value: v.clone() });
                let checksum = value(ChecksumAlgorithm::Sha256, head.checksum_sha256.as_ref())
                    .or_else(|| value(ChecksumAlgorithm::Crc32c, head.checksum_crc32_c.as_ref()))
                    .or_else(|| value(ChecksumAlgorithm::Crc64nvme, head.checksum_crc64_nvme.as_ref()));
                Ok(StoredObject {
                    size: head.content_length.unwrap_or_default(),
                    etag: head.e_tag.as_deref().unwrap_or_default().trim_matches('"').to_owned(),
                    content_type: head.content_type,
                    checksum,
                })
            }
            Err(SdkError::ServiceError(refusal)) if matches!(refusal.raw().status().as_u16(), 403 | 404) => {
                if refusal.raw().status().as_u16() == 403 {
                    warn!(object.key = %key, "S3 answered 403, taken for a missing object; if it is there, the role lacks s3:GetObject or the key's kms:Decrypt");
                }
                Err(ObjectError::Missing)
            }
            Err(error) => Err(ObjectError::Unavailable(describe(&error))),
        }
    }
}
