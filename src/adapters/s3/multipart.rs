//! How does an object come together from parts?
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>. The parts themselves are sent by the client,
//! each through a presigned PUT of its own.

use std::time::Duration;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, Part, ServerSideEncryption};

use super::objects::{ObjectError, Objects, entity_tag, not_of_s3, session, status, unavailable};
use crate::adapters::aws_error::describe;
use crate::adapters::sts::TemporaryCredentials;
use crate::model::{Grant, ObjectKey, PartNumber, StoredPart};

/// S3's names of what is wrong with a list of parts, so that no second try can help.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
const WRONG_PARTS: [&str; 7] = [
    "BadDigest",
    "EntityTooLarge",
    "EntityTooSmall",
    "InvalidPart",
    "InvalidPartOrder",
    "InvalidRequest",
    "MalformedXML",
];

/// S3 may take minutes to put a large object together. Whoever gives up earlier finds it there when it asks again.
const PATIENCE: Duration = Duration::from_secs(300);

impl Objects {
    /// Begins a multipart upload of the granted type, encrypted as configured, and gives S3's name for it.
    ///
    /// # Errors
    /// When S3 cannot be asked or the session may not write there.
    pub async fn create_multipart(
        &self,
        credentials: &TemporaryCredentials,
        grant: &Grant,
    ) -> Result<String, ObjectError> {
        let encryption = self.kms_key_arn.as_ref().map(|_| ServerSideEncryption::AwsKms);
        let request = self
            .client
            .create_multipart_upload()
            .bucket(&self.bucket)
            .key(grant.key.as_str())
            .content_type(grant.content_type.as_str())
            .set_server_side_encryption(encryption)
            .set_ssekms_key_id(self.kms_key_arn.clone());
        let answer = Box::pin(request.customize().config_override(session(credentials)).send()).await;
        let id = answer.map_err(|error| unavailable(&error))?.upload_id;
        id.ok_or_else(|| ObjectError::Unavailable("the answer names no multipart upload".to_owned()))
    }

    /// All parts that S3 holds, by their numbers.
    ///
    /// # Errors
    /// `Missing` when there is no such multipart upload (any more); else when S3 cannot be asked.
    pub async fn list_parts(
        &self,
        credentials: &TemporaryCredentials,
        key: &ObjectKey,
        multipart_id: &str,
    ) -> Result<Vec<StoredPart>, ObjectError> {
        let mut parts = Vec::new();
        let mut after = None;
        loop {
            let request = self
                .client
                .list_parts()
                .bucket(&self.bucket)
                .key(key.as_str())
                .upload_id(multipart_id)
                .set_part_number_marker(after.clone());
            let answer = Box::pin(request.customize().config_override(session(credentials)).send()).await;
            let page =
                answer.map_err(|error| if is_gone(&error) { ObjectError::Missing } else { unavailable(&error) })?;
            for part in page.parts() {
                parts.push(stored(part)?);
            }
            let next = page.next_part_number_marker.filter(|_| page.is_truncated == Some(true));
            // A page that leads nowhere would be asked for for ever.
            if next.is_none() || next == after {
                return Ok(parts);
            }
            after = next;
        }
    }

    /// Makes the object of these parts, unless there is one under the key already.
    ///
    /// S3 gives the same answer, or an error, when it is asked twice; so after `Ok` and after `Missing` alike, what is under
    /// the key tells how it ended.
    ///
    /// # Errors
    /// `Missing` when there is no such multipart upload (any more), `Refused` when the parts make no object; else when S3 cannot be asked.
    pub async fn complete_multipart(
        &self,
        credentials: &TemporaryCredentials,
        key: &ObjectKey,
        multipart_id: &str,
        parts: &[StoredPart],
    ) -> Result<(), ObjectError> {
        let named = parts.iter().map(|part| {
            let etag = format!("\"{}\"", part.etag);
            CompletedPart::builder().part_number(i32::from(part.number.get())).e_tag(etag).build()
        });
        let request = self
            .client
            .complete_multipart_upload()
            .bucket(&self.bucket)
            .key(key.as_str())
            .upload_id(multipart_id)
            .if_none_match("*")
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(named.collect())).build());
        let patient = TimeoutConfig::builder().operation_attempt_timeout(PATIENCE).operation_timeout(PATIENCE).build();
        let session = session(credentials).timeout_config(patient);
        let answer = Box::pin(request.customize().config_override(session).send()).await;
        let Err(error) = answer else { return Ok(()) };
        match error.code() {
            // Somebody was first, or the answer to an earlier try was lost.
            _ if status(&error) == Some(412) => Ok(()),
            _ if is_gone(&error) => Err(ObjectError::Missing),
            Some(code) if WRONG_PARTS.contains(&code) => Err(ObjectError::Refused(describe(&error))),
            _ => Err(unavailable(&error)),
        }
    }

    /// Ends a multipart upload and frees what its parts take. It is no error when there is none.
    ///
    /// # Errors
    /// When S3 cannot be asked or the session may not abort.
    pub async fn abort_multipart(
        &self,
        credentials: &TemporaryCredentials,
        key: &ObjectKey,
        multipart_id: &str,
    ) -> Result<(), ObjectError> {
        let request =
            self.client.abort_multipart_upload().bucket(&self.bucket).key(key.as_str()).upload_id(multipart_id);
        let answer = Box::pin(request.customize().config_override(session(credentials)).send()).await;
        match answer {
            Err(error) if !is_gone(&error) => Err(unavailable(&error)),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

fn is_gone<E>(error: &SdkError<E, HttpResponse>) -> bool
where
    SdkError<E, HttpResponse>: ProvideErrorMetadata,
{
    error.code() == Some("NoSuchUpload")
}

fn stored(part: &Part) -> Result<StoredPart, ObjectError> {
    let number = PartNumber::parse(i64::from(part.part_number.unwrap_or_default()))
        .map_err(|invalid| ObjectError::Unavailable(format!("S3 lists a part whose number {invalid}")))?;
    let size = part.size.ok_or_else(|| not_of_s3("Size"))?;
    Ok(StoredPart { number, etag: entity_tag(part.e_tag.as_deref())?, size })
}
