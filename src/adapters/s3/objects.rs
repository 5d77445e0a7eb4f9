//! What does S3 hold under a key?

use std::error::Error;

use crate::adapters::aws_calls::{CallCounter, Service};
use crate::adapters::aws_error::describe;
use crate::adapters::sts::TemporaryCredentials;
use crate::adapters::trace_headers::TraceHeaders;
use crate::adapters::whole_answers::WholeAnswers;
use crate::config;
use crate::metrics::Metrics;
use crate::model::{Checksum, ChecksumAlgorithm, ObjectKey, StoredObject};
use crate::trace;
use aws_sdk_s3::config::BehaviorVersion;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::ChecksumMode;
use tracing::field::Empty;
use tracing::info_span;

/// Why did S3 not do, or not say, what it was asked?
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// There is no such object.
    #[error("there is no object under this key")]
    Missing,
    /// S3 could not be asked, or may not be asked by this session.
    #[error("S3 could not be asked: {0}")]
    Unavailable(String),
    /// S3 was asked and said no, and will say no again: what it was asked to put together is wrong.
    #[error("S3 refused: {0}")]
    Refused(String),
}

/// Asks S3 about single objects, with a tenant's session. A call that fails for a moment is tried again by the SDK.
#[derive(Clone)]
pub struct Objects {
    pub(super) client: aws_sdk_s3::Client,
    pub(super) bucket: String,
    pub(super) kms_key_arn: Option<String>,
}

impl Objects {
    /// A client without credentials of its own; each call brings a tenant's.
    #[must_use]
    pub fn new(shared: &aws_config::SdkConfig, aws: &config::Aws, upload: &config::Upload, metrics: &Metrics) -> Self {
        let mut builder = aws_sdk_s3::config::Builder::from(shared)
            .interceptor(WholeAnswers)
            .interceptor(TraceHeaders)
            .behavior_version(BehaviorVersion::latest())
            .force_path_style(aws.force_path_style)
            .interceptor(CallCounter::new(Service::S3, metrics));
        builder.set_credentials_provider(None);
        builder.set_endpoint_url(aws.s3_endpoint_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()));
        Self {
            client: aws_sdk_s3::Client::from_conf(builder.build()),
            bucket: upload.bucket.clone(),
            kms_key_arn: upload.kms_key_arn.clone(),
        }
    }

    /// Size, entity tag, type and checksum of the object.
    ///
    /// To a caller that may list only under a condition S3 answers 403 for a key that does not exist
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>), and 403 too when the role or the KMS key does
    /// not let it look. Only a listing tells these apart, and only an empty one means missing.
    ///
    /// # Errors
    /// When there is none, or S3 cannot be asked.
    pub async fn head(&self, credentials: &TemporaryCredentials, key: &ObjectKey) -> Result<StoredObject, ObjectError> {
        let request =
            self.client.head_object().bucket(&self.bucket).key(key.as_str()).checksum_mode(ChecksumMode::Enabled);
        let span = info_span!("HeadObject", otel.kind = "client", otel.failed = Empty);
        let asked = Box::pin(request.customize().config_override(session(credentials)).send());
        match trace::step(span, asked).await {
            Ok(head) => {
                let value = |algorithm, value: Option<&String>| value.map(|v| Checksum { algorithm, value: v.clone() });
                let checksum = value(ChecksumAlgorithm::Sha256, head.checksum_sha256.as_ref())
                    .or_else(|| value(ChecksumAlgorithm::Crc32c, head.checksum_crc32_c.as_ref()))
                    .or_else(|| value(ChecksumAlgorithm::Crc64nvme, head.checksum_crc64_nvme.as_ref()));
                let size = head.content_length.ok_or_else(|| not_of_s3("Content-Length"))?;
                Ok(StoredObject {
                    size,
                    etag: entity_tag(head.e_tag.as_deref())?,
                    content_type: head.content_type,
                    checksum,
                })
            }
            Err(error) => Err(match status(&error) {
                Some(404) => ObjectError::Missing,
                Some(403) => self.why_forbidden(credentials, key).await,
                _ => unavailable(&error),
            }),
        }
    }

    /// What a 403 to a look at the object means.
    async fn why_forbidden(&self, credentials: &TemporaryCredentials, key: &ObjectKey) -> ObjectError {
        let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(key.as_str()).max_keys(1);
        let answer = Box::pin(request.customize().config_override(session(credentials)).send()).await;
        match answer {
            // The key itself comes before all others that begin with it.
            Ok(listing) if listing.contents().first().and_then(|object| object.key()) == Some(key.as_str()) => {
                ObjectError::Unavailable(
                    "the object is there and may not be looked at; the role lacks s3:GetObject or the key's kms:Decrypt"
                        .to_owned(),
                )
            }
            Ok(_) => ObjectError::Missing,
            Err(error) if status(&error) == Some(403) => ObjectError::Unavailable(format!(
                "neither the object nor a listing may be looked at ({}); the role lacks s3:ListBucket",
                describe(&error)
            )),
            Err(error) => unavailable(&error),
        }
    }

    /// Deletes the object. To S3 it is no error when there is none.
    ///
    /// # Errors
    /// When S3 cannot be asked or the session may not delete.
    pub async fn delete(&self, credentials: &TemporaryCredentials, key: &ObjectKey) -> Result<(), ObjectError> {
        let request = self.client.delete_object().bucket(&self.bucket).key(key.as_str());
        let answer = Box::pin(request.customize().config_override(session(credentials)).send()).await;
        answer.map(drop).map_err(|error| unavailable(&error))
    }
}

/// The settings of one call: that session signs it.
pub(super) fn session(credentials: &TemporaryCredentials) -> aws_sdk_s3::config::Builder {
    aws_sdk_s3::config::Builder::new().credentials_provider(credentials.for_sdk())
}

/// The HTTP status, when S3 answered.
pub(super) fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|answer| answer.status().as_u16())
}

pub(super) fn unavailable<E>(error: &SdkError<E, HttpResponse>) -> ObjectError
where
    SdkError<E, HttpResponse>: ProvideErrorMetadata + Error + 'static,
{
    ObjectError::Unavailable(describe(error))
}

/// An entity tag without its quotes. S3 never leaves it out, so an answer without one is somebody else's, and says nothing of an object.
pub(super) fn entity_tag(etag: Option<&str>) -> Result<String, ObjectError> {
    let tag = etag.unwrap_or_default().trim_matches('"');
    if tag.is_empty() { Err(not_of_s3("ETag")) } else { Ok(tag.to_owned()) }
}

pub(super) fn not_of_s3(missing: &str) -> ObjectError {
    ObjectError::Unavailable(format!("the answer has no {missing}, so it is not S3's"))
}
